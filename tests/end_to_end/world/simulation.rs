//! The simulated world itself: the workers and their deeds, the choice of the next event, and the checks.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::edit::input::{EntryInput, ProjectInput};
use shared::edit::people::PersonInput;
use shared::edit::things::{ClientInput, ThingInput};
use shared::files::{FileError, Object};
use shared::id::{AccountId, ImportId, RecordId, ThingId};
use shared::import::{Duplicates, Import, Status};
use shared::inbox::Arrival;
use shared::services::Services;
use shared::store::keys::Kind;
use tokio::task::JoinHandle;
use waybill::system::Functions;

use crate::faults::{Fault, Faults};
use crate::invariants::{World, wrongly_made, wrongly_told};
use crate::kill::TINY;
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

use super::deed::{Deed, Ended, Wanted, act};
use super::draw::Draw;
use super::inbox::Inbox;
use super::turnstile::Turnstile;

/// Number of deeds in a world.
const DEEDS: u32 = 40;
/// Largest number of lines in a story, including requests. A longer story is a sign of an endless loop.
const LONGEST: usize = 10_000;
const WORKERS: usize = 3;
const ROWS_PER_CHUNK: u32 = 2;
/// Milliseconds after which Lambda ends a loader, and the API.
const TIME_OUT: i64 = 90_000;
const TIME_OUT_OF_A_REQUEST: i64 = 29_000;

/// A worker with its faults, its clients and its present deed.
struct Worker {
    faults: Faults,
    functions: Functions,
    person: Services,
    busy: Option<Busy>,
}

struct Busy {
    task: JoinHandle<Option<Ended>>,
    deed: Deed,
    since: i64,
    disturbed: bool,
}

pub struct Simulation {
    draw: Draw,
    stack: Stack,
    postman: Postman,
    turnstile: Turnstile,
    workers: Vec<Worker>,
    /// Messages and events which may arrive at any later time.
    bag: Vec<Deed>,
    inbox: Inbox,
    statuses: BTreeMap<(AccountId, ImportId), Status>,
    /// The tables at the latest check.
    seen: World,
    pub story: Vec<String>,
}

impl Simulation {
    pub async fn new(seed: u64) -> anyhow::Result<Self> {
        let stack = Stack::by_hand(ROWS_PER_CHUNK).await?;
        let (postman, turnstile) = (Postman::of(&stack.system), Turnstile::default());
        let mut draw = Draw(seed);
        // In half of the worlds, the end of an import takes many steps.
        let in_steps = draw.one_in(2);
        let worker = |number| {
            let faults = Faults::behind(turnstile.gate(number));
            let functions = faults.connect(&stack.system)?;
            let portions = if in_steps { TINY } else { functions.api.portions };
            let functions = functions.map(|services| Services { portions, ..services });
            let person = faults.person(&stack.system);
            anyhow::Ok(Worker { faults, functions, person, busy: None })
        };
        let workers = (0..WORKERS).map(worker).collect::<Result<_, _>>()?;
        let mut draw = Draw(seed);
        let inbox = Inbox::new(draw.one_in(4));
        Ok(Self {
            draw,
            stack,
            postman,
            turnstile,
            workers,
            bag: Vec::new(),
            inbox,
            statuses: BTreeMap::new(),
            seen: World::default(),
            story: Vec::new(),
        })
    }

    fn now(&self) -> i64 {
        self.stack.system.services().clock.now_ms()
    }

    fn tell(&mut self, line: String) {
        self.story.push(line);
    }

    /// Waits until every worker waits at the turnstile, has finished or is dead.
    async fn everybody_waits(&self) {
        let (mut calm, mut spins) = (0, 0);
        while calm < 4 {
            tokio::task::yield_now().await;
            let who = self.turnstile.who();
            let is_on_its_way = |(number, worker): (usize, &Worker)| {
                worker.busy.as_ref().is_some_and(|busy| !busy.task.is_finished()) && !who.contains(&number)
            };
            if self.workers.iter().enumerate().any(is_on_its_way) {
                calm = 0;
                spins += 1;
                if spins > 50 {
                    tokio::time::sleep(Duration::from_micros(100)).await;
                }
            } else {
                calm += 1;
            }
        }
    }

