//! Parses records to typed rows of time entries: detects the format of a file and decides how its cells are read.
//!
//! Six formats are known: the exports of Toggl, Harvest, Tempo, Basecamp Classic and FreshBooks, and Freckle's own
//! format. Each format is a small file which declares the columns and how a row becomes an entry; shared parts
//! (dates, numbers, durations, people, tags) have files of their own. Like `source`, this module does no I/O.
//!
//! A file is read twice. In the first pass [`Survey`] reads the whole file once and makes a [`Plan`], which consists
//! of chunks and of a [`Layout`], the decisions about reading the file with their evidence. In the second pass
//! [`Layout::rows`] turns the bytes of a chunk into [`Row`]s, in any order and on any machine. Promises:
//!
//! - **No guess.** The order of dates, the decimal mark and the unit of durations are decided for a column by the
//!   cells of the whole file, never for a single cell. If the file leaves a decision open, the [`Refusal`] shows the
//!   readings of a real cell and names the option which decides.
//! - **No silent loss.** Each data record is a row, which is an entry or an error with line, column and value. A row
//!   of totals at the end is left out, and the evidence says so. Cells without a field are kept with the entry.
//! - **Exact sums.** Durations are whole seconds, so `0.1` hours are 360 seconds and never a float.
//! - **Columns by name.** Headers are compared without regard to case, blanks around the name, byte order marks and a
//!   question mark at the end; the order of the columns does not matter.

mod basecamp;
#[cfg(any(test, feature = "checks"))]
pub mod checks;
mod columns;
mod detect;
mod elapsed;
mod entry;
mod fingerprint;
mod foreign;
mod freckle;
mod freshbooks;
mod harvest;
mod headers;
mod layout;
mod lookalikes;
mod mapped;
mod mapping;
mod plan;
mod profile;
mod refusal;
mod remembered;
mod row;
mod rows;
mod settle;
mod suggest;
mod survey;
mod table;
mod tempo;
mod title;
mod toggl;
mod verdict;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use crate::values::dates::{DateOrder, UnknownDateOrder};
pub use crate::values::numbers::{DecimalMark, UnknownDecimalMark};
pub use detect::Candidate;
pub use entry::{EntryRow, Person};
pub use fingerprint::Fingerprint;
pub use layout::Layout;
pub use mapping::{Field, Mapping, WrongMapping};
pub use plan::{ChunkSpan, Oversized, Plan};
pub use refusal::{Ambiguous, Refusal};
pub use remembered::{HeaderFingerprint, NoFingerprint, Remembered, RememberedMapping};
pub(crate) use row::excerpt;
pub use row::{ErrorCode, NO_VALUE, RowError, VALUE};

pub use crate::values::hashtags::{hashtags, marked, retagged};
pub(crate) use rows::letters;
pub use rows::{ChunkError, Row, RowIter, Rows};
pub use suggest::{SuggestedColumn, SuggestedMapping};
pub use survey::Survey;
pub use verdict::Verdict;

use crate::source::Encoding;

/// A format of a file of time entries, serialized as its lower-case name, for example `toggl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatName {
    Freckle,
    Basecamp,
    Freshbooks,
    Harvest,
    Tempo,
    Toggl,
    /// Any table, whose columns are named by a [`Mapping`].
    Table,
}

/// A word which is not the name of a format, as the caller wrote the word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}: known are {known}", known = FormatName::list())]
pub struct UnknownFormat(pub String);

impl FormatName {
    /// The formats which are recognised by their headers, in the order of detection; the format
    /// with the loosest header comes last.
    pub const ALL: [Self; 6] =
        [Self::Tempo, Self::Toggl, Self::Harvest, Self::Freshbooks, Self::Basecamp, Self::Freckle];

    /// The name in options, results and stored items, for example `toggl`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Freckle => "freckle",
            Self::Basecamp => "basecamp",
            Self::Freshbooks => "freshbooks",
            Self::Harvest => "harvest",
            Self::Tempo => "tempo",
            Self::Toggl => "toggl",
            Self::Table => "table",
        }
    }

    fn declaration(self) -> &'static columns::Format {
        match self {
            Self::Freckle => &freckle::FORMAT,
            Self::Basecamp => &basecamp::FORMAT,
            Self::Freshbooks => &freshbooks::FORMAT,
            Self::Harvest => &harvest::FORMAT,
            Self::Tempo => &tempo::FORMAT,
            Self::Toggl => &toggl::FORMAT,
            Self::Table => &mapped::FORMAT,
        }
    }

    /// The names of all formats in [`FormatName::ALL`], separated by commas, for error messages.
    fn list() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FormatName {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let lower = name.trim().to_ascii_lowercase();
        let format = Self::ALL.into_iter().find(|format| format.name() == lower);
        format.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// Reading options as given by the caller. An option which is `None` is decided by the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadingOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// The field of each column, for a table without a known format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    /// Mappings remembered by the account for headers, used only if the caller gives neither a format nor a mapping.
    #[serde(skip)]
    pub remembered: Remembered,
    /// An ASCII character other than a quote or a line break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The order for ambiguous dates; `2024-01-31` is the same date under every order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<DecimalMark>,
}

/// The columns which have a role, if the cells can be the header of a readable file, or `None` otherwise. The header
/// is read by the caller's mapping, as the caller's format, by a remembered mapping, or as any format, in this order.
pub fn header_columns(
    cells: &[String],
    format: Option<FormatName>,
    mapping: Option<&Mapping>,
    remembered: &Remembered,
) -> Option<BTreeSet<usize>> {
    // The survey refuses a header of this length.
    if survey::is_too_long(cells) {
        return None;
    }
    let headers = headers::Headers::new(cells.to_vec());
    let candidates = match (mapping, format) {
        (Some(mapping), _) => return Some(columns_of(mapping.roles(&headers).ok()?)),
        (None, Some(format)) => detect::named(format, &headers).ok()?,
        (None, None) => match remembered.roles(&headers) {
            Some(roles) => return Some(columns_of(roles)),
            None => detect::detect(&headers).ok()?,
        },
    };
    Some(columns_of(candidates.first()?.format.declaration().know(&headers).roles))
}

fn columns_of(roles: Vec<(columns::Role, usize)>) -> BTreeSet<usize> {
    roles.into_iter().map(|(_, column)| column).collect()
}

#[cfg(test)]
mod tests;
