//! A row of an import of profiles as parsed.

use std::borrow::Cow;

use crate::table::RowError;

/// A row of an import of profiles, whose texts borrow from the chunk's text where possible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileRow<'r> {
    /// The key by which the row finds its profile.
    pub key: RowKey<'r>,
    /// The cells of the profile's fields, in the order of the columns, without absent cells.
    pub cells: Vec<FieldCell<'r>>,
    /// The interests by their ids, and whether the profile has the interest, without absent cells.
    pub interests: Vec<(u64, bool)>,
    /// The subprofiles by collection, without collections of which all cells are absent.
    pub subprofiles: Vec<SubprofileRow<'r>>,
    /// The cells which were emptied because the field cannot hold the value. Only with `invalid_values=empty`.
    pub emptied: Vec<RowError>,
}

/// The cells of a row which belong to a subprofile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubprofileRow<'r> {
    /// The id of the collection.
    pub collection: u64,
    /// The key by which the row finds the subprofile among those of its profile.
    pub key: RowKey<'r>,
    pub cells: Vec<FieldCell<'r>>,
}

impl SubprofileRow<'_> {
    /// True if the row says nothing of a subprofile: all cells are empty.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.is_empty)
    }
}

/// The cell of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldCell<'r> {
    /// The id of the field.
    pub field: u64,
    /// The text to be stored; of an empty cell the empty value of the field's type, for example `0`.
    pub text: Cow<'r, str>,
    /// True if the file has an empty cell.
    pub is_empty: bool,
}

/// A key, in the order of the key fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RowKey<'r> {
    /// There are no key fields.
    #[default]
    Unkeyed,
    /// A cell of a key field is absent or empty, so the key matches nothing.
    Nothing,
    /// The values which must all match.
    Values(Vec<KeyValue<'r>>),
}

/// The value of a key field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyValue<'r> {
    /// The number of the profile.
    Number(u64),
    /// A field's value in the form in which keys are compared, see
    /// [`as_key`](crate::values::profile_value::as_key).
    Field {
        /// The id of the field.
        field: u64,
        text: Cow<'r, str>,
    },
}
