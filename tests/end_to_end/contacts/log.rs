//! The writes to people in the order in which they were made: those of people, as they were accepted, and those of import
//! rows, as the items tell after each delivered message. And what a replay of the writes gives without those of undone imports.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use shared::contacts::Person;
use shared::id::{ImportId, RecordId, Row, ThingId};
use shared::ledger::Outcome;
use shared::profile_form::UpdatePolicy;
use shared::records::Record;
use shared::store::decode;
use shared::store::keys::Kind;
use shared::things::slot::Slot;

use super::office::{ACCOUNT, Office};
use crate::invariants::World;

/// A person by values: name, address, title, name of the company.
pub type Told = [String; 4];

/// The place of the company in [`Told`].
const COMPANY: usize = 3;

/// New values by their places in [`Told`].
type Patch = BTreeMap<usize, String>;

pub fn told(person: &Person, company: Option<&str>) -> Told {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [text(&person.first_name), text(&person.email), text(&person.title), company.unwrap_or_default().to_owned()]
}

fn differences(before: &Told, after: &Told) -> Patch {
    let differ = (0..after.len()).filter(|&at| before[at] != after[at]);
    differ.map(|at| (at, after[at].clone())).collect()
}

/// A write to a person after the creation by an import, which the ledger tells.
#[derive(Debug)]
enum Write {
    Created(Told),
    Changed(Patch),
    Deleted,
    /// A row of an import changed the person.
    ByRow(ImportId, Patch),
}

/// The file of an import, and the policy by which its rows change people.
#[derive(Debug)]
pub struct Rows {
    pub rows: Vec<[&'static str; 3]>,
    pub policy: Option<UpdatePolicy>,
}

/// The log, with the people as the log has seen them last.
#[derive(Default)]
pub struct Log {
    /// The file of each import.
    pub files: BTreeMap<ImportId, Rows>,
    /// One line for each event, for the story of a failure.
    pub lines: Vec<String>,
    writes: Vec<(RecordId, Write)>,
    /// The rows which changed a person.
    changing: BTreeSet<(ImportId, Row)>,
    people: BTreeMap<RecordId, (Record, Told)>,
    /// The names of all companies that ever were.
    names: BTreeMap<ThingId, String>,
}

impl Log {
    pub fn created(&mut self, id: RecordId, told: Told) {
        self.lines.push(format!("by hand, person {id} created: {told:?}"));
        self.writes.push((id, Write::Created(told)));
    }

    pub fn changed(&mut self, id: RecordId, before: &Told, after: &Told) {
        let patch = differences(before, after);
        self.lines.push(format!("by hand, person {id}: {patch:?}"));
        self.writes.push((id, Write::Changed(patch)));
    }

    pub fn deleted(&mut self, id: RecordId) {
        self.lines.push(format!("by hand, person {id} deleted"));
        self.writes.push((id, Write::Deleted));
    }

    /// Looks at the people after a message was delivered, and records the writes of rows.
    pub async fn observe(&mut self, office: &Office) -> anyhow::Result<()> {
        let (mut people, mut records) = (BTreeMap::new(), Vec::new());
        for ((pk, _), item) in office.stack.workspace().await? {
            if pk == format!("A#{ACCOUNT}#company") {
                if let Slot::Thing(company) = decode(item)? {
                    self.names.insert(company.id, company.name);
                }
            } else if pk.starts_with(&format!("A#{ACCOUNT}#person#")) {
                records.push(decode::<Record>(item)?);
            }
        }
        for record in records {
            let person = Person::of(&record)?;
            let company = person.company.and_then(|company| self.names.get(&company)).map(String::as_str);
            let after = told(&person, company);
            if let Some((before, had)) = self.people.get(&record.id)
                && before.by != record.by
                && let Some((import, row)) = record.by
            {
                let patch = differences(had, &after);
                self.lines.push(format!("row {row} of import {import}, person {}: {patch:?}", record.id));
                self.judge(import, row, had, &patch)?;
                self.changing.insert((import, row));
                self.writes.push((record.id, Write::ByRow(import, patch)));
            }
            people.insert(record.id, (record, after));
        }
        self.people = people;
        Ok(())
    }

    /// Fails if a row has written what its policy does not allow.
    fn judge(&self, import: ImportId, row: Row, had: &Told, patch: &Patch) -> anyhow::Result<()> {
        let Rows { rows, policy } = &self.files[&import];
        let [company, name, address] = rows[row.0 as usize - 1];
        let cells = [name, address, "Gardener", company];
        let is_right = |(&at, value): (&usize, &String)| {
            let is_open = *policy == Some(UpdatePolicy::Overwrite) || had[at].is_empty();
            at != 1 && !value.is_empty() && cells[at] == value && is_open
        };
        ensure!(policy.is_some_and(|policy| policy != UpdatePolicy::Skip), "import {import} changes nobody");
        ensure!(had[1].eq_ignore_ascii_case(address), "row {row} of {import} changed {had:?}");
        ensure!(!patch.is_empty() && patch.iter().all(is_right), "row {row} of {import} wrote {patch:?} to {had:?}");
        Ok(())
    }

