//! A simulated world: whatever can happen does, in an order that a seed draws.
//!
//! Two accounts; three workers that plan, load, undo, sweep and edit by hand, one request of one of them at a time; the
//! seed draws whose request goes next, what a free worker does, which messages come twice, late or never, when the clock
//! is turned, and which request fails and how. A worker that the clock leaves behind is ended as Lambda ends it. The
//! invariants are looked at all along, and once more when everything has come to rest.
//!
//! `WAYBILL_SEEDS=n` runs n seeds, `WAYBILL_SEED=s` the one that failed, with its story.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::entity::by_hand::EditError;
use shared::entity::by_hand::entries::{self, EntryInput, ProjectInput};
use shared::entity::by_hand::things::{self, ThingInput};
use shared::id::{AccountId, EntryId, ImportId, ThingId};
use shared::import::{Import, ImportError, NewImport, Options, Origin, Status, cancel, create};
use shared::plan::plan;
use shared::queue::Message;
use shared::revert;
use shared::services::Services;
use shared::store::StoreError;
use shared::store::keys::Kind;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::faults::{Fault, Faults, Gate};
use crate::invariants::World;
use crate::postman::{LONG, Letter, Postman, hand_over};
use crate::stack::Stack;

/// Seeds of one `cargo test`.
const SEEDS: u64 = 200;
/// Seeds that found something once; they are run besides.
const FOUND: [u64; 4] = [626, 707, 895, 913];
/// Things that workers do in one world.
const DEEDS: u32 = 40;
/// Lines of a story, requests included; one that is longer goes round in circles.
const LONGEST: usize = 10_000;
const WORKERS: usize = 3;
const ROWS_PER_CHUNK: u32 = 2;
/// Lambda ends a loader after this long.
const TIME_OUT: i64 = 90_000;
const USER: ThingId = ThingId(1);

/// Numbers that a seed draws (SplitMix64).
pub struct Draw(pub u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn name(&mut self) -> String {
        (*self.of(&NAMES).expect("there are some")).to_owned()
    }

    pub fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let n = self.below(all.len() as u64);
        all.get(usize::try_from(n).expect("an index"))
    }
}

/// A request that waits to go.
struct Waiting {
    worker: usize,
    operation: String,
    go: oneshot::Sender<()>,
}

/// Where all requests wait.
#[derive(Clone, Default)]
struct Turnstile {
    waiting: Arc<Mutex<Vec<Waiting>>>,
    answered: Arc<AtomicU64>,
}

struct Answered(Arc<AtomicU64>);

impl Drop for Answered {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Turnstile {
    fn gate(&self, worker: usize) -> Gate {
        let this = self.clone();
        Arc::new(move |operation: &str| {
            let (go, gone) = oneshot::channel();
            let waiting = Waiting { worker, operation: operation.to_owned(), go };
            this.waiting.lock().expect("unpoisoned").push(waiting);
            let answered = Answered(Arc::clone(&this.answered));
            Box::pin(async move {
                let _ = gone.await;
                Box::new(answered) as Box<dyn Send>
            })
        })
    }

    /// The workers whose requests wait.
    fn who(&self) -> Vec<usize> {
        let mut waiting = self.waiting.lock().expect("unpoisoned");
        waiting.retain(|waiting| !waiting.go.is_closed());
        waiting.iter().map(|waiting| waiting.worker).collect()
    }
}

/// What a worker is given to do.
#[derive(Clone)]
enum Deed {
    Deliver(Letter),
    Object(AccountId, ImportId),
    Import(AccountId, String, bool),
    Undo(AccountId, ImportId),
    Cancel(AccountId, ImportId),
    Sweep,
    NewEntry(AccountId, EntryInput),
    EditEntry(AccountId, EntryId, EntryInput),
    DropEntry(AccountId, EntryId),
    NewThing(AccountId, Kind, ThingInput),
    EditThing(AccountId, Kind, ThingId, ThingInput),
    DropThing(AccountId, Kind, ThingId),
}

impl std::fmt::Display for Deed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Deliver(letter) => write!(f, "{} {}", letter.queue, letter.message.body),
            Self::Object(account, import) => write!(f, "the object of {account}/{import}"),
            Self::Import(account, file, upload) => {
                write!(f, "import for {account}, {} rows, upload {upload}", file.lines().count() - 1)
            }
            Self::Undo(account, import) => write!(f, "undo {account}/{import}"),
            Self::Cancel(account, import) => write!(f, "cancel {account}/{import}"),
            Self::Sweep => f.write_str("sweep"),
            Self::NewEntry(account, input) => {
                write!(f, "new entry for {account}: {:?} {:?}", input.project, input.tags)
            }
            Self::EditEntry(account, id, input) => {
                write!(f, "edit {account}'s entry {id}: {:?} {:?}", input.project, input.tags)
            }
            Self::DropEntry(account, id) => write!(f, "delete {account}'s entry {id}"),
            Self::NewThing(account, kind, input) => write!(f, "new {kind:?} for {account}: {input:?}"),
            Self::EditThing(account, kind, id, input) => write!(f, "edit {account}'s {kind:?} {id}: {input:?}"),
            Self::DropThing(account, kind, id) => write!(f, "delete {account}'s {kind:?} {id}"),
        }
    }
}

