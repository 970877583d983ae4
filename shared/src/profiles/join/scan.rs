//! The scan of a database: every profile, or every subprofile of a collection, that people can see.
//!
//! The records lie in partitions of people's records, of which counters tell, and in the partitions of the committed chunks of
//! the database's imports. Only the key fields are transferred; the price is that of the whole items.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use crate::id::{AccountId, ChunkNo, ImportId, OwnerId, RecordId};
use crate::import::{Import, ImportError, Roll, RollOf};
use crate::ledger::{Chunk, ChunkState};
use crate::profiles::Owned;
use crate::records::record::{Fields, Gone};
use crate::schema::{Collection, Schema};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{Key, StoreError, Table, decode, number};

/// The most partitions read at once.
const PARTITIONS_AT_ONCE: usize = 8;
/// The most imports read at once.
const IMPORTS_AT_ONCE: usize = 100;
/// The records that are read to learn how long records are, and the most partitions that are read for it.
const SAMPLE: usize = 25;
const SAMPLED_PARTITIONS: usize = 4;
/// A chunk number above the last chunk of any import.
const LAST_CHUNK: ChunkNo = ChunkNo(9_999_999);

/// A record as far as the join reads it.
#[derive(Clone, Debug, Deserialize)]
pub struct StandingRecord {
    pub id: RecordId,
    #[serde(default)]
    pub owner: Option<OwnerId>,
    #[serde(default)]
    pub parent: Option<RecordId>,
    /// The key fields.
    #[serde(default)]
    pub fields: Fields,
    #[serde(default)]
    gone: Option<Gone>,
    #[serde(default)]
    orphan: bool,
    created_at: i64,
    updated_at: i64,
    #[serde(default)]
    undone_at: Option<i64>,
}

impl StandingRecord {
    /// The time at which anybody last wrote to the record ([`Record::written_at`](crate::records::Record::written_at)).
    pub fn written_at(&self) -> i64 {
        self.created_at.max(self.updated_at).max(self.undone_at.unwrap_or(0))
    }
}

/// A partition with records that people can see.
#[derive(Clone, Copy, Debug)]
struct StandingPartition {
    import: ImportId,
    chunk: ChunkNo,
    /// `true` if people see only the records which the undo of the import kept.
    kept_only: bool,
}

/// The partitions of a database, known without reading a record.
pub struct DatabaseScan<'s> {
    services: &'s Services,
    account: AccountId,
    schema: Schema,
    /// The imports which wrote to the database, with `true` for those that are undone.
    imports: BTreeMap<ImportId, bool>,
    /// The number of records of the imports, profiles and subprofiles together.
    imported: u64,
    /// The partitions of the imports' chunks, read when the first scan begins.
    chunks: Option<Vec<StandingPartition>>,
}

impl<'s> DatabaseScan<'s> {
    /// Reads which imports wrote to the import's database. A deleted database is an error that no further try mends.
    pub async fn open(services: &'s Services, import: &Import, database: OwnerId) -> Result<Self, ImportError> {
        let account = import.account;
        let schema = Schema::read(services, account, database).await?;
        let schema = schema.ok_or_else(|| ImportError::Impossible(format!("database {database} was deleted")))?;
        let roll = Roll::read(services, account, RollOf::Profiles(database)).await?;
        let lines: BTreeMap<ImportId, _> = roll.all().collect();
        let mut scan = Self { services, account, schema, imports: BTreeMap::new(), imported: 0, chunks: None };
        let numbers: Vec<ImportId> = lines.keys().copied().collect();
        for some in numbers.chunks(IMPORTS_AT_ONCE) {
            let wanted: Vec<Key> = some.iter().map(|&number| keys::import(account, number)).collect();
            for item in services.store.get_many(&wanted).await? {
                let other: Import = decode(item)?;
                let line = lines.get(&other.id).copied().unwrap_or_default();
                // Of a resumed import, the committed chunks count as full.
                let standing = line.standing().or(other.rows).unwrap_or_default();
                scan.imported += line.kept() + if other.status.is_gone() { 0 } else { standing };
                scan.imports.insert(other.id, other.status.is_gone());
            }
        }
        Ok(scan)
    }

    /// The database with its parts.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The collection with an id, unless the collection was deleted.
    pub fn collection(&self, id: OwnerId) -> Result<&Collection, ImportError> {
        let collection = self.schema.collection(id);
        collection.ok_or_else(|| ImportError::Impossible(format!("collection {id} was deleted")))
    }

