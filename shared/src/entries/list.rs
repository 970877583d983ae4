//! The search for a page of entries, for lists numbered by pages.
//!
//! Entries are listed by id in descending order: the latest import first and its highest row first, entries made by
//! hand last. Reading everything before a page would make late pages dear, so the search **counts** the entries before
//! the page:
//!
//! | stored item | tells the entries of |
//! |---|---|
//! | the account's roll | each import |
//! | a summary of the import ([`crate::results::summary`]) | a hundred chunks |
//! | a ledger page | a chunk |
//!
//! With a filter, glances of summaries and ledger pages tell for most chunks how many entries pass, often none. Only
//! chunks whose glance does not tell are read: several at once, in steps which grow while reading finds nothing.
//!
//! Somebody who follows the links of a filtered list starts behind the last entry of the page before, so no entry is
//! read twice. The same holds for a page which ended early because the texts were more than an answer can hold; such a
//! page is not read to its end either.

mod account;

use super::Entry;
use super::by_hand::HAND_CHUNK;
use super::filter::{EntryFilter, Passing};
use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, EntryId, ImportId, Row};
use crate::import::Import;
use crate::ledger::{Chunk, ChunkState};
use crate::results::summary::Summary;
use crate::services::Services;
use crate::store::keys;
use crate::store::{Item, StoreError, decode};

pub use account::of_account;

/// The most chunks read at once.
const MOST_AT_ONCE: usize = 8;
/// The fewest entries which a filtered query reads: about ten read units.
const FEWEST: usize = 100;
/// The most entries which a query reads: the rows of a usual chunk.
const MOST: usize = 1000;

/// The page of entries for which a caller asks.
#[derive(Clone, Copy, Debug)]
pub struct WantedPage {
    /// The entry behind which the page begins; `skip` has no effect then. `None` to begin with `skip`.
    pub after: Option<EntryId>,
    /// The number of entries before the page.
    pub skip: u64,
    /// The most entries on the page.
    pub take: usize,
    /// The most bytes of text on the page, after which the page may end early: the caller's answer can hold no more.
    pub heaviest: usize,
}

/// A page of entries as found.
#[derive(Debug)]
pub struct EntryPage {
    /// The entries of the page, highest id first.
    pub entries: Vec<Entry>,
    /// `true` if more entries follow behind the page.
    pub more: bool,
    /// The number of all entries in the list, or `None` where a filter makes counting too dear.
    pub total: Option<u64>,
    /// The last entry of the page, if starting behind that entry is quicker than skipping; else `None`.
    pub after: Option<EntryId>,
}

/// The state of a search while walking from the highest id downwards.
struct Walk<'a> {
    services: &'a Services,
    account: AccountId,
    filter: &'a EntryFilter,
    /// The entry behind which the page begins.
    after: Option<EntryId>,
    skip: u64,
    want: usize,
    heaviest: usize,
    found: Vec<Entry>,
    /// The bytes of text in `found`.
    weight: usize,
    /// Chunks to be read next, highest first.
    next: Vec<Partition>,
    at_once: usize,
}

/// The entries of a chunk, up to the row `last` if given.
struct Partition {
    import: ImportId,
    chunk: ChunkNo,
    last: Option<Row>,
}

/// The count of a chunk whose entries all pass the filter.
struct Counted {
    /// The number of entries which were not deleted by hand.
    standing: u64,
    /// The last row of the chunk if every row is a standing entry, or `None` if any row is missing.
    whole: Option<Row>,
}

/// Finds the page of an import's entries which pass a filter. The total is counted only for an empty filter.
pub async fn of_import(
    services: &Services,
    import: &Import,
    filter: &EntryFilter,
    wanted: &WantedPage,
) -> Result<EntryPage, StoreError> {
    let mut walk = Walk::new(services, import.account, filter, wanted);
    if filter.admits_import(import.id.0) {
        walk.import(import).await?;
    }
    let total = match filter.is_empty() {
        true => {
            let counts = import.counts(services).await?;
            Some(counts.created - counts.dropped)
        }
        false => None,
    };
    Ok(walk.page(total))
}

