//! The decisions about a table of time entries, which are part of its layout.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::candidate::Candidate;
use super::columns::Role;
use super::name::FormatName;
use crate::table::{self, RowEnds};
use crate::values::dates::DateOrder;
use crate::values::durations;
use crate::values::numbers::DecimalMark;

/// The part of a layout which only tables of time entries have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    pub format: FormatName,
    /// Order of the entries' dates; `None` if all dates are the same under every order.
    pub date_order: Option<DateOrder>,
    /// Decimal mark; `None` if no number has a mark.
    pub decimal_mark: Option<DecimalMark>,
    /// The formats which were considered, with the chosen format first.
    pub candidates: Vec<Candidate>,
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

impl table::Layout<Decisions> {
    /// The encoding, delimiter, orders, headers, candidates and evidence as JSON, for the native API, the reports of
    /// dropped files and `waybill detect`.
    pub fn shown(&self) -> Value {
        json!({
            // A sheet of a workbook has neither encoding nor delimiter.
            "encoding": (!self.sheet).then_some(self.encoding),
            "delimiter": (!self.sheet).then_some(char::from(self.delimiter)),
            "date_order": self.decisions.date_order,
            "decimal_mark": self.decisions.decimal_mark,
            "headers": self.headers,
            "candidates": self.decisions.candidates,
            "evidence": self.evidence,
        })
    }
}
