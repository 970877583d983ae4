//! The header of a table, with the column names as shown to people and as compared.

use serde::{Deserialize, Serialize};

use crate::source::RawField;

/// A header with more columns, or more bytes, belongs to no table.
const MAX_COLUMNS: usize = 1_000;
const MAX_HEADER: usize = 32 * 1024;

/// The header cells of a table, as shown and as keys.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    shown: Vec<String>,
    keys: Vec<String>,
}

impl Headers {
    pub fn new(cells: Vec<String>) -> Self {
        let shown: Vec<String> = cells.iter().map(|cell| shown(cell)).collect();
        let keys = shown.iter().map(|name| key(name)).collect();
        Self { shown, keys }
    }

    /// Column names as shown, without byte order marks and blanks around them.
    pub fn shown(&self) -> &[String] {
        &self.shown
    }

    /// Column names in the form of [`key`], in which names are compared.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// Index of the first column with the name, which is given in the form of [`key`]. A name ending in `(*)` matches
    /// any text in parentheses, so `amount (*)` finds `Amount (EUR)`.
    pub fn find(&self, name: &str) -> Option<usize> {
        let fits = |key: &String| match name.strip_suffix("(*)") {
            None => key == name,
            Some(name) => key.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')),
        };
        self.keys.iter().position(fits)
    }

    /// Index of the first column with the name, as people write the name.
    pub fn named(&self, name: &str) -> Option<usize> {
        let name = key(&shown(name));
        self.keys.iter().position(|key| *key == name)
    }

    /// Count of columns with the same name as this column.
    pub fn count_of(&self, column: usize) -> usize {
        self.keys.iter().filter(|key| **key == self.keys[column]).count()
    }

    /// True if a column has exactly this name.
    pub fn has(&self, key: &str) -> bool {
        self.keys().any(|other| other == key)
    }
}

/// The way in which the rows of a file end, if different from the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowEnds {
    /// Count of empty cells after the last column, which is equal in all rows of a
    /// file whose rows close with delimiters.
    pub surplus: u32,
    /// True if the program which wrote the file omits empty cells at the end of a row, so
    /// missing last cells are empty cells.
    pub trimmed: bool,
}

/// The number of a row's cells, compared with the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// A cell stands in each column which has a name.
    Whole,
    /// Cells of named columns are missing at the end.
    Short,
    /// Cells stand after the last column of the header.
    Long,
}

impl RowEnds {
    /// Compares a row with the header. A column without a name at the end of the header, made by a delimiter at the
    /// end of the header line, needs no cell.
    pub(super) fn width(self, header: &[String], text: &str, fields: &[RawField]) -> Width {
        match fields.get(header.len()..) {
            None if header[fields.len()..].iter().all(String::is_empty) => Width::Whole,
            None => Width::Short,
            Some([]) => Width::Whole,
            Some(surplus) if surplus.len() == self.surplus as usize && are_empty(text, surplus) => Width::Whole,
            Some(_) => Width::Long,
        }
    }
}

/// True if all of these cells are empty or blank.
fn are_empty(text: &str, fields: &[RawField]) -> bool {
    fields.iter().all(|field| field.cell(text).trim().is_empty())
}

/// A header cell as shown: without blanks around the name and without byte order marks, even if
/// once decoded in a wrong encoding.
fn shown(cell: &str) -> String {
    let mut cell = cell.trim();
    while let Some(rest) = cell.strip_prefix('\u{feff}').or_else(|| cell.strip_prefix("ï»¿")) {
        cell = rest.trim();
    }
    // A byte order mark before a quote makes the quotes part of the cell.
    let bare = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    bare.unwrap_or(cell).trim().to_owned()
}

/// The form in which names are compared: lower case, single blanks, and no question mark at the end.
pub(crate) fn key(shown: &str) -> String {
    let name = shown.trim_end_matches('?').to_lowercase();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True if a row has more columns or bytes than the header of a table.
pub(crate) fn is_too_long(header: &[String]) -> bool {
    header.len() > MAX_COLUMNS || header.iter().map(String::len).sum::<usize>() > MAX_HEADER
}
