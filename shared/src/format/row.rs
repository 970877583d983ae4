//! The parsed row of a time entry.

use std::borrow::Cow;

use jiff::civil::{Date, Time};

use crate::values::hashtags::Tag;

/// A time entry as written in a row of the file.
///
/// Texts are trimmed, and blanks within names (of people, clients, projects, tasks, tags) are collapsed. No text is
/// empty, since a blank cell is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow<'r> {
    pub person: RowPerson<'r>,
    pub client: Option<Cow<'r, str>>,
    pub project: Option<Cow<'r, str>>,
    pub task: Option<Cow<'r, str>>,
    pub text: Option<Cow<'r, str>>,
    /// Tags in the order of the file, without duplicates (compared without regard to case).
    pub tags: Vec<Tag<'r>>,
    pub billable: Option<bool>,
    pub invoiced: Option<bool>,
    pub date: Date,
    pub start: Option<Time>,
    pub end: Option<Time>,
    /// True if the entry ends at `24:00`, the midnight at the end of its day; [`end`](Self::end) is then 0:00.
    pub ends_day: bool,
    pub seconds: u64,
    /// Amount of money for an hour, as a decimal with a dot.
    pub rate: Option<Cow<'r, str>>,
    /// Amount of money, as a decimal with a dot.
    pub amount: Option<Cow<'r, str>>,
    /// Currency as written in the file, which is a code or a name.
    pub currency: Option<Cow<'r, str>>,
    /// Cells without a field in an entry, and cells which could not be parsed as their field: the column's
    /// name as shown, and the cell.
    pub extra: Vec<(&'r str, Cow<'r, str>)>,
}

/// The person who worked, as far as the file names the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowPerson<'r> {
    pub email: Option<Cow<'r, str>>,
    /// Full name with the first name first.
    pub name: Option<Cow<'r, str>>,
}
