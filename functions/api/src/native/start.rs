//! `POST /imports/{id}/start` starts an import that was made with `autostart=false`.

use axum::extract::State;
use axum::response::Response;
use shared::import::{Asker, start as begin};

use super::Problem;
use super::imports::{accepted, import_of, refused};
use super::path::Path;
use super::problem::Caller;
use super::reason::Reason;
use crate::Door;
use crate::openapi::native::{
    Accepted, Conflict, Everywhere, GivenReason, Headers, ImportNumber, TooLarge, Unknown, WrongFields,
};

/// Starts the import and answers 202, also if the import was started before and has not ended. An import whose file is
/// not there yet starts as soon as the file is there. An import that has ended is answered with 409.
#[utoipa::path(
    post,
    path = "/imports/{id}/start",
    operation_id = "start_import",
    tag = "Imports",
    params(ImportNumber, Headers),
    request_body = Option<GivenReason>,
    responses(
        Accepted, WrongFields, Unknown, Conflict, TooLarge, Everywhere
    )
)]
pub async fn start(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    Reason(reason): Reason,
) -> Result<Response, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let started = begin(&door.services, &import, &Asker::new(caller.0.signature(), reason)).await;
    accepted(&door.services, &started.map_err(|error| refused(error, "started"))?).await
}
