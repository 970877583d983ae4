//! Time, as everything in Waybill that has to know it is told.
//!
//! Leases, give-ups and time stamps all ask a [`Clock`] rather than the system, so that a test can
//! turn the clock past a lease in no time at all, and so that a simulated run is repeatable. Whoever
//! sleeps until a point in time waits with [`Clock::sleep_until`], which a turned clock wakes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

/// A clock that all parts of one system share; clones show the same time.
#[derive(Clone, Default)]
pub struct Clock {
    turned: Arc<Turned>,
}

#[derive(Default)]
struct Turned {
    /// Where a clock stands that only moves when it is turned; the system's clock, if nothing.
    stands_at: Option<i64>,
    /// How far it was turned, in milliseconds.
    ahead: AtomicI64,
    changed: Notify,
}

impl Clock {
    /// A clock that shows the system's time until it is turned.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands there (milliseconds since the epoch) and moves only when it is turned.
    pub fn standing_at(ms: i64) -> Self {
        Self { turned: Arc::new(Turned { stands_at: Some(ms), ..Turned::default() }) }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        let base = self.turned.stands_at.unwrap_or_else(|| Timestamp::now().as_millisecond());
        base + self.turned.ahead.load(Ordering::Relaxed)
    }

    /// The time now, cut to milliseconds: what is stored and shown is what was compared.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).expect("the clock stands within jiff's years")
    }

    /// How long it is until then (milliseconds since the epoch); nothing, if it is past.
    pub fn until(&self, at_ms: i64) -> Duration {
        Duration::from_millis((at_ms - self.now_ms()).max(0).unsigned_abs())
    }

    /// Turns the clock ahead and wakes those who wait for it.
    pub fn turn(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.turned.ahead.fetch_add(by, Ordering::Relaxed);
        self.turned.changed.notify_waiters();
    }

    /// Waits until the clock shows `at_ms` or later.
    pub async fn sleep_until(&self, at_ms: i64) {
        loop {
            let changed = self.turned.changed.notified();
            let left = self.until(at_ms);
            if left.is_zero() {
                return;
            }
            if self.turned.stands_at.is_some() {
                changed.await;
                continue;
            }
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                () = changed => {}
            }
        }
    }
}
