//! Values that are stored as bytes, with the version of the code that packed them.
//!
//! A deployment replaces the functions one after another, so each function reads the version before its own, and leaves
//! values of a later version to the functions that know them ([`StoreError::Newer`]). A type whose shape has changed since
//! the version before is read by [`unpacked_since`].
//!
//! | version | change |
//! |---|---|
//! | 5 | marks of imports of many names |
//! | 6 | a ledger page has six outcomes, the reason of a skip, and a glance by kind of row |

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// The version that this code writes.
const VERSION: u8 = 6;
/// The version before, which is read too.
const BEFORE: u8 = 5;

/// A value as bytes, the version first.
pub(crate) fn packed(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("a packed value is plain data")
}

/// The value in `bytes`, for a type whose shape is the same in both versions.
pub(crate) fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    unpacked_since::<T, T>(bytes)
}

/// The value in `bytes`, for a type that the version before wrote as `Before`.
pub(crate) fn unpacked_since<T, Before>(bytes: &[u8]) -> Result<T, StoreError>
where
    T: DeserializeOwned,
    Before: DeserializeOwned + Into<T>,
{
    let value = match bytes.split_first() {
        Some((&VERSION, packed)) => postcard::from_bytes(packed),
        Some((&BEFORE, packed)) => postcard::from_bytes::<Before>(packed).map(Into::into),
        Some((&version, _)) if version > VERSION => return Err(StoreError::Newer(u64::from(version))),
        first => {
            let version = first.map(|(version, _)| version);
            return Err(StoreError::Shape(format!(
                "a value was packed by version {version:?}, which is no longer read"
            )));
        }
    };
    value.map_err(|error| StoreError::Shape(error.to_string()))
}
