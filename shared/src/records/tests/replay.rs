//! The oracle: what stands after a replay of the recorded writes without those of undone imports.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::memory::{Company, Memory, Patch, State, Written, chunk_of, number, terms};
use crate::id::{ImportId, OwnerId, RecordId};
use crate::records::index::of_record;
use crate::records::record::{Fields, Writer};
use crate::records::restore::RowFate;

#[derive(Clone, Debug, PartialEq)]
struct Standing {
    fields: Fields,
    owner: Option<OwnerId>,
    parent: Option<RecordId>,
    /// The import to whose reference the person counts, unless another import gave the company.
    referrer: ImportId,
    /// `true` if another import than the maker gave the person the company.
    is_moved: bool,
    stands: bool,
    /// `true` if an import deleted the record. Nobody sees the record, but the deletion may be undone.
    deleted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    records: BTreeMap<RecordId, Standing>,
    /// Companies which imports that stand, or people, need.
    needed: BTreeSet<Company>,
    /// Companies to which people moved a person of an import that stands, or which people deleted although an import needed
    /// them once. The import's reference stays or comes again, and so may the company, after the person has left.
    visited: BTreeSet<Company>,
}

pub fn replay(log: &[Written], undone: &BTreeSet<ImportId>) -> Expected {
    let mut records: BTreeMap<RecordId, Standing> = BTreeMap::new();
    let (mut needed, mut visited) = (BTreeSet::new(), BTreeSet::new());
    let stands = |import: ImportId| !undone.contains(&import);
    for written in log {
        match written {
            Written::Needs(import, company) if stands(*import) => drop(needed.insert(*company)),
            Written::Needs(..) => {}
            Written::CompanyGone(company) => {
                visited.remove(company);
                // If the company is made again, an undo may give it back to a person of an import which needed it once.
                if needed.remove(company) {
                    visited.insert(*company);
                }
            }
            Written::Created(import, record) => {
                let stands = stands(*import);
                let referrer = if stands { *import } else { ImportId::HAND };
                let (fields, owner, parent) = (record.fields.clone(), record.owner, record.parent);
                let (is_moved, deleted) = (false, false);
                records.insert(record.id, Standing { fields, owner, parent, referrer, is_moved, stands, deleted });
            }
            Written::Changed(writer, id, patch) if stands(writer.import()) => {
                let Some(record) = records.get_mut(id) else { continue };
                if let Some(company) = patch.get("company") {
                    record.is_moved = *writer != Writer::HAND;
                    if record.referrer != ImportId::HAND && !record.is_moved {
                        visited.extend(company.as_ref().and_then(Value::as_u64));
                    }
                }
                apply(&mut record.fields, patch);
                record.stands = true;
            }
            Written::Kept(id, patch) => {
                let Some(record) = records.get_mut(id) else { continue };
                record.is_moved |= patch.contains_key("company");
                apply(&mut record.fields, patch);
                record.stands = true;
            }
            Written::Deleted(writer, id) if *writer == Writer::HAND => drop(records.remove(id)),
            Written::Deleted(writer, id) if stands(writer.import()) => {
                records.entry(*id).and_modify(|record| record.deleted = true);
            }
            Written::Changed(..) | Written::Deleted(..) => {}
        }
    }
    records.retain(|_, record| record.stands);
    Expected { records, needed, visited }
}

fn apply(fields: &mut Fields, patch: &Patch) {
    for (field, value) in patch {
        match value {
            Some(value) => drop(fields.insert(field.clone(), value.clone())),
            None => drop(fields.remove(field)),
        }
    }
}

/// The last standing write of a field: its place in the log, its writer and its value.
type Write = (usize, Writer, Option<Value>);

/// The fates that the undo of an import tells of its rows which changed or deleted records, if nobody else is at work.
pub fn fates(log: &[Written], undone: &BTreeSet<ImportId>, import: ImportId) -> BTreeMap<(Writer, RecordId), RowFate> {
    let present = replay(log, undone).records;
    let is_present = |id: &RecordId| present.get(id).is_some_and(|record| !record.deleted);
    // The last write of a field among the places for which `within` holds. The maker's values stay with the record.
    let last = |id: RecordId, field: &str, within: &dyn Fn(usize) -> bool| -> Option<Write> {
        let of = |(at, written): (usize, &Written)| match written {
            Written::Created(_, record) if record.id == id => {
                Some((at, Writer::maker_of(id), record.fields.get(field).cloned()))
            }
            Written::Changed(writer, of, patch) if *of == id && !undone.contains(&writer.import()) => {
                patch.get(field).map(|value| (at, *writer, value.clone()))
            }
            _ => None,
        };
        log.iter().enumerate().filter(|(at, _)| within(*at)).filter_map(of).next_back()
    };
    let mut fates = BTreeMap::new();
    for (at, written) in log.iter().enumerate() {
        let (writer, id, fate) = match written {
            Written::Changed(writer, id, patch) if writer.import() == import && !patch.is_empty() => {
                let is_kept = |field: &String| {
                    let before = last(*id, field, &|other| other < at);
                    let now = last(*id, field, &|_| true);
                    let said = |write: &Option<Write>| write.as_ref().map(|(_, who, value)| (*who, value.clone()));
                    now.as_ref().is_some_and(|(place, ..)| *place > at) && said(&before) != said(&now)
                };
                let kept = patch.keys().any(is_kept);
                (writer, id, if kept { RowFate::Kept } else { RowFate::Restored })
            }
            Written::Deleted(writer, id) if writer.import() == import => (writer, id, RowFate::BroughtBack),
            _ => continue,
        };
        fates.insert((*writer, *id), if is_present(id) { fate } else { RowFate::Gone });
    }
    fates
}

