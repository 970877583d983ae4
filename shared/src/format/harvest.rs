//! Harvest's detailed time report, and the layout for imports to Harvest.
//!
//! People choose the columns, and the account's settings choose the form of dates and numbers. `Hours` is the
//! tracked time. `Hours Rounded` is the billed time and counts only if `Hours` is missing. Harvest names
//! people by first and last name.

use super::cells::Cells;
use super::columns::{Format, Need, Role, column, group};
use super::elapsed;
use super::row::EntryRow;
use crate::table::RowError;

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["date"]),
        column(Role::Hours, &["hours", "hours rounded"]),
        column(Role::FirstName, &["first name"]),
        column(Role::LastName, &["last name"]),
        column(Role::Client, &["client"]),
        column(Role::Project, &["project"]),
        column(Role::Task, &["task"]),
        column(Role::Text, &["notes", "note"]),
        column(Role::Billable, &["billable"]),
        column(Role::Invoiced, &["invoiced"]),
        column(Role::Rate, &["billable rate", "hourly rate"]),
        // Until about 2014 the column "Cost" held the price for the client: hours times the hourly rate.
        column(Role::Amount, &["billable amount", "cost"]),
        column(Role::Currency, &["currency"]),
    ],
    others: &[
        "project code",
        "approved",
        "hours rounded",
        "employee",
        "roles",
        "department",
        "cost rate",
        "cost amount",
        "currency symbol",
        "external reference url",
    ],
    signature: &[
        group("a column \"Date\"", &[Need::Roles(&[Role::Date])]),
        group("a column \"Hours\"", &[Need::Roles(&[Role::Hours])]),
        group(
            "the columns \"First Name\" or \"Last Name\", or \"Approved?\" with \"Project Code\"",
            &[Need::Roles(&[Role::FirstName]), Need::Roles(&[Role::LastName]), Need::Others(2)],
        ),
    ],
};

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    entry.seconds = elapsed::hours(cells, &mut entry)?;
    Ok(entry)
}
