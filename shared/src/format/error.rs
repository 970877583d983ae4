//! The errors of rows.

use serde::{Deserialize, Serialize};

use crate::shorten::shortened;

/// The text of a cell whose formula has no stored value, in a table made from a worksheet. No text of a file contains
/// this character, because Unicode reserves U+FDD0 for use inside a program.
pub const NO_VALUE: &str = "\u{fdd0}";

/// Largest count of letters which an error repeats from a cell or an option.
pub const VALUE: usize = 80;

/// The beginning of a cell, at most [`VALUE`] letters long, for display.
pub(crate) fn excerpt(cell: &str) -> String {
    shortened(cell, VALUE)
}

/// The reason why a row became no entry, with the faulty cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// Name of the column as shown; empty if the error concerns the row as a whole.
    pub column: String,
    pub code: ErrorCode,
    /// The cell, cut to [`VALUE`] letters.
    pub value: String,
    /// A sentence for people which contains the column and the value.
    pub message: String,
}

/// The kind of fault in a row; serialized in snake case, for example `invalid_date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A cell which an entry needs is empty.
    Missing,
    InvalidDate,
    InvalidDuration,
    /// A cell of a flag is neither yes nor no.
    InvalidFlag,
    /// The row has more or fewer cells than the header.
    Ragged,
    /// The record is longer than [`MAX_RECORD`](crate::source::MAX_RECORD).
    TooLarge,
    /// A quote is opened and never closed in the file.
    UnclosedQuote,
    /// A formula of a spreadsheet is stored without a value.
    FormulaWithoutValue,
    /// The row is a subtotal, which would count hours twice.
    Subtotal,
}
