//! The addresses of the parts of an upload, and its completion.
//!
//! `POST /imports` with `upload: true` and a size above S3's limit for a single PUT answers with the first parts. Further
//! parts, and fresh signatures, are those of `GET /imports/{id}/upload/parts?from=101`.

use std::time::Duration;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::files::Completion;
use shared::import::{Import, ImportError, PartsUpload, Status, complete_parts};
use shared::services::Services;
use utoipa::ToSchema;

use super::Problem;
use super::body::Sent;
use super::imports::{accepted, import_of};
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::base::Base;
use crate::openapi::native::{
    Accepted, Conflict, Everywhere, Headers, ImportNumber, PartsAddresses, Refused, TooLarge, Unknown, WrongFields,
};

/// The most parts of an answer, whose addresses take some 100 KB.
const PARTS_AT_ONCE: u32 = 100;
/// The time for which a part's URL is valid.
pub(super) const LIFETIME: Duration = Duration::from_secs(3600);
/// The longest ETag in bytes.
const LONGEST_ETAG: usize = 100;

/// The parts from the number `from` on, with the address of the next ones, or `null` behind the last.
pub async fn addresses(
    services: &Services,
    base: &str,
    import: &Import,
    parts: &PartsUpload,
    from: u32,
) -> Result<Value, Problem> {
    let key = import.awaits.as_deref().unwrap_or_default();
    let count = parts.count();
    let last = count.min(from.saturating_add(PARTS_AT_ONCE - 1));
    let mut shown = Vec::new();
    for number in from..=last {
        let size = parts.size_of(number);
        let signed = services.files.presigned_part(key, &parts.id, (number, size), LIFETIME).await;
        let put = signed.map_err(ImportError::from)?;
        shown.push(json!({ "part_number": number, "size": size, "url": put.url, "headers": put.headers }));
    }
    let url = format!("{base}/api/v1/imports/{}/upload", import.id);
    let next = (last < count).then(|| format!("{url}/parts?from={}", last + 1));
    Ok(json!({
        "method": "PUT",
        "part_size": parts.part,
        "part_count": count,
        "parts": shown,
        "next_parts": next,
        "complete": format!("{url}/complete"),
        "expires_in": LIFETIME.as_secs(),
    }))
}

/// The import's upload in parts, or 409 for an import whose file comes in another way.
fn parts_of(import: &Import) -> Result<&PartsUpload, Problem> {
    let none = || Problem::conflict(import.status, format!("import {} has no upload in parts", import.id));
    import.parts.as_ref().ok_or_else(none)
}

/// `GET /imports/{id}/upload/parts` returns the addresses of up to a hundred parts, with fresh signatures. The answer
/// is 409 for an import whose file comes in another way, has come, or is no longer awaited.
#[utoipa::path(
    get,
    path = "/imports/{id}/upload/parts",
    operation_id = "list_parts",
    tag = "Imports",
    params(ImportNumber, ("from" = Option<u32>, Query, description = "The number of the first part, from 1; 1 by default"), Headers),
    responses(
        (status = 200, description = "The addresses of up to a hundred parts", body = PartsAddresses), WrongFields, Unknown, Conflict, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Base(base): Base,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let parts = parts_of(&import)?;
    if !(import.status == Status::New && import.awaits_file()) {
        return Err(ImportError::Status { import: import.id, status: import.status }.into());
    }
    let from = first(query.as_deref(), parts.count())?;
    Ok(Json(addresses(&door.services, &base, &import, parts, from).await?))
}

/// The number of the first part in a query, or 1 without the parameter `from`.
fn first(query: Option<&str>, count: u32) -> Result<u32, Problem> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(query.unwrap_or_default()).map_err(|_| Problem::field("query", "cannot be read"))?;
    if let Some((name, _)) = pairs.iter().find(|(name, _)| name != "from") {
        return Err(Problem::field(name, "is not known: the parameter is from"));
    }
    let Some((_, from)) = pairs.first() else { return Ok(1) };
    if pairs.iter().any(|(_, other)| other != from) {
        return Err(Problem::field("from", "has two values"));
    }
    let number = from.parse().ok().filter(|from| (1..=count).contains(from));
    number.ok_or_else(|| Problem::field("from", format!("must be a number from 1 to {count}")))
}

/// The body of the request that completes an upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Completed {
    /// All parts of the file in any order, each once. A missing part is answered with 400.
    parts: Vec<Part>,
}

/// A part that was uploaded, as S3 answered its PUT.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Part {
    /// The number of the part within the file, from 1.
    part_number: u32,
    /// The value of the header `ETag` in the answer to the part's PUT, with or without its quotes and at most 100 bytes
    /// long. An ETag of another part is answered with 422.
    etag: String,
}

/// `POST /imports/{id}/upload/complete` makes the file of its parts and answers 202. The body names each part with the ETag
/// that its PUT was answered with. A repeated request is answered like the first.
#[utoipa::path(
    post,
    path = "/imports/{id}/upload/complete",
    operation_id = "complete_upload",
    tag = "Imports",
    params(ImportNumber, Headers),
    request_body = Completed,
    responses(
        Accepted, WrongFields, Unknown, Conflict, TooLarge, Refused, Everywhere
    )
)]
pub async fn complete(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    Sent(sent): Sent,
) -> Result<Response, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let parts = parts_of(&import)?;
    let Completed { parts: mut given } =
        serde_json::from_slice(&sent).map_err(|error| Problem::field("parts", format!("cannot be read: {error}")))?;
    given.sort_by_key(|part| part.part_number);
    let numbers = given.iter().map(|part| part.part_number);
    if !numbers.eq(1..=parts.count()) {
        return Err(Problem::field("parts", format!("must name each part from 1 to {} once", parts.count())));
    }
    let etags: Vec<_> = given.into_iter().map(|part| part.etag.trim_matches('"').to_owned()).collect();
    if etags.iter().any(|etag| etag.is_empty() || etag.len() > LONGEST_ETAG) {
        return Err(Problem::field("parts", "must give the ETag of each part"));
    }
    match complete_parts(&door.services, &import, parts, etags).await? {
        Completion::Done => {
            let import = import_of(&door.services, &caller, &id).await?;
            accepted(&door.services, &import).await
        }
        Completion::WrongParts => Err(Problem::refused("parts", "are not the parts that were uploaded")),
        Completion::Gone => {
            Err(Problem::conflict(import.status, "The upload was abandoned and is gone: make a new import"))
        }
    }
}