    /// Releases one waiting request, and waits for its answer.
    async fn step(&mut self) {
        let who = self.turnstile.who();
        let turn = usize::try_from(self.draw.below(who.len() as u64)).expect("an index");
        let waiting = self.turnstile.take(turn);
        let answered = self.turnstile.answered();
        self.tell(format!("    {}: {}", waiting.worker, waiting.operation));
        let _ = waiting.go.send(());
        while self.turnstile.answered() == answered {
            let task = self.workers[waiting.worker].busy.as_ref();
            if task.is_none_or(|busy| busy.task.is_finished()) {
                break;
            }
            tokio::task::yield_now().await;
        }
        self.everybody_waits().await;
    }

    /// Handles the results of the workers which have finished.
    async fn collect(&mut self) -> anyhow::Result<()> {
        for number in 0..WORKERS {
            let worker = &mut self.workers[number];
            if !worker.busy.as_ref().is_some_and(|busy| busy.task.is_finished()) {
                continue;
            }
            let busy = worker.busy.take().expect("it is busy");
            worker.faults.none();
            let ended = match busy.task.await {
                Ok(ended) => ended,
                Err(panic) => anyhow::bail!("a panic: {panic}"),
            };
            let came_to_nothing = ended.as_ref().is_none_or(|ended| !ended.well);
            let word = ended.as_ref().map_or("died", |ended| if ended.well { "done" } else { "failed" });
            self.tell(format!("  {number} {word}: {}", busy.deed));
            if let Some(Ended { error: Some(error), .. }) = &ended {
                anyhow::ensure!(busy.disturbed, "{} failed undisturbed: {error}", busy.deed);
            }
            if let Some(Ended { stored: Some((account, import)), .. }) = ended {
                self.bag.push(Deed::Object(account, import));
            }
            anyhow::ensure!(self.story.len() < LONGEST, "it does not come to rest");
            self.after(busy.deed, came_to_nothing).await?;
            // Reading the tables would take most of the time. A violation persists until the next check,
            // so not every step is checked.
            if self.draw.one_in(20) {
                self.check().await?;
            }
        }
        Ok(())
    }

    /// Handles the consequences of a finished deed.
    async fn after(&mut self, deed: Deed, came_to_nothing: bool) -> anyhow::Result<()> {
        match deed {
            // S3 sends a notification about every stored object, even if the client died before the answer.
            Deed::Drop(key, _) => match self.stack.system.services().files.head(&key).await {
                Ok(Object { etag, .. }) => {
                    let sequencer = format!("{:06}", self.story.len());
                    let arrival = Arrival { key, etag, sequencer };
                    self.inbox.put(&arrival);
                    self.bag.push(Deed::Arrival(arrival));
                }
                Err(FileError::Missing) => {}
                Err(error) => return Err(error.into()),
            },
            // A message which was not handled successfully arrives again.
            deed if came_to_nothing && deed.comes_again() => self.bag.push(deed),
            Deed::Arrival(arrival) => self.inbox.handled(&arrival),
            _ => {}
        }
        Ok(())
    }

    async fn check(&mut self) -> anyhow::Result<()> {
        let world = World::read(&self.stack).await?;
        let mut wrong = world.violations();
        for (key, import) in &world.imports {
            let before = self.statuses.insert(*key, import.status).unwrap_or(import.status);
            if before != import.status && !reachable(before, import.status) {
                wrong.push(format!("import {key:?} went from {before} to {}", import.status));
            }
        }
        for ((account, id), entry) in &world.entries {
            let other = if account.0 == 1 { "account 2" } else { "account 1" };
            if entry.text.as_deref().is_some_and(|text| text.contains(other)) {
                wrong.push(format!("account {account} has the other's entry {id}"));
            }
        }
        anyhow::ensure!(wrong.is_empty(), "{wrong:#?}");
        self.seen = world;
        Ok(())
    }

    fn give(&mut self, number: usize, deed: Deed, disturb: bool) {
        let worker = &self.workers[number];
        let (mut how, mut planned) = (String::new(), None);
        if disturb {
            let faults = [
                Fault::Lost,
                Fault::Unanswered,
                Fault::Throttled,
                Fault::Conflict,
                Fault::Partly,
                Fault::DeathBefore,
                Fault::DeathAfter,
                Fault::DeathAfter,
            ];
            let fault = *self.draw.of(&faults).expect("there are some");
            // Sometimes the fault is repeated so often that the SDK gives up. An edit takes only a few requests.
            let requests = if deed.comes_again() || matches!(deed, Deed::Sweep) { 30 } else { 9 };
            let (n, times) = (1 + self.draw.below(requests), if self.draw.one_in(3) { 6 } else { 1 });
            how = format!(", {fault:?} at {n}, {times} times");
            planned = Some((n..n + times, fault));
        }
        let refuses = self.inbox.refuses;
        worker.faults.plan(move |request, operation| match &planned {
            Some((requests, fault)) if requests.contains(&request) => Some(*fault),
            _ => (refuses && operation == "S3 PUT outbox").then_some(Fault::Refused),
        });
        let (faults, functions, person) = (worker.faults.clone(), worker.functions.clone(), worker.person.clone());
        let doing = deed.clone();
        let task = tokio::spawn(async move { faults.outlive(act(functions, person, doing)).await });
        self.workers[number].busy = Some(Busy { task, deed: deed.clone(), since: self.now(), disturbed: disturb });
        self.tell(format!("  {number}: {deed}{how}"));
    }

