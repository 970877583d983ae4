//! The end of an import: once every chunk is accounted for, totals are folded, and the status tells how the import
//! went.
//!
//! The same transaction remembers the mapping by which the file was read ([`mappings`]). An import which is to be aborted
//! at a failed row is undone instead ([`abort`]), and an import which removes missing records does so first (`removal.rs`).

pub mod abort;
mod fold;
pub mod last_step;
mod removal;
pub mod stop;

use crate::dispatch;
use crate::follow_ups;
use crate::import::{Change, Counts, Import, ImportError, Status, Tally, roll, transition};
use crate::ledger::{Chunk, ChunkState};
use crate::mappings;
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::results::summary::is_summed;
use crate::services::Services;
use crate::store::{StoreError, Write, keys};
use fold::{Fold, Folded, fold};

/// The most attempts to settle while imports with the same header change the remembered mapping.
const MOST_MEETINGS: u32 = 20;

/// Settles the import if every chunk is committed and its follow-ups are sent, or if the import was stopped and no chunk can be committed any more.
///
/// - Callers: the loader which commits a chunk, and the sweep, in case the loader died between commit and call.
/// - A second call is harmless: totals are SET, and the second of two transitions is refused.
/// - If time is up before the totals are folded, a message asks a loader to continue.
pub async fn settle(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    match (import.status, import.chunks) {
        (Status::Processing, Some(chunks)) => {
            let counts = import.counts(services).await?;
            if import.is_to_abort(&counts) {
                // Boxed like all rare branches.
                return Box::pin(abort::abort(services, import)).await;
            }
            if counts.chunks < chunks {
                return Box::pin(removal::call_again(services, import, &counts)).await;
            }
            if import.has_follow_ups() && counts.told < chunks {
                return Ok(());
            }
        }
        (Status::Incomplete, Some(_)) if !import.is_sealed() => {}
        (status, _) if status.is_settled() && import.has_last_step() => {
            return Box::pin(last_step::finish(services, import)).await.map(drop);
        }
        _ => return Ok(()),
    }
    // An import which is stopped during its rest is sealed by the sweep.
    if import.status == Status::Incomplete && (import.rests(services) || is_claimed(services, import).await?) {
        return Ok(());
    }
    if import.status == Status::Incomplete && import.has_follow_ups() {
        follow_ups::wake(services, import).await?;
    }
    // Loaders which commit at the same time all get here, and folding costs a write per project and tag, so a single
    // loader folds.
    let ending = services.memory.ending(import.account, import.id, import.round);
    let Ok(one) = ending.try_lock() else {
        return Ok(());
    };
    let import = &Import::find(services, import.account, import.id).await?;
    let ended = match import.status {
        Status::Processing if Box::pin(removal::goes_first(services, import)).await? => true,
        Status::Processing => Box::pin(close(services, import, time)).await?,
        Status::Incomplete if !import.is_sealed() => Box::pin(seal(services, import, time)).await?,
        _ => true,
    };
    // The lock is released before the message is sent, because a second task of this process may receive the message.
    drop(one);
    if ended { Ok(()) } else { go_on(services, import).await }
}

/// Like [`settle`], for callers with little time: an import with many chunks is left to a loader.
pub async fn settle_soon(services: &Services, import: &Import) -> Result<(), ImportError> {
    let waits = matches!(import.status, Status::Processing | Status::Incomplete) && !import.is_sealed();
    if waits && is_summed(import.chunk_count()) {
        go_on(services, import).await
    } else {
        settle(services, import, &TimeLeft::none()).await
    }
}

/// Sends the message by which a loader settles the import, continuing from the mark of the fold.
pub async fn go_on(services: &Services, import: &Import) -> Result<(), ImportError> {
    tracing::info!(account = import.account.0, import = import.id.0, "a message asks a loader to settle the import");
    let message = Message::Settle { account: import.account, import: import.id };
    Ok(services.queues.send(&message).await?)
}

