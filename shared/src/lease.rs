//! Leases: the right of a function to work on a chunk until a given time.
//!
//! A lease is longer than the time that a function may run. When a lease has expired, the holder is therefore dead,
//! because Lambda (and the local stack) ends a handler at the timeout. Even so, a holder looks at the clock before each
//! window of writes and stops when less than `MARGIN` is left. All requests and retries of a window take less than that
//! margin (`store::FRUITLESS`, `services::ATTEMPT`), so no write lands after the lease. The parser, which may run for
//! longer, loads small files under the same rule.

use std::time::Duration;

use crate::clock::Clock;
use crate::store::{StoreError, keys};

/// The duration of a lease, longer than the 90 seconds of the loader's and the revert function's timeout.
const LEASE: Duration = Duration::from_secs(120);
/// The time before the end of a lease at which the holder stops.
const MARGIN: Duration = Duration::from_secs(30);

/// The lease is about to expire, so the holder stops and a later invocation continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time is left")]
pub struct OutOfTime;

/// Errors of work that is done under a lease.
#[derive(Debug, thiserror::Error)]
pub enum LeasedError {
    /// A request to DynamoDB failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lease is about to expire.
    #[error(transparent)]
    OutOfTime(#[from] OutOfTime),
}

/// A lease in the memory of the holder. The chunk's item stores the same token and time.
#[derive(Clone, Debug)]
pub struct Lease {
    /// 32 random hexadecimal digits that identify the lease.
    pub token: String,
    /// The time at which the lease expires, in milliseconds since 1970.
    pub until: i64,
}

impl Lease {
    /// Draws a new lease that begins now.
    pub fn draw(clock: &Clock) -> Self {
        let lease = i64::try_from(LEASE.as_millis()).expect("two minutes");
        Self { token: nonce(), until: clock.now_ms() + lease }
    }

    /// Fails with [`OutOfTime`] if the holder must not begin another window of writes.
    pub fn check(&self, clock: &Clock) -> Result<(), OutOfTime> {
        let margin = i64::try_from(MARGIN.as_millis()).expect("seconds");
        if clock.now_ms() + margin < self.until { Ok(()) } else { Err(OutOfTime) }
    }
}

/// 128 random bits as 32 hexadecimal digits.
pub fn nonce() -> String {
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).expect("the system has random bytes");
    keys::hex(&random)
}
