//! A mapping which may read a table, as a refusal shows it.

use serde::Serialize;

use super::mapping::{Field, Mapping};

/// A mapping which may read a table, with a score for each column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuggestedMapping {
    /// Lowest score of the columns, from 0 to 100.
    pub score: u8,
    /// The mapping in the form of the option `mapping`.
    pub mapping: Mapping,
    /// The suggested columns in the order of the file.
    pub columns: Vec<SuggestedColumn>,
}

/// A column of a suggestion, with the reasons for its field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuggestedColumn {
    pub column: String,
    pub field: Field,
    /// Score from 0 to 100, as explained in the head of `suggest.rs`.
    pub score: u8,
    /// A sentence for people about the column's name and cells.
    pub evidence: String,
}
