//! DynamoDB, emulated by `dynoxide` in memory or in a file.
//!
//! By measurement, `dynoxide` passes 41 of 41 of our checks and 577 of 601 checks of a public conformance suite,
//! and the rest differs in wording only. The HTTP server of `dynoxide` answers any web page
//! (`Access-Control-Allow-Origin: *`) and waits forever for the rest of half a request. For this reason the present
//! module serves the operations which Waybill uses.
//!
//! # Differences
//!
//! - The emulator does not throttle and never reports a transaction conflict.
//! - Every read is consistent, even if the request asks for an eventually consistent read.
//! - Expired items stay in the table, as in DynamoDB for up to a few days.
//! - Streams stay off, whatever the template says. Each write to a table with a stream searches the stream's
//!   records, so the outbox would slow down with every import. The local delivery of events reads the outbox itself.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StartError;
use crate::folder::Folder;

/// Largest request of DynamoDB in bytes, which is 16 MB.
const MAX_REQUEST_BYTES: usize = 16 << 20;

/// Router of the service, with its tables in the data folder or, without a folder, in memory.
pub(super) fn router(data: Option<&Folder>) -> Result<Router, StartError> {
    let database = match data {
        Some(folder) => open(folder)?,
        None => Database::memory().map_err(unopened)?,
    };
    Ok(Router::new().fallback(post(handle)).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)).with_state(database))
}

async fn handle(State(database): State<Database>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("DynamoDB_20120810.")).unwrap_or_default();
    let (status, answer) = match call(&database, operation, &body) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(error) => {
            let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.to_json())
        }
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer).into_response()
}

fn call(database: &Database, operation: &str, body: &[u8]) -> dynoxide::Result<String> {
    match operation {
        "CreateTable" => answer(body, |request| database.create_table(request)),
        "DescribeTable" => answer(body, |request| database.describe_table(request)),
        "ListTables" => answer(body, |request| database.list_tables(request)),
        "UpdateTimeToLive" => answer(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => answer(body, |request| database.describe_time_to_live(request)),
        "PutItem" => answer(body, |request| database.put_item(request)),
        "GetItem" => answer(body, |request| database.get_item(request)),
        "UpdateItem" => answer(body, |request| database.update_item(request)),
        "DeleteItem" => answer(body, |request| database.delete_item(request)),
        "Query" => answer(body, |request| database.query(request)),
        "Scan" => answer(body, |request| database.scan(request)),
        "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
        "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
        other => Err(DynoxideError::ValidationException(format!("the local DynamoDB has no operation {other:?}"))),
    }
}

/// Parses a request, executes the operation, and encodes the answer as JSON.
fn answer<Q, A>(body: &[u8], act: impl FnOnce(Q) -> dynoxide::Result<A>) -> dynoxide::Result<String>
where
    Q: DeserializeOwned,
    A: Serialize,
{
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(format!("the request cannot be read: {error}")))?;
    let answer = act(request)?;
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn unopened(error: DynoxideError) -> StartError {
    StartError::Database(error.to_string())
}

fn open(folder: &Folder) -> Result<Database, StartError> {
    let database = Database::new(&folder.database()?.to_string_lossy()).map_err(unopened)?;
    // By default every commit waits for the disk, which takes ten times as long. This call sets SQLite's level
    // `NORMAL`, under which the write-ahead log is ahead of the file: a power cut may cost the last writes, but
    // never the whole database.
    database.disable_bulk_loading().map_err(unopened)?;
    Ok(database)
}

#[cfg(test)]
mod tests;
