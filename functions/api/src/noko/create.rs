//! `POST /imports`: a file and how it is to be imported, as multipart or form.

use std::collections::HashMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::percent_decode;
use serde_json::Value;
use shared::account::Principal;
use shared::entity::Thing;
use shared::id::ThingId;
use shared::import::{Options, delimiter};
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::Importer;
use super::error::FieldError;
use super::imports::missing;
use super::input::boolean;
use super::shape::Shapes;
use crate::base::Base;
use crate::upload::{accept, safe_file_name};
use crate::{BODY_LIMIT, Door};

/// The fields of the request.
#[derive(Default)]
struct Form {
    file: Option<Bytes>,
    file_name: Option<String>,
    fields: HashMap<String, String>,
}

/// Makes an import: 202, with the place where its status is told.
pub async fn create(
    State(door): State<Door>,
    Importer(caller): Importer,
    Base(base): Base,
    request: Request,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let form = Form::read(request, &door).await?;
    let (file, options) = form.options(&door, &caller).await?;
    if file.len() > BODY_LIMIT {
        return Err(NokoError::too_large());
    }
    let file_name = safe_file_name(form.file_name.as_deref().unwrap_or_default());
    let import = accept(&door, &caller, &file_name, file, options).await?;

    let mut shapes = Shapes::new(&base, caller.account);
    shapes.learn(&door.services, Shapes::named_by(&import)).await?;
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
            // The second is how the vendor's own page spells it.
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
        let broken = |error: axum::extract::multipart::MultipartError| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
                NokoError::too_large()
            } else {
                NokoError::bad_request(&format!("The multipart body cannot be read: {}", error.body_text()))
            }
        };
        let mut multipart = Multipart::from_request(request, door)
            .await
            .map_err(|_| NokoError::bad_request("The multipart body cannot be read: its boundary is missing"))?;
        let mut form = Self::default();
        while let Some(field) = multipart.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                form.file_name = form.file_name.or(field.file_name().map(str::to_owned));
                form.file = Some(field.bytes().await.map_err(broken)?);
            } else {
                form.take(name, field.text().await.map_err(broken)?);
            }
        }
        Ok(form)
    }

    /// The file's bytes need not be text, so pairs are decoded as bytes.
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

    /// What was asked for; everything that is wrong with it is named at once.
    async fn options(&self, door: &Door, caller: &Principal) -> Result<(Bytes, Options), NokoError> {
        let mut errors = Vec::new();
        let field = |name: &str| self.fields.get(name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let mut wrong = |name: &str, code| errors.push(FieldError::new("Import", name, code));

        let format = match field("type") {
            None | Some("auto" | "autodetect") => None,
            Some(name) => name.parse().map_err(|_| wrong("type", "invalid")).ok(),
        };
        let flag = |names: &[&str], wrong: &mut dyn FnMut(&str, &'static str)| {
            let given = names.iter().find_map(|&name| Some((name, field(name)?)));
            given.is_none_or(|(name, value)| {
                boolean(value).unwrap_or_else(|| {
                    wrong(name, "invalid");
                    true
                })
            })
        };
        let import_tags = flag(&["import_tags"], &mut wrong);
        let autocreate_projects = flag(&["autocreate_projects", "create_projects"], &mut wrong);
        let delimiter_name =
            ["field_delimiter", "field_delimeter"].into_iter().find(|name| self.fields.contains_key(*name));
        let delimiter = delimiter_name.and_then(|name| {
            let value = self.fields[name].as_str();
            let delimiter = delimiter(value);
            if delimiter.is_none() && !value.is_empty() {
                wrong(name, "invalid_field_delimiter");
            }
            delimiter
        });
        let date_order =
            field("date_order").and_then(|value| value.parse().map_err(|_| wrong("date_order", "invalid")).ok());
        let decimal_mark =
            field("decimal_mark").and_then(|value| value.parse().map_err(|_| wrong("decimal_mark", "invalid")).ok());
        let encoding = field("encoding").and_then(|value| value.parse().map_err(|_| wrong("encoding", "invalid")).ok());
        // Absent, null and a value are three different things.
        let fallback_user = match self.fields.get("fallback_user").map(|value| value.trim()) {
            None => Some(caller.user),
            Some("" | "null") => None,
            Some(id) => match id.parse().map(ThingId) {
                Err(_) => {
                    wrong("fallback_user", "invalid");
                    None
                }
                Ok(id) => {
                    if Thing::get(&door.services, caller.account, Kind::User, id).await?.is_none() {
                        errors.push(missing("fallback_user"));
                    }
                    Some(id)
                }
            },
        };
        if self.file.is_none() {
            errors.push(FieldError::new("Import", "file", "missing_field"));
        }
        let Some(file) = self.file.clone().filter(|_| errors.is_empty()) else {
            return Err(NokoError::invalid(errors));
        };
        let options = Options {
            format,
            fallback_user,
            import_tags,
            autocreate_projects,
            delimiter,
            encoding,
            date_order,
            decimal_mark,
            sheet: field("sheet").map(str::to_owned),
            ..Options::default()
        };
        Ok((file, options))
    }
}
