//! A webhook as it is stored.

use serde::{Deserialize, Serialize};

use super::secret::Secret;
use crate::events::{DISABLED, DisablingReason};
use crate::fetch::Location;
use crate::id::{AccountId, ThingId, WebhookId};
use crate::import::Status;

/// The type of the event that a person sends to a webhook as a test. A webhook gets tests whatever types it chose.
pub const TEST: &str = "Webhook Test";

/// The types of events among which a webhook chooses.
pub const TYPES: [&str; Status::ALL.len() + 1] = {
    let mut types = [DISABLED; Status::ALL.len() + 1];
    let mut at = 0;
    while at < Status::ALL.len() {
        types[at] = Status::ALL[at].event();
        at += 1;
    }
    types
};

/// The time for which the secret before a rotation signs as well, in milliseconds.
pub(super) const OVERLAP_MS: i64 = 24 * 3600 * 1000;

/// A webhook as stored. All times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// The number of the webhook within the account.
    pub id: WebhookId,
    /// The account whose events the webhook gets.
    pub account: AccountId,
    /// The address to which events are posted.
    pub url: Location,
    /// A remark for people, or `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The types of events that the webhook gets, some of [`TYPES`]; `None` for all types, also later ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// The secret by which requests are signed.
    pub secret: Secret,
    /// The secret before the last rotation, which may have ended. `None` before the first rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerSecret>,
    /// The time at which the webhook was made.
    pub created_at: i64,
    /// The user who made the webhook.
    pub created_by: ThingId,
    /// The time of the last change by a person.
    pub updated_at: i64,
    /// The time of the first failed attempt since the last success. `None` if no attempt has failed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<i64>,
    /// The end of a webhook that gets no events any more, or `None` for an enabled webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabling>,
    /// The number of writes of the item, from 1. A write is made only if nobody wrote since the item was read.
    pub version: u64,
}

/// A secret that a rotation has replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerSecret {
    /// The replaced secret.
    pub secret: Secret,
    /// The time until which the secret signs as well, in milliseconds since 1970.
    pub until: i64,
}

/// The end of a webhook's deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabling {
    /// The time in milliseconds since 1970.
    pub at: i64,
    /// The cause.
    pub reason: DisablingReason,
}

impl Webhook {
    /// True if the webhook gets events of this type.
    pub(super) fn wants(&self, name: &str) -> bool {
        let chosen = self.types.as_ref().is_none_or(|types| types.iter().any(|chosen| chosen == name));
        self.disabled.is_none() && chosen
    }

    /// The value of the header `webhook-signature`: a signature for each secret that is valid at `now_ms`.
    pub(super) fn signatures(&self, id: &str, now_ms: i64, body: &str) -> String {
        let former = self.former.iter().filter(|former| now_ms < former.until).map(|former| &former.secret);
        let secrets = std::iter::once(&self.secret).chain(former);
        let signed: Vec<_> = secrets.map(|secret| secret.signature(id, now_ms / 1000, body)).collect();
        signed.join(" ")
    }
}
