//! Deliveries that a person asks for: a test, and another attempt.

use std::time::Duration;

use serde::Serialize;

use super::delivery::{Delivery, DeliveryId, DeliveryState, get_delivery};
use super::fan_out::Payload;
use super::message::AttemptMessage;
use super::webhook::{TEST, Webhook};
use crate::id::{AccountId, WebhookId};
use crate::import::ImportError;
use crate::inbox::shown::time;
use crate::lease::nonce;
use crate::services::Services;
use crate::store::Write;

/// The event of a test, which no import causes.
#[derive(Serialize)]
struct TestEvent {
    version: &'static str,
    #[serde(rename = "type")]
    name: &'static str,
    id: String,
    account: AccountId,
    webhook: WebhookId,
    occurred_at: String,
}

/// The reasons for which a delivery is not tried again at a person's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRetried {
    /// The webhook has no such delivery, or no longer.
    #[error("the webhook has no such delivery")]
    Unknown,
    /// The webhook gets nothing while it is disabled.
    #[error("the webhook is disabled; enable it before a delivery is tried again")]
    Disabled,
}

/// Sends a test to a webhook, by one attempt that is made even if the webhook is disabled.
pub async fn send_test(services: &Services, webhook: &Webhook) -> Result<Delivery, ImportError> {
    let (account, now) = (webhook.account, services.clock.now_ms());
    let event = TestEvent {
        version: "1",
        name: TEST,
        id: format!("{account}-webhook-{}-{}-test", webhook.id, nonce()),
        account,
        webhook: webhook.id,
        occurred_at: time(now),
    };
    let body = Payload { name: TEST, timestamp: &event.occurred_at, data: &event }.body();
    let place = (account, webhook.id);
    let delivery = Delivery { once: true, ..Delivery::new(place, (&event.id, TEST, now), body, now) };
    services.store.write(delivery.put()).await?;
    services.queues.send_attempt(account, &AttemptMessage::of(&delivery).encode(), Duration::ZERO).await?;
    Ok(delivery)
}

/// Has an attempt made now, whatever the state of the delivery is, and returns the delivery. The schedule goes on from the number
/// of attempts so far.
pub async fn retry(
    services: &Services,
    webhook: &Webhook,
    id: DeliveryId,
) -> Result<Result<Delivery, NotRetried>, ImportError> {
    let Some(delivery) = get_delivery(services, (webhook.account, webhook.id), id).await? else {
        return Ok(Err(NotRetried::Unknown));
    };
    if webhook.disabled.is_some() && !delivery.once {
        return Ok(Err(NotRetried::Disabled));
    }
    let delivery = Delivery { state: DeliveryState::Waiting, due: services.clock.now_ms(), ..delivery };
    let wake = Write::update(delivery.key(), "SET #state = :waiting, #due = :now").when("#attempts = :seen");
    let wake =
        wake.bind(":waiting", DeliveryState::Waiting).bind(":now", delivery.due).bind(":seen", delivery.attempts);
    // An attempt that was made meanwhile is as good as the one that the person asks for.
    if services.store.attempt(wake).await? {
        services.queues.send_attempt(delivery.account, &AttemptMessage::of(&delivery).encode(), Duration::ZERO).await?;
    }
    Ok(Ok(delivery))
}
