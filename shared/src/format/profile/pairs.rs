//! Observes pairs such as `1:30` in a column of durations, to decide between hours
//! and minutes, and minutes and seconds.

use super::weighing::Witness;
use crate::values::durations::{DurationReading, Unit, Written};

/// Count of seconds in a day.
const DAY: u64 = 24 * 3600;
/// Count of pairs which may be slips in a small file.
const FEW: u64 = 3;

/// Observations on the pairs of a column.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    all: Seen,
    /// Pairs which are more than a day as hours and minutes.
    over_a_day: Seen,
    /// Count of pairs beside a start and an end.
    compared: u64,
    /// Pairs which agree with start and end only as hours and minutes, and pairs which
    /// agree only as minutes and seconds.
    agreeing: [Seen; 2],
    /// Pairs which are longer than the time from start to end under both readings.
    too_long: Seen,
}

/// Count of cells, and the first of these cells.
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
    /// Notes a pair of an entry which took `elapsed` seconds from start to end, or `None` if unknown.
    pub fn see(&mut self, line: u64, cell: &str, written: Written, elapsed: Option<u64>) {
        self.all.see(line, cell);
        let hours = written.under(DurationReading::USUAL);
        if hours.is_none_or(|seconds| seconds >= DAY) {
            self.over_a_day.see(line, cell);
        }
        let Some(elapsed) = elapsed.filter(|&elapsed| elapsed > 0) else {
            return;
        };
        self.compared += 1;
        let agrees = [Unit::Hours, Unit::Minutes].map(|pair| {
            let seconds = written.under(DurationReading { pair, ..DurationReading::USUAL }).unwrap_or(u64::MAX);
            // Hours and minutes omit the seconds, and clocks with whole minutes do as well.
            let exact = pair == Unit::Minutes && elapsed % 60 != 0;
            elapsed.abs_diff(seconds) < if exact { 1 } else { 60 }
        });
        match agrees {
            [true, false] => self.agreeing[0].see(line, cell),
            [false, true] => self.agreeing[1].see(line, cell),
            // A pair such as `0:01` may agree under both readings.
            [true, true] => {}
            // The pair may be shorter than the time from start to end because of breaks, and
            // longer if hours are rounded up.
            [false, false] if hours.is_none_or(|seconds| seconds > elapsed + 3600) => self.too_long.see(line, cell),
            [false, false] => {}
        }
    }

    /// The unit of the first number, decided by nine in ten of the pairs which agree with start and end. The error
    /// holds a pair for each of two contradictory readings.
    pub fn unit(&self) -> Result<Unit, (Witness, Witness)> {
        let [hours, minutes] = &self.agreeing;
        let few = |count: u64| count * 10 <= hours.count + minutes.count;
        match (&hours.first, &minutes.first) {
            (Some(one), Some(other)) if !few(hours.count) && !few(minutes.count) => Err((one.clone(), other.clone())),
            _ if minutes.count > hours.count => Ok(Unit::Minutes),
            _ => Ok(Unit::Hours),
        }
    }

    /// The first pair, if no pair agrees with a start and an end and the reading therefore rests on custom alone.
    pub fn assumed(&self) -> Option<&Witness> {
        let settled = self.agreeing.iter().any(|agreeing| agreeing.count > 0);
        self.all.first.as_ref().filter(|_| !settled)
    }

    /// A pair such as `25:30` of more than a day as hours and minutes, if such pairs are more than one in
    /// twenty and no other evidence exists. Hardly any entry takes more than a day, while half of all pairs of
    /// minutes and seconds would look so.
    pub fn doubtful(&self) -> Option<&Witness> {
        let many = self.assumed().is_some() && self.over_a_day.count * 20 > self.all.count;
        self.over_a_day.first.as_ref().filter(|_| many)
    }

    /// A pair which is longer than the time from start to end as hours and minutes and does not agree as minutes and
    /// seconds, if such pairs are too many to be slips.
    pub fn contradicted(&self) -> Option<&Witness> {
        let many = self.assumed().is_some() && self.too_long.count * 10 > self.compared;
        self.too_long.first.as_ref().filter(|_| many)
    }

    /// The first pair without evidence, if pairs are too many to be slips among `cells` cells.
    pub fn many_of(&self, cells: u64) -> Option<&Witness> {
        self.assumed().filter(|_| self.all.count > FEW.max(cells / 10))
    }
}
