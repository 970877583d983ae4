//! Observes a column of durations, to decide the unit of bare numbers, the decimal mark and the meaning of `1:30`.

use super::numbers::NumberProfile;
use super::pairs::Pairs;
use super::weighing::{CellTally, Witness};
use crate::values::durations::{self, DurationReading, Unit, Written};
use crate::values::numbers::{Decimal, DecimalMark, Marked};

/// Units which a bare number may count, each with its rounding error in seconds: hours have two decimal places in
/// exports, minutes are rounded, and days have as many places as a spreadsheet shows.
const UNITS: [(Unit, u64); 4] = [(Unit::Days, 5), (Unit::Hours, 36), (Unit::Minutes, 30), (Unit::Seconds, 0)];

/// Observations on the cells of a column of durations.
#[derive(Clone, Debug)]
pub(crate) struct DurationProfile {
    pub tally: CellTally,
    pub numbers: NumberProfile,
    /// The unit of a bare number if declared by the format or mapping; `None` if the cells must decide.
    unit: Option<Unit>,
    /// The first bare number, the count of bare numbers beside a start and an end, and for each unit the count of
    /// bare numbers which agree with start and end.
    bare: Option<Witness>,
    compared: u64,
    agreeing: [u64; UNITS.len()],
    pairs: Pairs,
    /// Sum of all cells in seconds, under each decimal mark.
    pub sums: [u64; 2],
    /// Longest cell which is a number, in seconds, under each decimal mark.
    pub longest: [u64; 2],
}

impl DurationProfile {
    /// Creates a profile of a column whose bare numbers count `unit`; `None` leaves the unit to the cells.
    pub fn new(unit: Option<Unit>) -> Self {
        Self {
            tally: CellTally::default(),
            numbers: NumberProfile::new(),
            unit,
            bare: None,
            compared: 0,
            agreeing: [0; UNITS.len()],
            pairs: Pairs::default(),
            sums: [0; 2],
            longest: [0; 2],
        }
    }

    /// Notes a cell; `elapsed` returns the seconds between the entry's start and end, or `None` if unknown.
    pub fn see(&mut self, line: u64, cell: &str, elapsed: impl FnOnce() -> Option<u64>) {
        self.tally.cells += 1;
        let Some(written) = durations::read(cell) else {
            self.tally.miss(line, cell);
            return;
        };
        self.add(written);
        match written {
            Written::Exact(_) | Written::Clock(_) => {}
            Written::Pair(..) => self.pairs.see(line, cell, written, elapsed()),
            Written::Number { number, unit, .. } => {
                self.numbers.see_part(line, cell, &number);
                // A zero is the same duration in every unit.
                if unit.is_none() && self.unit.is_none() && !number.is_nothing() {
                    self.bare.get_or_insert_with(|| Witness::new(line, cell));
                    self.see_bare(number, elapsed());
                }
            }
        }
    }

    /// Sees a cell that is `01:30:00` and nothing else: it needs no reading. (A number is seen as any other cell.)
    #[inline]
    pub fn see_usual(&mut self, cell: &[u8]) -> bool {
        let Some(seconds) = durations::plain_clock(cell) else { return false };
        self.tally.cells += 1;
        self.add(Written::Exact(seconds));
        true
    }

    #[inline]
    fn add(&mut self, written: Written) {
        if let Written::Exact(seconds) = written {
            self.sums = self.sums.map(|sum| sum.saturating_add(seconds));
            return;
        }
        let unit = self.unit.unwrap_or(Unit::Hours);
        for mark in DecimalMark::ALL {
            let (sum, longest) = (&mut self.sums[mark as usize], &mut self.longest[mark as usize]);
            let seconds = written.under(DurationReading { unit, mark, ..DurationReading::USUAL }).unwrap_or(0);
            *sum = sum.saturating_add(seconds);
            *longest = seconds.max(*longest);
        }
    }

    /// Counts the units in which a bare number agrees with the entry's start and end.
    fn see_bare(&mut self, number: Marked, elapsed: Option<u64>) {
        let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0) else {
            return;
        };
        let readings = || number.readings().iter().flatten();
        self.compared += 1;
        for ((unit, off), agreeing) in UNITS.into_iter().zip(&mut self.agreeing) {
            let agrees = |number: &Decimal| {
                let seconds = number.times(unit.seconds());
                seconds.is_some_and(|seconds| elapsed.abs_diff(seconds) <= off)
            };
            *agreeing += u64::from(readings().any(agrees));
        }
    }

    /// Count of cells which cannot be read, with their numbers under the decimal mark.
    pub fn unread(&self, mark: Option<DecimalMark>) -> u64 {
        self.tally.unread + self.numbers.failed(mark)
    }

    /// The unit of bare numbers; the error is the first bare number if the unit stays open.
    pub fn unit(&self) -> Result<Unit, Witness> {
        let (Some(bare), None) = (&self.bare, self.unit) else {
            return Ok(self.unit.unwrap_or(Unit::Hours));
        };
        // Nine in ten cells decide, as in the other profiles, because a very short entry may agree with two units.
        let most = |cells: u64| cells > 0 && cells * 10 >= self.compared * 9;
        let mut agreeing = UNITS.into_iter().zip(self.agreeing).filter(|(_, cells)| most(*cells));
        match (agreeing.next(), agreeing.next()) {
            (Some(((unit, _), _)), None) => Ok(unit),
            _ => Err(bare.clone()),
        }
    }

    /// True if some bare numbers stand beside a start and an end.
    pub fn is_compared(&self) -> bool {
        self.compared > 0
    }

    /// The unit of the first number in `1:30`; the error holds a cell for each of two contradictory readings.
    pub fn pair(&self) -> Result<Unit, (Witness, Witness)> {
        self.pairs.unit()
    }

    /// A cell such as `1:30` whose reading rests on custom alone.
    pub fn assumed_pair(&self) -> Option<&Witness> {
        self.pairs.assumed()
    }

    /// A cell such as `25:30`, which would be more than a day in hours and minutes,
    /// in a column without other evidence.
    pub fn doubtful_pair(&self) -> Option<&Witness> {
        self.pairs.doubtful()
    }

    /// A cell such as `25:30`, which is longer in hours and minutes than the time from start to end, in a column
    /// where no cell agrees with start and end.
    pub fn contradicted_pair(&self) -> Option<&Witness> {
        self.pairs.contradicted()
    }

    /// A cell such as `1:30` in a column which counts minutes or seconds, if such cells are too many to be slips.
    pub fn pair_of_minutes(&self) -> Option<&Witness> {
        let counts = matches!(self.unit, Some(Unit::Minutes | Unit::Seconds));
        self.pairs.many_of(self.tally.cells).filter(|_| counts)
    }
}
