//! How long things are kept: how long an undo of an import can be asked for, and how long an undo may need what was stored for
//! it; and how long the bucket keeps files and reports, which no undo needs.
//!
//! The time of an undo holds for imports whose load begins from then on. Each import stores the end of its own time
//! ([`Import::undo_until`](crate::import::Import::undo_until)), so another setting moves the end of no import that was loaded
//! before.
//!
//! # Twice as long
//!
//! The undo of an import steps over the before-images of imports that are undone already: a value which an import found may
//! be that of an import undone since. Say that an undo can be asked for during 30 days. An import of day 0 may be undone
//! until day 30, so the imports that found its values were loaded until day 30, and may be undone until day 60. Images
//! and tombstones therefore expire after twice the time of an undo. Chains of such imports may reach further back;
//! [`records::ancestry`](crate::records::ancestry) says what becomes of a value whose image has expired.

use std::fmt;
use std::str::FromStr;

/// The most days of a time that ends.
const MOST_DAYS: u16 = 3650;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// A text is no number of days from 0 to 3,650.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no number of days from 0 to {MOST_DAYS}")]
pub struct WrongDays(String);

/// A time from 1 to 3,650 days, or a time that never ends, which is written as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Days(Option<u16>);

impl Days {
    /// The number of days from 1 to 3,650, or `None` for a time that never ends.
    pub fn number(self) -> Option<u16> {
        self.0
    }
}

impl FromStr for Days {
    type Err = WrongDays;

    fn from_str(text: &str) -> Result<Self, WrongDays> {
        let days = text.parse().ok().filter(|days| *days <= MOST_DAYS).ok_or_else(|| WrongDays(text.to_owned()))?;
        Ok(Self(Some(days).filter(|days| *days > 0)))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.unwrap_or_default().fmt(f)
    }
}

/// How long things are kept. By default everything is kept for good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// The days for which an undo can be asked for, from the beginning of the import's load.
    pub undo: Days,
    /// The days for which the bucket keeps files of imports, by its lifecycle rules.
    pub files: Days,
    /// The days for which the bucket keeps reports of dropped files, by its lifecycle rules.
    pub reports: Days,
}

impl Retention {
    /// The environment variables for [`Retention::read`], with their values.
    pub fn variables(&self) -> [(&'static str, Days); 3] {
        let Self { undo, files, reports } = *self;
        [("UNDO_DAYS", undo), ("FILE_DAYS", files), ("REPORT_DAYS", reports)]
    }

    /// Reads the retention from variables by their names.
    pub fn read<E: From<WrongDays>>(variable: impl Fn(&'static str) -> Result<String, E>) -> Result<Self, E> {
        let days = |name| Ok::<Days, E>(variable(name)?.parse()?);
        Ok(Self { undo: days("UNDO_DAYS")?, files: days("FILE_DAYS")?, reports: days("REPORT_DAYS")? })
    }

    /// The last moment at which the undo of an import can be asked for whose load begins at `start`, or `None` for ever. All
    /// times are milliseconds since the epoch.
    pub fn undo_until(&self, start: i64) -> Option<i64> {
        self.undo.number().map(|days| start + i64::from(days) * DAY_MS)
    }

    /// The time at which an item expires that people's edit writes at the time `at` (milliseconds since the epoch), in
    /// seconds since the epoch, or `None` for ever.
    pub fn expiry(&self, at: i64) -> Option<i64> {
        self.undo_until(at).map(|until| expiry(at, until - at))
    }
}

/// The time at which an item expires that is written at the time `at` (milliseconds since the epoch) for undos which can be
/// asked for during `span` milliseconds, in seconds since the epoch.
pub fn expiry(at: i64, span: i64) -> i64 {
    (at + 2 * span) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_from_settings_and_0_means_for_ever() {
        let read = |text: &str| {
            Retention::read(|name| Ok::<_, WrongDays>(if name == "UNDO_DAYS" { text } else { "0" }.to_owned()))
        };
        assert_eq!(read("0"), Ok(Retention::default()));
        let most = read("3650").map(|retention| retention.variables().map(|(name, days)| format!("{name}={days}")));
        assert_eq!(most, Ok(["UNDO_DAYS=3650", "FILE_DAYS=0", "REPORT_DAYS=0"].map(str::to_owned)));
        for wrong in ["", "-1", "3651", "7.5", "a week", "99999999"] {
            assert_eq!(read(wrong), Err(WrongDays(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn an_undo_can_be_asked_for_during_the_days_and_its_items_stay_for_twice_as_long() {
        let (week, start) = (Retention { undo: Days(Some(7)), ..Retention::default() }, 1_790_000_000_000);
        assert_eq!(week.undo_until(start), Some(1_790_604_800_000));
        assert_eq!(week.expiry(start), Some(1_791_209_600));
        let ever = Retention::default();
        assert_eq!((ever.undo_until(start), ever.expiry(start)), (None, None));
    }
}
