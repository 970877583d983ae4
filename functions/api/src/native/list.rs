//! `GET /imports`, the list of the account's imports. [`shared::import::list`] finds the page.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use shared::import::Import;
use shared::import::list::{ListPage, ListQuery, page};
use shared::inbox::shown::time;

use super::Problem;
use super::keyset::Keyset;
use super::parameters::IMPORTS;
use super::problem::Caller;
use crate::Door;
use crate::openapi::native::{Everywhere, Headers, ImportsPage, ImportsQuery, WrongFields};

/// The file name of an import whose file has no name.
const NAMELESS: &str = "source.csv";

/// The import as a record of the list. Clients expect every field, and a text for name and size.
fn record(import: &Import) -> Value {
    let file_name = Some(import.file_name.as_str()).filter(|name| !name.is_empty());
    json!({
        "id": import.id,
        "completed_at": import.completed_at.map(time),
        "file_name": file_name.unwrap_or(NAMELESS),
        "file_size": import.source.as_ref().map_or(0, |source| source.size).to_string(),
        "note": null,
        "type": "TimeEntryImport",
        "status": import.status,
        "created_at": time(import.created_at),
        "updated_at": time(import.updated_at),
    })
}

/// `GET /imports` returns a page of the account's imports.
#[utoipa::path(
    get,
    path = "/imports",
    operation_id = "list_imports",
    tag = "Imports",
    params(ImportsQuery, Headers),
    responses((status = 200, description = "A page", body = ImportsPage), WrongFields, Everywhere)
)]
pub async fn list(
    State(door): State<Door>,
    Caller(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let keyset = Keyset::read(query.as_deref(), &IMPORTS, caller.account, &door.cursor_key)?;
    let (created, updated) = keyset.scan.ranges();
    let query = ListQuery {
        statuses: keyset.scan.statuses.clone(),
        created,
        updated,
        order: keyset.scan.sort.field,
        ascending: keyset.scan.sort.ascending,
        after: keyset.after,
        take: keyset.per_page,
    };
    let ListPage { imports, remaining, next } = page(&door.services, caller.account, query).await?;
    Ok(Json(keyset.answer(imports.iter().map(record).collect(), next, remaining)))
}
