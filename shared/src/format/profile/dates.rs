//! A column of dates.

use super::{Rivals, Tally, Verdict, Witness};
use crate::format::dates::{self, DateOrder, Day, Numbers};

/// What the cells of a column of dates say.
#[derive(Clone, Debug)]
pub(in crate::format) struct DateProfile {
    pub tally: Tally,
    rivals: Rivals<3>,
    /// Dates with the year in front, in numbers.
    iso: u64,
    /// Dates of three numbers in an order that the cell does not tell.
    numbers: u64,
    /// Dashes stand between such numbers.
    dashes: bool,
    /// Which numbers came first and last, where both have two digits at most: one bit for each.
    first: u128,
    last: u128,
}

impl DateProfile {
    pub fn new() -> Self {
        Self { tally: Tally::default(), rivals: Rivals::new(), iso: 0, numbers: 0, dashes: false, first: 0, last: 0 }
    }

    /// Sees a cell. `fits` says which dates of it fit the other cells of the record, if that can be
    /// told.
    pub fn see(&mut self, line: u64, cell: &str, fits: impl Fn(DateOrder) -> bool) {
        self.tally.cells += 1;
        match dates::read(cell).map(|written| written.day) {
            None => self.tally.unread += 1,
            Some(Day::Iso(_)) => self.iso += 1,
            Some(Day::Named(_)) => {}
            Some(Day::Numbers(numbers)) => self.see_numbers(line, cell, numbers, fits),
        }
    }

    fn see_numbers(&mut self, line: u64, cell: &str, numbers: Numbers, fits: impl Fn(DateOrder) -> bool) {
        self.numbers += 1;
        self.dashes |= numbers.has_dashes();
        if let Some((first, last)) = numbers.ends() {
            self.first |= 1 << first;
            self.last |= 1 << last;
        }
        let all = DateOrder::ALL.map(|order| numbers.under(order));
        let fitting = DateOrder::ALL.map(|order| numbers.under(order).filter(|_| fits(order)));
        // If none fits, the record is odd and tells nothing.
        let told = fitting.iter().any(Option::is_some);
        self.rivals.see(line, cell, if told { &fitting } else { &all });
    }

    /// What the cells say.
    pub fn verdict(&self) -> Verdict<DateOrder> {
        let likely = [self.may_begin_with_year(), true, true];
        let verdict = self.rivals.verdict(DateOrder::ALL, likely);
        if matches!(verdict, Verdict::Contradictory(_)) && self.fails(DateOrder::Ymd).is_none() {
            // Only a year in front explains these cells, so it does.
            return self.rivals.verdict(DateOrder::ALL, [true; 3]);
        }
        verdict
    }

    /// Whether two-digit years may stand in front. With dashes (`24-01-15`) they may, unless the
    /// numbers behave as if not: days are many and years are few. With other marks it is the other
    /// way about.
    fn may_begin_with_year(&self) -> bool {
        let (first, last) = (self.first.count_ones(), self.last.count_ones());
        if self.dashes { first < 3 || last > 2 } else { last > first }
    }

    /// The first cell that cannot be read under an order, though under another.
    pub fn fails(&self, order: DateOrder) -> Option<&Witness> {
        self.rivals.fails[order as usize].as_ref()
    }

    /// How many cells cannot be read under an order.
    pub fn unread(&self, order: Option<DateOrder>) -> u64 {
        self.tally.unread + order.map_or(0, |order| self.rivals.failed[order as usize])
    }

    /// The order to show: that of the numbers, or the one of dates with the year in front.
    pub fn shown(&self, order: DateOrder) -> Option<DateOrder> {
        match (self.numbers, self.iso) {
            (0, 0) => None,
            (0, _) => Some(DateOrder::Ymd),
            _ => Some(order),
        }
    }

    /// Whether an order must be known: there are dates that need one.
    pub fn needs_order(&self) -> bool {
        self.numbers > 0
    }
}
