//! Toggl Track's detailed report, of today and of before 2024, with any chosen columns.
//!
//! - Today's report has `Member`, `Stop date` and `Stop time`, and a dash in every empty cell.
//! - The duration is written in many forms, depending on the settings of the profile and on spreadsheets which saved
//!   the file. A spreadsheet's time of day lacks whole days, which are added from the entry's end.
//! - If the duration was not exported, the time from start to stop is the duration. A running entry has no stop.
//! - Tags are joined by commas.
//! - The currency stands in the header: `Amount (EUR)`.

use std::borrow::Cow;

use jiff::civil::Date;

use super::cells::Cells;
use super::columns::{Format, Need, Role, column, group};
use super::elapsed;
use super::row::EntryRow;
use crate::table::RowError;
use crate::values::dates;

pub(super) static FORMAT: Format = Format {
    columns: &[
        column(Role::Date, &["start date"]),
        column(Role::Start, &["start time"]),
        column(Role::EndDate, &["end date", "stop date"]),
        column(Role::End, &["end time", "stop time"]),
        column(Role::Duration, &["duration"]),
        column(Role::Email, &["email", "e-mail", "user email"]),
        column(Role::Person, &["user", "member", "user name"]),
        column(Role::Client, &["client"]),
        column(Role::Project, &["project"]),
        column(Role::Task, &["task"]),
        column(Role::Text, &["description"]),
        column(Role::Billable, &["billable"]),
        column(Role::Tags, &["tags", "tag"]),
        column(Role::Amount, &["amount (*)", "amount"]),
        column(Role::Currency, &["currency"]),
        column(Role::Weekday, &["weekday"]),
    ],
    others: &[],
    signature: &[
        group("a column \"Start date\"", &[Need::Roles(&[Role::Date])]),
        group(
            "a column \"Duration\", or \"Start time\" with \"Stop time\"",
            &[Need::Roles(&[Role::Duration]), Need::Roles(&[Role::Start, Role::End])],
        ),
        group(
            "a column \"Start time\", \"End time\", \"End date\" or \"Weekday\"",
            &[
                Need::Roles(&[Role::Start]),
                Need::Roles(&[Role::End]),
                Need::Roles(&[Role::EndDate]),
                Need::Roles(&[Role::Weekday]),
            ],
        ),
        group(
            "a column \"User\" or \"Email\", or \"Description\" with \"Tags\" or \"Billable\", or start and stop with date and time",
            &[
                Need::Roles(&[Role::Person]),
                Need::Roles(&[Role::Email]),
                Need::Roles(&[Role::Text, Role::Tags]),
                Need::Roles(&[Role::Text, Role::Billable]),
                // No other program calls the end of an entry its stop.
                Need::Columns(&["start date", "start time", "stop date", "stop time"]),
            ],
        ),
    ],
};

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    let end_date = end_date(cells, entry.date);
    if end_date != Some(entry.date) {
        cells.keep(&mut entry, Role::EndDate);
    }
    entry.seconds = elapsed::seconds(cells, Role::Duration, &entry, end_date)?;
    if entry.currency.is_none() && entry.amount.is_some() {
        entry.currency = cells.readings.currency.map(Cow::Borrowed);
    }
    Ok(entry)
}

/// The date of the end, which nearly always equals the date of the start; `None` if the cell is empty or unreadable.
fn end_date(cells: &Cells<'_, '_>, start: Date) -> Option<Date> {
    if let Some(end) = dates::iso(cells.bytes(Role::EndDate)) {
        return Some(end);
    }
    let end = cells.text(Role::EndDate)?;
    if cells.text(Role::Date) == Some(end) {
        return Some(start);
    }
    cells.date(Role::EndDate).ok().map(|(date, _)| date)
}
