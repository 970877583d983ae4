//! Observes a column of numbers, or the numbers in a column of durations, to decide the decimal mark.

use super::weighing::{CellTally, ColumnVerdict, Rivals, Witness};
use crate::values::numbers::{self, DecimalMark, Marked};

/// Observations on the cells of a column of numbers.
#[derive(Clone, Debug)]
pub(crate) struct NumberProfile {
    pub tally: CellTally,
    rivals: Rivals<2>,
    /// True if some number has a mark, which is a comma or a dot.
    marked: bool,
}

impl NumberProfile {
    pub fn new() -> Self {
        Self { tally: CellTally::default(), rivals: Rivals::new(), marked: false }
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

    /// Notes a cell which is a number with at most one mark and nothing else. Returns false for any other cell.
    #[inline]
    pub fn see_usual(&mut self, line: u64, cell: &[u8]) -> bool {
        let Some(number) = Marked::between_digits(cell) else { return false };
        self.tally.cells += 1;
        self.marked |= number.has_mark();
        self.rivals.see(line, cell, number.readings());
        true
    }

    /// Notes a number found in a cell, which may also name a unit.
    pub fn see_part(&mut self, line: u64, cell: &str, number: &Marked) {
        self.tally.cells += 1;
        self.see_marked(line, cell, number);
    }

    #[inline(always)]
    fn see_marked(&mut self, line: u64, cell: &str, number: &Marked) {
        self.marked |= number.has_mark();
        self.rivals.see(line, cell.as_bytes(), number.readings());
    }

    /// The decimal mark decided by the cells.
    pub fn verdict(&self) -> ColumnVerdict<DecimalMark> {
        self.rivals.verdict(DecimalMark::ALL, [true; 2])
    }

    /// The first cell which cannot be read under the mark but can be read under the other mark.
    pub fn fails(&self, mark: DecimalMark) -> Option<&Witness> {
        self.rivals.fails[mark as usize].as_ref()
    }

    /// Count of cells which cannot be read under the mark but can be read under the other mark.
    pub fn failed(&self, mark: Option<DecimalMark>) -> u64 {
        mark.map_or(0, |mark| self.rivals.failed[mark as usize])
    }

    /// True if the decimal mark matters, because some number has a mark.
    pub fn needs_mark(&self) -> bool {
        self.marked
    }
}
