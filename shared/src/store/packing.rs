//! Values stored as bytes in an attribute, behind the version of the code that packed them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// The version of the packed types, in the first byte. A change of any packed type needs a new version.
const VERSION: u8 = 5;

/// Packs a value as a first byte with the version and the value in the format `postcard`.
pub(crate) fn packed(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("what is packed is plain data")
}

/// Unpacks a value, and fails with [`StoreError::Shape`] for bytes of a different version.
pub(crate) fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, packed)) => postcard::from_bytes(packed).map_err(|error| StoreError::Shape(error.to_string())),
        first => Err(StoreError::Shape(format!("something packed by version {:?}", first.map(|(version, _)| version)))),
    }
}
