//! The records which the undo of an import kept, because somebody else wrote to them since.

use crate::id::{RecordId, Row};
use crate::import::Import;
use crate::ledger::Chunk;
use crate::services::Services;
use crate::store::StoreError;

/// The first `most` records which the undo of the import kept, by the chunks undone so far, in ascending order.
pub async fn kept_records(services: &Services, import: &Import, most: usize) -> Result<Vec<RecordId>, StoreError> {
    let mut kept = Vec::new();
    let mut pages = services.store.pages(import.all_chunks());
    while kept.len() < most
        && let Some(items) = pages.next().await?
    {
        for item in items {
            let Chunk { first_row, kept: runs, .. } = Chunk::decode(item)?;
            let offsets = runs.into_iter().flat_map(|(first, rows)| first..first + rows);
            kept.extend(offsets.map(|offset| RecordId::of(import.id, Row(first_row + u64::from(offset)))));
        }
    }
    kept.truncate(most);
    Ok(kept)
}
