//! Observes a column of dates, to decide the order of day, month and year.
//!
//! If years have two digits, `24/03/15` may begin or end with the year, and most such cells fit both orders. A
//! column usually has many days and few years, yet a bill on the 1st of each quarter for ten years has a
//! single day and ten years. Only cells which rule out an order, or other columns, are therefore evidence.
//! `24-Mar-28` is read as the 24th of March, as nearly everybody writes dates, unless the column has more
//! different numbers after the month than before.

use jiff::civil::Date;

use super::weighing::{CellTally, ColumnVerdict, Rivals, Witness};
use crate::values::dates::{self, DateOrder, Day, Numbers, SEPARATORS, Short};

/// Observations on the cells of a column of dates.
#[derive(Clone, Debug)]
pub(crate) struct DateProfile {
    pub tally: CellTally,
    rivals: Rivals<3>,
    /// Count of dates with the year in front and all parts in numbers.
    iso: u64,
    /// Count of dates of three numbers whose order is not visible in the cell.
    numbers: u64,
    /// True if some cell, and the format, allow a two-digit year in front.
    short_year_first: bool,
    years_last: bool,
    /// A date which can only have the day in the middle, such as `2024-13-01`.
    day_in_the_middle: Option<Witness>,
    /// True if a date which is the same under every order has a day beyond the twelfth.
    day_beyond_twelve: bool,
    /// True if a date with the year in front has a day beyond the twelfth.
    iso_beyond_twelve: bool,
    /// The first date which is the same under every order, with the year in front or with the month in letters.
    first_plain: Option<Witness>,
    /// Dates with the month in letters between two numbers of two digits: the first of these dates, and the sets of
    /// numbers before and after the month, with a bit for each number.
    first_short: Option<Witness>,
    short_ends: [u128; 2],
    /// For each separator, `told` has the first date with a single number which can be the month, and `open` the
    /// first date with two such numbers.
    told: [Option<Witness>; SEPARATORS.len()],
    open: [Option<Witness>; SEPARATORS.len()],
    /// Count of cells such as `45292`, which is the number of a day in a spreadsheet.
    day_numbers: u64,
}

/// True if a spreadsheet would show the number as a day from 1954 to 2064, with or without a time of day.
fn is_day_number(cell: &str) -> bool {
    let (days, part) = cell.split_once(['.', ',']).unwrap_or((cell, ""));
    let plain = days.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    plain && days.parse::<u32>().is_ok_and(|days| (20_000..60_000).contains(&days))
}

impl DateProfile {
    /// Creates a profile of a column. With `years_last` the format never puts a two-digit year first.
    pub fn new(years_last: bool) -> Self {
        Self {
            tally: CellTally::default(),
            rivals: Rivals::new(),
            iso: 0,
            numbers: 0,
            short_year_first: false,
            years_last,
            day_in_the_middle: None,
            day_beyond_twelve: false,
            iso_beyond_twelve: false,
            first_plain: None,
            first_short: None,
            short_ends: [0; 2],
            told: Default::default(),
            open: Default::default(),
            day_numbers: 0,
        }
    }

    /// Notes a cell. `fits` returns false for an order under which the date contradicts
    /// the other cells of the record.
    #[inline]
    pub fn see(&mut self, line: u64, cell: &str, fits: impl Fn(DateOrder) -> bool) {
        self.tally.cells += 1;
        match dates::read(cell).map(|written| written.day) {
            None => {
                self.tally.miss(line, cell);
                self.day_numbers += u64::from(is_day_number(cell));
                if dates::has_day_in_the_middle(cell) {
                    self.day_in_the_middle.get_or_insert_with(|| Witness::new(line, cell));
                }
            }
            Some(Day::Iso(date)) => {
                self.iso += 1;
                self.iso_beyond_twelve |= date.day() > 12;
                self.see_plain(line, cell, date);
            }
            Some(Day::Named(date)) => self.see_plain(line, cell, date),
            Some(Day::Short(short)) => self.see_short(line, cell, short, fits),
            Some(Day::Numbers(numbers)) => self.see_numbers(line, cell, numbers, fits),
        }
    }

    /// Sees a cell that is `2024-01-31` and nothing else, as nearly all are.
    #[inline]
    pub fn see_usual(&mut self, line: u64, cell: &[u8]) -> bool {
        let Some(date) = dates::iso(cell) else { return false };
        self.tally.cells += 1;
        self.iso += 1;
        self.iso_beyond_twelve |= date.day() > 12;
        self.day_beyond_twelve |= date.day() > 12;
        if self.first_plain.is_none() {
            self.see_plain(line, &String::from_utf8_lossy(cell), date);
        }
        true
    }

    fn see_plain(&mut self, line: u64, cell: &str, date: Date) {
        self.first_plain.get_or_insert_with(|| Witness::new(line, cell));
        self.day_beyond_twelve |= date.day() > 12;
    }

