//! Endpoints of the deliveries of a webhook: send a test, list, show, try again.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::import::list::MOST_COUNTED;
use shared::inbox::shown::time;
use shared::webhooks::{self, Attempted, Delivery, DeliveryId, DeliveryState, NotRetried};

use super::Problem;
use super::keyset::{Envelope, Keyset};
use super::parameters::DELIVERIES;
use super::path::Path;
use super::problem::Caller;
use super::webhooks::{id_of, webhook_of};
use crate::Door;
use crate::openapi::native::{
    DeliveriesQuery, DeliveryNumber, DeliveryShown, Everywhere, Headers, ProblemObject, Unknown, WebhookNumber,
    WrongFields,
};

/// The JSON of a delivery in a list.
fn shown(delivery: &Delivery) -> Value {
    let attempted = |attempted: &Attempted| {
        let Attempted { at, status, error, took } = attempted;
        json!({ "at": time(*at), "status": status, "error": error, "milliseconds": took })
    };
    let is_waiting = delivery.state == DeliveryState::Waiting;
    json!({
        "id": delivery.id,
        "event": delivery.event,
        "type": delivery.name,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "last_attempt": delivery.last.as_ref().map(attempted),
        "due": is_waiting.then(|| time(delivery.due)),
        "created_at": time(delivery.created_at),
    })
}

/// The JSON of a delivery with the body of its requests.
fn in_full(delivery: &Delivery) -> Value {
    let mut value = shown(delivery);
    value["body"] = delivery.body.as_str().into();
    value
}

/// `POST /webhooks/{id}/test` sends an event of the type `Webhook Test` to the webhook, by one attempt that is made even if the
/// webhook is disabled. The answer is the delivery, which shows the result after a moment.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/test",
    operation_id = "test_webhook",
    tag = "Webhooks",
    params(WebhookNumber, Headers),
    responses((status = 202, description = "The delivery of the test", body = DeliveryShown), Unknown, Everywhere)
)]
pub async fn test(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path(id): Path,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let webhook = webhook_of(&door.services, caller.account, &id).await?;
    let delivery = webhooks::send_test(&door.services, &webhook).await?;
    Ok((StatusCode::ACCEPTED, Json(in_full(&delivery))))
}

/// `GET /webhooks/{id}/deliveries` returns a page of the deliveries of the last 30 days, by the time of their event, latest first.
#[utoipa::path(
    get,
    path = "/webhooks/{id}/deliveries",
    operation_id = "list_deliveries",
    tag = "Webhooks",
    params(WebhookNumber, DeliveriesQuery, Headers),
    responses(
        (status = 200, description = "A page of deliveries", body = Envelope<DeliveryShown>), WrongFields, Unknown, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Value>>, Problem> {
    let list = DELIVERIES.within(caller.account, id_of(&id)?.0);
    let keyset = Keyset::read(query.as_deref(), list, &door.cursor_key)?;
    let webhook = webhook_of(&door.services, caller.account, &id).await?;
    let (place, after) = ((webhook.account, webhook.id), keyset.after.map(|(at, number)| DeliveryId { at, number }));
    // One more than the page has tells whether another page follows.
    let mut found = webhooks::deliveries(&door.services, place, after, keyset.per_page + 1).await?;
    let has_more = found.len() > keyset.per_page;
    found.truncate(keyset.per_page);
    let left = match has_more {
        true => webhooks::count_deliveries(&door.services, place, after, MOST_COUNTED).await?,
        false => found.len(),
    };
    let next = found.last().filter(|_| has_more).map(|last| (last.id.at, last.id.number));
    Ok(Json(keyset.answer(found.iter().map(shown).collect(), next, left)))
}

/// `GET /webhooks/{id}/deliveries/{delivery}` returns a delivery with the body of its requests.
#[utoipa::path(
    get,
    path = "/webhooks/{id}/deliveries/{delivery}",
    operation_id = "show_delivery",
    tag = "Webhooks",
    params(WebhookNumber, DeliveryNumber, Headers),
    responses((status = 200, description = "The delivery", body = DeliveryShown), Unknown, Everywhere)
)]
pub async fn get(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let webhook = webhook_of(&door.services, caller.account, &id).await?;
    let delivery = delivery.parse().map_err(|_| Problem::not_found())?;
    let found = webhooks::get_delivery(&door.services, (webhook.account, webhook.id), delivery).await?;
    found.map(|delivery| Json(in_full(&delivery))).ok_or_else(Problem::not_found)
}

/// `POST /webhooks/{id}/deliveries/{delivery}/retry` has an attempt made now, also of a delivery that has ended. The attempts that
/// follow a failure are those which were left of the schedule.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/deliveries/{delivery}/retry",
    operation_id = "retry_delivery",
    tag = "Webhooks",
    params(WebhookNumber, DeliveryNumber, Headers),
    responses(
        (status = 202, description = "The delivery, which waits for the attempt", body = DeliveryShown),
        (status = 409, description = "The webhook is disabled", body = ProblemObject),
        Unknown, Everywhere
    )
)]
pub async fn retry(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let webhook = webhook_of(&door.services, caller.account, &id).await?;
    let delivery = delivery.parse().map_err(|_| Problem::not_found())?;
    match webhooks::retry(&door.services, &webhook, delivery).await? {
        Ok(delivery) => Ok((StatusCode::ACCEPTED, Json(in_full(&delivery)))),
        Err(NotRetried::Unknown) => Err(Problem::not_found()),
        Err(disabled @ NotRetried::Disabled) => Err(Problem::other(StatusCode::CONFLICT, disabled.to_string())),
    }
}
