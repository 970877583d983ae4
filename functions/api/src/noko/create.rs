//! `POST /imports` creates an import from a file and options, sent as a multipart body or as a form.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::percent_decode;
use serde_json::{Value, json};
use shared::id::ThingId;
use shared::import::{ImportError, ImportType, Options, Wrong, asked};
use shared::kind::survey::RefusedFile;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::NokoError;
use super::caller::{At, Importer};
use super::error::FieldError;
use super::input::boolean;
use super::parameters::unknown;
use super::shape::Shapes;
use crate::idempotency::once;
use crate::multipart::{Parts, PartsError};
use crate::upload::{NewFile, UploadError, accept, safe_file_name};
use crate::{BODY_LIMIT, Door};

const IMPORT: &str = "Import";

/// The fields of the request's body.
#[derive(Default)]
struct Form {
    file: Option<Bytes>,
    file_name: Option<String>,
    fields: BTreeMap<String, String>,
}

/// A form field that holds an import option.
struct Field {
    name: &'static str,
    /// The name of the option in the engine.
    option: &'static str,
    is_flag: bool,
}

const fn field(name: &'static str, option: &'static str) -> Field {
    Field { name, option, is_flag: false }
}

const fn flag(name: &'static str, option: &'static str) -> Field {
    Field { is_flag: true, ..field(name, option) }
}

/// The accepted fields. If two fields for the same option are sent, the later field in this list counts. Further fields
/// are refused by name.
const FIELDS: [Field; 15] = [
    field("type", "format"),
    field("fallback_user", "fallback_user"),
    flag("import_tags", "import_tags"),
    flag("create_projects", "autocreate_projects"),
    flag("autocreate_projects", "autocreate_projects"),
    field("field_delimeter", "delimiter"),
    field("field_delimiter", "delimiter"),
    field("date_order", "date_order"),
    field("decimal_mark", "decimal_mark"),
    field("encoding", "encoding"),
    field("mapping", "mapping"),
    field("sheet", "sheet"),
    flag("autocreate_users", "autocreate_users"),
    field("duplicates", "duplicates"),
    // The spelling that most people use, beside the vendor's.
    field("delimiter", "delimiter"),
];

/// Creates an import and answers 202. The header `Location` has the URL of the import's status.
pub async fn create(
    State(door): State<Door>,
    Importer(at): Importer,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let headers = request.headers().clone();
    let form = Form::read(request, &door).await?;
    let (file, options) = form.options(&at).await?;
    if file.len() > BODY_LIMIT {
        return Err(NokoError::too_large());
    }
    let file_name = safe_file_name(form.file_name.as_deref().unwrap_or_default());
    let once = once(&headers, at.caller.user, &form.content(&file)).map_err(NokoError::bad_request)?;
    // The semaphore is never closed, so each request gets its permit.
    let _turn = door.turns.acquire().await;
    let import_type = ImportType::TimeEntries;
    let new = NewFile { file_name, note: None, bytes: file, import_type, options, once };
    let import = accept(&door, &at.caller, new).await.map_err(|error| match error {
        UploadError::Delimiter(ref refusal) => form.delimiter_error(refusal),
        UploadError::Import(ImportError::NoUser(user)) if user != at.caller.user => {
            NokoError::invalid(vec![FieldError::new(IMPORT, "fallback_user", "missing")])
        }
        error => error.into(),
    })?;

    let mut shapes = at.shapes();
    shapes.learn(&at.services, Shapes::named_by(&import)).await?;
    let mut headers = HeaderMap::new();
    if let Ok(location) = HeaderValue::from_str(&shapes.status_url(import.id)) {
        headers.insert(LOCATION, location);
    }
    Ok((StatusCode::ACCEPTED, headers, Json(shapes.created_import(&import))))
}

impl Form {
    async fn read(request: Request, door: &Door) -> Result<Self, NokoError> {
        let content_type =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match content_type.as_str() {
            "multipart/form-data" => Self::read_multipart(request, door).await,
            // The second spelling is that of the vendor's documentation.
            "application/x-www-form-urlencoded" | "application/x-ww-form-urlencoded" => {
                let body = Bytes::from_request(request, door).await.map_err(|_| NokoError::too_large())?;
                Ok(Self::read_pairs(&body))
            }
            "" => Err(NokoError::bad_request("The Content-Type header is missing; send multipart/form-data")),
            other => {
                Err(NokoError::bad_request(&format!("Content-Type {other} is not taken; send multipart/form-data")))
            }
        }
    }

    async fn read_multipart(request: Request, door: &Door) -> Result<Self, NokoError> {
        let parts = Parts::read(request, door).await.map_err(|error| match error {
            PartsError::TooLarge => NokoError::too_large(),
            PartsError::Broken(why) => NokoError::bad_request(&format!("The multipart body cannot be read: {why}")),
        })?;
        let mut form = Self::default();
        for part in parts.files {
            form.file_name = form.file_name.or(part.name);
            form.file = Some(part.bytes);
        }
        for (name, value) in parts.fields {
            form.take(name, value);
        }
        Ok(form)
    }