    /// Moves the visible messages from the queues into the bag.
    fn fetch(&mut self) {
        while let Some(letter) = self.postman.next() {
            self.postman.delete(&letter);
            self.bag.push(Deed::Deliver(letter));
        }
    }

    /// Turns the clock, and ends the workers whose time-out has passed.
    async fn turn(&mut self, by: Duration) -> anyhow::Result<()> {
        self.stack.system.services().clock.turn(by);
        self.tell(format!("the clock: {} s on", by.as_secs()));
        let (now, mut ended) = (self.now(), Vec::new());
        for worker in &mut self.workers {
            let limit = |deed: &Deed| if deed.is_a_request() { TIME_OUT_OF_A_REQUEST } else { TIME_OUT };
            if worker.busy.as_ref().is_some_and(|busy| now - busy.since >= limit(&busy.deed)) {
                let busy = worker.busy.take().expect("it is busy");
                busy.task.abort();
                let _ = busy.task.await;
                ended.push(busy.deed);
            }
        }
        for deed in ended {
            self.after(deed, true).await?;
        }
        self.everybody_waits().await;
        self.collect().await
    }

    /// Draws a deed which fits the present state.
    fn deed(&mut self) -> Deed {
        self.fetch();
        let world = &self.seen;
        if !self.bag.is_empty() && self.draw.one_in(2) {
            let n = usize::try_from(self.draw.below(self.bag.len() as u64)).expect("an index");
            // Some messages arrive twice, and a few are lost.
            return match self.draw.below(15) {
                0 => self.bag[n].clone(),
                1 => {
                    let lost = self.bag.swap_remove(n);
                    self.tell(format!("lost: {lost}"));
                    Deed::Sweep
                }
                _ => self.bag.swap_remove(n),
            };
        }
        let account = AccountId(1 + self.draw.below(4) / 3);
        let imports: Vec<_> = world.imports.keys().filter(|(owner, _)| *owner == account).map(|key| key.1).collect();
        let entries: Vec<_> = world.entries.keys().filter(|(owner, _)| *owner == account).map(|key| key.1).collect();
        let things = |wanted: Kind| -> Vec<ThingId> {
            let of = world.things.iter().filter(|((owner, kind, _), _)| *owner == account && *kind == wanted);
            of.filter(|(_, thing)| !thing.retired).map(|((.., id), _)| *id).collect()
        };
        let (projects, tags, clients) = (things(Kind::Project), things(Kind::Tag), things(Kind::Client));
        let project = self.draw.of(&projects).copied();
        let named = ThingInput { name: Some(self.draw.name()), ..ThingInput::default() };
        let client = if self.draw.one_in(3) { None } else { Some(ClientInput::Name(self.draw.name())) };
        let tags_of_entry = (0..=self.draw.below(3)).map(|_| self.draw.name()).collect();
        let entry = EntryInput {
            seconds: Some(60 * self.draw.below(9)),
            project: match self.draw.below(4) {
                0 => None,
                1 => Some(Some(ProjectInput::Name(self.draw.name()))),
                _ => Some(project.map(ProjectInput::Id)),
            },
            tags: if self.draw.one_in(2) { None } else { Some(tags_of_entry) },
            ..EntryInput::default()
        };
        let import = self.draw.of(&imports).copied();
        if self.draw.one_in(5) {
            let people = world.people.records.keys().filter(|(owner, _)| *owner == account).map(|key| key.1).collect();
            let companies = things(Kind::Company);
            return self.deed_of_contacts(account, people, companies);
        }
        match (self.draw.below(20), import, self.draw.of(&entries).copied(), project) {
            (0..=1, Some(import), ..) => Deed::Undo(account, import),
            (2, Some(import), ..) if self.draw.one_in(2) => Deed::Resume(account, import),
            (2, Some(import), ..) => Deed::Cancel(account, import),
            (15, Some(import), ..) if self.draw.one_in(2) => {
                let stopped = world.imports.get(&(account, import)).is_some_and(|it| it.status == Status::Incomplete);
                if stopped { Deed::Resume(account, import) } else { Deed::Cancel(account, import) }
            }
            (3, ..) => Deed::NewEntry(account, entry),
            (4..=5, _, Some(id), _) => Deed::EditEntry(account, id, entry),
            (6, _, Some(id), _) => Deed::DropEntry(account, id),
            (7, ..) if self.draw.one_in(2) => Deed::NewThing(account, Kind::Tag, named),
            (7, ..) => Deed::NewThing(account, Kind::Project, ThingInput { client: Some(client), ..named }),
            (8, _, _, Some(id)) => Deed::DropThing(account, Kind::Project, id),
            (9, _, _, Some(id)) => {
                let moved = ThingInput { client: Some(client), ..ThingInput::default() };
                Deed::EditThing(account, Kind::Project, id, moved)
            }
            (10, ..) if !tags.is_empty() => {
                Deed::DropThing(account, Kind::Tag, *self.draw.of(&tags).expect("there are some"))
            }
            (16, _, _, Some(into)) => {
                Deed::Merge(account, Kind::Project, into, *self.draw.of(&projects).expect("there are some"))
            }
            (17, ..) if !tags.is_empty() => {
                let mut tag = || *self.draw.of(&tags).expect("there are some");
                Deed::Merge(account, Kind::Tag, tag(), tag())
            }
            (18, ..) if !clients.is_empty() && self.draw.one_in(2) => {
                Deed::Retire(account, Kind::Client, *self.draw.of(&clients).expect("there are some"))
            }
            (18, ..) if !tags.is_empty() => {
                Deed::Retire(account, Kind::Tag, *self.draw.of(&tags).expect("there are some"))
            }
            (19, ..) if !entries.is_empty() => {
                let some = entries.iter().copied().filter(|_| self.draw.one_in(3)).collect();
                Deed::Approve(account, some, self.draw.one_in(2))
            }
            (11, ..) => Deed::Sweep,
            (12..=13, _, _, Some(id)) => Deed::EditThing(account, Kind::Project, id, named),
            (14, ..) => {
                let file = self.draw.file(account);
                Deed::Drop(self.inbox.key(account, &mut self.draw), file)
            }
            _ => {
                let file = self.draw.file(account);
                let mapped = self.draw.one_in(4);
                let (upload, abort) = (self.draw.one_in(4), self.draw.one_in(4));
                Deed::Import(account, file, Wanted { upload, mapped, abort, contacts: None })
            }
        }
    }

