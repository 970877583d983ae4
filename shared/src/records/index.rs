//! Index items: hints by which records are found by the value of a field.
//!
//! A hint is verified against its record by whoever finds the record, so a hint too many is harmless and a hint too few is
//! not. New hints are therefore put **before** the record is written, and old ones are dropped after. Each hint has the
//! version of the record for which the hint was put, and the import that put it last. A hint is dropped only if its version
//! is not above the version of the record that the dropper knows, or if the dropper itself put the hint, for a write that
//! was not made. So a slow worker drops no hint which somebody else has put again since.
//!
//! | effect | trace | who drops what is left by a death |
//! |---|---|---|
//! | hints of a created record, put after the record | the record, in its chunk's partition | the undo of the chunk |
//! | hints of new values of a row | the row's image, which has the values | the next try of the row, or its undo |
//! | hints of former values of a row | the row's image | the same |
//! | hints of values which an undo restores | the images of the row and of the undone imports before | the next try of the undo |
//!
//! A record to which nobody but its maker has written loses its hints **before** its item, because nothing leads to the
//! hints afterwards. An undo may die in between, and an import may write to the record, which is then kept. The transaction
//! that keeps the record puts all its hints again. A record to which others have written goes in one transaction with its
//! hints.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::Record;
use super::record::Fields;
use super::restore::Step;
use crate::id::{AccountId, ImportId, OwnerId, RecordId};
use crate::store::keys::{self, Key};
use crate::store::{Item, Table, Write, encode};

/// A value by which records are found. Terms of one index item are equal.
#[derive(Clone, Debug)]
pub struct IndexTerm {
    /// The database or collection.
    pub owner: OwnerId,
    /// The name of the field.
    pub field: String,
    /// The value as the index compares values.
    pub value: String,
    /// `true` for a field which has lost its index while there are index items: the term's hint is dropped, and never put.
    pub is_lost: bool,
}

impl IndexTerm {
    fn place(&self) -> (OwnerId, &str, &str) {
        (self.owner, &self.field, &self.value)
    }
}

