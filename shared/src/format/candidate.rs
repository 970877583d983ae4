//! The formats which were considered for a file, as layouts and refusals show them.

use serde::{Deserialize, Serialize};

use super::name::FormatName;
use super::suggestion::SuggestedMapping;

/// A format which was considered, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub format: FormatName,
    /// Score from 0 to 100. A met signature gives 50 points, and the rest is the share of known columns; below 50 the
    /// score is the share of the signature which is met.
    pub score: u8,
    /// Sentences for people about the known columns.
    pub evidence: Vec<String>,
    /// Missing parts of the signature, for example `a column "Duration"`; empty if the signature is met.
    pub lacks: Vec<String>,
}

/// The part of a refusal which only tables of time entries have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Considered {
    /// The formats which were considered, with the nearest format first.
    pub candidates: Box<[Candidate]>,
    /// A mapping which may read the table, if the table fits no format.
    pub suggested_mapping: Option<Box<SuggestedMapping>>,
}
