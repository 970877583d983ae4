//! A column of dates.
//!
//! Where years have two digits, `24/03/15` may begin or end with the year, and most such cells read either way. Days are
//! many and years are few, but a bill on the 1st of each quarter for ten years spreads the same way; so only cells that
//! rule an order out, or other columns, settle it. `24-Mar-28` is taken for the 24th, as nearly everybody writes it, unless the
//! column varies more behind the month than before it.

use jiff::civil::Date;

use super::{Rivals, Tally, Verdict, Witness};
use crate::format::dates::{self, DateOrder, Day, Numbers, SEPARATORS, Short};

/// What the cells of a column of dates say.
#[derive(Clone, Debug)]
pub(in crate::format) struct DateProfile {
    pub tally: Tally,
    rivals: Rivals<3>,
    /// Dates with the year in front, in numbers.
    iso: u64,
    /// Dates of three numbers in an order that the cell does not tell.
    numbers: u64,
    /// Whether some cell allows the year to stand first in two digits, and the format does.
    short_year_first: bool,
    years_last: bool,
    /// A date that can only have its day in the middle: `2024-13-01`.
    day_in_the_middle: Option<Witness>,
    /// A date that reads the same under each order has a day beyond the twelfth.
    day_beyond_twelve: bool,
    /// So does one with the year in front.
    iso_beyond_twelve: bool,
    /// The first date that reads the same under each order: with the year in front, or with the month in letters.
    first_plain: Option<Witness>,
    /// Dates with the month in letters between two numbers of two digits: the first of them, and which numbers stand before
    /// and behind the month, a bit for each.
    first_short: Option<Witness>,
    short_ends: [u128; 2],
    /// By what stands between its numbers, the first date with only one number that can be the month, and the first with
    /// two.
    told: [Option<Witness>; SEPARATORS.len()],
    open: [Option<Witness>; SEPARATORS.len()],
    /// Cells such as `45292`, which is a day to a spreadsheet.
    day_numbers: u64,
}

/// Whether a spreadsheet would show this number as a day of our times, with its time or without: from 1954 to 2064.
fn is_day_number(cell: &str) -> bool {
    let (days, part) = cell.split_once(['.', ',']).unwrap_or((cell, ""));
    let plain = days.len() == 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    plain && days.parse::<u32>().is_ok_and(|days| (20_000..60_000).contains(&days))
}

impl DateProfile {
    /// A column of a format that never (`years_last`), or perhaps, puts a two-digit year first.
    pub fn new(years_last: bool) -> Self {
        Self {
            tally: Tally::default(),
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

    /// Sees a cell. `fits` says which dates of it fit the other cells of the record, if that can be
    /// told.
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

    /// Whether dates with the month in letters may begin with the year: more numbers stand behind the months than before
    /// them, as where entries of one or two years are listed.
    fn may_begin_with_short_year(&self) -> bool {
        let [before, behind] = self.short_ends.map(u128::count_ones);
        !self.years_last && behind > before
    }

    fn see_numbers(&mut self, line: u64, cell: &str, numbers: Numbers, fits: impl Fn(DateOrder) -> bool) {
        self.numbers += 1;
        // With dots between them, the day comes first wherever years are short.
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
        // If none fits, the record is odd and tells nothing.
        let told = fitting.iter().any(Option::is_some);
        self.rivals.see(line, cell.as_bytes(), if told { &fitting } else { &all });
    }

    /// What the cells say.
    pub fn verdict(&self) -> Verdict<DateOrder> {
        let likely = [self.short_year_first || self.may_begin_with_short_year(), true, true];
        let verdict = self.rivals.verdict(DateOrder::ALL, likely);
        let fits = |order: DateOrder| !likely[order as usize] && self.fails(order).is_none();
        if matches!(verdict, Verdict::Contradictory(_)) && DateOrder::ALL.into_iter().any(fits) {
            // Only an unlikely order explains these cells, so it does.
            return self.rivals.verdict(DateOrder::ALL, [true; 3]);
        }
        verdict
    }

    /// A date that can only have its day in the middle, beside others that read either way.
    pub fn day_in_the_middle(&self) -> Option<&Witness> {
        self.day_in_the_middle.as_ref().filter(|_| self.iso > 0 && !self.iso_beyond_twelve)
    }

    /// A date that reads the same under each order and one of numbers, where a spreadsheet has turned the dates that it could
    /// into its own, taking days for months: no day of the former is beyond the twelfth, and every day of the latter is.
    pub fn half_converted(&self) -> Option<(&Witness, &Witness)> {
        let told = self.told.iter().flatten().min_by_key(|cell| cell.line);
        let mixed = !self.day_beyond_twelve && self.open.iter().all(Option::is_none);
        self.first_plain.as_ref().zip(told).filter(|_| mixed)
    }

    /// Whether a date of numbers with this between them tells the order.
    pub fn is_told_in(&self, separator: u8) -> bool {
        let index = SEPARATORS.iter().position(|&other| other == separator);
        index.is_some_and(|index| self.told[index].is_some())
    }

    /// A date that reads either way, and one that does not but is written with another separator: `3.4.2024` and
    /// `4/13/2024` may come from two hands.
    pub fn told_by_another_style(&self) -> Option<(&Witness, &Witness)> {
        let told = self.told.iter().flatten().min_by_key(|cell| cell.line);
        let untold = self.open.iter().zip(&self.told).filter(|(_, told)| told.is_none());
        untold.filter_map(|(open, _)| open.as_ref()).min_by_key(|cell| cell.line).zip(told)
    }

    /// Whether what cannot be read are a spreadsheet's day numbers.
    pub fn has_day_numbers(&self) -> bool {
        self.day_numbers * 2 > self.tally.unread
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
        let short_years = self.may_begin_with_short_year() && order == DateOrder::Ymd;
        match (self.numbers, self.iso) {
            (0, _) if short_years => Some(order),
            (0, 0) => None,
            (0, _) => Some(DateOrder::Ymd),
            _ => Some(order),
        }
    }
}
