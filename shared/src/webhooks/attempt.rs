//! An attempt to deliver: one request, and one conditional update.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::delivery::{Attempted, Delivery, DeliveryState, get_delivery};
use super::manage::{get, write_changed};
use super::message::AttemptMessage;
use super::schedule::{self, Answer, Verdict};
use super::webhook::{Disabling, Webhook};
use crate::events::{DisablingReason, StoredDisabling};
use crate::fetch::Posted;
use crate::import::{EVENT_LIFETIME, ImportError};
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// The longest time of an attempt. The specification of Standard Webhooks recommends 15 to 30 seconds.
const LONGEST: Duration = Duration::from_secs(15);

/// Makes the attempt that a message asks for, unless the attempt was made or the delivery has ended. A message that comes before
/// the attempt is due is sent again.
pub async fn attempt(services: &Services, message: &AttemptMessage) -> Result<(), ImportError> {
    let place = (message.account, message.webhook);
    let Some(delivery) = get_delivery(services, place, message.delivery).await? else { return Ok(()) };
    if delivery.state != DeliveryState::Waiting || message.attempts < delivery.attempts {
        return Ok(());
    }
    // The deliveries of a deleted webhook expire.
    let Some(webhook) = get(services, message.account, message.webhook).await? else { return Ok(()) };
    if webhook.disabled.is_some() && !delivery.once {
        end(services, &delivery, DeliveryState::Dropped).await?;
        return Ok(());
    }
    let early = services.clock.until(delivery.due);
    if !early.is_zero() {
        let same = AttemptMessage::of(&delivery).encode();
        return Ok(services.queues.send_attempt(delivery.account, &same, early).await?);
    }
    let (answer, attempted) = post(services, &webhook, &delivery).await;
    let now = services.clock.now_ms();
    let made = Delivery { attempts: delivery.attempts + 1, last: Some(attempted), ..delivery.clone() };
    let next = match schedule::verdict(made.attempts, answer, now, jitter()?) {
        Verdict::Delivered => Delivery { state: DeliveryState::Delivered, ..made },
        Verdict::Again(due) if !made.once => Delivery { due, ..made },
        Verdict::Again(_) | Verdict::Failed | Verdict::Gone => Delivery { state: DeliveryState::Failed, ..made },
    };
    if next.state == DeliveryState::Waiting {
        // The message goes out before the attempt is marked: a worker that dies in between leaves a message.
        let message = AttemptMessage::of(&next).encode();
        services.queues.send_attempt(next.account, &message, services.clock.until(next.due)).await?;
    }
    mark(services, &delivery, &next).await?;
    let is_gone = matches!(answer, Answer::Status { status: 410, .. });
    note(services, webhook, next.state == DeliveryState::Delivered, is_gone, now).await
}

/// Posts the event. The answer's body is not kept.
async fn post(services: &Services, webhook: &Webhook, delivery: &Delivery) -> (Answer, Attempted) {
    let (at, began) = (services.clock.now_ms(), Instant::now());
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", delivery.event.clone()),
        ("webhook-timestamp", (at / 1000).to_string()),
        ("webhook-signature", webhook.signatures(&delivery.event, at, &delivery.body)),
    ];
    let sent = services.fetcher.post(&webhook.url, &headers, Bytes::from(delivery.body.clone()), LONGEST).await;
    let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    match sent {
        Ok(Posted { status, retry_after }) => {
            let wish = retry_after.and_then(|text| schedule::wish(&text, at));
            (Answer::Status { status, wish }, Attempted { at, status: Some(status), error: None, took })
        }
        Err(error) => (Answer::Nothing, Attempted { at, status: None, error: Some(error.why.to_string()), took }),
    }
}

/// Marks an attempt, unless another worker has marked the same one.
async fn mark(services: &Services, before: &Delivery, after: &Delivery) -> Result<bool, StoreError> {
    let mark = Write::update(before.key(), "SET #state = :state, #attempts = :attempts, #due = :due, #last = :last");
    let mark = mark.when("#state = :waiting AND #attempts = :seen").bind(":waiting", DeliveryState::Waiting);
    let mark = mark.bind(":seen", before.attempts).bind(":state", after.state).bind(":attempts", after.attempts);
    services.store.attempt(mark.bind(":due", after.due).bind(":last", &after.last)).await
}

/// Ends a delivery without an attempt, unless an attempt was made meanwhile.
async fn end(services: &Services, delivery: &Delivery, state: DeliveryState) -> Result<bool, StoreError> {
    let end = Write::update(delivery.key(), "SET #state = :state").bind(":state", state);
    let end = end.when("#state = :waiting AND #attempts = :seen").bind(":waiting", DeliveryState::Waiting);
    services.store.attempt(end.bind(":seen", delivery.attempts)).await
}

/// Notes at the webhook that an attempt succeeded or failed. A webhook that has failed for long enough, or whose receiver is gone,
/// is disabled, and an event about that goes to the outbox in the same transaction.
///
/// Another attempt may note at the same time, and a person may change the webhook. The note is then left to the next attempt,
/// except that a receiver which is gone ends the webhook in any case.
async fn note(
    services: &Services,
    mut webhook: Webhook,
    succeeded: bool,
    is_gone: bool,
    now: i64,
) -> Result<(), ImportError> {
    loop {
        if webhook.disabled.is_some() {
            return Ok(());
        }
        let since = if succeeded { None } else { Some(webhook.failing_since.unwrap_or(now)) };
        let reason = match since {
            _ if is_gone => Some(DisablingReason::Gone),
            Some(since) if schedule::is_given_up(since, now) => Some(DisablingReason::Failing),
            _ => None,
        };
        if reason.is_none() && since == webhook.failing_since {
            return Ok(());
        }
        let disabled = reason.map(|reason| Disabling { at: now, reason });
        let noted = Webhook { failing_since: since, disabled: disabled.clone(), ..webhook.clone() };
        let event = disabled.map(|disabling| announced(&noted, &disabling));
        if services.store.attempt_all(write_changed(noted).into_iter().chain(event).collect()).await? || !is_gone {
            return Ok(());
        }
        let Some(present) = get(services, webhook.account, webhook.id).await? else { return Ok(()) };
        webhook = present;
    }
}

/// The write of the event about a disabled webhook.
fn announced(webhook: &Webhook, disabling: &Disabling) -> Write {
    let (account, id, at) = (webhook.account, webhook.id, disabling.at);
    let event = StoredDisabling {
        id: format!("{account}-webhook-{id}-{at}-disabled"),
        account,
        webhook: id,
        host: webhook.url.host(),
        reason: disabling.reason,
        failing_since: webhook.failing_since,
        at,
        expires: at / 1000 + EVENT_LIFETIME,
    };
    Write::put(keys::webhook_disabled(account, id, at), &event)
}

/// A random byte for the delay of the next attempt.
fn jitter() -> Result<u8, StoreError> {
    let mut random = [0u8; 1];
    getrandom::fill(&mut random).map_err(|error| StoreError::Sdk(error.to_string()))?;
    Ok(random[0])
}
