//! Time, as everything in Waybill that has to know it is told.
//!
//! Leases, give-ups and time stamps all ask a [`Clock`] rather than the system, so that a test can
//! turn the clock past a lease in no time at all, and so that a simulated run is repeatable. Whoever
//! sleeps until a point in time waits with [`Clock::sleep_until`], which a turned clock wakes.
//!
//! The system's time may be set back, by an hour in the worst case, and whoever waits for a time then waits for an hour
//! more. A [`Clock::steady`] does not follow that, so the local stack uses it. A Lambda function must not: its process is
//! frozen between two calls, and the time that a steady clock goes by may stand still meanwhile.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
    /// Of a steady clock, the time that it showed last, and when that was.
    shown: Option<Mutex<(i64, Instant)>>,
    changed: Notify,
}

impl Clock {
    /// A clock that shows the system's time until it is turned.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that shows the system's time and is never set back with it: from then on it goes its own pace, until the
    /// system's time has caught up.
    pub fn steady() -> Self {
        let clock = Self::system();
        let shown = Some(Mutex::new((clock.now_ms(), Instant::now())));
        Self { turned: Arc::new(Turned { shown, ..Turned::default() }) }
    }

    /// A clock that stands there (milliseconds since the epoch) and moves only when it is turned.
    pub fn standing_at(ms: i64) -> Self {
        Self { turned: Arc::new(Turned { stands_at: Some(ms), ..Turned::default() }) }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> i64 {
        let base = self.turned.stands_at.unwrap_or_else(|| Timestamp::now().as_millisecond());
        let now = base + self.turned.ahead.load(Ordering::Relaxed);
        let Some(shown) = &self.turned.shown else { return now };
        // Two numbers are right whatever panicked beside them.
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, since) = *shown;
        let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        if now >= last.saturating_add(passed) {
            *shown = (now, Instant::now());
            return now;
        }
        last.saturating_add(passed)
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

    /// Turns the time that the clock goes by back, as somebody does who sets the system's clock.
    pub fn set_back(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.turned.ahead.fetch_sub(by, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_steady_clock_does_not_go_back_and_follows_ahead() {
        let clock = Clock::steady();
        let before = clock.now_ms();
        clock.set_back(HOUR);
        let set_back = clock.now_ms();
        assert!((before..before + 60_000).contains(&set_back), "{before} {set_back}");
        clock.turn(2 * HOUR);
        assert!(clock.now_ms() >= before + 3_600_000);
        let system = Clock::system();
        system.set_back(HOUR);
        assert!(system.now_ms() < before);
    }

    #[tokio::test]
    async fn who_waits_by_a_steady_clock_does_not_wait_longer_when_the_time_is_set_back() {
        let clock = Clock::steady();
        let wait = clock.sleep_until(clock.now_ms() + 20);
        clock.set_back(HOUR);
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("within twenty milliseconds");
    }
}
