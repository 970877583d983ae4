//! The layout of a file: the decisions of the first pass, by which the second pass reads rows.

use serde::{Deserialize, Serialize};

use crate::source::{Dialect, Encoding};

/// All decisions needed to turn a chunk of the file into rows, with the evidence shown to people. `D` is the part which
/// only tables of the form have. A layout takes a few KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout<D> {
    pub encoding: Encoding,
    pub delimiter: u8,
    /// Column names as shown, in the order of the file.
    pub headers: Vec<String>,
    /// Sentences for people about the decisions, each with the deciding cells.
    pub evidence: Vec<String>,
    /// True if a quote also opens a cell after blanks.
    pub(crate) spaced: bool,
    /// True if a quote after a backslash does not close the cell.
    #[serde(default)]
    pub(crate) backslashes: bool,
    /// True if cells stand in apostrophes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) apostrophes: bool,
    /// True if the bytes were made from a worksheet, so lines are rows of the sheet.
    #[serde(default)]
    pub sheet: bool,
    /// True if the bytes were made from objects of JSON, so a cell without any byte is an absent key, see [`Given`](super::Given).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub objects: bool,
    #[serde(flatten)]
    pub decisions: D,
}

impl<D> Layout<D> {
    /// The dialect of the file's records.
    pub(super) fn dialect(&self) -> Dialect {
        let Self { delimiter, spaced, backslashes, apostrophes, sheet, .. } = *self;
        Dialect { delimiter, spaced, backslashes, apostrophes, sheet }
    }
}