impl<'a> Walk<'a> {
    /// A search which has found no entries yet.
    fn new(services: &'a Services, account: AccountId, filter: &'a EntryFilter, wanted: &WantedPage) -> Self {
        let after = wanted.after.filter(|after| after.row() > Row(0));
        let (skip, want, heaviest) = (if after.is_some() { 0 } else { wanted.skip }, wanted.take, wanted.heaviest);
        let (found, next) = (Vec::new(), Vec::new());
        Self { services, account, filter, after, skip, want, heaviest, found, weight: 0, next, at_once: 1 }
    }

    /// `true` if the search found the page and a further entry, or more text than an answer can hold.
    fn is_done(&self) -> bool {
        self.found.len() > self.want || self.is_heavy()
    }

    /// `true` if the last entry found does not fit on the page.
    fn is_heavy(&self) -> bool {
        self.weight > self.heaviest && self.found.len() > 1
    }

    /// The number of entries still to be looked at, provided every entry passes.
    fn needed(&self) -> u64 {
        self.skip + (self.want + 1 - self.found.len().min(self.want + 1)) as u64
    }

    /// The page from all entries found.
    fn page(mut self, total: Option<u64>) -> EntryPage {
        let more = self.is_done();
        self.found.truncate(self.want);
        let after = self.found.last().filter(|_| more && !self.filter.is_empty()).map(|entry| entry.id);
        EntryPage { entries: self.found, more, total, after }
    }

    /// Skips `count` entries at once if all of the entries lie before the page; `false` if the page begins among the
    /// entries.
    fn pass_over(&mut self, count: u64) -> bool {
        let pass = count <= self.skip;
        if pass {
            self.skip -= count;
        }
        pass
    }

