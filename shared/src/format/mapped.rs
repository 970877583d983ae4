//! Reads the rows of a table whose columns the caller has mapped.
//!
//! | row | duration |
//! |---|---|
//! | with a duration | the cell of the duration |
//! | without a duration, or with an empty cell | the time from start to end |
//! | without a duration, and start and end in different zones | the time from start to end by the zones' offsets |
//! | without a duration, and only one of start and end with a zone | an error |
//!
//! An end without a day is on the day of the start, or on the next day if the end would come before the start. The
//! next day is not assumed for an entry of more than sixteen hours, since `5:00` after `9:00` more probably means the
//! afternoon; such a row is an error.

use jiff::civil::Date;

use super::cells::Cells;
use super::columns::{Format, Role};
use super::elapsed;
use super::row::EntryRow;
use crate::table::{ErrorCode, RowError};
use crate::values::dates;
use crate::values::times;

/// The declaration of a mapped table, without columns because a mapping names them.
pub(super) static FORMAT: Format = Format { columns: &[], others: &[], signature: &[] };

const DURATIONS: [Role; 4] = [Role::Duration, Role::Hours, Role::Minutes, Role::Seconds];

/// Longest entry, in seconds, whose end is assumed to be on the next day.
const LONGEST_NIGHT: u64 = 16 * 3600;

pub(super) fn read<'r>(cells: &Cells<'r, '_>) -> Result<EntryRow<'r>, RowError> {
    let mut entry = cells.entry()?;
    let end = end_day(cells, &entry);
    let end_date = end.map(|end| end.date);
    let duration = DURATIONS.into_iter().find(|&role| cells.has(role));
    let told = match (elapsed::parts(cells)?, duration) {
        (Some(seconds), _) => Some(seconds),
        (None, Some(role)) => elapsed::told(cells, role, &entry, end_date)?,
        (None, None) => None,
    };
    entry.seconds = match (told, duration) {
        (Some(seconds), _) => seconds,
        (None, Some(role)) if elapsed::shown(&entry, end_date).is_none() => return Err(cells.missing(role)),
        (None, _) => from_start_to_end(cells, &entry, end)?,
    };
    if end_date != Some(entry.date) && cells.shown(Role::EndDate) != cells.shown(Role::End) {
        cells.keep(&mut entry, Role::EndDate);
    }
    Ok(entry)
}

fn from_start_to_end(cells: &Cells<'_, '_>, entry: &EntryRow<'_>, end: Option<EndDay>) -> Result<u64, RowError> {
    let wrong = |how: &str| {
        let end = cells.text(Role::End).unwrap_or_default();
        Err(cells.unreadable(Role::End, ErrorCode::InvalidDuration, &end, how))
    };
    let moments = [Role::Start, Role::End].map(|role| cells.text(role));
    let [from, to] = moments.each_ref().map(|moment| moment.as_deref().and_then(times::zone));
    let Some(shown) = elapsed::shown(entry, end.map(|end| end.date)) else {
        return Err(not_known(cells, entry));
    };
    let offset = |zone: Option<&str>| zone.and_then(times::offset);
    let seconds = match offset(from).zip(offset(to)) {
        _ if from == to => shown,
        Some((from, to)) => shown + from - to,
        None => return wrong("does not name the zone that the start names"),
    };
    match u64::try_from(seconds) {
        Ok(seconds) if seconds > LONGEST_NIGHT && end.is_some_and(|end| end.assumed) => {
            wrong("comes before the start: say its day, or whether it is AM or PM")
        }
        Ok(seconds) => Ok(seconds),
        Err(_) => Err(not_known(cells, entry)),
    }
}

/// The day on which an entry ends.
#[derive(Clone, Copy)]
struct EndDay {
    date: Date,
    /// True if the day is only assumed, because the end would otherwise come before the start.
    assumed: bool,
}

/// The day of the end; `None` if the cell of the day cannot be read.
fn end_day(cells: &Cells<'_, '_>, entry: &EntryRow<'_>) -> Option<EndDay> {
    let told = |date| EndDay { date, assumed: false };
    match cells.text(Role::EndDate) {
        Some(cell) if times::read(&cell).is_none() && !times::is_end_of_day(&cell) => {
            let written = dates::read(&cell)?;
            written.day.under(cells.readings.order(Role::EndDate)).map(told)
        }
        _ if entry.end < entry.start && !entry.ends_day => {
            Some(EndDay { date: entry.date.tomorrow().ok()?, assumed: true })
        }
        _ => Some(told(entry.date)),
    }
}

/// The error of a row whose start and end do not give a duration.
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
