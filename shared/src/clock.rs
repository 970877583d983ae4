//! Time: leases, time-outs and time stamps read a [`Clock`] in place of the system's time.
//!
//! A test can turn a clock past a lease without waiting, and a simulated run is repeatable. Code that waits for a point
//! in time uses [`Clock::sleep_until`], which wakes when the clock is turned.
//!
//! The system's time may be set back, by an hour in the worst case, and a task that waits by the system's time then
//! waits an hour longer. A [`Clock::steady`] does not follow the step, so the local stack uses a steady clock. A Lambda
//! function must not, because the process is frozen between two invocations, and the monotonic time under a steady
//! clock may stand still meanwhile.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::Notify;

/// A clock shared by all parts of a system; clones show the same time.
#[derive(Clone, Default)]
pub struct Clock {
    turned: Arc<Turned>,
}

#[derive(Default)]
struct Turned {
    /// The time at which the clock stands until somebody turns the clock, in milliseconds since 1970. `None` for a
    /// clock that follows the system's time.
    stands_at: Option<i64>,
    /// The distance by which the clock was turned ahead, in milliseconds; negative for a clock set back.
    ahead: AtomicI64,
    /// The time that a steady clock showed last, with the monotonic instant of that reading. `None` for
    /// all but steady clocks.
    shown: Option<Mutex<(i64, Instant)>>,
    changed: Notify,
}

impl Clock {
    /// A clock that shows the system's time until somebody turns the clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that shows the system's time but never steps back. When the system's time is set back, the clock goes on
    /// at an even pace until the system's time has caught up.
    pub fn steady() -> Self {
        let clock = Self::system();
        let shown = Some(Mutex::new((clock.now_ms(), Instant::now())));
        Self { turned: Arc::new(Turned { shown, ..Turned::default() }) }
    }

    /// A clock that stands at `ms` (milliseconds since 1970) and moves only when somebody turns the clock.
    pub fn standing_at(ms: i64) -> Self {
        Self { turned: Arc::new(Turned { stands_at: Some(ms), ..Turned::default() }) }
    }

    /// The time on the clock, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        let base = self.turned.stands_at.unwrap_or_else(|| Timestamp::now().as_millisecond());
        let now = base + self.turned.ahead.load(Ordering::Relaxed);
        let Some(shown) = &self.turned.shown else { return now };
        // The two numbers are valid at every moment, so a lock poisoned by a panic can still be used.
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, since) = *shown;
        let passed = i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX);
        if now >= last.saturating_add(passed) {
            *shown = (now, Instant::now());
            return now;
        }
        last.saturating_add(passed)
    }

    /// The time on the clock, cut to milliseconds, so that a stored time equals the time used in comparisons.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).expect("the clock stands within jiff's years")
    }

    /// The duration until `at_ms` (milliseconds since 1970), or zero if `at_ms` is past.
    pub fn until(&self, at_ms: i64) -> Duration {
        Duration::from_millis((at_ms - self.now_ms()).max(0).unsigned_abs())
    }

    /// Turns the clock ahead and wakes the tasks that wait in [`Self::sleep_until`].
    pub fn turn(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.turned.ahead.fetch_add(by, Ordering::Relaxed);
        self.turned.changed.notify_waiters();
    }

    /// Sets the clock back, as a person does who changes the system's time. A steady clock does not show the step.
    pub fn set_back(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.turned.ahead.fetch_sub(by, Ordering::Relaxed);
        self.turned.changed.notify_waiters();
    }

    /// Waits until the clock shows `at_ms` (milliseconds since 1970) or later.
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
