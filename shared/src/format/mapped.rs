//! A table whose columns the caller has mapped.
//!
//! The duration wins over start and end; where its cell is empty, or no column is one, they tell how long it took. An
//! end that names no day is on the day of the start, or on the next one if it would come first.

use jiff::civil::Date;

use super::columns::{Format, Role};
use super::dates;
use super::elapsed;
use super::entry::EntryRow;
use super::row::{Cells, ErrorCode, RowError};
use super::times;

/// Its columns are not declared but mapped.
pub(super) static FORMAT: Format = Format { columns: &[], others: &[], signature: &[], read };

const DURATIONS: [Role; 4] = [Role::Duration, Role::Hours, Role::Minutes, Role::Seconds];

fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    let end_date = end_date(cells, &entry);
    entry.seconds = match DURATIONS.into_iter().find(|&role| cells.has(role)) {
        Some(role) => elapsed::seconds(cells, role, &entry, end_date)?,
        None => elapsed::between(&entry, end_date).ok_or_else(|| not_known(cells, &entry))?,
    };
    if end_date != Some(entry.date) && cells.shown(Role::EndDate) != cells.shown(Role::End) {
        cells.keep(&mut entry, Role::EndDate);
    }
    Ok(entry)
}

/// The day of the end; `None` if its cell cannot be read.
fn end_date(cells: &Cells<'_, '_>, entry: &EntryRow<'_>) -> Option<Date> {
    match cells.text(Role::EndDate) {
        Some(cell) if times::read(&cell).is_none() => {
            let written = dates::read(&cell)?;
            written.day.under(cells.readings.order(Role::EndDate))
        }
        _ if entry.end < entry.start => entry.date.tomorrow().ok(),
        _ => Some(entry.date),
    }
}

/// The error of a row whose start and end tell no duration.
fn not_known(cells: &Cells<'_, '_>, entry: &EntryRow<'_>) -> RowError {
    for (role, time) in [(Role::Start, entry.start), (Role::End, entry.end)] {
        match (time, cells.text(role)) {
            (Some(_), _) => {}
            (None, None) => return cells.missing(role),
            (None, Some(cell)) => {
                return cells.unreadable(role, ErrorCode::InvalidDuration, &cell, "cannot be read as a time");
            }
        }
    }
    let end = cells.text(Role::End).unwrap_or_default();
    cells.unreadable(Role::End, ErrorCode::InvalidDuration, &end, "is no time behind the start")
}
