//! Summaries: the content of a hundred ledger pages folded into a single small item.
//!
//! An import with more than twenty chunks has a summary per hundred chunks, folded from the ledger pages when the
//! import settles. A summary holds the number of entries per chunk, and a glance over all entries. A list therefore
//! finds any page of a million entries in ten small items, and skips a hundred thousand entries at once if none, or
//! every entry, passes a filter.
//!
//! The transaction of an edit by hand also marks the edited chunk in the summary. The glance of a summary is valid only
//! without marks; the number of entries per chunk stays valid, because a mark counts the deleted entries.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ChunkNo, EntryId, ImportId, ThingId};
use crate::import::Import;
use crate::ledger::{Glance, GlanceSum, Page, Total};
use crate::store::keys;
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, Key, Query, StoreError, Table, Write};

/// The number of chunks in a summary.
pub const CHUNKS: u64 = 100;
/// The most chunks of an import without summaries: a query reads all chunk items at once.
const SUMMED_ABOVE: u64 = 20;
/// The number of summaries which a search reads at once: a summary takes up to 16 KB, and most lists end within the
/// first.
const AT_ONCE: usize = 16;
/// The most users, projects and tags which a summary names; with more, the summary names none, to stay small.
const MOST_NAMED: usize = 1000;

/// The content of up to a hundred ledger pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The first chunk of the summary, taken from the item's key.
    #[serde(skip)]
    first: Option<ChunkNo>,
    /// The number of entries created per chunk, in the order of the chunks, as runs of (entries, chunks).
    created: Vec<(u32, u32)>,
    dates: Option<(jiff::civil::Date, jiff::civil::Date)>,
    named: Option<Named>,
    /// Chunks with edits by hand, each with the number of entries deleted by hand.
    #[serde(skip)]
    marks: BTreeMap<ChunkNo, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Named {
    users: Vec<ThingId>,
    totals: Vec<Total>,
}

/// A summary being folded.
struct Sum {
    /// The number of the summary within the import: 0 for chunks 0 to 99.
    number: u64,
    summary: Summary,
    /// Users and totals, or `None` once there are more than [`MOST_NAMED`].
    named: Option<GlanceSum>,
}

/// Folds the summaries of an import, ledger page by ledger page in the order of the chunks, and holds a single summary
/// in memory.
pub struct Summing {
    account: AccountId,
    import: ImportId,
    round: u32,
    sum: Option<Sum>,
}

/// `true` if an import of so many chunks has summaries.
pub fn is_summed(chunks: u64) -> bool {
    chunks > SUMMED_ABOVE
}

impl Summing {
    /// Starts the summaries of an import, or `None` for an import with too few chunks.
    pub fn of(import: &Import) -> Option<Self> {
        let Import { account, id, round, .. } = *import;
        is_summed(import.chunk_count()).then_some(Self { account, import: id, round, sum: None })
    }

    /// Adds the next chunk, with its ledger page unless the chunk has none. Returns the write of the previous summary
    /// once complete.
    pub fn add(&mut self, chunk: ChunkNo, page: Option<&Page>) -> Option<Write> {
        let number = chunk.0 / CHUNKS;
        let complete = self.sum.take_if(|sum| sum.number != number);
        let sum = self.sum.get_or_insert_with(|| Sum {
            number,
            summary: Summary::default(),
            named: Some(GlanceSum::default()),
        });
        sum.add(page);
        complete.map(|sum| sum.write(self.account, self.import).in_round(self.round))
    }

    /// The write of the last summary, or `None` if no chunk was added.
    pub fn last(self) -> Option<Write> {
        self.sum.map(|sum| sum.write(self.account, self.import).in_round(self.round))
    }
}

impl Sum {
    fn add(&mut self, page: Option<&Page>) {
        let created = page.map_or(0, |page| u32::try_from(page.entities()).unwrap_or(u32::MAX));
        match self.summary.created.last_mut() {
            Some((last, run)) if *last == created => *run += 1,
            _ => self.summary.created.push((created, 1)),
        }
        let Some(page) = page else { return };
        if let Some(sum) = &mut self.named {
            sum.add(&page.glance);
            if sum.users.len() + sum.totals.len() > MOST_NAMED {
                self.named = None;
            }
        }
        if let Some((first, last)) = page.glance.dates() {
            let (from, to) = self.summary.dates.unwrap_or((first, last));
            self.summary.dates = Some((from.min(first), to.max(last)));
        }
    }

