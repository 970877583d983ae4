//! Entries made by hand: their partitions, and how many entries of each stand.

use crate::id::{AccountId, ChunkNo};
use crate::services::Services;
use crate::store::{Item, Key, StoreError, Table, keys, number};

/// Entries made by hand lie in partitions of so many.
pub const HAND_CHUNK: u32 = 1000;

/// How many entries made by hand stand, by partition.
pub async fn counts(services: &Services, account: AccountId) -> Result<Vec<(ChunkNo, u64)>, StoreError> {
    let items = services.store.all(keys::hand_counts(account)).await?;
    let count = |item: Item| {
        let chunk = Key::of(Table::Imports, &item).sk.parse().map(ChunkNo);
        let chunk = chunk.map_err(|_| StoreError::Shape("a count without a partition".to_owned()))?;
        Ok((chunk, number(item)?))
    };
    items.into_iter().map(count).collect()
}
