//! The key fields of a planned file, for whoever compares its rows with records.

use jiff::Zoned;

use super::columns::{LinkedField, ProfileTarget};
use super::layout::ProfileLayout;
use crate::values::profile_value::{FieldType, as_key, convert_by_hand};

/// The key fields of a planned file, each list in the order in which a row has the values of its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileKeys {
    /// The key fields of the database.
    pub profile: Vec<KeyField>,
    /// The key fields of the collection.
    pub subprofile: Vec<KeyField>,
    /// The collection of which the file has columns, key fields among them.
    pub collection: Option<u64>,
}

/// A key field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyField {
    /// The number of the profile.
    Number,
    /// A field of the database or of the collection.
    Field(KeyColumn),
}

/// A field which is a key, with everything that comparing its values needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// The id of the field.
    pub id: u64,
    field_type: FieldType,
    options: Vec<String>,
}

impl KeyField {
    /// The id of the field, or `None` for the number of the profile.
    pub fn field(&self) -> Option<u64> {
        match self {
            Self::Number => None,
            Self::Field(column) => Some(column.id),
        }
    }
}

impl KeyColumn {
    /// A key field with an id and a type. `options` are those of a `select`.
    pub fn new(id: u64, field_type: FieldType, options: Vec<String>) -> Self {
        Self { id, field_type, options }
    }

    /// The value of a record as compared with keys, where `stored` is the text of the record or `None` without one. A text
    /// that was stored while the field had another type is compared as people see it. `None` matches nothing.
    pub fn key_of(&self, stored: Option<&str>, now: &Zoned) -> Option<String> {
        let stored = stored.unwrap_or(self.field_type.empty());
        let is_plain = self.field_type.is_text() && self.field_type != FieldType::Select;
        if is_plain {
            return as_key(self.field_type, stored).map(std::borrow::Cow::into_owned);
        }
        let shown = convert_by_hand(self.field_type, &self.options, stored, now);
        as_key(self.field_type, &shown).map(std::borrow::Cow::into_owned)
    }
}

impl ProfileLayout {
    /// The key fields of the file.
    pub fn keys(&self) -> FileKeys {
        let columns = &self.decisions.columns;
        let mut keys = FileKeys::default();
        for place in &self.decisions.keys {
            match columns.iter().find(|column| column.column == *place).map(|column| &column.target) {
                Some(ProfileTarget::Number) => keys.profile.push(KeyField::Number),
                Some(ProfileTarget::Field(field)) => keys.profile.push(field.key_field()),
                Some(ProfileTarget::Subfield { field, .. }) => keys.subprofile.push(field.key_field()),
                Some(ProfileTarget::Interest(_)) | None => {}
            }
        }
        keys.collection = columns.iter().find_map(|column| column.target.collection());
        keys
    }
}

impl LinkedField {
    fn key_field(&self) -> KeyField {
        KeyField::Field(KeyColumn::new(self.id, self.field_type, self.options.clone()))
    }
}
