//! The sweep: a scheduled look at every open import, so no import hangs.
//!
//! An import may wait for a message, a lease or an upload which never comes. The sweep looks at every import which is
//! not settled:
//!
//! | the import | the sweep |
//! |---|---|
//! | has made progress since the last look | leaves the import alone |
//! | stood still with all work done | settles the import |
//! | stood still with work left | sends the messages again; a second message finds the work done or held |
//! | stood still through many wakings | gives up the import, with a reason |
//! | stood still for an hour, first in its lane | gives up the import; an undo gives up its place, and goes on |
//!
//! The sweep also does the work that the kinds of rows leave to it ([`dispatch::sweep`]), and sends a message for each schedule
//! that is due ([`schedules::send_due`]).
//!
//! A system which has its state to itself, such as a local system with a data folder, sweeps once when started as if
//! every import had stood still for long enough ([`Others::Gone`]), because all holders of leases are dead and all
//! messages are lost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::concurrent::drained;
use crate::dispatch;
use crate::id::{AccountId, ImportId};
use crate::import::{Import, ImportError, Status, UPLOAD_WINDOW, lane};
use crate::ledger::Chunk;
use crate::metrics::count;
use crate::plan;
use crate::queue::Message;
use crate::results::made::folded_steps;
use crate::revert;
use crate::schedules;
use crate::services::Services;
use crate::settle::last_step;
use crate::settle::stop::stop;
use crate::settle::{go_on, settle_soon};
use crate::store::{StoreError, Write, decode, keys};

/// The time without progress after which an import is woken: longer than a lease and a message's delay. The import may
/// only be waiting behind other imports, so each waking waits twice as long as the waking before.
const STANDSTILL: Duration = Duration::from_secs(150);
/// The longest time between two wakings.
const LONGEST: Duration = Duration::from_secs(3600);
/// The time without progress after which a queued import is woken: longer than the parser may run.
const PLANNING: Duration = Duration::from_secs(960);
/// The most wakings without progress; then the import is given up. The waits before the wakings begin with
/// [`STANDSTILL`] and double up to an hour: five waits take 78 minutes, and eight further waits take an hour each, so the
/// import is given up after about nine hours.
const MOST_WAKINGS: u32 = 12;
/// The time without progress after which an import is given up while other imports may wait for it in a lane.
const LANE_STANDSTILL: Duration = Duration::from_secs(3600);
/// The longest time between two wakings of an import in a lane, unless planning takes longer.
const LONGEST_IN_LANE: Duration = Duration::from_secs(900);
/// The fewest wakings before an import in a lane is given up. A local system which was switched off for an hour thereby
/// wakes the import before giving it up.
const FEWEST_WAKINGS: u32 = 3;
/// The most imports looked at at once.
const LOOKS_AT_ONCE: usize = 8;

/// The knowledge whether any other process works on the same tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Loaders and parsers may run, and messages may be under way.
    MayWork,
    /// No other process works on the tables: every lease belongs to a dead holder, and no message is left.
    Gone,
}

/// The state of an import at the last look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Watch {
    status: Status,
    done: u64,
    /// The time of the last waking, or of the last progress before the first waking.
    since: i64,
    wakings: u32,
    /// The time of the last progress; `None` in an item written before the attribute existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
}

impl Watch {
    /// `true` if the watch is of the import's present stay in its status. A resumed import may come to a status again.
    fn is_of(&self, import: &Import) -> bool {
        self.status == import.status && self.since >= import.updated_at
    }

    /// `true` if the import has stood still for so long that imports behind it in a lane need not wait any longer.
    fn is_too_long_for_a_lane(&self, now: i64) -> bool {
        let stood = Duration::from_millis((now - self.from.unwrap_or(self.since)).max(0).unsigned_abs());
        self.wakings > FEWEST_WAKINGS && stood >= LANE_STANDSTILL
    }
}

#[derive(Deserialize)]
struct Listed {
    pk: String,
}

/// The result of a sweep, as numbers of imports and schedules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Imports which are not settled.
    pub open: u64,
    /// Imports which were woken.
    pub woken: u64,
    /// Woken imports whose file has yet to be uploaded.
    pub awaiting: u64,
    /// Imports which were given up, and reports which were given up.
    pub given_up: u64,
    /// Schedules for whose runs a message was sent.
    pub due: u64,
}

