//! The keys of schedules, and their part of the index `open`.
//!
//! The index has a partition for the imports that wait for something (`open`), and another one for the schedules
//! ([`OPEN_SCHEDULE`]). A reader of one never meets an item of the other.

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Key, LAST_TIME};
use crate::id::{AccountId, ScheduleId};
use crate::store::{Query, Table};

/// The value of the attribute `open` of a schedule that has a next run.
pub const OPEN_SCHEDULE: &str = "schedule";

/// The item of a schedule.
pub fn schedule(account: AccountId, schedule: ScheduleId) -> Key {
    Key::imports(schedule_partition(account), format!("{schedule:07}"))
}

/// The schedules of an account, by number.
pub fn schedules(account: AccountId) -> Query {
    Query::partition(Table::Imports, schedule_partition(account))
}

fn schedule_partition(account: AccountId) -> String {
    format!("A#{account}#schedules")
}

/// The value of the attribute `opened` of a schedule. The sweep looks at the schedule from the time `from` on, and its message
/// asks for the run that is due at `due`, both in milliseconds since 1970.
pub fn opened_schedule(from: i64, account: AccountId, schedule: ScheduleId, due: i64) -> String {
    format!("{:015}#{account}#{schedule}#{due}", from.clamp(0, LAST_TIME))
}

/// The account, the schedule and the due time in a value of the attribute `opened` of a schedule.
pub fn opened_schedule_of(value: &str) -> Option<(AccountId, ScheduleId, i64)> {
    let mut parts = value.split('#').skip(1);
    let account = parts.next()?.parse().ok()?;
    let schedule = parts.next()?.parse().ok()?;
    Some((account, schedule, parts.next()?.parse().ok()?))
}

/// The schedules of all accounts at which the sweep is to look at the time `now`, through the index `open`.
pub fn due_schedules(now: i64) -> Query {
    let text = |text: String| AttributeValue::S(text);
    let query = Query::index(Table::Imports, "open", "open", OPEN_SCHEDULE);
    // `~` sorts behind `#` and all digits.
    query.span("opened", text("0".to_owned()), text(format!("{:015}~", now.clamp(0, LAST_TIME))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_names_account_schedule_and_due_time() {
        let value = opened_schedule(1_790_000_000_000, AccountId(7), ScheduleId(3), 1_789_999_999_000);
        assert_eq!(value, "001790000000000#7#3#1789999999000");
        assert_eq!(opened_schedule_of(&value), Some((AccountId(7), ScheduleId(3), 1_789_999_999_000)));
        assert_eq!(opened_schedule_of("001790000000000#7#3"), None);
    }
}
