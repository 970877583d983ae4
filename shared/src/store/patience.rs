//! Waiting for what is busy.

use std::time::{Duration, Instant};

use super::StoreError;

/// How long a batch or a transaction is tried without progress. Far shorter than the margin that leases keep.
const FRUITLESS: Duration = Duration::from_secs(8);

/// Jittered back-off, for a bounded time without progress.
pub(crate) struct Patience {
    fruitless: u32,
    since: Instant,
}

impl Patience {
    pub fn new() -> Self {
        Self { fruitless: 0, since: Instant::now() }
    }

    pub async fn wait(&mut self, progress: bool, what: &str) -> Result<(), StoreError> {
        if progress {
            *self = Self::new();
        }
        self.fruitless += 1;
        if self.since.elapsed() > FRUITLESS {
            return Err(StoreError::Busy(what.to_owned()));
        }
        let ceiling = 20u64 << self.fruitless.min(6);
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|error| StoreError::Sdk(error.to_string()))?;
        tokio::time::sleep(Duration::from_millis(u64::from_le_bytes(random) % ceiling + 1)).await;
        Ok(())
    }
}
