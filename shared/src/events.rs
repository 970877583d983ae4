//! Events for other systems as plain JSON, without I/O: the changes of an import's status, and the end of a webhook.
//!
//! A change of status puts an item into the outbox ([`StoredEvent`]). A pipe reads the stream of the outbox, has the notifier
//! function turn each record into an [`AnyEvent`], and publishes the events. `docs/events.md` is the page for consumers, and
//! `docs/events/` has the schemas.
//!
//! - **The same event at each delivery.** An event is computed from the stored item alone, so a record delivered twice gives
//!   the same JSON with the same id.
//! - **No content of a file.** An event has counts, ids, statuses, the name of the file and a reason, and no cell, no address of
//!   a person and no token.
//!
//! An item that was stored by the version before lacks most facts. Its event has the version `0` and no [`Facts`]; guessed facts
//! would be worse than none.

mod disabled;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ImportId};
use crate::import::{Counts, ImportType, Status, StoredEvent};
use crate::inbox::shown::time;
use crate::store::{Item, StoreError, decode};

pub use disabled::{DISABLED, DisablingReason, StoredDisabling, WebhookDisabled};

/// The source of every event on the event bus.
pub const SOURCE: &str = "waybill";

/// A record of the outbox's stream, as a pipe gives it to the notifier function.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    dynamodb: Written,
}

#[derive(Clone, Debug, Deserialize)]
struct Written {
    /// The item after the write, in the JSON of DynamoDB.
    #[serde(rename = "NewImage")]
    item: serde_dynamo::Item,
}

/// An event of any kind, as consumers get it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AnyEvent {
    /// A change of an import's status.
    Import(Box<Event>),
    /// The end of a webhook.
    WebhookDisabled(WebhookDisabled),
}

/// The event of a change of an import's status, as consumers get it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The version of the shape: `1`, or `0` for an event that the version before has stored.
    pub version: &'static str,
    /// The type of the event, for example `Import Completed`.
    #[serde(rename = "type")]
    pub name: String,
    /// The id, the same each time the event is delivered: `1-7-1790000000000-complete`.
    pub id: String,
    /// The account of the import.
    pub account: AccountId,
    /// The number of the import within the account.
    pub import: ImportId,
    /// The status which the import got.
    pub status: Status,
    /// The time of the change, as RFC 3339 in UTC with milliseconds.
    pub occurred_at: String,
    /// The address of the import at the native door.
    pub url: String,
    /// The other facts, or `None` for an event that the version before has stored.
    #[serde(flatten)]
    pub facts: Option<Facts>,
    /// The time of the change in milliseconds since 1970, for the order of deliveries.
    #[serde(skip)]
    at: i64,
}

/// The facts of an event which the version before did not store.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facts {
    /// The number of the change within the import, from 1 without gaps.
    pub sequence: u64,
    /// The type of the import.
    pub import_type: ImportType,
    /// The name of the file, or `None` for a file without a name.
    pub file_name: Option<String>,
    /// The numbers of rows and records.
    pub counts: EventCounts,
    /// The author of the change: `user 7`, or the name of a function such as `sweep`.
    pub actor: String,
    /// The reason for people, or `None` if the change speaks for itself.
    pub reason: Option<String>,
    /// The time at which the import was made, as RFC 3339 in UTC with milliseconds.
    pub created_at: String,
}

/// The numbers of rows and records in an event. With `rows` known, `rows = created + updated + unchanged + skipped + deleted +
/// failed + pending`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventCounts {
    /// Data rows of the file, or `None` until the plan is complete.
    pub rows: Option<u64>,
    /// Rows without an outcome, or `None` until the plan is complete.
    pub pending: Option<u64>,
    /// Rows which created an entity.
    pub created: u64,
    /// Rows which changed an entity.
    pub updated: u64,
    /// Rows which found nothing to change.
    pub unchanged: u64,
    /// Rows which were skipped.
    pub skipped: u64,
    /// Rows which deleted an entity.
    pub deleted: u64,
    /// Rows which could not be parsed or loaded.
    pub failed: u64,
    /// Skipped rows which are duplicates; counted in `skipped` too.
    pub duplicates: u64,
    /// Records removed because no row matched them.
    pub removed_missing: u64,
    /// The numbers of an undo, as far as the undo has come.
    pub undone: UndoneCounts,
}

/// The numbers of an undo in an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UndoneCounts {
    /// Entities which the undo removed.
    pub removed: u64,
    /// Entities which the undo kept, because somebody else wrote to them since.
    pub kept: u64,
    /// Rows of which the undo restored the fields that they had changed.
    pub restored: u64,
    /// Rows of which the undo brought the deleted record back.
    pub brought_back: u64,
    /// Rows whose changes the undo left in a record, because somebody else wrote to the fields since.
    pub changes_kept: u64,
    /// Rows whose record was gone at the undo.
    pub gone: u64,
}

