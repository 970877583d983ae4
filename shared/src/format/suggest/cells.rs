//! Counts the kinds of cells in a column, independent of the column's name.

use std::collections::HashSet;

use crate::table::is_remark;
use crate::values::durations::{self, Written};
use crate::values::numbers::{self, Decimal, DecimalMark, Marked};
use crate::values::{dates, names, times, words};

/// Counts of a column's cells by kind. Empty cells and single dashes are not counted.
#[derive(Debug, Default)]
pub(super) struct ColumnCells {
    pub filled: usize,
    /// Dates without a time of day.
    pub days: usize,
    /// Dates with a time of day.
    pub moments: usize,
    pub times: usize,
    /// Durations with a unit, and durations such as `1:30:00`.
    pub exact: usize,
    /// Durations such as `1:30`.
    pub pairs: usize,
    /// Numbers without a unit.
    pub numbers: usize,
    /// Numbers with one to three decimals.
    pub fractions: usize,
    /// Numbers above 24 under both decimal marks.
    pub beyond_a_day: usize,
    /// Numbers of 60 and more.
    pub from_sixty_on: usize,
    /// Durations of any kind above zero.
    pub more_than_nothing: usize,
    pub emails: usize,
    pub flags: usize,
    /// Codes and signs of currencies: `EUR`, `€`.
    pub currencies: usize,
    /// Cells with different texts.
    pub distinct: usize,
}

impl ColumnCells {
    pub fn of<'c>(cells: impl Iterator<Item = &'c str>) -> Self {
        let mut seen = HashSet::new();
        let mut this = Self::default();
        for cell in cells {
            let cell = words::trim(cell);
            if cell.is_empty() || is_remark(cell) || words::is_dash(cell) {
                continue;
            }
            this.see(cell);
            seen.insert(cell);
        }
        this.distinct = seen.len();
        this
    }

    fn see(&mut self, cell: &str) {
        self.filled += 1;
        match dates::read(cell) {
            Some(written) if written.time.is_some() => self.moments += 1,
            Some(_) => self.days += 1,
            // The cell is a date although the abbreviation of its month means another month in another language.
            None if cell.starts_with(|letter: char| letter.is_ascii_digit())
                && dates::unclear_month(cell).is_some() =>
            {
                self.days += 1;
            }
            None => {}
        }
        self.times += usize::from(times::read(cell).is_some() || times::is_end_of_day(cell));
        match durations::read(cell) {
            Some(Written::Number { number, unit: None, .. }) => {
                self.numbers += 1;
                let readings = number.readings();
                let is_beyond =
                    |mark| number.under(mark).is_none_or(|number| number.times(1).is_none_or(|whole| whole > 24));
                self.fractions += usize::from(is_fraction(cell));
                self.beyond_a_day += usize::from(DecimalMark::ALL.into_iter().all(is_beyond));
                let is_large = |number: &Decimal| number.times(1).is_none_or(|whole| whole >= 60);
                self.from_sixty_on += usize::from(readings.iter().flatten().any(is_large));
                self.more_than_nothing += usize::from(readings.iter().flatten().any(|number| number.is_positive()));
            }
            Some(Written::Pair(a, b)) => {
                self.pairs += 1;
                self.more_than_nothing += usize::from(a + b > 0);
            }
            Some(Written::Exact(seconds)) => {
                self.exact += 1;
                self.more_than_nothing += usize::from(seconds > 0);
            }
            Some(Written::Clock(_) | Written::Number { .. }) => {
                self.exact += 1;
                self.more_than_nothing += 1;
            }
            None => {}
        }
        self.emails += usize::from(names::is_email(cell));
        self.flags += usize::from(words::flag(cell).is_some());
        self.currencies += usize::from(is_currency(cell));
    }

    /// `count` as a percentage of the filled cells.
    pub fn share(&self, count: usize) -> u32 {
        (count * 100 / self.filled.max(1)) as u32
    }

    /// Percentage of cells which are neither dates, times of day nor durations.
    pub fn words(&self) -> u32 {
        100 - self.share((self.days + self.moments).max(self.times).max(self.exact).max(self.pairs).min(self.filled))
    }

    /// Percentage of cells which are amounts of money.
    pub fn money<'c>(cells: impl Iterator<Item = &'c str>) -> u32 {
        let (mut filled, mut money) = (0, 0);
        for cell in cells.map(words::trim).filter(|cell| !cell.is_empty() && !words::is_dash(cell)) {
            filled += 1;
            money += usize::from(Marked::read(numbers::without_currency(cell)).is_some());
        }
        (money * 100 / filled.max(1)) as u32
    }
}

/// True for numbers such as `1,5`, `0.25` and `7.125`.
fn is_fraction(cell: &str) -> bool {
    let (Some(mark), 1) = (cell.find(['.', ',']), cell.matches(['.', ',']).count()) else { return false };
    let decimals = &cell[mark + 1..];
    (1..=3).contains(&decimals.len()) && decimals.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_currency(cell: &str) -> bool {
    let letters = cell.chars().count();
    letters == 3 && cell.bytes().all(|byte| byte.is_ascii_uppercase())
        || letters <= 2 && cell.chars().all(|letter| "€$£¥₽₴₩₺₹₪zł".contains(letter))
        || matches!(cell, "Kč" | "kr" | "kr." | "Ft" | "CHF" | "лв")
}
