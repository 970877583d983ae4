//! The refusal of a file, with reasons for people and details for programs.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use super::error::excerpt;
use super::span::ChunkTooLong;
use crate::source::{Encoding, Unreadable};
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// The reason why a file is refused: the observations, and the options which would decide. `C` is the part that only
/// tables of the form have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusal<C> {
    /// Sentences for people, the decisive sentence first. They call options by name:
    /// `type`, `delimiter`, `encoding`, `date_order`, `decimal_mark`, `sheet`.
    pub reasons: Vec<String>,
    #[serde(flatten)]
    pub considered: C,
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

impl<C: Default> Refusal<C> {
    /// Creates a refusal for a single reason.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reasons: vec![reason.into()], ..Self::default() }
    }
}

impl<C: Default> From<Unreadable> for Refusal<C> {
    fn from(unreadable: Unreadable) -> Self {
        Self::because(unreadable.to_string())
    }
}

impl<C: Default> From<ChunkTooLong> for Refusal<C> {
    fn from(error: ChunkTooLong) -> Self {
        Self::because(error.to_string())
    }
}

impl<C> fmt::Display for Refusal<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("; "))
    }
}

impl<C: fmt::Debug> std::error::Error for Refusal<C> {}

/// Lists the first twenty names for people, each in quotes.
pub(crate) fn quoted(names: &[String]) -> String {
    let shown = |name: &String| format!("{:?}", excerpt(name));
    let mut list = names.iter().take(20).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > 20 {
        list.push_str(&format!(" and {} more", names.len() - 20));
    }
    list
}
