//! The shapes of webhooks and of their deliveries.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use utoipa::ToSchema;

use super::imports::Time;

/// The types of events among which a webhook chooses. A webhook gets tests in any case.
#[derive(ToSchema)]
#[schema(as = EventType)]
pub enum EventTypeWord {
    #[serde(rename = "Import Created")]
    Created,
    #[serde(rename = "Import Queued")]
    Queued,
    #[serde(rename = "Import Started")]
    Started,
    #[serde(rename = "Import Completed")]
    Completed,
    #[serde(rename = "Import Partially Completed")]
    PartiallyCompleted,
    #[serde(rename = "Import Failed")]
    Failed,
    #[serde(rename = "Import Incomplete")]
    Incomplete,
    #[serde(rename = "Import Unsupported")]
    Unsupported,
    #[serde(rename = "Import Rollback Started")]
    RollbackStarted,
    #[serde(rename = "Import Rolled Back")]
    RolledBack,
    #[serde(rename = "Webhook Disabled")]
    WebhookDisabled,
}

/// An address to which the events of the account are posted, signed by the scheme of Standard Webhooks.
#[derive(ToSchema)]
#[schema(as = Webhook)]
pub struct WebhookShown {
    /// The number of the webhook within the account, from 1.
    id: u64,
    /// The address without its query, which may hold a key.
    url: String,
    /// A remark for people, or `null` without one.
    #[schema(required)]
    description: Option<String>,
    /// The types of events that the webhook gets, or `null` for all types, also those of later versions.
    #[schema(required)]
    types: Option<Vec<EventTypeWord>>,
    /// Whether the webhook gets events.
    enabled: bool,
    /// The time and the cause of the end of a disabled webhook, or `null` for an enabled one.
    #[schema(required)]
    disabled: Option<DisabledShown>,
    /// The time of the first failed attempt since the last success, or `null`. Five days after that time the webhook is disabled.
    #[schema(required)]
    failing_since: Option<Time>,
    /// The user who made the webhook, for example `user 7`.
    #[schema(example = "user 7")]
    created_by: String,
    /// The time at which the webhook was made.
    created_at: Time,
    /// The time of the last change by a person.
    updated_at: Time,
    /// The secret by which requests are signed: `whsec_` and 32 random bytes in base64. Only the answer that makes the webhook has
    /// this member.
    #[schema(nullable = false, example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: Option<String>,
}

/// The time and the cause for which a webhook gets no events any more.
#[derive(ToSchema)]
#[schema(as = WebhookDisabled)]
pub struct DisabledShown {
    /// The time at which the webhook was disabled.
    at: Time,
    /// The cause: somebody asked for it, the receiver answered 410, or no attempt succeeded for five days.
    reason: DisablingWord,
}

/// The cause for which a webhook was disabled.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = DisablingReason)]
pub enum DisablingWord {
    Asked,
    Gone,
    Failing,
}

/// A new webhook. Any other member is answered with 400 by its name.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookAsked {
    /// The address to which events are posted: `https`, port 443, on a public address, without user name and password.
    #[schema(format = "uri", max_length = 2048, example = "https://hooks.example.com/waybill")]
    url: String,
    /// A remark for people of at most 200 letters.
    #[schema(max_length = 200, example = "Bookkeeping")]
    description: Option<String>,
    /// The types of events, or `null` for all types.
    #[schema(min_items = 1, example = json!(["Import Completed", "Import Failed"]))]
    types: Option<Vec<EventTypeWord>>,
}

/// Changes of a webhook. Members that the body does not name stay as they are, and any other member is answered with 400.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChanged {
    /// Another address, in the form of a new webhook's.
    #[schema(nullable = false, format = "uri", max_length = 2048, example = "https://hooks.example.com/waybill")]
    url: Option<String>,
    /// Another remark of at most 200 letters, or `null` for none.
    #[schema(max_length = 200, example = "Bookkeeping")]
    description: Option<String>,
    /// Other types of events, or `null` for all types.
    #[schema(min_items = 1, example = json!(["Import Completed", "Import Failed"]))]
    types: Option<Vec<EventTypeWord>>,
    /// `true` enables the webhook and forgets its failures, `false` disables the webhook.
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

/// The secret after a rotation, which no other answer has.
#[derive(ToSchema)]
pub struct SecretShown {
    /// The number of the webhook within the account.
    id: u64,
    /// The new secret: `whsec_` and 32 random bytes in base64.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    /// The time until which requests are signed by the secret before as well.
    #[schema(required)]
    former_secret_until: Option<Time>,
}

/// The delivery of an event to a webhook, which is kept for 30 days.
#[derive(ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryShown {
    /// The id of the delivery within the webhook.
    #[schema(example = "1790000000000-9f86d081884c7d65")]
    id: String,
    /// The id of the event, which each attempt has as `webhook-id`.
    #[schema(example = "1-7-1790000000000-complete")]
    event: String,
    /// The type of the event, or `Webhook Test`.
    r#type: String,
    /// The state of the delivery.
    state: DeliveryStateWord,
    /// The number of attempts so far.
    attempts: u32,
    /// The last attempt, or `null` before the first.
    #[schema(required)]
    last_attempt: Option<AttemptShown>,
    /// The time before which no attempt is made, or `null` for a delivery that has ended.
    #[schema(required)]
    due: Option<Time>,
    /// The time at which the delivery was stored.
    created_at: Time,
    /// The body as it is sent and signed, which is JSON. Records of lists do not have this member.
    #[schema(nullable = false)]
    body: Option<String>,
}

/// The state of a delivery: an attempt is due, an attempt succeeded, the last attempt of the schedule failed, or the webhook was
/// disabled before.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = DeliveryState)]
pub enum DeliveryStateWord {
    Waiting,
    Delivered,
    Failed,
    Dropped,
}

/// An attempt to deliver an event.
#[derive(ToSchema)]
#[schema(as = DeliveryAttempt)]
pub struct AttemptShown {
    /// The time at which the attempt began.
    at: Time,
    /// The status of the answer, or `null` without an answer.
    #[schema(required)]
    status: Option<u16>,
    /// The cause for which no answer came, or `null`.
    #[schema(required)]
    error: Option<String>,
    /// The duration of the attempt in milliseconds.
    milliseconds: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::webhooks::TYPES;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn the_description_has_every_type_of_an_event() {
        let schema: Value = json!(EventTypeWord::schema());
        assert_eq!(schema["enum"], json!(TYPES));
    }
}
