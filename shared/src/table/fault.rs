//! Faults of single rows in a table that [`packed`](crate::packed) made from JSON, as cells of that table.
//!
//! The lines of such a table are made before anybody reads rows, so a fault of an element travels as a cell: the character
//! [`MARK`], a letter for the kind, and the value. No text of a file contains the character, because Unicode reserves
//! U+FDD1 for use inside a program, and a text in JSON that contains such a character is a fault itself.

use super::error::{ErrorCode, RowError, excerpt};

/// The first character of a cell which is a fault.
pub const MARK: char = '\u{fdd1}';

/// The faults of an element, or of a value in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The value is an object or a list.
    Nested,
    /// The object has the key more than once.
    Twice,
    /// The text is no Unicode, or has characters that no text has.
    NoText,
    /// The element is no object.
    NoObject,
    /// The object has no value, so its line would be blank.
    NoValue,
    /// The element is longer than any record may be.
    TooLong,
}

impl Fault {
    const ALL: [(Self, char); 6] = [
        (Self::Nested, 'n'),
        (Self::Twice, 't'),
        (Self::NoText, 'c'),
        (Self::NoObject, 'o'),
        (Self::NoValue, 'e'),
        (Self::TooLong, 'l'),
    ];

    /// The cell for a fault with the beginning of the value, which may be empty.
    pub fn cell(self, value: &str) -> String {
        let letter = Self::ALL.iter().find(|(fault, _)| *fault == self).map_or(' ', |(_, letter)| *letter);
        format!("{MARK}{letter}{}", excerpt(value))
    }

    /// The fault in a cell, with the beginning of the value; `None` for a cell with a value of the file.
    pub fn of(cell: &str) -> Option<(Self, &str)> {
        let rest = cell.strip_prefix(MARK)?;
        let (fault, letter) = Self::ALL.iter().find(|(_, letter)| rest.starts_with(*letter))?;
        Some((*fault, &rest[letter.len_utf8()..]))
    }

    /// The error of the row; `column` is the key.
    pub(super) fn error(self, column: &str, value: &str) -> RowError {
        let unreadable = |code, how: &str| RowError::unreadable(column, code, value, how);
        match self {
            Self::Nested => unreadable(ErrorCode::NestedValue, "is an object or a list; a cell holds a single value"),
            Self::Twice => unreadable(ErrorCode::DuplicateKey, "stands beside another value of the same key"),
            Self::NoText => unreadable(ErrorCode::InvalidText, "has characters that are no text"),
            Self::NoObject => {
                let value = excerpt(value);
                RowError::of_row(ErrorCode::NotAnObject, &value, format!("{value} is no object"))
            }
            Self::NoValue => RowError::of_row(ErrorCode::Missing, "", "the object has no values"),
            Self::TooLong => RowError::of_row(ErrorCode::TooLarge, "", "the object is longer than 1 MB"),
        }
    }
}

/// True if the cell is a remark and no value: a fault, or a formula without a value.
#[inline]
pub(crate) fn is_remark(cell: &str) -> bool {
    matches!(cell.as_bytes(), [0xef, 0xb7, 0x90 | 0x91, ..])
}

/// True if some cell of the record may be a remark.
pub(super) fn has_remarks(record: &str) -> bool {
    memchr::memmem::find(record.as_bytes(), b"\xef\xb7").is_some()
}

#[cfg(test)]
mod tests {
    use super::super::NO_VALUE;
    use super::*;

    #[test]
    fn a_fault_survives_its_cell() {
        for (fault, _) in Fault::ALL {
            let cell = fault.cell("{\"a\": 1}");
            assert_eq!(Fault::of(&cell), Some((fault, "{\"a\": 1}")));
            assert!(is_remark(&cell));
        }
        assert!(is_remark(NO_VALUE) && !is_remark("a") && !is_remark("\u{fdd2}") && !is_remark("\u{fdef}"));
        assert_eq!((Fault::of("a"), Fault::of("\u{fdd1}?"), Fault::of("")), (None, None, None));
    }
}