    /// Draws an import of contacts, or an edit of a person or a company by hand.
    fn deed_of_contacts(&mut self, account: AccountId, people: Vec<RecordId>, companies: Vec<ThingId>) -> Deed {
        let company = self.draw.of(&companies).copied();
        let input = PersonInput {
            first_name: Some(Some(self.draw.name())),
            email: if self.draw.one_in(2) { None } else { Some(Some(self.draw.address())) },
            title: Some(Some(self.draw.name())),
            company: if self.draw.one_in(2) { None } else { Some(company) },
            ..PersonInput::default()
        };
        match (self.draw.below(10), self.draw.of(&people).copied(), company) {
            (0, ..) => Deed::NewPerson(account, PersonInput { company: Some(company), ..input }),
            (1..=3, Some(id), _) => Deed::EditPerson(account, id, input),
            (4, Some(id), _) => Deed::DropPerson(account, id),
            (5, _, Some(id)) => Deed::DropThing(account, Kind::Company, id),
            (6, ..) => {
                let named = ThingInput { name: Some(self.draw.name()), ..ThingInput::default() };
                Deed::NewThing(account, Kind::Company, named)
            }
            _ => {
                let (upload, abort) = (self.draw.one_in(4), self.draw.one_in(4));
                let contacts = if self.draw.one_in(2) { Duplicates::Skip } else { Duplicates::Create };
                let wanted = Wanted { upload, mapped: false, abort, contacts: Some(contacts) };
                Deed::Import(account, self.draw.contacts(), wanted)
            }
        }
    }

