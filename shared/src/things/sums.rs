//! Totals of entries.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Totals of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// How many.
    pub entries: i64,
    /// How long.
    pub seconds: i64,
    /// How much of it can be billed.
    pub billable_seconds: i64,
    /// How much of it was invoiced where it came from.
    #[serde(default)]
    pub invoiced_seconds: i64,
}

impl Sums {
    /// Adds to all of them.
    pub fn add(&mut self, other: &Self) {
        self.entries.add_assign(other.entries);
        self.seconds.add_assign(other.seconds);
        self.billable_seconds.add_assign(other.billable_seconds);
        self.invoiced_seconds.add_assign(other.invoiced_seconds);
    }

    /// The other way round.
    pub fn negated(&self) -> Self {
        Self {
            entries: -self.entries,
            seconds: -self.seconds,
            billable_seconds: -self.billable_seconds,
            invoiced_seconds: -self.invoiced_seconds,
        }
    }
}
