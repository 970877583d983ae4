//! How much of the end of an import one invocation does.
//!
//! A file may name as many projects and tags as it has rows, so whatever goes over the names of an import (its settling,
//! the end of its undo) goes in steps that fit memory, and stores a mark of how far it came. An invocation whose time is
//! up sends a message for the next one and returns; the mark lives in a stored item, so the message carries no state.

use std::time::Duration;

use crate::clock::Clock;

/// The portions; tests take tiny ones, so that small files meet every mark.
#[derive(Clone, Copy, Debug)]
pub struct Portions {
    /// Names whose totals are held at once, a project's participants counted like names: about 100 bytes each.
    pub names_at_once: usize,
    /// Names between two marks.
    pub names_a_step: usize,
    /// Items of notes, of up to forty each, that the end of an undo works off between two looks at the clock.
    pub notes_a_step: usize,
    /// Ids in one item of the list of what an import made: eight bytes each, so a page of the list reads few units.
    pub made_a_block: usize,
    /// How long an invocation goes on before it hands over. The loader and revert functions may run for 90 seconds, and a
    /// step that has begun takes some.
    pub time: Duration,
}

impl Default for Portions {
    fn default() -> Self {
        Self {
            names_at_once: 100_000,
            names_a_step: 5_000,
            notes_a_step: 5,
            made_a_block: 1_000,
            time: Duration::from_secs(50),
        }
    }
}

/// When an invocation hands over to the next one.
#[derive(Clone, Copy, Debug)]
pub struct TimeLeft {
    /// Milliseconds since the epoch.
    until: i64,
}

impl TimeLeft {
    /// The time of an invocation that begins now.
    pub fn begin(clock: &Clock, portions: &Portions) -> Self {
        Self { until: clock.now_ms() + i64::try_from(portions.time.as_millis()).expect("a minute or so") }
    }

    /// No more time than for one step.
    pub fn none() -> Self {
        Self { until: i64::MIN }
    }

    /// Whether the invocation should hand over.
    pub fn is_up(&self, clock: &Clock) -> bool {
        clock.now_ms() >= self.until
    }
}
