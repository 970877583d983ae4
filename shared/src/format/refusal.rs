//! The refusal of a file, with reasons for people and details for programs.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::candidate::Candidate;
use super::suggestion::SuggestedMapping;
use crate::source::{Encoding, Unreadable};
use crate::table::ChunkTooLong;
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// The reason why a file is refused: the observations, and the options which would decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Sentences for people, the decisive sentence first. They call options by name:
    /// `type`, `delimiter`, `encoding`, `date_order`, `decimal_mark`, `sheet`.
    pub reasons: Vec<String>,
    /// The formats which were considered, with the nearest format first.
    pub candidates: Box<[Candidate]>,
    /// The name of a known program's file without a reader, for example "Clockify's detailed report".
    pub look_alike: Option<&'static str>,
    /// The column names of the file; empty if the file is no table.
    pub headers: Box<[String]>,
    pub encoding: Option<Encoding>,
    pub delimiter: Option<u8>,
    /// Ambiguous dates, one for each column which stayed open.
    pub dates: Box<[Ambiguous<DateOrder, Date>]>,
    /// Ambiguous numbers, one for each column which stayed open.
    pub numbers: Box<[Ambiguous<DecimalMark, String>]>,
    /// A mapping which may read the table, if the table fits no format.
    pub suggested_mapping: Option<Box<SuggestedMapping>>,
}

/// A cell with more than one possible reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ambiguous<How, What> {
    pub column: String,
    /// Physical line of the record, counted from 1.
    pub line: u64,
    pub value: String,
    /// Each reading of the cell, with the value of the option which would choose the reading.
    pub readings: Vec<(How, What)>,
}

impl Refusal {
    /// Adds a suggested mapping, if any, to the refusal.
    pub(super) fn suggesting(mut self, suggestion: Option<Box<SuggestedMapping>>) -> Self {
        if let Some(suggestion) = &suggestion {
            let score = suggestion.score;
            self.reasons
                .push(format!("`suggested_mapping` is a `mapping` that may read it, as sure as {score} of 100"));
        }
        self.suggested_mapping = suggestion;
        self
    }

    /// Creates a refusal for a single reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()], ..Self::default() }
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        Self::because(unreadable.to_string())
    }
}

impl From<ChunkTooLong> for Refusal {
    fn from(error: ChunkTooLong) -> Self {
        Self::because(error.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("; "))
    }
}

impl std::error::Error for Refusal {}
