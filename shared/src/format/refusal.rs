//! A file that is not read, and why.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::detect::Candidate;
use super::suggest::SuggestedMapping;
use crate::source::{Encoding, Unreadable};
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// Why a file is refused: what was seen in it, and what would settle it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Sentences for people, the decisive one first. Options are called by their names: `type`,
    /// `delimiter`, `encoding`, `date_order`, `decimal_mark`, `sheet`.
    pub reasons: Vec<String>,
    /// The formats that were considered, the nearest first.
    pub candidates: Box<[Candidate]>,
    /// What the file looks like without being read by us: "Clockify's detailed report".
    pub look_alike: Option<&'static str>,
    /// The column names found, if the file is a table at all.
    pub headers: Box<[String]>,
    pub encoding: Option<Encoding>,
    pub delimiter: Option<u8>,
    /// Dates that could be read in more than one way, one for each column that stayed open.
    pub dates: Box<[Ambiguous<DateOrder, Date>]>,
    /// Numbers likewise.
    pub numbers: Box<[Ambiguous<DecimalMark, String>]>,
    /// A mapping that may read the table, if it fits no format.
    pub suggested_mapping: Option<Box<SuggestedMapping>>,
}

/// A cell with more than one reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ambiguous<How, What> {
    pub column: String,
    /// The physical line of the record.
    pub line: u64,
    pub value: String,
    /// Each reading, by the option that would choose it.
    pub readings: Vec<(How, What)>,
}

impl Refusal {
    /// The same refusal with a mapping that may read the table.
    pub(super) fn suggesting(mut self, suggestion: Option<Box<SuggestedMapping>>) -> Self {
        if let Some(suggestion) = &suggestion {
            let score = suggestion.score;
            self.reasons
                .push(format!("`suggested_mapping` is a `mapping` that may read it, as sure as {score} of 100"));
        }
        self.suggested_mapping = suggestion;
        self
    }

    /// A refusal for one reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()], ..Self::default() }
    }
}

impl From<Unreadable> for Refusal {
    fn from(unreadable: Unreadable) -> Self {
        Self::because(unreadable.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("; "))
    }
}

impl std::error::Error for Refusal {}
