//! The endpoints that show an import, and that cancel, resume or undo an import.

use axum::Json;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::id::ImportId;
use shared::import::{Asker, Import, ImportError, Progress, resume as open};
use shared::inbox::shown::shown_at;
use shared::revert as undo;
use shared::services::Services;
use shared::settle::stop::cancel as stop;

use super::Problem;
use super::path::Path;
use super::problem::Caller;
use super::reason::Reason;
use super::validator::Validator;
use crate::Door;
use crate::answer::{CELL, MESSAGE, cut_all, end_early};
use crate::openapi::native::{
    Accepted, Conflict, Everywhere, GivenReason, Headers, ImportNumber, ImportShown, Known, TooLarge, Unknown,
    WrongFields,
};

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

/// The import with this id, or 404 for an import that the caller's account does not have.
pub(super) async fn import_of(services: &Services, caller: &Caller, id: &str) -> Result<Import, Problem> {
    let id: ImportId = id.parse().map_err(|_| Problem::not_found())?;
    Import::get(services, caller.0.account, id).await?.ok_or_else(Problem::not_found)
}

/// The JSON of an import. A list that is too long for the response ends early, and the field `cut` names the list.
async fn body(services: &Services, import: &Import, progress: &Progress) -> Result<Json<Value>, Problem> {
    let mut shape = shown_at(services, import, progress).await?;
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

/// The answer with an import: the JSON, and `Retry-After` while the import runs.
async fn answer(
    services: &Services,
    status: StatusCode,
    import: &Import,
    progress: &Progress,
) -> Result<Response, Problem> {
    let mut answer = (status, body(services, import, progress).await?).into_response();
    answer.headers_mut().extend(progress.look_again.map(|seconds| (RETRY_AFTER, seconds.into())));
    Ok(answer)
}

/// The answer to a change of status that was accepted.
pub(super) async fn accepted(services: &Services, import: &Import) -> Result<Response, Problem> {
    let progress = Progress::read(services, import).await?;
    answer(services, StatusCode::ACCEPTED, import, &progress).await
}

/// The problem of a change of status, with the change in words if the status does not allow the change.
pub(super) fn refused(error: ImportError, change: &str) -> Problem {
    match error {
        ImportError::Status { status, .. } => {
            Problem::conflict(status, format!("The import is {status}, and cannot be {change}"))
        }
        error => error.into(),
    }
}

/// `GET /imports/{id}` returns the import with its counts, progress, evidence and first errors. With `If-None-Match` an
/// import that has not changed is answered with 304.
#[utoipa::path(
    get,
    path = "/imports/{id}",
    operation_id = "show_import",
    tag = "Imports",
    params(ImportNumber, Headers, Known),
    responses(
        (status = 200, description = "The import", body = ImportShown, headers(
            ("ETag" = String, description = "Changes with the import, its counts and its progress"),
            ("Retry-After" = u64, description = "The seconds until the next look; absent once the import has ended")
        )),
        (status = 304, description = "The import has not changed since the answer with this `ETag`"),
        Unknown, Everywhere
    )
)]
pub async fn get(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let services = &door.services;
    let import = import_of(services, &caller, &id).await?;
    let validator = Validator::of(services, &import).await?;
    if validator.is_named(&headers) {
        let mut answer = validator.unchanged();
        let look_again = validator.progress.as_ref().and_then(|progress| progress.look_again);
        answer.headers_mut().extend(look_again.map(|seconds| (RETRY_AFTER, seconds.into())));
        return Ok(answer);
    }
    let progress = match &validator.progress {
        Some(progress) => progress,
        None => &Progress::read(services, &import).await?,
    };
    let mut answer = answer(services, StatusCode::OK, &import, progress).await?;
    validator.add_to(&mut answer);
    Ok(answer)
}

/// `POST /imports/{id}/cancel` stops the import and answers 202. Chunks that are being loaded may still be counted
/// afterwards. An import that has ended is answered with 409.
#[utoipa::path(
    post,
    path = "/imports/{id}/cancel",
    operation_id = "cancel_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    request_body = Option<GivenReason>,
    responses(
        Accepted, WrongFields, Unknown, Conflict, TooLarge, Everywhere
    )
)]
pub async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    Reason(reason): Reason,
) -> Result<Response, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let stopped = stop(&door.services, &import, Asker::new(caller.0.signature(), reason)).await;
    accepted(&door.services, &stopped.map_err(|error| refused(error, "cancelled"))?).await
}

/// `POST /imports/{id}/resume` lets a stopped import go on where it was stopped, and answers 202. An import that is not
/// incomplete, whose file is gone, or whose undo can no longer be asked for, is answered with 409.
#[utoipa::path(
    post,
    path = "/imports/{id}/resume",
    operation_id = "resume_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    request_body = Option<GivenReason>,
    responses(
        Accepted, WrongFields, Unknown, Conflict, TooLarge, Everywhere
    )
)]
pub async fn resume(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    Reason(reason): Reason,
) -> Result<Response, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let resumed = open(&door.services, &import, &Asker::new(caller.0.signature(), reason)).await;
    accepted(&door.services, &resumed.map_err(|error| refused(error, "resumed"))?).await
}

/// `POST /imports/{id}/revert` begins the undo of the import and answers 202. An import that is
/// already undone stays undone. After `undo_until` the answer is 409, unless the undo began before.
#[utoipa::path(
    post,
    path = "/imports/{id}/revert",
    operation_id = "revert_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    request_body = Option<GivenReason>,
    responses(
        Accepted, WrongFields, Unknown, Conflict, TooLarge, Everywhere
    )
)]
pub async fn revert(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    Reason(reason): Reason,
) -> Result<Response, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let undone = undo::ask(&door.services, &import, Asker::new(caller.0.signature(), reason)).await?;
    accepted(&door.services, &undone).await
}
