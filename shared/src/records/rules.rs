//! The rules of a kind of records, which the storage code takes from the kind.

use std::collections::BTreeSet;

use super::change::Holdings;
use super::index::{self, Hints, IndexTerm, Indexable, Terms};
use super::record::Record;
use crate::concurrent::drained;
use crate::id::{AccountId, ImportId, RecordId};
use crate::services::Services;
use crate::store::keys::{Key, RecordKind};
use crate::store::{StoreError, Write};

/// The most index items written at once for a record.
const HINTS_IN_FLIGHT: usize = 4;

/// The most records whose index items are put at once.
const RECORDS_IN_FLIGHT: usize = 16;

/// What the engine must know of a kind of records.
#[derive(Clone, Copy)]
pub struct RecordRules<'r> {
    /// The kind.
    pub kind: RecordKind,
    /// Tells the address and the things of a record.
    pub holdings: &'r (dyn Fn(&Record) -> Result<Holdings, StoreError> + Sync),
    /// The field with the address that a record claims, or `None` for a kind without addresses.
    pub address_field: Option<&'static str>,
    /// Tells the index terms of a record.
    pub terms: Terms<'r>,
    /// Tells whether people can see a field of a record, by the name of the field.
    pub has_field: &'r (dyn Fn(&str) -> bool + Sync),
}

/// Puts the index items of records which were written without them, each for the version of the record as read. A record that
/// somebody has changed since is read again, so no item of a former value is left.
pub async fn put_hints(
    services: &Services,
    account: AccountId,
    terms: Terms<'_>,
    records: Vec<(Key, Record)>,
) -> Result<(), StoreError> {
    let puts = records.into_iter().map(|(key, record)| async move {
        let writer = HintWriter { services, account, record: record.id, by: ImportId::HAND };
        let mut before = record;
        loop {
            let put = index::of_record(terms, &before);
            if put.is_empty() {
                return Ok::<_, StoreError>(());
            }
            writer.put(&Hints { put: put.clone(), version: before.version, ..Hints::default() }).await?;
            let now = Record::read(services, &key).await?;
            if now.as_ref().is_some_and(|now| now.version == before.version) {
                return Ok(());
            }
            let stays = now.as_ref().map(|now| index::of_record(terms, now)).unwrap_or_default();
            // People may have put an item again, so the version alone tells whose item goes.
            let stale = &put - &stays;
            let drop = |term| index::drop_of_version(account, term, before.id, before.version);
            writer.send(stale.iter().map(drop)).await?;
            match now {
                Some(now) => before = now,
                None => return Ok(()),
            }
        }
    });
    drained(puts, RECORDS_IN_FLIGHT).await.map(drop)
}

/// The terms of a kind whose records are found by no value.
pub fn no_terms(_: Indexable<'_>) -> BTreeSet<IndexTerm> {
    BTreeSet::new()
}

/// Index items of a record.
#[derive(Clone, Copy)]
pub(super) struct HintWriter<'s> {
    pub services: &'s Services,
    pub account: AccountId,
    pub record: RecordId,
    /// The import whose loader or undo puts and drops.
    pub by: ImportId,
}

impl HintWriter<'_> {
    /// Puts hints, each with the version for which it was put. A hint of a later version stays.
    pub async fn put(&self, hints: &Hints) -> Result<(), StoreError> {
        let put = |term| index::put_before(self.account, term, self.record, hints.version, self.by);
        self.send(hints.put.iter().map(put)).await
    }

    /// Drops hints that nobody has put for a later version.
    pub async fn drop(&self, hints: &Hints) -> Result<(), StoreError> {
        let drop = |term| index::drop_up_to(self.account, term, self.record, hints.version, self.by);
        self.send(hints.drop.iter().map(drop)).await
    }

    async fn send(&self, writes: impl Iterator<Item = Write>) -> Result<(), StoreError> {
        let sent = writes.map(|write| async move { self.services.store.attempt(write).await });
        drained(sent, HINTS_IN_FLIGHT).await.map(|_| ())
    }
}
