//! Records by their ids, as far as people can see them.
//!
//! A record is read twice at most: first from whichever copy DynamoDB asks, for half the price, and if that copy is not what
//! the reader looks for, from the copy that has every write. So a match costs half a read unit, and nothing that was written
//! before is missed.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{HAND_CHUNK, Record};
use crate::id::{AccountId, ChunkNo, ImportId, RecordId};
use crate::import::Import;
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{Key, StoreError, decode};

/// The import of a record, as far as the visibility of the record depends on it.
#[derive(Clone, Copy, Debug)]
struct MakingImport {
    rows_per_chunk: u32,
    is_gone: bool,
}

/// Reads records of a kind, and remembers which imports and chunks can be seen.
pub struct VisibleRecords<'s> {
    services: &'s Services,
    account: AccountId,
    kind: RecordKind,
    imports: BTreeMap<ImportId, Option<MakingImport>>,
    /// `true` for a committed chunk.
    chunks: BTreeMap<(ImportId, ChunkNo), bool>,
}

impl<'s> VisibleRecords<'s> {
    /// A reader of an account's records of a kind.
    pub fn new(services: &'s Services, account: AccountId, kind: RecordKind) -> Self {
        Self { services, account, kind, imports: BTreeMap::new(), chunks: BTreeMap::new() }
    }

    /// Reads those of the records which people can see and which `is_wanted`, in any order. Whether the profile of a subprofile
    /// can be seen is left to the caller.
    pub async fn read(
        &mut self,
        ids: &BTreeSet<RecordId>,
        is_wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, StoreError> {
        self.learn_imports(ids).await?;
        let keys: BTreeMap<RecordId, Key> = ids.iter().filter_map(|&id| Some((id, self.key(id)?))).collect();
        let wanted: Vec<Key> = keys.values().cloned().collect();
        let mut found = Vec::new();
        let mut again = keys;
        for item in self.services.store.get_many_of_late(&wanted).await? {
            let record: Record = decode(item)?;
            if record.gone.is_none() && is_wanted(&record) {
                again.remove(&record.id);
                found.push(record);
            }
        }
        let again: Vec<Key> = again.into_values().collect();
        for item in self.services.store.get_many(&again).await? {
            let record: Record = decode(item)?;
            if record.gone.is_none() && is_wanted(&record) {
                found.push(record);
            }
        }
        self.learn_chunks(&found).await?;
        found.retain(|record| self.is_seen(record));
        Ok(found)
    }

    /// Reads those of the records which people can see as of now, in the order of ids: for a read unit each, the copy that has
    /// every write.
    pub async fn read_now(&mut self, ids: &BTreeSet<RecordId>) -> Result<Vec<Record>, StoreError> {
        self.learn_imports(ids).await?;
        let keys: Vec<Key> = ids.iter().filter_map(|&id| self.key(id)).collect();
        let mut found = Vec::new();
        for item in self.services.store.get_many(&keys).await? {
            let record: Record = decode(item)?;
            found.extend(record.gone.is_none().then_some(record));
        }
        self.learn_chunks(&found).await?;
        found.retain(|record| self.is_seen(record));
        found.sort_by_key(|record| record.id);
        Ok(found)
    }

    /// Leaves only the subprofiles whose profile people can see, where the reader is one of profiles.
    pub async fn retain_children(&mut self, subprofiles: &mut Vec<Record>) -> Result<(), StoreError> {
        let parents: BTreeSet<RecordId> = subprofiles.iter().filter_map(|record| record.parent).collect();
        let seen: BTreeSet<RecordId> = self.read_now(&parents).await?.into_iter().map(|profile| profile.id).collect();
        subprofiles.retain(|record| record.parent.is_some_and(|parent| seen.contains(&parent)));
        Ok(())
    }

    fn key(&self, id: RecordId) -> Option<Key> {
        let rows = match id.import() {
            import if import.is_by_hand() => HAND_CHUNK,
            import => (*self.imports.get(&import)?)?.rows_per_chunk,
        };
        (id.row().0 > 0).then(|| Record::key(self.account, self.kind, id, rows))
    }

    /// The chunk on which the visibility of a record depends, or `None` if the record is seen or hidden without one.
    fn chunk(&self, record: &Record) -> Option<(ImportId, ChunkNo)> {
        let import = record.id.import();
        let making = self.imports.get(&import).copied().flatten()?;
        (!record.orphan && !making.is_gone).then(|| (import, record.id.row().chunk(making.rows_per_chunk)))
    }

    fn is_seen(&self, record: &Record) -> bool {
        let is_committed = || self.chunk(record).is_some_and(|chunk| self.chunks.get(&chunk) == Some(&true));
        record.orphan || record.id.import().is_by_hand() || is_committed()
    }

    async fn learn_imports(&mut self, ids: &BTreeSet<RecordId>) -> Result<(), StoreError> {
        let imports: BTreeSet<ImportId> = ids.iter().map(|id| id.import()).collect();
        let unknown = imports.into_iter().filter(|id| !id.is_by_hand() && !self.imports.contains_key(id));
        let unknown: Vec<ImportId> = unknown.collect();
        let wanted: Vec<Key> = unknown.iter().map(|&id| keys::import(self.account, id)).collect();
        self.imports.extend(unknown.into_iter().map(|id| (id, None)));
        for item in self.services.store.get_many(&wanted).await? {
            let import: Import = decode(item)?;
            let making = MakingImport { rows_per_chunk: import.rows_per_chunk, is_gone: import.status.is_gone() };
            self.imports.insert(import.id, Some(making));
        }
        Ok(())
    }

    async fn learn_chunks(&mut self, records: &[Record]) -> Result<(), StoreError> {
        let chunks: BTreeSet<_> = records.iter().filter_map(|record| self.chunk(record)).collect();
        let unknown: Vec<_> = chunks.into_iter().filter(|chunk| !self.chunks.contains_key(chunk)).collect();
        let wanted: Vec<Key> =
            unknown.iter().map(|&(import, chunk)| keys::chunk(self.account, import, chunk)).collect();
        let mut committed = BTreeSet::new();
        for item in self.services.store.get_many(&wanted).await? {
            let import = keys::import_of(&Key::of(crate::store::Table::Imports, &item).pk).map(|(_, import)| import);
            let chunk = Chunk::decode(item)?;
            if let Some(import) = import.filter(|_| chunk.state == ChunkState::Committed) {
                committed.insert((import, chunk.number));
            }
        }
        self.chunks.extend(unknown.into_iter().map(|chunk| (chunk, committed.contains(&chunk))));
        Ok(())
    }
}