    fn take(&mut self, entry: Entry) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.is_done() {
            self.weight += weight(&entry);
            self.found.push(entry);
        }
    }

    /// The row behind which the page begins, if the row belongs to this import.
    fn before(&self, import: ImportId) -> Option<Row> {
        self.after.filter(|after| after.import() == import).map(EntryId::row)
    }

    /// `true` if the page begins behind an entry of this import.
    fn begins_in(&self, import: ImportId) -> bool {
        self.before(import).is_some()
    }

    /// `true` if all entries of an import lie before the page.
    fn is_past(&self, import: ImportId) -> bool {
        self.after.is_some_and(|after| import > after.import())
    }

    /// Walks the committed chunks of an import from the highest row downwards.
    async fn import(&mut self, import: &Import) -> Result<(), StoreError> {
        match Summary::latest_first(import) {
            None => self.chunks(import, ChunkNo(0), ChunkNo(import.chunk_count())).await?,
            Some(summaries) => {
                let services = self.services;
                let mut pages = services.store.pages(summaries);
                while !self.is_done()
                    && let Some(items) = pages.next().await?
                {
                    self.summaries(import, items).await?;
                }
            }
        }
        self.read().await
    }

    /// Walks the next summaries until the page is found.
    async fn summaries(&mut self, import: &Import, items: Vec<Item>) -> Result<(), StoreError> {
        for item in items {
            if self.is_done() {
                break;
            }
            self.summary(import, &Summary::decode(item)?).await?;
        }
        Ok(())
    }

    async fn summary(&mut self, import: &Import, summary: &Summary) -> Result<(), StoreError> {
        let (first, last) = summary.chunks();
        let before = self.before(import.id).map(|row| row.chunk(import.rows_per_chunk));
        if before.is_some_and(|before| first > before) {
            return Ok(());
        }
        if before.is_none_or(|before| last < before) {
            let passing = match summary.glance() {
                _ if self.filter.is_empty() => Passing::Exactly(summary.standing()),
                Some(glance) => self.filter.passing(&glance, import.created_at),
                None => Passing::Unknown,
            };
            if self.passes(passing).await? {
                return Ok(());
            }
        }
        if !self.filter.is_empty() {
            return self.chunks(import, first, last).await;
        }
        for (chunk, made, dropped) in summary.each().rev() {
            if before.is_some_and(|before| chunk >= before) {
                if Some(chunk) == before {
                    self.rest_of(import, chunk).await?;
                }
                continue;
            }
            let rows = import.rows.unwrap_or_default();
            let last = Row(rows.min((chunk.0 + 1) * u64::from(import.rows_per_chunk)));
            let all = last.0.saturating_sub(chunk.0 * u64::from(import.rows_per_chunk));
            let counted = Counted { standing: made - dropped, whole: (made - dropped == all).then_some(last) };
            self.counted(import.id, chunk, counted).await?;
            if self.is_done() {
                break;
            }
        }
        Ok(())
    }

    /// Offers the chunk in which the page begins, up to the row before the start.
    async fn rest_of(&mut self, import: &Import, chunk: ChunkNo) -> Result<(), StoreError> {
        let last = self.before(import.id).map(|row| Row(row.0 - 1));
        self.offer(Partition { import: import.id, chunk, last }, Passing::Unknown).await
    }

    async fn chunks(&mut self, import: &Import, first: ChunkNo, last: ChunkNo) -> Result<(), StoreError> {
        let reached = self.before(import.id).map(|row| row.chunk(import.rows_per_chunk));
        let last = reached.map_or(last, |reached| last.min(reached));
        let mut chunks = keys::chunks(self.account, import.id, first, last).descending();
        loop {
            let (items, more) = self.services.store.page(&chunks).await?;
            for item in items {
                let chunk = Chunk::decode(item)?;
                let Some(page) = chunk.page.as_ref().filter(|_| chunk.state == ChunkState::Committed) else {
                    continue;
                };
                if Some(chunk.number) == reached {
                    self.rest_of(import, chunk.number).await?;
                } else if self.filter.is_empty() {
                    let whole = chunk.standing() == u64::from(chunk.rows);
                    let whole = whole.then(|| Row(chunk.first_row + u64::from(chunk.rows) - 1));
                    self.counted(import.id, chunk.number, Counted { standing: chunk.standing(), whole }).await?;
                } else {
                    let passing = match chunk.edited {
                        true => Passing::Unknown,
                        false => self.filter.passing(&page.glance(), import.created_at),
                    };
                    if passing == Passing::Exactly(chunk.standing()) {
                        self.counted(import.id, chunk.number, Counted { standing: chunk.standing(), whole: None })
                            .await?;
                    } else {
                        self.offer(Partition { import: import.id, chunk: chunk.number, last: None }, passing).await?;
                    }
                }
                if self.is_done() {
                    return Ok(());
                }
            }
            match more {
                Some(more) => chunks = chunks.after(more),
                None => return Ok(()),
            }
        }
    }

    /// Walks partitions of entries made by hand, given with their counts, highest first.
    async fn by_hand(&mut self, counts: &[(ChunkNo, u64)]) -> Result<(), StoreError> {
        let before = self.before(ImportId::HAND);
        for &(chunk, standing) in counts {
            let reached = before.is_some_and(|row| row.chunk(HAND_CHUNK) == chunk);
            if before.is_some_and(|row| row.chunk(HAND_CHUNK) < chunk) {
                continue;
            }
            let import = ImportId::HAND;
            if self.filter.is_empty() && !reached {
                let whole = standing == u64::from(HAND_CHUNK);
                let whole = whole.then(|| Row((chunk.0 + 1) * u64::from(HAND_CHUNK)));
                self.counted(import, chunk, Counted { standing, whole }).await?;
            } else {
                let last = before.filter(|_| reached).map(|row| Row(row.0 - 1));
                let passing = if standing == 0 { Passing::None } else { Passing::Unknown };
                self.offer(Partition { import, chunk, last }, passing).await?;
            }
            if self.is_done() {
                return Ok(());
            }
        }
        self.read().await
    }

    /// Handles a chunk whose entries all pass. If no row is missing, the page's first row is computed rather than
    /// searched.
    async fn counted(&mut self, import: ImportId, chunk: ChunkNo, counted: Counted) -> Result<(), StoreError> {
        if self.passes(Passing::Exactly(counted.standing)).await? {
            return Ok(());
        }
        let mut last = None;
        if self.skip > 0 {
            last = match counted.whole {
                Some(row) => Some(Row(row.0 - self.skip)),
                None => self.by_outcomes(import, chunk).await?,
            };
            if last.is_some() {
                self.skip = 0;
            }
        }
        self.offer(Partition { import, chunk, last }, Passing::Unknown).await
    }

    /// The row at which the page begins, in a chunk some of whose rows created no entry, or `None` if the ledger page
    /// cannot tell.
    async fn by_outcomes(&self, import: ImportId, chunk: ChunkNo) -> Result<Option<Row>, StoreError> {
        if import == ImportId::HAND {
            return Ok(None);
        }
        let Some(item) = self.services.store.get(&keys::chunk(self.account, import, chunk)).await? else {
            return Ok(None);
        };
        let chunk = Chunk::decode(item)?;
        let offset = chunk.page.as_ref().filter(|_| chunk.dropped == 0).and_then(|page| page.offset_before(self.skip));
        Ok(offset.map(|offset| Row(chunk.first_row + offset)))
    }

    /// `true` if the walk may leave out entries: none of the entries pass, or all passing entries lie before the page.
    async fn passes(&mut self, passing: Passing) -> Result<bool, StoreError> {
        match passing {
            Passing::None => Ok(true),
            Passing::Unknown => Ok(false),
            Passing::Exactly(count) => {
                // The chunks waiting to be read come first in the list.
                self.read().await?;
                Ok(self.is_done() || self.pass_over(count))
            }
        }
    }

    async fn offer(&mut self, partition: Partition, passing: Passing) -> Result<(), StoreError> {
        if self.passes(passing).await? {
            return Ok(());
        }
        self.next.push(partition);
        if self.next.len() >= self.at_once { self.read().await } else { Ok(()) }
    }

    /// Reads the waiting chunks, side by side.
    async fn read(&mut self) -> Result<(), StoreError> {
        if self.next.is_empty() {
            return Ok(());
        }
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX);
        let needed =
            Needed { entries: usize::try_from(self.needed()).unwrap_or(usize::MAX), skip, heaviest: self.heaviest };
        let (services, account, filter) = (self.services, self.account, self.filter);
        let partitions = std::mem::take(&mut self.next).into_iter();
        let reads = partitions.map(|partition| entries(services, account, filter, partition, needed));
        for entry in drained(reads, MOST_AT_ONCE).await?.into_iter().flatten() {
            self.take(entry);
        }
        self.at_once = (self.at_once * 2).min(MOST_AT_ONCE);
        Ok(())
    }
}

