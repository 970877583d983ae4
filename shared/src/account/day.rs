//! The rows that an account has loaded on a day, for the quota of rows a day.
//!
//! A day is a day of UTC, and has a counter for each account with such a quota. The rows of a file are added in the very
//! transaction that begins the load, so a plan that is repeated counts once, and so does an import that is stopped and
//! resumed. An undo takes no rows off: the rows were written and are paid for, and whoever loads and undoes in turn would
//! have no bound. An account without a quota has no counter; a quota that is set at noon counts the rows from noon on.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::id::AccountId;
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// How long the counter of a day stays after the day has ended, in seconds.
const LIFETIME: i64 = 7 * 24 * 3600;

/// A day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaDay(Date);

impl QuotaDay {
    /// The day by the clock of the services.
    pub fn today(services: &Services) -> Self {
        Self(services.clock.now().to_zoned(TimeZone::UTC).date())
    }

    /// The end of the day, at which the next day begins.
    pub fn end(self) -> Timestamp {
        let next = self.0.saturating_add(1.day()).to_zoned(TimeZone::UTC);
        next.expect("UTC has every time of a day").timestamp()
    }

    /// The number of rows that the account has loaded on the day so far.
    pub async fn rows(self, services: &Services, account: AccountId) -> Result<u64, StoreError> {
        services.store.last_number(&keys::rows_of_day(account, self.0)).await
    }

    /// The write that counts `rows` rows of an import. DynamoDB refuses the write if the account has loaded more than
    /// `most` − `rows` rows on the day. `None` if the import alone has more rows than `most`.
    pub fn count(self, account: AccountId, rows: u64, most: u64) -> Option<Write> {
        let room = most.checked_sub(rows)?;
        let add = Write::update(keys::rows_of_day(account, self.0), "SET #expires = :expires ADD #n :rows");
        let add = add.when("attribute_not_exists(#n) OR #n <= :room").bind(":room", room).bind(":rows", rows);
        Some(add.bind(":expires", self.end().as_second() + LIFETIME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_of_utc() {
        for (day, end) in [("2026-12-01", "2026-12-02T00:00:00Z"), ("2028-02-29", "2028-03-01T00:00:00Z")] {
            assert_eq!(day.parse().map(|day| QuotaDay(day).end().to_string()).ok().as_deref(), Some(end));
        }
    }

    #[test]
    fn an_import_with_more_rows_than_the_quota_is_not_counted() {
        let day = QuotaDay(Date::constant(2026, 12, 1));
        assert!(day.count(AccountId(1), 10, 10).is_some());
        assert!(day.count(AccountId(1), 11, 10).is_none());
    }
}