    /// The number of records in a table, at most.
    pub async fn count(&self, owned: Owned<'_>) -> Result<u64, StoreError> {
        let counters = keys::hand_record_counts(self.account, owned.kind(), owned.hand());
        let counted = self.services.store.all(counters).await?.into_iter().map(number);
        Ok(counted.sum::<Result<u64, StoreError>>()? + self.imported)
    }

    /// The read units that a scan of a table costs, estimated by the length of a few records.
    pub async fn price(&mut self, owned: Owned<'_>) -> Result<f64, StoreError> {
        let count = self.count(owned).await?;
        let partitions = self.partitions(owned).await?;
        let metered = self.services.store.metered();
        let mut sampled = 0;
        for partition in partitions.iter().take(SAMPLED_PARTITIONS) {
            let query = keys::records(self.account, owned.kind(), partition.import, partition.chunk);
            sampled += metered.page(&query.limit(SAMPLE)).await?.0.len();
            if sampled >= SAMPLE {
                break;
            }
        }
        let units = if sampled == 0 { 0.0 } else { metered.consumed().read / sampled as f64 };
        // Each partition is rounded up to a unit.
        Ok((count as f64 * units).max(partitions.len() as f64))
    }

    /// Reads every record of a table that people can see, with the fields of these ids, and passes each to `see`, in any order.
    /// Whether the profile of a subprofile can be seen is left to the caller.
    pub async fn read(
        &mut self,
        owned: Owned<'_>,
        fields: &[u64],
        mut see: impl FnMut(StandingRecord),
    ) -> Result<(), StoreError> {
        let partitions = self.partitions(owned).await?;
        let names: Vec<String> = fields.iter().map(u64::to_string).collect();
        let (scan, kind, owner) = (&*self, owned.kind(), owned.id());
        let names = &names;
        let fetch = |partition| scan.records(kind, partition, names);
        let mut fetched = stream::iter(partitions.into_iter().map(fetch)).buffered(PARTITIONS_AT_ONCE);
        while let Some(records) = fetched.try_next().await? {
            records.into_iter().filter(|record| record.owner == Some(owner)).for_each(&mut see);
        }
        Ok(())
    }

    /// The records of a partition that people can see.
    async fn records(
        &self,
        kind: RecordKind,
        partition: StandingPartition,
        names: &[String],
    ) -> Result<Vec<StandingRecord>, StoreError> {
        let own =
            ["id", "owner", "parent", "gone", "orphan", "created_at", "updated_at", "undone_at"].map(|name| [name]);
        let of_fields: Vec<[&str; 2]> = names.iter().map(|name| ["fields", name.as_str()]).collect();
        let paths = own.iter().map(|path| path.as_slice()).chain(of_fields.iter().map(|path| path.as_slice()));
        let query = keys::records(self.account, kind, partition.import, partition.chunk).at_paths(paths);
        let mut records: Vec<StandingRecord> = self.services.store.read_all(query).await?;
        records.retain(|record| record.gone.is_none() && (!partition.kept_only || record.orphan));
        Ok(records)
    }

    /// The partitions of a table.
    async fn partitions(&mut self, owned: Owned<'_>) -> Result<Vec<StandingPartition>, StoreError> {
        let mut partitions = Vec::new();
        let hand = owned.hand();
        for item in self.services.store.all(keys::hand_record_counts(self.account, owned.kind(), hand)).await? {
            let chunk = keys::chunk_of_hand_records(&Key::of(Table::Imports, &item))?;
            if number(item)? > 0 {
                partitions.push(StandingPartition { import: hand, chunk, kept_only: false });
            }
        }
        if self.chunks.is_none() {
            let mut all = Vec::new();
            for (&import, &is_gone) in &self.imports {
                all.extend(self.chunks_of(import, is_gone).await?);
            }
            self.chunks = Some(all);
        }
        partitions.extend(self.chunks.iter().flatten());
        Ok(partitions)
    }

    /// The chunks of an import with records that people can see.
    async fn chunks_of(&self, import: ImportId, is_gone: bool) -> Result<Vec<StandingPartition>, StoreError> {
        let mut found = Vec::new();
        let mut pages = self.services.store.pages(keys::chunks(self.account, import, ChunkNo(0), LAST_CHUNK));
        while let Some(items) = pages.next().await? {
            for item in items {
                let chunk = Chunk::decode(item)?;
                let is_seen = chunk.state == ChunkState::Committed && !is_gone;
                if is_seen || !chunk.kept.is_empty() {
                    found.push(StandingPartition { import, chunk: chunk.number, kept_only: !is_seen });
                }
            }
        }
        Ok(found)
    }
}
