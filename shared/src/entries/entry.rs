//! The time entry as stored, and the rounding to minutes.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::format::Fingerprint;
use crate::id::{AccountId, EntryId, ThingId};
use crate::services::Services;
use crate::store::{Key, StoreError, keys};
use crate::things::sums::Sums;

/// The most tags of an entry. An edit which replaces all tags writes twice per tag, and a transaction takes a hundred
/// writes.
pub const MOST_TAGS: usize = 20;

/// A time entry. Times of record are milliseconds since the epoch; durations are seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The id, `import × 1 000 000 000 + row`; import 0 for entries made by hand.
    pub id: EntryId,
    /// The user who spent the time.
    pub user: ThingId,
    /// The project on which the time is booked, or `None` without a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ThingId>,
    /// The tags, in the order of the file and without repetitions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<ThingId>,
    /// The day on which the work was done.
    pub date: Date,
    /// The local time at which the work began, or `None` if the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Time>,
    /// The local time at which the work ended, or `None` if the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Time>,
    /// The duration in seconds.
    pub seconds: u64,
    /// `true` if the time can be billed, also where the file does not tell.
    pub billable: bool,
    /// The description of the work, or `None` without a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The task, or `None` in formats without tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// `true` if the program from which the file came had invoiced the entry, or `None` if the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoiced: Option<bool>,
    /// The day on which somebody marked the entry as invoiced by hand, or `None` without a mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoiced_at: Option<Date>,
    /// The time of approval; an approved entry cannot be edited or deleted by hand. `None` without an approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<i64>,
    /// The user who approved the entry. The user may be deleted since, because an approval is no reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<ThingId>,
    /// The price of an hour as a decimal, for example `85.50`, or `None` if the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// The price of the whole entry as a decimal, or `None` if the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The currency of `rate` and `amount` as the file spells it, for example `EUR`, or `None` if the file does not
    /// tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The address from which an entry made by hand came, or `None` for imported entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// Cells without a field of their own, as (column, cell) pairs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(String, String)>,
    /// The hash of the row's content, by which later imports find duplicates, or `None` for entries made by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Starts at 1; each edit by hand raises the version by 1.
    pub version: u64,
    /// For an imported entry, the creation time of the import, so a retry writes the same value.
    pub created_at: i64,
    /// The time of the last edit by hand; equals `created_at` before the first edit.
    pub updated_at: i64,
}

impl Entry {
    /// A billable entry of 0 seconds without text, project or tags, in its first version, created at the time `at` in
    /// milliseconds.
    pub fn blank(id: EntryId, user: ThingId, date: Date, at: i64) -> Self {
        Self {
            id,
            user,
            project: None,
            tags: Vec::new(),
            date,
            start: None,
            end: None,
            seconds: 0,
            billable: true,
            text: None,
            task: None,
            invoiced: None,
            invoiced_at: None,
            approved_at: None,
            approved_by: None,
            rate: None,
            amount: None,
            currency: None,
            source_url: None,
            extra: Vec::new(),
            fingerprint: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    /// The storage key of an entry; `rows_per_chunk` is the chunk size of its import.
    pub fn key(account: AccountId, id: EntryId, rows_per_chunk: u32) -> Key {
        keys::entry(account, id.import(), id.row().chunk(rows_per_chunk), id.row())
    }

    /// The duration in minutes as doors show it: seconds rounded half up.
    pub fn minutes(&self) -> u64 {
        minutes(self.seconds)
    }

    pub(crate) async fn read(services: &Services, key: &Key) -> Result<Option<Self>, StoreError> {
        services.store.read(key).await
    }
}

impl Sums {
    /// The totals of a single entry.
    pub fn of(entry: &Entry) -> Self {
        let seconds = i64::try_from(entry.seconds).expect("durations are far below 2^63");
        let those = |count: bool| if count { seconds } else { 0 };
        let invoiced = entry.invoiced.unwrap_or(false);
        Self { entries: 1, seconds, billable_seconds: those(entry.billable), invoiced_seconds: those(invoiced) }
    }
}

/// Converts seconds to minutes, rounded half up: 89 s give 1, 90 s give 2.
pub fn minutes(seconds: u64) -> u64 {
    (seconds + 30) / 60
}
