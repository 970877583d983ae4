//! The records which an import removed because no row matched them, a page at a time.
//!
//! The ledger pages of the chunks behind those of the file name them, so a page is read from the items of the chunks in which
//! its records lie. The list keeps its records when the import is undone, and tells their fates.

use super::rows::RowPlace;
use crate::id::{ChunkNo, Row};
use crate::import::Import;
use crate::ledger::{Chunk, UndoFate, fates};
use crate::services::Services;
use crate::store::{StoreError, keys};

/// A record that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovedRecord {
    /// The number of the record among the rows of the import, behind those of the file.
    pub row: Row,
    /// The id of the profile or the subprofile.
    pub id: u64,
    /// The fate of the removal in the undo of the import, or `None` before.
    pub fate: Option<UndoFate>,
}

/// A page of removed records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemovedPage {
    /// The records in order.
    pub removed: Vec<RemovedRecord>,
    /// The number of records from the first of the page to the end of the list, so far.
    pub remaining: u64,
    /// The place behind which the next page begins, or `None` after the last page.
    pub next: Option<RowPlace>,
}

/// Finds a page of at most `take` records, in the order of their ids, behind the place `after`.
pub async fn page(
    services: &Services,
    import: &Import,
    ascending: bool,
    after: Option<RowPlace>,
    take: usize,
) -> Result<RemovedPage, StoreError> {
    let Some(first) = import.file_chunks else { return Ok(RemovedPage::default()) };
    let reached = after.map(|after| after.row.chunk(import.rows_per_chunk).0);
    let last = import.chunk_count().saturating_sub(1);
    let (first, last) = match ascending {
        true => (reached.unwrap_or(first).max(first), last),
        false => (first, reached.unwrap_or(last).min(last)),
    };
    if first > last {
        return Ok(RemovedPage::default());
    }
    let is_behind = |row: Row| match after {
        None => true,
        Some(after) if ascending => row > after.row,
        Some(after) => row < after.row,
    };
    let chunks = keys::chunks(import.account, import.id, ChunkNo(first), ChunkNo(last)).ascending(ascending);
    let mut pages = services.store.pages(chunks);
    let mut removed = Vec::new();
    // One record more than the page takes tells whether there is a next page.
    while removed.len() <= take
        && let Some(items) = pages.next().await?
    {
        for item in items {
            let mut of_chunk = of_chunk(&Chunk::decode(item)?);
            of_chunk.retain(|record| is_behind(record.row));
            if !ascending {
                of_chunk.reverse();
            }
            removed.extend(of_chunk);
        }
    }
    let is_more = removed.len() > take;
    removed.truncate(take);
    let before = after.map_or(0, |after| after.shown);
    let shown = before + removed.len() as u64;
    let count = import.counts(services).await?.removed_missing;
    let next = removed.last().filter(|_| is_more).map(|last| RowPlace { row: last.row, shown });
    let least = removed.len() as u64 + u64::from(is_more);
    let remaining = if is_more { count.saturating_sub(before).max(least) } else { least };
    Ok(RemovedPage { removed, remaining, next })
}

/// The records removed in a chunk, in the order of their ids.
fn of_chunk(chunk: &Chunk) -> Vec<RemovedRecord> {
    let removed = chunk.page.iter().flat_map(|page| page.removed());
    let record = |&(offset, id): &(u32, u64)| {
        let offset = u64::from(offset);
        let fate = chunk.fates.iter().find_map(|run| fates::fate_at(run, offset));
        RemovedRecord { row: Row(chunk.first_row + offset), id, fate }
    };
    removed.map(record).collect()
}
