//! `POST /imports` with `"upload": true`: an import that awaits its file, and where to put the file.

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
use crate::upload::safe_file_name;

/// S3 takes this much in one PUT.
const LARGEST_UPLOAD: u64 = 5 << 30;
/// How long the URL is good for.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What is asked for.
#[derive(Deserialize)]
pub struct Body {
    upload: bool,
    file_size: u64,
    #[serde(default)]
    file_name: Option<String>,
    /// How the file is to be read and loaded.
    #[serde(flatten)]
    options: Map<String, Value>,
}

/// Makes the import: 201, with a presigned PUT bound to the exact key and size, which succeeds once. Its `headers` are
/// signed and have to be sent with it.
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
    // To a request that is sent again once the file is there, no file is to be uploaded.
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
