//! The walk over the records of a table that people can see, in the order of their ids: those of the database's imports, and
//! those that people made.
//!
//! The walk passes over whole imports, chunks and partitions of profiles by their counters ([`crate::records::walk`]). The
//! subprofiles of a removed profile are left out, so their number is found by reading them.

use super::owned::Owned;
use super::terms::IndexedFields;
use crate::id::{AccountId, ChunkNo, ImportId, OwnerId, RecordId};
use crate::import::{Import, Roll, RollOf};
use crate::records::Record;
use crate::records::index::{Indexable, key_of};
use crate::records::visible::VisibleRecords;
use crate::records::walk::{RecordWalk, Walked};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{StoreError, Table, decode};

/// The most records which are read at once.
const MOST_AT_ONCE: usize = 1000;

/// A walk over the records of a table that people can see, in the order of ids.
pub struct OwnedWalk<'s> {
    records: RecordWalk<'s>,
    /// Profiles or subprofiles.
    pub kind: RecordKind,
    owner: OwnerId,
    profiles: VisibleRecords<'s>,
}

impl<'s> OwnedWalk<'s> {
    /// A walk over the records behind `after`, or over all records.
    pub async fn begin(
        services: &'s Services,
        account: AccountId,
        owned: Owned<'_>,
        after: Option<RecordId>,
    ) -> Result<Self, StoreError> {
        let (kind, hand, roll) = (owned.kind(), owned.hand(), RollOf::Profiles(owned.schema.database.id));
        let walked = Walked { account, kind, roll, hand };
        let records = RecordWalk::begin(services, walked, after.map(|after| after.0)).await?;
        let profiles = VisibleRecords::new(services, account, RecordKind::Profile);
        Ok(Self { records, kind, owner: owned.id(), profiles })
    }

    /// The number of all records, or `None` if only reading tells.
    pub fn counted(&self) -> Option<u64> {
        self.records.is_counted.then_some(self.records.total)
    }

    /// Passes over the first `skip` records by the counters. Returns how many of them are still to pass over by reading.
    pub async fn pass_over(&mut self, mut skip: u64) -> Result<u64, StoreError> {
        while skip > 0
            && let Some(mut part) = self.records.next_part()
        {
            match part.count {
                Some(count) if count <= skip => skip -= count,
                _ if part.is_import() => drop(self.records.open(part, 1).await?),
                _ => {
                    let is_passed = part.pass_over(skip);
                    self.records.put_back(part);
                    return Ok(if is_passed { 0 } else { skip });
                }
            }
        }
        Ok(skip)
    }

    /// The next records, or `None` at the end. There may be none and more behind.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        while let Some(part) = self.records.next_part() {
            let Some(opened) = self.records.open(part, MOST_AT_ONCE).await? else { continue };
            let mut records = opened.records;
            records.retain(|record| record.owner == Some(self.owner));
            if self.kind == RecordKind::Subprofile {
                self.profiles.retain_children(&mut records).await?;
            }
            return Ok(Some(records));
        }
        Ok(None)
    }
}

/// Deletes everything that is stored of a table's records, also tombstones: a step of the deletion of a database.
pub async fn erase(services: &Services, account: AccountId, owned: Owned<'_>) -> Result<(), StoreError> {
    let (kind, hand) = (owned.kind(), owned.hand());
    let roll = Roll::read(services, account, RollOf::Profiles(owned.schema.database.id)).await?;
    for (import, _) in roll.all() {
        let Some(import) = Import::get(services, account, import).await? else { continue };
        for chunk in 0..import.file_chunk_count() {
            erase_partition(services, account, owned, (import.id, ChunkNo(chunk))).await?;
        }
    }
    let counters = services.store.all(keys::hand_record_counts(account, kind, hand).keys_only()).await?;
    for counter in counters {
        let counter = keys::Key::of(Table::Imports, &counter);
        let chunk = keys::chunk_of_hand_records(&counter)?;
        erase_partition(services, account, owned, (hand, chunk)).await?;
        services.store.delete_all(vec![counter]).await?;
    }
    Ok(())
}

/// Deletes the records of a table in a partition, with their index items.
async fn erase_partition(
    services: &Services,
    account: AccountId,
    owned: Owned<'_>,
    (import, chunk): (ImportId, ChunkNo),
) -> Result<(), StoreError> {
    let indexed = IndexedFields::of(owned.schema);
    let mut pages = services.store.pages(keys::records(account, owned.kind(), import, chunk));
    while let Some(items) = pages.next().await? {
        let mut keys = Vec::new();
        for item in items {
            let key = keys::Key::of(Table::Workspace, &item);
            let record: Record = decode(item)?;
            if record.owner == Some(owned.id()) {
                keys.push(key);
                let terms = indexed.terms(Indexable::of(&record));
                keys.extend(terms.iter().map(|term| key_of(account, term, record.id)));
            }
        }
        services.store.delete_all(keys).await?;
    }
    Ok(())
}
