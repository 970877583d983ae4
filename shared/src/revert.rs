//! The undo of an import, chunk by chunk: everything which the import wrote is removed, whatever crashes came between.
//!
//! The status `rolling_back` forbids claims. The undo then **fences** each chunk: the undo takes over the chunk item
//! once the chunk is committed or its lease has ended, so no loader can commit afterwards.
//!
//! | effect of the import | trace | how the undo reverses the effect | why twice is once |
//! |---|---|---|---|
//! | entities of the rows | the chunk's partition | the kind of the rows takes them back ([`dispatch::undo`]) | the kind promises it |
//! | counts of the chunk | the chunk's state | the chunk is marked reverted and counted | a condition on the state |
//! | references, things made | the notes | dropped, and removed with the last reference | see [`release()`] |
//!
//! A loader which died may have written only a part of a partition; the kind covers every part. Entities to which
//! somebody else wrote since may stay: the chunk's item names their rows, and they never hold up the end of the undo.
//! The notes are worked off after the last chunk. The undo of an undone import changes nothing.

mod release;

use std::time::Duration;

use crate::dispatch;
use crate::follow_ups;
use crate::id::{AccountId, ChunkNo, ImportId, Row};
use crate::import::messages::send_chunks;
use crate::import::{Asker, Change, Counts, Import, ImportError, Status, transition};
use crate::kind::bits::runs;
use crate::kind::{HeldChunk, Undone};
use crate::lease::Lease;
use crate::ledger::fates::fate_runs;
use crate::ledger::hold::{self, Ended, Hold, Work};
use crate::ledger::{ChunkState, fates_attribute, follow_ups_attribute, runs_attribute};
use crate::mappings;
use crate::metrics::count;
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::services::Services;
use crate::settle::{abort, last_step};
use crate::store::keys::{self, Key};

/// The longest wait before the undo retries a chunk held by a loader: most loaders commit within seconds, long before
/// the lease ends.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

pub use release::{release, released_steps};

/// Begins the undo of an import: first the message is sent, then the status changes, so a crash between the two loses
/// nothing. An import which is undone or being undone stays as it is, except that the undo of an aborted import ends as
/// `rolled_back` from now on. An aborted import whose undo has ended has nothing left, and becomes `rolled_back` too.
///
/// The time for which an undo can be asked for ends here alone ([`Import::undo_until`]): an undo which was asked for in time goes
/// on to its end, also if its message comes late, because before-images stay for twice that time.
///
/// # Errors
/// [`ImportError::TooLate`] if the undo of the import can no longer be asked for, and no undo has begun.
pub async fn ask(services: &Services, import: &Import, by: impl Into<Asker>) -> Result<Import, ImportError> {
    if let Some(until) = import.undo_ended(services).filter(|_| !import.status.is_gone()) {
        return Err(ImportError::TooLate { import: import.id, status: import.status, until });
    }
    let (account, id, asker) = (import.account, import.id, by.into());
    let (by, reason) = (asker.by.clone(), asker.reason.clone());
    services.queues.send(&Message::Undo { account, import: id, by, reason, aborts: false }).await?;
    begin(services, import.clone(), &asker).await
}

/// Changes the status to `rolling_back` from any other status, retrying while the status changes in between.
async fn begin(services: &Services, mut import: Import, asker: &Asker) -> Result<Import, ImportError> {
    loop {
        if import.status.is_gone() && !import.aborting {
            return Ok(import);
        }
        let mut change = Change::none().asked_by(asker).unset("aborting");
        if let Some(id) = import.remembered {
            // From now on the import stands for no remembered mapping.
            let taken_back = mappings::undone(services, import.account, import.id, id).await?;
            change = taken_back.into_iter().fold(change, Change::also);
        }
        match transition(services, &import, Status::RollingBack, change).await {
            Err(ImportError::Status { .. }) => import = Import::find(services, import.account, import.id).await?,
            done => return done,
        }
    }
}

/// Begins the undo unless the undo has begun, and sends a message per chunk.
pub async fn undo(
    services: &Services,
    account: AccountId,
    import: ImportId,
    by: impl Into<Asker>,
) -> Result<(), ImportError> {
    let import = begin(services, Import::find(services, account, import).await?, &by.into()).await?;
    go_on_undoing(services, &import).await
}

/// Begins the undo of an import in which a row failed, unless the import has another status by now, and sends a message
/// per chunk.
pub async fn undo_aborted(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    let import = abort::begin(services, &Import::find(services, account, import).await?).await?;
    go_on_undoing(services, &import).await
}

async fn go_on_undoing(services: &Services, import: &Import) -> Result<(), ImportError> {
    if import.status == Status::RollingBack {
        send_out(services, import).await
    } else {
        repeat_last_step(services, import).await
    }
}

/// Takes the last step of an undone import, in case that a worker died between the end of the undo and that step.
async fn repeat_last_step(services: &Services, import: &Import) -> Result<(), ImportError> {
    if import.status.is_settled() && import.has_last_step() {
        Box::pin(last_step::finish(services, import)).await?;
    }
    Ok(())
}

