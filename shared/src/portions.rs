//! Limits of the work that a single invocation does at the end of an import or of an undo, and for a page of a list.
//!
//! A file may name as many projects and tags as it has rows. Work on all names of an import (settling, the end of
//! an undo) therefore goes in steps that fit memory, and stores a mark of progress after each step. An invocation
//! whose time is up sends a message for the next invocation and returns. The mark lives in a stored item, so the
//! message carries no state.

use std::time::Duration;

use crate::clock::Clock;

/// The sizes of the steps. Tests use tiny sizes, so that small files meet every mark.
#[derive(Clone, Copy, Debug)]
pub struct Portions {
    /// The number of names whose totals are held in memory at once, at about 100 bytes each. The participants of a
    /// project count like names.
    pub names_at_once: usize,
    /// The number of names between two marks.
    pub names_a_step: usize,
    /// The number of note items (of up to forty notes each) that an undo works off between two looks at the clock.
    pub notes_a_step: usize,
    /// The number of ids in an item of the list of things that an import made. An id takes eight bytes, so a page of
    /// the list reads few units.
    pub made_a_block: usize,
    /// The number of entries of an index that a page of the list of imports passes over before the page ends early: some
    /// 1,000 read units.
    pub entries_a_page: usize,
    /// The number of reads of the ledger, of up to a hundred chunks and a megabyte each, after which a page of an import's rows
    /// ends early.
    pub ledger_reads_a_page: usize,
    /// The time after which an invocation hands over to the next. The loader and revert functions may run for 90
    /// seconds, and a step that has begun takes some of the rest.
    pub time: Duration,
}

impl Default for Portions {
    fn default() -> Self {
        Self {
            names_at_once: 100_000,
            names_a_step: 5_000,
            notes_a_step: 5,
            made_a_block: 1_000,
            entries_a_page: 100_000,
            ledger_reads_a_page: 12,
            time: Duration::from_secs(50),
        }
    }
}

/// The time at which an invocation hands over to the next.
#[derive(Clone, Copy, Debug)]
pub struct TimeLeft {
    /// The time in milliseconds since 1970.
    until: i64,
}

impl TimeLeft {
    /// The time for an invocation that begins now.
    pub fn begin(clock: &Clock, portions: &Portions) -> Self {
        Self { until: clock.now_ms() + i64::try_from(portions.time.as_millis()).expect("a minute or so") }
    }

    /// Time for a single step: [`is_up`](Self::is_up) is true at once.
    pub fn none() -> Self {
        Self { until: i64::MIN }
    }

    /// Returns whether the invocation should hand over now.
    pub fn is_up(&self, clock: &Clock) -> bool {
        clock.now_ms() >= self.until
    }
}
