//! The oracle: what stands after a replay of the recorded writes without those of undone imports.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::{Company, Memory, Written, number};
use crate::id::{ImportId, RecordId};
use crate::records::record::Fields;

#[derive(Debug, PartialEq)]
struct Standing {
    fields: Fields,
    /// The import to whose reference the person counts.
    referrer: ImportId,
    stands: bool,
}

#[derive(Debug, PartialEq)]
pub struct Expected {
    people: BTreeMap<RecordId, Standing>,
    companies: BTreeSet<Company>,
    /// Companies to which people moved a person of an import that stands. The import's reference stays, and so may the
    /// company, after the person has left.
    visited: BTreeSet<Company>,
}

pub fn replay(log: &[Written], undone: &BTreeSet<ImportId>) -> Expected {
    let mut people: BTreeMap<RecordId, Standing> = BTreeMap::new();
    let (mut companies, mut visited) = (BTreeSet::new(), BTreeSet::new());
    for written in log {
        match written {
            Written::Needs(import, company) if !undone.contains(import) => drop(companies.insert(*company)),
            Written::Needs(..) => {}
            Written::CompanyGone(company) => {
                companies.remove(company);
                visited.remove(company);
            }
            Written::Created(import, id, fields) => {
                let stands = !undone.contains(import);
                let referrer = if stands { *import } else { ImportId::HAND };
                people.insert(*id, Standing { fields: fields.clone(), referrer, stands });
            }
            Written::Edited(id, fields) => {
                let person = people.get_mut(id).expect("people edit whom they see");
                if person.referrer != ImportId::HAND {
                    visited.extend(number(fields, "company"));
                }
                (person.fields, person.stands) = (fields.clone(), true);
            }
            Written::Deleted(id) => drop(people.remove(id)),
        }
    }
    people.retain(|_, person| person.stands);
    companies.extend(people.values().filter_map(|person| number(&person.fields, "company")));
    Expected { people, companies, visited }
}

impl Expected {
    /// What differs between the items and the replay.
    pub fn differences(&self, memory: &Memory) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut same = |what: &str, here: String, expected: String| {
            if here != expected {
                wrong.push(format!("{what}: {here} instead of {expected}"));
            }
        };
        let fields = |fields: &Fields| format!("{fields:?}");
        let here: BTreeMap<_, _> = memory.people.values().map(|one| (one.id, fields(&one.fields))).collect();
        let expected: BTreeMap<_, _> = self.people.iter().map(|(id, one)| (*id, fields(&one.fields))).collect();
        same("people", format!("{here:?}"), format!("{expected:?}"));

        let claims = self.people.iter().filter_map(|(id, one)| Some((number(&one.fields, "email")?, *id)));
        let claims: Vec<_> = claims.collect();
        let each: BTreeMap<_, _> = claims.iter().copied().collect();
        assert_eq!(each.len(), claims.len(), "two people of the replay have one address");
        same("claims", format!("{:?}", memory.claims), format!("{each:?}"));

        let here: BTreeSet<_> = memory.companies.keys().copied().collect();
        let more: BTreeSet<_> = here.difference(&self.companies).filter(|one| !self.visited.contains(one)).collect();
        let less: BTreeSet<_> = self.companies.difference(&here).collect();
        same("companies", format!("{more:?} too many, {less:?} missing"), "{} too many, {} missing".to_owned());

        let mut counts: BTreeMap<(Company, ImportId), i64> = BTreeMap::new();
        for person in self.people.values() {
            let company = number(&person.fields, "company");
            company.into_iter().for_each(|name| *counts.entry((name, person.referrer)).or_default() += 1);
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