/// The least bytes of text which an entry adds to an answer.
fn weight(entry: &Entry) -> usize {
    [&entry.text, &entry.source_url].into_iter().flatten().map(String::len).sum()
}

/// The bounds of a read, derived from the page's remaining need.
#[derive(Clone, Copy)]
struct Needed {
    entries: usize,
    /// The most entries, among `entries`, which the walk will skip.
    skip: usize,
    heaviest: usize,
}

/// Reads the entries of a chunk which pass, highest row first, stopping at the needed number or at the most text of an
/// answer.
async fn entries(
    services: &Services,
    account: AccountId,
    filter: &EntryFilter,
    partition: Partition,
    needed: Needed,
) -> Result<Vec<Entry>, StoreError> {
    let Partition { import, chunk, last } = partition;
    let query = match last {
        Some(last) => keys::entries_up_to(account, import, chunk, last),
        None => keys::entries(account, import, chunk),
    };
    let few = if filter.is_empty() { needed.entries } else { needed.entries.max(FEWEST) };
    let mut query = query.descending().limit(few.min(MOST));
    let (mut passed, mut heavy) = (Vec::new(), 0);
    loop {
        let (items, more) = services.store.page(&query).await?;
        for item in items {
            let mut entry: Entry = decode(item)?;
            filter.resolve(&mut entry);
            if filter.matches(&entry) {
                heavy += if passed.len() < needed.skip { 0 } else { weight(&entry) };
                passed.push(entry);
            }
        }
        // The walk takes at least two entries, however long the texts are.
        let enough =
            passed.len() >= needed.entries || heavy > needed.heaviest && passed.len() >= needed.skip.saturating_add(2);
        match more {
            Some(more) if !enough => query = query.after(more).limit(MOST),
            _ => return Ok(passed),
        }
    }
}
