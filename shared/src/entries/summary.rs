//! What a hundred ledger pages say together.
//!
//! A long import has a summary for each hundred chunks, folded from their pages when it settles. It tells how many
//! entries each of them holds, and the glances of all as one; so a list finds any page of a million entries in ten
//! small items, and passes over a hundred thousand of them that cannot match a filter, or all of which do. Edits by
//! hand mark the chunk in the summary too, in their own transaction: what a summary says holds for the chunks that are
//! not marked, and for all of them what it counts.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ChunkNo, EntryId, ImportId, ThingId};
use crate::import::Import;
use crate::ledger::{Glance, GlanceSum, Outcome, Page, Total};
use crate::store::keys;
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, Key, Query, StoreError, Table, Write};

/// Chunks of a summary.
pub const CHUNKS: u64 = 100;
/// An import of no more chunks has none: a query reads them all at once.
const SUMMED_ABOVE: u64 = 20;
/// Summaries that a search reads at once: up to 16 KB each, and a list mostly ends within the first.
const AT_ONCE: usize = 16;
/// With more users, projects and tags than this a summary names none of them: it is to stay small.
const MOST_NAMED: usize = 1000;

/// What the pages of a hundred chunks say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The first of its chunks.
    #[serde(skip)]
    first: Option<ChunkNo>,
    /// The entries that each chunk made, in their order, as runs.
    created: Vec<(u32, u32)>,
    dates: Option<(jiff::civil::Date, jiff::civil::Date)>,
    named: Option<Named>,
    /// Chunks with edits by hand, and how many entries these deleted.
    #[serde(skip)]
    marks: BTreeMap<ChunkNo, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Named {
    users: Vec<ThingId>,
    totals: Vec<Total>,
}

/// A summary in the making.
struct Sum {
    /// The number of the summary.
    number: u64,
    summary: Summary,
    /// Users and totals, as long as they are few enough to be named.
    named: Option<GlanceSum>,
}

/// The summaries of an import in the making, page by page in the order of the chunks; one is held at a time.
pub struct Summing {
    account: AccountId,
    import: ImportId,
    sum: Option<Sum>,
}

/// Whether an import of so many chunks has summaries.
pub fn is_summed(chunks: u64) -> bool {
    chunks > SUMMED_ABOVE
}

impl Summing {
    /// The summaries of an import; none, if it is too short to have any.
    pub fn of(import: &Import) -> Option<Self> {
        let Import { account, id, .. } = *import;
        is_summed(import.chunk_count()).then_some(Self { account, import: id, sum: None })
    }

    /// Adds the next chunk; its page, if it has one. The write that keeps the summary before it, if that is complete.
    pub fn add(&mut self, chunk: ChunkNo, page: Option<&Page>) -> Option<Write> {
        let number = chunk.0 / CHUNKS;
        let complete = self.sum.take_if(|sum| sum.number != number);
        let sum = self.sum.get_or_insert_with(|| Sum {
            number,
            summary: Summary::default(),
            named: Some(GlanceSum::default()),
        });
        sum.add(page);
        complete.map(|sum| sum.write(self.account, self.import))
    }

    /// The write that keeps the last one.
    pub fn last(self) -> Option<Write> {
        self.sum.map(|sum| sum.write(self.account, self.import))
    }
}

impl Sum {
    fn add(&mut self, page: Option<&Page>) {
        let created = page.map_or(0, |page| u32::try_from(page.count(Outcome::Created)).unwrap_or(u32::MAX));
        match self.summary.created.last_mut() {
            Some((last, run)) if *last == created => *run += 1,
            _ => self.summary.created.push((created, 1)),
        }
        let Some(page) = page else { return };
        if let Some(sum) = &mut self.named {
            sum.add(page.entries());
            if sum.users.len() + sum.totals.len() > MOST_NAMED {
                self.named = None;
            }
        }
        if let Some((first, last)) = page.entries().dates {
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

/// Marks the chunk of an entry that is edited by hand, or deleted, in its summary, if there is or will be one.
pub fn mark(import: &Import, entry: EntryId, deleted: bool) -> Option<Write> {
    // While the file is planned nothing can be edited.
    if !is_summed(import.chunk_count()) {
        return None;
    }
    let chunk = entry.row().chunk(import.rows_per_chunk);
    let key = keys::summary(import.account, import.id, chunk.0 / CHUNKS);
    Some(Write::update(key, &format!("ADD #h{chunk} :deleted")).bind(":deleted", u64::from(deleted)))
}

impl Summary {
    /// The summaries of a settled import, the last first; nothing, if it is too short to have any.
    pub fn latest_first(import: &Import) -> Option<Query> {
        let summed = import.is_folded() && is_summed(import.chunk_count());
        summed.then(|| keys::summaries(import.account, import.id).descending().limit(AT_ONCE))
    }

    /// Reads a stored summary.
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

    /// The first and the last of its chunks.
    pub fn chunks(&self) -> (ChunkNo, ChunkNo) {
        let first = self.first.unwrap_or(ChunkNo(0));
        (first, ChunkNo(first.0 + CHUNKS - 1))
    }

    /// How many entries each of its chunks has, in their order: those made, and those of them deleted by hand.
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

    /// How many entries stand.
    pub fn standing(&self) -> u64 {
        let created: u64 = self.created.iter().map(|&(created, run)| u64::from(created) * u64::from(run)).sum();
        created.saturating_sub(self.marks.values().sum())
    }

    /// What they are at a glance, if that is told and no edit by hand has made it untrue.
    pub fn glance(&self) -> Option<Glance<'_>> {
        let named = self.named.as_ref().filter(|_| self.marks.is_empty())?;
        let (users, totals) = (named.users.as_slice(), named.totals.as_slice());
        Some(Glance { entries: self.standing(), dates: self.dates, users, totals })
    }
}
