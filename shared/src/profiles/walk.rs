//! The walk over the records of a table that people can see, in the order of their ids.
//!
//! Records that people made lie in the partitions of a number of their table, each with a counter. So a walk passes over whole
//! partitions without reading them. The records of imports come into the walk with the first import of profiles.

use std::cmp::Ordering;
use std::collections::{HashSet, VecDeque};

use super::owned::Owned;
use super::terms::PARENT;
use crate::id::{AccountId, ChunkNo, ImportId, RecordId, Row};
use crate::records::Record;
use crate::records::record::HAND_CHUNK;
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{StoreError, Table, decode, number};

/// The most records which a query reads.
const MOST_AT_ONCE: usize = 1000;

/// A partition of records that people made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Partition {
    chunk: ChunkNo,
    /// The first row to read.
    first: Row,
    /// The number of records which are not removed, or `None` for a part of a partition.
    count: Option<u64>,
}

/// A walk over the records of a table that people can see, in the order of ids.
pub struct OwnedWalk<'s> {
    services: &'s Services,
    account: AccountId,
    /// Profiles or subprofiles.
    pub kind: RecordKind,
    hand: ImportId,
    partitions: VecDeque<Partition>,
    /// The number of records that are not removed, as the counters tell. Subprofiles of removed profiles are in it.
    pub counted: u64,
}

impl<'s> OwnedWalk<'s> {
    /// A walk over the records behind `after`, or over all records.
    pub async fn begin(
        services: &'s Services,
        account: AccountId,
        owned: Owned<'_>,
        after: Option<RecordId>,
    ) -> Result<Self, StoreError> {
        let (kind, hand) = (owned.kind(), owned.hand());
        let mut walk = Self { services, account, kind, hand, partitions: VecDeque::new(), counted: 0 };
        for item in services.store.all(keys::hand_record_counts(account, kind, hand)).await? {
            let chunk = keys::chunk_of_hand_records(&keys::Key::of(Table::Imports, &item))?;
            let count = number(item)?;
            walk.counted += count;
            walk.partitions.push_back(Partition { chunk, first: Row(1), count: Some(count) });
        }
        if let Some(after) = after {
            walk.begin_behind(after);
        }
        walk.partitions.retain(|partition| partition.count != Some(0));
        Ok(walk)
    }

    fn begin_behind(&mut self, after: RecordId) {
        match after.import().cmp(&self.hand) {
            Ordering::Less => {}
            Ordering::Greater => self.partitions.clear(),
            Ordering::Equal => {
                let next = Row(after.row().0 + 1);
                let chunk = next.chunk(HAND_CHUNK);
                self.partitions.retain(|partition| partition.chunk >= chunk);
                if let Some(first) = self.partitions.front_mut().filter(|partition| partition.chunk == chunk) {
                    *first = Partition { chunk, first: next, count: None };
                }
            }
        }
    }

    /// Passes over the first `skip` records by the counters. Returns how many of them are still to pass over by reading.
    pub fn pass_over(&mut self, mut skip: u64) -> u64 {
        while let Some(count) = self.partitions.front().and_then(|partition| partition.count)
            && count <= skip
        {
            skip -= count;
            self.partitions.pop_front();
        }
        skip
    }

    /// The next records, or `None` at the end. There may be none and more behind.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        let Some(partition) = self.partitions.pop_front() else { return Ok(None) };
        let last = Row((partition.chunk.0 + 1) * u64::from(HAND_CHUNK));
        let query = keys::records_between(self.account, self.kind, self.hand, partition.chunk, (partition.first, last));
        let (items, more) = self.services.store.page(&query.limit(MOST_AT_ONCE)).await?;
        let mut records: Vec<Record> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        if more.is_some()
            && let Some(last) = records.last()
        {
            let first = Row(last.id.row().0 + 1);
            self.partitions.push_front(Partition { chunk: partition.chunk, first, count: None });
        }
        records.retain(|record| record.gone.is_none());
        if self.kind == RecordKind::Subprofile {
            with_parents(self.services, self.account, &mut records).await?;
        }
        Ok(Some(records))
    }
}

/// Leaves only the subprofiles whose profile is not removed.
async fn with_parents(services: &Services, account: AccountId, records: &mut Vec<Record>) -> Result<(), StoreError> {
    let parents: HashSet<RecordId> = records.iter().filter_map(|record| record.parent).collect();
    let key = |&id: &RecordId| Record::key(account, RecordKind::Profile, id, HAND_CHUNK);
    let keys: Vec<_> = parents.iter().filter(|id| id.import().is_by_hand()).map(key).collect();
    let mut standing = HashSet::new();
    for item in services.store.get_many(&keys).await? {
        let parent: Record = decode(item)?;
        if parent.gone.is_none() {
            standing.insert(parent.id);
        }
    }
    records.retain(|record| record.parent.is_some_and(|parent| standing.contains(&parent)));
    Ok(())
}

/// Deletes everything that is stored of a table's records, also tombstones: a step of the deletion of a database.
pub async fn erase(services: &Services, account: AccountId, owned: Owned<'_>) -> Result<(), StoreError> {
    let (kind, hand) = (owned.kind(), owned.hand());
    let counters = services.store.all(keys::hand_record_counts(account, kind, hand).keys_only()).await?;
    for counter in counters {
        let counter = keys::Key::of(Table::Imports, &counter);
        let chunk = keys::chunk_of_hand_records(&counter)?;
        let mut pages = services.store.pages(keys::records(account, kind, hand, chunk));
        while let Some(items) = pages.next().await? {
            let mut keys = Vec::new();
            for item in items {
                keys.push(keys::Key::of(Table::Workspace, &item));
                let record: Record = decode(item)?;
                if let Some(parent) = record.parent {
                    let parent = parent.to_string();
                    keys.push(keys::index_item(account, owned.id(), PARENT, &parent, record.id));
                }
            }
            services.store.delete_all(keys).await?;
        }
        services.store.delete_all(vec![counter]).await?;
    }
    Ok(())
}
