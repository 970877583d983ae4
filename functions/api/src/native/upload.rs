//! `POST /imports` with `"upload": true`: an import that awaits its file, and where to put the file.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use shared::entity::Thing;
use shared::format::{DateOrder, DecimalMark, FormatName};
use shared::id::ThingId;
use shared::import::{ImportError, NewImport, Options, Origin, create as create_import};
use shared::lease::nonce;
use shared::source::Encoding;
use shared::store::keys::Kind;

use super::Problem;
use super::problem::Caller;
use crate::Door;
use crate::base::Base;
use crate::upload::safe_file_name;

/// S3 takes this much in one PUT.
const LARGEST_UPLOAD: u64 = 5 << 30;
/// How long the URL is good for.
const LIFETIME: Duration = Duration::from_secs(3600);

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    upload: bool,
    file_size: u64,
    #[serde(default)]
    file_name: Option<String>,
    #[serde(default)]
    format: Option<FormatName>,
    /// Absent: the caller. Null: rows of unknown users are left out.
    #[serde(default, deserialize_with = "given")]
    fallback_user: Option<Option<ThingId>>,
    #[serde(default)]
    import_tags: Option<bool>,
    #[serde(default)]
    autocreate_projects: Option<bool>,
    #[serde(default)]
    delimiter: Option<char>,
    #[serde(default)]
    encoding: Option<Encoding>,
    #[serde(default)]
    date_order: Option<DateOrder>,
    #[serde(default)]
    decimal_mark: Option<DecimalMark>,
}

/// Tells null from absent.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<ThingId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Makes the import: 201, with a presigned PUT bound to the exact key and size.
pub async fn create(
    State(door): State<Door>,
    Caller(caller): Caller,
    Base(base): Base,
    body: Result<Json<Body>, JsonRejection>,
) -> Result<(StatusCode, HeaderMap, Json<Value>), Problem> {
    let Json(body) = body.map_err(|error| Problem::field("body", error.body_text()))?;
    if !body.upload {
        return Err(Problem::field("upload", "must be true: send small files through POST /v2/imports/"));
    }
    if body.file_size > LARGEST_UPLOAD {
        return Err(Problem::field("file_size", format!("is more than {LARGEST_UPLOAD} bytes")));
    }
    let services = &door.services;
    let fallback_user = body.fallback_user.unwrap_or(Some(caller.user));
    if let Some(user) = fallback_user
        && Thing::get(services, caller.account, Kind::User, user).await?.is_none()
    {
        return Err(Problem::field("fallback_user", "does not exist"));
    }
    let delimiter = match body.delimiter {
        None => None,
        Some(delimiter) if ",;\t|".contains(delimiter) => u8::try_from(delimiter).ok(),
        Some(_) => return Err(Problem::field("delimiter", "is none of , ; tab |")),
    };
    let defaults = Options::default();
    let options = Options {
        format: body.format,
        fallback_user,
        import_tags: body.import_tags.unwrap_or(defaults.import_tags),
        autocreate_projects: body.autocreate_projects.unwrap_or(defaults.autocreate_projects),
        delimiter,
        encoding: body.encoding,
        date_order: body.date_order,
        decimal_mark: body.decimal_mark,
    };
    let new = NewImport {
        account: caller.account,
        user: caller.user,
        options,
        file_name: safe_file_name(body.file_name.as_deref().unwrap_or_default()),
        origin: Origin::Awaited { token: nonce() },
        rows_per_chunk: door.settings.rows_per_chunk,
    };
    let import = create_import(services, &new).await?;
    let key = import.awaits.as_deref().unwrap_or_default();
    let url = services.files.presigned_put(key, body.file_size, LIFETIME).await.map_err(ImportError::from)?;
    let location = format!("{base}/api/v1/imports/{}", import.id);
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_str(&location).ok().map(|location| (LOCATION, location)));
    let upload = json!({ "method": "PUT", "url": url, "expires_in": LIFETIME.as_secs() });
    let shown = json!({ "id": import.id, "status": import.status, "url": location, "upload": upload });
    Ok((StatusCode::CREATED, headers, Json(shown)))
}
