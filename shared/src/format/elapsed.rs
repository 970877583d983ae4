//! How long an entry took, where its start and end have a say.

use jiff::civil::{Date, DateTime};

use super::columns::Role;
use super::entry::EntryRow;
use super::row::{Cells, Duration, RowError};

const DAY: u64 = 86_400;

/// The duration of a role in seconds; where its cell is empty, the time from the entry's start to its end on `end_date`.
pub(super) fn seconds(
    cells: &Cells<'_, '_>,
    role: Role,
    entry: &EntryRow<'_>,
    end_date: Option<Date>,
) -> Result<u64, RowError> {
    Ok(match cells.duration(role)? {
        Some(Duration { seconds, clock: false }) => {
            between(entry, end_date).filter(|&elapsed| is_cut(seconds, elapsed)).unwrap_or(seconds)
        }
        Some(Duration { seconds, clock: true }) => {
            between(entry, end_date).map_or(seconds, |elapsed| with_days(seconds, elapsed))
        }
        None => between(entry, end_date).ok_or_else(|| cells.missing(role))?,
    })
}

/// From start to end, if both are known and in this order.
pub(super) fn between(entry: &EntryRow<'_>, end_date: Option<Date>) -> Option<u64> {
    let start = DateTime::from_parts(entry.date, entry.start?);
    let end = DateTime::from_parts(end_date?, entry.end?);
    u64::try_from(start.duration_until(end).as_secs()).ok()
}

/// Whether a duration lacks whole days and nothing else, as a spreadsheet's clock shows it.
fn is_cut(seconds: u64, elapsed: u64) -> bool {
    seconds < DAY && elapsed > seconds && (elapsed - seconds) % DAY == 0
}

/// A time of day with as many whole days as the entry lasted. Clocks are turned between start and
/// end, so what is left over is rounded.
fn with_days(clock: u64, elapsed: u64) -> u64 {
    clock + (elapsed + DAY / 2).saturating_sub(clock) / DAY * DAY
}
