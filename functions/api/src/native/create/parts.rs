//! A request as a multipart body: a part `file`, and the options as text fields before or behind the file.

use std::collections::BTreeMap;

use axum::extract::Request;
use serde_json::{Map, Value};

use super::{Asked, Problem, Way, too_large};
use crate::multipart::{Parts, PartsError};
use crate::{BODY_LIMIT, Door};

/// Fields that belong to the other ways.
const OTHER_WAYS: [&str; 4] = ["source", "location", "upload", "file_size"];
/// The name of a file whose part has no name.
const NAMELESS: &str = "source.csv";

/// Reads the body. Two files, no file, an empty file and a field that is given twice are refused.
pub async fn read(request: Request, door: &Door) -> Result<Asked, Problem> {
    let Parts { mut files, fields } = Parts::read(request, door).await.map_err(|error| match error {
        PartsError::TooLarge => too_large(),
        PartsError::Broken(_) => Problem::field("body", error.to_string()),
    })?;
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut taken = Map::new();
    for (name, text) in fields {
        if OTHER_WAYS.contains(&name.as_str()) {
            wrong.insert(name, vec!["cannot be sent in a multipart body: send JSON".to_owned()]);
        } else if taken.contains_key(&name) {
            wrong.insert(name, vec!["is given twice".to_owned()]);
        } else {
            let value = value(&name, text);
            taken.insert(name, value);
        }
    }
    // A field that is left empty in a form is not given.
    taken.retain(|_, value| value.as_str() != Some(""));
    let file = files.pop();
    let why = match &file {
        None => Some("is missing: send the file as the part `file`"),
        Some(_) if !files.is_empty() => Some("is given more than once: an import has one file"),
        Some(file) if file.bytes.is_empty() => Some("is empty"),
        Some(_) => None,
    };
    if let Some(why) = why {
        wrong.insert("file".to_owned(), vec![why.to_owned()]);
    }
    match file {
        Some(file) if wrong.is_empty() && file.bytes.len() > BODY_LIMIT => Err(too_large()),
        Some(file) if wrong.is_empty() => {
            let name = file.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| NAMELESS.to_owned());
            Ok(Asked { way: Way::Body { field: "file", name, bytes: file.bytes }, fields: taken })
        }
        _ => Err(Problem::Fields(wrong)),
    }
}

/// The text of a field as an option takes the text: without blanks around, except for a delimiter, which may be a tab.
fn value(name: &str, text: String) -> Value {
    match (name, text.trim()) {
        ("delimiter", _) => Value::String(text),
        ("fallback_user", "null") => Value::Null,
        (_, trimmed) => Value::String(trimmed.to_owned()),
    }
}