/// How it ended: well or not, and what would be our fault.
struct Ended {
    well: bool,
    error: Option<String>,
    /// An object was stored that an event tells of.
    stored: Option<(AccountId, ImportId)>,
}

impl Ended {
    fn of_edit<T>(result: Result<T, EditError>) -> Self {
        let error = match &result {
            Err(EditError::Store(error)) => Some(error.to_string()),
            _ => None,
        };
        Self { well: result.is_ok(), error, stored: None }
    }

    fn of_import<T>(result: Result<T, ImportError>) -> Self {
        let error = match &result {
            Ok(_) | Err(ImportError::Status { .. } | ImportError::Missing(_) | ImportError::OutOfTime) => None,
            // The world moved on: it is told so, and comes again.
            Err(ImportError::Store(StoreError::Busy(_))) => None,
            Err(error) => Some(error.to_string()),
        };
        Self { well: result.is_ok(), error, stored: None }
    }
}

async fn act(services: Services, deed: Deed) -> Ended {
    match deed {
        Deed::Deliver(letter) => Ended { well: hand_over(&letter, &services).await, error: None, stored: None },
        Deed::Object(account, import) => Ended::of_import(plan(&services, account, import).await),
        Deed::Import(account, file, upload) => match import(&services, account, file, upload).await {
            Ok(import) if upload => Ended { well: true, error: None, stored: Some((account, import.id)) },
            other => Ended::of_import(other),
        },
        Deed::Undo(account, import) => {
            let undone = async {
                let import = Import::find(&services, account, import).await?;
                revert::ask(&services, &import, "user 1").await
            };
            Ended::of_import(undone.await)
        }
        Deed::Cancel(account, import) => {
            let cancelled = async {
                let import = Import::find(&services, account, import).await?;
                cancel(&services, &import, "user 1").await
            };
            Ended::of_import(cancelled.await)
        }
        Deed::Sweep => Ended::of_import(sweep::handle(&services).await.map_err(ImportError::from)),
        Deed::NewEntry(account, input) => Ended::of_edit(entries::create(&services, account, USER, &input).await),
        Deed::EditEntry(account, id, input) => Ended::of_edit(entries::update(&services, account, id, &input).await),
        Deed::DropEntry(account, id) => Ended::of_edit(entries::delete(&services, account, id).await),
        Deed::NewThing(account, kind, input) => Ended::of_edit(things::create(&services, account, kind, &input).await),
        Deed::EditThing(account, kind, id, input) => {
            Ended::of_edit(things::update(&services, account, kind, id, &input).await)
        }
        Deed::DropThing(account, kind, id) => Ended::of_edit(things::delete(&services, account, kind, id).await),
    }
}

async fn import(services: &Services, account: AccountId, file: String, upload: bool) -> Result<Import, ImportError> {
    let key = format!("sources/{account}/{}/file.csv", shared::lease::nonce());
    let bytes = bytes::Bytes::from(file);
    let origin = if upload {
        Origin::Awaited { token: shared::lease::nonce() }
    } else {
        Origin::Stored(services.files.put(&key, bytes.clone()).await?)
    };
    let new = NewImport {
        account,
        user: USER,
        options: Options { fallback_user: Some(USER), ..Options::default() },
        file_name: "file.csv".to_owned(),
        origin,
    };
    let import = create(services, &new).await?;
    match &import.awaits {
        Some(key) => drop(services.files.put(key, bytes).await?),
        None => services.queues.send(&Message::Start { account, import: import.id }).await?,
    }
    Ok(import)
}

/// Who does things.
struct Worker {
    faults: Faults,
    services: Services,
    busy: Option<Busy>,
}

struct Busy {
    task: JoinHandle<Option<Ended>>,
    deed: Deed,
    since: i64,
    disturbed: bool,
}

struct Simulation {
    draw: Draw,
    stack: Stack,
    postman: Postman,
    turnstile: Turnstile,
    workers: Vec<Worker>,
    /// Messages and events that may come, now or later.
    bag: Vec<Deed>,
    statuses: BTreeMap<(AccountId, ImportId), Status>,
    /// The tables as they were looked at last.
    seen: World,
    story: Vec<String>,
}

