//! Imports, undos and edits by hand in orders that seeds draw, with deaths and late messages, compared with a replay of the
//! recorded writes without those of undone imports. Whole tables are compared: people, claims, companies, references.
//!
//! `WAYBILL_CONTACT_SEED=s` repeats a seed, `WAYBILL_CONTACT_SEEDS=n` runs n seeds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, ensure};
use shared::contacts::Person;
use shared::id::{ImportId, RecordId, Row as RowNo};
use shared::import::Duplicates;
use shared::ledger::Outcome;
use shared::records::change::Attempt;
use shared::revert;
use shared::store::keys::Kind;

use super::office::{ACCOUNT, Office, file};
use crate::faults::{Fault, Faults};
use crate::invariants::World;
use crate::postman::LONG;
use crate::world::Draw;

const SEEDS: u64 = 200;
const DEEDS: u64 = 14;
const COMPANIES: [&str; 3] = ["Orchard", "Harbour", "Quay"];
const NAMES: [&str; 4] = ["Ada", "Bea", "Cleo", "Dan"];
const ADDRESSES: [&str; 5] = ["", "a@example.com", "b@example.com", "c@example.com", "D@example.com"];

/// A person by values: name, address, title, name of the company.
type Told = [String; 4];

fn told(person: &Person, company: Option<&str>) -> Told {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [text(&person.first_name), text(&person.email), text(&person.title), company.unwrap_or_default().to_owned()]
}

/// A write by hand, as it was accepted.
enum ByHand {
    Set(RecordId, Told),
    Deleted(RecordId),
}

struct Story {
    draw: Draw,
    office: Office,
    /// The rows of each import's file.
    rows: BTreeMap<ImportId, Vec<[&'static str; 3]>>,
    written: Vec<ByHand>,
    lines: Vec<String>,
}

impl Story {
    fn row(&mut self) -> [&'static str; 3] {
        let company = if self.draw.one_in(4) { "" } else { *self.draw.of(&COMPANIES).expect("some") };
        if self.draw.one_in(6) && !company.is_empty() {
            return [company, "", ""];
        }
        [company, self.draw.of(&NAMES).expect("some"), self.draw.of(&ADDRESSES).expect("some")]
    }

    async fn begin(&mut self) -> anyhow::Result<()> {
        let rows: Vec<_> = (0..1 + self.draw.below(7)).map(|_| self.row()).collect();
        let duplicates = if self.draw.one_in(2) { Duplicates::Skip } else { Duplicates::Create };
        let id = self.office.begin(file(&rows), duplicates).await?;
        self.lines.push(format!("import {id}, {duplicates:?}: {rows:?}"));
        self.rows.insert(id, rows);
        Ok(())
    }

    async fn undo(&mut self, id: ImportId) -> anyhow::Result<()> {
        self.lines.push(format!("undo {id}"));
        revert::ask(self.office.services(), &self.office.find(id).await?, "user 1").await?;
        Ok(())
    }

    /// An edit, a deletion or a new person.
    async fn by_hand(&mut self) -> anyhow::Result<()> {
        let people = self.office.people().await?;
        let ids: Vec<RecordId> = people.keys().copied().collect();
        let [company, name, address] = self.row();
        let id = self.office.find_company(company).await?;
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        if self.draw.one_in(9) && !company.is_empty() {
            let made = self.office.make_company(company).await;
            self.lines.push(format!("by hand, company {company:?}: {made}"));
            return Ok(());
        }
        let Some(&person) = self.draw.of(&ids) else { return Ok(()) };
        match self.draw.below(5) {
            0 => {
                let new = Person { first_name: some(name), email: some(address), company: id, ..Person::default() };
                if let Ok(made) = self.office.create(&new).await? {
                    self.record(ByHand::Set(made, told(&new, id.map(|_| company))));
                }
            }
            1 => {
                if self.office.delete(person).await? == Some(Attempt::Made) {
                    self.record(ByHand::Deleted(person));
                }
            }
            n => {
                let (before, of) = &people[&person];
                let mut after = before.clone();
                let mut its_company = of.clone();
                if n == 2 {
                    after.email = some(address);
                } else if n == 3 {
                    (after.company, its_company) = (id, id.map(|_| company.to_owned()));
                } else {
                    // Sometimes the value that the person has already, which is no write.
                    after.title = Some(["Gardener", "Baker"][self.draw.below(2) as usize].to_owned());
                }
                let changed = after != *before;
                let set = after.clone();
                let edited = self.office.edit(person, move |person| *person = set.clone()).await?;
                if edited == Some(Attempt::Made) && changed {
                    self.record(ByHand::Set(person, told(&after, its_company.as_deref())));
                }
            }
        }
        Ok(())
    }

    fn record(&mut self, write: ByHand) {
        self.lines.push(match &write {
            ByHand::Set(id, told) => format!("by hand, person {id}: {told:?}"),
            ByHand::Deleted(id) => format!("by hand, person {id} deleted"),
        });
        self.written.push(write);
    }

    /// Delivers some messages, of which one in six kills its worker at a drawn request.
    async fn deliver(&mut self, letters: u64) -> anyhow::Result<()> {
        let faults = Faults::default();
        let worker = faults.connect(&self.office.stack.system)?;
        for _ in 0..letters {
            let Some(letter) = self.office.postman.next() else { break };
            let fault = if self.draw.one_in(2) { Fault::DeathBefore } else { Fault::DeathAfter };
            faults.at(if self.draw.one_in(6) { 1 + self.draw.below(50) } else { u64::MAX - 1 }, 1, fault);
            if faults.outlive(self.office.postman.deliver(&letter, &worker)).await.is_none() {
                self.lines.push("a worker died".to_owned());
            }
            faults.none();
        }
        if self.draw.one_in(3) {
            self.office.stack.system.services().clock.turn(LONG);
        }
        Ok(())
    }

