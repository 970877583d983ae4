//! One import: its counts, what its file was found to be, its errors, its undo.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;
use shared::id::ImportId;
use shared::import::{Import, cancel as stop, shown};
use shared::revert as undo;
use shared::services::Services;

use super::Problem;
use super::problem::Caller;
use crate::Door;

async fn import_of(services: &Services, caller: &Caller, id: &str) -> Result<Import, Problem> {
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    Import::get(services, caller.0.account, id).await?.ok_or_else(Problem::not_found)
}

/// `GET /imports/{id}`.
pub async fn get(State(door): State<Door>, caller: Caller, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    Ok(Json(shown(&door.services, &import).await?))
}

/// `POST /imports/{id}/cancel`: 202; chunks that are being loaded may still be counted. 409 for an import that has ended.
pub async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = stop(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&door.services, &import).await?)))
}

/// `POST /imports/{id}/revert`: 202; an import that is undone already stays so.
pub async fn revert(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = undo::ask(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&door.services, &import).await?)))
}
