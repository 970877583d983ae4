//! The undo of an import, chunk by chunk: everything which the import wrote is removed, whatever crashes came between.
//!
//! The status `rolling_back` forbids claims. The undo then **fences** each chunk: the undo takes over the chunk item
//! once the chunk is committed or its lease has ended, so no loader can commit afterwards.
//!
//! | effect of the import | trace | how the undo reverses the effect | why twice is once |
//! |---|---|---|---|
//! | entries | the chunk's partition | every item of the partition is deleted | an empty partition stays empty |
//! | counts of the chunk | the chunk's state | the chunk is marked reverted and counted | a condition on the state |
//! | references, things made | the notes | dropped, and removed with the last reference | see [`release()`] |
//!
//! A loader which died may have written only a part of a partition; deleting the partition covers every part. The notes
//! are worked off after the last chunk. The undo of an undone import changes nothing.

mod release;

use std::time::Duration;

use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::messages::send_chunks;
use crate::import::{Asker, Change, Counts, Import, ImportError, Status, transition};
use crate::lease::Lease;
use crate::ledger::ChunkState;
use crate::ledger::hold::{self, Ended, Hold, Work};
use crate::mappings;
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::services::Services;
use crate::settle::abort;
use crate::store::keys::{self, Key};
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, Item, Table};

/// The longest wait before the undo retries a chunk held by a loader: most loaders commit within seconds, long before
/// the lease ends.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

pub use release::{release, released_steps};

/// Begins the undo of an import: first the message is sent, then the status changes, so a crash between the two loses
/// nothing. An import which is undone or being undone stays as it is, except that the undo of an aborted import ends as
/// `rolled_back` from now on. An aborted import whose undo has ended has nothing left, and becomes `rolled_back` too.
pub async fn ask(services: &Services, import: &Import, by: impl Into<Asker>) -> Result<Import, ImportError> {
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
    if import.status == Status::RollingBack { send_out(services, import).await } else { Ok(()) }
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

/// Sends a message for every chunk which is not undone yet. Returns the number of messages.
async fn send_waiting(services: &Services, import: &Import) -> Result<usize, ImportError> {
    let (account, id) = (import.account, import.id);
    send_chunks(services, import, |chunk| {
        (chunk.state != ChunkState::Reverted).then_some(Message::Revert { account, import: id, chunk: chunk.number })
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
        return Ok(Ended::Done);
    }
    let key = keys::chunk(account, import.id, chunk);
    let lease = Lease::draw(&services.clock);
    match hold::take(services, &key, Work::Undo, &lease).await? {
        Hold::Until(until) => return Ok(Ended::Held(until)),
        Hold::Over => {}
        Hold::Mine(fenced) => {
            empty(services, account, import.id, chunk, &lease).await?;
            // The count comes from the ledger page, which tells the entities seen by people; the partition may hold
            // leftovers of crashed workers.
            mark_reverted(services, &import, chunk, key, fenced.loaded(), &lease).await?;
        }
    }
    release_when_undone(services, &import, &time).await?;
    Ok(Ended::Done)
}

/// Continues with the end of an undo.
pub async fn finish(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    let time = services.begin();
    let import = Import::find(services, account, import).await?;
    if import.status != Status::RollingBack {
        return Ok(());
    }
    release_when_undone(services, &import, &time).await
}

/// Ends the undo if every chunk is undone. Otherwise the undo of the last chunk ends the undo of the import.
async fn release_when_undone(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    if import.counts(services).await?.reverted < import.chunk_count() {
        return Ok(());
    }
    release(services, import, time).await
}

/// Deletes every item in the chunk's partition.
async fn empty(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    lease: &Lease,
) -> Result<(), ImportError> {
    loop {
        let (items, _) = services.store.page(&keys::entries(account, import, chunk).keys_only()).await?;
        if items.is_empty() {
            return Ok(());
        }
        let deletes = items.chunks(ITEMS_A_BATCH).map(|some| delete(services, some, lease));
        drained(deletes, BATCHES_IN_FLIGHT).await?;
    }
}

/// Deletes a batch of entries.
async fn delete(services: &Services, entries: &[Item], lease: &Lease) -> Result<(), ImportError> {
    lease.check(&services.clock)?;
    let keys = entries.iter().map(|item| Key::of(Table::Workspace, item));
    Ok(services.store.delete_all(keys.collect()).await?)
}

async fn mark_reverted(
    services: &Services,
    import: &Import,
    chunk: ChunkNo,
    key: Key,
    removed: u64,
    lease: &Lease,
) -> Result<(), ImportError> {
    let mark = hold::finish(key, Work::Undo, lease, "", "");
    let counts = Counts { reverted: 1, removed, ..Counts::default() };
    let count = counts.add_to(import.account, import.id, chunk);
    services.store.attempt_all(vec![mark, count]).await?;
    Ok(())
}
