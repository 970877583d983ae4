//! `GET /imports`, the list of the account's imports. [`shared::import::list`] finds the page.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use shared::import::list::{ListPage, ListQuery, page};
use shared::import::{Import, Status};
use shared::inbox::shown::{file_name, file_size, time};

use super::Problem;
use super::keyset::{Envelope, Keyset};
use super::parameters::IMPORTS;
use super::problem::Caller;
use super::scan::Scan;
use crate::Door;
use crate::openapi::native::{Everywhere, Headers, ImportRecord, ImportsQuery, WrongFields};

/// The import as a record of the list. Clients expect every field, and a text for name and size.
fn record(import: &Import) -> Value {
    json!({
        "id": import.id,
        "completed_at": import.completed_at.map(time),
        "file_name": file_name(import),
        "file_size": file_size(import),
        "note": import.note,
        "type": import.import_type,
        "status": import.status,
        "created_at": time(import.created_at),
        "updated_at": time(import.updated_at),
    })
}

/// The statuses of the filter on status, or an empty list without such a filter.
fn statuses(scan: &Scan) -> Vec<Status> {
    let words = scan.words("status").unwrap_or_default().iter();
    words.filter_map(|word| Status::ALL.into_iter().find(|status| status.name() == *word)).collect()
}

/// `GET /imports` returns a page of the account's imports, by default the highest number first.
#[utoipa::path(
    get,
    path = "/imports",
    operation_id = "list_imports",
    tag = "Imports",
    params(ImportsQuery, Headers),
    responses((status = 200, description = "A page of imports", body = Envelope<ImportRecord>), WrongFields, Everywhere)
)]
pub async fn list(
    State(door): State<Door>,
    Caller(caller): Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Value>>, Problem> {
    let keyset = Keyset::read(query.as_deref(), IMPORTS.of(caller.account), &door.cursor_key)?;
    let (created, updated) = keyset.scan.ranges();
    let query = ListQuery {
        statuses: statuses(&keyset.scan),
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
