//! The meter, which adds up the capacity units that DynamoDB reports for each request, by table.

use std::collections::HashMap;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::types::ConsumedCapacity;

#[derive(Default)]
pub(super) struct Meter {
    by_table: Mutex<HashMap<String, Consumed>>,
    /// The meter which counts the same units too.
    whole: Option<Arc<Meter>>,
}

/// Capacity units that DynamoDB charged, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Consumed {
    /// Write units, of which DynamoDB charges a unit for each kilobyte written.
    pub write: f64,
    /// Read units, of which DynamoDB charges a unit for each 4 KB read with strong consistency.
    pub read: f64,
}

impl Add for Consumed {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { write: self.write + other.write, read: self.read + other.read }
    }
}

impl Sub for Consumed {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { write: self.write - other.write, read: self.read - other.read }
    }
}

impl Sum for Consumed {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

impl Meter {
    /// A meter at zero, whose units `whole` counts too.
    pub fn within(whole: &Arc<Self>) -> Self {
        Self { whole: Some(whole.clone()), ..Self::default() }
    }

    /// The units of all tables since the store was made.
    pub fn consumed(&self) -> Consumed {
        self.by_table().values().copied().sum()
    }

    /// The units of the table with this name.
    pub fn consumed_of(&self, table: &str) -> Consumed {
        self.by_table().get(table).copied().unwrap_or_default()
    }

    /// Adds the units that DynamoDB charged for a reading request.
    pub fn read(&self, consumed: Option<&ConsumedCapacity>) {
        self.count(consumed, |units| Consumed { read: units, write: 0.0 });
        self.whole.iter().for_each(|whole| whole.read(consumed));
    }

    /// Adds the units that DynamoDB charged for a writing request.
    pub fn write(&self, consumed: Option<&ConsumedCapacity>) {
        self.count(consumed, |units| Consumed { write: units, read: 0.0 });
        self.whole.iter().for_each(|whole| whole.write(consumed));
    }

    fn count(&self, consumed: Option<&ConsumedCapacity>, kind: impl FnOnce(f64) -> Consumed) {
        let Some(consumed) = consumed else { return };
        let units = kind(consumed.capacity_units.unwrap_or_default());
        let mut by_table = self.by_table();
        let name = consumed.table_name().unwrap_or_default();
        match by_table.get_mut(name) {
            Some(sum) => *sum = *sum + units,
            None => drop(by_table.insert(name.to_owned(), units)),
        }
    }

    fn by_table(&self) -> MutexGuard<'_, HashMap<String, Consumed>> {
        self.by_table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