impl Expected {
    fn is_seen(&self, id: RecordId) -> bool {
        let record = self.records.get(&id).filter(|record| !record.deleted);
        record.is_some_and(|record| record.parent.is_none_or(|parent| self.is_seen(parent)))
    }

    /// The people without the companies which were gone when an undo looked for them, and which the undo did not give back.
    fn without_lost(mut self, memory: &Memory) -> Self {
        for (id, record) in &mut self.records {
            let here = memory.records.get(id).and_then(|record| number(&record.fields, "company"));
            if let Some(company) = number(&record.fields, "company")
                && here.is_none()
                && memory.told.without_company.contains(&(*id, company))
            {
                record.fields.remove("company");
            }
        }
        self
    }

    /// The differences between the items and the replay. Chunks of the imports `half` were not committed, so rows of theirs
    /// may have left items that nobody sees.
    pub fn differences(self, memory: &Memory, half: &BTreeSet<ImportId>) -> Vec<String> {
        let expected = self.without_lost(memory);
        expected.all_differences(memory, half)
    }

    fn all_differences(&self, memory: &Memory, half: &BTreeSet<ImportId>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut same = |what: &str, here: String, expected: String| {
            if here != expected {
                wrong.push(format!("{what}: {here} instead of {expected}"));
            }
        };
        let addressed = |id: &RecordId| !memory.told.without_address.contains(id);
        let fields = |id: &RecordId, fields: &Fields| {
            let mut fields = fields.clone();
            fields.retain(|name, _| name != "email" || addressed(id));
            format!("{fields:?}")
        };
        let here: BTreeMap<_, _> =
            memory.seen().into_iter().map(|one| (one.id, (fields(&one.id, &one.fields), one.parent))).collect();
        let seen = self.records.iter().filter(|(id, _)| self.is_seen(**id));
        let expected: BTreeMap<_, _> = seen.map(|(id, one)| (*id, (fields(id, &one.fields), one.parent))).collect();
        same("records", format!("{here:?}"), format!("{expected:?}"));

        // What people do not see: deleted records, subprofiles of deleted profiles, and the rows of half an import.
        let is_half = |id: RecordId| {
            let chunk = (id.import(), chunk_of(id.row()));
            half.contains(&chunk.0) && memory.chunks.get(&chunk).is_some_and(|chunk| chunk.state == State::Planned)
        };
        for record in memory.records.values().filter(|record| !is_half(record.id)) {
            let by_hand = record.gone.is_some_and(|gone| gone.import == ImportId::HAND);
            let owned = by_hand || self.records.contains_key(&record.id);
            same("an item that nobody owns", format!("{} {owned}", record.id), format!("{} true", record.id));
        }

        let hints: BTreeSet<_> = memory.hints.keys().cloned().collect();
        let of = |record: &super::super::Record| {
            let id = record.id;
            of_record(&terms, record).into_iter().map(move |term| (term, id))
        };
        let wanted: BTreeSet<_> = memory.records.values().filter(|record| !is_half(record.id)).flat_map(of).collect();
        let missing: Vec<_> = wanted.difference(&hints).collect();
        let left: Vec<_> = hints.difference(&wanted).filter(|_| half.is_empty()).collect();
        same("index items", format!("{left:?} too many, {missing:?} missing"), "[] too many, [] missing".to_owned());

        let people = || self.records.iter().filter(|(id, record)| record.owner.is_none() && addressed(id));
        let claims: Vec<_> = people().filter_map(|(id, one)| Some((number(&one.fields, "email")?, *id))).collect();
        let each: BTreeMap<_, _> = claims.iter().copied().collect();
        same("people with an address of their own in the replay", each.len().to_string(), claims.len().to_string());
        same("claims", format!("{:?}", memory.claims), format!("{each:?}"));

        let here: BTreeSet<_> = memory.companies.keys().copied().collect();
        let people = self.records.values().filter(|record| !record.deleted);
        let companies: BTreeSet<_> = people.filter_map(|person| number(&person.fields, "company")).collect();
        let companies = &companies | &self.needed;
        let more: BTreeSet<_> = here.difference(&companies).filter(|one| !self.visited.contains(one)).collect();
        let less: BTreeSet<_> = companies.difference(&here).collect();
        same("companies", format!("{more:?} too many, {less:?} missing"), "{} too many, {} missing".to_owned());

        let mut counts: BTreeMap<(Company, ImportId), i64> = BTreeMap::new();
        for person in self.records.values() {
            let company = number(&person.fields, "company");
            let referrer = if person.is_moved { ImportId::HAND } else { person.referrer };
            company.into_iter().for_each(|name| *counts.entry((name, referrer)).or_default() += 1);
        }
        let present = |people: &i64| *people != 0;
        let here = memory.references.iter().map(|(key, one)| (*key, one.loaded + one.hand));
        let here: BTreeMap<_, _> = here.filter(|(_, people)| present(people)).collect();
        same("references", format!("{here:?}"), format!("{counts:?}"));

        let mut refs: BTreeMap<Company, i64> = BTreeMap::new();
        for (name, referrer) in memory.references.keys() {
            let empty = !here.contains_key(&(*name, *referrer));
            let gone = memory.undone.contains(referrer) || (*referrer == ImportId::HAND && empty);
            same(
                "a reference that should be gone",
                format!("{name} by {referrer}: {gone}"),
                format!("{name} by {referrer}: false"),
            );
            *refs.entry(*name).or_default() += 1;
        }
        let counted: BTreeMap<_, _> = memory.companies.values().map(|one| (one.name, one.refs)).collect();
        let counted: BTreeMap<_, _> = counted.into_iter().filter(|(_, refs)| *refs != 0).collect();
        same("counts of references", format!("{counted:?}"), format!("{refs:?}"));
        wrong
    }
}
