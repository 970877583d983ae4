//! Computes the duration of an entry from the cells of duration, start and end.

use jiff::civil::{Date, DateTime, Time};

use super::cells::{Cells, Duration};
use super::columns::Role;
use super::profile::{agrees, is_whole};
use super::row::EntryRow;
use crate::table::{ErrorCode, RowError};
use crate::values::durations::{self, Unit};

const DAY: u64 = 86_400;

/// The duration of a role in seconds. If its cell is empty, the duration is the time from the entry's
/// start to its end on `end_date`.
pub(super) fn seconds(
    cells: &Cells<'_, '_>,
    role: Role,
    entry: &EntryRow<'_>,
    end_date: Option<Date>,
) -> Result<u64, RowError> {
    let told = told(cells, role, entry, end_date)?;
    told.or_else(|| between(entry, end_date)).ok_or_else(|| cells.missing(role))
}

/// The duration of a role in seconds; `None` if its cell is empty. Whole days which a clock cannot show
/// are added from start and end.
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

/// The duration in seconds of a role which takes precedence over the column of hours; `None` if its cell is empty.
/// The hours are kept with the entry. A zero duration beside positive hours is an error.
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

/// The duration in a column of hours, in seconds, including minutes and seconds beside the hours if these are parts.
/// An empty cell is an error.
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

/// Columns which may be parts of a duration, with the largest unit first.
const PARTS: [Role; 3] = [Role::Hours, Role::Minutes, Role::Seconds];

/// The sum of the columns of hours, minutes and seconds if they are parts of a duration, in seconds; `None` if they
/// are not, or if all of them are empty.
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

/// Refuses a row in which another column holds a different duration.
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

/// Seconds from start to end; `None` if either is unknown or the end comes first.
fn between(entry: &EntryRow<'_>, end_date: Option<Date>) -> Option<u64> {
    u64::try_from(shown(entry, end_date)?).ok()
}

/// Seconds from start to end as shown by clocks, negative if the end comes first; `None` if either is unknown.
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

/// The seconds from one time of a day to another. Times of files have no parts of a second.
pub(super) fn within_a_day(from: Time, to: Time) -> i64 {
    let seconds = |time: Time| {
        let (hours, minutes) = (i64::from(time.hour()), i64::from(time.minute()));
        hours * 3600 + minutes * 60 + i64::from(time.second())
    };
    seconds(to) - seconds(from)
}

/// True if a duration lacks exactly some whole days, as a spreadsheet's clock omits them.
fn is_cut(seconds: u64, elapsed: u64) -> bool {
    seconds < DAY && elapsed > seconds && (elapsed - seconds).is_multiple_of(DAY)
}

/// Adds to a time of day the whole days which the entry lasted. The remainder is rounded, because clocks may
/// be changed between start and end.
fn with_days(clock: u64, elapsed: u64) -> u64 {
    clock + (elapsed + DAY / 2).saturating_sub(clock) / DAY * DAY
}
