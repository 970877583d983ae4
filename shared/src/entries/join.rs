//! The search for duplicates: rows of a file for which the account has entries already.
//!
//! Rows are compared by fingerprints with the entries of the account's other imports. Entries count if their chunk is
//! committed, holds some of the same days, and the entry was not deleted by hand. Two equal rows may both be meant, so
//! equal rows are counted off against equal entries in the order of the file: the first two of three equal rows are
//! duplicates if two such entries exist.
//!
//! The plan notes the duplicates in the chunk items before the first chunk is loaded ([`crate::kind::planned_file`]). For
//! a long file the fingerprints are handled in shares ([`PlannedFile::shares`]). Each share takes two passes over the
//! file and one pass over the entries of the same days; a bit per row is all that is kept between shares.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use serde::Deserialize;

use crate::format::{EntryRow, Fingerprint, TimeEntries};
use crate::id::{ChunkNo, ImportId};
use crate::import::{Import, ImportError, Status};
use crate::kind::bits::Bits;
use crate::kind::planned_file::{PlannedFile, SeenRow};
use crate::ledger::{Chunk, ChunkState, Outcome};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{StoreError, decode};

/// The most chunks whose entries are fetched ahead.
const FETCHES_AHEAD: usize = 8;
/// The most imports read at once.
const IMPORTS_AT_ONCE: usize = 100;
/// A chunk number above the last chunk of any import.
const LAST_CHUNK: ChunkNo = ChunkNo(9_999_999);

/// The rows which are duplicates.
pub async fn duplicates(file: &PlannedFile<'_, TimeEntries>) -> Result<Bits, ImportError> {
    let mut found = file.no_rows();
    let mut others = others(file.services, file.import).await?;
    let shares = file.shares();
    for share in 0..shares {
        if others.is_empty() {
            break;
        }
        let mut standing: HashMap<Fingerprint, u32> = HashMap::new();
        let mut days = BTreeSet::new();
        file.read(|_, entry: &EntryRow<'_>| {
            days.insert(entry.date);
            let fingerprint = entry.fingerprint();
            if fingerprint.0 % shares == share {
                standing.insert(fingerprint, 0);
            }
        })
        .await?;
        let span = days.first().copied().zip(days.last().copied());
        others.retain(|other| overlap(span, other.days));
        for other in &others {
            count(file.services, file.import, other.id, &days, &mut standing).await?;
        }
        standing.retain(|_, count| *count > 0);
        if standing.is_empty() {
            continue;
        }
        file.read(|seen: SeenRow, entry: &EntryRow<'_>| {
            // An entry of the import itself stands for its own row, and for none of another import.
            let is_created = seen.outcome == Some(Outcome::Created);
            if let Some(left) = standing.get_mut(&entry.fingerprint()).filter(|left| **left > 0 && !is_created) {
                *left -= 1;
                found.set(seen.row);
            }
        })
        .await?;
    }
    Ok(found)
}

/// Another import of the account, which may have entries for the same rows.
struct Other {
    id: ImportId,
    /// The first and the last day of the import's entries, or `None` until the import settles.
    days: Option<(Date, Date)>,
}

/// The account's other imports with entries, in the order of numbers. Gaps in the numbers are no error, because only
/// existing items are returned.
async fn others(services: &Services, import: &Import) -> Result<Vec<Other>, StoreError> {
    let last = services.store.last_number(&keys::counter(import.account, Counter::Imports)).await?;
    let numbers: Vec<_> = (1..=last).map(ImportId).filter(|number| *number != import.id).collect();
    let mut others = Vec::new();
    for some in numbers.chunks(IMPORTS_AT_ONCE) {
        let wanted: Vec<_> = some.iter().map(|&number| keys::import(import.account, number)).collect();
        for item in services.store.get_many(&wanted).await? {
            let other: Import = decode(item)?;
            let gone = matches!(other.status, Status::Unsupported | Status::RollingBack | Status::RolledBack);
            // A queued import with a plan was resumed, and may have entries.
            let gone = gone || matches!(other.status, Status::New | Status::Queued) && other.chunks.is_none();
            let empty = other.is_folded() && other.days.is_none();
            if other.import_type == import.import_type && !gone && !empty {
                others.push(Other { id: other.id, days: other.days });
            }
        }
    }
    others.sort_by_key(|other| other.id);
    Ok(others)
}

/// `true` if two spans of days may share a day. An unknown span of `other` may share any day.
fn overlap(one: Option<(Date, Date)>, other: Option<(Date, Date)>) -> bool {
    match (one, other) {
        (None, _) => false,
        (_, None) => true,
        (Some(one), Some(other)) => one.0 <= other.1 && other.0 <= one.1,
    }
}

/// Counts, per fingerprint in `standing`, the entries of the import `other` on these days.
async fn count(
    services: &Services,
    import: &Import,
    other: ImportId,
    days: &BTreeSet<Date>,
    standing: &mut HashMap<Fingerprint, u32>,
) -> Result<(), ImportError> {
    let mut pages = services.store.pages(keys::chunks(import.account, other, ChunkNo(0), LAST_CHUNK));
    while let Some(items) = pages.next().await? {
        let chunks: Vec<Chunk> = items.into_iter().map(Chunk::decode).collect::<Result<_, _>>()?;
        let of_the_days = |chunk: &Chunk| {
            let dates = chunk.page.as_ref().and_then(|page| page.glance.dates());
            let shared = dates.is_some_and(|(first, last)| days.range(first..=last).next().is_some());
            (chunk.state == ChunkState::Committed && shared).then_some(chunk.number)
        };
        let fetch = |chunk| fingerprints(services, import, other, chunk);
        let chunks: Vec<_> = chunks.iter().filter_map(of_the_days).collect();
        let mut fetched = stream::iter(chunks.into_iter().map(fetch)).buffered(FETCHES_AHEAD);
        while let Some(fingerprints) = fetched.try_next().await? {
            for fingerprint in fingerprints {
                if let Some(count) = standing.get_mut(&fingerprint) {
                    *count += 1;
                }
            }
        }
    }
    Ok(())
}

/// The only attribute of an entry which the search reads.
#[derive(Deserialize)]
struct Kept {
    fingerprint: Option<Fingerprint>,
}

/// The fingerprints of a chunk's entries.
async fn fingerprints(
    services: &Services,
    import: &Import,
    other: ImportId,
    chunk: ChunkNo,
) -> Result<Vec<Fingerprint>, StoreError> {
    let query = keys::entries(import.account, other, chunk).only("fingerprint");
    let entries: Vec<Kept> = services.store.read_all(query).await?;
    Ok(entries.into_iter().filter_map(|entry| entry.fingerprint).collect())
}
