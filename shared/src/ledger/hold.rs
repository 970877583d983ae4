//! Holding a chunk: one worker at a time, by a lease.
//!
//! | work | takes a chunk that is | and sets the state | finishes it as |
//! |---|---|---|---|
//! | load | planned, without a living lease | planned | committed |
//! | undo | committed; or planned or reverting, without a living lease | reverting | reverted |
//!
//! A worker that takes a chunk may write until its lease ends. Each finishing write requires the worker's own token, so a
//! late worker whose chunk was taken over changes nothing.

use super::chunk::{Chunk, ChunkState};
use crate::lease::Lease;
use crate::services::Services;
use crate::store::{Key, StoreError, Write};

/// The work for which a chunk is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// To load its rows.
    Load,
    /// To undo it. The new state is a fence: no loader takes or commits the chunk from then on.
    Undo,
}

/// The outcome of taking a chunk.
#[derive(Debug)]
pub enum Hold {
    /// The chunk is the worker's.
    Mine(Box<Chunk>),
    /// A living lease holds the chunk until this time, in milliseconds since the epoch.
    Until(i64),
    /// The chunk needs no such work any more.
    Over,
}

/// How the work on a chunk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The chunk was finished by this try or an earlier try, or needs the work no more.
    Done,
    /// A living lease holds the chunk until this time, in milliseconds since the epoch; the caller retries then.
    Held(i64),
}

impl Work {
    /// The state of a chunk in the worker's hands.
    fn under_way(self) -> ChunkState {
        match self {
            Self::Load => ChunkState::Planned,
            Self::Undo => ChunkState::Reverting,
        }
    }

    /// The state of a finished chunk.
    fn finished(self) -> ChunkState {
        match self {
            Self::Load => ChunkState::Committed,
            Self::Undo => ChunkState::Reverted,
        }
    }

    /// The write by which a worker takes a chunk.
    fn taking(self, key: Key, lease: &Lease, now: i64) -> Write {
        let free = "(attribute_not_exists(#lease) OR #lease_until <= :now)";
        let take = match self {
            // A loader that died may have written entries; the count of tries tells the next loader.
            Self::Load => Write::update(key, "SET #lease = :token, #lease_until = :until ADD #tries :one")
                .when(&format!("#state = :planned AND {free}"))
                .bind(":one", 1),
            Self::Undo => Write::update(key, "SET #state = :reverting, #lease = :token, #lease_until = :until")
                .when(&format!("#state = :committed OR (#state IN (:planned, :reverting) AND {free})"))
                .bind(":reverting", ChunkState::Reverting)
                .bind(":committed", ChunkState::Committed),
        };
        take.bind(":planned", ChunkState::Planned)
            .bind(":token", &lease.token)
            .bind(":until", lease.until)
            .bind(":now", now)
    }
}

/// Takes a chunk for a worker.
pub async fn take(services: &Services, key: &Key, work: Work, lease: &Lease) -> Result<Hold, StoreError> {
    match services.store.write(work.taking(key.clone(), lease, services.clock.now_ms())).await {
        Ok(item) => Ok(Hold::Mine(Box::new(Chunk::decode(item.unwrap_or_default())?))),
        Err(StoreError::Refused { found: Some(item), .. }) => {
            let chunk = Chunk::decode(*item)?;
            let is_open = match work {
                Work::Load => chunk.state == ChunkState::Planned,
                Work::Undo => chunk.state != ChunkState::Reverted,
            };
            match chunk.lease_until {
                // The worker's own write, whose answer was lost.
                _ if chunk.state == work.under_way() && chunk.lease.as_ref() == Some(&lease.token) => {
                    Ok(Hold::Mine(Box::new(chunk)))
                }
                Some(until) if is_open => Ok(Hold::Until(until)),
                _ => Ok(Hold::Over),
            }
        }
        Err(StoreError::Refused { found: None, .. }) => Ok(Hold::Over),
        Err(error) => Err(error),
    }
}

/// Ends the lease of a chunk without a result, so that another worker need not wait for its time.
pub async fn give_back(services: &Services, key: Key, lease: &Lease) -> Result<(), StoreError> {
    let release =
        Write::update(key, "REMOVE #lease, #lease_until").when("#lease = :token").bind(":token", &lease.token);
    services.store.attempt(release).await.map(drop)
}

/// The write that finishes a chunk, for a transaction with its counts. `set` is a further assignment, such as
/// `#page = :page`, and `remove` lists attributes that a finished chunk does not need.
pub fn finish(key: Key, work: Work, lease: &Lease, set: &str, remove: &str) -> Write {
    Write::update(key, &format!("SET #state = :finished{set} REMOVE #lease, #lease_until, #tries{remove}"))
        .when("#lease = :token AND #state = :under_way")
        .bind(":finished", work.finished())
        .bind(":under_way", work.under_way())
        .bind(":token", &lease.token)
}
