//! The parts of a schema as stored. All times are milliseconds since the epoch.

use serde::{Deserialize, Serialize};

use crate::id::{ImportId, OwnerId, PartId};
use crate::values::profile_value::FieldType;

/// A table of profiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    /// The id, from 1.
    pub id: OwnerId,
    /// The name, unique among the databases of the account.
    pub name: String,
    /// A text for people.
    #[serde(default)]
    pub description: String,
    /// Kept and shown only: an archived database works like another.
    #[serde(default)]
    pub archived: bool,
    /// The time at which the database was made.
    pub created_at: i64,
    /// The number to which profiles belong that people make.
    pub hand: ImportId,
    /// Random hexadecimal digits, from which the secrets of profiles and subprofiles are derived.
    pub salt: String,
    /// Starts at 1; each edit of the database or of a part of it raises the version by 1.
    pub version: u64,
    /// Set while the database is being deleted. Nobody sees the database from then on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
    /// Fields that were deleted or had another type, of which records may still have index items: whoever writes to a record
    /// drops them with the record's other items, until the sweep has dropped all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<(PartId, FieldType)>,
}

/// A table of subprofiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// The id, from 1.
    pub id: OwnerId,
    /// The name, of letters, digits and underscores.
    pub name: String,
    /// The number to which subprofiles belong that people make.
    pub hand: ImportId,
    /// The time at which the collection was made.
    pub created_at: i64,
}

/// The table that has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldOwner {
    /// The database in whose partition the field lies.
    Database,
    /// A collection of the database.
    Collection(OwnerId),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The id, from 1. The values of a record are stored under the id.
    pub id: PartId,
    /// The table that has the field.
    pub owner: FieldOwner,
    /// The name, unique in its table.
    pub name: String,
    /// The type, by which values are converted.
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// The value of a new record; of a field of type select the options, one a line, with `*` before the default.
    #[serde(default)]
    pub value: String,
    /// The further properties, for people and for the vendor's clients.
    #[serde(flatten)]
    pub traits: FieldTraits,
    /// `true` once every record has the field's index items, and from the loss of the index until the items are gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub built: bool,
}

/// The properties of a field that change no value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldTraits {
    /// Kept and shown only.
    pub displayed: bool,
    /// Kept and shown only.
    pub ordered: bool,
    /// The length of a text field in characters; kept and shown only.
    pub length: u32,
    /// The height of a text field in lines; kept and shown only.
    pub textlines: u32,
    /// Kept and shown only.
    pub hidden: bool,
    /// `true` if records are to be found by the field's value without reading all of them.
    pub index: bool,
}

/// A label of profiles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interest {
    /// The id, from 1.
    pub id: PartId,
    /// The name, unique among the interests of the database.
    pub name: String,
    /// The group under which people see the interest; may be empty.
    #[serde(default)]
    pub group: String,
}

impl Interest {
    /// The name of the interest among the fields of a record, for example `i5`.
    pub fn key(&self) -> String {
        format!("i{}", self.id)
    }
}

impl Field {
    /// `true` if records may be looked up by the field: it has an index, and every record is in the index.
    pub fn is_ready(&self) -> bool {
        self.traits.index && self.built
    }

    /// The name of the field among the fields of a record, for example `17`.
    pub fn key(&self) -> String {
        self.id.to_string()
    }
}
