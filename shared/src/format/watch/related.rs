//! Relates the cells of a record to each other: the time between start and end, and the agreement of a duration with
//! the days of start and end under an order of dates.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};

use crate::format::columns::Role;
use crate::source::RecordCells;
use crate::values::dates::{self, DateOrder};
use crate::values::durations::{self, DurationReading};
use crate::values::{times, words};

/// The cells of a record, found by the roles of their columns.
pub(crate) struct Related<'r> {
    pub columns: &'r ByRole,
    pub cells: RecordCells<'r>,
}

/// The column of each role, indexed by the role; `None` if the table has no such column.
pub(crate) type ByRole = [Option<usize>; Role::COUNT];

impl<'r> Related<'r> {
    #[inline]
    pub fn cell(&self, role: Role) -> Option<Cow<'r, str>> {
        let column = self.columns[role as usize]?;
        Some(words::trimmed(self.cells.fields.get(column)?.cell(self.cells.text)))
    }

    /// Seconds from start to end; `None` if they depend on the order of dates. The order is irrelevant if start and
    /// end are on the same day, if their dates are the same under every order, or if a single order makes them two
    /// dates at all. Without an end date, an end before the start is on the next day.
    pub fn elapsed(&self) -> Option<u64> {
        let start = dates::read(&self.cell(Role::Date)?)?.day;
        let day_of_end = self.cell(Role::EndDate).filter(|cell| !cell.is_empty());
        let Some(end) = day_of_end.and_then(|cell| dates::read(&cell)) else {
            let (from, to) = self.times()?;
            let midnight = jiff::civil::date(2000, 1, 1);
            return self.between(midnight, if to < from { midnight.tomorrow().ok()? } else { midnight });
        };
        let days = DateOrder::ALL.into_iter().filter_map(|order| start.under(order).zip(end.day.under(order)));
        let mut elapsed: Vec<_> = days.filter_map(|(start, end)| self.between(start, end)).collect();
        elapsed.dedup();
        match elapsed[..] {
            [elapsed] => Some(elapsed),
            _ => None,
        }
    }

    /// True if the time from start to end equals the duration, with dates under `order`, or if the record
    /// cannot be checked. Entries which cross midnight are evidence for an order, since under a wrong order
    /// such an entry would take a month.
    pub fn fits(&self, order: DateOrder) -> bool {
        let cells = || Some((self.cell(Role::Date)?, self.cell(Role::EndDate)?));
        let (Some((start, end)), Some(took)) = (cells(), self.took()) else {
            return true;
        };
        if start == end || self.times().is_none() {
            return true;
        }
        let day = |cell: &str| dates::read(cell)?.day.under(order);
        let elapsed = day(&start).zip(day(&end)).and_then(|(start, end)| self.between(start, end));
        // A difference of an hour comes from a change of the clock, and a minute is left for rounding.
        elapsed.is_some_and(|elapsed| elapsed.abs_diff(took) <= 3660)
    }

    /// The duration in seconds; `None` for a number whose reading must be decided by the column.
    fn took(&self) -> Option<u64> {
        match durations::read(&self.cell(Role::Duration)?)? {
            durations::Written::Number { .. } => None,
            written => written.under(DurationReading::USUAL),
        }
    }

    /// The times of day of start and end, in columns of their own or after the dates.
    fn times(&self) -> Option<(Time, Time)> {
        let behind_date = |role: Role| dates::read(&self.cell(role)?)?.time;
        let time = |role: Role, date: Role| match self.cell(role).and_then(|cell| times::read(&cell)) {
            None => behind_date(date),
            time => time,
        };
        Some((time(Role::Start, Role::Date)?, time(Role::End, Role::EndDate)?))
    }

    fn between(&self, start: Date, end: Date) -> Option<u64> {
        let (from, to) = self.times()?;
        let elapsed = DateTime::from_parts(start, from).duration_until(DateTime::from_parts(end, to));
        u64::try_from(elapsed.as_secs()).ok()
    }
}

pub(super) fn cell<'c>(cells: RecordCells<'c>, column: usize) -> Cow<'c, str> {
    match cells.fields.get(column) {
        Some(field) => words::trimmed(field.cell(cells.text)),
        None => Cow::Borrowed(""),
    }
}