/// Sends a message per chunk. An import with a single chunk, or without chunks, is undone on the spot.
async fn send_out(services: &Services, import: &Import) -> Result<(), ImportError> {
    match import.chunk_count() {
        0 => release(services, import, &services.begin()).await,
        1 => match revert(services, import.account, import.id, ChunkNo(0)).await? {
            Ended::Done => Ok(()),
            Ended::Held(until) => come_again(services, import.account, import.id, ChunkNo(0), until).await,
        },
        // An aborted import whose undo has ended is undone for a person.
        _ if send_waiting(services, import).await? == 0 => release(services, import, &services.begin()).await,
        _ => Ok(()),
    }
}

/// Sends messages for an undo which makes no progress, since earlier messages may be lost.
pub async fn resend(services: &Services, import: &Import) -> Result<(), ImportError> {
    if send_waiting(services, import).await? == 0 {
        let release = Message::Release { account: import.account, import: import.id };
        services.queues.send(&release).await?;
    }
    Ok(())
}

/// Sends a message for every chunk which is not undone yet, or whose follow-ups are not sent yet. Returns the number of messages.
async fn send_waiting(services: &Services, import: &Import) -> Result<usize, ImportError> {
    let (account, id) = (import.account, import.id);
    send_chunks(services, import, |chunk| {
        (chunk.state != ChunkState::Reverted || chunk.unsent).then_some(Message::Revert {
            account,
            import: id,
            chunk: chunk.number,
        })
    })
    .await
}

/// Has the chunk undone once the loader holding the chunk has committed or its lease has ended.
pub async fn come_again(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    until: i64,
) -> Result<(), ImportError> {
    let message = Message::Revert { account, import, chunk };
    let wait = services.clock.until(until).min(LOOK_AGAIN);
    Ok(services.queues.send_after(&message, wait).await?)
}

/// Undoes a chunk, and ends the undo of the import if the chunk was the last.
pub async fn revert(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
) -> Result<Ended, ImportError> {
    let time = services.begin();
    let import = Import::find(services, account, import).await?;
    if import.status != Status::RollingBack {
        repeat_last_step(services, &import).await?;
        return Ok(Ended::Done);
    }
    let key = keys::chunk(account, import.id, chunk);
    let lease = Lease::draw(&services.clock);
    match hold::take(services, &key, Work::Undo, &lease).await? {
        Hold::Until(until) => return Ok(Ended::Held(until)),
        Hold::Over => {}
        Hold::Mine(fenced) => {
            if fenced.unsent {
                // The loader died between the commit and the follow-ups.
                Box::pin(follow_ups::send(services, &import, &fenced)).await?;
            }
            let held = HeldChunk { services, import: &import, chunk: &fenced, lease: &lease };
            let undone = dispatch::undo(&held).await?;
            mark_reverted(&held, key, undone).await?;
        }
    }
    Box::pin(follow_ups::send_left(services, &import, chunk)).await?;
    release_when_undone(services, &import, &time).await?;
    Ok(Ended::Done)
}

/// Continues with the end of an undo.
pub async fn finish(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    let time = services.begin();
    let import = Import::find(services, account, import).await?;
    if import.status != Status::RollingBack {
        return repeat_last_step(services, &import).await;
    }
    release_when_undone(services, &import, &time).await
}

/// Ends the undo if every chunk is undone, with its follow-ups sent. Otherwise the undo of the last chunk ends the undo of the import.
async fn release_when_undone(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    let counts = import.counts(services).await?;
    let is_told = !import.has_follow_ups() || counts.undo_told >= import.chunk_count();
    if counts.reverted < import.chunk_count() || !is_told {
        return Ok(());
    }
    release(services, import, time).await
}

/// Marks a chunk as undone, with its counts and the rows whose entities stay. Does nothing if a second worker marked the
/// chunk in between.
async fn mark_reverted(held: &HeldChunk<'_>, key: Key, undone: Undone) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let Undone { removed, kept, fates, follow_ups } = undone;
    let follows = !follow_ups.is_empty();
    let undo_told = u64::from(import.has_follow_ups() && !follows);
    let mut counts = Counts { reverted: 1, undo_told, removed, kept: kept.len() as u64, ..Counts::default() };
    fates.iter().for_each(|&(_, fate)| counts.count_fate(fate));
    let offset = |row: &Row| (row.0 - chunk.first_row) as u32;
    let kept = (!kept.is_empty()).then(|| runs_attribute(&runs(kept.iter().map(offset))));
    let fates =
        (!fates.is_empty()).then(|| fates_attribute(&fate_runs(fates.iter().map(|(row, fate)| (offset(row), *fate)))));
    let follow_ups = follows.then(|| follow_ups_attribute(&follow_ups));
    let named = [("kept", kept), ("fates", fates), ("follow_ups", follow_ups)];
    let named: Vec<_> = named.into_iter().filter_map(|(name, runs)| Some((name, runs?))).collect();
    let mut set: String = named.iter().map(|(name, _)| format!(", #{name} = :{name}")).collect();
    if follows {
        set += ", #unsent = :true";
    }
    let remove = if chunk.unsent && !follows { ", #unsent" } else { "" };
    let mark = hold::finish(key, Work::Undo, lease, &set, remove);
    let mark = if follows { mark.bind(":true", true) } else { mark };
    let mark = named.into_iter().fold(mark, |mark, (name, runs)| mark.bind_attribute(&format!(":{name}"), runs));
    let count = counts.add_to(import.account, import.id, chunk.number);
    if services.store.attempt_all(vec![mark, count]).await? {
        count!(UndoneRows = counts.removed + counts.restored + counts.brought_back);
    }
    Ok(())
}
