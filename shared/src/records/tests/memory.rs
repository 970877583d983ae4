//! The items of an account in memory. Each method is one write or one transaction of the store: all of it happens, or
//! nothing.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::Record;
use super::super::record::Fields;
use super::super::undo::orphaned;
use crate::id::{ImportId, RecordId, Row};

/// Companies are known by their names' numbers. Like stored things, a company that is made again has its id again.
pub type Company = u64;

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

pub fn number(fields: &Fields, name: &str) -> Option<u64> {
    fields.get(name).and_then(Value::as_u64)
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
    Created(ImportId, RecordId, Fields),
    Edited(RecordId, Fields),
    Deleted(RecordId),
}

#[derive(Debug, Default)]
pub struct Told {
    pub removed: u64,
    pub lost_claims: u64,
}

#[derive(Debug, Default)]
pub struct Memory {
    pub people: BTreeMap<RecordId, Record>,
    pub claims: BTreeMap<u64, RecordId>,
    pub companies: BTreeMap<Company, CompanyItem>,
    pub references: BTreeMap<(Company, ImportId), Reference>,
    pub notes: BTreeSet<(ImportId, Company)>,
    pub chunks: BTreeMap<(ImportId, u64), Chunk>,
    /// Imports whose undo has begun.
    pub undone: BTreeSet<ImportId>,
    pub folded: BTreeSet<ImportId>,
    pub log: Vec<Written>,
    pub told: Told,
    counter: u64,
    workers: u64,
}

pub const ROWS_PER_CHUNK: u64 = 10;

