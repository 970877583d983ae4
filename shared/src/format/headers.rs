//! A table's header: the names as shown, and the names to compare by.

use serde::{Deserialize, Serialize};

use crate::source::Field;

/// The header cells of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    shown: Vec<String>,
    keys: Vec<String>,
}

impl Headers {
    pub fn new(cells: Vec<String>) -> Self {
        let shown: Vec<String> = cells.iter().map(|cell| shown(cell)).collect();
        let keys = shown.iter().map(|name| key(name)).collect();
        Self { shown, keys }
    }

    /// The names without marks and blanks around them.
    pub fn shown(&self) -> &[String] {
        &self.shown
    }

    /// The names to compare by.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str)
    }

    /// The first column that bears a name, given in the form of [`key`]. A name that ends in `(*)`
    /// stands for any that has something in parentheses there: `amount (*)` finds `Amount (EUR)`.
    pub fn find(&self, name: &str) -> Option<usize> {
        let fits = |key: &String| match name.strip_suffix("(*)") {
            None => key == name,
            Some(name) => key.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')),
        };
        self.keys.iter().position(fits)
    }

    /// The first column of a name as people write it.
    pub fn named(&self, name: &str) -> Option<usize> {
        let name = key(&shown(name));
        self.keys.iter().position(|key| *key == name)
    }

    /// How many columns bear the name of this one.
    pub fn count_of(&self, column: usize) -> usize {
        self.keys.iter().filter(|key| **key == self.keys[column]).count()
    }

    /// Whether there is a column of exactly this name.
    pub fn has(&self, key: &str) -> bool {
        self.keys().any(|other| other == key)
    }
}

/// How the rows of a file end, where that differs from the end of the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowEnds {
    /// Empty cells behind the last column, the same number in every row: delimiters that close a row.
    pub surplus: u32,
    /// Rows without their last cells are rows whose last cells were empty: the program that wrote the file leaves such cells out.
    pub trimmed: bool,
}

/// How many cells a row has, compared with the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// A cell for each column that has a name.
    Whole,
    /// Cells of named columns are missing at the end.
    Short,
    /// Cells stand behind the last column.
    Long,
}

impl RowEnds {
    /// Compares a row with the header. A column without a name at the end of the header, which a delimiter at the end of the
    /// header line makes, needs no cell.
    pub fn width(self, header: &[String], text: &str, fields: &[Field]) -> Width {
        match fields.get(header.len()..) {
            None if header[fields.len()..].iter().all(String::is_empty) => Width::Whole,
            None => Width::Short,
            Some([]) => Width::Whole,
            Some(surplus) if surplus.len() == self.surplus as usize && are_empty(text, surplus) => Width::Whole,
            Some(_) => Width::Long,
        }
    }
}

/// Whether nothing is written in any of these cells.
pub(super) fn are_empty(text: &str, fields: &[Field]) -> bool {
    fields.iter().all(|field| field.cell(text).trim().is_empty())
}

/// A header cell as it is shown: without byte order marks, among them such as were read in a wrong
/// encoding once, and without blanks around it.
fn shown(cell: &str) -> String {
    let mut cell = cell.trim();
    while let Some(rest) = cell.strip_prefix('\u{feff}').or_else(|| cell.strip_prefix("ï»¿")) {
        cell = rest.trim();
    }
    // A mark in front of a quote makes the quotes part of the cell.
    let bare = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    bare.unwrap_or(cell).trim().to_owned()
}

/// The form in which names are compared: lower-case, blanks collapsed, no question mark at the end.
pub(super) fn key(shown: &str) -> String {
    let name = shown.trim_end_matches('?').to_lowercase();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