    async fn live(&mut self) -> anyhow::Result<()> {
        for _ in 0..DEEDS {
            let imports = self.rows.len() as u64;
            match self.draw.below(8) {
                0 | 1 if imports < 4 => self.begin().await?,
                2 if imports > 0 => {
                    let id = ImportId(1 + self.draw.below(imports));
                    self.undo(id).await?;
                }
                _ => self.by_hand().await?,
            }
            let letters = self.draw.below(6);
            self.deliver(letters).await?;
        }
        self.office.drain().await;
        self.compare().await
    }

    async fn undo_everything(&mut self) -> anyhow::Result<()> {
        let mut left: Vec<_> = self.rows.keys().copied().collect();
        while !left.is_empty() {
            let at = self.draw.below(left.len() as u64) as usize;
            self.undo(left.remove(at)).await?;
            self.office.drain().await;
            if self.draw.one_in(2) {
                self.by_hand().await?;
            }
            self.compare().await?;
        }
        Ok(())
    }

    /// The people whom a replay of all writes without those of undone imports gives, and the companies which standing
    /// imports need.
    fn replay(&self, world: &World) -> (BTreeMap<RecordId, Told>, BTreeSet<&'static str>) {
        let mut people: BTreeMap<RecordId, (Told, bool)> = BTreeMap::new();
        let mut needed = BTreeSet::new();
        for (&id, rows) in &self.rows {
            let stands = !world.imports[&(ACCOUNT, id)].status.is_gone();
            for (at, outcome) in world.outcomes(ACCOUNT, id) {
                let [company, name, address] = rows[at];
                if stands && !company.is_empty() && (outcome == Outcome::Created || outcome == Outcome::Unchanged) {
                    needed.insert(company);
                }
                if outcome == Outcome::Created && (name, address) != ("", "") {
                    let told = [name, address, "Gardener", company].map(str::to_owned);
                    people.insert(RecordId::of(id, RowNo(at as u64 + 1)), (told, stands));
                }
            }
        }
        for write in &self.written {
            match write {
                ByHand::Set(id, told) => drop(people.insert(*id, (told.clone(), true))),
                ByHand::Deleted(id) => drop(people.remove(id)),
            }
        }
        let standing = people.into_iter().filter(|(_, (_, stands))| *stands).map(|(id, (told, _))| (id, told));
        (standing.collect(), needed)
    }

    async fn compare(&mut self) -> anyhow::Result<()> {
        self.office.check().await?;
        let world = World::read(&self.office.stack).await?;
        let (expected, needed) = self.replay(&world);
        let people = self.office.people().await?;
        let people: BTreeMap<_, _> =
            people.iter().map(|(id, (person, company))| (*id, told(person, company.as_deref()))).collect();
        ensure!(people == expected, "people are {people:#?}, a replay gives {expected:#?}");
        let ids: BTreeSet<_> = world.people.records.keys().map(|(_, id)| *id).collect();
        ensure!(ids == expected.keys().copied().collect(), "there are people whom nobody sees: {ids:?}");
        let claims = world.people.claims.keys().filter(|(account, _)| *account == ACCOUNT);
        let claims: BTreeSet<_> = claims.map(|(_, address)| address.clone()).collect();
        let addresses = expected.values().map(|[_, address, ..]| address.to_lowercase()).filter(|one| !one.is_empty());
        let addresses: BTreeSet<_> = addresses.chain(["demo@example.com".to_owned()]).collect();
        ensure!(claims == addresses, "claims are {claims:?}, the addresses {addresses:?}");
        // Companies by hand stay, so only those of imports are compared: each has a reference or is gone.
        for [.., company] in expected.values().filter(|[.., company]| !company.is_empty()) {
            let names = world.things.values().filter(|thing| thing.kind() == Kind::Company);
            ensure!(names.clone().any(|thing| thing.name == *company), "{company} is missing");
        }
        for name in needed {
            let names = world.things.values().filter(|thing| thing.kind() == Kind::Company);
            ensure!(names.clone().any(|thing| thing.name == *name), "{name} is needed by an import that stands");
        }
        Ok(())
    }
}

async fn run(seed: u64) -> Result<(), String> {
    let office = Office::open().await.map_err(|error| error.to_string())?;
    let mut story = Story { draw: Draw(seed), office, rows: BTreeMap::new(), written: Vec::new(), lines: Vec::new() };
    let lived = async {
        story.live().await.context("after the deeds")?;
        story.undo_everything().await.context("while everything is undone")
    };
    lived.await.map_err(|error: anyhow::Error| {
        let lines = story.lines.join("\n");
        format!("seed {seed} (replay with WAYBILL_CONTACT_SEED={seed}):\n{lines}\n{error:?}")
    })
}

#[test]
fn imports_of_contacts_edits_and_undos_in_any_order_leave_a_replay_without_the_undone_imports() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds: Vec<u64> = match number("WAYBILL_CONTACT_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("WAYBILL_CONTACT_SEEDS").unwrap_or(SEEDS)).collect(),
    };
    let (next, wrong) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            if let Err(story) = runtime.block_on(Box::pin(run(seed))) {
                wrong.lock().expect("unpoisoned").push(story);
            }
        }
    };
    std::thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(work)));
    });
    let wrong = wrong.into_inner().expect("unpoisoned");
    assert!(wrong.is_empty(), "{} of {} seeds went wrong; the first:\n{}", wrong.len(), seeds.len(), wrong[0]);
}
