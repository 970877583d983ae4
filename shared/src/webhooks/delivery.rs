//! A delivery of an event to a webhook, and the list of a webhook's deliveries.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{AccountId, NotAnId, WebhookId};
use crate::services::Services;
use crate::store::{Key, Query, StoreError, Write, decode, keys};
use crate::wire::wire_words;

/// The time for which a delivery is kept, in seconds.
const LIFETIME: i64 = 30 * 24 * 3600;

/// The id of a delivery within its webhook, such as `1790000000000-9f86d081884c7d65`: the time of the event in milliseconds since
/// 1970, and 64 bits of the SHA-256 of the event's id. Ids therefore sort by time, and follow from the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryId {
    /// The time of the event.
    pub at: i64,
    /// The number made of the event's id.
    pub number: u64,
}

impl DeliveryId {
    /// The id of the delivery of an event.
    pub fn of(event: &str, at: i64) -> Self {
        let hash = Sha256::digest(event.as_bytes());
        let number = hash.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        Self { at, number }
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.at, self.number)
    }
}

impl FromStr for DeliveryId {
    type Err = NotAnId;

    /// Reads the one spelling in which an id is shown.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (at, number) = text.split_once('-').ok_or(NotAnId)?;
        let at = i64::try_from(at.parse::<u64>().map_err(|_| NotAnId)?).map_err(|_| NotAnId)?;
        let id = Self { at, number: u64::from_str_radix(number, 16).map_err(|_| NotAnId)? };
        Some(id).filter(|id| id.to_string() == text && at <= keys::LAST_TIME).ok_or(NotAnId)
    }
}

impl Serialize for DeliveryId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeliveryId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

wire_words! {
    /// The state of a delivery.
    DeliveryState {
        /// An attempt is due, now or later.
        Waiting = "waiting",
        /// An attempt was answered with 2xx.
        Delivered = "delivered",
        /// The last attempt of the schedule has failed.
        Failed = "failed",
        /// The webhook was disabled before an attempt succeeded.
        Dropped = "dropped",
    }
}

/// A delivery as stored. Times without a unit are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The id within the webhook.
    pub id: DeliveryId,
    /// The account of the webhook.
    pub account: AccountId,
    /// The webhook to which the event is posted.
    pub webhook: WebhookId,
    /// The id of the event, which is the same for all webhooks.
    pub event: String,
    /// The type of the event, such as `Import Completed`.
    #[serde(rename = "type")]
    pub name: String,
    /// The body of the request, which is JSON.
    pub body: String,
    /// The state.
    pub state: DeliveryState,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The time before which no attempt is made.
    pub due: i64,
    /// The last attempt, or `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Attempted>,
    /// True for a delivery of one attempt, which is made even if the webhook is disabled: a test, and the last event of its own
    /// webhook.
    #[serde(default)]
    pub once: bool,
    /// The time at which the delivery was stored.
    pub created_at: i64,
    /// The time at which the item expires, in seconds since 1970.
    pub expires: i64,
}

/// An attempt to deliver, with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempted {
    /// The time at which the attempt began, in milliseconds since 1970.
    pub at: i64,
    /// The status of the answer, or `None` without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The cause for people, or `None` if an answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The duration of the attempt in milliseconds.
    pub took: u64,
}

impl Delivery {
    /// A delivery that is due now. `at` is the time of the event.
    pub(super) fn new(
        (account, webhook): (AccountId, WebhookId),
        (event, name, at): (&str, &str, i64),
        body: String,
        now: i64,
    ) -> Self {
        Self {
            id: DeliveryId::of(event, at),
            account,
            webhook,
            event: event.to_owned(),
            name: name.to_owned(),
            body,
            state: DeliveryState::Waiting,
            attempts: 0,
            due: now,
            last: None,
            once: false,
            created_at: now,
            expires: now / 1000 + LIFETIME,
        }
    }

    pub(super) fn key(&self) -> Key {
        keys::delivery(self.account, self.webhook, (self.id.at, self.id.number))
    }

    /// The write of a new delivery, which is refused if the delivery is there.
    pub(super) fn put(&self) -> Write {
        Write::put(self.key(), self).when_absent()
    }
}

/// The delivery of a webhook with this id, or `None` for an unknown or expired one.
pub async fn get_delivery(
    services: &Services,
    (account, webhook): (AccountId, WebhookId),
    id: DeliveryId,
) -> Result<Option<Delivery>, StoreError> {
    services.store.read(&keys::delivery(account, webhook, (id.at, id.number))).await
}

/// At most `most` deliveries of a webhook, the latest event first, from the one behind `after` on.
pub async fn deliveries(
    services: &Services,
    (account, webhook): (AccountId, WebhookId),
    after: Option<DeliveryId>,
    most: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let mut pages = services.store.pages(behind((account, webhook), after).limit(most));
    let mut found = Vec::new();
    while found.len() < most
        && let Some(items) = pages.next().await?
    {
        for item in items {
            found.push(decode(item)?);
        }
    }
    found.truncate(most);
    Ok(found)
}

/// The number of deliveries behind `after`, counted up to `most`.
pub async fn count_deliveries(
    services: &Services,
    (account, webhook): (AccountId, WebhookId),
    after: Option<DeliveryId>,
    most: usize,
) -> Result<usize, StoreError> {
    let mut pages = services.store.pages(behind((account, webhook), after).limit(most).keys_only());
    let mut count = 0;
    while count < most
        && let Some(items) = pages.next().await?
    {
        count += items.len();
    }
    Ok(count.min(most))
}

/// The deliveries of a webhook behind `after`, the latest event first.
fn behind((account, webhook): (AccountId, WebhookId), after: Option<DeliveryId>) -> Query {
    let query = keys::deliveries(account, webhook).descending();
    match after {
        Some(id) => query.after(keys::delivery(account, webhook, (id.at, id.number)).attributes()),
        None => query,
    }
}
