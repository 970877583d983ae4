//! What is wrong with a row.

use serde::{Deserialize, Serialize};

/// Why a row became no entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// The column as shown; empty if the row as a whole is meant.
    pub column: String,
    pub code: ErrorCode,
    /// The cell, cut to [`VALUE`](super::VALUE) letters.
    pub value: String,
    /// For people, with the column and the value in it.
    pub message: String,
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A cell that an entry cannot do without is empty.
    Missing,
    InvalidDate,
    InvalidDuration,
    /// Neither yes nor no.
    InvalidFlag,
    /// More or fewer cells than the header has.
    Ragged,
    /// A record over [`MAX_RECORD`](crate::source::MAX_RECORD).
    TooLarge,
    /// A quote that the file never closes.
    UnclosedQuote,
    /// A formula of a spreadsheet for which no value is stored.
    FormulaWithoutValue,
    /// A row of subtotals, which would count hours twice.
    Subtotal,
}