    /// The people whom a replay of all writes without those of undone imports gives, and the companies which standing imports
    /// need.
    fn replay(&self, world: &World) -> anyhow::Result<(BTreeMap<RecordId, Told>, BTreeSet<String>)> {
        let mut people: BTreeMap<RecordId, (Told, bool)> = BTreeMap::new();
        let mut needed = BTreeSet::new();
        let is_gone = |import: ImportId| world.imports[&(ACCOUNT, import)].status.is_gone();
        for (&id, Rows { rows, .. }) in &self.files {
            let stands = !is_gone(id);
            for (at, outcome) in world.outcomes(ACCOUNT, id) {
                let [company, name, address] = rows[at];
                let row = Row(at as u64 + 1);
                let is_person = (name, address) != ("", "");
                let makes = outcome == Outcome::Created || !is_person && outcome == Outcome::Unchanged;
                if stands && !company.is_empty() && makes {
                    needed.insert(company.to_owned());
                }
                if outcome == Outcome::Created && is_person {
                    let told = [name, address, "Gardener", company].map(str::to_owned);
                    people.insert(RecordId::of(id, row), (told, stands));
                }
                let has_changed = self.changing.contains(&(id, row));
                ensure!(outcome != Outcome::Updated || has_changed, "row {row} of {id} has changed nobody");
                ensure!(outcome != Outcome::Unchanged || !has_changed, "row {row} of {id} has changed somebody");
            }
        }
        for (id, write) in &self.writes {
            match write {
                Write::Created(told) => drop(people.insert(*id, (told.clone(), true))),
                Write::Deleted => drop(people.remove(id)),
                Write::ByRow(import, _) if is_gone(*import) => {}
                Write::Changed(patch) | Write::ByRow(_, patch) => {
                    if let (Write::ByRow(..), Some(company)) = (write, patch.get(&COMPANY)) {
                        needed.insert(company.clone());
                    }
                    let Some((told, stands)) = people.get_mut(id) else { continue };
                    patch.iter().for_each(|(&at, value)| told[at].clone_from(value));
                    *stands = true;
                }
            }
        }
        let standing = people.into_iter().filter(|(_, (_, stands))| *stands).map(|(id, (told, _))| (id, told));
        Ok((standing.collect(), needed))
    }

    /// Compares the people, the claims and the companies with the replay.
    pub async fn compare(&self, office: &Office) -> anyhow::Result<()> {
        office.check().await?;
        let world = World::read(&office.stack).await?;
        let (mut expected, needed) = self.replay(&world)?;
        let companies = world.things.values().filter(|thing| thing.kind() == Kind::Company);
        let companies: BTreeSet<&str> = companies.map(|thing| thing.name.as_str()).collect();
        let people = office.people().await?;
        let people: BTreeMap<_, _> =
            people.iter().map(|(id, (person, company))| (*id, told(person, company.as_deref()))).collect();
        // A company which went with the undo of its last referrer is not given back.
        for (id, told) in &mut expected {
            let has_none = people.get(id).is_some_and(|here| here[COMPANY].is_empty());
            if has_none && !companies.contains(told[COMPANY].as_str()) {
                told[COMPANY].clear();
            }
        }
        ensure!(people == expected, "people are {people:#?}, a replay gives {expected:#?}");
        let ids: BTreeSet<_> = world.people.records.keys().map(|(_, id)| *id).collect();
        ensure!(ids == expected.keys().copied().collect(), "there are people whom nobody sees: {ids:?}");
        let claims = world.people.claims.keys().filter(|(account, _)| *account == ACCOUNT);
        let claims: BTreeSet<_> = claims.map(|(_, address)| address.clone()).collect();
        let addresses = expected.values().map(|[_, address, ..]| address.to_lowercase()).filter(|one| !one.is_empty());
        let addresses: BTreeSet<_> = addresses.chain(["demo@example.com".to_owned()]).collect();
        ensure!(claims == addresses, "claims are {claims:?}, the addresses {addresses:?}");
        // Companies by hand stay, so only those of imports are compared: each has a reference or is gone.
        let of_people = expected.values().map(|told| told[COMPANY].as_str()).filter(|company| !company.is_empty());
        for name in of_people.chain(needed.iter().map(String::as_str)) {
            ensure!(companies.contains(name), "{name} is missing");
        }
        Ok(())
    }
}
