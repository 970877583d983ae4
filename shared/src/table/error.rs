//! The errors of rows, with the errors that a row of any table may have.

use serde::{Deserialize, Serialize};

use crate::shorten::shortened;
use crate::source::MAX_RECORD;

/// The text of a cell whose formula has no stored value, in a table made from a worksheet. No text of a file contains
/// this character, because Unicode reserves U+FDD0 for use inside a program.
pub const NO_VALUE: &str = "\u{fdd0}";

/// Largest count of letters which an error repeats from a cell or an option.
pub const VALUE: usize = 80;

/// The beginning of a cell, at most [`VALUE`] letters long, for display.
pub(crate) fn excerpt(cell: &str) -> String {
    shortened(cell, VALUE)
}

/// The reason why a record became no row, with the faulty cell.
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
    /// A cell which each row needs is empty.
    Missing,
    InvalidDate,
    InvalidDuration,
    /// A cell of a flag is neither yes nor no.
    InvalidFlag,
    /// A cell of addresses does not have the form of an e-mail address.
    InvalidEmail,
    /// A row says that it is neither a company nor a person.
    UnknownModel,
    /// The row has more or fewer cells than the header.
    Ragged,
    /// The record is longer than [`MAX_RECORD`].
    TooLarge,
    /// A quote is opened and never closed in the file.
    UnclosedQuote,
    /// A formula of a spreadsheet is stored without a value.
    FormulaWithoutValue,
    /// The row is a subtotal, which would count hours twice.
    Subtotal,
    /// A value in JSON is an object or a list.
    NestedValue,
    /// An object in JSON has the same key twice.
    DuplicateKey,
    /// A text in JSON is no Unicode.
    InvalidText,
    /// An element of an array in JSON is no object.
    NotAnObject,
    /// A cell of numbers has no number which the field can hold.
    InvalidNumber,
    /// A cell has none of the options of its field.
    InvalidOption,
    /// The key of a row has several matches, and the row may not choose among them.
    SeveralMatches,
    /// A row which would be created has an ID.
    UnknownId,
}

impl RowError {
    /// The error of a row as a whole; `value` is the cell which is shown, or empty.
    pub fn of_row(code: ErrorCode, value: &str, message: impl Into<String>) -> Self {
        Self { column: String::new(), code, value: excerpt(value), message: message.into() }
    }

    /// A cell which each row needs is empty.
    pub fn missing(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            code: ErrorCode::Missing,
            value: String::new(),
            message: format!("{column}: nothing is written there"),
        }
    }

    /// A cell cannot be parsed as its column demands; `how` completes the sentence after the cell.
    pub fn unreadable(column: &str, code: ErrorCode, cell: &str, how: &str) -> Self {
        let value = excerpt(cell);
        let message = format!("{column}: {value:?} {how}");
        Self { column: column.to_owned(), code, value, message }
    }

    /// The row has `found` cells, and the header `expected`; `first` is the first cell of the row.
    pub(super) fn ragged(first: &str, found: usize, expected: usize) -> Self {
        let cells = if found == 1 { "cell" } else { "cells" };
        Self::of_row(ErrorCode::Ragged, first, format!("the row has {found} {cells}, the header {expected}"))
    }

    /// The record has `length` bytes, which is more than are read.
    pub(super) fn oversized(length: u64) -> Self {
        let message = format!("the record has {length} bytes; {MAX_RECORD} are read at most");
        Self::of_row(ErrorCode::TooLarge, "", message)
    }

    pub(super) fn torn_quote() -> Self {
        Self::of_row(
            ErrorCode::UnclosedQuote,
            "",
            "a quote opens in this record and runs on over the next cells; behind its end other text is written: a \
             quote inside a cell has to be doubled, in quotes",
        )
    }

    pub(super) fn backslash() -> Self {
        Self::of_row(
            ErrorCode::UnclosedQuote,
            "",
            "a backslash stands before a quote, as PHP's fputcsv writes it: whether the backslash belongs to the text cannot \
             be told; a quote inside a cell has to be doubled",
        )
    }

    pub(super) fn unclosed_quote(last: &str) -> Self {
        let message = "a quote opens in this record and the file ends before it is closed";
        Self::of_row(ErrorCode::UnclosedQuote, last, message)
    }

    /// A formula in `cell` (for example `C7`) of the column has no stored value, and neither have `others` of the row.
    pub(super) fn without_value(column: &str, cell: &str, others: usize) -> Self {
        let others = match others {
            0 => String::new(),
            others => format!(" (and {others} more in this row)"),
        };
        Self {
            column: column.to_owned(),
            code: ErrorCode::FormulaWithoutValue,
            value: String::new(),
            message: format!(
                "{column}: cell {cell} has a formula whose value is not stored in the file{others}: open the file in a \
                 spreadsheet program and save it, or paste values in place of formulas"
            ),
        }
    }

    /// Adds the lines which an open quote has taken into a single record, because some of them may be rows.
    pub(super) fn say_what_is_swallowed(&mut self, first: u64, last: u64) {
        if self.code == ErrorCode::UnclosedQuote && last > first {
            self.message.push_str(&format!("; lines {first} to {last} are in it"));
        }
    }
}
