//! `POST /imports` creates an import, with its file in one of four ways.
//!
//! | way | request | answer |
//! |---|---|---|
//! | a file in the body | multipart with a part `file` | 202 |
//! | rows in the body | JSON with `source`: a text, or an array of objects | 202 |
//! | a file behind a URL | JSON with `location` | 202 |
//! | a file uploaded straight to S3 | JSON with `upload: true` | 201, with the address for the upload |
//!
//! The options are the same for all ways. A repeated request with the same `Idempotency-Key` gets the first answer again,
//! for which the answer is made of facts that do not change, such as the first status.

mod json;
mod parts;
mod upload;

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use shared::account::Principal;
use shared::account::allowance::admit;
use shared::fetch::Location;
use shared::import::{Import, ImportError, ImportType, NewImport, Once, Options, Origin, Wishes};
use shared::import::{asked, begin_fetch, create_or_find, store_body, wishes};
use shared::inbox::shown::time;
use shared::lease::nonce;
use shared::profiles::asked_profiles;
use shared::services::Services;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::Problem;
use super::problem::Caller;
use crate::base::Base;
use crate::idempotency::once;
use crate::openapi::native::{
    Everywhere, Headers, ImportAsked, ImportForm, ImportMade, OtherType, Refused, Repeatable, TooLarge, TooMany,
    WrongFields,
};
use crate::upload::{NewFile, UploadError, accept, safe_file_name};
use crate::{BODY_LIMIT, Door};
pub(super) use json::location_of;

/// The types of imports that the door makes.
const TYPES: [ImportType; 3] = [ImportType::TimeEntries, ImportType::Contacts, ImportType::Profiles];
/// The name of the header by which a repeated request is told from a new request.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The way in which the file comes.
enum Way {
    /// In the body, as the field of this name.
    Body {
        field: &'static str,
        /// The name of the file by the request, or a made-up name.
        name: String,
        bytes: Bytes,
    },
    /// From an address, from which the parser fetches the file after the answer.
    Located(Location),
    /// By an upload of this many bytes straight to S3.
    Uploaded { size: u64 },
}

/// A request as sent: the way of the file, and all further fields.
struct Asked {
    way: Way,
    fields: Map<String, Value>,
}

impl Asked {
    /// The content of the request, for the digest of an `Idempotency-Key`.
    fn once(&self, headers: &HeaderMap, caller: &Principal) -> Result<Option<Once>, Problem> {
        let fields: BTreeMap<_, _> = self.fields.iter().collect();
        let fields = json!(fields).to_string();
        let size;
        let way: [&[u8]; 2] = match &self.way {
            // Like the other doors, without the name of the file.
            Way::Body { field, bytes, .. } => [field.as_bytes(), bytes],
            Way::Located(location) => [b"location", location.as_bytes()],
            Way::Uploaded { size: bytes } => {
                size = bytes.to_string();
                [b"upload", size.as_bytes()]
            }
        };
        let content = [fields.as_bytes(), way[0], way[1]];
        once(headers, caller.user, &content).map_err(|wrong| Problem::field(IDEMPOTENCY_KEY, wrong))
    }
}

