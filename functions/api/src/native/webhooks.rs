//! Endpoints of webhooks: make, list, show, change, rotate the secret, delete. [`shared::webhooks`] explains how events are delivered.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use shared::fetch::{Fetcher, Location, WrongLocation};
use shared::id::{AccountId, WebhookId};
use shared::inbox::shown::time;
use shared::services::Services;
use shared::webhooks::{self, MOST_WEBHOOKS, NewWebhook, TYPES, Webhook, WebhookChanges};

use super::Problem;
use super::body::Sent;
use super::keyset::{Envelope, Keyset};
use super::parameters::WEBHOOKS;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::answer::{CELL, shortened};
use crate::openapi::native::{
    Everywhere, Headers, ProblemObject, Refused, SecretShown, TooLarge, Unknown, WebhookAsked, WebhookChanged,
    WebhookNumber, WebhookShown, WebhooksQuery, WrongFields,
};

/// The most letters of a description.
const LONGEST_DESCRIPTION: usize = 200;

/// The webhook of the caller's account with the number in a path.
pub(super) async fn webhook_of(services: &Services, account: AccountId, id: &str) -> Result<Webhook, Problem> {
    webhooks::get(services, account, id_of(id)?).await?.ok_or_else(Problem::not_found)
}

/// The number of a webhook in a path.
pub(super) fn id_of(text: &str) -> Result<WebhookId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// The JSON of a webhook, without its secrets and without the query of its address.
fn shown(webhook: &Webhook) -> Value {
    let disabled = webhook.disabled.as_ref();
    json!({
        "id": webhook.id,
        "url": webhook.url.shown(),
        "description": webhook.description,
        "types": webhook.types,
        "enabled": disabled.is_none(),
        "disabled": disabled.map(|disabled| json!({ "at": time(disabled.at), "reason": disabled.reason })),
        "failing_since": webhook.failing_since.map(time),
        "created_by": format!("user {}", webhook.created_by),
        "created_at": time(webhook.created_at),
        "updated_at": time(webhook.updated_at),
    })
}

/// `GET /webhooks` returns a page of the account's webhooks, by default the latest first.
#[utoipa::path(
    get,
    path = "/webhooks",
    operation_id = "list_webhooks",
    tag = "Webhooks",
    params(WebhooksQuery, Headers),
    responses((status = 200, description = "A page of webhooks", body = Envelope<WebhookShown>), WrongFields, Everywhere)
)]
pub async fn list(
    State(door): State<Door>,
    Caller(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Value>>, Problem> {
    let keyset = Keyset::read(query.as_deref(), WEBHOOKS.of(caller.account), &door.cursor_key)?;
    let all = webhooks::list(&door.services, caller.account).await?;
    Ok(Json(keyset.page_of(&all, |webhook| webhook.id.0, shown)))
}

/// `POST /webhooks` makes a webhook, which gets the events of the account from then on. The answer alone has the secret by which
/// requests are signed, so keep it.
#[utoipa::path(
    post,
    path = "/webhooks",
    operation_id = "create_webhook",
    tag = "Webhooks",
    params(Headers),
    request_body = WebhookAsked,
    responses(
        (status = 201, description = "The webhook with its secret", body = WebhookShown),
        (status = 409, description = "The account has 20 webhooks, which is the most", body = ProblemObject),
        WrongFields, Refused, TooLarge, Everywhere
    )
)]
pub async fn create(
    State(door): State<Door>,
    Caller(caller): Caller,
    Sent(body): Sent,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let changes = Fields::read(&body, &["url", "description", "types"])?.changes(&door.services.fetcher)?;
    let url = changes.url.ok_or_else(|| Problem::field("url", "is missing: the address to which events are posted"))?;
    let (description, types) = (changes.description.flatten(), changes.types.flatten());
    let new = NewWebhook { account: caller.account, user: caller.user, url, description, types };
    let Some(webhook) = webhooks::create(&door.services, &new).await? else {
        let detail = format!("The account has {MOST_WEBHOOKS} webhooks, which is the most: delete one first");
        return Err(Problem::other(StatusCode::CONFLICT, detail));
    };
    let mut made = shown(&webhook);
    made["secret"] = webhook.secret.text().into();
    Ok((StatusCode::CREATED, Json(made)))
}

/// `GET /webhooks/{id}` returns a webhook, without its secret.
#[utoipa::path(
    get,
    path = "/webhooks/{id}",
    operation_id = "show_webhook",
    tag = "Webhooks",
    params(WebhookNumber, Headers),
    responses((status = 200, description = "The webhook", body = WebhookShown), Unknown, Everywhere)
)]
pub async fn get(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<Json<Value>, Problem> {
    let webhook = webhook_of(&door.services, caller.account, &id).await?;
    Ok(Json(shown(&webhook)))
}

/// `PATCH /webhooks/{id}` changes the members that the body names. Enabling a webhook forgets its failures; deliveries that were
/// dropped meanwhile stay dropped until somebody asks for another attempt.
#[utoipa::path(
    patch,
    path = "/webhooks/{id}",
    operation_id = "change_webhook",
    tag = "Webhooks",
    params(WebhookNumber, Headers),
    request_body = WebhookChanged,
    responses(
        (status = 200, description = "The webhook", body = WebhookShown),
        WrongFields, Unknown, Refused, TooLarge, Everywhere
    )
)]
pub async fn change(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path(id): Path,
    Sent(body): Sent,
) -> Result<Json<Value>, Problem> {
    let id = id_of(&id)?;
    let fields = Fields::read(&body, &["url", "description", "types", "enabled"])?;
    let changes = fields.changes(&door.services.fetcher)?;
    let changed = webhooks::change(&door.services, caller.account, id, &changes).await?;
    changed.map(|webhook| Json(shown(&webhook))).ok_or_else(Problem::not_found)
}

