//! DynamoDB: `dynoxide`, in memory or in a file.
//!
//! Measured: 41 of 41 of our checks and 577 of 601 of a public conformance suite, the rest being wording. It does not
//! throttle, never reports a transaction conflict, reads consistently whether asked to or not, and leaves expired items
//! where they are, as DynamoDB does for up to days. Its own HTTP server answers any web page (`Access-Control-Allow-Origin:
//! *`) and waits for half a request for ever, so the operations that Waybill uses are served here. Streams stay off whatever the template says: each write to a table
//! with a stream searches its records, so the outbox would slow down with every import, and nothing reads it here.

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

/// DynamoDB's largest request, in bytes.
const MAX_REQUEST_BYTES: usize = 16 << 20;

/// The service over HTTP, with its tables in the data folder or in memory.
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

/// Reads a request, acts, and writes the answer.
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
    // By default every commit waits for the disk, which takes ten times as long. What this sets is SQLite's NORMAL: the
    // log is ahead of the file, so a power cut may cost the last writes and never the whole.
    database.disable_bulk_loading().map_err(unopened)?;
    Ok(database)
}

#[cfg(test)]
mod tests;
