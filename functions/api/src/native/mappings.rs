//! Endpoints of the column mappings that an account has stored: list, show, rename, delete. [`shared::mappings`]
//! explains how a mapping is stored and used.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use shared::id::MappingId;
use shared::inbox::shown::time;
use shared::mappings::{self, HeaderMemory};

use super::Problem;
use super::body::Sent;
use super::keyset::{Envelope, Keyset};
use super::parameters::MAPPINGS;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::openapi::native::{
    Everywhere, Headers, MappingName, MappingNumber, MappingShown, MappingsQuery, TooLarge, Unknown, WrongFields,
};

fn id_of(text: &str) -> Result<MappingId, Problem> {
    text.parse().map_err(|_| Problem::not_found())
}

/// The JSON of a mapping, whose field `mapping` has the form of the import option of the same name.
fn shown(memory: &HeaderMemory) -> Value {
    let believed = memory.believed();
    let latest = memory.latest();
    json!({
        "id": memory.id,
        "name": memory.name,
        "header": latest.map(|saying| &saying.names),
        "mapping": latest.map(|saying| &saying.columns),
        "import": latest.map(|saying| saying.import),
        "confirmed_by": believed.and_then(|believed| believed.confirmed_by),
        "since": latest.map(|saying| time(saying.since)),
    })
}

/// `GET /mappings` returns a page of the account's mappings, by default the highest id first.
#[utoipa::path(
    get,
    path = "/mappings",
    operation_id = "list_mappings",
    tag = "Mappings",
    params(MappingsQuery, Headers),
    responses((status = 200, description = "A page of mappings", body = Envelope<MappingShown>), WrongFields, Everywhere)
)]
pub async fn list(
    State(door): State<Door>,
    Caller(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Value>>, Problem> {
    let keyset = Keyset::read(query.as_deref(), MAPPINGS.of(caller.account), &door.cursor_key)?;
    let all = mappings::all(&door.services, caller.account).await?;
    Ok(Json(keyset.page_of(&all, |memory| memory.id.0, shown)))
}

/// `GET /mappings/{id}` returns a mapping with the columns and the import which was made with the mapping.
#[utoipa::path(
    get,
    path = "/mappings/{id}",
    operation_id = "show_mapping",
    tag = "Mappings",
    params(MappingNumber, Headers),
    responses((status = 200, description = "The mapping", body = MappingShown), Unknown, Everywhere)
)]
pub async fn get(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<Json<Value>, Problem> {
    let memory = mappings::get(&door.services, caller.account, id_of(&id)?).await?;
    memory.map(|memory| Json(shown(&memory))).ok_or_else(Problem::not_found)
}

/// `PATCH` and `PUT /mappings/{id}` give the mapping a name of at most 200 letters, or remove the name with `null`.
#[utoipa::path(
    method(put, patch),
    path = "/mappings/{id}",
    operation_id = "rename_mapping",
    tag = "Mappings",
    params(MappingNumber, Headers),
    request_body = MappingName,
    responses((status = 200, description = "The mapping", body = MappingShown), WrongFields, Unknown, TooLarge, Everywhere)
)]
pub async fn rename(
    State(door): State<Door>,
    Caller(caller): Caller,
    Path(id): Path,
    Sent(body): Sent,
) -> Result<Json<Value>, Problem> {
    let id = id_of(&id)?;
    let fields: Map<String, Value> =
        serde_json::from_slice(&body).map_err(|error| Problem::field("body", format!("is no JSON object: {error}")))?;
    let unknown = fields.keys().filter(|name| *name != "name");
    let unknown: Vec<_> =
        unknown.map(|name| (name.clone(), vec!["is not known, or cannot be changed".to_owned()])).collect();
    if !unknown.is_empty() {
        return Err(Problem::Fields(unknown.into_iter().collect()));
    }
    let name = match fields.get("name") {
        Some(Value::String(name)) => Some(name.as_str()),
        Some(Value::Null) => None,
        Some(_) => return Err(Problem::field("name", "must be a text or null")),
        None => return Err(Problem::field("name", "is missing")),
    };
    let renamed = mappings::rename(&door.services, caller.account, id, name).await?;
    let renamed = renamed.map_err(|wrong| Problem::field("name", wrong.to_string()))?;
    renamed.map(|memory| Json(shown(&memory))).ok_or_else(Problem::not_found)
}

/// `DELETE /mappings/{id}` deletes the mapping and answers 204. The next file with the mapping's header is read as a
/// file with an unknown header.
#[utoipa::path(
    delete,
    path = "/mappings/{id}",
    operation_id = "forget_mapping",
    tag = "Mappings",
    params(MappingNumber, Headers),
    responses((status = 204, description = "The mapping is deleted"), Unknown, Everywhere)
)]
pub async fn forget(State(door): State<Door>, Caller(caller): Caller, Path(id): Path) -> Result<StatusCode, Problem> {
    match mappings::forget(&door.services, caller.account, id_of(&id)?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}
