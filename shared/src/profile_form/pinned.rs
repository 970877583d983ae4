//! The schema of a database as an import pins it: names, ids and types, without anything that concerns storage.

use serde::{Deserialize, Serialize};

use crate::values::profile_value::FieldType;

/// The fields, interests and collections of a database. Ids are those of the account's schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedSchema {
    pub fields: Vec<PinnedField>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interests: Vec<PinnedInterest>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<PinnedCollection>,
}

/// A field of a database or of a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedField {
    pub id: u64,
    pub name: String,
    pub field_type: FieldType,
    /// The field's `value`: its default, or the options of a `select`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// True if records are found by the field's value through index items.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indexed: bool,
}

/// An interest of a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedInterest {
    pub id: u64,
    pub name: String,
}

/// A collection of a database, whose name has no dot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedCollection {
    pub id: u64,
    pub name: String,
    pub fields: Vec<PinnedField>,
}

/// The form in which names of schema and columns are compared.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// The field with the name, which is [`folded`].
pub(super) fn field<'s>(fields: &'s [PinnedField], name: &str) -> Option<&'s PinnedField> {
    fields.iter().find(|field| folded(&field.name) == name)
}
