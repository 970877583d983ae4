//! Parses records to typed rows of time entries: detects the format of a file and decides how its cells are read.
//!
//! Six formats are known: the exports of Toggl, Harvest, Tempo, Basecamp Classic and FreshBooks, and Freckle's own
//! format. Each format is a small file which declares the columns and how a row becomes an entry; shared parts
//! (dates, numbers, durations, people, tags) have files of their own. Like `source`, this module does no I/O.
//!
//! The module [`table`](crate::table) reads any table twice, and asks its [`Form`](crate::table::Form) for all that
//! depends on the kind of rows. [`TimeEntries`] is this form. In the first pass [`Survey`] makes a [`Plan`], which consists of
//! chunks and of a [`Layout`], the decisions about reading the file with their evidence. In the second pass
//! [`Layout::rows`] turns the bytes of a chunk into [`TableRow`]s. Promises:
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
mod candidate;
mod cells;
#[cfg(any(test, feature = "checks"))]
pub mod checks;
mod columns;
mod decide;
mod decisions;
mod declared;
mod detect;
mod elapsed;
mod fingerprint;
mod foreign;
mod form;
mod freckle;
mod freshbooks;
mod harvest;
mod known;
mod lookalikes;
mod mapped;
mod mapping;
mod name;
mod options;
mod profile;
mod read;
mod readings;
mod remembered;
mod roles;
mod row;
mod suggest;
mod suggestion;
mod tempo;
mod time_entries;
mod toggl;
mod watch;

pub use candidate::{Candidate, Considered};
pub use decisions::Decisions;
pub use fingerprint::Fingerprint;
pub use mapping::{Field, Mapping};
pub use name::{FormatName, UnknownFormat};
pub use options::ReadingOptions;
pub use row::{EntryRow, RowPerson};
pub use suggestion::{SuggestedColumn, SuggestedMapping};
pub use time_entries::{Layout, Plan, Refusal, Rows, Survey, TableRow, TimeEntries};

pub use crate::table::{HeaderFingerprint, NoFingerprint, Remembered, RememberedMapping};

#[cfg(test)]
mod tests;
