//! The removal of a chunk's time entries: whatever lies in the chunk's partition is deleted, also the part of a loader
//! which died. An empty partition stays empty, so twice is once.

use crate::concurrent::drained;
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, Item, Key, Table, keys};

/// Deletes every item in the chunk's partition.
pub async fn empty(held: &HeldChunk<'_>) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, .. } = *held;
    loop {
        let query = keys::entries(import.account, import.id, chunk.number).keys_only();
        let (items, _) = services.store.page(&query).await?;
        if items.is_empty() {
            return Ok(());
        }
        let deletes = items.chunks(ITEMS_A_BATCH).map(|some| delete(held, some));
        drained(deletes, BATCHES_IN_FLIGHT).await?;
    }
}

/// Deletes a batch of entries.
async fn delete(held: &HeldChunk<'_>, entries: &[Item]) -> Result<(), ImportError> {
    held.lease.check(&held.services.clock)?;
    let keys = entries.iter().map(|item| Key::of(Table::Workspace, item));
    Ok(held.services.store.delete_all(keys.collect()).await?)
}
