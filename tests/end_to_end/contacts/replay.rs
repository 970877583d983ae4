//! Imports, undos and edits by hand in orders that seeds draw, with deaths and late messages, compared with a replay of the
//! recorded writes without those of undone imports. Whole tables are compared: people, claims, companies, references.
//!
//! `WAYBILL_CONTACT_SEED=s` repeats a seed, `WAYBILL_CONTACT_SEEDS=n` runs n seeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use shared::contacts::Person;
use shared::id::{ImportId, RecordId};
use shared::import::Duplicates;
use shared::profile_form::UpdatePolicy;
use shared::records::change::Attempt;
use shared::revert;

use super::log::{Log, Rows, told};
use super::office::{Office, Standing, file};
use crate::faults::{Fault, Faults};
use crate::postman::LONG;
use crate::world::Draw;

const SEEDS: u64 = 100;
const DEEDS: u64 = 14;
const COMPANIES: [&str; 3] = ["Orchard", "Harbour", "Quay"];
const NAMES: [&str; 4] = ["Ada", "Bea", "Cleo", "Dan"];
const ADDRESSES: [&str; 5] = ["", "a@example.com", "b@example.com", "c@example.com", "D@example.com"];
const POLICIES: [UpdatePolicy; 4] =
    [UpdatePolicy::Overwrite, UpdatePolicy::Overwrite, UpdatePolicy::FillEmpty, UpdatePolicy::Skip];

struct Story {
    draw: Draw,
    office: Office,
    log: Log,
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
        let policy = if self.draw.one_in(3) { None } else { self.draw.of(&POLICIES).copied() };
        let id = self.office.begin(file(&rows), Standing { duplicates, update_policy: policy }).await?;
        self.log.lines.push(format!("import {id}, {duplicates:?}, {policy:?}: {rows:?}"));
        self.log.files.insert(id, Rows { rows, policy });
        Ok(())
    }

    async fn undo(&mut self, id: ImportId) -> anyhow::Result<()> {
        self.log.lines.push(format!("undo {id}"));
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
            self.log.lines.push(format!("by hand, company {company:?}: {made}"));
            return self.log.observe(&self.office).await;
        }
        let Some(&person) = self.draw.of(&ids) else { return Ok(()) };
        match self.draw.below(5) {
            0 => {
                let new = Person { first_name: some(name), email: some(address), company: id, ..Person::default() };
                if let Ok(made) = self.office.create(&new).await? {
                    self.log.created(made, told(&new, id.map(|_| company)));
                }
            }
            1 => {
                if self.office.delete(person).await? == Some(Attempt::Made) {
                    self.log.deleted(person);
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
                    let told = [told(before, of.as_deref()), told(&after, its_company.as_deref())];
                    self.log.changed(person, &told[0], &told[1]);
                }
            }
        }
        self.log.observe(&self.office).await
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
                self.log.lines.push("a worker died".to_owned());
            }
            faults.none();
            self.log.observe(&self.office).await?;
        }
        if self.draw.one_in(3) {
            self.office.stack.system.services().clock.turn(LONG);
        }
        Ok(())
    }

    /// Delivers all messages.
    async fn drain(&mut self) -> anyhow::Result<()> {
        for _ in 0..60 {
            while let Some(letter) = self.office.postman.next() {
                self.office.postman.deliver(&letter, self.office.stack.functions()).await;
                self.log.observe(&self.office).await?;
            }
            if self.office.postman.is_empty() {
                return Ok(());
            }
            self.office.stack.system.services().clock.turn(LONG);
        }
        anyhow::bail!("the queues do not become empty")
    }

    async fn live(&mut self) -> anyhow::Result<()> {
        for _ in 0..DEEDS {
            let imports = self.log.files.len() as u64;
            match self.draw.below(8) {
                0..=2 if imports < 5 => self.begin().await?,
                3 if imports > 0 => {
                    let id = ImportId(1 + self.draw.below(imports));
                    self.undo(id).await?;
                }
                _ => self.by_hand().await?,
            }
            let letters = self.draw.below(8);
            self.deliver(letters).await?;
        }
        self.drain().await?;
        self.log.compare(&self.office).await
    }

    async fn undo_everything(&mut self) -> anyhow::Result<()> {
        let mut left: Vec<_> = self.log.files.keys().copied().collect();
        while !left.is_empty() {
            let at = self.draw.below(left.len() as u64) as usize;
            self.undo(left.remove(at)).await?;
            self.drain().await?;
            if self.draw.one_in(2) {
                self.by_hand().await?;
            }
            self.log.compare(&self.office).await?;
        }
        Ok(())
    }
}

async fn run(seed: u64) -> Result<(), String> {
    let office = Office::open().await.map_err(|error| error.to_string())?;
    let mut story = Story { draw: Draw(seed), office, log: Log::default() };
    let lived = async {
        story.live().await.context("after the deeds")?;
        story.undo_everything().await.context("while everything is undone")
    };
    lived.await.map_err(|error: anyhow::Error| {
        let lines = story.log.lines.join("\n");
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