/// Looks once at every import which is not settled.
pub async fn sweep(services: &Services, others: Others) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    match schedules::send_due(services).await {
        Ok(due) => swept.due = due,
        Err(error) => tracing::warn!(%error, "due schedules could not be found"),
    }
    let mut pages = services.store.pages(keys::open_imports());
    while let Some(items) = pages.next().await? {
        let listed: Vec<Listed> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        let found = listed.iter().filter_map(|listed| keys::import_of(&listed.pk));
        let looks = found.map(|(account, import)| look_apart(services, account, import, others));
        for seen in drained(looks, LOOKS_AT_ONCE).await? {
            swept.open += seen.open;
            swept.woken += seen.woken;
            swept.awaiting += seen.awaiting;
            swept.given_up += seen.given_up;
        }
    }
    if let Err(error) = dispatch::sweep(services, others == Others::Gone).await {
        tracing::warn!(%error, "work of a kind could not be swept");
    }
    count!(OpenImports = swept.open, WokenImports = swept.woken, GivenUp = swept.given_up);
    Ok(swept)
}

/// Looks at an import. An error is logged, so the error does not keep the sweep from other imports.
async fn look_apart(
    services: &Services,
    account: AccountId,
    import: ImportId,
    others: Others,
) -> Result<Swept, StoreError> {
    let mut swept = Swept { open: 1, ..Swept::default() };
    if let Err(error) = Box::pin(look(services, account, import, others, &mut swept)).await {
        tracing::warn!(account = account.0, import = import.0, %error, "an import could not be swept");
    }
    Ok(swept)
}

async fn look(
    services: &Services,
    account: AccountId,
    import: ImportId,
    others: Others,
    swept: &mut Swept,
) -> Result<(), ImportError> {
    let Some(import) = Import::get(services, account, import).await? else { return Ok(()) };
    if others == Others::Gone {
        free(services, &import).await?;
    }
    if import.has_last_step() && import.is_sealed() {
        return tell(services, &import, others, swept).await;
    }
    if import.is_sealed() {
        // The end of the import has yet to be recorded.
        return settle_soon(services, &import).await;
    }
    // An import with many names settles in steps, and its undo ends in steps.
    let steps = match import.status {
        Status::Processing | Status::Incomplete => folded_steps(services, &import).await?,
        Status::RollingBack => revert::released_steps(services, &import).await?,
        _ => 0,
    };
    if import.status == Status::Incomplete && steps == 0 {
        // The import was stopped, and the last loader may still be at work.
        return settle_soon(services, &import).await;
    }
    if import.status == Status::Queued && !lane::has_its_turn(services, &import).await? {
        return Ok(());
    }
    let counts = import.counts(services).await?;
    let done = match import.status {
        Status::Processing => counts.chunks + steps,
        Status::RollingBack => counts.reverted + steps,
        _ => steps,
    };
    // The function which changed the status may have had a clock that was ahead.
    let now = services.clock.now_ms().max(import.updated_at);
    let key = keys::watch(account, import.id);
    let seen: Option<Watch> = services.store.read(&key).await?;
    let mut watch = match &seen {
        Some(watch) if watch.is_of(&import) && watch.done == done => watch.clone(),
        // Progress since the last look counts from now; without progress so far, time counts from the last change of
        // status.
        _ => {
            let since = if done > 0 { now } else { import.updated_at };
            Watch { status: import.status, done, since, wakings: 0, from: Some(since) }
        }
    };
    let longest = if import.lane().is_some() { LONGEST_IN_LANE } else { LONGEST };
    if others == Others::Gone || stood_still(&watch, now) >= patience(import.status, watch.wakings, longest) {
        watch.wakings += 1;
        watch.since = now;
        let is_held_up = watch.is_too_long_for_a_lane(now) && lane::is_waited_for(services, &import).await?;
        let may_stop = matches!(import.status, Status::Queued | Status::Processing);
        if may_stop && (is_held_up || watch.wakings > MOST_WAKINGS) {
            swept.given_up += 1;
            let why = format!("the import made no progress in {} tries", watch.wakings - 1);
            stop(services, &import, why).await?;
            return Ok(());
        }
        if is_held_up {
            // No loader can write for the import any more, so the imports behind need not wait for the end of its undo.
            lane::leave(services, &import).await?;
        }
        swept.woken += 1;
        swept.awaiting += u64::from(import.awaits_file());
        wake(services, &import, swept).await?;
    }
    if seen.as_ref() != Some(&watch) {
        services.store.write(Write::put(key, &watch)).await?;
    }
    Ok(())
}

