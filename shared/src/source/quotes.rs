//! The quotes of a file, as far as files differ in them.
//!
//! Nearly every program writes `"`. The importer of Copernica also takes apostrophes and blanks around quotes, so files of
//! profiles may have these. An apostrophe is a frequent letter of names, so a file must prove that its cells stand in
//! apostrophes: nine in ten of the filled cells do, or all cells of a column ([`QuotedShare::is_evidence`]).

use std::borrow::Cow;

use super::{RawField, RecordCells};
use crate::wire::wire_words;

wire_words! {
    /// The character that quotes the cells of a file.
    QuoteMark {
        Double = "double",
        Single = "single",
    }
}

/// The rules for quotes which a kind of file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuoteRules {
    /// Cells stand in `"` or in no quotes, and blanks outside of quotes belong to the cell.
    #[default]
    Usual,
    /// Cells stand in `"`, in apostrophes or in no quotes, and blanks outside of quotes do not belong to the cell. The mark
    /// is the caller's; `None` to find the mark from the cells.
    Loose(Option<QuoteMark>),
}

/// Counts the cells in apostrophes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuotedShare {
    /// The number of filled cells, and how many of them stand in apostrophes.
    pub filled: u64,
    pub quoted: u64,
    /// For each column of the first record: whether all cells so far stand in apostrophes.
    columns: Vec<bool>,
    records: u64,
}

impl QuotedShare {
    /// Counts the cells of a record. `is_quoted` tells whether a cell stands in apostrophes, which depends on the dialect.
    pub fn see(&mut self, RecordCells { text, fields }: RecordCells<'_>, is_quoted: fn(&RawField, &str) -> bool) {
        if self.records == 0 {
            self.columns = vec![true; fields.len()];
        }
        self.records += 1;
        self.columns.truncate(fields.len());
        for (column, field) in fields.iter().enumerate() {
            let quoted = is_quoted(field, text);
            self.filled += u64::from(quoted || !field.cell(text).trim().is_empty());
            self.quoted += u64::from(quoted);
            if let Some(all) = self.columns.get_mut(column) {
                *all &= quoted;
            }
        }
    }

    /// True if nine in ten of the filled cells, or all cells of a column, stand in apostrophes.
    pub fn is_evidence(&self) -> bool {
        self.quoted > 0 && (self.quoted * 10 >= self.filled * 9 || self.columns.contains(&true))
    }
}

/// True for a field in apostrophes, in a dialect with apostrophes.
pub fn is_in_apostrophes(field: &RawField, _: &str) -> bool {
    field.is_quoted()
}

/// True for a field which would stand in apostrophes in another dialect.
pub fn looks_quoted(field: &RawField, text: &str) -> bool {
    let cell: Cow<'_, str> = field.cell(text);
    let cell = cell.trim();
    !field.is_quoted() && cell.len() >= 2 && cell.starts_with('\'') && cell.ends_with('\'')
}
