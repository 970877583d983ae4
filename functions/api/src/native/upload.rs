//! `POST /imports` with `"upload": true`: an import that awaits its file, and where to put the file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use shared::entity::Thing;
use shared::format::{Mapping, ReadingOptions};
use shared::id::ThingId;
use shared::import::{ImportError, NewImport, Options, Origin, create as create_import};
use shared::lease::nonce;
use shared::store::keys::Kind;

use super::Problem;
use super::problem::Caller;
use crate::Door;
use crate::base::Base;
use crate::upload::{delimiter, safe_file_name};

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
    format: Option<String>,
    /// Absent: the caller. Null: rows of unknown users are left out.
    #[serde(default, deserialize_with = "given")]
    fallback_user: Option<Option<ThingId>>,
    #[serde(default)]
    import_tags: Option<bool>,
    #[serde(default)]
    autocreate_projects: Option<bool>,
    #[serde(default)]
    autocreate_users: Option<bool>,
    /// Column to field.
    #[serde(default)]
    mapping: Option<BTreeMap<String, String>>,
    #[serde(default)]
    delimiter: Option<String>,
    #[serde(default)]
    encoding: Option<String>,
    #[serde(default)]
    date_order: Option<String>,
    #[serde(default)]
    decimal_mark: Option<String>,
    #[serde(default)]
    sheet: Option<String>,
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
    let mut wrong = BTreeMap::new();
    let format = body.format.filter(|format| !matches!(format.as_str(), "auto" | "autodetect"));
    let reading = ReadingOptions {
        format: word("format", format, &mut wrong),
        mapping: body.mapping.and_then(|pairs| {
            let mapping = Mapping::new(pairs);
            mapping.map_err(|error| wrong.insert("mapping".to_owned(), vec![error.to_string()])).ok()
        }),
        delimiter: body.delimiter.and_then(|given| {
            let known = delimiter(&given);
            if known.is_none() {
                wrong.insert("delimiter".to_owned(), vec![format!("{given:?} is none of , ; tab |")]);
            }
            known
        }),
        encoding: word("encoding", body.encoding, &mut wrong),
        date_order: word("date_order", body.date_order, &mut wrong),
        decimal_mark: word("decimal_mark", body.decimal_mark, &mut wrong),
    };
    if reading.format.is_some() && reading.mapping.is_some() {
        wrong.insert("mapping".to_owned(), vec!["cannot be said together with a format".to_owned()]);
    }
    if !wrong.is_empty() {
        return Err(Problem::Fields(wrong));
    }
    let defaults = Options::default();
    let options = Options {
        fallback_user,
        import_tags: body.import_tags.unwrap_or(defaults.import_tags),
        autocreate_projects: body.autocreate_projects.unwrap_or(defaults.autocreate_projects),
        autocreate_users: body.autocreate_users.unwrap_or(defaults.autocreate_users),
        sheet: body.sheet.filter(|sheet| !sheet.trim().is_empty()),
        ..Options::reading_as(reading)
    };
    let new = NewImport {
        account: caller.account,
        user: caller.user,
        options,
        file_name: safe_file_name(body.file_name.as_deref().unwrap_or_default()),
        origin: Origin::Awaited { token: nonce() },
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

/// A field that takes one of a few words.
fn word<T>(name: &str, given: Option<String>, wrong: &mut BTreeMap<String, Vec<String>>) -> Option<T>
where
    T: FromStr<Err: Display>,
{
    let parsed = given?.parse();
    parsed.map_err(|error: T::Err| wrong.insert(name.to_owned(), vec![error.to_string()])).ok()
}
