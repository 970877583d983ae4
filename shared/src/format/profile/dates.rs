//! A column of dates.
//!
//! Where years have two digits, `24/03/15` may begin or end with the year, and most such cells read either way. What tells
//! is how the numbers spread over the column: days are many and years are few. A column of some length in which one end
//! varies over the month and the other hardly at all is settled by that, unless only the other reading finds the rows in
//! order of time (a bill on the 1st of each month for ten years spreads the same way). A column that spreads neither way
//! stays open.

use jiff::civil::Date;

use super::{Rivals, Tally, Verdict, Witness};
use crate::format::dates::{self, DateOrder, Day, Numbers};

/// An end of a date that is written in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum End {
    First,
    Last,
}

/// What the cells of a column of dates say.
#[derive(Clone, Debug)]
pub(in crate::format) struct DateProfile {
    pub tally: Tally,
    rivals: Rivals<3>,
    /// Dates with the year in front, in numbers.
    iso: u64,
    /// Dates of three numbers in an order that the cell does not tell.
    numbers: u64,
    /// The numbers that came first and last, where both have two digits at most.
    first: Years,
    last: Years,
    /// Whether the dates come in order of time, by order.
    sorted: [Sorted; 3],
}

/// So many years apart, numbers are hardly those of the years of one export.
const MANY_YEARS: u16 = 8;
/// So few apart they may well be.
const FEW_YEARS: u16 = 2;

/// Numbers of two digits, taken for years.
#[derive(Clone, Copy, Debug, Default)]
struct Years {
    range: Option<(u16, u16)>,
}

impl Years {
    fn see(&mut self, number: u16) {
        let year = dates::full_year(number, 2).unwrap_or(number);
        let (first, last) = self.range.unwrap_or((year, year));
        self.range = Some((first.min(year), last.max(year)));
    }

    fn apart(self) -> u16 {
        self.range.map_or(0, |(first, last)| last - first)
    }
}

/// Whether dates come in order of time, either way.
#[derive(Clone, Copy, Debug, Default)]
struct Sorted {
    before: Option<Date>,
    rises: bool,
    falls: bool,
}

impl Sorted {
    fn see(&mut self, date: Option<Date>) {
        let Some(date) = date else { return };
        if let Some(before) = self.before {
            self.rises |= date > before;
            self.falls |= date < before;
        }
        self.before = Some(date);
    }

    fn is_sorted(self) -> bool {
        !(self.rises && self.falls)
    }
}

impl DateProfile {
    pub fn new() -> Self {
        Self {
            tally: Tally::default(),
            rivals: Rivals::new(),
            iso: 0,
            numbers: 0,
            first: Years::default(),
            last: Years::default(),
            sorted: [Sorted::default(); 3],
        }
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
        if let Some((first, last)) = numbers.ends() {
            self.first.see(first);
            self.last.see(last);
        }
        let all = DateOrder::ALL.map(|order| numbers.under(order));
        for (sorted, date) in self.sorted.iter_mut().zip(all) {
            sorted.see(date);
        }
        let fitting = DateOrder::ALL.map(|order| numbers.under(order).filter(|_| fits(order)));
        // If none fits, the record is odd and tells nothing.
        let told = fitting.iter().any(Option::is_some);
        self.rivals.see(line, cell, if told { &fitting } else { &all });
    }

    /// What the cells say.
    pub fn verdict(&self) -> Verdict<DateOrder> {
        let likely = match self.year_by_spread() {
            None => [self.first.range.is_some(), true, true],
            Some(End::First) => [true, false, false],
            Some(End::Last) => [false, true, true],
        };
        let verdict = self.rivals.verdict(DateOrder::ALL, likely);
        let fits = |order: DateOrder| !likely[order as usize] && self.fails(order).is_none();
        if matches!(verdict, Verdict::Contradictory(_)) && DateOrder::ALL.into_iter().any(fits) {
            // Only an unlikely order explains these cells, so it does.
            return self.rivals.verdict(DateOrder::ALL, [true; 3]);
        }
        verdict
    }

    /// The end at which two-digit years stand, where the numbers spread so that it can be told.
    pub fn year_by_spread(&self) -> Option<End> {
        let [ymd, mdy, dmy] =
            DateOrder::ALL.map(|order| self.fails(order).is_none() && self.sorted[order as usize].is_sorted());
        let (first, last) = (self.first.apart(), self.last.apart());
        if first >= MANY_YEARS && last <= FEW_YEARS {
            return (!ymd || mdy || dmy).then_some(End::Last);
        }
        if last >= MANY_YEARS && first <= FEW_YEARS {
            return (ymd || !(mdy || dmy)).then_some(End::First);
        }
        None
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
