//! Records to typed rows: which format a file has, and what its cells mean.
//!
//! Six formats are read: the exports of Toggl, Harvest, Tempo, Basecamp Classic and FreshBooks, and
//! Freckle's own. Each is a small file that declares its columns and how a row becomes an entry; what
//! they share (dates, numbers, durations, people, tags) is in files beside them. Like `source`, this
//! module does no I/O: bytes go in, rows come out.
//!
//! A file is read twice. [`Survey`] hears the whole file once and leaves a [`Plan`]: its [`Layout`],
//! which says how to read it and by which cells that was found, and its chunks. [`Layout::rows`] then
//! turns the bytes of a chunk into [`Row`]s, in any order and anywhere. What this promises:
//!
//! - **No guess.** The order of dates, the decimal mark and the unit of durations are decided for a
//!   column by the cells of the whole file, and never for a cell. What the file leaves open is a
//!   [`Refusal`] that shows the readings of a real cell and names the option that settles it.
//! - **No silent loss.** Each data record is a row: an entry, or an error with line, column and value.
//!   A row of totals at the end is left out and said. Cells without a field of their own are kept with
//!   the entry.
//! - **Exact sums.** Durations are whole seconds; `0.1` hours are 360 of them, not a float.
//! - **Columns by name.** Headers are compared without regard to case, blanks around them, byte order
//!   marks and a question mark at the end; their order does not matter.

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

/// A format that files of time entries have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatName {
    Freckle,
    Basecamp,
    Freshbooks,
    Harvest,
    Tempo,
    Toggl,
    /// Any table, by a [`Mapping`].
    Table,
}

/// A word that is no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}: known are {known}", known = FormatName::list())]
pub struct UnknownFormat(pub String);

impl FormatName {
    /// Those that are told by their headers, in the order of detection: the loosest comes last.
    pub const ALL: [Self; 6] =
        [Self::Tempo, Self::Toggl, Self::Harvest, Self::Freshbooks, Self::Basecamp, Self::Freckle];

    /// The name on the wire.
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

    /// All names, for people.
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

/// What the caller says about a file; what is `None` is found in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadingOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// Which column is what, for a table that is no format's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    /// What is remembered for headers; it counts where neither a format nor a mapping is said.
    #[serde(skip)]
    pub remembered: Remembered,
    /// An ASCII character that is no quote and no line break.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// For dates that do not say it themselves: `2024-01-31` reads the same under each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<DecimalMark>,
}

/// The columns that have a role, if a row of cells can be the header of a file that is read: by the caller's mapping, as
/// the format that the caller names, by what is remembered for it, or as any format.
pub fn header_columns(
    cells: &[String],
    format: Option<FormatName>,
    mapping: Option<&Mapping>,
    remembered: &Remembered,
) -> Option<BTreeSet<usize>> {
    // The survey refuses such a header by its length.
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
