//! FreshBooks: the time report of the Classic version, and the time entry details of today's version.
//!
//! Classic writes team members as "Last, First" and names the client `Internal` for work without a client. Today's
//! version has seconds beside hours, and the seconds are exact.

use super::cells::Cells;
use super::columns::{Format, Need, Role, column, group};
use super::elapsed;
use super::row::EntryRow;
use crate::table::RowError;
use crate::values::words;

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["date"]),
        column(Role::Seconds, &["seconds"]),
        column(Role::Hours, &["hours"]),
        column(Role::Person, &["team member", "team"]),
        column(Role::Client, &["client"]),
        column(Role::Project, &["project"]),
        column(Role::Task, &["task", "service"]),
        column(Role::Text, &["notes", "note"]),
        column(Role::Invoiced, &["billed"]),
        column(Role::Status, &["status"]),
        column(Role::Rate, &["rate", "rate (*)"]),
        column(Role::Amount, &["amount", "amount (*)"]),
        column(Role::Currency, &["currency"]),
    ],
    others: &[],
    signature: &[
        group("a column \"Date\"", &[Need::Roles(&[Role::Date])]),
        group("a column \"Hours\" or \"Seconds\"", &[Need::Roles(&[Role::Hours]), Need::Roles(&[Role::Seconds])]),
        group("a column \"Team\" or \"Team Member\"", &[Need::Roles(&[Role::Person])]),
        group(
            "a column \"Client\", \"Project\", \"Task\" or \"Service\"",
            &[Need::Roles(&[Role::Client]), Need::Roles(&[Role::Project]), Need::Roles(&[Role::Task])],
        ),
    ],
};

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    entry.seconds = match (elapsed::parts(cells)?, cells.has(Role::Seconds)) {
        (Some(seconds), _) => seconds,
        (None, true) => match elapsed::first_of(cells, &mut entry, Role::Seconds)? {
            Some(seconds) => seconds,
            None => cells.needed_seconds(Role::Hours)?,
        },
        (None, false) => elapsed::hours(cells, &mut entry)?,
    };
    if entry.client.as_deref().is_some_and(|client| words::same(client, "internal")) {
        entry.client = None;
    }
    if let Some(status) = cells.text(Role::Status) {
        match status.to_lowercase().as_str() {
            "billed" | "invoiced" | "paid" => {
                (entry.billable, entry.invoiced) = (Some(true), Some(true));
            }
            "unbilled" | "billable" => (entry.billable, entry.invoiced) = (Some(true), Some(false)),
            "non-billable" | "non billable" | "unbillable" | "not billable" => {
                (entry.billable, entry.invoiced) = (Some(false), Some(false));
            }
            _ => cells.keep(&mut entry, Role::Status),
        }
    }
    Ok(entry)
}
