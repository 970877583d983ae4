//! The walk over the records of a kind that people can see, in the order of their ids.
//!
//! Records of the imports come by number. People made by hand come first, and profiles made by hand last, because their
//! numbers are above those of imports. A walk is a sequence of parts, each a range of ids whose number of records is mostly
//! known without reading a record:
//!
//! | part | its number of records comes from |
//! |---|---|
//! | a partition of records made by hand | the counter of the partition |
//! | an import | the roll |
//! | a chunk of an import | its ledger page |
//!
//! So whoever looks for page 300 passes over whole imports, then over whole chunks, and reads the partitions of the page
//! alone. An import is expanded into chunks only when the page begins or ends inside it.
//!
//! What people see of an import are the records of its committed chunks. Of an undone import they see the records which the
//! undo kept, once the undo has ended.
//!
//! No counter tells the number of records in three cases, and then the records are read: of subprofiles, which are removed with
//! their profile; while an import stands that deletes records of others; and of what the undo of an import of profiles kept,
//! because the roll counts rows there.

use std::collections::VecDeque;

use super::Record;
use super::record::HAND_CHUNK;
use crate::id::{AccountId, ChunkNo, ImportId, MAX_ROWS, RecordId, Row};
use crate::import::{Import, Roll, RollOf};
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{StoreError, Table, decode, number};

/// The most records which a query reads.
const MOST_AT_ONCE: usize = 1000;

/// The kind of records to walk over, with their makers.
#[derive(Clone, Copy, Debug)]
pub struct Walked {
    pub account: AccountId,
    pub kind: RecordKind,
    /// The imports which create such records.
    pub roll: RollOf,
    /// The number of the records made by hand.
    pub hand: ImportId,
}

/// A range of ids in a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first id of the range.
    first: RecordId,
    /// The last id of the range, which need not exist.
    pub last: RecordId,
    /// The number of records, or `None` if only reading tells.
    pub count: Option<u64>,
    /// `true` if every id of the range is a record, so that the place of a record follows from its id.
    is_whole: bool,
    place: Place,
}

impl Part {
    /// Passes over the first `skip` records without reading, if their ids are known. `false` if reading is needed.
    pub fn pass_over(&mut self, skip: u64) -> bool {
        if self.is_whole && self.count.is_some_and(|count| skip < count) {
            self.first = RecordId(self.first.0 + skip);
            self.count = self.count.map(|count| count - skip);
        }
        self.is_whole
    }
}

/// The records of a part, or of its beginning.
#[derive(Debug)]
pub struct Opened {
    /// The records in the order of ids.
    pub records: Vec<Record>,
    /// The last id of the range which was read. The rest of the part comes next in the walk.
    pub until: RecordId,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A partition of records made by hand.
    Hand(ChunkNo),
    /// A whole import.
    Import,
    /// A chunk of an import; with `kept`, only the records which an undo kept.
    Chunk { chunk: ChunkNo, kept: bool },
}

impl Part {
    /// `true` for the records of a whole import, whose chunks come in its place once the part is opened.
    pub fn is_import(&self) -> bool {
        self.place == Place::Import
    }
}

/// The parts of a walk that are still to come, in the order of ids.
pub struct RecordWalk<'s> {
    services: &'s Services,
    walked: Walked,
    parts: VecDeque<Part>,
    /// The number of all records, also of those before the start, as the counters tell. Too high unless `is_counted`.
    pub total: u64,
    /// `true` if the counters tell the number of all records.
    pub is_counted: bool,
    /// `true` if the counters tell the number of the records of imports that stand.
    has_counts: bool,
}

impl<'s> RecordWalk<'s> {
    /// A walk over the records behind `after`, or over all records.
    pub async fn begin(services: &'s Services, walked: Walked, after: Option<u64>) -> Result<Self, StoreError> {
        let Walked { account, kind, roll, hand } = walked;
        let (of_people, roll) = tokio::try_join!(
            services.store.all(keys::hand_record_counts(account, kind, hand)),
            Roll::read(services, account, roll)
        )?;
        let has_counts = kind.is_counted_by_imports() && !roll.all().any(|(_, line)| line.deletes());
        let mut parts: Vec<(Part, bool)> = Vec::new();
        for item in of_people {
            let chunk = keys::chunk_of_hand_records(&keys::Key::of(Table::Imports, &item))?;
            let first = RecordId::of(hand, Row(chunk.0 * u64::from(HAND_CHUNK) + 1));
            let last = RecordId::of(hand, Row((chunk.0 + 1) * u64::from(HAND_CHUNK)));
            // Whatever imports delete, a counter of 0 tells that people have deleted every record.
            let count = Some(number(item)?).filter(|&count| has_counts || count == 0);
            parts.push((Part { first, last, count, is_whole: false, place: Place::Hand(chunk) }, false));
        }
        for (import, line) in roll.all() {
            let standing = if line.is_gone() { Some(0) } else { line.standing().filter(|_| has_counts) };
            let kept = Some(line.kept()).filter(|&kept| kept == 0 || kind == RecordKind::Person);
            let count = standing.zip(kept).map(|(standing, kept)| standing + kept);
            let (first, last) = (RecordId::of(import, Row(1)), RecordId::of(import, Row(MAX_ROWS)));
            let is_open = has_counts && kept.is_some() && standing.is_none();
            parts.push((Part { first, last, count, is_whole: false, place: Place::Import }, is_open));
        }
        parts.sort_by_key(|(part, _)| part.first);
        let mut walk = Self { services, walked, parts: VecDeque::new(), total: 0, is_counted: true, has_counts };
        for (mut part, is_open) in parts.into_iter().filter(|(part, _)| part.count != Some(0)) {
            match part.count {
                Some(count) => walk.total += count,
                None if is_open => walk.total += walk.standing(part.first.import()).await?,
                None => walk.is_counted = false,
            }
            if after.is_some_and(|after| part.last.0 <= after) {
                continue;
            }
            if let Some(after) = after.filter(|after| part.first.0 <= *after) {
                part.first = RecordId(after + 1);
                part.count = None;
            }
            walk.parts.push_back(part);
        }
        Ok(walk)
    }

