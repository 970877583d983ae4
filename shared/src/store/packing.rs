//! Values that are stored as bytes, with the version of the code that packed them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// The version of what is packed.
const VERSION: u8 = 5;

/// A value as bytes that say by which version they were packed.
pub(crate) fn packed(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("what is packed is plain data")
}

/// The value that was packed.
pub(crate) fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, packed)) => postcard::from_bytes(packed).map_err(|error| StoreError::Shape(error.to_string())),
        first => Err(StoreError::Shape(format!("something packed by version {:?}", first.map(|(version, _)| version)))),
    }
}
