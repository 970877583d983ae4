//! A chunk to entities and a ledger page.
//!
//! Chunks are loaded in any order, any number at once, each as often as its message comes. The steps:
//! claim the chunk by a lease; read its bytes and parse them; resolve users, projects and tags, noting
//! each in the import's partition before it is touched; write the entries, whose keys and values are the
//! same on every try; commit page and counts in one transaction, if the lease is still ours. Whatever
//! dies on the way leaves nothing that the next try does not write over or the undo does not find.

mod draft;
mod names;
mod resolve;
mod touch;

use futures::{StreamExt, TryStreamExt};

use crate::entity::Entry;
use crate::files::FileError;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::{Import, ImportError, Status, settle};
use crate::lease::Lease;
use crate::ledger::{Chunk, ChunkState, page_attribute};
use crate::plan;
use crate::services::Services;
use crate::store::keys::Key;
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, StoreError, Table, Write, encode, keys};

/// How a load ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// The chunk is committed, by this try or an earlier one, or is not to be loaded any more.
    Done,
    /// Another holds the chunk until then (milliseconds since the epoch): come again.
    Held(i64),
}

/// Why a chunk could not be loaded.
pub type LoadError = ImportError;

/// Loads a chunk.
pub async fn load(
    services: &Services,
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
) -> Result<Loaded, LoadError> {
    let key = keys::chunk(account, import, chunk);
    let lease = Lease::draw(&services.clock);
    let claimed = match claim(services, &key, &lease).await? {
        Claim::Mine(chunk) => chunk,
        Claim::Held(until) => return Ok(Loaded::Held(until)),
        Claim::Over => {
            // Committed already; its settling may have been lost with whoever committed it.
            let import = Import::find(services, account, import).await?;
            settle(services, &import).await?;
            return Ok(Loaded::Done);
        }
    };
    // Read after the claim: an undo that began earlier is seen here, one that begins later sees the lease.
    let import = Import::find(services, account, import).await?;
    if import.status != Status::Processing {
        release(services, key, &lease).await?;
        return Ok(Loaded::Done);
    }
    let committed = match rows(services, &import, &claimed, &lease).await {
        Ok(drafts) => commit(services, &import, &claimed, key.clone(), drafts, &lease).await?,
        Err(ImportError::File(error @ (FileError::Missing | FileError::Replaced))) => {
            release(services, key, &lease).await?;
            return match plan::give_up(services, &import, error.to_string()).await {
                Ok(_) | Err(ImportError::Status { .. }) => Ok(Loaded::Done),
                Err(error) => Err(error),
            };
        }
        Err(error) => {
            // Best effort: the next try need not wait for the lease to end.
            let _ = release(services, key, &lease).await;
            return Err(error);
        }
    };
    if committed {
        settle(services, &import).await?;
    }
    Ok(Loaded::Done)
}

enum Claim {
    Mine(Chunk),
    Held(i64),
    Over,
}

async fn claim(services: &Services, key: &Key, lease: &Lease) -> Result<Claim, StoreError> {
    let claim = Write::update(key.clone(), "SET #lease = :token, #lease_until = :until")
        .when("#state = :planned AND (attribute_not_exists(#lease) OR #lease_until < :now)")
        .bind(":planned", ChunkState::Planned)
        .bind(":token", &lease.token)
        .bind(":until", lease.until)
        .bind(":now", services.clock.now_ms());
    match services.store.write(claim).await {
        Ok(item) => Ok(Claim::Mine(Chunk::decode(item.unwrap_or_default())?)),
        Err(StoreError::Refused { found: Some(item), .. }) => {
            let chunk = Chunk::decode(*item)?;
            match (chunk.state, chunk.lease_until) {
                (ChunkState::Planned, Some(until)) => Ok(Claim::Held(until)),
                _ => Ok(Claim::Over),
            }
        }
        Err(StoreError::Refused { found: None, .. }) => Ok(Claim::Over),
        Err(error) => Err(error),
    }
}

async fn release(services: &Services, key: Key, lease: &Lease) -> Result<(), StoreError> {
    let release =
        Write::update(key, "REMOVE #lease, #lease_until").when("#lease = :token").bind(":token", &lease.token);
    match services.store.write(release).await {
        Err(error) if !error.is_refused() => Err(error),
        _ => Ok(()),
    }
}

/// Reads the chunk's rows, resolves what they name, and writes their entries.
async fn rows(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    lease: &Lease,
) -> Result<draft::Drafts, ImportError> {
    let source = import.source.as_ref().ok_or(FileError::Missing)?;
    let reading = import.reading(services).await?;
    let layout = reading.layout.ok_or_else(|| StoreError::Shape("a planned import has a layout".to_owned()))?;
    let span = chunk.span();
    let bytes = services.files.ranges(source, span.ranges()).await?;
    let rows = layout.rows(&span, &bytes).map_err(|error| StoreError::Shape(error.to_string()))?;
    let rows = draft::parse(&rows, &import.options);
    let named = resolve::resolve(services, import, &rows, lease).await?;
    let drafts = draft::draft(import, rows, &named);
    let batches = drafts.entries.chunks(ITEMS_A_BATCH);
    let writes: Vec<_> = batches.map(|some| write(services, import, chunk, some, lease)).collect();
    futures::stream::iter(writes).buffer_unordered(BATCHES_IN_FLIGHT).try_collect::<()>().await?;
    Ok(drafts)
}

/// Writes a batch of entries. They are encoded only now: a chunk's items take many times the room of its bytes.
async fn write(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    entries: &[Entry],
    lease: &Lease,
) -> Result<(), ImportError> {
    lease.check(&services.clock)?;
    let key = |row| keys::entry(import.account, import.id, chunk.number, row);
    let items = entries.iter().map(|entry| (Table::Workspace, encode(&key(entry.id.row()), entry)));
    Ok(services.store.put_all(items.collect()).await?)
}

/// Commits page and counts; false if the chunk was taken from us.
async fn commit(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    key: Key,
    drafts: draft::Drafts,
    lease: &Lease,
) -> Result<bool, ImportError> {
    lease.check(&services.clock)?;
    let counts = drafts.counts;
    let page = Write::update(key, "SET #state = :committed, #page = :page REMOVE #lease, #lease_until")
        .when("#lease = :token AND #state = :planned")
        .bind(":committed", ChunkState::Committed)
        .bind(":planned", ChunkState::Planned)
        .bind(":token", &lease.token)
        .bind_attribute(":page", page_attribute(&drafts.page));
    let add = "ADD #chunks :one, #created :created, #skipped :skipped, #failed :failed, #seconds :seconds";
    let count = Write::update(keys::counts(import.account, import.id, chunk.number), add)
        .bind(":one", 1)
        .bind(":created", counts.created)
        .bind(":skipped", counts.skipped)
        .bind(":failed", counts.failed)
        .bind(":seconds", counts.seconds);
    match services.store.transact(vec![page, count]).await {
        Ok(()) => {
            tracing::info!(account = import.account.0, import = import.id.0, chunk = chunk.number.0, "committed");
            Ok(true)
        }
        Err(error) if error.is_refused() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
