//! The times at which a schedule runs: a pure function of the first time, the interval, the time zone and the present moment.
//!
//! The k-th run is the first time plus k intervals. Days, weeks, months and years are units of the calendar in the zone of the
//! schedule, so a run at 08:00 stays at 08:00 when the clocks change, and a monthly run of the 31st comes on the last day of a
//! shorter month and on the 31st again afterwards. A time that the zone skips is moved behind the gap. Hours and minutes are exact.

use std::fmt;
use std::str::FromStr;

use jiff::fmt::temporal::SpanParser;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The shortest interval, in minutes.
const SHORTEST: i64 = 15;
/// The longest interval, in days.
const LONGEST: i64 = 366;
const HOUR_MS: i64 = 3_600_000;

/// The interval between two runs, as an ISO 8601 duration such as `PT6H`, `P1D` or `P1M`: from 15 minutes to 366 days, either of
/// hours and minutes or of days, weeks, months and years.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Every(Span);

/// The reason why a text is no interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongEvery {
    /// The text is no ISO 8601 duration of whole minutes.
    #[error("must be an ISO 8601 duration of whole minutes, such as PT6H, P1D or P1M")]
    Malformed,
    /// The duration has units of the clock and of the calendar.
    #[error("must be either of hours and minutes, or of days, weeks, months and years")]
    Mixed,
    /// The duration is too short or too long.
    #[error("must be from {SHORTEST} minutes to {LONGEST} days")]
    Length,
}

impl FromStr for Every {
    type Err = WrongEvery;

    fn from_str(text: &str) -> Result<Self, WrongEvery> {
        let span = SpanParser::new().parse_span(text).map_err(|_| WrongEvery::Malformed)?;
        let below_minutes =
            [span.get_seconds(), span.get_milliseconds(), span.get_microseconds(), span.get_nanoseconds()];
        if below_minutes.into_iter().any(|unit| unit != 0) {
            return Err(WrongEvery::Malformed);
        }
        let every = Self(span);
        if every.has_calendar_units() && (span.get_hours(), span.get_minutes()) != (0, 0) {
            return Err(WrongEvery::Mixed);
        }
        let minutes = every.longest_minutes().ok_or(WrongEvery::Length)?;
        if (SHORTEST..=LONGEST * 24 * 60).contains(&minutes) { Ok(every) } else { Err(WrongEvery::Length) }
    }
}

impl TryFrom<String> for Every {
    type Error = WrongEvery;

    fn try_from(text: String) -> Result<Self, WrongEvery> {
        text.parse()
    }
}

impl From<Every> for String {
    fn from(every: Every) -> Self {
        every.to_string()
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Every {
    fn has_calendar_units(&self) -> bool {
        let days = i64::from(self.0.get_days()) + i64::from(self.0.get_weeks());
        days + i64::from(self.0.get_months()) + i64::from(self.0.get_years()) != 0
    }

    /// The length in minutes, beginning with a leap year in UTC. `None` if the length is beyond all calendars.
    fn longest_minutes(&self) -> Option<i64> {
        let leap = jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0);
        let end = leap.checked_add(self.0).ok()?;
        let minutes = leap.until((Unit::Minute, end)).ok()?.get_minutes();
        Some(minutes)
    }

    /// A length in milliseconds that the interval has at least on average.
    fn shortest_ms(&self) -> i64 {
        let days = i64::from(self.0.get_years()) * 365
            + i64::from(self.0.get_months()) * 28
            + i64::from(self.0.get_weeks()) * 7
            + i64::from(self.0.get_days());
        // A day of 23 hours, when the clocks are set forward.
        let minutes = i64::from(self.0.get_hours()) * 60 + self.0.get_minutes();
        (days * 23 * HOUR_MS + minutes * 60_000).max(60_000)
    }
}

/// The times of a schedule's runs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recurrence {
    /// The interval between two runs.
    pub every: Every,
    /// The time of the first run, in milliseconds since 1970.
    pub starts_at: i64,
    /// The name of a zone in the IANA database, for example `Europe/Berlin`, by whose calendar days and months are counted.
    pub time_zone: String,
}

impl Recurrence {
    /// The first time of a run that is later than `now`, both in milliseconds since 1970. `None` beyond the year 9999.
    pub fn after(&self, now: i64) -> Option<i64> {
        if now < self.starts_at {
            return Some(self.starts_at);
        }
        // The run `low` is not later than now, and the run `high` is.
        let (mut low, mut high) = (0, (now - self.starts_at) / self.every.shortest_ms() + 2);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.run(middle)? <= now { low = middle } else { high = middle }
        }
        self.run(high)
    }

    /// The time of the run with the number `number`, from 0.
    fn run(&self, number: i64) -> Option<i64> {
        let span = self.every.0.checked_mul(number).ok()?;
        let start = Timestamp::from_millisecond(self.starts_at).ok()?.to_zoned(self.zone());
        Some(start.checked_add(span).ok()?.timestamp().as_millisecond())
    }

    /// The zone of the calendar. A name that no zone has any more means UTC.
    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests;
