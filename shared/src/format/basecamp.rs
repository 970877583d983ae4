//! The time reports of Basecamp Classic and of Basecamp 3 and 4.
//!
//! | version | columns |
//! |---|---|
//! | Classic | `date,person,hours,description,todo,list,company,project` |
//! | 3 and 4 | `Date,Person,Hours,Project,Item,Notes,Created`, and `Status` in accounts which approve hours |
//!
//! In versions 3 and 4 the text `To-do: …` in `Item` names a to-do.

use std::borrow::Cow;

use super::cells::Cells;
use super::columns::{Format, Need, Role, column, group};
use super::elapsed;
use super::row::EntryRow;
use crate::table::RowError;
use crate::values::words;

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["date"]),
        column(Role::Hours, &["hours"]),
        column(Role::Person, &["person"]),
        column(Role::Text, &["description", "notes"]),
        column(Role::Task, &["todo", "to-do", "item"]),
        column(Role::Client, &["company"]),
        column(Role::Project, &["project"]),
    ],
    others: &["list", "created", "status"],
    signature: &[
        group("a column \"date\"", &[Need::Roles(&[Role::Date])]),
        group("a column \"hours\"", &[Need::Roles(&[Role::Hours])]),
        group("a column \"person\"", &[Need::Roles(&[Role::Person])]),
        group(
            "a column \"todo\", \"list\", \"company\" or \"item\"",
            &[Need::Roles(&[Role::Task]), Need::Roles(&[Role::Client]), Need::Columns(&["list"])],
        ),
    ],
};

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    entry.seconds = elapsed::hours(cells, &mut entry)?;
    entry.task = entry.task.map(to_do);
    Ok(entry)
}

/// The name of a to-do, without the prefix `To-do:`.
fn to_do(item: Cow<'_, str>) -> Cow<'_, str> {
    match item.split_once(':') {
        Some((kind, name)) if words::same(kind.trim(), "to-do") && !name.trim().is_empty() => {
            Cow::Owned(name.trim().to_owned())
        }
        _ => item,
    }
}
