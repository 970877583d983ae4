//! The load of a chunk: from bytes of the file to entities and a ledger page.
//!
//! Chunks are loaded in any order, any number at once, and each as often as its message is delivered. The steps:
//!
//! | step | why a second try is harmless |
//! |---|---|
//! | claim the chunk by a lease | a living lease keeps out a second loader |
//! | read the bytes and parse the rows | nothing is written |
//! | let the kind of the rows write their entities ([`dispatch::load`]), noting shared things before the first write | notes, ids, keys and values are the same |
//! | commit page and counts in a transaction, if the lease is still held | a committed chunk cannot be claimed |
//! | send the follow-ups of an import which has them ([`follow_ups`]) | the chunk tells until all are sent |
//!
//! A loader which dies at any point leaves only items which the next try overwrites or deletes, or which an undo finds.

use crate::dispatch;
use crate::files::FileError;
use crate::follow_ups;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::{Counts, Import, ImportError, Status};
use crate::kind::{HeldChunk, Loaded};
use crate::lease::Lease;
use crate::ledger::hold::{self, Ended, Hold, Work};
use crate::ledger::{Chunk, follow_ups_attribute, page_attribute};
use crate::metrics::count;
use crate::queue::Message;
use crate::services::Services;
use crate::settle::settle;
use crate::settle::stop::stop;
use crate::store::keys::Key;
use crate::store::{StoreError, keys};

/// Loads a chunk, and settles the import if the chunk was the last.
pub async fn load(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
) -> Result<Ended, ImportError> {
    let time = services.begin();
    let key = keys::chunk(account, import, chunk);
    let lease = Lease::draw(&services.clock);
    let claimed = match hold::take(services, &key, Work::Load, &lease).await? {
        Hold::Mine(chunk) => chunk,
        Hold::Until(until) => return Ok(Ended::Held(until)),
        Hold::Over => {
            // The chunk is committed already, but its loader may have died before settling the import.
            let import = Import::find(services, account, import).await?;
            Box::pin(follow_ups::send_left(services, &import, chunk)).await?;
            settle(services, &import, &time).await?;
            return Ok(Ended::Done);
        }
    };
    // The status is read after the claim: an undo or stop which began before is seen here, and a later undo or stop
    // sees the lease.
    let import = Import::find(services, account, import).await?;
    if import.status != Status::Processing {
        hold::give_back(services, key, &lease).await?;
        settle(services, &import, &time).await?;
        return Ok(Ended::Done);
    }
    match work(services, &import, &claimed, &key, &lease).await {
        Ok(()) => {}
        Err(error @ (ImportError::File(FileError::Missing | FileError::Replaced) | ImportError::Impossible(_))) => {
            hold::give_back(services, key, &lease).await?;
            return match stop(services, &import, error.to_string()).await {
                Ok(_) | Err(ImportError::Status { .. }) => Ok(Ended::Done),
                Err(error) => Err(error),
            };
        }
        Err(error) => {
            // A best effort, so the next try need not wait for the end of the lease.
            let _ = hold::give_back(services, key, &lease).await;
            return Err(error);
        }
    }
    Box::pin(follow_ups::send_left(services, &import, chunk)).await?;
    // The import is read again, because the import may have been stopped in between. A refused commit also leads to
    // settling: the commit may be this loader's own, with an answer lost for so long that DynamoDB forgot the
    // transaction. The future is boxed, as are all rare branches, because the stack of a test's thread would be too
    // small in an unoptimised build.
    Box::pin(settle(services, &Import::find(services, account, import.id).await?, &time)).await?;
    Ok(Ended::Done)
}

/// Has the chunk loaded at the end of the lease which holds the chunk. A copy of the message is sent for then, so
/// waiting costs no receive towards the dead letters.
pub async fn come_again(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    until: i64,
) -> Result<(), ImportError> {
    let message = Message::Load { account, import, chunk };
    Ok(services.queues.send_after(&message, services.clock.until(until)).await?)
}

/// Reads, writes and commits a claimed chunk.
async fn work(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    key: &Key,
    lease: &Lease,
) -> Result<(), ImportError> {
    let held = HeldChunk { services, import, chunk, lease };
    if import.removes_in(chunk.number) {
        let loaded = Box::pin(dispatch::remove_missing(&held)).await?;
        return commit(services, import, chunk, key.clone(), loaded, lease).await;
    }
    let table = import.table().ok_or(FileError::Missing)?;
    let verdict = services.memory.verdict(import.account, import.id, import.round);
    let verdict = verdict.get_or_try_init(|| import.verdict(services)).await?;
    let layout =
        verdict.layout.as_ref().ok_or_else(|| StoreError::Shape("a planned import has a layout".to_owned()))?;
    let bytes = services.files.ranges(table, chunk.span().ranges()).await?;
    let loaded = dispatch::load(&held, layout, &bytes).await?;
    commit(services, import, chunk, key.clone(), loaded, lease).await
}

/// Commits page and counts. Does nothing if an undo or a second loader took the chunk in between.
async fn commit(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    key: Key,
    loaded: Loaded,
    lease: &Lease,
) -> Result<(), ImportError> {
    lease.check(&services.clock)?;
    let follows = !loaded.follow_ups.is_empty();
    let set = if follows { ", #page = :page, #follow_ups = :follow_ups, #unsent = :true" } else { ", #page = :page" };
    let page = hold::finish(key, Work::Load, lease, set, ", #there");
    let page = page.bind_attribute(":page", page_attribute(&loaded.page));
    let page = match follows {
        true => page.bind_attribute(":follow_ups", follow_ups_attribute(&loaded.follow_ups)).bind(":true", true),
        false => page,
    };
    let told = u64::from(import.has_follow_ups() && !follows);
    let counts = Counts { chunks: 1, told, ..loaded.counts };
    let count = counts.add_committed(import.account, import.id, chunk.number, services.clock.now_ms());
    if services.store.attempt_all(vec![page, count]).await? {
        tracing::info!(account = import.account.0, import = import.id.0, chunk = chunk.number.0, "chunk committed");
        count!(Rows = counts.accounted(), FailedRows = counts.failed);
    }
    Ok(())
}