impl PartialEq for IndexTerm {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for IndexTerm {}

impl PartialOrd for IndexTerm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IndexTerm {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

/// The terms of which a write that gives a record new terms puts the hints.
pub(super) fn put_of(new: &BTreeSet<IndexTerm>, old: &BTreeSet<IndexTerm>) -> BTreeSet<IndexTerm> {
    new.difference(old).filter(|term| !term.is_lost).cloned().collect()
}

/// The parts of a record by which the record is found.
#[derive(Clone, Copy, Debug)]
pub struct Indexable<'r> {
    /// The database of a profile, or the collection of a subprofile.
    pub owner: Option<OwnerId>,
    /// The profile of a subprofile, which is the same in every version of the subprofile; `None` where a few fields stand
    /// for a whole record.
    pub parent: Option<RecordId>,
    /// The fields.
    pub fields: &'r Fields,
}

impl<'r> Indexable<'r> {
    /// The parts of a whole record.
    pub fn of(record: &'r Record) -> Self {
        Self { owner: record.owner, parent: record.parent, fields: &record.fields }
    }
}

/// Tells the terms of a record. Each term comes from a single field, or from the parent.
pub type Terms<'t> = &'t (dyn Fn(Indexable<'_>) -> BTreeSet<IndexTerm> + Sync);

/// `true` if records are found by this value of a field.
pub(super) fn is_indexed(terms: Terms<'_>, owner: Option<OwnerId>, field: &str, value: &Value) -> bool {
    !terms_of(terms, owner, &[(field.to_owned(), value.clone())]).is_empty()
}

/// The hints to put and to drop for a write of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// Hints to put before the record is written.
    pub put: BTreeSet<IndexTerm>,
    /// Hints to put, or for a removal to drop, in the transaction that writes the record.
    pub within: BTreeSet<IndexTerm>,
    /// Hints to drop after the record is written, or before the record is removed.
    pub drop: BTreeSet<IndexTerm>,
    /// The version of the record for which hints are put, and up to which hints are dropped.
    pub version: u64,
}

impl Hints {
    /// The hints for the change of a record from `before` to `after`.
    pub fn of_change(terms: Terms<'_>, before: &Record, after: &Record) -> Self {
        let (old, new) = (of_record(terms, before), of_record(terms, after));
        let (put, drop, within) = (put_of(&new, &old), &old - &new, BTreeSet::new());
        Self { put, within, drop, version: after.version }
    }

    /// The hints for the step of an undo, where `passing` holds further values which the record may have had.
    pub fn of_step(terms: Terms<'_>, record: &Record, step: &Step, passing: &[(String, Value)]) -> Self {
        let now = of_record(terms, record);
        let passing = terms_of(terms, record.owner, passing);
        let none = BTreeSet::new();
        let after = match step {
            Step::Remove if record.is_touched() => {
                return Self { put: none, drop: &passing - &now, within: now, version: record.version };
            }
            Step::Remove => {
                return Self { put: none.clone(), within: none, drop: &passing | &now, version: record.version };
            }
            Step::Leave => record,
            Step::Put(after) => after,
        };
        let wanted = of_record(terms, after);
        let drop = &(&passing | &now) - &wanted;
        if after.orphan && !record.orphan {
            return Self { put: none.clone(), within: put_of(&wanted, &none), drop, version: after.version };
        }
        Self { put: put_of(&wanted, &now), within: none, drop, version: after.version }
    }

    /// The hints of values which a record may have had, where `record` is the record as it is, or `None` if it is gone.
    pub fn of_passing(
        terms: Terms<'_>,
        owner: Option<OwnerId>,
        record: Option<&Record>,
        passing: &[(String, Value)],
    ) -> Self {
        let wanted = record.map(|record| of_record(terms, record)).unwrap_or_default();
        let drop = &terms_of(terms, owner, passing) - &wanted;
        Self { drop, version: record.map_or(u64::MAX, |record| record.version), ..Self::default() }
    }
}

/// The key of the hint by which a record is found by a term.
pub fn key_of(account: AccountId, term: &IndexTerm, record: RecordId) -> Key {
    keys::index_item(account, term.owner, &term.field, &term.value, record)
}

/// The write which puts a hint for a version of the record, in the transaction that writes this version. `by` is the import
/// whose loader or undo writes, or [`ImportId::HAND`].
pub(super) fn put_within(account: AccountId, term: &IndexTerm, record: RecordId, version: u64, by: ImportId) -> Write {
    let put = Write::update(key_of(account, term, record), "SET #version = :version, #by = :by");
    put.bind(":version", version).bind(":by", by)
}

/// The write which puts a hint before the record is written in a version; refused if the hint has a later version.
pub(super) fn put_before(account: AccountId, term: &IndexTerm, record: RecordId, version: u64, by: ImportId) -> Write {
    let put = put_within(account, term, record, version, by);
    put.when("attribute_not_exists(#version) OR #version <= :version")
}

/// The write which drops a hint; refused if somebody else has put the hint for a later version than `version`.
pub(super) fn drop_up_to(account: AccountId, term: &IndexTerm, record: RecordId, version: u64, by: ImportId) -> Write {
    let drop = Write::delete(key_of(account, term, record)).when("#version <= :version OR #by = :by");
    drop.bind(":version", version).bind(":by", by)
}

/// The terms of a record as stored. A record which people deleted is found by nothing.
pub(super) fn of_record(terms: Terms<'_>, record: &Record) -> BTreeSet<IndexTerm> {
    if record.is_deleted_by_hand() { BTreeSet::new() } else { terms(Indexable::of(record)) }
}

/// The index items of a new record, as the loader that creates the record puts them: after the record, and before its chunk
/// is committed. A retry puts the same items.
pub fn items_of_new(account: AccountId, terms: Terms<'_>, record: &Record) -> Vec<(Table, Item)> {
    let hint = Hint { version: record.version, by: record.maker() };
    let item = |term: &IndexTerm| (Table::Workspace, encode(&key_of(account, term, record.id), &hint));
    put_of(&of_record(terms, record), &BTreeSet::new()).iter().map(item).collect()
}

/// An index item as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Hint {
    /// The version of the record for which the item was put.
    version: u64,
    /// The import which put the item, or [`ImportId::HAND`].
    by: ImportId,
}

/// The write which drops a hint unless somebody has put the hint for a later version than `version`.
pub(super) fn drop_of_version(account: AccountId, term: &IndexTerm, record: RecordId, version: u64) -> Write {
    Write::delete(key_of(account, term, record)).when("#version <= :version").bind(":version", version)
}

fn terms_of(terms: Terms<'_>, owner: Option<OwnerId>, values: &[(String, Value)]) -> BTreeSet<IndexTerm> {
    let alone = |(field, value): &(String, Value)| {
        let fields = Fields::from([(field.clone(), value.clone())]);
        terms(Indexable { owner, parent: None, fields: &fields })
    };
    values.iter().flat_map(alone).collect()
}
