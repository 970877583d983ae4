//! The end of an import: when every chunk is accounted for, totals are folded and the status says how it went. What an import
//! says about the header of its file is remembered in the same transaction ([`mappings`]).

mod fold;
pub mod stop;

use crate::entries::summary::is_summed;
use crate::format::FormatName;
use crate::id::ChunkNo;
use crate::import::{Change, Counts, Import, ImportError, Status, Tally, roll, transition};
use crate::inbox;
use crate::ledger::{Chunk, ChunkState};
use crate::mappings::{self, MadeWith};
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::services::Services;
use crate::store::{StoreError, Write, keys};
use fold::{Fold, Folded, fold};

/// How often a settling is tried again because what it remembers was changed by others.
const MOST_MEETINGS: u32 = 20;

/// Settles the import if every chunk is committed, or if it was stopped and nobody commits any more. Whoever commits a
/// chunk asks; so does the sweep, for the one that died between its commit and the question. Asking twice does no harm:
/// totals are SET, and of two transitions one is told that the other was first. When time is up before the totals are
/// folded, a message has another loader go on.
pub async fn settle(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    match (import.status, import.chunks) {
        (Status::Processing, Some(chunks)) if import.counts(services).await?.chunks >= chunks => {}
        (Status::Incomplete, Some(_)) if !import.is_sealed() => {}
        (status, _) if status.is_settled() && import.is_dropped() => {
            return Box::pin(inbox::finish(services, import)).await.map(drop);
        }
        _ => return Ok(()),
    }
    if import.status == Status::Incomplete && is_claimed(services, import).await? {
        return Ok(());
    }
    // Chunks that are committed at the same time all get here, and folding costs a write per project and tag.
    let ending = services.memory.ending(import.account, import.id);
    let Ok(one) = ending.try_lock() else {
        return Ok(());
    };
    let import = &Import::find(services, import.account, import.id).await?;
    let ended = match import.status {
        Status::Processing => Box::pin(close(services, import, time)).await?,
        Status::Incomplete if !import.is_sealed() => Box::pin(seal(services, import, time)).await?,
        _ => true,
    };
    // Before the message is sent: another task of this process may be the one to take it.
    drop(one);
    if ended { Ok(()) } else { go_on(services, import).await }
}

/// As [`settle`], for whoever has other things to do: an import of many chunks is left to a loader.
pub async fn settle_soon(services: &Services, import: &Import) -> Result<(), ImportError> {
    let waits = matches!(import.status, Status::Processing | Status::Incomplete) && !import.is_sealed();
    if waits && is_summed(import.chunk_count()) {
        go_on(services, import).await
    } else {
        settle(services, import, &TimeLeft::none()).await
    }
}

/// Has a loader settle the import, from the mark on.
pub async fn go_on(services: &Services, import: &Import) -> Result<(), ImportError> {
    tracing::info!(account = import.account.0, import = import.id.0, "a loader is to settle it");
    let message = Message::Settle { account: import.account, import: import.id };
    Ok(services.queues.send(&message).await?)
}

/// Settles an import of which every chunk is committed. False, if time was up before that.
async fn close(services: &Services, import: &Import, time: &TimeLeft) -> Result<bool, ImportError> {
    let Folded { projects, tags, days } = match fold(services, import, time).await? {
        Fold::Done(folded) => folded,
        Fold::Unfinished => return Ok(false),
        Fold::Left => return Ok(true),
    };
    let counts = import.counts(services).await?;
    let tally = Tally { entries: counts.created, projects, tags };
    let verdict = verdict(&counts);
    for _ in 0..MOST_MEETINGS {
        let now = services.clock.now_ms();
        let change = Change::none().set("tally", tally).set("days", days).set("completed_at", now);
        let change = change.also(roll::settled(import.account, import.id, tally.entries));
        let change = remember(services, import, verdict, (change, now)).await?;
        match transition(services, import, verdict, change).await {
            // On the heap: few imports are dropped, and the future of every settling would carry it.
            Ok(settled) => return Box::pin(inbox::finish(services, &settled)).await.map(|_| true),
            // What is remembered was changed meanwhile.
            Err(ImportError::Status { status: Status::Processing, .. }) => {}
            // Somebody else settled it, or it is being undone.
            Err(ImportError::Status { .. }) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Busy("many imports with one header settle at once".to_owned()).into())
}

/// Has the account remember the mapping by which the import's file was read, if people have seen that it reads the file.
async fn remember(
    services: &Services,
    import: &Import,
    verdict: Status,
    (change, now): (Change, i64),
) -> Result<Change, ImportError> {
    let made_with = match (&import.options.mapping, &import.recalled) {
        (Some(mapping), _) => MadeWith::Given(mapping),
        // The format tells whether the file was read by it after all.
        (None, Some(recalled)) if import.format == Some(FormatName::Table) => MadeWith::Recalled(recalled),
        _ => return Ok(change),
    };
    if !matches!(verdict, Status::Complete | Status::PartiallyComplete) {
        return Ok(change);
    }
    let Some(layout) = import.verdict(services).await?.layout else {
        return Ok(change);
    };
    let said = mappings::settled(services, import.account, import.id, &layout.headers, made_with, now).await?;
    Ok(match said {
        Some((id, writes)) => writes.into_iter().fold(change.set("remembered", id), Change::also),
        None => change,
    })
}

/// Whether a chunk of an import that was stopped is claimed by a living lease.
async fn is_claimed(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let now = services.clock.now_ms();
    let mut pages =
        services.store.pages(keys::chunks(import.account, import.id, ChunkNo(0), ChunkNo(import.chunk_count())));
    while let Some(items) = pages.next().await? {
        for item in items {
            let chunk = Chunk::decode(item)?;
            if chunk.state == ChunkState::Planned && chunk.lease_until.is_some_and(|until| until > now) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Folds the totals of an import that was stopped, when no chunk is claimed any more: whoever claims one from now on reads
/// that it was stopped and lets go, so the pages are final, and everybody who folds them sets the same. False, if
/// time was up before that.
async fn seal(services: &Services, import: &Import, time: &TimeLeft) -> Result<bool, ImportError> {
    let Folded { projects, tags, days } = match fold(services, import, time).await? {
        Fold::Done(folded) => folded,
        Fold::Unfinished => return Ok(false),
        Fold::Left => return Ok(true),
    };
    let tally = Tally { entries: import.counts(services).await?.created, projects, tags };
    // A drop goes out of the sweep's sight when its end is told.
    let out = if import.is_dropped() { "" } else { " REMOVE #open, #opened" };
    let set = format!("SET #tally = :tally, #days = :days{out}");
    let seal = Write::update(keys::import(import.account, import.id), &set)
        .when("#status = :incomplete")
        .bind(":tally", tally)
        .bind(":days", days)
        .bind(":incomplete", Status::Incomplete);
    let roll = roll::settled(import.account, import.id, tally.entries);
    match services.store.transact(vec![seal, roll]).await {
        Err(error) if error.is_refused() => return Ok(true),
        sealed => sealed?,
    }
    if import.is_dropped() {
        Box::pin(inbox::finish(services, &Import::find(services, import.account, import.id).await?)).await?;
    }
    Ok(true)
}

fn verdict(counts: &Counts) -> Status {
    match (counts.failed, counts.accounted() - counts.failed) {
        (0, _) => Status::Complete,
        (_, 0) => Status::Failed,
        _ => Status::PartiallyComplete,
    }
}
