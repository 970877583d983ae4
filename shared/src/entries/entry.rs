//! Time entries.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::format::Fingerprint;
use crate::id::{AccountId, EntryId, ThingId};
use crate::services::Services;
use crate::store::{Key, StoreError, keys};
use crate::things::sums::Sums;

/// The most tags of an entry: an edit that changes all of them writes twice for each, in one transaction of a hundred writes.
pub const MOST_TAGS: usize = 20;

/// A time entry. Times of record are milliseconds since the epoch; durations are seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The id: import and row.
    pub id: EntryId,
    /// Whose time it is.
    pub user: ThingId,
    /// What it is booked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ThingId>,
    /// Its tags, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<ThingId>,
    /// The day.
    pub date: Date,
    /// When it began, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// When it ended, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Time>,
    /// How long it took.
    pub seconds: u64,
    /// Whether it can be billed.
    pub billable: bool,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The task, in formats that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Whether it was invoiced where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoiced: Option<bool>,
    /// The day on which it was marked as invoiced by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoiced_at: Option<Date>,
    /// When it was approved; it cannot be edited or deleted by hand then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<i64>,
    /// The user who approved it, who may be gone since: an approval is no reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<ThingId>,
    /// What an hour of it costs, as a decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// What it comes to, as a decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The currency of both, as the file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Where it came from, for entries made by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// What the file says besides, by column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    /// What tells the row that it was from others; none for entries made by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Raised by each edit by hand, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: i64,
    /// When it was edited last.
    pub updated_at: i64,
}

impl Entry {
    /// Where an entry lies, given how its import was cut into chunks.
    pub fn key(account: AccountId, id: EntryId, rows_per_chunk: u32) -> Key {
        keys::entry(account, id.import(), id.row().chunk(rows_per_chunk), id.row())
    }

    /// Minutes, as doors show them: seconds rounded half up.
    pub fn minutes(&self) -> u64 {
        minutes(self.seconds)
    }

    pub(crate) async fn read(services: &Services, key: &Key) -> Result<Option<Self>, StoreError> {
        services.store.read(key).await
    }
}

impl Sums {
    /// The sums of one entry.
    pub fn of(entry: &Entry) -> Self {
        let seconds = i64::try_from(entry.seconds).expect("durations are far below 2^63");
        let those = |count: bool| if count { seconds } else { 0 };
        let invoiced = entry.invoiced.unwrap_or(false);
        Self { entries: 1, seconds, billable_seconds: those(entry.billable), invoiced_seconds: those(invoiced) }
    }
}

/// Seconds as minutes, rounded half up.
pub fn minutes(seconds: u64) -> u64 {
    (seconds + 30) / 60
}
