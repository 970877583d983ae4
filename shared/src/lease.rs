//! Leases: who works on a chunk, and until when.
//!
//! A lease lives a little longer than a function may run, so when it is over its holder is dead: Lambda
//! (and the local stack) ends a handler at its timeout. A holder nevertheless looks at the clock before
//! each window of writes and lets go once its time is nearly up: requests and retries within a window are bounded
//! by far less than the margin that is left then (`store::FRUITLESS`, `services::ATTEMPT`), so no write comes late.
//! The parser, which may run for longer, loads under the same rule.

use std::time::Duration;

use crate::clock::Clock;
use crate::store::{StoreError, keys};

/// How long a lease lives: longer than the loader and revert functions' timeout of 90 seconds.
const LEASE: Duration = Duration::from_secs(120);
/// A holder stops this long before its lease ends.
const MARGIN: Duration = Duration::from_secs(30);

/// The time of the lease is nearly up: its holder stops, and another one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time is left")]
pub struct OutOfTime;

/// Errors of work that is done under a lease.
#[derive(Debug, thiserror::Error)]
pub enum LeasedError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The time of the lease is nearly up.
    #[error(transparent)]
    OutOfTime(#[from] OutOfTime),
}

/// A lease that was drawn.
#[derive(Clone, Debug)]
pub struct Lease {
    /// What tells it from others.
    pub token: String,
    /// Until when, in milliseconds since the epoch.
    pub until: i64,
}

impl Lease {
    /// A new one, from now.
    pub fn draw(clock: &Clock) -> Self {
        let lease = i64::try_from(LEASE.as_millis()).expect("two minutes");
        Self { token: nonce(), until: clock.now_ms() + lease }
    }

    /// Whether its holder may still write.
    pub fn check(&self, clock: &Clock) -> Result<(), OutOfTime> {
        let margin = i64::try_from(MARGIN.as_millis()).expect("seconds");
        if clock.now_ms() + margin < self.until { Ok(()) } else { Err(OutOfTime) }
    }
}

/// 128 random bits, as text.
pub fn nonce() -> String {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).expect("the system has random bytes");
    keys::hex(&random)
}