/// `DELETE /webhooks/{id}` deletes the webhook and answers 204. Its deliveries are neither made nor shown any more.
#[utoipa::path(
    delete,
    path = "/webhooks/{id}",
    operation_id = "delete_webhook",
    tag = "Webhooks",
    params(WebhookNumber, Headers),
    responses((status = 204, description = "The webhook is deleted"), Unknown, Everywhere)
)]
pub async fn delete(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<StatusCode, Problem> {
    match webhooks::delete(&door.services, caller.account, id_of(&id)?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

/// `POST /webhooks/{id}/rotate` gives the webhook a new secret, which the answer alone has. For 24 hours requests are signed by the
/// secret before as well.
#[utoipa::path(
    post,
    path = "/webhooks/{id}/rotate",
    operation_id = "rotate_webhook",
    tag = "Webhooks",
    params(WebhookNumber, Headers),
    responses((status = 200, description = "The new secret", body = SecretShown), Unknown, Everywhere)
)]
pub async fn rotate(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<Json<Value>, Problem> {
    let rotated = webhooks::rotate(&door.services, caller.account, id_of(&id)?).await?;
    let webhook = rotated.ok_or_else(Problem::not_found)?;
    let until = webhook.former.map(|former| time(former.until));
    Ok(Json(json!({ "id": webhook.id, "secret": webhook.secret.text(), "former_secret_until": until })))
}

/// The members of a body.
struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body with some of the members `known`. A member that is not known is refused by its name.
    fn read(body: &[u8], known: &[&str]) -> Result<Self, Problem> {
        let fields: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|error| Problem::field("body", format!("is no JSON object: {error}")))?;
        let unknown = fields.keys().filter(|name| !known.contains(&name.as_str()));
        let unknown: BTreeMap<_, _> =
            unknown.map(|name| (name.clone(), vec!["is not known, or cannot be changed".to_owned()])).collect();
        if unknown.is_empty() { Ok(Self(fields)) } else { Err(Problem::Fields(unknown)) }
    }

    /// The changes that the members ask for.
    fn changes(&self, fetcher: &Fetcher) -> Result<WebhookChanges, Problem> {
        let mut wrong = BTreeMap::new();
        let mut refused = None;
        let url = self.0.get("url").and_then(|value| match url(value, fetcher) {
            Ok(url) => Some(url),
            Err(WrongLocation::Malformed(why)) => {
                wrong.insert("url".to_owned(), vec![why]);
                None
            }
            Err(WrongLocation::Refused(why)) => {
                refused = Some(why);
                None
            }
        });
        let mut read = WebhookChanges { url, ..WebhookChanges::default() };
        let mut note = |name: &str, why: String| drop(wrong.insert(name.to_owned(), vec![why]));
        match self.0.get("description").map(description).transpose() {
            Ok(description) => read.description = description,
            Err(why) => note("description", why),
        }
        match self.0.get("types").map(types).transpose() {
            Ok(types) => read.types = types,
            Err(why) => note("types", why),
        }
        match self.0.get("enabled") {
            None => {}
            Some(Value::Bool(enabled)) => read.enabled = Some(*enabled),
            Some(_) => note("enabled", "must be true or false".to_owned()),
        }
        match refused {
            _ if !wrong.is_empty() => Err(Problem::Fields(wrong)),
            Some(why) => Err(Problem::refused("url", why)),
            None => Ok(read),
        }
    }
}

fn url(value: &Value, fetcher: &Fetcher) -> Result<Location, WrongLocation> {
    match value {
        Value::String(text) => fetcher.receiver(text),
        _ => Err(WrongLocation::Malformed("must be a URL".to_owned())),
    }
}

/// A description without blanks around, or `None` for `null`.
fn description(value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() > LONGEST_DESCRIPTION => {
            Err(format!("has more than {LONGEST_DESCRIPTION} letters"))
        }
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        _ => Err("must be a text or null".to_owned()),
    }
}

/// Types of events, each once and in their usual order, or `None` for `null`, which stands for all types.
fn types(value: &Value) -> Result<Option<Vec<String>>, String> {
    let Value::Array(given) = value else {
        return if value.is_null() { Ok(None) } else { Err("must be a list of types or null".to_owned()) };
    };
    if given.is_empty() {
        return Err("must name a type, or be null for all types".to_owned());
    }
    if let Some(unknown) = given.iter().find(|name| !TYPES.iter().any(|known| *name == known)) {
        let known = TYPES.join(", ");
        return Err(format!("{} is no type of an event; the types are {known}", shortened(unknown.to_string(), CELL)));
    }
    Ok(Some(
        TYPES.iter().filter(|known| given.iter().any(|name| name == *known)).map(|&name| name.to_owned()).collect(),
    ))
}
