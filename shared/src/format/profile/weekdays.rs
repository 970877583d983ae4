//! Observes days of the week, in a column of their own or beside the date: they decide the order
//! of dates or contradict a date.

use super::weighing::Witness;
use crate::format::columns::Role;
use crate::format::watch::Related;
use crate::values::dates::{self, DateOrder};

/// Observations on dates and their days of the week.
#[derive(Clone, Debug, Default)]
pub(crate) struct WeekdayProfile {
    checked: u64,
    wrong: u64,
    first: Option<Witness>,
}

/// Set of the days of the week which a row names, a bit for each from Monday on; 0 if the row names none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weekdays(u8);

impl Weekdays {
    /// True if the cell, read under the order, is a date on another day of the week.
    pub fn rules_out(self, cell: &str, order: DateOrder) -> bool {
        self.0 != 0
            && dates::read(cell).and_then(|written| written.day.under(order)).is_some_and(|date| !self.has(date))
    }

    fn has(self, date: jiff::civil::Date) -> bool {
        self.0 & 1 << date.weekday().to_monday_zero_offset() != 0
    }
}

impl WeekdayProfile {
    /// Notes a record, and returns the days of the week which the record names.
    #[inline]
    pub fn see(&mut self, line: u64, cells: &Related<'_>) -> Weekdays {
        // A date which begins and ends with a digit names no day of the week.
        let field = |role: Role| cells.cells.fields.get(cells.columns[role as usize]?);
        if field(Role::Weekday).is_none()
            && field(Role::Date).is_some_and(|date| date.is_between_digits(cells.cells.text))
        {
            return Weekdays(0);
        }
        let Some(date) = cells.cell(Role::Date) else { return Weekdays(0) };
        let column = cells.cell(Role::Weekday);
        let days = match column.as_deref().map_or(0, dates::weekdays_in) {
            0 => dates::weekdays_in(&date),
            days => days,
        };
        let named = Weekdays(days);
        if let Some(written) = dates::read(&date).filter(|_| days != 0) {
            self.checked += 1;
            if !DateOrder::ALL.into_iter().filter_map(|order| written.day.under(order)).any(|date| named.has(date)) {
                self.wrong += 1;
                self.first.get_or_insert_with(|| Witness::new(line, &date));
            }
        }
        named
    }

    /// The first date which contradicts the day of the week named in its row, with true if all checked dates do.
    pub fn wrong(&self) -> Option<(&Witness, bool)> {
        Some((self.first.as_ref()?, self.wrong == self.checked))
    }
}
