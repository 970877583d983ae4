//! A column of numbers, or the numbers in a column of durations.

use super::{Rivals, Tally, Verdict, Witness};
use crate::format::numbers::{self, DecimalMark, Marked};

/// What the cells of a column of numbers say.
#[derive(Clone, Debug)]
pub(in crate::format) struct NumberProfile {
    pub tally: Tally,
    rivals: Rivals<2>,
    /// Whether any number has a mark.
    marked: bool,
}

impl NumberProfile {
    pub fn new() -> Self {
        Self { tally: Tally::default(), rivals: Rivals::new(), marked: false }
    }

    pub fn see(&mut self, line: u64, cell: &str) {
        self.tally.cells += 1;
        let number = Marked::of(numbers::without_currency(cell));
        if number.is_none() {
            self.tally.miss(line, cell);
        } else {
            self.see_marked(line, cell, &number);
        }
    }

    /// Sees a cell that is a number with one mark at most and nothing else.
    #[inline]
    pub fn see_usual(&mut self, line: u64, cell: &[u8]) -> bool {
        let Some(number) = Marked::between_digits(cell) else { return false };
        self.tally.cells += 1;
        self.marked |= number.has_mark();
        self.rivals.see(line, cell, number.readings());
        true
    }

    /// Sees a number that stands in a cell, perhaps with its unit.
    pub fn see_part(&mut self, line: u64, cell: &str, number: &Marked) {
        self.tally.cells += 1;
        self.see_marked(line, cell, number);
    }

    #[inline(always)]
    fn see_marked(&mut self, line: u64, cell: &str, number: &Marked) {
        self.marked |= number.has_mark();
        self.rivals.see(line, cell.as_bytes(), number.readings());
    }

    /// What the cells say.
    pub fn verdict(&self) -> Verdict<DecimalMark> {
        self.rivals.verdict(DecimalMark::ALL, [true; 2])
    }

    /// The first cell that cannot be read under a mark, though under the other.
    pub fn fails(&self, mark: DecimalMark) -> Option<&Witness> {
        self.rivals.fails[mark as usize].as_ref()
    }

    /// How many cells cannot be read under a mark, though under the other.
    pub fn failed(&self, mark: Option<DecimalMark>) -> u64 {
        mark.map_or(0, |mark| self.rivals.failed[mark as usize])
    }

    /// Whether a mark must be known: there are numbers that have one.
    pub fn needs_mark(&self) -> bool {
        self.marked
    }
}