/// Creates an import and answers 202, or 201 for an upload. The header `Location` has the URL of the import.
#[utoipa::path(
    post,
    path = "/imports",
    operation_id = "create_import",
    tag = "Imports",
    params(Repeatable, Headers),
    request_body(content((ImportAsked = "application/json"), (ImportForm = "multipart/form-data"))),
    responses(
        (status = 201, description = "The import, which awaits the upload of its file", body = ImportMade,
            headers(("Location" = String, description = "The address of the import"))),
        (status = 202, description = "The import, whose file is taken or will be fetched", body = ImportMade,
            headers(("Location" = String, description = "The address of the import"))),
        WrongFields, TooLarge, OtherType, Refused, TooMany, Everywhere
    )
)]
pub async fn create(
    State(door): State<Door>,
    Caller(caller): Caller,
    Base(base): Base,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<Value>), Problem> {
    let headers = request.headers().clone();
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let asked = match content_type.as_str() {
        "multipart/form-data" => parts::read(request, &door).await?,
        "application/json" => json::read(request, &door).await?,
        json if json.starts_with("application/") && json.ends_with("+json") => json::read(request, &door).await?,
        _ => {
            let detail = "Send application/json with source, location or upload, or multipart/form-data with a file";
            return Err(Problem::other(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
    };
    let once = asked.once(&headers, &caller)?;
    let Asked { way, mut fields } = asked;
    let (import_type, wishes, options) = options(&door.services, &mut fields, &caller).await?;
    let _turn = door.turns.acquire().await;
    let services = &door.services;
    let made = match &once {
        Some(once) => once.made(services, caller.account).await?,
        None => None,
    };
    if made.is_none()
        && let Some(user) = options.entries.fallback_user
        && Thing::get(services, caller.account, Kind::User, user).await?.is_none()
    {
        return Err(Problem::refused("fallback_user", "does not exist"));
    }
    let name = |default: &str| {
        let given = wishes.file_name.as_deref().filter(|name| !name.trim().is_empty());
        safe_file_name(given.unwrap_or(default))
    };
    match way {
        Way::Body { field, name: own, bytes } => {
            let file = NewFile { file_name: name(&own), note: wishes.note.clone(), bytes, import_type, options, once };
            let import = match made {
                Some(import) => {
                    store_body(services, &import, file.bytes).await?;
                    import
                }
                None => accept(&door, &caller, file).await.map_err(|error| refused(error, field, &caller))?,
            };
            Ok(answer(&base, &import, StatusCode::ACCEPTED, None))
        }
        Way::Located(location) => {
            let file_name = name(&location.file_name());
            let origin = Origin::Located { location, token: nonce() };
            let new = new(&caller, (import_type, options), file_name, &wishes, origin, once);
            let (import, is_new) =
                find_or_make(&door, made, &new, None).await.map_err(|error| no_user(error, &caller))?;
            begin_fetch(services, &import, is_new).await;
            Ok(answer(&base, &import, StatusCode::ACCEPTED, None))
        }
        Way::Uploaded { size } => {
            let new = new(&caller, (import_type, options), name(""), &wishes, Origin::Awaited { token: nonce() }, once);
            let (import, _) =
                find_or_make(&door, made, &new, Some(size)).await.map_err(|error| no_user(error, &caller))?;
            let upload = upload::address(services, &base, import.clone(), size).await?;
            Ok(answer(&base, &import, StatusCode::CREATED, upload))
        }
    }
}

fn new(
    caller: &Principal,
    (import_type, options): (ImportType, Options),
    file_name: String,
    wishes: &Wishes,
    origin: Origin,
    once: Option<Once>,
) -> NewImport {
    let note = wishes.note.clone();
    NewImport { account: caller.account, user: caller.user, import_type, options, file_name, note, origin, once }
}

/// The import that an earlier copy of the request made, or a new import; `true` for a new import. `size` is the number of
/// bytes of the file, or `None` before the file is fetched.
async fn find_or_make(
    door: &Door,
    made: Option<Import>,
    new: &NewImport,
    size: Option<u64>,
) -> Result<(Import, bool), ImportError> {
    match made {
        Some(import) => Ok((import, false)),
        None => {
            admit(&door.services, new.account, size).await?;
            create_or_find(&door.services, new).await
        }
    }
}

/// The type, the wishes and the options of a request. Fails with all wrong fields at once.
pub(super) async fn options(
    services: &Services,
    fields: &mut Map<String, Value>,
    caller: &Principal,
) -> Result<(ImportType, Wishes, Options), Problem> {
    let mut wrong = BTreeMap::new();
    let named = match fields.remove("type") {
        None | Some(Value::Null) => Some(ImportType::default()),
        Some(Value::String(word)) => TYPES.into_iter().find(|import_type| import_type.name() == word),
        Some(_) => None,
    };
    let import_type = named.unwrap_or_else(|| {
        let known = TYPES.map(ImportType::name).join(", ");
        wrong.insert("type".to_owned(), vec![format!("must be one of {known}")]);
        ImportType::default()
    });
    let wishes = wishes(fields).unwrap_or_else(|reasons| {
        wrong.extend(reasons);
        Wishes::default()
    });
    let (fields, defaults) = (std::mem::take(fields), Options::of_user(caller.user));
    let options = match import_type {
        ImportType::Profiles => {
            let asked = asked_profiles(services, caller.account, fields, defaults).await?;
            asked.map(|(options, _)| options)
        }
        ImportType::TimeEntries | ImportType::Contacts => asked(import_type, fields, defaults),
    };
    match options {
        Ok(options) if wrong.is_empty() => Ok((import_type, wishes, options)),
        Ok(_) => Err(Problem::Fields(wrong)),
        Err(reasons) => {
            wrong.extend(reasons);
            Err(Problem::Fields(wrong))
        }
    }
}

/// The answer to the request that makes the import, and to each repetition of that request.
fn answer(
    base: &str,
    import: &Import,
    status: StatusCode,
    upload: Option<Value>,
) -> (StatusCode, HeaderMap, Json<Value>) {
    let location = format!("{base}/api/v1/imports/{}", import.id);
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_str(&location).ok().map(|location| (LOCATION, location)));
    let mut shown = json!({
        "id": import.id,
        "type": import.import_type,
        "status": import.first_status(),
        "file_name": import.file_name,
        "note": import.note,
        "created_at": time(import.created_at),
        "url": location,
    });
    if let Some(from) = &import.location {
        shown["location"] = json!(from.shown());
    }
    if let Some(upload) = upload {
        shown["upload"] = upload;
    }
    (status, headers, Json(shown))
}

/// The answer to a request whose file is refused; `field` is the field that holds the file.
fn refused(error: UploadError, field: &str, caller: &Principal) -> Problem {
    match error {
        UploadError::Refused(refusal) => {
            let suggested = refusal.suggested_mapping().cloned();
            Problem::Refused { fields: BTreeMap::from([(field.to_owned(), refusal.reasons)]), suggested }
        }
        UploadError::Delimiter(_) => Problem::refused("delimiter", format!("does not fit the file: {error}")),
        UploadError::Import(error) => no_user(error, caller),
    }
}

/// A fallback user who was deleted in this moment is an error of the field.
fn no_user(error: ImportError, caller: &Principal) -> Problem {
    match error {
        ImportError::NoUser(user) if user != caller.user => Problem::refused("fallback_user", "does not exist"),
        error => error.into(),
    }
}

/// 413 for a body, or a file in a body, that is too large.
fn too_large() -> Problem {
    let detail = format!(
        "A body may have {} MB. Send \"upload\": true to get an address for a file of any size, or the \"location\" of \
         the file",
        BODY_LIMIT >> 20
    );
    Problem::other(StatusCode::PAYLOAD_TOO_LARGE, detail)
}
