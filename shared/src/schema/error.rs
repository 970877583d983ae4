//! The reasons why a schema was not edited.

use crate::store::StoreError;

/// An error of an edit. The text names the property and its value.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A request to the tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database, or the part of it, does not exist.
    #[error("not found")]
    NotFound,
    /// A property has an impossible value.
    #[error("{property} {why}: {value:?}")]
    Invalid {
        /// The name of the property, for example `name`.
        property: &'static str,
        /// The value as given.
        value: String,
        /// The reason, for example `must not be empty`.
        why: &'static str,
    },
    /// Another part of the same sort has the name.
    #[error("name is taken: {0:?}")]
    Taken(String),
    /// The schema has as many parts of a sort as it may have.
    #[error("there are {most} already, which is the most: {sort}")]
    Full {
        /// The sort of the part.
        sort: &'static str,
        /// The largest number.
        most: usize,
    },
    /// The part is needed by another part.
    #[error("cannot be deleted: {0}")]
    Needed(String),
}

impl SchemaError {
    /// The error of a property with an impossible value.
    pub fn invalid(property: &'static str, value: impl Into<String>, why: &'static str) -> Self {
        Self::Invalid { property, value: value.into(), why }
    }
}
