//! How long an entry took, where its start and end have a say.

use jiff::civil::{Date, DateTime, Time};

use super::columns::Role;
use super::durations::{self, Unit};
use super::entry::EntryRow;
use super::profile::{agrees, is_whole};
use super::row::{Cells, Duration, ErrorCode, RowError};

const DAY: u64 = 86_400;

/// The duration of a role in seconds; where its cell is empty, the time from the entry's start to its end on `end_date`.
pub(super) fn seconds(
    cells: &Cells<'_, '_>,
    role: Role,
    entry: &EntryRow<'_>,
    end_date: Option<Date>,
) -> Result<u64, RowError> {
    let told = told(cells, role, entry, end_date)?;
    told.or_else(|| between(entry, end_date)).ok_or_else(|| cells.missing(role))
}

/// The duration of a role in seconds, as far as its cell tells it: whole days that a clock leaves out are told by start
/// and end.
pub(super) fn told(
    cells: &Cells<'_, '_>,
    role: Role,
    entry: &EntryRow<'_>,
    end_date: Option<Date>,
) -> Result<Option<u64>, RowError> {
    let Some(Duration { seconds, clock }) = cells.duration(role)? else {
        return Ok(None);
    };
    Ok(Some(match between(entry, end_date) {
        Some(elapsed) if clock => with_days(seconds, elapsed),
        Some(elapsed) if is_cut(seconds, elapsed) => elapsed,
        _ => seconds,
    }))
}

/// The duration of a role that wins over the hours beside it, in seconds, with those kept; `None` if its cell is empty.
/// It is an error if it says that nothing took hours.
pub(super) fn first_of<'r>(
    cells: &Cells<'r, '_>,
    entry: &mut EntryRow<'r>,
    role: Role,
) -> Result<Option<u64>, RowError> {
    let Some(Duration { seconds, .. }) = cells.duration(role)? else {
        return Ok(None);
    };
    let hours = cells.duration(Role::Hours).ok().flatten().map_or(0, |hours| hours.seconds);
    if seconds == 0 && hours > 0 {
        let cell = cells.text(role).unwrap_or_default();
        let how = format!("is nothing, but {} is more", cells.shown(Role::Hours));
        return Err(cells.unreadable(role, ErrorCode::InvalidDuration, &cell, &how));
    }
    others_agree(cells, role, seconds)?;
    cells.keep(entry, Role::Hours);
    Ok(Some(seconds))
}

/// The duration that a column of hours tells, in seconds, with the minutes and seconds beside it if they are its parts; an
/// entry cannot do without.
pub(super) fn hours<'r>(cells: &Cells<'r, '_>, entry: &mut EntryRow<'r>) -> Result<u64, RowError> {
    if let Some(seconds) = parts(cells)? {
        return Ok(seconds);
    }
    let seconds = cells.needed_seconds(Role::Hours)?;
    others_agree(cells, Role::Hours, seconds)?;
    cells.keep(entry, Role::Minutes);
    cells.keep(entry, Role::Seconds);
    Ok(seconds)
}

/// The columns that may be parts of one duration, the largest unit first.
const PARTS: [Role; 3] = [Role::Hours, Role::Minutes, Role::Seconds];

/// The sum of the columns of hours, minutes and seconds where they are parts of one duration; `None` where they are not, or where
/// all of them are empty.
pub(super) fn parts(cells: &Cells<'_, '_>) -> Result<Option<u64>, RowError> {
    if !cells.readings.rules.parts {
        return Ok(None);
    }
    let mut values = [None; PARTS.len()];
    for (value, role) in values.iter_mut().zip(PARTS) {
        *value = cells.duration(role)?.map(|duration| duration.seconds);
    }
    let Some((largest, _)) = PARTS.into_iter().zip(values).find(|(_, value)| value.is_some()) else {
        return Ok(None);
    };
    let wrong = |how: &str| {
        let cell = cells.text(largest).unwrap_or_default();
        Err(cells.unreadable(largest, ErrorCode::InvalidDuration, &cell, how))
    };
    if !is_whole(&values) {
        return wrong("and what stands beside it are no hours, minutes and seconds of one duration");
    }
    let sum = values.iter().flatten().sum();
    match cells.text(Role::DecimalHours) {
        Some(decimal) if !agrees(&decimal, Unit::Hours, sum) => {
            wrong("and the parts beside it are not the decimal hours")
        }
        _ => Ok(Some(sum)),
    }
}

/// Refuses a row in which another column tells another duration.
fn others_agree(cells: &Cells<'_, '_>, role: Role, seconds: u64) -> Result<(), RowError> {
    for other in [Role::Hours, Role::Minutes, Role::Seconds, Role::DecimalHours] {
        if other == role || !cells.has(other) {
            continue;
        }
        let unit = other.duration().unwrap_or(Unit::Hours);
        let Some(cell) = cells.text(other) else { continue };
        if durations::read(&cell).is_some() && !agrees(&cell, unit, seconds) {
            let how = format!("is not the duration that {} tells", cells.shown(role));
            return Err(cells.unreadable(other, ErrorCode::InvalidDuration, &cell, &how));
        }
    }
    Ok(())
}

/// From start to end, if both are known and in this order.
fn between(entry: &EntryRow<'_>, end_date: Option<Date>) -> Option<u64> {
    u64::try_from(shown(entry, end_date)?).ok()
}

/// From start to end in seconds, as clocks show it, if both are known.
pub(super) fn shown(entry: &EntryRow<'_>, end_date: Option<Date>) -> Option<i64> {
    let (from, to, day_of_end) = (entry.start?, entry.end?, end_date?);
    if day_of_end == entry.date && !entry.ends_day {
        return Some(within_a_day(from, to));
    }
    let start = DateTime::from_parts(entry.date, from);
    let mut end = DateTime::from_parts(day_of_end, to);
    if entry.ends_day {
        end = end.tomorrow().ok()?;
    }
    Some(start.duration_until(end).as_secs())
}

/// The seconds from one time of a day to another. (No time that is read has parts of a second.)
pub(super) fn within_a_day(from: Time, to: Time) -> i64 {
    let seconds = |time: Time| {
        let (hours, minutes) = (i64::from(time.hour()), i64::from(time.minute()));
        hours * 3600 + minutes * 60 + i64::from(time.second())
    };
    seconds(to) - seconds(from)
}

/// Whether a duration lacks whole days and nothing else, as a spreadsheet's clock shows it.
fn is_cut(seconds: u64, elapsed: u64) -> bool {
    seconds < DAY && elapsed > seconds && (elapsed - seconds).is_multiple_of(DAY)
}

/// A time of day with as many whole days as the entry lasted. Clocks are turned between start and
/// end, so what is left over is rounded.
fn with_days(clock: u64, elapsed: u64) -> u64 {
    clock + (elapsed + DAY / 2).saturating_sub(clock) / DAY * DAY
}