/// Settles an import whose chunks are all committed. `false` if time was up before.
async fn close(services: &Services, import: &Import, time: &TimeLeft) -> Result<bool, ImportError> {
    let Folded { made, days } = match fold(services, import, time).await? {
        Fold::Done(folded) => folded,
        Fold::Unfinished => return Ok(false),
        Fold::Left => return Ok(true),
    };
    let counts = import.counts(services).await?;
    let tally = Tally { entries: counts.entities(), ..made };
    let verdict = verdict(&counts);
    for _ in 0..MOST_MEETINGS {
        let now = services.clock.now_ms();
        let change = Change::none().set("tally", tally).set("sealed", true).set("days", days).set("completed_at", now);
        let change = change.also(roll::settled(import, tally.entries));
        let told = removal::reason_for_none(import, &counts);
        let change = told.into_iter().fold(change, |change, told| change.set("reason", &told).because(told));
        let change = remember(services, import, verdict, (change, now)).await?;
        match transition(services, import, verdict, change).await {
            // Boxed, because few imports have a last step, and every settling would carry the large future.
            Ok(settled) => return Box::pin(last_step::finish(services, &settled)).await.map(|_| true),
            // The remembered mapping was changed in between: retry. An import which was stopped and resumed in between
            // is left to a later worker.
            Err(ImportError::Status { status: Status::Processing, .. }) => {
                if Import::find(services, import.account, import.id).await?.updated_at != import.updated_at {
                    return Ok(false);
                }
            }
            // A second worker settled the import, or the import is being undone.
            Err(ImportError::Status { .. }) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Busy("many imports with one header settle at once".to_owned()).into())
}

/// Adds the writes which remember the mapping of the import, if the import's result shows the mapping to fit.
async fn remember(
    services: &Services,
    import: &Import,
    verdict: Status,
    (change, now): (Change, i64),
) -> Result<Change, ImportError> {
    let Some(made_with) = dispatch::made_with(import) else {
        return Ok(change);
    };
    if !matches!(verdict, Status::Complete | Status::PartiallyComplete) {
        return Ok(change);
    }
    let Some(layout) = import.verdict(services).await?.layout else {
        return Ok(change);
    };
    let said = mappings::settled(services, import.account, import.id, &layout.headers(), made_with, now).await?;
    Ok(match said {
        Some((id, writes)) => writes.into_iter().fold(change.set("remembered", id), Change::also),
        None => change,
    })
}

/// `true` if a living lease holds a chunk of an import which was stopped.
async fn is_claimed(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let now = services.clock.now_ms();
    let mut pages = services.store.pages(import.all_chunks());
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

/// Folds the totals of an import which was stopped, once no chunk is claimed any more. `false` if time was up before.
///
/// A loader which claims a chunk from now on reads the status and releases the chunk. The ledger pages are therefore
/// final until a person resumes the import, and all workers which fold the pages SET the same totals. A worker which is
/// late for the round of a resumed import sets nothing.
async fn seal(services: &Services, import: &Import, time: &TimeLeft) -> Result<bool, ImportError> {
    let Folded { made, days } = match fold(services, import, time).await? {
        Fold::Done(folded) => folded,
        Fold::Unfinished => return Ok(false),
        Fold::Left => return Ok(true),
    };
    let tally = Tally { entries: import.counts(services).await?.entities(), ..made };
    // An import with a last step stays in the index of the sweep until the step is done.
    let out = if import.has_last_step() { "" } else { " REMOVE #open, #opened" };
    let set = format!("SET #tally = :tally, #sealed = :true, #days = :days{out}");
    let seal = Write::update(keys::import(import.account, import.id), &set)
        .when("#status = :incomplete AND #updated_at = :seen")
        .bind(":seen", import.updated_at)
        .bind(":tally", tally)
        .bind(":true", true)
        .bind(":days", days)
        .bind(":incomplete", Status::Incomplete);
    let roll = roll::settled(import, tally.entries);
    if services.store.attempt_all(vec![seal, roll]).await? && import.has_last_step() {
        Box::pin(last_step::finish(services, &Import::find(services, import.account, import.id).await?)).await?;
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
