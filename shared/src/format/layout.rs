//! The layout of a file: the decisions of the first pass, by which the second pass reads rows.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::candidate::Candidate;
use super::columns::Role;
use super::name::FormatName;
use crate::source::{Dialect, Encoding};
use crate::table::RowEnds;
use crate::values::dates::DateOrder;
use crate::values::durations;
use crate::values::numbers::DecimalMark;

/// All decisions needed to turn a chunk of the file into entries, with the evidence shown to people.
/// A layout takes a few KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub format: FormatName,
    pub encoding: Encoding,
    pub delimiter: u8,
    /// Column names as shown, in the order of the file.
    pub headers: Vec<String>,
    /// Order of the entries' dates; `None` if all dates are the same under every order.
    pub date_order: Option<DateOrder>,
    /// Decimal mark; `None` if no number has a mark.
    pub decimal_mark: Option<DecimalMark>,
    /// The formats which were considered, with the chosen format first.
    pub candidates: Vec<Candidate>,
    /// Further decisions, each with the deciding cells: sentences for people.
    pub evidence: Vec<String>,
    pub(super) spaced: bool,
    #[serde(default)]
    pub(super) backslashes: bool,
    /// True if the bytes were made from a worksheet, so lines are rows of the sheet.
    #[serde(default)]
    pub sheet: bool,
    pub(super) columns: Vec<Assigned>,
    pub(super) rules: Rules,
}

/// Decisions which apply to every row of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rules {
    pub ends: RowEnds,
    /// True if a single dash is an empty cell.
    pub dashes: bool,
    /// True if the columns of hours, minutes and seconds hold parts of a duration.
    pub parts: bool,
    /// True if a row which names nobody is a row of subtotals.
    pub subtotals: bool,
}

impl Layout {
    /// The dialect of the file's records.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect { delimiter: self.delimiter, spaced: self.spaced, backslashes: self.backslashes, sheet: self.sheet }
    }

    /// The encoding, delimiter, orders, headers, candidates and evidence as JSON, for the native API, the reports of
    /// dropped files and `waybill detect`.
    pub fn shown(&self) -> Value {
        json!({
            // A sheet of a workbook has neither encoding nor delimiter.
            "encoding": (!self.sheet).then_some(self.encoding),
            "delimiter": (!self.sheet).then_some(char::from(self.delimiter)),
            "date_order": self.date_order,
            "decimal_mark": self.decimal_mark,
            "headers": self.headers,
            "candidates": self.candidates,
            "evidence": self.evidence,
        })
    }
}

/// A column with its role, and the reading of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assigned {
    pub role: Role,
    pub column: u32,
    pub reading: ColumnReading,
}

/// The decided reading of the cells in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ColumnReading {
    Text,
    Date(DateOrder),
    Number(DecimalMark),
    Duration(durations::DurationReading),
}
