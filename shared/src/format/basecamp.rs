//! The time report of Basecamp Classic. Basecamp 3 and 4 have another one, which is not read.

use super::columns::{Format, Need, Role, column, group};
use super::entry::EntryRow;
use super::row::{Cells, RowError};

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["date"]),
        column(Role::Hours, &["hours"]),
        column(Role::Person, &["person"]),
        column(Role::Text, &["description"]),
        column(Role::Task, &["todo", "to-do"]),
        column(Role::Client, &["company"]),
        column(Role::Project, &["project"]),
    ],
    others: &["list"],
    signature: &[
        group("a column \"date\"", &[Need::Roles(&[Role::Date])]),
        group("a column \"hours\"", &[Need::Roles(&[Role::Hours])]),
        group("a column \"person\"", &[Need::Roles(&[Role::Person])]),
        group(
            "a column \"todo\", \"list\" or \"company\"",
            &[Need::Roles(&[Role::Task]), Need::Roles(&[Role::Client]), Need::Others(1)],
        ),
    ],
    read,
};

fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    entry.seconds = cells.needed_seconds(Role::Hours)?;
    Ok(entry)
}
