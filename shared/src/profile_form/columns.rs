//! Finds the field of a column by the column's name.

use serde::{Deserialize, Serialize};

use super::pinned::{PinnedField, PinnedSchema, field, folded};
use crate::values::profile_value::{FieldType, options_of};

/// The word in front of an interest's name.
const INTEREST: &str = "interest";
/// The name of the column of numbers.
const NUMBER: &str = "id";

/// The thing which the cells of a column hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ProfileTarget {
    /// The number of the profile.
    Number,
    Field(LinkedField),
    /// The interest with the id.
    Interest(u64),
    /// A field of a collection.
    Subfield {
        collection: u64,
        field: LinkedField,
    },
}

/// A field as a column needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinkedField {
    pub id: u64,
    pub field_type: FieldType,
    /// The options of a `select`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl LinkedField {
    fn of(field: &PinnedField) -> Self {
        let options = if field.field_type == FieldType::Select { options_of(&field.value) } else { Vec::new() };
        Self { id: field.id, field_type: field.field_type, options }
    }
}

impl ProfileTarget {
    /// The target which a name means in the schema, and the target for people. `None` for any other name.
    pub fn named(schema: &PinnedSchema, name: &str) -> Option<(Self, String)> {
        let name = folded(name);
        if name == NUMBER {
            return Some((Self::Number, "the number of the profile".to_owned()));
        }
        if let Some(found) = field(&schema.fields, &name) {
            return Some((Self::Field(LinkedField::of(found)), format!("the field {:?}", found.name)));
        }
        let (owner, own) = name.split_once('.')?;
        let (owner, own) = (owner.trim_end(), own.trim_start());
        if owner == INTEREST
            && let Some(interest) = schema.interests.iter().find(|interest| folded(&interest.name) == own)
        {
            return Some((Self::Interest(interest.id), format!("the interest {:?}", interest.name)));
        }
        let collection = schema.collections.iter().find(|collection| folded(&collection.name) == owner)?;
        let found = field(&collection.fields, own)?;
        let said = format!("the field {:?} of the collection {:?}", found.name, collection.name);
        Some((Self::Subfield { collection: collection.id, field: LinkedField::of(found) }, said))
    }

    /// The collection of a field of a collection.
    pub fn collection(&self) -> Option<u64> {
        match self {
            Self::Subfield { collection, .. } => Some(*collection),
            _ => None,
        }
    }
}

/// A column which has a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LinkedColumn {
    /// The place in the header, from 0.
    pub column: u32,
    pub target: ProfileTarget,
}