    fn see_short(&mut self, line: u64, cell: &str, short: Short, fits: impl Fn(DateOrder) -> bool) {
        self.first_short.get_or_insert_with(|| Witness::new(line, cell));
        for (seen, number) in self.short_ends.iter_mut().zip([short.first, short.last]) {
            *seen |= 1 << number;
        }
        let all = DateOrder::ALL.map(|order| short.under(order));
        if let Some(date) = all[DateOrder::Dmy as usize] {
            self.see_plain(line, cell, date);
        }
        let fitting = DateOrder::ALL.map(|order| short.under(order).filter(|_| fits(order)));
        let told = fitting.iter().any(Option::is_some);
        self.rivals.see(line, cell.as_bytes(), if told { &fitting } else { &all });
    }

    /// True if dates with the month in letters may begin with the year, which is likely if more different numbers
    /// stand after the months than before, as in a list of entries from one or two years.
    fn may_begin_with_short_year(&self) -> bool {
        let [before, behind] = self.short_ends.map(u128::count_ones);
        !self.years_last && behind > before
    }

    fn see_numbers(&mut self, line: u64, cell: &str, numbers: Numbers, fits: impl Fn(DateOrder) -> bool) {
        self.numbers += 1;
        // Dates with dots and two-digit years begin with the day everywhere.
        self.short_year_first |= !self.years_last && numbers.ends_are_short() && numbers.separator != b'.';
        let all = DateOrder::ALL.map(|order| numbers.under(order));
        let [_, month_first, day_first] = &all;
        let seen = match (month_first, day_first) {
            (None, None) => None,
            (Some(a), Some(b)) => (a != b).then_some(&mut self.open),
            _ => Some(&mut self.told),
        };
        let separator = SEPARATORS.iter().position(|&separator| separator == numbers.separator);
        if let Some((seen, separator)) = seen.zip(separator) {
            seen[separator].get_or_insert_with(|| Witness::new(line, cell));
        }
        let fitting = DateOrder::ALL.map(|order| numbers.under(order).filter(|_| fits(order)));
        // If no order fits, the record is odd and no evidence.
        let told = fitting.iter().any(Option::is_some);
        self.rivals.see(line, cell.as_bytes(), if told { &fitting } else { &all });
    }

    /// The order of dates decided by the cells.
    pub fn verdict(&self) -> ColumnVerdict<DateOrder> {
        let likely = [self.short_year_first || self.may_begin_with_short_year(), true, true];
        let verdict = self.rivals.verdict(DateOrder::ALL, likely);
        let fits = |order: DateOrder| !likely[order as usize] && self.fails(order).is_none();
        if matches!(verdict, ColumnVerdict::Contradictory(_)) && DateOrder::ALL.into_iter().any(fits) {
            // Only an order thought unlikely explains these cells, so this order is right.
            return self.rivals.verdict(DateOrder::ALL, [true; 3]);
        }
        verdict
    }

    /// A date which can only have the day in the middle, in a column whose other dates fit either reading.
    pub fn day_in_the_middle(&self) -> Option<&Witness> {
        self.day_in_the_middle.as_ref().filter(|_| self.iso > 0 && !self.iso_beyond_twelve)
    }

    /// A plain date and a date of numbers from a file in which a spreadsheet has converted every date it could,
    /// taking days for months. In such a file no converted date has a day beyond the twelfth, and every date of
    /// numbers does. `None` if the file shows no sign of conversion.
    pub fn half_converted(&self) -> Option<(&Witness, &Witness)> {
        let told = self.told.iter().flatten().min_by_key(|cell| cell.line);
        let mixed = !self.day_beyond_twelve && self.open.iter().all(Option::is_none);
        self.first_plain.as_ref().zip(told).filter(|_| mixed)
    }

    /// True if a date of numbers with this separator shows the order.
    pub fn is_told_in(&self, separator: u8) -> bool {
        let index = SEPARATORS.iter().position(|&other| other == separator);
        index.is_some_and(|index| self.told[index].is_some())
    }

    /// An ambiguous date, and an unambiguous date written with another separator: `3.4.2024` and
    /// `4/13/2024` may come from two authors.
    pub fn told_by_another_style(&self) -> Option<(&Witness, &Witness)> {
        let told = self.told.iter().flatten().min_by_key(|cell| cell.line);
        let untold = self.open.iter().zip(&self.told).filter(|(_, told)| told.is_none());
        untold.filter_map(|(open, _)| open.as_ref()).min_by_key(|cell| cell.line).zip(told)
    }

    /// True if most of the unreadable cells are day numbers of a spreadsheet.
    pub fn has_day_numbers(&self) -> bool {
        self.day_numbers * 2 > self.tally.unread
    }

    /// The first cell which cannot be read under the order but can be read under another order.
    pub fn fails(&self, order: DateOrder) -> Option<&Witness> {
        self.rivals.fails[order as usize].as_ref()
    }

    /// Count of cells which cannot be read under the order.
    pub fn unread(&self, order: Option<DateOrder>) -> u64 {
        self.tally.unread + order.map_or(0, |order| self.rivals.failed[order as usize])
    }

    /// The order to show in the evidence: the order of dates of numbers, or the order of dates with the year in
    /// front; `None` if the column has neither.
    pub fn shown(&self, order: DateOrder) -> Option<DateOrder> {
        let short_years = self.may_begin_with_short_year() && order == DateOrder::Ymd;
        match (self.numbers, self.iso) {
            (0, _) if short_years => Some(order),
            (0, 0) => None,
            (0, _) => Some(DateOrder::Ymd),
            _ => Some(order),
        }
    }
}