    /// Runs the world until all deeds are done.
    pub async fn live(&mut self) -> anyhow::Result<()> {
        let mut deeds = 0;
        while deeds < DEEDS || self.workers.iter().any(|worker| worker.busy.is_some()) {
            let free = (0..WORKERS).find(|&number| self.workers[number].busy.is_none());
            let idle = self.turnstile.who().is_empty();
            match free {
                Some(number) if deeds < DEEDS && (idle || self.draw.one_in(8)) => {
                    let (deed, disturb) = (self.deed(), self.draw.one_in(4));
                    self.give(number, deed, disturb);
                    self.everybody_waits().await;
                    deeds += 1;
                }
                _ if self.draw.one_in(60) => {
                    let seconds = *self.draw.of(&[1, 10, 50, 125, 400]).expect("there are some");
                    self.turn(Duration::from_secs(seconds)).await?;
                }
                _ if !idle => self.step().await,
                _ => {}
            }
            self.collect().await?;
        }
        Ok(())
    }

    /// Starts no new deed. The waiting messages arrive or are lost, and afterwards every import must be settled.
    pub async fn rest(&mut self) -> anyhow::Result<()> {
        if self.draw.one_in(2) {
            self.fetch();
            self.bag.clear();
            self.postman.lose_everything();
            self.tell("all messages are lost".to_owned());
        }
        for _ in 0..40 {
            loop {
                self.fetch();
                let Some(deed) = self.bag.pop() else { break };
                self.give(0, deed, false);
                self.until_done().await?;
            }
            self.check().await?;
            // A stopped import is sealed in steps. A further sweep is necessary for events which are not yet sent.
            let is_sealed = self.seen.imports.values().all(Import::is_sealed);
            let is_told = self.inbox.refuses || self.seen.open.is_empty();
            if is_sealed && is_told && self.postman.is_empty() {
                self.turn(LONG).await?;
                self.give(0, Deed::Sweep, false);
                self.until_done().await?;
                break;
            }
            self.turn(LONG).await?;
            self.give(0, Deed::Sweep, false);
            self.until_done().await?;
        }
        self.check_rest().await
    }

    async fn until_done(&mut self) -> anyhow::Result<()> {
        self.everybody_waits().await;
        while self.workers.iter().any(|worker| worker.busy.is_some()) {
            if !self.turnstile.who().is_empty() {
                self.step().await;
            }
            self.collect().await?;
        }
        Ok(())
    }

    async fn check_rest(&mut self) -> anyhow::Result<()> {
        self.check().await?;
        let mut wrong = self.seen.violations_at_rest();
        wrong.extend(self.inbox.violations_at_rest(&self.stack, &self.seen).await?);
        wrong.extend(wrongly_made(&self.stack, &self.seen).await?);
        wrong.extend(wrongly_told(&self.stack, &self.seen).await?);
        anyhow::ensure!(wrong.is_empty(), "at rest: {wrong:#?}");
        Ok(())
    }

    /// Undoes every import at the end, after which only things with other holders may remain.
    pub async fn undo_everything(&mut self) -> anyhow::Result<()> {
        let imports: Vec<_> = self.seen.imports.keys().copied().collect();
        for (account, import) in imports {
            self.give(0, Deed::Undo(account, import), false);
            self.until_done().await?;
        }
        self.rest().await?;
        let world = &self.seen;
        for ((account, id), import) in &world.imports {
            anyhow::ensure!(import.status == Status::RolledBack, "import {id} of {account} is {}", import.status);
        }
        let imported = world.entries.keys().filter(|(_, id)| id.import() != ImportId::HAND).count();
        anyhow::ensure!(imported == 0, "{imported} entries of undone imports are left");
        // Whom nobody edited is gone; the invariants check that others are orphans.
        let imported = world.people.records.values().filter(|person| person.maker() != ImportId::HAND);
        let untouched = imported.filter(|person| person.writers.is_empty()).count();
        anyhow::ensure!(untouched == 0, "{untouched} people of undone imports are left, whom nobody edited");
        Ok(())
    }
}

/// True if the possible transitions lead from a status to another.
fn reachable(from: Status, to: Status) -> bool {
    let (mut reached, mut left) = (Vec::new(), vec![from]);
    while let Some(from) = left.pop() {
        let next = Status::ALL.into_iter().filter(|&next| from.may_become(next) && !reached.contains(&next));
        let next: Vec<_> = next.collect();
        reached.extend(&next);
        left.extend(next);
    }
    reached.contains(&to)
}
