//! The event of a webhook that was disabled without a person's wish.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, WebhookId};
use crate::inbox::shown::time;
use crate::wire::wire_words;

/// The type of the event.
pub const DISABLED: &str = "Webhook Disabled";

wire_words! {
    /// The cause for which a webhook gets no events any more.
    DisablingReason {
        /// A person has disabled the webhook. No event tells of that.
        Asked = "asked",
        /// The receiver has answered 410, which says that it wants no events any more.
        Gone = "gone",
        /// No attempt has succeeded for five days.
        Failing = "failing",
    }
}

/// The event as the outbox stores it. Times without a unit are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredDisabling {
    /// The id of the event: `1-webhook-3-1790000000000-disabled`.
    pub id: String,
    /// The account of the webhook.
    pub account: AccountId,
    /// The number of the webhook within the account.
    pub webhook: WebhookId,
    /// The host in the webhook's address, without path and query.
    pub host: String,
    /// The cause.
    pub reason: DisablingReason,
    /// The time of the first failure since the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<i64>,
    /// The time of the change.
    pub at: i64,
    /// The time at which the item expires, in seconds since 1970.
    pub expires: i64,
}

/// The event as consumers get it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WebhookDisabled {
    /// The version of the shape.
    pub version: &'static str,
    /// The type of the event.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// The id, the same each time the event is delivered.
    pub id: String,
    /// The account of the webhook.
    pub account: AccountId,
    /// The number of the webhook within the account.
    pub webhook: WebhookId,
    /// The host in the webhook's address, for example `hooks.example.com`.
    pub host: String,
    /// The cause.
    pub reason: DisablingReason,
    /// The time of the first failure since the last success, as RFC 3339 in UTC with milliseconds.
    pub failing_since: Option<String>,
    /// The time of the change, as RFC 3339 in UTC with milliseconds.
    pub occurred_at: String,
    /// The address of the webhook at the native door.
    pub url: String,
    /// The time of the change in milliseconds since 1970, for the order of deliveries.
    #[serde(skip)]
    pub(super) at: i64,
}

impl WebhookDisabled {
    /// The event of a stored item. `api_url` is the address of the doors.
    pub(super) fn of(stored: StoredDisabling, api_url: &str) -> Self {
        Self {
            version: "1",
            name: DISABLED,
            id: stored.id,
            account: stored.account,
            webhook: stored.webhook,
            host: stored.host,
            reason: stored.reason,
            failing_since: stored.failing_since.map(time),
            occurred_at: time(stored.at),
            url: format!("{}/api/v1/webhooks/{}", api_url.trim_end_matches('/'), stored.webhook),
            at: stored.at,
        }
    }
}
