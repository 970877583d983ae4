//! The undo of the writes of a chunk to records: of the changes and deletions first, then of the records it created.
//!
//! The decisions are those of [`restore`](super::restore). All steps run behind the fence of the chunk, so no loader and no
//! edit by hand meets a record that stands for the chunk. Other undos, and people who edit records that stand for
//! somebody else, are fenced by the version of the record.
//!
//! | effect of the import | trace | how the undo reverses the effect | why twice is once |
//! |---|---|---|---|
//! | a changed field | the image of the row | the resolved value, if the row is the last writer of the field | the row is no writer any more |
//! | another thing of a record | the same | the field, with the counts of both things in one transaction ([`moves`](super::moves)) | the same |
//! | a deletion | the image of the row | the tombstone taken off, all fields resolved | the tombstone is gone |
//! | a record that nobody else wrote to | the chunk's partition | deleted, if its version is the version that was read | a deleted record is not met again |
//! | the claim of such a record | the record's address | released before the record goes, if the claim is the record's | a claim that is gone, or somebody else's, stays as it is |
//! | a record that somebody who stands wrote to | the record's writers | kept: marked as an orphan, its things counted for people, its claim put again, in a transaction | an orphan is passed over |
//! | index items | the values of records and images | see [`index`](super::index) | a hint is dropped once |
//! | references and things | the notes | by the end of the undo, after the last chunk | see `revert/release.rs` |
//!
//! An orphan belongs to its standing writers, and the undo of the last of them removes the orphan. A record to which
//! others have written goes in one transaction with its claim, because its writers may write again at any moment.
//!
//! Two undos at once may restore a value to each other. Each therefore looks again, after its last write, at the
//! imports to which it left records, and resolves again until all of them stand.
//!
//! A loader that died may have left records without claims, and records whose claim somebody else has. Both go like the
//! rest, because the claim of somebody else is not released.

mod together;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::sync::Mutex;

use super::change::{self, Holdings};
use super::history::History;
use super::image::{Album, Image};
use super::index::{self, Hints, IndexTerm};
use super::moves::Moves;
use super::record::{Record, RecordRef};
use super::restore::{Plan, RowFate, Step, rechecked, restored, taken_back};
use super::rules::{HintWriter, RecordRules};
use crate::concurrent::drained;
use crate::id::{ChunkNo, RecordId, Row};
use crate::import::Import;
use crate::lease::{Lease, LeasedError};
use crate::ledger::UndoFate;
use crate::services::Services;
use crate::store::keys::{self, Key, RecordKind};
use crate::store::{Patience, StoreError, Write, decode};
use crate::things::claim::{self, Holder};

/// The most records which are written at once.
const IN_FLIGHT: usize = 16;
/// The most attempts to write to a record that others keep changing.
const ATTEMPTS: u32 = 20;
const BUSY: &str = "a record kept changing while its import was undone";

/// The records of an import: which kinds of records the import writes to, and their rules.
#[derive(Clone, Copy)]
pub struct Records<'i> {
    /// The import.
    pub import: &'i Import,
    /// The rules of each kind.
    pub rules: &'i [RecordRules<'i>],
}

/// The result of the undo of a chunk's writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// The records created by the chunk that stay, in the order of the rows, among them those which an earlier try kept.
    pub kept: Vec<RecordRef>,
    /// The fates of the rows that changed or deleted records, in the order of the rows.
    pub fates: Vec<(Row, RecordRef, RowFate)>,
}

impl TakenBack {
    /// The fate of each row as people are told: of several records of a row the strongest.
    pub fn fates_of_rows(&self) -> Vec<(Row, UndoFate)> {
        let mut of_rows: BTreeMap<Row, UndoFate> = BTreeMap::new();
        for &(row, _, fate) in &self.fates {
            if let Some(fate) = told(fate) {
                let strongest = of_rows.entry(row).or_insert(fate);
                *strongest = fate.max(*strongest);
            }
        }
        of_rows.into_iter().collect()
    }
}

fn told(fate: RowFate) -> Option<UndoFate> {
    match fate {
        RowFate::Nothing => None,
        RowFate::Restored => Some(UndoFate::Restored),
        RowFate::BroughtBack => Some(UndoFate::BroughtBack),
        RowFate::Kept => Some(UndoFate::Kept),
        RowFate::Gone => Some(UndoFate::Gone),
        RowFate::Expired => Some(UndoFate::Expired),
    }
}

