//! A ledger page back to what was.
//!
//! The status `rolling_back` forbids claims; then chunk by chunk is **fenced**: the undo takes the chunk
//! item itself, when it is committed or its lease is dead, so no loader can commit behind it. It deletes
//! whatever lies in the chunk's partition, which a crash of a loader may have filled in part, and marks
//! the chunk reverted with what it removed. After the last chunk the notes are worked off: references are
//! dropped, and shared things that the import made go if nobody refers to them. Every step can be done
//! twice, and undo twice is undo once.

mod release;

use std::time::Duration;

use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::{Change, Import, ImportError, Status, transition};
use crate::lease::Lease;
use crate::ledger::{Chunk, ChunkState};
use crate::mappings;
use crate::plan::send_chunks;
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::services::Services;
use crate::store::keys::{self, Key};
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, Item, StoreError, Table, Write};

/// A loader mostly commits within seconds, long before its lease ends: the undo looks again so soon.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

pub use release::{release, released_steps};

/// How the undo of a chunk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reverted {
    /// It is undone, by this try or an earlier one.
    Done,
    /// A loader holds the chunk until then (milliseconds since the epoch): come again.
    Held(i64),
}

/// Asks for the undo of an import: the message first, then the status, so that a crash between the two
/// loses nothing. An import that is being undone or undone already is left as it is.
pub async fn ask(services: &Services, import: &Import, by: &str) -> Result<Import, ImportError> {
    let (account, id) = (import.account, import.id);
    services.queues.send(&Message::Undo { account, import: id, by: by.to_owned() }).await?;
    begin(services, import.clone(), by).await
}

/// Takes the import to `rolling_back`, whatever it is doing.
async fn begin(services: &Services, mut import: Import, by: &str) -> Result<Import, ImportError> {
    loop {
        if !import.status.may_become(Status::RollingBack) {
            return Ok(import);
        }
        let mut change = Change::none().asked_by(by);
        if let Some(id) = import.remembered {
            // From now on nobody is to believe it about its header.
            let taken_back = mappings::undone(services, import.account, import.id, id).await?;
            change = taken_back.into_iter().fold(change, Change::also);
        }
        match transition(services, &import, Status::RollingBack, change).await {
            Err(ImportError::Status { .. }) => import = Import::find(services, import.account, import.id).await?,
            done => return done,
        }
    }
}

/// Begins the undo, if nobody has, and sends its chunks out.
pub async fn undo(services: &Services, account: AccountId, import: ImportId, by: &str) -> Result<(), ImportError> {
    let import = begin(services, Import::find(services, account, import).await?, by).await?;
    if import.status != Status::RollingBack {
        return Ok(());
    }
    send_out(services, &import).await
}

/// Sends the chunks out. What has no chunks, or one, is undone on the spot.
async fn send_out(services: &Services, import: &Import) -> Result<(), ImportError> {
    match import.chunk_count() {
        0 => release(services, import, &services.begin()).await,
        1 => match revert(services, import.account, import.id, ChunkNo(0)).await? {
            Reverted::Done => Ok(()),
            Reverted::Held(until) => come_again(services, import.account, import.id, ChunkNo(0), until).await,
        },
        _ => send_waiting(services, import).await.map(drop),
    }
}

/// Wakes an undo whose messages may be lost.
pub async fn resend(services: &Services, import: &Import) -> Result<(), ImportError> {
    if send_waiting(services, import).await? == 0 {
        let release = Message::Release { account: import.account, import: import.id };
        services.queues.send(&release).await?;
    }
    Ok(())
}

/// Sends a message for every chunk that is not undone; returns how many.
async fn send_waiting(services: &Services, import: &Import) -> Result<usize, ImportError> {
    let (account, id) = (import.account, import.id);
    send_chunks(services, import, |chunk| {
        (chunk.state != ChunkState::Reverted).then_some(Message::Revert { account, import: id, chunk: chunk.number })
    })
    .await
}

/// Has the chunk undone when the loader that holds it is done or dead.
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

/// Undoes a chunk.
pub async fn revert(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
) -> Result<Reverted, ImportError> {
    let time = services.begin();
    let import = Import::find(services, account, import).await?;
    if import.status != Status::RollingBack {
        return Ok(Reverted::Done);
    }
    let key = keys::chunk(account, import.id, chunk);
    let lease = Lease::draw(&services.clock);
    match fence(services, &key, &lease).await? {
        Fence::Held(until) => return Ok(Reverted::Held(until)),
        Fence::Over => {}
        Fence::Mine(fenced) => {
            empty(services, account, import.id, chunk, &lease).await?;
            // What people saw of it, from its page: what is deleted here may be the rest that a crash left of either.
            mark_reverted(services, &import, chunk, key, fenced.loaded(), &lease).await?;
        }
    }
    release_when_undone(services, &import, &time).await?;
    Ok(Reverted::Done)
}

/// Goes on with the end of an undo.
pub async fn finish(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    let time = services.begin();
    let import = Import::find(services, account, import).await?;
    if import.status != Status::RollingBack {
        return Ok(());
    }
    release_when_undone(services, &import, &time).await
}

/// Ends the undo if every chunk is undone; otherwise the last of them ends it.
async fn release_when_undone(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    if import.counts(services).await?.reverted < import.chunk_count() {
        return Ok(());
    }
    release(services, import, time).await
}

enum Fence {
    Mine(Box<Chunk>),
    Held(i64),
    Over,
}

/// Takes the chunk: committed, or planned with no living lease, or fenced by an undo that died.
async fn fence(services: &Services, key: &Key, lease: &Lease) -> Result<Fence, StoreError> {
    let take = Write::update(key.clone(), "SET #state = :reverting, #lease = :token, #lease_until = :until")
        .when(
            "#state = :committed OR (#state IN (:planned, :reverting) AND \
             (attribute_not_exists(#lease) OR #lease_until <= :now))",
        )
        .bind(":reverting", ChunkState::Reverting)
        .bind(":committed", ChunkState::Committed)
        .bind(":planned", ChunkState::Planned)
        .bind(":token", &lease.token)
        .bind(":until", lease.until)
        .bind(":now", services.clock.now_ms());
    match services.store.write(take).await {
        Ok(item) => Ok(Fence::Mine(Box::new(Chunk::decode(item.unwrap_or_default())?))),
        Err(StoreError::Refused { found: Some(item), .. }) => {
            let chunk = Chunk::decode(*item)?;
            match (chunk.state, chunk.lease_until) {
                // Our own, whose answer was lost.
                (ChunkState::Reverting, _) if chunk.lease.as_ref() == Some(&lease.token) => {
                    Ok(Fence::Mine(Box::new(chunk)))
                }
                (ChunkState::Reverted, _) | (_, None) => Ok(Fence::Over),
                (_, Some(until)) => Ok(Fence::Held(until)),
            }
        }
        Err(error) => Err(error),
    }
}

/// Deletes whatever lies in the chunk's partition.
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
    let mark = Write::update(key, "SET #state = :reverted REMOVE #lease, #lease_until, #tries")
        .when("#lease = :token AND #state = :reverting")
        .bind(":reverted", ChunkState::Reverted)
        .bind(":reverting", ChunkState::Reverting)
        .bind(":token", &lease.token);
    let count = Write::update(keys::counts(import.account, import.id, chunk), "ADD #reverted :one, #removed :removed")
        .bind(":one", 1)
        .bind(":removed", removed);
    match services.store.transact(vec![mark, count]).await {
        Err(error) if !error.is_refused() => Err(error.into()),
        _ => Ok(()),
    }
}
