//! Which rows of a file repeat an earlier one, and what the file is compared with.
//!
//! An import that skips duplicates compares the fingerprints of its rows with those of entries that stand. Rows may be
//! equal and yet be two, so it has to count: the second of two equal rows is there already only if two of them stand.
//! Chunks are loaded in any order, so how many equal rows come before a row in the file is found here, in a pass of its
//! own over the file: only the rows that have any are kept, with their chunk. Of a long file the fingerprints are taken in
//! shares, a pass for each, so that memory does not grow with it.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use crate::drained::drained;
use crate::files::Object;
use crate::format::{Fingerprint, Layout};
use crate::id::{ChunkNo, ImportId};
use crate::import::{Import, ImportError, Status};
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{StoreError, Write, decode};

/// Fingerprints that are held at once: some twenty megabytes.
const SHARE: u64 = 500_000;
/// Chunks whose bytes are fetched ahead.
const FETCHES_AHEAD: usize = 4;
/// Chunk items written at once.
const WRITES_IN_FLIGHT: usize = 16;

/// Rows of a chunk that have equals before them: the offset in the chunk, and how many.
type Repeats = BTreeMap<ChunkNo, Vec<(u32, u32)>>;

/// Finds the imports that the file's rows are to be compared with, and notes in its chunks which rows repeat others.
/// No imports, and nothing noted, if there are none of the same days.
pub async fn compared_with(
    services: &Services,
    import: &Import,
    source: &Object,
    layout: &Layout,
    (rows, chunks): (u64, u64),
) -> Result<Vec<ImportId>, ImportError> {
    let mut others = others(services, import).await?;
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let file = File { services, import, source, layout, chunks };
    let mut repeats = Repeats::new();
    let shares = rows.div_ceil(SHARE).max(1);
    for share in 0..shares {
        let days = file.count(share, shares, &mut repeats).await?;
        others.retain(|other| overlap(days, other.days));
        if others.is_empty() {
            return Ok(Vec::new());
        }
    }
    note(services, import, repeats).await?;
    Ok(others.into_iter().map(|other| other.id).collect())
}

/// An import that may have brought the same rows.
struct Other {
    id: ImportId,
    /// The first and the last day of its entries, if it is settled.
    days: Option<(Date, Date)>,
}

/// The account's other imports that have entries, by their numbers, which leave no gaps.
async fn others(services: &Services, import: &Import) -> Result<Vec<Other>, StoreError> {
    let last = services.store.last_number(&keys::counter(import.account, Counter::Imports)).await?;
    let numbers = (1..=last).map(ImportId).filter(|number| *number != import.id);
    let wanted: Vec<_> = numbers.map(|number| keys::import(import.account, number)).collect();
    let found = services.store.get_many(&wanted).await?;
    let mut others = Vec::new();
    for item in found {
        let other: Import = decode(item)?;
        let gone = matches!(
            other.status,
            Status::New | Status::Queued | Status::Unsupported | Status::RollingBack | Status::RolledBack
        );
        let empty = other.tally.is_some() && other.days.is_none();
        if !gone && !empty {
            others.push(Other { id: other.id, days: other.days });
        }
    }
    others.sort_by_key(|other| other.id);
    Ok(others)
}

/// Whether two spans of days have one in common, as far as is known.
fn overlap(one: Option<(Date, Date)>, other: Option<(Date, Date)>) -> bool {
    match (one, other) {
        (None, _) => false,
        (_, None) => true,
        (Some(one), Some(other)) => one.0 <= other.1 && other.0 <= one.1,
    }
}

/// A planned file.
struct File<'a> {
    services: &'a Services,
    import: &'a Import,
    source: &'a Object,
    layout: &'a Layout,
    chunks: u64,
}

impl File<'_> {
    /// Reads the whole file and counts equal rows among the fingerprints of one share. Returns the days of its rows.
    async fn count(&self, share: u64, shares: u64, repeats: &mut Repeats) -> Result<Option<(Date, Date)>, ImportError> {
        let mut seen: HashMap<Fingerprint, u32> = HashMap::new();
        let mut days: Option<(Date, Date)> = None;
        let mut query = keys::chunks(self.import.account, self.import.id, ChunkNo(0), ChunkNo(self.chunks));
        loop {
            let (items, last) = self.services.store.page(&query).await?;
            let chunks: Vec<Chunk> = items.into_iter().map(Chunk::decode).collect::<Result<_, _>>()?;
            let fetch = |chunk: Chunk| async move {
                let bytes = self.services.files.ranges(self.source, chunk.span().ranges()).await?;
                Ok::<_, ImportError>((chunk, bytes))
            };
            let mut fetched = stream::iter(chunks.into_iter().map(fetch)).buffered(FETCHES_AHEAD);
            while let Some((chunk, bytes)) = fetched.try_next().await? {
                let rows = self.layout.rows(&chunk.span(), &bytes);
                for row in &rows.map_err(|error| StoreError::Shape(error.to_string()))? {
                    let Ok(entry) = &row.entry else { continue };
                    let (first, last) = days.unwrap_or((entry.date, entry.date));
                    days = Some((first.min(entry.date), last.max(entry.date)));
                    let fingerprint = entry.fingerprint();
                    if fingerprint.0 % shares != share {
                        continue;
                    }
                    let before = seen.entry(fingerprint).or_default();
                    if *before > 0 {
                        let offset = u32::try_from(row.row - chunk.first_row).expect("a chunk's rows");
                        repeats.entry(chunk.number).or_default().push((offset, *before));
                    }
                    *before += 1;
                }
            }
            match last {
                Some(last) => query = query.after(last),
                None => return Ok(days),
            }
        }
    }
}

/// Notes the repeats in the chunks, unless another run has gone on to load them.
async fn note(services: &Services, import: &Import, repeats: Repeats) -> Result<(), StoreError> {
    let note = |(number, mut repeats): (ChunkNo, Vec<(u32, u32)>)| async move {
        repeats.sort_unstable();
        let note = Write::update(keys::chunk(import.account, import.id, number), "SET #repeats = :repeats")
            .when("#state = :planned")
            .bind(":repeats", &repeats)
            .bind(":planned", ChunkState::Planned);
        match services.store.write(note).await {
            Err(error) if !error.is_refused() => Err(error),
            _ => Ok(()),
        }
    };
    let notes: Vec<_> = repeats.into_iter().map(note).collect();
    drained(notes, WRITES_IN_FLIGHT).await.map(drop)
}