    fn write(self, account: AccountId, import: ImportId) -> Write {
        let named = self.named.map(|sum| Named { totals: sum.totals(), users: sum.users.into_iter().collect() });
        let blob = AttributeValue::B(Blob::new(packed(&Summary { named, ..self.summary })));
        Write::update(keys::summary(account, import, self.number), "SET #pages = :pages").bind_attribute(":pages", blob)
    }
}

/// The write which marks the chunk of an entry edited or deleted by hand, or `None` if the import has too few chunks
/// for summaries.
pub fn mark(import: &Import, entry: EntryId, deleted: bool) -> Option<Write> {
    // Chunks are counted by the plan, and no entry can be edited before the plan is complete.
    if !is_summed(import.chunk_count()) {
        return None;
    }
    let chunk = entry.row().chunk(import.rows_per_chunk);
    let key = keys::summary(import.account, import.id, chunk.0 / CHUNKS);
    Some(Write::update(key, &format!("ADD #h{chunk} :deleted")).bind(":deleted", u64::from(deleted)))
}

impl Summary {
    /// The query for the summaries of a settled import in descending order, or `None` if the import has too few chunks
    /// or has not settled.
    pub fn latest_first(import: &Import) -> Option<Query> {
        let summed = import.is_folded() && is_summed(import.chunk_count());
        summed.then(|| keys::summaries(import.account, import.id).descending().limit(AT_ONCE))
    }

    /// Parses a stored summary.
    pub fn decode(item: Item) -> Result<Self, StoreError> {
        let key = Key::of(Table::Imports, &item);
        let number = key.sk.rsplit('#').next().and_then(|number| number.parse::<u64>().ok());
        let first = number.map(|number| ChunkNo(number * CHUNKS));
        let mut summary: Self = match item.get("pages") {
            Some(AttributeValue::B(blob)) => unpacked(blob.as_ref())?,
            _ => return Err(StoreError::Shape("a summary without pages".to_owned())),
        };
        summary.first = first;
        for (name, value) in item {
            if let (Some(Ok(chunk)), AttributeValue::N(number)) = (name.strip_prefix('h').map(str::parse), value) {
                summary.marks.insert(ChunkNo(chunk), number.parse().unwrap_or_default());
            }
        }
        Ok(summary)
    }

    /// The first and the last chunk which the summary covers.
    pub fn chunks(&self) -> (ChunkNo, ChunkNo) {
        let first = self.first.unwrap_or(ChunkNo(0));
        (first, ChunkNo(first.0 + CHUNKS - 1))
    }

    /// Per chunk, in ascending order: the number of entries created, and the number deleted by hand among the created.
    pub fn each(&self) -> impl DoubleEndedIterator<Item = (ChunkNo, u64, u64)> {
        let made: Vec<u32> =
            self.created.iter().flat_map(|&(created, run)| std::iter::repeat_n(created, run as usize)).collect();
        let dropped = |chunk| self.marks.get(&chunk).copied().unwrap_or_default();
        let each: Vec<_> = (self.chunks().0.0..)
            .map(ChunkNo)
            .zip(made)
            .map(|(chunk, made)| (chunk, u64::from(made), dropped(chunk)))
            .collect();
        each.into_iter()
    }

    /// The number of entries created and not deleted by hand.
    pub fn standing(&self) -> u64 {
        let created: u64 = self.created.iter().map(|&(created, run)| u64::from(created) * u64::from(run)).sum();
        created.saturating_sub(self.marks.values().sum())
    }

    /// The glance over all entries, or `None` if the summary names too much for a glance, or an edit by hand has made
    /// the glance invalid.
    pub fn glance(&self) -> Option<Glance<'_>> {
        let named = self.named.as_ref().filter(|_| self.marks.is_empty())?;
        let (users, totals) = (named.users.as_slice(), named.totals.as_slice());
        Some(Glance { entries: self.standing(), dates: self.dates, users, totals })
    }
}