    /// Parses a form body. Pairs are decoded as bytes, because the file's bytes need not be text.
    fn read_pairs(body: &[u8]) -> Self {
        let mut form = Self::default();
        for pair in body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let decoded = |part: &[u8]| {
                let spaced: Vec<u8> = part.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
                percent_decode(&spaced).collect::<Vec<u8>>()
            };
            let name = String::from_utf8_lossy(&decoded(&pair[..equals])).into_owned();
            let value = decoded(pair.get(equals + 1..).unwrap_or_default());
            if name == "file" {
                form.file = Some(value.into());
            } else {
                form.take(name, String::from_utf8_lossy(&value).into_owned());
            }
        }
        form
    }

    fn take(&mut self, name: String, value: String) {
        if name == "file_name" {
            self.file_name = Some(value);
        } else {
            self.fields.insert(name, value);
        }
    }

    /// The fields and the file as a list of bytes, the same for a multipart body and a form, for the
    /// digest of an `Idempotency-Key`.
    fn content<'f>(&'f self, file: &'f [u8]) -> Vec<&'f [u8]> {
        let fields = self.fields.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        fields.chain([file]).collect()
    }

    /// The file and the options. Fails with all errors of the request at once.
    async fn options(&self, at: &At) -> Result<(Bytes, Options), NokoError> {
        // `fallback_user` may be absent, null, or a user's id, each with a meaning of its own.
        let defaults = Options::of_user(at.caller.user);
        let given = FIELDS.iter().filter_map(|field| Some((field, self.value(field)?)));
        let asked = asked(
            ImportType::TimeEntries,
            given.map(|(field, value)| (field.option.to_owned(), value)).collect(),
            defaults,
        );
        let (options, mut errors) = match asked {
            Ok(options) => (options, Vec::new()),
            Err(wrong) => (Options::default(), self.errors(&wrong)),
        };
        let fallback = self.fields.get("fallback_user").and_then(|text| text.trim().parse().ok()).map(ThingId);
        if let Some(id) = fallback
            && Thing::get(&at.services, at.caller.account, Kind::User, id).await?.is_none()
        {
            errors.push(FieldError::new(IMPORT, "fallback_user", "missing"));
        }
        if self.file.is_none() {
            errors.push(FieldError::new(IMPORT, "file", "missing_field"));
        }
        let is_known = |name: &str| FIELDS.iter().any(|field| field.name == name);
        errors.extend(unknown(
            IMPORT,
            "a field",
            self.fields.keys().map(String::as_str).filter(|name| !is_known(name)),
        ));
        match self.file.clone().filter(|_| errors.is_empty()) {
            Some(file) => Ok((file, options)),
            None => Err(NokoError::invalid(errors)),
        }
    }

    /// The value of a field as the engine's option takes the value. `None` if the field is absent or empty.
    fn value(&self, field: &Field) -> Option<Value> {
        let text = self.fields.get(field.name)?;
        Some(match (field.option, text.trim()) {
            ("fallback_user", "" | "null") => Value::Null,
            ("delimiter", "") if text.is_empty() => return None,
            // A delimiter is not trimmed, because a tab is white space.
            ("delimiter", _) => json!(text),
            (_, "") => return None,
            (_, text) if field.is_flag => boolean(text).map_or_else(|| json!(text), |truth| json!(truth)),
            (_, text) => json!(text),
        })
    }

    /// The field that gives an option its value, if any field does.
    fn field_of(&self, option: &str) -> Option<&'static Field> {
        FIELDS.iter().rfind(|field| field.option == option && self.value(field).is_some())
    }

    /// The error for a delimiter that does not fit the file, with the field and the delimiter as sent. An accepted
    /// delimiter has at most three characters, so the message stays short.
    fn delimiter_error(&self, refusal: &RefusedFile) -> NokoError {
        let field = self.field_of("delimiter").map_or("field_delimiter", |field| field.name);
        let given = self.fields.get(field).map(String::as_str).unwrap_or_default();
        let reasons = refusal.reasons.join("; ");
        let message = format!(
            "the delimiter {given:?} does not fit the file: {reasons}; with the delimiter found from the file it can be read"
        );
        NokoError::invalid(vec![FieldError::new(IMPORT, field, "invalid_field_delimiter").saying(message)])
    }

    /// The engine's errors of options as errors of the fields that hold the options.
    fn errors(&self, wrong: &Wrong) -> Vec<FieldError> {
        let error = |(option, reasons): (&String, &Vec<String>)| {
            let field = self.field_of(option)?;
            let code = if field.option == "delimiter" { "invalid_field_delimiter" } else { "invalid" };
            Some(FieldError::new(IMPORT, field.name, code).saying(reasons.join("; ")))
        };
        wrong.iter().filter_map(error).collect()
    }
}
