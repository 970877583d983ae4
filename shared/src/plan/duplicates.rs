//! The search for duplicates: rows of a file for which the account has entries already.
//!
//! Rows are compared by fingerprints with the entries of the account's other imports. Entries count if their chunk is
//! committed, holds some of the same days, and the entry was not deleted by hand. Two equal rows may both be meant, so
//! equal rows are counted off against equal entries in the order of the file: the first two of three equal rows are
//! duplicates if two such entries exist.
//!
//! Because chunks are loaded in any order, the plan finds all duplicates before the first chunk is loaded, and notes
//! the duplicates in the chunk items. For a long file the fingerprints are handled in shares
//! ([`Services::fingerprints_at_once`]). Each share takes two passes over the file and one pass over the entries of the
//! same days; a bit per row is all that is kept between shares.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use serde::Deserialize;

use crate::concurrent::drained;
use crate::files::Object;
use crate::format::{Fingerprint, Layout};
use crate::id::{ChunkNo, ImportId};
use crate::import::{Import, ImportError, Status};
use crate::ledger::{Chunk, ChunkState, Outcome, Page, runs_attribute};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{Query, StoreError, Write, decode};

/// The most chunks whose bytes or entries are fetched ahead.
const FETCHES_AHEAD: usize = 8;
/// The most imports read at once.
const IMPORTS_AT_ONCE: usize = 100;
/// The most chunk items written at once.
const WRITES_IN_FLIGHT: usize = 16;
/// A chunk number above the last chunk of any import.
const LAST_CHUNK: ChunkNo = ChunkNo(9_999_999);

/// Notes in the chunks of a planned file which are not committed, with the given numbers of rows and chunks, which rows are duplicates.
pub async fn note(
    services: &Services,
    import: &Import,
    source: &Object,
    layout: &Layout,
    (rows, chunks): (u64, u64),
) -> Result<(), ImportError> {
    let file = File { services, import, source, layout, chunks };
    // An earlier run which died may have noted duplicates of entries deleted since.
    let noted = file.noted().await?;
    let found = find(&file, rows).await?;
    file.write(&found, &noted).await
}

/// The rows which are duplicates, as bits.
async fn find(file: &File<'_>, rows: u64) -> Result<Bits, ImportError> {
    let mut found = Bits::new(rows);
    let mut others = others(file.services, file.import).await?;
    let shares = rows.div_ceil(file.services.fingerprints_at_once).max(1);
    for share in 0..shares {
        if others.is_empty() {
            break;
        }
        let mut standing: HashMap<Fingerprint, u32> = HashMap::new();
        let mut days = BTreeSet::new();
        file.read(|Seen { day, fingerprint, .. }| {
            days.insert(day);
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
        file.read(|Seen { row, fingerprint, is_created, .. }| {
            // An entry of the import itself stands for its own row, and for none of another import.
            if let Some(left) = standing.get_mut(&fingerprint).filter(|left| **left > 0 && !is_created) {
                *left -= 1;
                found.set(row);
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
            if !gone && !empty {
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

/// A row of the file which can be parsed.
struct Seen {
    /// The index of the row, from 0.
    row: u64,
    day: Date,
    fingerprint: Fingerprint,
    /// `true` if the row created an entry before the import was stopped and resumed.
    is_created: bool,
}

/// A planned file with its import.
struct File<'a> {
    services: &'a Services,
    import: &'a Import,
    source: &'a Object,
    layout: &'a Layout,
    chunks: u64,
}

impl File<'_> {
    /// The chunks in which an earlier run noted duplicates.
    async fn noted(&self) -> Result<Bits, StoreError> {
        let mut noted = Bits::new(self.chunks);
        let mut pages = self.services.store.pages(self.all_chunks());
        while let Some(items) = pages.next().await? {
            for item in items {
                let chunk = Chunk::decode(item)?;
                if !chunk.there.is_empty() {
                    noted.set(chunk.number.0);
                }
            }
        }
        Ok(noted)
    }

    fn all_chunks(&self) -> Query {
        keys::chunks(self.import.account, self.import.id, ChunkNo(0), ChunkNo(self.chunks))
    }

    /// Reads the whole file, and passes each row which can be parsed to `see`.
    async fn read(&self, mut see: impl FnMut(Seen)) -> Result<(), ImportError> {
        let mut pages = self.services.store.pages(self.all_chunks());
        while let Some(items) = pages.next().await? {
            let chunks: Vec<Chunk> = items.into_iter().map(Chunk::decode).collect::<Result<_, _>>()?;
            let fetch = |chunk: Chunk| async move {
                let bytes = self.services.files.ranges(self.source, chunk.span().ranges()).await?;
                Ok::<_, ImportError>((chunk, bytes))
            };
            let mut fetched = stream::iter(chunks.into_iter().map(fetch)).buffered(FETCHES_AHEAD);
            while let Some((chunk, bytes)) = fetched.try_next().await? {
                let rows = self.layout.rows(&chunk.span(), &bytes);
                let outcomes: Vec<_> = chunk.page.iter().flat_map(Page::each_outcome).collect();
                for row in &rows.map_err(|error| StoreError::Shape(error.to_string()))? {
                    if let Ok(entry) = &row.parsed {
                        let (row, day, fingerprint) = (row.row - 1, entry.date, entry.fingerprint());
                        let outcome = outcomes.get((row + 1 - chunk.first_row) as usize);
                        see(Seen { row, day, fingerprint, is_created: outcome == Some(&Outcome::Created) });
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes the duplicates found into the chunks. A chunk is left alone if a second run has begun the load.
    async fn write(&self, found: &Bits, noted: &Bits) -> Result<(), ImportError> {
        let rows = u64::from(self.import.rows_per_chunk);
        let note = |number: ChunkNo| {
            let runs = found.runs(number.0 * rows, (number.0 + 1) * rows);
            (!runs.is_empty() || noted.get(number.0)).then_some(async move {
                let key = keys::chunk(self.import.account, self.import.id, number);
                let note = Write::update(key, "SET #there = :there")
                    .when("#state = :planned")
                    .bind_attribute(":there", runs_attribute(&runs))
                    .bind(":planned", ChunkState::Planned)
                    .in_round(self.import.round);
                self.services.store.attempt(note).await.map(drop)
            })
        };
        drained((0..self.chunks).map(ChunkNo).filter_map(note), WRITES_IN_FLIGHT).await?;
        Ok(())
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
            let dates = chunk.page.as_ref().and_then(|page| page.entries().dates);
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

/// A set of rows or chunks, as a bit for each.
struct Bits(Vec<u64>);

impl Bits {
    fn new(count: u64) -> Self {
        Self(vec![0; usize::try_from(count.div_ceil(64)).expect("rows are counted")])
    }

    fn set(&mut self, at: u64) {
        self.0[(at / 64) as usize] |= 1 << (at % 64);
    }

    fn get(&self, at: u64) -> bool {
        self.0.get((at / 64) as usize).is_some_and(|word| word & 1 << (at % 64) != 0)
    }

    /// Runs of set rows from `first` to before `end`, each as the offset from `first` and the length.
    fn runs(&self, first: u64, end: u64) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        let offsets = (first..end).filter(|&row| self.get(row)).map(|row| (row - first) as u32);
        for offset in offsets {
            match runs.last_mut() {
                Some((start, length)) if *start + *length == offset => *length += 1,
                _ => runs.push((offset, 1)),
            }
        }
        runs
    }
}