impl Records<'_> {
    /// Takes back the writes of a chunk which the caller has fenced. A second call writes nothing more, and tells the same
    /// fates, unless somebody has written to the records since.
    pub async fn take_back(
        &self,
        services: &Services,
        chunk: ChunkNo,
        lease: &Lease,
    ) -> Result<TakenBack, LeasedError> {
        let history = History::new(services, self.import);
        let undo = ChunkUndo { records: self, services, lease, history, moving: Mutex::default() };
        let (fates, mut written) = undo.restore_all(chunk).await?;
        let mut kept = Vec::new();
        for rules in self.rules {
            let (stay, marked) = undo.take_back_created(rules, chunk).await?;
            kept.extend(stay);
            written.extend(marked);
        }
        undo.recheck(written).await?;
        kept.sort_unstable_by_key(|&(kind, id)| (id, kind));
        Ok(TakenBack { kept, fates })
    }

    /// Removes records with their claims and index items, whoever wrote to the records: strays that a loader left.
    pub async fn remove(&self, services: &Services, records: Vec<Record>, lease: &Lease) -> Result<(), LeasedError> {
        let [rules, ..] = self.rules else { return Ok(()) };
        let history = History::new(services, self.import);
        let undo = ChunkUndo { records: self, services, lease, history, moving: Mutex::default() };
        let undo = &undo;
        let removals = records.into_iter().map(|record| async move {
            lease.check(&services.clock)?;
            let plan = Plan { step: Step::Remove, passing: Vec::new() };
            let key = Record::key(self.import.account, rules.kind, record.id, self.import.rows_per_chunk);
            Ok::<_, LeasedError>(undo.perform(rules, &key, &record, &plan).await?)
        });
        drained(removals, IN_FLIGHT).await.map(drop)
    }
}

/// A record as an undo has written it.
type Written = (RecordKind, Record);

/// The undo of a chunk under way.
struct ChunkUndo<'u> {
    records: &'u Records<'u>,
    services: &'u Services,
    lease: &'u Lease,
    history: History<'u>,
    /// Held by the record which moves to another thing. Records of a chunk mostly share few things, whose counts only one
    /// transaction at a time can change.
    moving: Mutex<()>,
}

