//! Observes durations which are longer than the time between the start and the end of their row.

use super::weighing::Witness;
use crate::format::columns::Role;
use crate::format::watch::Related;
use crate::values::durations::{self, DurationReading, Written};
use crate::values::times;

/// Count of compared rows after which comparison stops if some row agrees; without such a row all rows are compared.
const COMPARED: u64 = 256;

/// Tolerated excess of a duration over the time from start to end, in seconds: an hour for a change of the
/// clock, and a minute for rounding.
const TOLERANCE: u64 = 3660;

/// Observations on durations which are longer than the time from start to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanProfile {
    compared: u64,
    longer: u64,
    first: Option<Witness>,
}

impl SpanProfile {
    /// True while durations of a column with this role are still compared.
    #[inline]
    pub fn wants(&self, role: Option<Role>) -> bool {
        role == Some(Role::Duration) && (self.compared < COMPARED || self.longer == self.compared)
    }

    /// Notes a duration which is clear without a decision, because the cell names its unit or is a clock's.
    pub fn see(&mut self, line: u64, cell: &str, role: Option<Role>, cells: &Related<'_>) {
        if !self.wants(role) {
            return;
        }
        // An end such as `9.05.30` may be a day as well as a time.
        if cells.cell(Role::End).is_some_and(|end| times::is_dotted(&end)) {
            return;
        }
        let took = match durations::read(cell) {
            Some(written @ (Written::Exact(_) | Written::Clock(_))) => written.under(DurationReading::USUAL),
            _ => None,
        };
        let Some((took, elapsed)) = took.filter(|&took| took > 0).zip(cells.elapsed()) else {
            return;
        };
        self.compared += 1;
        if took > elapsed + TOLERANCE {
            self.longer += 1;
            self.first.get_or_insert_with(|| Witness::new(line, cell));
        }
    }

    /// The first duration longer than the time from start to end, with true if all compared durations are longer.
    pub fn longer(&self) -> Option<(&Witness, bool)> {
        Some((self.first.as_ref()?, self.longer == self.compared))
    }
}
