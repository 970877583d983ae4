//! Numbers that are shared out in order.

use serde::Deserialize;

use super::{Key, Store, StoreError, Write, decode};

/// A counter item.
#[derive(Deserialize)]
struct Counter {
    n: u64,
}

impl Store {
    /// The number that a counter shared out last; 0 if none.
    pub async fn last_number(&self, counter: &Key) -> Result<u64, StoreError> {
        Ok(self.read::<Counter>(counter).await?.map_or(0, |counter| counter.n))
    }

    /// The next number of a counter. One that is asked for and not used leaves a gap.
    pub async fn next_number(&self, counter: Key) -> Result<u64, StoreError> {
        let raise = Write::update(counter, "ADD #n :one").bind(":one", 1);
        let raised: Counter = decode(self.write(raise).await?.unwrap_or_default())?;
        Ok(raised.n)
    }
}
