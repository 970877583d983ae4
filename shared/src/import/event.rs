//! The event of a change of status, as the outbox stores the event.
//!
//! The event is written in the transaction of the change and never rewritten, so each delivery of the event has the same
//! content. The room [`events`](crate::events) turns the event into the JSON which consumers get.

use serde::{Deserialize, Serialize};

use super::{Counts, Import, ImportType, Status};
use crate::id::{AccountId, ImportId};
use crate::shorten::shortened;

/// How long an event stays in the outbox before the event expires, in seconds.
pub const EVENT_LIFETIME: i64 = 14 * 24 * 3600;

/// The most letters of an event's reason.
const LONGEST_REASON: usize = 1000;

/// An event as stored. All times but `expires` are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// The type of the event, for example `Import Completed` ([`Status::event`]).
    #[serde(rename = "type")]
    pub name: String,
    /// The account, the import, the time of the change and the status: `1-7-1790000000000-complete`.
    pub id: String,
    /// The account of the import.
    pub account: AccountId,
    /// The number of the import within the account.
    pub import: ImportId,
    /// The number of the change within the import. The making of the import is 1.
    pub sequence: u64,
    /// The type of the import.
    pub import_type: ImportType,
    /// The status which the import got.
    pub status: Status,
    /// The name of the file as the caller gave it, which may be empty.
    pub file_name: String,
    /// The number of data rows, or `None` until the plan is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The counts of the import shortly before the change. No row gets an outcome any more once an import is settled and sealed,
    /// so the counts of such a change are the final ones.
    #[serde(default)]
    pub counts: Counts,
    /// The author of the change: `user 7`, or the name of a function such as `sweep`.
    pub by: String,
    /// The reason for people, at most 1,000 letters, or `None` if the change speaks for itself. The reason quotes no cell of the
    /// file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time at which the import was made.
    pub created_at: i64,
    /// The time of the change.
    pub at: i64,
    /// The time at which the item expires, in seconds since the epoch.
    pub expires: i64,
}

impl StoredEvent {
    /// The event of the change of `import` to the status `to` at the time `at`, as the first change of an import without rows.
    /// The user who made the import is the author.
    pub(super) fn of(import: &Import, to: Status, at: i64) -> Self {
        let (account, id) = (import.account, import.id);
        Self {
            name: to.event().to_owned(),
            id: format!("{account}-{id}-{at}-{to}"),
            account,
            import: id,
            sequence: 1,
            import_type: import.import_type,
            status: to,
            file_name: import.file_name.clone(),
            rows: None,
            counts: Counts::default(),
            by: format!("user {}", import.user),
            reason: None,
            created_at: import.created_at,
            at,
            expires: at / 1000 + EVENT_LIFETIME,
        }
    }

    /// The same event with a reason. A long reason is cut.
    pub(super) fn because(self, reason: Option<String>) -> Self {
        Self { reason: reason.map(|reason| shortened(reason, LONGEST_REASON)), ..self }
    }
}