pub fn chunk_of(id: RecordId) -> u64 {
    (id.row().0 - 1) / ROWS_PER_CHUNK
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

    pub fn partition(&self, import: ImportId, chunk: u64) -> Vec<Record> {
        let of = |record: &&Record| record.maker() == import && chunk_of(record.id) == chunk;
        self.people.values().filter(of).cloned().collect()
    }

    pub fn is_unfinished(&self, import: ImportId) -> bool {
        let of = self.chunks.iter().filter(|((of, _), _)| *of == import).map(|(_, chunk)| chunk.state);
        of.clone().any(|state| state != State::Committed) && !of.clone().all(|state| state == State::Reverted)
            || (self.undone.contains(&import) && self.notes.iter().any(|(of, _)| *of == import))
    }

    /// `true` if people see the record.
    pub fn is_seen(&self, record: &Record) -> bool {
        let import = record.maker();
        let committed = || self.chunks[&(import, chunk_of(record.id))].state == State::Committed;
        import == ImportId::HAND || record.orphan || (!self.undone.contains(&import) && committed())
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

    /// Finds or makes the company and refers to it.
    pub fn refer(&mut self, import: ImportId, name: Company) {
        assert!(import == ImportId::HAND || self.notes.contains(&(import, name)), "noted first");
        if self.references.contains_key(&(name, import)) {
            return;
        }
        let new = CompanyItem { name, maker: import, refs: 0, orphan: false };
        self.companies.entry(name).or_insert(new).refs += 1;
        self.references.insert((name, import), Reference::default());
        self.log.push(Written::Needs(import, name));
    }

    /// Drops a reference, and the company with the last one if its maker is undone. Twice is once.
    pub fn drop_reference(&mut self, import: ImportId, name: Company) {
        let held = i64::from(self.references.remove(&(name, import)).is_some());
        let Some(company) = self.companies.get_mut(&name) else { return };
        company.refs -= held;
        if import != ImportId::HAND && company.maker == import {
            company.orphan = true;
        }
        if company.orphan && company.refs == 0 {
            self.companies.remove(&name);
        }
    }

    /// Adds people to a reference, which is made if it is missing; people's own reference goes with its last person.
    fn adjust(&mut self, referrer: ImportId, name: Company, by: i64) {
        if !self.references.contains_key(&(name, referrer)) {
            assert!(referrer == ImportId::HAND || self.notes.contains(&(referrer, name)), "noted first");
            self.companies.get_mut(&name).expect("checked before").refs += 1;
            self.references.insert((name, referrer), Reference::default());
        }
        let reference = self.references.get_mut(&(name, referrer)).expect("there it is");
        reference.hand += by;
        if referrer == ImportId::HAND && reference.hand == 0 {
            self.drop_reference(referrer, name);
        }
    }

    pub fn commit(&mut self, import: ImportId, chunk: u64, worker: u64, created: &[RecordId]) {
        if self.chunk(import, chunk).lease != Some(worker) || self.chunk(import, chunk).state != State::Planned {
            return;
        }
        let mut totals = BTreeMap::new();
        for id in created {
            let fields = self.people[id].fields.clone();
            number(&fields, "company").into_iter().for_each(|name| *totals.entry(name).or_insert(0) += 1);
            self.log.push(Written::Created(import, *id, fields));
        }
        let chunk = self.chunk(import, chunk);
        (chunk.state, chunk.lease, chunk.totals) = (State::Committed, None, totals);
    }

    /// Sets the totals of an import whose chunks are committed.
    pub fn fold(&mut self, import: ImportId) {
        let chunks: Vec<_> = self.chunks.range((import, 0)..(ImportId(import.0 + 1), 0)).map(|(_, one)| one).collect();
        if self.folded.contains(&import)
            || self.undone.contains(&import)
            || chunks.iter().any(|chunk| chunk.state != State::Committed)
        {
            return;
        }
        let mut totals: BTreeMap<Company, i64> = BTreeMap::new();
        for (name, people) in chunks.iter().flat_map(|chunk| &chunk.totals) {
            *totals.entry(*name).or_default() += people;
        }
        self.folded.insert(import);
        for (name, people) in totals {
            self.references.get_mut(&(name, import)).expect("referred before the load").loaded = people;
        }
    }

    /// The transaction of an edit by hand: the record in the version that was read, claims, references. `None` before
    /// makes a record, `None` after deletes one.
    pub fn edit(&mut self, before: Option<&Record>, after: Option<&Record>) -> bool {
        let one = before.or(after).expect("a record");
        let referrer = if one.orphan { ImportId::HAND } else { one.maker() };
        let fenced = referrer != ImportId::HAND && self.chunks[&(referrer, chunk_of(one.id))].state != State::Committed;
        let unchanged = self.people.get(&one.id).map(|now| now.version) == before.map(|before| before.version);
        let of = |record: Option<&Record>, name| record.and_then(|record| number(&record.fields, name));
        let [address, company] = ["email", "company"].map(|name| (of(before, name), of(after, name)));
        let taken = address.1.is_some_and(|address| self.claims.get(&address).is_some_and(|&id| id != one.id));
        let missing = company.1.is_some_and(|name| !self.companies.contains_key(&name));
        if fenced || !unchanged || taken || missing {
            return false;
        }
        if address.0 != address.1 {
            address.0.into_iter().for_each(|address| self.release(address, one.id));
        }
        address.1.into_iter().for_each(|address| assert!(self.claim(address, one.id)));
        if company.0 != company.1 {
            company.1.into_iter().for_each(|name| self.adjust(referrer, name, 1));
            company.0.into_iter().for_each(|name| self.adjust(referrer, name, -1));
        }
        let (id, fields) = (one.id, after.map(|after| after.fields.clone()));
        self.log.push(match (before, fields) {
            (None, Some(fields)) => Written::Created(ImportId::HAND, id, fields),
            (Some(_), Some(fields)) => Written::Edited(id, fields),
            (_, None) => Written::Deleted(id),
        });
        match after {
            Some(after) => drop(self.people.insert(id, after.clone())),
            None => drop(self.people.remove(&id)),
        }
        true
    }

    /// The transaction by which an undo keeps a person: the mark, and the move of the company's count.
    pub fn keep(&mut self, seen: &Record) {
        let referrer = seen.maker();
        if self.people.get(&seen.id).map(|now| now.version) != Some(seen.version) {
            return;
        }
        self.people.insert(seen.id, orphaned(seen.clone()));
        if let Some(name) = number(&seen.fields, "company") {
            self.adjust(ImportId::HAND, name, 1);
            self.adjust(referrer, name, -1);
        }
    }

    pub fn make_company(&mut self, name: Company) {
        if let Entry::Vacant(free) = self.companies.entry(name) {
            free.insert(CompanyItem { name, maker: ImportId::HAND, refs: 0, orphan: false });
            self.log.push(Written::Needs(ImportId::HAND, name));
        }
    }

    /// Deletes a company without people, unless an import may still bring people.
    pub fn delete_company(&mut self, name: Company) {
        let references = || self.references.iter().filter(|((of, _), _)| *of == name);
        let busy = |import: &ImportId| *import != ImportId::HAND && !self.folded.contains(import);
        let used = references().any(|((_, import), one)| busy(import) || one.loaded + one.hand != 0);
        let maker = self.companies.get(&name).map(|company| company.maker);
        if maker.is_none_or(|maker| busy(&maker)) || used {
            return;
        }
        self.references.retain(|(of, _), _| *of != name);
        self.companies.remove(&name);
        self.log.push(Written::CompanyGone(name));
    }
}

pub fn id_of(import: ImportId, chunk: u64, offset: usize) -> RecordId {
    RecordId::of(import, Row(chunk * ROWS_PER_CHUNK + 1 + offset as u64))
}
