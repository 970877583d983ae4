//! Values stored as bytes in an attribute, behind the version of the code that packed the value.
//!
//! A deployment replaces the functions one after another. Each function therefore reads the version before its own as
//! well, and leaves values of a later version to the functions that know the version ([`StoreError::Newer`]). A type
//! whose shape has changed since the version before is read by [`unpacked_since`].
//!
//! | version | change |
//! |---|---|
//! | 6 | a ledger page has six outcomes, the reason of a skip, and a glance by kind of row |
//! | 7 | a glance over contacts, and the companies which an import made |
//! | 8 | a glance over profiles, and the reasons of their skips; a glance over contacts that change people |

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// The version of the packed types that this code writes, in the first byte of a value. A change of any packed type
/// needs a new version.
const VERSION: u8 = 8;
/// The version before, which this code also reads.
const BEFORE: u8 = 7;

/// Packs a value as a first byte with the version and the value in the format `postcard`.
pub(crate) fn packed(value: &impl Serialize) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("a packed value is plain data")
}

/// Unpacks a value of a type whose shape is the same in both versions.
pub(crate) fn unpacked<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    unpacked_since::<T, T>(bytes)
}

/// Unpacks a value of a type that the version before packed as a `Before`. Fails with [`StoreError::Newer`] for bytes
/// of a later version, and with [`StoreError::Shape`] for bytes of an older version.
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
