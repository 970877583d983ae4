//! The undo of the records that a chunk of an import created.
//!
//! Not the values decide but the last writers of the fields: somebody may change a field and change it back, and that
//! write stands. A record to which somebody else wrote stays after the undo of its maker, as an orphan, whatever the
//! values are. All steps run behind the fence of the chunk, so no edit by hand comes in between.
//!
//! | effect of the import | trace | how the undo reverses the effect | why twice is once |
//! |---|---|---|---|
//! | a record that nobody else wrote to | the chunk's partition | deleted, if its version is the version that was read | a deleted record is not met again |
//! | the claim of such a record | the record's address | released before the record goes, if the claim is the record's | a claim that is gone, or somebody else's, stays as it is |
//! | a record that somebody wrote to | the record's writers | kept: marked as an orphan, and its things counted for people, in a transaction | an orphan is passed over |
//! | references and things | the notes | by the end of the undo, after the last chunk | see `revert/release.rs` |
//!
//! A loader that died may have left records without claims, and records whose claim somebody else has. Both go like the
//! rest, because the claim of somebody else is not released.

use super::Record;
use super::change::Holdings;
use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId, RecordId};
use crate::import::Import;
use crate::lease::{Lease, LeasedError};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{Patience, StoreError, Write, decode, retry};
use crate::things::claim;
use crate::things::reference::{self, Differences, Shift};
use crate::things::retired::Retirements;
use crate::things::sums::Sums;

/// The most records which are removed at once.
const IN_FLIGHT: usize = 16;
/// The most attempts to take a record back.
const ATTEMPTS: u32 = 20;

/// The fate of a record when its maker is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody but the maker wrote to the record, so the record goes.
    Goes,
    /// Somebody else wrote to the record, so the record stays as an orphan.
    Stays,
    /// An earlier try of the undo kept the record, and people may have edited the record since.
    Stayed,
}

/// The fate of a record whose maker is undone. So far only people change records, and their writes always stand.
pub fn fate(record: &Record) -> Fate {
    match record {
        Record { orphan: true, .. } => Fate::Stayed,
        Record { writers, .. } if writers.is_empty() => Fate::Goes,
        Record { .. } => Fate::Stays,
    }
}

/// The record as it stays after the undo of its maker: marked, and in another version, so whoever read the record
/// before reads again.
pub fn orphaned(record: Record) -> Record {
    Record { orphan: true, version: record.version + 1, ..record }
}

/// The records of an import, of one kind: where the records lie and what they hold.
#[derive(Clone, Copy)]
pub struct Records<'i> {
    /// The import which created the records.
    pub import: &'i Import,
    /// The kind of the records.
    pub kind: RecordKind,
    /// Tells the address and the things of a record.
    pub holdings: fn(&Record) -> Result<Holdings, StoreError>,
}

impl Records<'_> {
    /// Takes back the records of a chunk which the caller has fenced. Returns the records that stay, in the order of the
    /// rows, among them those which an earlier try kept.
    pub async fn take_back(
        &self,
        services: &Services,
        chunk: ChunkNo,
        lease: &Lease,
    ) -> Result<Vec<RecordId>, LeasedError> {
        let mut kept = Vec::new();
        let mut pages = services.store.pages(keys::records(self.import.account, self.kind, self.import.id, chunk));
        while let Some(items) = pages.next().await? {
            let records = items.into_iter().map(decode).collect::<Result<Vec<Record>, _>>()?;
            let (going, staying): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| fate(record) == Fate::Goes);
            let removals = going.into_iter().map(|record| async move {
                lease.check(&services.clock)?;
                self.take_back_one(services, record).await
            });
            kept.extend(drained(removals, IN_FLIGHT).await?.into_iter().flatten());
            // Records that stay mostly share few things, whose counts only one transaction at a time can change.
            for record in staying {
                lease.check(&services.clock)?;
                kept.extend(self.take_back_one(services, record).await?);
            }
        }
        kept.sort_unstable();
        Ok(kept)
    }

    /// Removes records with their claims, whoever wrote to the records: strays that a loader left.
    pub async fn remove(&self, services: &Services, records: Vec<Record>, lease: &Lease) -> Result<(), LeasedError> {
        let removals = records.into_iter().map(|record| async move {
            lease.check(&services.clock)?;
            Ok::<_, LeasedError>(self.removed(services, &record).await?)
        });
        drained(removals, IN_FLIGHT).await.map(drop)
    }

    /// Removes or keeps a record, which was read a moment ago. Returns the id if the record stays.
    async fn take_back_one(&self, services: &Services, record: Record) -> Result<Option<RecordId>, LeasedError> {
        let (id, key) = (record.id, Record::key(self.account(), self.kind, record.id, self.import.rows_per_chunk));
        let stays = match self.attempt(services, record).await? {
            Some(stays) => stays,
            None => {
                let what = "a record kept changing while its import was undone";
                retry(Patience::of_tries(ATTEMPTS), what, || async {
                    match Record::read(services, &key).await? {
                        Some(now) => self.attempt(services, now).await,
                        None => Ok(Some(false)),
                    }
                })
                .await?
            }
        };
        Ok(stays.then_some(id))
    }

    /// One attempt to remove or keep a record: `true` if the record stays, `None` if an item was changed in between.
    async fn attempt(&self, services: &Services, record: Record) -> Result<Option<bool>, StoreError> {
        match fate(&record) {
            Fate::Goes => Ok(self.removed(services, &record).await?.then_some(false)),
            Fate::Stays => Ok(self.kept(services, record).await?.then_some(true)),
            Fate::Stayed => Ok(Some(true)),
        }
    }

    /// Releases the claim of a record and deletes the record. `false` if the record was changed in between.
    async fn removed(&self, services: &Services, record: &Record) -> Result<bool, StoreError> {
        if let Some(address) = (self.holdings)(record)?.address {
            services.store.attempt(claim::release_of_person(self.account(), &address, record.id)).await?;
        }
        let delete = Write::delete(Record::key(self.account(), self.kind, record.id, self.import.rows_per_chunk));
        services.store.attempt(delete.when("#version = :seen").bind(":seen", record.version)).await
    }

    /// Marks a record as an orphan, and counts its things for people instead of the import. `false` if an item was changed
    /// in between.
    async fn kept(&self, services: &Services, record: Record) -> Result<bool, StoreError> {
        let (account, import) = (self.account(), self.import.id);
        let things = (self.holdings)(&record)?.things;
        let (key, seen) = (Record::key(account, self.kind, record.id, self.import.rows_per_chunk), record.version);
        let put = Write::put(key, &orphaned(record)).when("#version = :seen").bind(":seen", seen);
        let mut writes = vec![put];
        let one = Sums { entries: 1, ..Sums::default() };
        let mut gained = Differences::default();
        for &(kind, id) in &things {
            gained.sums.insert((kind, id), one);
            writes.push(reference::adjust(account, kind, id, import, &one.negated(), &Default::default()));
        }
        let mut shift = Shift::default();
        writes.extend(gained.writes(services, account, ImportId::HAND, &mut shift).await?);
        writes.extend(shift.writes(services, account, &Retirements::default(), ImportId::HAND).await?);
        services.store.attempt_all(writes).await
    }

    fn account(&self) -> AccountId {
        self.import.account
    }
}
