//! A mapping, by which the caller names the field of each column so that any table can be read.
//!
//! A mapping names columns as the header does, compared without regard to case, blanks around the name and a question
//! mark at the end, and gives a field for each. The mapping decides the meaning of a column and nothing about its cells.
//! The fields belong to the form ([`MappedField`]), and the rules for names and pairs are the same for all forms.

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::headers::Headers;

/// A field which a mapping may give to a column.
pub trait MappedField: Copy + Debug + Ord + 'static {
    /// Each field with its accepted names in lower case with underscores, the preferred name first.
    const FIELDS: &'static [(Self, &'static [&'static str])];

    /// The name of the field in options and results, for example `end_date`.
    fn name(self) -> &'static str {
        Self::FIELDS.iter().find(|(field, _)| *field == self).map_or("", |(_, names)| names[0])
    }

    /// The field with the name, which is compared without regard to case, and with blanks and hyphens as underscores.
    fn named(name: &str) -> Result<Self, WrongMapping> {
        let plain = |name: &str| name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
        let word = plain(name);
        let found = Self::FIELDS.iter().find(|(_, names)| names.iter().any(|other| plain(other) == word));
        found.map(|(field, _)| *field).ok_or_else(|| {
            let known: Vec<_> = Self::FIELDS.iter().map(|(_, names)| names[0]).collect();
            WrongMapping::UnknownField { name: name.to_owned(), known: known.join(", ") }
        })
    }
}

/// The reason why a mapping is invalid for any file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongMapping {
    #[error("unknown field {name:?}: known are {known}")]
    UnknownField { name: String, known: String },
    #[error("{field} is said of two columns, {first:?} and {second:?}")]
    FieldTwice { field: &'static str, first: String, second: String },
    #[error("the column {0:?} is named twice")]
    ColumnTwice(String),
    #[error("a column without a name cannot be mapped")]
    Nameless,
    #[error("it names no column")]
    Empty,
}

/// The field of each column, by the column's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping<F>(BTreeMap<String, F>);

impl<F: MappedField> Mapping<F> {
    /// Creates a mapping from pairs of a column name and a field name.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, WrongMapping> {
        let mut fields = BTreeMap::new();
        for (column, field) in pairs {
            let (column, field) = (column.trim().to_owned(), F::named(&field)?);
            if column.is_empty() {
                return Err(WrongMapping::Nameless);
            }
            if let Some((first, _)) = fields.iter().find(|(_, other)| **other == field) {
                let first = String::clone(first);
                return Err(WrongMapping::FieldTwice { field: field.name(), first, second: column });
            }
            if fields.insert(column.clone(), field).is_some() {
                return Err(WrongMapping::ColumnTwice(column));
            }
        }
        if fields.is_empty() { Err(WrongMapping::Empty) } else { Ok(Self(fields)) }
    }

    /// The name of each column with the name of its field.
    pub fn columns(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(column, field)| (column.clone(), field.name().to_owned())).collect()
    }

    /// The name of each column with its field.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&String, &F)> {
        self.0.iter()
    }

    /// True if the field is given to some column.
    pub(crate) fn has(&self, field: F) -> bool {
        self.0.values().any(|other| *other == field)
    }

    /// The columns of the header by their fields; each reason why a column of the mapping is not in the header, or is
    /// given two fields, goes to `reasons`.
    pub(crate) fn find(&self, headers: &Headers, reasons: &mut Vec<String>) -> Vec<(F, usize)> {
        let mut columns: Vec<(F, usize)> = Vec::new();
        for (name, field) in &self.0 {
            match headers.named(name) {
                None => reasons.push(format!("there is no column {name:?}")),
                Some(column) => match columns.iter().find(|(_, other)| *other == column) {
                    None => columns.push((*field, column)),
                    Some((other, _)) => {
                        reasons.push(format!("{name:?} is said to be both {} and {}", other.name(), field.name()));
                    }
                },
            }
        }
        columns
    }
}