impl ChunkUndo<'_> {
    /// Restores the records of all images of the chunk. Returns the fates of the rows, and the records written.
    async fn restore_all(&self, chunk: ChunkNo) -> Result<(Vec<(Row, RecordRef, RowFate)>, Vec<Written>), LeasedError> {
        let Import { account, id: import, .. } = *self.records.import;
        let images = Album { account, import, chunk }.read_all(self.services).await?;
        self.history.add_images(&images);
        let mut together = self.move_back_together(images.values().collect()).await?;
        let restores = images.values().map(|image| {
            let done = together.remove(&image.of());
            async move {
                self.lease.check(&self.services.clock)?;
                match done {
                    Some((fate, after)) => Ok((fate, Some(after))),
                    None => self.restore(image).await,
                }
            }
        });
        let mut fates = Vec::with_capacity(images.len());
        let mut written = Vec::new();
        for ((&(row, record), image), (fate, after)) in images.iter().zip(drained(restores, IN_FLIGHT).await?) {
            fates.push((row, record, fate));
            written.extend(after.map(|after| (image.kind, after)));
        }
        Ok((fates, written))
    }

    /// Restores the record of an image. Returns the fate of the row, and the record if it was written.
    async fn restore(&self, image: &Image) -> Result<(RowFate, Option<Record>), LeasedError> {
        let rules = self.rules(image.kind)?;
        let import = self.records.import.id;
        let Some(key) = self.history.key(image.of()).await? else { return Ok((RowFate::Gone, None)) };
        let mut patience = Patience::of_tries(ATTEMPTS);
        // The hints which an attempt has put are dropped by the next, although the record may have other values by then.
        let mut passing = Vec::new();
        loop {
            let record = Record::read(self.services, &key).await?;
            let now = self.services.clock.now_ms();
            let plan = |known: &_| restored(known, import, image, record.as_ref(), now);
            let (mut plan, fate) = self.history.decided(image.of(), plan).await?;
            let lost = image.changed().any(|field| !(rules.has_field)(field));
            let fate = if lost { RowFate::Gone } else { fate };
            plan.passing.append(&mut passing);
            let Some(record) = record else {
                let left = Hints::of_passing(rules.terms, image.owner, None, &plan.passing);
                self.hints(image.record).drop(&left).await?;
                return Ok((fate, None));
            };
            if self.perform(rules, &key, &record, &plan).await? {
                return Ok((fate, plan.step.written()));
            }
            passing = plan.passing;
            self.history.forget_things();
            patience.wait(false, BUSY).await?;
            self.lease.check(&self.services.clock)?;
        }
    }

    /// Takes back the records which the chunk created. Returns those that stay, and those among them written now.
    async fn take_back_created(
        &self,
        rules: &RecordRules<'_>,
        chunk: ChunkNo,
    ) -> Result<(Vec<RecordRef>, Vec<Written>), LeasedError> {
        let Import { account, id: import, .. } = *self.records.import;
        let (mut kept, mut written) = (Vec::new(), Vec::new());
        let mut note = |(id, stays, after): (RecordId, bool, Option<Record>)| {
            kept.extend(stays.then_some((rules.kind, id)));
            written.extend(after.map(|after| (rules.kind, after)));
        };
        let mut pages = self.services.store.pages(keys::records(account, rules.kind, import, chunk));
        while let Some(items) = pages.next().await? {
            let records = items.into_iter().map(decode).collect::<Result<Vec<Record>, _>>()?;
            let (touched, untouched): (Vec<_>, Vec<_>) = records.into_iter().partition(Record::is_touched);
            let removals = untouched.into_iter().map(|record| self.take_back_one(rules, record));
            drained(removals, IN_FLIGHT).await?.into_iter().for_each(&mut note);
            // Records that stay mostly share few things, whose counts only one transaction at a time can change.
            for record in touched {
                note(self.take_back_one(rules, record).await?);
            }
        }
        Ok((kept, written))
    }

    /// Removes or keeps a record, which was read a moment ago. Tells whether the record stays, and returns the record if it
    /// was written.
    async fn take_back_one(
        &self,
        rules: &RecordRules<'_>,
        mut record: Record,
    ) -> Result<(RecordId, bool, Option<Record>), LeasedError> {
        let import = self.records.import;
        let (id, key) = (record.id, Record::key(import.account, rules.kind, record.id, import.rows_per_chunk));
        let mut patience = Patience::of_tries(ATTEMPTS);
        loop {
            self.lease.check(&self.services.clock)?;
            let step = self.history.decided((rules.kind, id), |known| taken_back(known, &record)).await?;
            let plan = Plan { step, passing: Vec::new() };
            if self.perform(rules, &key, &record, &plan).await? {
                return Ok((id, plan.step != Step::Remove, plan.step.written()));
            }
            patience.wait(false, BUSY).await?;
            match Record::read(self.services, &key).await? {
                Some(now) => record = now,
                None => return Ok((id, false, None)),
            }
        }
    }

    /// Resolves the written records again, until all imports to which values were restored stand. Each round reads the
    /// imports again, and reads only records whose values are of undone imports by now.
    async fn recheck(&self, mut written: Vec<Written>) -> Result<(), LeasedError> {
        while !written.is_empty() {
            self.history.forget_standing();
            for (kind, left) in std::mem::take(&mut written) {
                let now = self.history.decided((kind, left.id), |known| rechecked(known, &left)).await?;
                if now.step != Step::Leave {
                    written.extend(self.recheck_one(kind, &left).await?.map(|after| (kind, after)));
                }
            }
        }
        Ok(())
    }

    /// Resolves a record again, which the undo left so. Returns the record if it was written.
    async fn recheck_one(&self, kind: RecordKind, left: &Record) -> Result<Option<Record>, LeasedError> {
        let id = left.id;
        let rules = self.rules(kind)?;
        let Some(key) = self.history.key((kind, id)).await? else { return Ok(None) };
        let mut patience = Patience::of_tries(ATTEMPTS);
        let mut passing = Vec::new();
        loop {
            self.lease.check(&self.services.clock)?;
            let Some(record) = Record::read(self.services, &key).await? else {
                // Somebody removed the record after an attempt had put hints.
                let left = Hints::of_passing(rules.terms, left.owner, None, &passing);
                self.hints(id).drop(&left).await?;
                return Ok(None);
            };
            let mut plan = self.history.decided((kind, id), |known| rechecked(known, &record)).await?;
            plan.passing.append(&mut passing);
            if self.perform(rules, &key, &record, &plan).await? {
                return Ok(plan.step.written());
            }
            passing = plan.passing;
            self.history.forget_things();
            patience.wait(false, BUSY).await?;
        }
    }

    /// Does what a plan says. `false` if somebody else has written to the record since it was read.
    async fn perform(
        &self,
        rules: &RecordRules<'_>,
        key: &Key,
        record: &Record,
        plan: &Plan,
    ) -> Result<bool, StoreError> {
        let hints = Hints::of_step(rules.terms, record, &plan.step, &plan.passing);
        let writer = self.hints(record.id);
        writer.put(&hints).await?;
        let done = match &plan.step {
            Step::Leave => true,
            Step::Put(after) if after.orphan && !record.orphan => {
                self.keep(rules, key, record, (**after).clone(), &hints.within).await?
            }
            Step::Put(after) => self.put(rules, key, record, after).await?,
            Step::Remove => {
                writer.drop(&hints).await?;
                return self.removed(rules, key, record, &hints.within).await;
            }
        };
        if done {
            writer.drop(&hints).await?;
        }
        Ok(done)
    }

    /// Writes a record, and moves the record from the things which it had to those which it has now. `false` if an item was
    /// changed in between.
    async fn put(
        &self,
        rules: &RecordRules<'_>,
        key: &Key,
        before: &Record,
        after: &Record,
    ) -> Result<bool, StoreError> {
        let put = Write::put(key.clone(), after).if_version(before.version);
        let (held, holds) = ((rules.holdings)(before)?.things, (rules.holdings)(after)?.things);
        let moves = Moves::between(rules.kind, (before, &held), (after, &holds));
        if moves.is_empty() {
            return self.services.store.attempt(put).await;
        }
        let _turn = self.moving.lock().await;
        let mut writes = vec![put];
        writes.extend(moves.writes(self.services, self.records.import.account).await?);
        self.services.store.attempt_all(writes).await
    }

    /// Removes a record with its claim. `false` if the record was changed in between.
    async fn removed(
        &self,
        rules: &RecordRules<'_>,
        key: &Key,
        record: &Record,
        hints: &BTreeSet<IndexTerm>,
    ) -> Result<bool, StoreError> {
        let (services, account) = (self.services, self.records.import.account);
        let held = (rules.holdings)(record)?;
        if record.is_touched() {
            let import = self.records.import;
            let other = record.orphan && record.maker() != import.id;
            let maker = if other { Import::get(services, account, record.maker()).await? } else { None };
            let held = Holdings { index: hints.clone(), ..held };
            return change::remove_touched(services, account, (rules.kind, key), record, held, maker.as_ref()).await;
        }
        if let Some(address) = held.address {
            services.store.attempt(claim::release_of_person(account, &address, record.id)).await?;
        }
        let delete = Write::delete(key.clone());
        services.store.attempt(delete.if_version(record.version)).await
    }

    /// Marks a record as an orphan, counts its things for people from now on, and claims its address again if an
    /// earlier attempt released the claim. If somebody else has the address by now, the record stays without. `false` if
    /// an item was changed in between.
    async fn keep(
        &self,
        rules: &RecordRules<'_>,
        key: &Key,
        before: &Record,
        mut after: Record,
        hints: &BTreeSet<IndexTerm>,
    ) -> Result<bool, StoreError> {
        let Import { account, id: import, .. } = *self.records.import;
        let services = self.services;
        let Holdings { address, things, .. } = (rules.holdings)(before)?;
        let version = after.version;
        let moves = Moves::between(rules.kind, (before, &things), (&after, &things));
        let put = |term| index::put_within(account, term, before.id, version, import);
        let mut writes: Vec<_> = hints.iter().map(put).collect();
        if let (Some(address), Some(field)) = (address, rules.address_field) {
            match claim::holder(services, account, &address).await? {
                Some(Holder::Person(id)) if id == before.id => {}
                None => writes.push(claim::claim_for_person(account, &address, before.id)),
                Some(_) => {
                    let writer = after.writer(field);
                    after.set(field, None::<Value>, writer);
                }
            }
        }
        writes.push(Write::put(key.clone(), &after).if_version(before.version));
        writes.extend(moves.writes(services, account).await?);
        services.store.attempt_all(writes).await
    }

    fn hints(&self, record: RecordId) -> HintWriter<'_> {
        let Import { account, id: by, .. } = *self.records.import;
        HintWriter { services: self.services, account, record, by }
    }

    fn rules(&self, kind: RecordKind) -> Result<&RecordRules<'_>, StoreError> {
        let rules = self.records.rules.iter().find(|rules| rules.kind == kind);
        rules.ok_or_else(|| StoreError::Shape(format!("the import has no rules for records of the kind {kind}")))
    }
}
