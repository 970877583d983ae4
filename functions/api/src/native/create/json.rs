//! A request as JSON: exactly one of `source`, `location` and `upload`, and the options beside it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use shared::fetch::{Location, WrongLocation};
use shared::packed::Members;

use super::{Asked, Problem, Way, too_large};
use crate::{BODY_LIMIT, Door};

/// The ways of the file, by the fields that ask for them.
const WAYS: [&str; 3] = ["source", "location", "upload"];

/// Reads the body. The text of `source` is kept as sent, because an array is stored as the file.
pub async fn read(request: Request, door: &Door) -> Result<Asked, Problem> {
    let body = Bytes::from_request(request, door).await.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::field("body", error.body_text()),
    })?;
    let Members(members) =
        serde_json::from_slice(&body).map_err(|error| Problem::field("body", format!("is no JSON object: {error}")))?;
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut given: BTreeMap<String, &RawValue> = BTreeMap::new();
    for (name, value) in members {
        if given.insert(name.clone(), value).is_some() {
            wrong.insert(name, vec!["is given twice".to_owned()]);
        }
    }
    let ways: Vec<_> =
        WAYS.into_iter().filter(|way| given.get(*way).is_some_and(|value| is_given(value.get()))).collect();
    let [way] = ways[..] else {
        let named = if ways.is_empty() { &WAYS[..] } else { &ways[..] };
        let why = if ways.is_empty() {
            "one of source, location and upload is needed"
        } else {
            "only one of source, location and upload is taken"
        };
        wrong.extend(named.iter().map(|way| ((*way).to_owned(), vec![why.to_owned()])));
        return Err(Problem::Fields(wrong));
    };
    let asked = given.remove(way).map(RawValue::get).unwrap_or_default();
    let size = given.remove("file_size").filter(|size| is_given(size.get()));
    given.retain(|name, _| !WAYS.contains(&name.as_str()));
    if way != "upload" && size.is_some() {
        wrong.insert("file_size".to_owned(), vec!["belongs to upload".to_owned()]);
    }
    let fields: Map<_, _> = given.into_iter().map(|(name, value)| (name, parsed(value))).collect();
    let way = match way {
        "source" => source(asked),
        "location" => located(asked),
        _ => uploaded(asked, size.map(RawValue::get), door.services.uploads.most),
    };
    match way {
        Ok(way) if wrong.is_empty() => Ok(Asked { way, fields }),
        Ok(_) => Err(Problem::Fields(wrong)),
        Err(Problem::Fields(more)) => {
            wrong.extend(more);
            Err(Problem::Fields(wrong))
        }
        Err(problem) => Err(problem),
    }
}

/// `null`, and `false` for `upload`, mean that a field is not given.
fn is_given(value: &str) -> bool {
    !matches!(value, "null" | "false")
}

/// A value whose text was read as JSON before. Only a nesting beyond the parser's bound fails, and becomes a text,
/// which no option accepts.
fn parsed(value: &RawValue) -> Value {
    serde_json::from_str(value.get()).unwrap_or_else(|_| Value::String(value.get().to_owned()))
}

/// The file in a text or in an array of objects, which is stored as it came.
fn source(value: &str) -> Result<Way, Problem> {
    let wrong = |why: &str| Err(Problem::field("source", why));
    let (name, bytes) = match value.as_bytes().first() {
        Some(b'"') => match serde_json::from_str::<String>(value) {
            Ok(text) => ("source.csv", Bytes::from(text)),
            Err(error) => return wrong(&format!("is no text: {error}")),
        },
        Some(b'[') => match value[1..].trim_start().as_bytes().first() {
            Some(b'{') => ("source.json", Bytes::from(value.to_owned())),
            Some(b']') => return wrong("is an empty array"),
            _ => return wrong("must be an array of objects"),
        },
        _ => return wrong("must be a text, or an array of objects"),
    };
    if bytes.is_empty() {
        return wrong("is empty");
    }
    if bytes.len() > BODY_LIMIT {
        return Err(too_large());
    }
    Ok(Way::Body { field: "source", name: name.to_owned(), bytes })
}

fn located(value: &str) -> Result<Way, Problem> {
    location_of(value).map(Way::Located)
}

/// The address in the JSON of a member `location`.
pub fn location_of(value: &str) -> Result<Location, Problem> {
    let Ok(text) = serde_json::from_str::<String>(value) else {
        return Err(Problem::field("location", "must be a URL"));
    };
    match Location::parse(&text) {
        Ok(location) => Ok(location),
        Err(WrongLocation::Malformed(why)) => Err(Problem::field("location", why)),
        Err(WrongLocation::Refused(why)) => Err(Problem::refused("location", why)),
    }
}

fn uploaded(value: &str, size: Option<&str>, most: u64) -> Result<Way, Problem> {
    if value != "true" {
        return Err(Problem::field("upload", "must be true"));
    }
    let Some(size) = size else {
        return Err(Problem::field("file_size", "is missing: the size of the file in bytes"));
    };
    match size.parse::<u64>() {
        Ok(0) => Err(Problem::field("file_size", "must be at least 1")),
        Ok(size) if size > most => Err(Problem::field("file_size", format!("is more than {most} bytes"))),
        Ok(size) => Ok(Way::Uploaded { size }),
        Err(_) => Err(Problem::field("file_size", "must be a number of bytes")),
    }
}