const NAMES: [&str; 4] = ["Garden", "Orchard", "Harbour", "garden"];

impl Simulation {
    async fn new(seed: u64) -> anyhow::Result<Self> {
        let stack = Stack::by_hand(ROWS_PER_CHUNK).await?;
        let (postman, turnstile) = (Postman::of(&stack.system), Turnstile::default());
        let worker = |number| {
            let faults = Faults::behind(turnstile.gate(number));
            let services = faults.connect(&stack.system);
            Worker { faults, services, busy: None }
        };
        let workers = (0..WORKERS).map(worker).collect();
        Ok(Self {
            draw: Draw(seed),
            stack,
            postman,
            turnstile,
            workers,
            bag: Vec::new(),
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

    /// Everybody waits at the turnstile, is done, or is dead.
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

    /// Lets one waiting request go, and waits for its answer.
    async fn step(&mut self) {
        let who = self.turnstile.who();
        let turn = usize::try_from(self.draw.below(who.len() as u64)).expect("an index");
        let waiting = self.turnstile.waiting.lock().expect("unpoisoned").remove(turn);
        let answered = self.turnstile.answered.load(Ordering::Relaxed);
        self.tell(format!("    {}: {}", waiting.worker, waiting.operation));
        let _ = waiting.go.send(());
        while self.turnstile.answered.load(Ordering::Relaxed) == answered {
            let task = self.workers[waiting.worker].busy.as_ref();
            if task.is_none_or(|busy| busy.task.is_finished()) {
                break;
            }
            tokio::task::yield_now().await;
        }
        self.everybody_waits().await;
    }

    /// Looks after the workers that are done.
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
            // A message that was not done with comes again.
            if came_to_nothing && matches!(busy.deed, Deed::Deliver(_) | Deed::Object(..)) {
                self.bag.push(busy.deed);
            }
            // Reading the tables is what takes the time; what is wrong stays so for the next look.
            if self.draw.one_in(4) {
                self.check().await?;
            }
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
        worker.faults.none();
        let mut how = String::new();
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
            // Now and then so often that the SDK gives up.
            // An edit is over after a few requests.
            let requests = if matches!(deed, Deed::Deliver(_) | Deed::Object(..) | Deed::Sweep) { 30 } else { 9 };
            let (n, times) = (1 + self.draw.below(requests), if self.draw.one_in(3) { 6 } else { 1 });
            how = format!(", {fault:?} at {n}, {times} times");
            worker.faults.at(n, times, fault);
        }
        let (faults, services, doing) = (worker.faults.clone(), worker.services.clone(), deed.clone());
        let task = tokio::spawn(async move { faults.outlive(act(services, doing)).await });
        self.workers[number].busy = Some(Busy { task, deed: deed.clone(), since: self.now(), disturbed: disturb });
        self.tell(format!("  {number}: {deed}{how}"));
    }

    /// Messages that may be received, into the bag.
    fn fetch(&mut self) {
        while let Some(letter) = self.postman.next() {
            self.postman.delete(&letter);
            self.bag.push(Deed::Deliver(letter));
        }
    }

    /// Turns the clock, and ends whoever it leaves behind.
    async fn turn(&mut self, by: Duration) -> anyhow::Result<()> {
        self.stack.system.services().clock.turn(by);
        self.tell(format!("the clock: {} s on", by.as_secs()));
        let now = self.now();
        for worker in &mut self.workers {
            if worker.busy.as_ref().is_some_and(|busy| now - busy.since >= TIME_OUT) {
                let busy = worker.busy.take().expect("it is busy");
                busy.task.abort();
                let _ = busy.task.await;
                if matches!(busy.deed, Deed::Deliver(_) | Deed::Object(..)) {
                    self.bag.push(busy.deed);
                }
            }
        }
        self.everybody_waits().await;
        self.collect().await
    }

    fn file(&mut self, account: AccountId) -> String {
        let mut file = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,\
            Duration,Tags\n"
            .to_owned();
        for row in 0..=self.draw.below(6) {
            let client = if self.draw.one_in(2) { self.draw.name() } else { String::new() };
            let project = if self.draw.one_in(5) { String::new() } else { self.draw.name() };
            let day = if self.draw.one_in(9) { 31 } else { 1 + row };
            let tags = if self.draw.one_in(3) { String::new() } else { format!("{}, x", self.draw.name()) };
            file.push_str(&format!(
                "A,demo@example.com,{client},{project},,account {account} row {row},Yes,2026-02-{day:02},09:00:00,\
                 2026-02-01,10:00:00,00:0{}:00,\"{tags}\"\n",
                1 + row
            ));
        }
        file
    }

    /// Something to do, that what is there now allows.
    fn deed(&mut self) -> Deed {
        self.fetch();
        let world = &self.seen;
        if !self.bag.is_empty() && self.draw.one_in(2) {
            let n = usize::try_from(self.draw.below(self.bag.len() as u64)).expect("an index");
            // Some come twice, a few never.
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
            of.filter(|(_, thing)| !thing.is_spent()).map(|((.., id), _)| *id).collect()
        };
        let (projects, tags) = (things(Kind::Project), things(Kind::Tag));
        let project = self.draw.of(&projects).copied();
        let named = ThingInput { name: Some(self.draw.name()), ..ThingInput::default() };
        let client = if self.draw.one_in(3) { None } else { Some(self.draw.name()) };
        let entry = EntryInput {
            seconds: Some(60 * self.draw.below(9)),
            project: if self.draw.one_in(3) { None } else { Some(project.map(ProjectInput::Id)) },
            tags: if self.draw.one_in(2) { None } else { Some(vec![self.draw.name()]) },
            ..EntryInput::default()
        };
        let import = self.draw.of(&imports).copied();
        match (self.draw.below(16), import, self.draw.of(&entries).copied(), project) {
            (0..=1, Some(import), ..) => Deed::Undo(account, import),
            (2, Some(import), ..) => Deed::Cancel(account, import),
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
            (11, ..) => Deed::Sweep,
            (12..=13, _, _, Some(id)) => Deed::EditThing(account, Kind::Project, id, named),
            _ => {
                let file = self.file(account);
                Deed::Import(account, file, self.draw.one_in(4))
            }
        }
    }

    /// Things happen.
    async fn live(&mut self) -> anyhow::Result<()> {
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

    /// Nothing new happens, and what is waiting comes or does not; then everything has to be settled.
    async fn rest(&mut self) -> anyhow::Result<()> {
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
            // One sweep more, for what was stopped.
            if self.seen.imports.values().all(|import| import.status.is_settled()) && self.postman.is_empty() {
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
        let wrong = self.seen.violations_at_rest();
        anyhow::ensure!(wrong.is_empty(), "at rest: {wrong:#?}");
        Ok(())
    }

    /// In the end every import is undone: nothing of them is left that nobody else holds.
    async fn undo_everything(&mut self) -> anyhow::Result<()> {
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
        Ok(())
    }
}

/// Whether a status leads to another by the steps that there are.
fn reachable(from: Status, to: Status) -> bool {
    use Status::*;
    let all = [
        New,
        Queued,
        Processing,
        Complete,
        PartiallyComplete,
        Failed,
        Incomplete,
        Unsupported,
        RollingBack,
        RolledBack,
    ];
    from.may_become(to) || all.into_iter().any(|between| from.may_become(between) && reachable(between, to))
}

async fn simulate(seed: u64) -> Result<(), String> {
    let lived = async {
        let mut simulation = Simulation::new(seed).await.map_err(|error| (error, Vec::new()))?;
        let done = async {
            simulation.live().await?;
            simulation.rest().await?;
            simulation.undo_everything().await
        };
        match done.await {
            Ok(()) => {
                if is_replayed() {
                    println!("{}", simulation.story.join("\n"));
                }
                Ok(())
            }
            Err(error) => Err((error, simulation.story)),
        }
    };
    lived.await.map_err(|(error, story)| {
        let shown = if is_replayed() { story.len() } else { 30 };
        let story = story[story.len().saturating_sub(shown)..].join("\n");
        format!("seed {seed} (replay with WAYBILL_SEED={seed}):\n{story}\n{error}")
    })
}

/// One seed alone is told in full.
fn is_replayed() -> bool {
    std::env::var_os("WAYBILL_SEED").is_some()
}

fn number_in(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_simulated_world_keeps_its_promises() {
    let seeds: Vec<u64> = match (number_in("WAYBILL_SEED"), number_in("WAYBILL_SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, Some(seeds)) => (1..=seeds).collect(),
        (None, None) => FOUND.into_iter().chain(1..=SEEDS).collect(),
    };
    if is_replayed() {
        waybill::system::log();
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        loop {
            let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) else {
                return;
            };
            if let Err(story) = runtime.block_on(simulate(seed)) {
                println!("seed {seed} went wrong");
                wrong.lock().expect("unpoisoned").push(story);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().expect("unpoisoned");
    println!("simulated {} worlds", seeds.len());
    assert!(wrong.is_empty(), "{} of the worlds went wrong; the first:\n{}", wrong.len(), wrong[0]);
}
