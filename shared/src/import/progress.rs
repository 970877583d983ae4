//! The progress of an import: its counts, the pace of the last minute, and the time that is left.

use std::time::Duration;

use super::slice::Slice;
use super::{Counts, Import, Status};
use crate::services::Services;
use crate::store::{StoreError, decode, keys};

/// The shortest time of loading from which a pace is told.
const SHORTEST: i64 = 1_000;
/// The shortest time of loading from which the time left means something.
const MEANINGFUL: i64 = 5_000;
/// The time after which a load without a row has a pace of none, rather than an unknown pace.
const STANDSTILL: i64 = 60_000;
/// The longest time which a caller is asked to wait before the next look.
const LONGEST_WAIT: u64 = 30;
/// The wait for an import whose file is to be uploaded.
const UPLOAD_WAIT: u64 = 10;
/// The wait for an import which will move on in a moment.
const SHORT_WAIT: u64 = 2;

/// The progress of an import at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// The counts, read together with the pace.
    pub counts: Counts,
    /// The number of rows with an outcome.
    pub rows_done: u64,
    /// The number of rows, or `None` until the plan is complete.
    pub rows_known: Option<u64>,
    /// The rows loaded a second over the last minute, with one decimal, or `None` unless rows are being loaded for long enough to tell.
    pub rows_per_second: Option<f64>,
    /// The seconds until the last row is loaded at this pace, or `None` until the pace tells.
    pub seconds_left: Option<u64>,
    /// The seconds after which a caller should look again, or `None` for an import which waits for nobody but its owner.
    pub look_again: Option<u64>,
}

impl Progress {
    /// Reads the counter items of an import, by a single query.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let counters = services.store.all(keys::all_counts(import.account, import.id)).await?;
        let now = services.clock.now_ms();
        // The load began, or went on, with the last change of status.
        let since = Slice::at(now).counted_from().max(import.updated_at);
        let loaded: u64 = counters.iter().map(|counter| Slice::rows_since(since, counter)).sum();
        let parts = counters.into_iter().map(decode).collect::<Result<Vec<Counts>, _>>()?;
        Ok(Self::of(import, Counts::sum(&parts, import), loaded, now - since).resting(import, now))
    }

    /// The progress with these counts, of which `loaded` rows were loaded in the last `time` milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "rows and milliseconds are far below 2^52")]
    fn of(import: &Import, counts: Counts, loaded: u64, time: i64) -> Self {
        let rows_done = counts.accounted();
        let is_known = import.status == Status::Processing && time >= SHORTEST && (loaded > 0 || time >= STANDSTILL);
        // Rounded to one decimal.
        let pace = is_known.then(|| (loaded as f64 * 10_000.0 / time as f64).round() / 10.0);
        let left = import.rows.map(|rows| rows.saturating_sub(rows_done) as f64);
        let seconds_left = pace.filter(|&pace| pace > 0.0 && time >= MEANINGFUL).zip(left);
        let seconds_left = seconds_left.map(|(pace, left)| Duration::from_secs_f64((left / pace).min(1e9)).as_secs());
        let look_again = match import.status {
            Status::New if import.awaits_file() => Some(UPLOAD_WAIT),
            Status::Processing => Some(seconds_left.unwrap_or(SHORT_WAIT).clamp(SHORT_WAIT, LONGEST_WAIT)),
            Status::Queued | Status::RollingBack => Some(SHORT_WAIT),
            _ if import.is_sealed() => None,
            Status::New => None,
            // The last loader of a stopped import is at work.
            _ => Some(SHORT_WAIT),
        };
        Self { counts, rows_done, rows_known: import.rows, rows_per_second: pace, seconds_left, look_again }
    }

    /// The progress of an import which may rest before it goes on.
    fn resting(self, import: &Import, now: i64) -> Self {
        let until = import.rests_until.filter(|&until| import.status == Status::Queued && until > now);
        match until {
            Some(until) => Self { look_again: Some((until - now).unsigned_abs().div_ceil(1000)), ..self },
            None => self,
        }
    }

    /// The share of rows which have an outcome, in percent with one decimal and rounded down, so 100 means all. `None`
    /// until the number of rows is known.
    #[expect(clippy::cast_precision_loss, reason = "a number up to 1000")]
    pub fn percent(&self) -> Option<f64> {
        let rows = self.rows_known?;
        let tenths = (self.rows_done * 1000).checked_div(rows).unwrap_or(1000).min(1000);
        Some(tenths as f64 / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(rows_done: u64, rows_known: Option<u64>) -> Progress {
        Progress {
            counts: Counts::default(),
            rows_done,
            rows_known,
            rows_per_second: None,
            seconds_left: None,
            look_again: None,
        }
    }

    #[test]
    fn a_hundred_percent_means_that_every_row_has_an_outcome() {
        for (done, known, percent) in [
            (0, None, None),
            (0, Some(0), Some(100.0)),
            (0, Some(3), Some(0.0)),
            (1, Some(3), Some(33.3)),
            (999_999, Some(1_000_000), Some(99.9)),
            (1_000_000, Some(1_000_000), Some(100.0)),
        ] {
            assert_eq!(progress(done, known).percent(), percent, "{done} of {known:?}");
        }
    }

    #[test]
    fn slices_count_the_last_minute_and_remove_what_is_older() {
        let now = 1_790_000_030_000;
        let slice = Slice::at(now);
        assert!((60_000..80_000).contains(&(now - slice.counted_from())));
        let kept = slice.attribute();
        let number: i64 = kept[1..].parse().expect("a number");
        let removed = slice.removing_older();
        for age in 0..13 {
            let is_removed = removed.contains(&format!("#w{}", number - age));
            assert_eq!(is_removed, age > 3 && age <= 12, "{age}");
        }
    }
}
