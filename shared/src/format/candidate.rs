//! A format which was considered for a file.

use serde::{Deserialize, Serialize};

use super::name::FormatName;
use crate::table::excerpt;

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

/// Lists the first twenty names for people, each in quotes.
pub(super) fn quoted(names: &[String]) -> String {
    let shown = |name: &String| format!("{:?}", excerpt(name));
    let mut list = names.iter().take(20).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        list.push_str(&format!(" and {} more", names.len() - 20));
    }
    list
}
