//! The `1:30` of a column of durations: hours and minutes, or minutes and seconds.

use super::Witness;
use crate::values::durations::{Reading, Unit, Written};

/// Seconds of a day.
const DAY: u64 = 24 * 3600;
/// So many may be slips in a small file.
const FEW: u64 = 3;

/// What the pairs of a column say.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    all: Seen,
    /// More than a day as hours and minutes.
    over_a_day: Seen,
    /// Beside a start and an end.
    compared: u64,
    /// Those that agree with start and end as hours and minutes, or as minutes and seconds, and not as both.
    agreeing: [Seen; 2],
    /// Those that take longer than from start to end however they are read.
    too_long: Seen,
}

/// How many cells, and the first of them.
#[derive(Clone, Debug, Default)]
struct Seen {
    count: u64,
    first: Option<Witness>,
}

impl Seen {
    fn see(&mut self, line: u64, cell: &str) {
        self.count += 1;
        self.first.get_or_insert_with(|| Witness::new(line, cell));
    }
}

impl Pairs {
    /// Sees a pair of an entry that took so many seconds from its start to its end, if that is known.
    pub fn see(&mut self, line: u64, cell: &str, written: Written, elapsed: Option<u64>) {
        self.all.see(line, cell);
        let hours = written.under(Reading::USUAL);
        if hours.is_none_or(|seconds| seconds >= DAY) {
            self.over_a_day.see(line, cell);
        }
        let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0) else {
            return;
        };
        self.compared += 1;
        let agrees = [Unit::Hours, Unit::Minutes].map(|pair| {
            let seconds = written.under(Reading { pair, ..Reading::USUAL }).unwrap_or(u64::MAX);
            // Hours and minutes leave the seconds out, and so do clocks that show whole minutes.
            let exact = pair == Unit::Minutes && elapsed % 60 != 0;
            elapsed.abs_diff(seconds) < if exact { 1 } else { 60 }
        });
        match agrees {
            [true, false] => self.agreeing[0].see(line, cell),
            [false, true] => self.agreeing[1].see(line, cell),
            // `0:01` may well be either.
            [true, true] => {}
            // Shorter than from start to end it may be, with breaks in between; longer where hours are rounded up.
            [false, false] if hours.is_none_or(|seconds| seconds > elapsed + 3600) => self.too_long.see(line, cell),
            [false, false] => {}
        }
    }

    /// What they are, by nine in ten of those that agree with start and end; if cells say both, a witness of each.
    pub fn unit(&self) -> Result<Unit, (Witness, Witness)> {
        let [hours, minutes] = &self.agreeing;
        let few = |count: u64| count * 10 <= hours.count + minutes.count;
        match (&hours.first, &minutes.first) {
            (Some(one), Some(other)) if !few(hours.count) && !few(minutes.count) => Err((one.clone(), other.clone())),
            _ if minutes.count > hours.count => Ok(Unit::Minutes),
            _ => Ok(Unit::Hours),
        }
    }

    /// One that nothing is told of but by custom: none agrees with a start and an end.
    pub fn assumed(&self) -> Option<&Witness> {
        let settled = self.agreeing.iter().any(|agreeing| agreeing.count > 0);
        self.all.first.as_ref().filter(|_| !settled)
    }

    /// A `25:30` that would be more than a day as hours and minutes, where there are too many for that and nothing else
    /// tells: hardly any entry is that long, and of minutes and seconds half are.
    pub fn doubtful(&self) -> Option<&Witness> {
        let many = self.assumed().is_some() && self.over_a_day.count * 20 > self.all.count;
        self.over_a_day.first.as_ref().filter(|_| many)
    }

    /// One that takes longer than from start to end as hours and minutes, and does not agree as minutes and seconds, where
    /// that is no slip.
    pub fn contradicted(&self) -> Option<&Witness> {
        let many = self.assumed().is_some() && self.too_long.count * 10 > self.compared;
        self.too_long.first.as_ref().filter(|_| many)
    }

    /// One that nothing is told of, where they are too many for slips among so many cells.
    pub fn many_of(&self, cells: u64) -> Option<&Witness> {
        self.assumed().filter(|_| self.all.count > FEW.max(cells / 10))
    }
}