/// The attributes of an item that the version before has stored.
#[derive(Deserialize)]
struct EarlierEvent {
    id: String,
    account: AccountId,
    import: ImportId,
    status: Status,
    at: i64,
}

impl Record {
    /// The record of an item's insertion.
    pub fn inserted(item: Item) -> Self {
        Self { dynamodb: Written { item: item.into() } }
    }

    /// The key of the item, such as `A#1#I#7 001790000000000#complete`, which has ids only.
    pub fn key(&self) -> String {
        let text = |name| match self.dynamodb.item.get(name) {
            Some(serde_dynamo::AttributeValue::S(text)) => text.as_str(),
            _ => "?",
        };
        format!("{} {}", text("pk"), text("sk"))
    }
}

impl AnyEvent {
    /// The event of a record. `api_url` is the address of the doors, for example `https://api.example.com`.
    ///
    /// # Errors
    /// [`StoreError::Newer`] for an item of a later version, and [`StoreError::Shape`] for an item that is no event.
    pub fn of(record: Record, api_url: &str) -> Result<Self, StoreError> {
        let item: Item = record.dynamodb.item.into();
        if item.contains_key("webhook") {
            return Ok(Self::WebhookDisabled(WebhookDisabled::of(decode(item)?, api_url)));
        }
        Event::of(item, api_url).map(|event| Self::Import(Box::new(event)))
    }

    /// The type of the event, for example `Import Completed`.
    pub fn name(&self) -> &str {
        match self {
            Self::Import(event) => &event.name,
            Self::WebhookDisabled(event) => event.name,
        }
    }

    /// The id, the same each time the event is delivered.
    pub fn id(&self) -> &str {
        match self {
            Self::Import(event) => &event.id,
            Self::WebhookDisabled(event) => &event.id,
        }
    }

    /// The account whose event it is.
    pub fn account(&self) -> AccountId {
        match self {
            Self::Import(event) => event.account,
            Self::WebhookDisabled(event) => event.account,
        }
    }

    /// The time of the event, as RFC 3339 in UTC with milliseconds.
    pub fn occurred_at(&self) -> &str {
        match self {
            Self::Import(event) => &event.occurred_at,
            Self::WebhookDisabled(event) => &event.occurred_at,
        }
    }

    /// The time of the event, in milliseconds since 1970.
    pub fn at(&self) -> i64 {
        match self {
            Self::Import(event) => event.at,
            Self::WebhookDisabled(event) => event.at,
        }
    }
}

impl Event {
    fn of(item: Item, api_url: &str) -> Result<Self, StoreError> {
        if !item.contains_key("sequence") {
            let EarlierEvent { id, account, import, status, at } = decode(item)?;
            return Ok(Self::new((id, account, import, status, at), status.event().to_owned(), api_url, None));
        }
        let stored: StoredEvent = decode(item)?;
        let known = (stored.id, stored.account, stored.import, stored.status, stored.at);
        let facts = Facts {
            sequence: stored.sequence,
            import_type: stored.import_type,
            file_name: Some(stored.file_name).filter(|name| !name.is_empty()),
            counts: EventCounts::of(stored.rows, &stored.counts),
            actor: stored.by,
            reason: stored.reason,
            created_at: time(stored.created_at),
        };
        Ok(Self::new(known, stored.name, api_url, Some(facts)))
    }

    fn new(
        (id, account, import, status, at): (String, AccountId, ImportId, Status, i64),
        name: String,
        api_url: &str,
        facts: Option<Facts>,
    ) -> Self {
        Self {
            version: if facts.is_some() { "1" } else { "0" },
            name,
            id,
            account,
            import,
            status,
            occurred_at: time(at),
            url: format!("{}/api/v1/imports/{import}", api_url.trim_end_matches('/')),
            facts,
            at,
        }
    }
}

impl EventCounts {
    fn of(rows: Option<u64>, counts: &Counts) -> Self {
        Self {
            rows,
            pending: rows.map(|rows| rows.saturating_sub(counts.accounted())),
            created: counts.created,
            updated: counts.updated,
            unchanged: counts.unchanged,
            skipped: counts.skipped,
            deleted: counts.deleted,
            failed: counts.failed,
            duplicates: counts.duplicates,
            removed_missing: counts.removed_missing,
            undone: UndoneCounts {
                removed: counts.removed,
                kept: counts.kept,
                restored: counts.restored,
                brought_back: counts.brought_back,
                changes_kept: counts.changes_kept,
                gone: counts.gone,
            },
        }
    }
}

#[cfg(test)]
mod tests;
