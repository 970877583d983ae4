//! Durations beside a start and an end that leave less time.

use super::Witness;
use crate::format::columns::Role;
use crate::format::durations::{self, Reading, Written};
use crate::format::table::Related;
use crate::format::times;

/// So many rows are compared as long as one of them agrees; where none does, all are.
const COMPARED: u64 = 256;

/// A duration may be longer than from start to end by a clock that was turned, or by rounding: an hour and a minute, in seconds.
const TOLERANCE: u64 = 3660;

/// What the rows say of durations that are longer than from start to end.
#[derive(Clone, Debug, Default)]
pub(in crate::format) struct SpanProfile {
    compared: u64,
    longer: u64,
    first: Option<Witness>,
}

impl SpanProfile {
    /// Whether durations of a column are still to be seen.
    #[inline]
    pub fn wants(&self, role: Option<Role>) -> bool {
        role == Some(Role::Duration) && (self.compared < COMPARED || self.longer == self.compared)
    }

    /// Sees a duration that needs no reading: one with its unit, or a clock's.
    pub fn see(&mut self, line: u64, cell: &str, role: Option<Role>, cells: &Related<'_>) {
        if !self.wants(role) {
            return;
        }
        // `9.05.30` may be a day as well.
        if cells.cell(Role::End).is_some_and(|end| times::is_dotted(&end)) {
            return;
        }
        let took = match durations::read(cell) {
            Some(written @ (Written::Exact(_) | Written::Clock(_))) => written.under(Reading::USUAL),
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

    /// The first duration that is longer than from start to end, and whether all that were compared are.
    pub fn longer(&self) -> Option<(&Witness, bool)> {
        Some((self.first.as_ref()?, self.longer == self.compared))
    }
}
