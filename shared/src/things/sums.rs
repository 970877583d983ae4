//! The totals of time entries: numbers and seconds, which may be negative as a difference.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Totals of entries, or the difference between two totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// The number of entries.
    pub entries: i64,
    /// The seconds of all entries.
    pub seconds: i64,
    /// The seconds of billable entries.
    pub billable_seconds: i64,
    /// The seconds of entries which were invoiced in the program from which the file came.
    #[serde(default)]
    pub invoiced_seconds: i64,
}

impl Sums {
    /// Adds every field of `other` to the same field.
    pub fn add(&mut self, other: &Self) {
        self.entries.add_assign(other.entries);
        self.seconds.add_assign(other.seconds);
        self.billable_seconds.add_assign(other.billable_seconds);
        self.invoiced_seconds.add_assign(other.invoiced_seconds);
    }

    /// The same totals with opposite sign.
    pub fn negated(&self) -> Self {
        Self {
            entries: -self.entries,
            seconds: -self.seconds,
            billable_seconds: -self.billable_seconds,
            invoiced_seconds: -self.invoiced_seconds,
        }
    }
}
