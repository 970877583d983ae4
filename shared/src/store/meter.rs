//! The meter, which adds up the capacity units that DynamoDB reports for each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

#[derive(Default)]
pub(super) struct Meter {
    write_milliunits: AtomicU64,
    read_milliunits: AtomicU64,
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

impl Meter {
    /// A meter at zero, whose units `whole` counts too.
    pub fn within(whole: &Arc<Self>) -> Self {
        Self { whole: Some(whole.clone()), ..Self::default() }
    }

    /// The units counted since the store was made.
    pub fn consumed(&self) -> Consumed {
        let units = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64 / 1000.0;
        Consumed { write: units(&self.write_milliunits), read: units(&self.read_milliunits) }
    }

    /// Adds the units that DynamoDB charged for a reading request.
    pub fn read(&self, consumed: Option<&ConsumedCapacity>) {
        count(&self.read_milliunits, consumed);
        self.whole.iter().for_each(|whole| whole.read(consumed));
    }

    /// Adds the units that DynamoDB charged for a writing request.
    pub fn write(&self, consumed: Option<&ConsumedCapacity>) {
        count(&self.write_milliunits, consumed);
        self.whole.iter().for_each(|whole| whole.write(consumed));
    }
}

fn count(counter: &AtomicU64, consumed: Option<&ConsumedCapacity>) {
    let units = consumed.and_then(|c| c.capacity_units).unwrap_or_default();
    counter.fetch_add((units * 1000.0).round() as u64, Ordering::Relaxed);
}
