//! `POST /imports` with `"upload": true` creates an import that awaits its file, and returns the address for the
//! upload.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::import::asked;
use shared::import::{ImportError, NewImport, Options, Origin, Status, create as create_import};
use shared::lease::nonce;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::Problem;
use super::problem::Caller;
use crate::Door;
use crate::base::Base;
use crate::idempotency::once;
use crate::openapi::native::{Everywhere, Headers, Refused, Repeatable, UploadAsked, UploadMade, WrongFields};
use crate::upload::safe_file_name;

/// The largest file in bytes, which is S3's limit for a single PUT.
const LARGEST_UPLOAD: u64 = 5 << 30;
/// The time for which the upload's URL is valid.
const LIFETIME: Duration = Duration::from_secs(3600);

/// The JSON body of the request, in which all further fields are options of the import.
#[derive(Deserialize)]
pub struct Body {
    upload: bool,
    file_size: u64,
    #[serde(default)]
    file_name: Option<String>,
    /// The import's options, e.g. `encoding` or `duplicates`.
    #[serde(flatten)]
    options: Map<String, Value>,
}

/// Creates the import and answers 201 with a presigned PUT. The PUT is valid for the exact key and size and succeeds
/// once. The client has to send the signed `headers` with the PUT.
#[utoipa::path(
    post,
    path = "/imports",
    operation_id = "create_import",
    tag = "Imports",
    params(Repeatable, Headers),
    request_body = UploadAsked,
    responses(
        (status = 201, description = "The import, which awaits its file", body = UploadMade,
            headers(("Location" = String, description = "The address of the import"))),
        WrongFields, Refused, Everywhere
    )
)]
pub async fn create(
    State(door): State<Door>,
    Caller(caller): Caller,
    Base(base): Base,
    headers: HeaderMap,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<(StatusCode, HeaderMap, Json<Value>), Problem> {
    let Json(body) = body.map_err(|error| Problem::field("body", error.body_text()))?;
    if !body.upload {
        return Err(Problem::field("upload", "must be true: send small files through POST /v2/imports/"));
    }
    if body.file_size > LARGEST_UPLOAD {
        return Err(Problem::field("file_size", format!("is more than {LARGEST_UPLOAD} bytes")));
    }
    let _turn = door.turns.acquire().await;
    let services = &door.services;
    let asked_for = json!([body.file_size, body.file_name, body.options]).to_string();
    let once = once(&headers, caller.user, &[asked_for.as_bytes()])
        .map_err(|wrong| Problem::field("Idempotency-Key", wrong))?;
    let defaults = Options::of_user(caller.user);
    let options = asked(body.options, defaults).map_err(Problem::Fields)?;
    if let Some(user) = options.entries.fallback_user
        && Thing::get(services, caller.account, Kind::User, user).await?.is_none()
    {
        return Err(Problem::field("fallback_user", "does not exist"));
    }
    let new = NewImport {
        account: caller.account,
        user: caller.user,
        options,
        file_name: safe_file_name(body.file_name.as_deref().unwrap_or_default()),
        origin: Origin::Awaited { token: nonce() },
        once,
    };
    let import = create_import(services, &new).await?;
    let mut shown = json!({ "id": import.id, "status": import.status });
    // A repeated request whose file has already arrived gets no upload address.
    if let Some(key) = import.awaits.as_deref().filter(|_| import.status == Status::New) {
        let put = services.files.presigned_put(key, body.file_size, LIFETIME).await.map_err(ImportError::from)?;
        let expires_in = LIFETIME.as_secs();
        shown["upload"] = json!({ "method": "PUT", "url": put.url, "headers": put.headers, "expires_in": expires_in });
    }
    let location = format!("{base}/api/v1/imports/{}", import.id);
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_str(&location).ok().map(|location| (LOCATION, location)));
    shown["url"] = json!(location);
    Ok((StatusCode::CREATED, headers, Json(shown)))
}
