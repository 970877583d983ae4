//! What a row becomes.

use std::borrow::Cow;

use jiff::civil::{Date, Time};

use crate::values::hashtags::Tag;

/// A row that could be read: a time entry as the file has it.
///
/// Texts are trimmed; those that name things (people, clients, projects, tasks, tags) have the blanks
/// inside them collapsed too. Nothing is empty: what a cell leaves blank is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow<'r> {
    pub person: Person<'r>,
    pub client: Option<Cow<'r, str>>,
    pub project: Option<Cow<'r, str>>,
    pub task: Option<Cow<'r, str>>,
    pub text: Option<Cow<'r, str>>,
    /// In the order of the file, none twice (without regard to case).
    pub tags: Vec<Tag<'r>>,
    pub billable: Option<bool>,
    pub invoiced: Option<bool>,
    pub date: Date,
    pub start: Option<Time>,
    pub end: Option<Time>,
    /// Whether the end is the midnight that ends its day, `24:00`: [`end`](Self::end) is 0:00 then.
    pub ends_day: bool,
    pub seconds: u64,
    /// Per hour, as a decimal with a dot.
    pub rate: Option<Cow<'r, str>>,
    /// As a decimal with a dot.
    pub amount: Option<Cow<'r, str>>,
    /// As the file says it: a code or a name.
    pub currency: Option<Cow<'r, str>>,
    /// Cells that an entry has no field for, or that could not be read as their field: the column's
    /// name as shown, and the cell.
    pub extra: Vec<(&'r str, Cow<'r, str>)>,
}

/// Who worked, as far as the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person<'r> {
    pub email: Option<Cow<'r, str>>,
    /// First name first.
    pub name: Option<Cow<'r, str>>,
}
