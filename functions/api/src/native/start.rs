//! `POST /imports/{id}/start` starts an import that was made with `autostart=false`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::Value;
use shared::import::start as begin;

use super::Problem;
use super::imports::{body, import_of};
use super::problem::Caller;
use crate::Door;

/// Starts the import and answers 202, also if the import was started before and has not ended. An import whose file is
/// not there yet starts as soon as the file is there. An import that has ended is answered with 409.
pub async fn start(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = begin(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, body(&door.services, &import).await?))
}
