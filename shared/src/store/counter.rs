//! Counters that assign ascending numbers, e.g. to imports.

use serde::Deserialize;

use super::{Item, Key, Store, StoreError, Write, decode};

/// The attributes of a counter's item that are read here.
#[derive(Deserialize)]
struct Counter {
    n: u64,
}

/// The number in a counter's item, which is the last number assigned.
pub fn number(item: Item) -> Result<u64, StoreError> {
    Ok(decode::<Counter>(item)?.n)
}

impl Store {
    /// The number that a counter assigned last, or 0 before the first.
    pub async fn last_number(&self, counter: &Key) -> Result<u64, StoreError> {
        self.get(counter).await?.map_or(Ok(0), number)
    }

    /// Assigns the next number of a counter. A number that the caller does not use leaves a gap.
    pub async fn next_number(&self, counter: Key) -> Result<u64, StoreError> {
        let raise = Write::update(counter, "ADD #n :one").bind(":one", 1);
        number(self.write(raise).await?.unwrap_or_default())
    }
}
