//! The writes of a chunk's time entries. Keys and values of a second try are those of the first.

use std::collections::HashSet;

use super::Entry;
use crate::concurrent::drained;
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, Key, Table, encode, keys};

/// Writes the entries of a chunk.
pub async fn write_all(held: &HeldChunk<'_>, entries: &[Entry]) -> Result<(), ImportError> {
    if held.chunk.tries > 1 {
        clear(held, entries).await?;
    }
    let batches = entries.chunks(ITEMS_A_BATCH);
    drained(batches.map(|some| write(held, some)), BATCHES_IN_FLIGHT).await?;
    Ok(())
}

/// Writes a batch of entries. Encoding is left to the last moment, because items take many times the memory of the
/// chunk's bytes.
async fn write(held: &HeldChunk<'_>, entries: &[Entry]) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    lease.check(&services.clock)?;
    let key = |row| keys::entry(import.account, import.id, chunk.number, row);
    let items = entries.iter().map(|entry| (Table::Workspace, encode(&key(entry.id.row()), entry)));
    Ok(services.store.put_all(items.collect()).await?)
}

/// Deletes entries which an earlier try wrote for rows creating no entry now: a name may resolve differently since.
async fn clear(held: &HeldChunk<'_>, entries: &[Entry]) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let key = |entry: &Entry| keys::entry(import.account, import.id, chunk.number, entry.id.row()).sk;
    let wanted: HashSet<String> = entries.iter().map(key).collect();
    let mut pages = services.store.pages(keys::entries(import.account, import.id, chunk.number).keys_only());
    while let Some(items) = pages.next().await? {
        let there = items.iter().map(|item| Key::of(Table::Workspace, item));
        let strays: Vec<_> = there.filter(|key| !wanted.contains(&key.sk)).collect();
        lease.check(&services.clock)?;
        services.store.delete_all(strays).await?;
    }
    Ok(())
}
