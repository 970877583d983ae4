//! The items of an account in memory. Each method is one write or one transaction of the store: all of it happens, or
//! nothing.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::Record;
use super::super::image::{Former, Image, WrittenValue};
use super::super::index::{IndexTerm, Indexable, of_record};
use super::super::record::subprofiles_field;
use super::super::record::{Fields, Gone, Writer};
use super::super::restore::RowFate;
use crate::id::{ImportId, OwnerId, RecordId, Row};
use crate::store::keys::RecordKind;

/// Companies are known by their names' numbers. Like stored things, a company that is made again has its id again.
pub type Company = u64;

/// The number of companies.
pub const COMPANIES: Company = 3;

/// The database, which owns profiles.
pub const DATABASE: OwnerId = OwnerId(1);
/// The collection, which owns subprofiles.
pub const COLLECTION: OwnerId = OwnerId(2);
/// The fields with index items.
pub const INDEXED: [&str; 2] = ["f0", "f1"];

#[derive(Clone, Copy, Debug)]
pub struct PersonRow {
    pub name: u64,
    pub address: Option<u64>,
    pub company: Option<Company>,
    pub company_only: bool,
}

impl PersonRow {
    pub fn fields(self) -> Fields {
        let of = |name: &str, value: Option<u64>| value.map(|value| (name.to_owned(), json!(value)));
        [of("name", Some(self.name)), of("email", self.address), of("company", self.company)]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// Values by field; `None` takes the value off.
pub type Patch = BTreeMap<String, Option<Value>>;

/// A row of a file, as the join has decided on it.
#[derive(Clone, Debug)]
pub enum FileRow {
    Person(PersonRow),
    Profile(Fields),
    Subprofile(RecordId, Fields),
    Change(RecordId, Patch),
    Deletion(RecordId),
}

pub fn number(fields: &Fields, name: &str) -> Option<u64> {
    fields.get(name).and_then(Value::as_u64)
}

/// The index terms of a record.
pub fn terms(Indexable { owner, parent, fields }: Indexable<'_>) -> BTreeSet<IndexTerm> {
    let indexed = fields.iter().filter(|(field, _)| INDEXED.contains(&field.as_str()));
    let term = |(field, value): (&String, &Value)| {
        Some(IndexTerm { owner: owner?, field: field.clone(), value: value.to_string(), is_lost: false })
    };
    let parent = owner.zip(parent).map(|(owner, parent)| {
        let (field, value) = ("parent".to_owned(), parent.to_string());
        IndexTerm { owner, field, value, is_lost: false }
    });
    indexed.filter_map(term).chain(parent).collect()
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Planned,
    Committed,
    Reverting,
    Reverted,
}

#[derive(Clone, Debug)]
pub struct Chunk {
    pub state: State,
    /// The worker who has the lease.
    pub lease: Option<u64>,
    pub tries: u32,
    /// The people of each company at the commit.
    pub totals: BTreeMap<Company, i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CompanyItem {
    pub name: Company,
    pub maker: ImportId,
    pub refs: i64,
    pub orphan: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reference {
    pub loaded: i64,
    pub hand: i64,
}

/// A recorded write.
#[derive(Clone, Debug)]
pub enum Written {
    /// A row of an import, or people, need the company.
    Needs(ImportId, Company),
    /// People deleted a company.
    CompanyGone(Company),
    Created(ImportId, Box<Record>),
    /// Fields got other values. Without fields: a subprofile of the profile was created.
    Changed(Writer, RecordId, Patch),
    Deleted(Writer, RecordId),
    /// An undo left the fields as they were, because an image had expired.
    Kept(RecordId, Patch),
}

#[derive(Debug, Default)]
pub struct Told {
    pub removed: u64,
    pub lost_claims: u64,
    pub amended: u64,
    pub stepped: u64,
    pub rechecked: u64,
    pub released_orphans: u64,
    pub brought_back: u64,
    /// The people who were kept without their address, because somebody took the address while they were nearly removed.
    pub without_address: BTreeSet<RecordId>,
    /// People whom an undo left without a company, with the companies which were gone at that moment.
    pub without_company: BTreeSet<(RecordId, Company)>,
    /// The people whom imports moved to another company.
    pub moved: u64,
    /// The fate of each row, as the undo of its chunk told.
    pub fates: BTreeMap<(Writer, RecordId), RowFate>,
}

#[derive(Debug, Default)]
pub struct Memory {
    pub records: BTreeMap<RecordId, Record>,
    pub claims: BTreeMap<u64, RecordId>,
    /// Index items, with the version of the record for which each was put, and the import that put it.
    pub hints: BTreeMap<(IndexTerm, RecordId), (u64, ImportId)>,
    pub images: BTreeMap<(Writer, RecordId), Image>,
    /// Images which have expired.
    pub expired: BTreeSet<(Writer, RecordId)>,
    pub companies: BTreeMap<Company, CompanyItem>,
    pub references: BTreeMap<(Company, ImportId), Reference>,
    pub notes: BTreeSet<(ImportId, Company)>,
    pub chunks: BTreeMap<(ImportId, u64), Chunk>,
    /// Imports whose undo has begun.
    pub undone: BTreeSet<ImportId>,
    /// Imports that were stopped, and not resumed since.
    pub stopped: BTreeSet<ImportId>,
    /// The import in the lane.
    pub lane: Option<ImportId>,
    pub folded: BTreeSet<ImportId>,
    pub log: Vec<Written>,
    pub told: Told,
    counter: u64,
    workers: u64,
}

pub const ROWS_PER_CHUNK: u64 = 10;

pub fn chunk_of(row: Row) -> u64 {
    (row.0 - 1) / ROWS_PER_CHUNK
}

impl Memory {
    pub fn new(imports: u64, chunks: u64) -> Self {
        let chunk = Chunk { state: State::Planned, lease: None, tries: 0, totals: BTreeMap::new() };
        let chunks = (1..=imports).flat_map(|import| (0..chunks).map(move |number| (ImportId(import), number)));
        Self { chunks: chunks.map(|key| (key, chunk.clone())).collect(), ..Self::default() }
    }

    pub fn worker(&mut self) -> u64 {
        self.workers += 1;
        self.workers
    }

    pub fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub fn chunk(&mut self, import: ImportId, chunk: u64) -> &mut Chunk {
        self.chunks.get_mut(&(import, chunk)).expect("a planned chunk")
    }

    pub fn chunks_of(&self, import: ImportId) -> impl Iterator<Item = &Chunk> + Clone {
        self.chunks.iter().filter(move |((of, _), _)| *of == import).map(|(_, chunk)| chunk)
    }

    pub fn partition(&self, import: ImportId, chunk: u64) -> Vec<Record> {
        let of = |record: &&Record| record.maker() == import && chunk_of(record.id.row()) == chunk;
        self.records.values().filter(of).cloned().collect()
    }

    pub fn images_of(&self, import: ImportId, chunk: u64) -> Vec<Image> {
        let of = |writer: Writer| writer.import() == import && chunk_of(writer.row()) == chunk;
        self.images.iter().filter(|((writer, _), _)| of(*writer)).map(|(_, image)| image.clone()).collect()
    }

    pub fn is_unfinished(&self, import: ImportId) -> bool {
        let states = self.chunks_of(import).map(|chunk| chunk.state);
        let is_undone = self.undone.contains(&import);
        let end = if is_undone { State::Reverted } else { State::Committed };
        states.clone().any(|state| state != end) || is_undone && self.notes.iter().any(|(of, _)| *of == import)
    }

    /// Gives the lane to an import, unless another import is at work in it.
    pub fn enters_lane(&mut self, import: ImportId) -> bool {
        let is_over = |of: ImportId| {
            let mut chunks = self.chunks_of(of);
            chunks.clone().all(|chunk| chunk.state == State::Committed)
                || ((self.undone.contains(&of) || self.stopped.contains(&of)) && chunks.all(|one| one.lease.is_none()))
        };
        if self.undone.contains(&import) || self.lane.is_some_and(|of| of != import && !is_over(of)) {
            return false;
        }
        if self.lane != Some(import) {
            self.stopped.remove(&import);
        }
        self.lane = Some(import);
        true
    }

    /// `true` if people see the record.
    pub fn is_seen(&self, record: &Record) -> bool {
        let import = record.maker();
        let committed = || self.chunks[&(import, chunk_of(record.id.row()))].state == State::Committed;
        let parent = record.parent.is_none_or(|id| self.records.get(&id).is_some_and(|parent| self.is_seen(parent)));
        let stands = import == ImportId::HAND || record.orphan || (!self.undone.contains(&import) && committed());
        record.gone.is_none() && parent && stands
    }

    pub fn seen(&self) -> Vec<Record> {
        self.records.values().filter(|record| self.is_seen(record)).cloned().collect()
    }

    pub fn claim(&mut self, address: u64, id: RecordId) -> bool {
        let mine = *self.claims.entry(address).or_insert(id) == id;
        self.told.lost_claims += u64::from(!mine);
        mine
    }

    pub fn release(&mut self, address: u64, id: RecordId) {
        if self.claims.get(&address) == Some(&id) {
            self.claims.remove(&address);
        }
    }

    pub fn put_hint(&mut self, term: IndexTerm, id: RecordId, version: u64, by: ImportId) {
        let hint = self.hints.entry((term, id)).or_insert((version, by));
        if hint.0 <= version {
            *hint = (version, by);
        }
    }

    pub fn drop_hint(&mut self, term: IndexTerm, id: RecordId, version: u64, by: ImportId) {
        if let Entry::Occupied(hint) = self.hints.entry((term, id))
            && (hint.get().0 <= version || hint.get().1 == by)
        {
            hint.remove();
        }
    }

    /// Puts a block of images, if none is there.
    pub fn put_images(&mut self, import: ImportId, block: &[Image]) {
        for image in block {
            self.images.entry((image.writer(import), image.record)).or_insert(image.clone());
        }
    }

    pub fn amend_image(&mut self, import: ImportId, image: Image) {
        self.told.amended += 1;
        self.images.insert((image.writer(import), image.record), image);
    }

    /// Lets the images of an import expire.
    pub fn expire_images(&mut self, import: ImportId) {
        let (gone, stay) =
            std::mem::take(&mut self.images).into_iter().partition(|((writer, _), _)| writer.import() == import);
        let gone: BTreeMap<_, Image> = gone;
        self.expired.extend(gone.into_keys());
        self.images = stay;
    }

    /// Notes the fields whose values an undo has handed to people, because an image had expired.
    pub fn note_kept(&mut self, before: &Record, after: &Record) {
        let is_kept = |field: &&String| {
            let (had, has) = (before.written(field), after.written(field));
            field.as_str() != "company"
                && had.writer != has.writer
                && has == WrittenValue { writer: Writer::HAND, ..had }
        };
        let kept = before.writers.keys().filter(is_kept).map(|name| (name.clone(), after.fields.get(name).cloned()));
        let kept: Patch = kept.collect();
        if !kept.is_empty() && !self.expired.is_empty() {
            self.log.push(Written::Kept(before.id, kept));
        }
    }

    /// Notes that the undo of the row `me` has left a person at the company that the row gave, because an image had expired.
    pub fn note_kept_company(&mut self, me: Writer, person: RecordId) {
        let Some(record) = self.records.get(&person).filter(|record| record.writer("company") == me) else { return };
        let kept = Patch::from([("company".to_owned(), record.fields.get("company").cloned())]);
        self.log.push(Written::Kept(person, kept));
    }

    /// Puts a record in place of the version before, in a transaction with the counts of its companies. `false` if somebody
    /// was first, or a company is gone.
    pub fn put(&mut self, after: &Record) -> bool {
        let Some(now) = self.records.get(&after.id).filter(|now| now.version + 1 == after.version) else {
            return false;
        };
        let moves = Self::moves(Some(now), Some(after));
        let is_moved = self.moved(&moves);
        if is_moved {
            self.records.insert(after.id, after.clone());
        }
        is_moved
    }

    /// The write of a row, which is recorded.
    pub fn put_for_row(&mut self, me: Writer, after: &Record, former: &Former) -> bool {
        let written = self.put(after);
        if written {
            self.log.push(match former {
                Former::Changed { fields, .. } => {
                    self.told.moved += u64::from(fields.contains_key("company"));
                    let fields = fields.keys().filter(|name| !name.starts_with('s'));
                    let patch = fields.map(|name| (name.clone(), after.fields.get(name).cloned())).collect();
                    Written::Changed(me, after.id, patch)
                }
                Former::Deleted { .. } => Written::Deleted(me, after.id),
            });
        }
        written
    }

    /// Removes a record that stands for its import.
    pub fn remove(&mut self, seen: &Record) -> bool {
        let unchanged = self.records.get(&seen.id).is_some_and(|now| now.version == seen.version);
        if unchanged {
            self.records.remove(&seen.id);
            self.told.removed += 1;
        }
        unchanged
    }

    /// The transaction that removes a record to which others have written, with its claim and hints, and for an orphan
    /// with its count at people's reference.
    pub fn remove_touched(&mut self, seen: &Record, hints: &BTreeSet<IndexTerm>) -> bool {
        let removed = self.remove(seen);
        if removed {
            self.hints.retain(|(term, id), _| *id != seen.id || !hints.contains(term));
            number(&seen.fields, "email").into_iter().for_each(|address| self.release(address, seen.id));
        }
        if removed {
            self.told.released_orphans += u64::from(seen.orphan);
            let mut moves = Self::moves(Some(seen), None);
            moves.retain(|(referrer, ..)| *referrer == ImportId::HAND);
            assert!(self.moved(&moves), "nothing is gained");
        }
        removed
    }

    pub fn commit(&mut self, import: ImportId, chunk: u64, worker: u64, created: &[RecordId]) {
        if self.chunk(import, chunk).lease != Some(worker) || self.chunk(import, chunk).state != State::Planned {
            return;
        }
        let mut totals = BTreeMap::new();
        for id in created {
            let record = self.records[id].clone();
            number(&record.fields, "company").into_iter().for_each(|name| *totals.entry(name).or_insert(0) += 1);
            self.log.push(Written::Created(import, Box::new(record)));
        }
        let chunk = self.chunk(import, chunk);
        (chunk.state, chunk.lease, chunk.totals) = (State::Committed, None, totals);
    }

    /// The transaction of an edit by hand: the record in the version that was read, claims, references, hints. `None` before
    /// makes a record, `None` after deletes one. A deleted profile leaves a tombstone.
    pub fn edit(&mut self, before: Option<&Record>, after: Option<&Record>) -> bool {
        let one = before.or(after).expect("a record");
        let stands_for = if one.orphan { ImportId::HAND } else { one.maker() };
        let chunk = || self.chunks[&(stands_for, chunk_of(one.id.row()))].state;
        let fenced = stands_for != ImportId::HAND && chunk() != State::Committed;
        let unchanged = self.records.get(&one.id).map(|now| now.version) == before.map(|before| before.version);
        let of = |record: Option<&Record>, name| record.and_then(|record| number(&record.fields, name));
        let address = (of(before, "email"), of(after, "email"));
        let taken = address.1.is_some_and(|address| self.claims.get(&address).is_some_and(|&id| id != one.id));
        if fenced || !unchanged || taken || !self.moved(&Self::moves(before, after)) {
            return false;
        }
        if address.0 != address.1 {
            address.0.into_iter().for_each(|address| self.release(address, one.id));
        }
        address.1.into_iter().for_each(|address| assert!(self.claim(address, one.id)));
        let terms_of = |record: Option<&Record>| record.map(|record| of_record(&terms, record)).unwrap_or_default();
        let (old, new) = (terms_of(before), terms_of(after));
        for term in &old - &new {
            self.hints.remove(&(term, one.id));
        }
        for term in &new - &old {
            self.put_hint(term, one.id, after.map_or(0, |after| after.version), ImportId::HAND);
        }
        self.log.push(match (before, after) {
            (None, Some(after)) => Written::Created(ImportId::HAND, Box::new(after.clone())),
            (Some(before), Some(after)) => {
                let names = before.fields.keys().chain(after.fields.keys());
                let differ = names.filter(|name| before.fields.get(*name) != after.fields.get(*name));
                let patch = differ.map(|name| (name.clone(), after.fields.get(name).cloned())).collect();
                Written::Changed(Writer::HAND, one.id, patch)
            }
            (_, None) => Written::Deleted(Writer::HAND, one.id),
        });
        match (before, after) {
            (_, Some(after)) => drop(self.records.insert(one.id, after.clone())),
            (Some(before), None) if before.owner.is_some() => {
                let gone = Some(Gone { import: ImportId::HAND, row: Row(0), at: 2 });
                let version = before.version + 1;
                self.records.insert(one.id, Record { gone, version, ..before.clone() });
            }
            (_, None) => drop(self.records.remove(&one.id)),
        }
        true
    }

    /// The transaction that makes a subprofile by hand: the subprofile, and the profile in its next version, which people
    /// hold from now on.
    pub fn make_subprofile(&mut self, profile: &Record, new: &Record) -> bool {
        let stands = profile.maker() == ImportId::HAND || profile.orphan;
        let committed = || self.chunks[&(profile.maker(), chunk_of(profile.id.row()))].state == State::Committed;
        let mut after = Record { version: profile.version + 1, ..profile.clone() };
        after.set(&subprofiles_field(COLLECTION), None, Writer::HAND);
        if !(stands || committed()) || !self.put(&after) {
            return false;
        }
        self.log.push(Written::Changed(Writer::HAND, profile.id, Patch::new()));
        assert!(self.edit(None, Some(new)), "nobody else has the number");
        true
    }

    /// The transaction by which an undo keeps a record: the mark, the move of the company's count, and the claim and the
    /// hints, which an earlier attempt may have dropped. Without its address, a person is kept without the field.
    pub fn keep(&mut self, after: &Record, hints: &BTreeSet<IndexTerm>) -> bool {
        let mut after = after.clone();
        if self.records.get(&after.id).map(|now| now.version + 1) != Some(after.version) {
            return false;
        }
        if let Some(address) = number(&after.fields, "email")
            && !self.claim(address, after.id)
        {
            self.told.without_address.insert(after.id);
            let writer = after.writer("email");
            after.set("email", None, writer);
        }
        let moves = Self::moves(self.records.get(&after.id), Some(&after));
        assert!(self.moved(&moves), "the company of a person is there");
        hints.iter().for_each(|term| self.put_hint(term.clone(), after.id, after.version, after.maker()));
        self.records.insert(after.id, after);
        true
    }
}

/// The kind of a record, by its owner.
pub fn kind_of(owner: Option<OwnerId>) -> RecordKind {
    match owner {
        None => RecordKind::Person,
        Some(DATABASE) => RecordKind::Profile,
        Some(_) => RecordKind::Subprofile,
    }
}

pub fn id_of(import: ImportId, chunk: u64, offset: usize) -> RecordId {
    RecordId::of(import, Row(chunk * ROWS_PER_CHUNK + 1 + offset as u64))
}
