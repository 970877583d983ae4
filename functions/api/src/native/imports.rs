//! The endpoints that show an import, cancel an import, or undo an import.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::id::ImportId;
use shared::import::Import;
use shared::inbox::shown::shown;
use shared::revert as undo;
use shared::services::Services;
use shared::settle::stop::cancel as stop;

use super::Problem;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::answer::{CELL, MESSAGE, cut_all, end_early};
use crate::openapi::native::{Conflict, Everywhere, Headers, ImportNumber, ImportShown, Unknown};

/// The lists in an import's JSON that grow with the file, with the bytes that each may take in a response.
const LISTS: [(&str, usize); 8] = [
    ("/errors", 1_500_000),
    ("/unknown_users", 500_000),
    ("/unknown_projects", 500_000),
    ("/undone/kept", 100_000),
    ("/reasons", 100_000),
    ("/evidence/headers", 300_000),
    ("/evidence/candidates", 300_000),
    ("/evidence/evidence", 300_000),
];

async fn import_of(services: &Services, caller: &Caller, id: &str) -> Result<Import, Problem> {
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    Import::get(services, caller.0.account, id).await?.ok_or_else(Problem::not_found)
}

/// The JSON of an import. A list that is too long for the response ends early, and the field `cut` names the list.
async fn body(services: &Services, import: &Import) -> Result<Json<Value>, Problem> {
    let mut shape = shown(services, import).await?;
    cut_all(&mut shape, MESSAGE);
    if let Some(headers) = shape.pointer_mut("/evidence/headers") {
        cut_all(headers, CELL);
    }
    let lists =
        LISTS.into_iter().filter(|&(list, bytes)| shape.pointer_mut(list).is_some_and(|list| end_early(list, bytes)));
    let cut: Vec<_> = lists.map(|(list, _)| list.trim_start_matches('/')).collect();
    if !cut.is_empty() {
        shape["cut"] = json!(cut);
    }
    Ok(Json(shape))
}

/// `GET /imports/{id}` returns the import with its counts, evidence and first errors.
#[utoipa::path(
    get,
    path = "/imports/{id}",
    operation_id = "show_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    responses((status = 200, description = "The import", body = ImportShown), Unknown, Everywhere)
)]
pub async fn get(State(door): State<Door>, caller: Caller, Path(id): Path) -> Result<Json<Value>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    body(&door.services, &import).await
}

/// `POST /imports/{id}/cancel` stops the import and answers 202. Chunks that are being loaded may still be counted
/// afterwards. An import that has ended is answered with 409.
#[utoipa::path(
    post,
    path = "/imports/{id}/cancel",
    operation_id = "cancel_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    responses((status = 202, description = "The import as it is now", body = ImportShown), Unknown, Conflict, Everywhere)
)]
pub async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = stop(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, body(&door.services, &import).await?))
}

/// `POST /imports/{id}/revert` begins the undo of the import and answers 202. An import that is
/// already undone stays undone.
#[utoipa::path(
    post,
    path = "/imports/{id}/revert",
    operation_id = "revert_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    responses((status = 202, description = "The import as it is now", body = ImportShown), Unknown, Everywhere)
)]
pub async fn revert(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = undo::ask(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, body(&door.services, &import).await?))
}
