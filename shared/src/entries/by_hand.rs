//! The partitions of entries made by hand, and the number of entries in each.

use crate::id::{AccountId, ChunkNo};
use crate::services::Services;
use crate::store::{Item, Key, StoreError, Table, keys, number};

/// The number of entries made by hand in a partition.
pub const HAND_CHUNK: u32 = 1000;

/// The number of entries in each partition of entries made by hand, in ascending order of the partitions.
pub async fn counts(services: &Services, account: AccountId) -> Result<Vec<(ChunkNo, u64)>, StoreError> {
    let items = services.store.all(keys::hand_counts(account)).await?;
    let count = |item: Item| {
        let chunk = Key::of(Table::Imports, &item).sk.parse().map(ChunkNo);
        let chunk = chunk.map_err(|_| StoreError::Shape("a count without a partition".to_owned()))?;
        Ok((chunk, number(item)?))
    };
    items.into_iter().map(count).collect()
}
