//! A column of durations.

use super::pairs::Pairs;
use super::{NumberProfile, Tally, Witness};
use crate::format::durations::{self, Reading, Unit, Written};
use crate::format::numbers::{Decimal, DecimalMark, Marked};

/// What a bare number may count, and how exact it then is, in seconds: hours have two decimal places, as exports round
/// them, minutes are rounded, days have as many places as a spreadsheet has.
const UNITS: [(Unit, u64); 4] = [(Unit::Days, 5), (Unit::Hours, 36), (Unit::Minutes, 30), (Unit::Seconds, 0)];

/// What the cells of a column of durations say.
#[derive(Clone, Debug)]
pub(in crate::format) struct DurationProfile {
    pub tally: Tally,
    pub numbers: NumberProfile,
    /// The unit of a bare number: declared, or to be found.
    unit: Option<Unit>,
    /// The first bare number, how many there are beside a start and an end, and how many of those agree with them in each
    /// unit.
    bare: Option<Witness>,
    compared: u64,
    agreeing: [u64; UNITS.len()],
    pairs: Pairs,
    /// The sum of all cells in seconds, under each mark.
    pub sums: [u64; 2],
    /// The longest of the cells that are numbers, likewise.
    pub longest: [u64; 2],
}

impl DurationProfile {
    /// A column whose bare numbers count `unit`, if that is known.
    pub fn new(unit: Option<Unit>) -> Self {
        Self {
            tally: Tally::default(),
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

    /// Sees a cell; `elapsed` gives the seconds between the entry's start and end, where they are
    /// known.
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
                // Nothing is nothing in any unit.
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
            let seconds = written.under(Reading { unit, mark, ..Reading::USUAL }).unwrap_or(0);
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

    /// How many cells cannot be read, with numbers under a mark.
    pub fn unread(&self, mark: Option<DecimalMark>) -> u64 {
        self.tally.unread + self.numbers.failed(mark)
    }

    /// The unit of bare numbers; the first of them if that stays open.
    pub fn unit(&self) -> Result<Unit, Witness> {
        let (Some(bare), None) = (&self.bare, self.unit) else {
            return Ok(self.unit.unwrap_or(Unit::Hours));
        };
        // Nine in ten, as everywhere: a very short entry agrees with two units.
        let most = |cells: u64| cells > 0 && cells * 10 >= self.compared * 9;
        let mut agreeing = UNITS.into_iter().zip(self.agreeing).filter(|(_, cells)| most(*cells));
        match (agreeing.next(), agreeing.next()) {
            (Some(((unit, _), _)), None) => Ok(unit),
            _ => Err(bare.clone()),
        }
    }

    /// Whether bare numbers stand beside a start and an end.
    pub fn is_compared(&self) -> bool {
        self.compared > 0
    }

    /// What `1:30` is; if cells say both, a witness of each.
    pub fn pair(&self) -> Result<Unit, (Witness, Witness)> {
        self.pairs.unit()
    }

    /// A `1:30` that nothing is told of but by custom.
    pub fn assumed_pair(&self) -> Option<&Witness> {
        self.pairs.assumed()
    }

    /// A `25:30` that would be more than a day as hours and minutes, where nothing tells.
    pub fn doubtful_pair(&self) -> Option<&Witness> {
        self.pairs.doubtful()
    }

    /// A `25:30` that takes longer than from start to end as hours and minutes, where no cell agrees with start and end.
    pub fn contradicted_pair(&self) -> Option<&Witness> {
        self.pairs.contradicted()
    }

    /// A `1:30` in a column that counts minutes or seconds, where there are too many of them for slips.
    pub fn pair_of_minutes(&self) -> Option<&Witness> {
        let counts = matches!(self.unit, Some(Unit::Minutes | Unit::Seconds));
        self.pairs.many_of(self.tally.cells).filter(|_| counts)
    }
}