/// Takes the last step of a settled import. If the worker which settled the import died, the sweep does so at once. If
/// the outbox refuses the report of a drop, each further try waits twice as long.
async fn tell(services: &Services, import: &Import, others: Others, swept: &mut Swept) -> Result<(), ImportError> {
    let (now, key) = (services.clock.now_ms().max(import.updated_at), keys::watch(import.account, import.id));
    let seen: Option<Watch> = services.store.read(&key).await?;
    let seen = seen.filter(|watch| watch.is_of(import));
    let waits = |watch: &Watch| patience(watch.status, watch.wakings, LONGEST) > stood_still(watch, now);
    if others == Others::MayWork && seen.as_ref().is_some_and(waits) {
        return Ok(());
    }
    // The turn was given up before the first refused report.
    let is_told = match &seen {
        Some(_) => last_step::write_report(services, import).await?,
        None => last_step::finish(services, import).await?,
    };
    if is_told {
        return Ok(());
    }
    let wakings = seen.map_or(0, |watch| watch.wakings) + 1;
    if wakings > MOST_WAKINGS {
        swept.given_up += 1;
        tracing::error!(account = import.account.0, import = import.id.0, "a drop's report is given up");
        return last_step::forget(services, import).await.map(drop);
    }
    let watch = Watch { status: import.status, done: 0, since: now, wakings, from: None };
    services.store.write(Write::put(key, &watch)).await?;
    Ok(())
}

fn stood_still(watch: &Watch, now: i64) -> Duration {
    Duration::from_millis((now - watch.since).max(0).unsigned_abs())
}

/// Removes the leases from the import's chunks.
async fn free(services: &Services, import: &Import) -> Result<(), StoreError> {
    let (account, id) = (import.account, import.id);
    let mut pages = services.store.pages(import.all_chunks());
    while let Some(items) = pages.next().await? {
        for item in items {
            let Chunk { number, lease: Some(lease), .. } = Chunk::decode(item)? else { continue };
            let free = Write::update(keys::chunk(account, id, number), "REMOVE #lease, #lease_until");
            services.store.write(free.when("#lease = :token").bind(":token", lease)).await?;
        }
    }
    Ok(())
}

/// How long an import may stand still before the next waking, at most `longest` unless planning takes longer.
fn patience(status: Status, wakings: u32, longest: Duration) -> Duration {
    let first = if status == Status::Queued { PLANNING } else { STANDSTILL };
    (first * 2u32.pow(wakings.min(8))).min(longest.max(first))
}

async fn wake(services: &Services, import: &Import, swept: &mut Swept) -> Result<(), ImportError> {
    let (account, id) = (import.account, import.id);
    let window = i64::try_from(UPLOAD_WINDOW.as_millis()).expect("hours");
    match import.status {
        // The import waits for its owner to start the import.
        Status::New if !import.awaits_file() => {}
        // The parser checks if the file has arrived, because the event of the upload may be lost. A file behind an address is
        // given up after a number of tries, and a resumed import may be older than any upload.
        Status::New if import.location.is_some() || services.clock.now_ms() - import.created_at < window => {
            services.queues.send(&Message::Start { account, import: id }).await?;
        }
        Status::New => {
            swept.given_up += 1;
            stop(services, import, "its file was never uploaded".to_owned()).await?;
        }
        Status::Queued => services.queues.send(&Message::Start { account, import: id }).await?,
        Status::Processing => plan::resend(services, import).await?,
        Status::RollingBack => revert::resend(services, import).await?,
        Status::Incomplete => go_on(services, import).await?,
        _ => {}
    }
    Ok(())
}
