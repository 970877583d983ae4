//! A column of durations.

use super::{NumberProfile, Tally, Witness};
use crate::format::durations::{self, Reading, Unit, Written};
use crate::format::numbers::{Decimal, DecimalMark};

/// What the cells of a column of durations say.
#[derive(Clone, Debug)]
pub(in crate::format) struct DurationProfile {
    pub tally: Tally,
    pub numbers: NumberProfile,
    /// The unit of a bare number: declared, or to be found.
    unit: Option<Unit>,
    /// The first bare number, and how many agree with the entry's start and end in hours, minutes and
    /// seconds.
    bare: Option<Witness>,
    agreeing: [u64; 3],
    /// The first `1:30` that is, by the entry's start and end, hours and minutes; and the first that
    /// is minutes and seconds.
    pairs: [Option<Witness>; 2],
    /// The sum of all cells in seconds, under each mark.
    pub sums: [u64; 2],
}

impl DurationProfile {
    /// A column whose bare numbers count `unit`, if that is known.
    pub fn new(unit: Option<Unit>) -> Self {
        Self {
            tally: Tally::default(),
            numbers: NumberProfile::new(),
            unit,
            bare: None,
            agreeing: [0; 3],
            pairs: [None, None],
            sums: [0; 2],
        }
    }

    /// Sees a cell; `elapsed` gives the seconds between the entry's start and end, where they are
    /// known.
    pub fn see(&mut self, line: u64, cell: &str, elapsed: impl FnOnce() -> Option<u64>) {
        self.tally.cells += 1;
        let Some(written) = durations::read(cell) else {
            self.tally.unread += 1;
            return;
        };
        self.add(written);
        match written {
            Written::Exact(_) | Written::Clock(_) => {}
            Written::Pair(..) => self.see_pair(line, cell, written, elapsed()),
            Written::Number { text, unit, .. } => {
                self.numbers.see(line, text);
                if unit.is_none() && self.unit.is_none() {
                    self.bare.get_or_insert_with(|| Witness::new(line, cell));
                    self.see_bare(text, elapsed());
                }
            }
        }
    }

    fn add(&mut self, written: Written<'_>) {
        if let Written::Exact(seconds) = written {
            self.sums = self.sums.map(|sum| sum.saturating_add(seconds));
            return;
        }
        let unit = self.unit.unwrap_or(Unit::Hours);
        for (mark, sum) in DecimalMark::ALL.into_iter().zip(&mut self.sums) {
            let seconds = written.under(Reading { unit, pair: Unit::Hours, mark });
            *sum = sum.saturating_add(seconds.unwrap_or(0));
        }
    }

    fn see_pair(&mut self, line: u64, cell: &str, written: Written<'_>, elapsed: Option<u64>) {
        let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0) else {
            return;
        };
        for (pair, witness) in [Unit::Hours, Unit::Minutes].into_iter().zip(&mut self.pairs) {
            let reading = Reading { unit: Unit::Hours, pair, mark: DecimalMark::Dot };
            let seconds = written.under(reading).unwrap_or(u64::MAX);
            // Hours and minutes leave the seconds out.
            if elapsed.abs_diff(seconds) < u64::from(pair.seconds()) / 60 {
                witness.get_or_insert_with(|| Witness::new(line, cell));
            }
        }
    }

    /// Counts the units in which a bare number agrees with the entry's start and end.
    fn see_bare(&mut self, text: &str, elapsed: Option<u64>) {
        let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0) else {
            return;
        };
        let units = [Unit::Hours, Unit::Minutes, Unit::Seconds];
        for (unit, agreeing) in units.into_iter().zip(&mut self.agreeing) {
            let unit = unit.seconds();
            let agrees = |number: Decimal| {
                let seconds = number.times(unit);
                // Two decimal places, as exports round them.
                seconds.is_some_and(|seconds| elapsed.abs_diff(seconds) <= u64::from(unit) / 100)
            };
            let mut readings = DecimalMark::ALL.iter().filter_map(|&mark| Decimal::read(text, mark));
            *agreeing += u64::from(readings.any(agrees));
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
        match self.agreeing.map(|cells| cells > 0) {
            [true, false, false] => Ok(Unit::Hours),
            [false, true, false] => Ok(Unit::Minutes),
            [false, false, true] => Ok(Unit::Seconds),
            [false, false, false] if self.numbers.has_fraction() => Ok(Unit::Hours),
            _ => Err(bare.clone()),
        }
    }

    /// What `1:30` is; if cells say both, a witness of each.
    pub fn pair(&self) -> Result<Unit, (Witness, Witness)> {
        match &self.pairs {
            [Some(hours), Some(minutes)] => Err((hours.clone(), minutes.clone())),
            [None, Some(_)] => Ok(Unit::Minutes),
            _ => Ok(Unit::Hours),
        }
    }
}