    /// The number of records of an import which has not settled.
    async fn standing(&self, import: ImportId) -> Result<u64, StoreError> {
        let Some(import) = Import::get(self.services, self.walked.account, import).await? else { return Ok(0) };
        let counts = import.counts(self.services).await?;
        Ok(counts.entities().saturating_sub(counts.dropped))
    }

    /// The next part, or `None` at the end of the walk.
    pub fn next_part(&mut self) -> Option<Part> {
        self.parts.pop_front()
    }

    /// Puts a part back, which comes next.
    pub fn put_back(&mut self, part: Part) {
        self.parts.push_front(part);
    }

    /// The first records of a part, at most `most` of them, from 1. `None` for an import, whose chunks come next in the
    /// walk instead.
    pub async fn open(&mut self, part: Part, most: usize) -> Result<Option<Opened>, StoreError> {
        let (chunk, kept) = match part.place {
            Place::Hand(chunk) => (chunk, false),
            Place::Chunk { chunk, kept } => (chunk, kept),
            Place::Import => {
                for part in self.chunks(&part).await?.into_iter().rev() {
                    self.parts.push_front(part);
                }
                return Ok(None);
            }
        };
        let Walked { account, kind, .. } = self.walked;
        let rows = (part.first.row(), part.last.row());
        let query = keys::records_between(account, kind, part.first.import(), chunk, rows);
        let (items, more) = self.services.store.page(&query.limit(most.clamp(1, MOST_AT_ONCE))).await?;
        let mut records: Vec<Record> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        let mut until = part.last;
        // DynamoDB tells of more behind a full page, although the range may end with the page's last record.
        if more.is_some()
            && let Some(last) = records.last().filter(|last| last.id < part.last)
        {
            until = last.id;
            let first = RecordId(last.id.0 + 1);
            self.parts.push_front(Part { first, count: None, is_whole: false, ..part });
        }
        records.retain(|record| record.gone.is_none() && (!kept || record.orphan));
        Ok(Some(Opened { records, until }))
    }

    /// The chunks of an import which hold records that people can see.
    async fn chunks(&self, part: &Part) -> Result<Vec<Part>, StoreError> {
        let (services, id) = (self.services, part.first.import());
        let Some(import) = Import::get(services, self.walked.account, id).await? else { return Ok(Vec::new()) };
        let reached = part.first.row().chunk(import.rows_per_chunk);
        let mut parts = Vec::new();
        let last = ChunkNo(import.file_chunk_count());
        let mut pages = services.store.pages(keys::chunks(import.account, import.id, reached, last));
        while let Some(items) = pages.next().await? {
            for item in items {
                let chunk = Chunk::decode(item)?;
                let kept = !chunk.kept.is_empty();
                let is_seen = chunk.state == ChunkState::Committed && !import.status.is_gone();
                if !is_seen && !kept {
                    continue;
                }
                let first = RecordId::of(id, Row(chunk.first_row)).max(part.first);
                let last = RecordId::of(id, Row(chunk.first_row + u64::from(chunk.rows) - 1));
                let is_whole = first.row() == Row(chunk.first_row);
                let count = (is_seen && is_whole && self.has_counts).then(|| chunk.standing());
                let is_whole = count == Some(chunk.rows.into());
                let place = Place::Chunk { chunk: chunk.number, kept: !is_seen };
                parts.push(Part { first, last, count, is_whole, place });
            }
        }
        parts.retain(|part| part.count != Some(0));
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_partition_made_by_hand_holds_the_numbers_of_its_chunk() {
        for number in [1, 999, 1000, 1001, 2000] {
            let chunk = Row(number).chunk(HAND_CHUNK);
            let (first, last) = (chunk.0 * u64::from(HAND_CHUNK) + 1, (chunk.0 + 1) * u64::from(HAND_CHUNK));
            assert!((first..=last).contains(&number), "{number}");
        }
    }
}
