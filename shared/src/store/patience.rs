//! Waits between retries of requests that DynamoDB could not finish.

use std::time::{Duration, Instant};

use super::StoreError;

/// How long a batch or a transaction is retried without progress, far shorter than the margin of a lease.
const FRUITLESS: Duration = Duration::from_secs(8);
/// The longest wait before the second try is twice this many milliseconds. The bound doubles with every try, six times
/// at most (1,280 ms).
const FIRST_CEILING: u64 = 20;

/// A bound on retries without progress: by time, with random waits in between, or by number.
pub(crate) struct Patience {
    fruitless: u32,
    since: Instant,
    limit: Limit,
}

#[derive(Clone, Copy)]
enum Limit {
    Time(Duration),
    Tries(u32),
}

impl Patience {
    /// Retries for 8 seconds, with a random wait before each retry.
    pub fn new() -> Self {
        Self::lasting(FRUITLESS)
    }

    /// A back-off for `limit` without progress, for work that holds no lease.
    pub fn lasting(limit: Duration) -> Self {
        Self::within(Limit::Time(limit))
    }

    /// At most `most` attempts in all, without waits, for attempts which fail only because another writer succeeded.
    pub fn of_tries(most: u32) -> Self {
        Self::within(Limit::Tries(most))
    }

    fn within(limit: Limit) -> Self {
        Self { fruitless: 0, since: Instant::now(), limit }
    }

    /// Waits before the next attempt, or fails with [`StoreError::Busy`] and the text `what` if the bound is reached.
    /// `progress` starts the bound and the waits anew.
    pub async fn wait(&mut self, progress: bool, what: &str) -> Result<(), StoreError> {
        if progress {
            *self = Self::within(self.limit);
        }
        self.fruitless += 1;
        let (over, at_once) = match self.limit {
            Limit::Time(most) => (self.since.elapsed() > most, false),
            Limit::Tries(most) => (self.fruitless >= most, true),
        };
        if over {
            return Err(StoreError::Busy(what.to_owned()));
        }
        if at_once {
            return Ok(());
        }
        let ceiling = FIRST_CEILING << self.fruitless.min(6);
        let mut random = [0u8; 8];
        getrandom::fill(&mut random).map_err(|error| StoreError::Sdk(error.to_string()))?;
        tokio::time::sleep(Duration::from_millis(u64::from_le_bytes(random) % ceiling + 1)).await;
        Ok(())
    }
}

/// Repeats `attempt`, which returns `None` if another writer was first, until a value is returned or the bound of
/// `patience` is reached. In the second case `what` is the text of the error.
// `AsyncFn` cannot be used: the compiler cannot prove `Send` for futures of `AsyncFn` which borrow.
pub(crate) async fn retry<T, E, F>(mut patience: Patience, what: &str, attempt: impl Fn() -> F) -> Result<T, E>
where
    E: From<StoreError>,
    F: Future<Output = Result<Option<T>, E>>,
{
    loop {
        if let Some(done) = attempt().await? {
            return Ok(done);
        }
        patience.wait(false, what).await?;
    }
}
