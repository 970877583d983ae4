//! Numbers that are shared out in order.

use serde::Deserialize;

use super::{Item, Key, Store, StoreError, Write, decode};

/// A counter item.
#[derive(Deserialize)]
struct Counter {
    n: u64,
}

/// The number of a counter item.
pub fn number(item: Item) -> Result<u64, StoreError> {
    Ok(decode::<Counter>(item)?.n)
}

impl Store {
    /// The number that a counter shared out last; 0 if none.
    pub async fn last_number(&self, counter: &Key) -> Result<u64, StoreError> {
        self.get(counter).await?.map_or(Ok(0), number)
    }

    /// The next number of a counter. One that is asked for and not used leaves a gap.
    pub async fn next_number(&self, counter: Key) -> Result<u64, StoreError> {
        let raise = Write::update(counter, "ADD #n :one").bind(":one", 1);
        number(self.write(raise).await?.unwrap_or_default())
    }
}
