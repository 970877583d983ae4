//! From events to deliveries: one for each webhook that wants the event.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::delivery::Delivery;
use super::manage::list;
use super::message::AttemptMessage;
use super::webhook::Webhook;
use crate::concurrent::drained;
use crate::events::{AnyEvent, DisablingReason};
use crate::id::AccountId;
use crate::import::ImportError;
use crate::services::Services;

/// The number of deliveries that are stored at once.
const AT_ONCE: usize = 8;

/// The body of a request, in the shape that the specification of Standard Webhooks recommends.
#[derive(Serialize)]
pub(super) struct Payload<'e, E> {
    #[serde(rename = "type")]
    pub name: &'e str,
    pub timestamp: &'e str,
    pub data: &'e E,
}

impl<E: Serialize> Payload<'_, E> {
    pub fn body(&self) -> String {
        serde_json::to_string(self).expect("an event is plain data")
    }
}

/// Stores a delivery of each event for each webhook that wants the event, and sends a message for each delivery. The same events
/// may come twice: deliveries that are there stay as they are, and get another message.
pub async fn fan_out(services: &Services, events: &[AnyEvent]) -> Result<(), ImportError> {
    let accounts: BTreeSet<AccountId> = events.iter().map(AnyEvent::account).collect();
    let mut webhooks = BTreeMap::new();
    for account in accounts {
        webhooks.insert(account, list(services, account).await?);
    }
    let now = services.clock.now_ms();
    let of_event = |event: &AnyEvent| {
        let webhooks = webhooks.get(&event.account()).into_iter().flatten();
        webhooks.filter_map(|webhook| wanted(webhook, event, now)).collect::<Vec<_>>()
    };
    let wanted = events.iter().flat_map(of_event);
    drained(wanted.map(|delivery| begin(services, delivery)), AT_ONCE).await.map(drop)
}

/// Stores a delivery that is not there yet, and sends its message in any case.
async fn begin(services: &Services, delivery: Delivery) -> Result<(), ImportError> {
    services.store.attempt(delivery.put()).await?;
    let message = AttemptMessage::of(&delivery).encode();
    Ok(services.queues.send_attempt(delivery.account, &message, Duration::ZERO).await?)
}

/// The delivery of an event to a webhook, or `None` if the webhook does not get the event.
fn wanted(webhook: &Webhook, event: &AnyEvent, now: i64) -> Option<Delivery> {
    // A receiver that wants nothing any more gets no event about that either.
    let is_own = matches!(event, AnyEvent::WebhookDisabled(disabled)
        if disabled.webhook == webhook.id && disabled.reason == DisablingReason::Failing);
    if !is_own && !webhook.wants(event.name()) {
        return None;
    }
    let body = Payload { name: event.name(), timestamp: event.occurred_at(), data: event }.body();
    let place = (webhook.account, webhook.id);
    Some(Delivery { once: is_own, ..Delivery::new(place, (event.id(), event.name(), event.at()), body, now) })
}
