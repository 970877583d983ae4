//! What a cell of a table made from JSON was: absent, null, or a value, of which an empty text is one.
//!
//! The lines tell the three apart by their quotes: an absent key is a field without any byte, `null` is a blank without quotes,
//! and a text is always in quotes. Every reader that knows nothing of the difference reads an empty or blank cell.

use crate::source::RawField;

/// The blank that stands for `null`.
pub const NULL: &str = " ";

/// A cell of a table made from JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given<T> {
    /// The object does not have the key.
    Absent,
    /// The value is `null`.
    Null,
    /// The value, as text; an empty text is a value.
    Value(T),
}

impl<'t> Given<std::borrow::Cow<'t, str>> {
    /// Reads a field of a line that was made from JSON. A field behind the end of a line is absent.
    pub fn of(field: Option<&RawField>, text: &'t str) -> Self {
        match field {
            None => Self::Absent,
            Some(field) if field.is_empty() => Self::Absent,
            Some(field) if !field.is_quoted() && field.cell(text) == NULL => Self::Null,
            Some(field) => Self::Value(field.cell(text)),
        }
    }
}
