//! Waits between retries of requests that DynamoDB could not finish.

use std::time::{Duration, Instant};

use super::StoreError;

/// How long a batch or a transaction is retried without progress, far shorter than the margin of a lease.
const FRUITLESS: Duration = Duration::from_secs(8);
/// The longest wait before the second try is twice this many milliseconds. The bound doubles with every try, six times
/// at most (1,280 ms).
const FIRST_CEILING: u64 = 20;

/// Back-off with random waits, for a bounded time without progress.
pub(crate) struct Patience {
    fruitless: u32,
    since: Instant,
    limit: Duration,
}

impl Patience {
    pub fn new() -> Self {
        Self::lasting(FRUITLESS)
    }

    /// A back-off for `limit` without progress, for work that holds no lease.
    pub fn lasting(limit: Duration) -> Self {
        Self { fruitless: 0, since: Instant::now(), limit }
    }

    pub async fn wait(&mut self, progress: bool, what: &str) -> Result<(), StoreError> {
        if progress {
            *self = Self::lasting(self.limit);
        }
        self.fruitless += 1;
        if self.since.elapsed() > self.limit {
            return Err(StoreError::Busy(what.to_owned()));
        }
        let ceiling = FIRST_CEILING << self.fruitless.min(6);
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|error| StoreError::Sdk(error.to_string()))?;
        tokio::time::sleep(Duration::from_millis(u64::from_le_bytes(random) % ceiling + 1)).await;
        Ok(())
    }
}
