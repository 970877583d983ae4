//! Which rows of a chunk are there already.
//!
//! Compared are the rows' fingerprints with those that the entries of other imports keep: of committed chunks that hold
//! the same days, and of entries that stand, for one that was deleted by hand is not there. What was read of the other
//! imports is remembered for the import's next chunks.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Deserialize;

use super::draft::ParsedRow;
use crate::format::Fingerprint;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::Import;
use crate::known::{Earlier, EarlierChunk};
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::{StoreError, decode, keys};

/// Behind the last chunk of any import.
const LAST_CHUNK: ChunkNo = ChunkNo(9_999_999);

/// Marks the rows of `chunk` that are there already, as an import's `compared_with` says where.
pub async fn mark(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    compared_with: &[ImportId],
    rows: &mut [ParsedRow<'_>],
) -> Result<(), StoreError> {
    let Some(days) = days_of(rows) else { return Ok(()) };
    if compared_with.is_empty() {
        return Ok(());
    }
    let mut there: HashMap<Fingerprint, u32> = rows.iter().filter_map(|row| Some((row.fingerprint?, 0))).collect();
    let earlier = services.known.earlier(import.account, import.id);
    // Held while it is read: the import's other chunks want the same.
    let mut earlier = earlier.lock().await;
    for other in chunks_of(services, import.account, compared_with, &mut earlier).await? {
        if other.days.0 > days.1 || days.0 > other.days.1 {
            continue;
        }
        for fingerprint in fingerprints(services, import.account, other, &mut earlier).await?.iter() {
            if let Some(count) = there.get_mut(fingerprint) {
                *count += 1;
            }
        }
    }
    drop(earlier);
    let before: HashMap<u64, u32> = chunk.repeats.iter().map(|&(offset, n)| (u64::from(offset), n)).collect();
    for row in rows {
        let equals_before = before.get(&(row.row.0 - chunk.first_row)).copied().unwrap_or_default();
        row.duplicate = row.fingerprint.is_some_and(|fingerprint| equals_before < there[&fingerprint]);
    }
    Ok(())
}

/// The first and the last day of the rows that could be read.
fn days_of(rows: &[ParsedRow<'_>]) -> Option<(Date, Date)> {
    let dates = || rows.iter().filter_map(|row| row.entry.as_ref().ok()).map(|entry| entry.date);
    Some((dates().min()?, dates().max()?))
}

/// The committed chunks of other imports that have entries.
async fn chunks_of(
    services: &Services,
    account: AccountId,
    imports: &[ImportId],
    earlier: &mut Earlier,
) -> Result<Vec<EarlierChunk>, StoreError> {
    if let Some(chunks) = &earlier.chunks {
        return Ok(chunks.clone());
    }
    let mut found = Vec::new();
    for &import in imports {
        let mut query = keys::chunks(account, import, ChunkNo(0), LAST_CHUNK);
        loop {
            let (items, last) = services.store.page(&query).await?;
            for item in items {
                let chunk = Chunk::decode(item)?;
                if let (ChunkState::Committed, Some(days)) = (chunk.state, chunk.page.and_then(|page| page.dates)) {
                    found.push(EarlierChunk { import, chunk: chunk.number, days });
                }
            }
            match last {
                Some(last) => query = query.after(last),
                None => break,
            }
        }
    }
    earlier.chunks = Some(found.clone());
    Ok(found)
}

/// What is read of an entry.
#[derive(Deserialize)]
struct Kept {
    fingerprint: Option<Fingerprint>,
}

/// The fingerprints of the entries of a chunk that stand.
async fn fingerprints(
    services: &Services,
    account: AccountId,
    EarlierChunk { import, chunk, .. }: EarlierChunk,
    earlier: &mut Earlier,
) -> Result<Arc<[Fingerprint]>, StoreError> {
    if let Some(known) = earlier.fingerprints(import, chunk) {
        return Ok(known);
    }
    let mut found = Vec::new();
    let mut query = keys::entries(account, import, chunk).only("fingerprint");
    loop {
        let (items, last) = services.store.page(&query).await?;
        for item in items {
            found.extend(decode::<Kept>(item)?.fingerprint);
        }
        match last {
            Some(last) => query = query.after(last),
            None => break,
        }
    }
    let found: Arc<[Fingerprint]> = found.into();
    earlier.remember(import, chunk, Arc::clone(&found));
    Ok(found)
}
