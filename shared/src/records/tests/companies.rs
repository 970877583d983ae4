//! Companies and the references to them, in memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::super::Record;
use super::super::moves::referrer;
use super::memory::{Company, CompanyItem, Memory, Reference, State, Written, number};
use crate::id::ImportId;
use crate::store::keys::RecordKind;

impl Memory {
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

    /// Lets an import which has noted the company refer to it. `false` if the company is gone.
    pub fn hold(&mut self, import: ImportId, name: Company) -> bool {
        let is_there = self.companies.contains_key(&name);
        if is_there {
            self.refer(import, name);
        }
        is_there
    }

    /// `true` if the thing to which each field of a record refers is there, and was noted by its referrer.
    fn can_move(&self, moves: &[(ImportId, Company, i64)]) -> bool {
        moves.iter().all(|(referrer, name, by)| {
            let noted = *referrer == ImportId::HAND || self.notes.contains(&(*referrer, *name));
            *by < 0 || (self.companies.contains_key(name) && noted)
        })
    }

    /// The moves of a record between companies, with the referrers that count the record: as [`moves`](super::super::moves).
    pub fn moves(before: Option<&Record>, after: Option<&Record>) -> Vec<(ImportId, Company, i64)> {
        let of = |record: Option<&Record>, by: i64| {
            let record = record.filter(|record| record.owner.is_none())?;
            Some((referrer(RecordKind::Person, record), number(&record.fields, "company")?, by))
        };
        let moves = [of(before, -1), of(after, 1)];
        match moves {
            [Some((from, old, _)), Some((to, new, _))] if (from, old) == (to, new) => Vec::new(),
            moves => moves.into_iter().flatten().collect(),
        }
    }

    /// Makes the moves if the companies are there.
    pub fn moved(&mut self, moves: &[(ImportId, Company, i64)]) -> bool {
        let can_move = self.can_move(moves);
        if can_move {
            // The gains come first, so that no reference goes and comes again.
            for by in [1, -1] {
                moves.iter().filter(|one| one.2 == by).for_each(|&(of, name, by)| self.adjust(of, name, by));
            }
        }
        can_move
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
    pub fn adjust(&mut self, referrer: ImportId, name: Company, by: i64) {
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

    /// Sets the totals of an import whose chunks are committed.
    pub fn fold(&mut self, import: ImportId) {
        let chunks: Vec<_> = self.chunks_of(import).collect();
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
