//! Freckle, today named Noko: the import format and the exports.
//!
//! - Minutes take precedence over hours, unless both are parts of a duration. A row with neither has a duration of
//!   zero.
//! - Tags are the `#hashtags` of the description. The tags column is read only if the row has no description.
//! - A tag ending in `*` makes the entry unbillable.

use super::cells::Cells;
use super::columns::{Format, Need, Role, column, group};
use super::elapsed;
use super::row::EntryRow;
use crate::table::RowError;
use crate::values::hashtags;

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["date"]),
        column(Role::Minutes, &["minutes"]),
        column(Role::Hours, &["hours"]),
        column(Role::Email, &["email", "e-mail"]),
        column(Role::Person, &["person"]),
        column(Role::Client, &["group/client", "client", "group", "client/group", "project group"]),
        column(Role::Project, &["project", "client/project"]),
        column(Role::Text, &["description"]),
        column(Role::Tags, &["tags"]),
        column(Role::Billable, &["billable"]),
        column(Role::Invoiced, &["invoiced"]),
    ],
    others: &[],
    signature: &[
        group("a column \"date\"", &[Need::Roles(&[Role::Date])]),
        group("a column \"minutes\" or \"hours\"", &[Need::Roles(&[Role::Minutes]), Need::Roles(&[Role::Hours])]),
        group("a column \"person\" or \"email\"", &[Need::Roles(&[Role::Person]), Need::Roles(&[Role::Email])]),
        group("a column \"description\" or \"tags\"", &[Need::Roles(&[Role::Text]), Need::Roles(&[Role::Tags])]),
    ],
};

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    entry.seconds = match elapsed::parts(cells)? {
        Some(seconds) => seconds,
        None => match elapsed::first_of(cells, &mut entry, Role::Minutes)? {
            Some(minutes) => minutes,
            None => cells.duration(Role::Hours)?.map_or(0, |hours| hours.seconds),
        },
    };
    entry.tags = match (&entry.text, cells.text(Role::Tags)) {
        (Some(text), _) => hashtags::hashtags(text),
        (None, Some(listed)) => hashtags::listed_with_marks(&listed),
        (None, None) => Vec::new(),
    };
    if entry.text.is_some() {
        cells.keep(&mut entry, Role::Tags);
    }
    if entry.tags.iter().any(|tag| tag.unbillable) {
        entry.billable = Some(false);
    }
    Ok(entry)
}
