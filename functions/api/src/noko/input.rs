//! Bodies of the companion resources: a JSON object, whose fields are told apart as absent, null and value.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use jiff::civil::Date;
use serde_json::{Map, Value};
use shared::entity::is_short;

use super::NokoError;
use super::error::FieldError;

/// A JSON object.
#[derive(Clone, Debug, Default)]
pub struct Input {
    fields: Map<String, Value>,
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = NokoError;

    async fn from_request(request: Request, state: &S) -> Result<Self, NokoError> {
        let body = Bytes::from_request(request, state).await.map_err(|_| NokoError::body_too_large())?;
        match serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body)) {
            Ok(Value::Object(fields)) => Ok(Self { fields }),
            Ok(_) => Err(NokoError::bad_request("Body should be JSON Hash")),
            Err(_) => Err(NokoError::bad_request("JSON Parsing Error")),
        }
    }
}

/// What is wrong with the fields of a body, gathered.
pub struct Fields<'a> {
    input: &'a Input,
    resource: &'static str,
    errors: Vec<FieldError>,
}

impl Input {
    /// Reads fields, as those of `resource`.
    pub fn of(&self, resource: &'static str) -> Fields<'_> {
        Fields { input: self, resource, errors: Vec::new() }
    }
}

impl Fields<'_> {
    /// A field: absent, null, or a value that `read` takes.
    pub fn nullable<T>(&mut self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
        match self.input.fields.get(name)? {
            Value::Null => Some(None),
            value => match read(value) {
                Some(value) => Some(Some(value)),
                None => {
                    self.wrong(name, "invalid");
                    None
                }
            },
        }
    }

    /// A field that cannot be null.
    pub fn value<T>(&mut self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        match self.nullable(name, read)? {
            None => {
                self.wrong(name, "invalid");
                None
            }
            value => value,
        }
    }

    /// Names the first of these fields as missing if none of them is there.
    pub fn required(&mut self, names: &[&str]) {
        if !names.iter().any(|&name| self.input.fields.contains_key(name)) {
            self.wrong(names[0], "missing_field");
        }
    }

    /// Two fields that say the same in two ways cannot both be there.
    pub fn either(&mut self, one: &str, other: &str) {
        if [one, other].iter().all(|&name| self.input.fields.contains_key(name)) {
            self.wrong(other, "invalid");
        }
    }

    /// Names something wrong with a field.
    fn wrong(&mut self, name: &str, code: &'static str) {
        self.errors.push(FieldError::new(self.resource, name, code));
    }

    /// The errors, if there are any.
    pub fn done(self) -> Result<(), NokoError> {
        if self.errors.is_empty() { Ok(()) } else { Err(NokoError::invalid(self.errors)) }
    }
}

/// The longest text, in bytes: an item has at most 400 KB.
const LONGEST_TEXT: usize = 100_000;

/// A name: a text that says something.
pub fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty() && is_short(text)).then(|| text.to_owned())
}

/// A text, which may be empty.
pub fn any_text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.len() <= LONGEST_TEXT).map(str::to_owned)
}

/// A web address, or an empty text. A link of another scheme (`javascript:`) could do harm to who follows it.
pub fn web_address(value: &Value) -> Option<String> {
    any_text(value).filter(|text| text.is_empty() || is_web(text))
}

fn is_web(text: &str) -> bool {
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control()))
}

/// A whole number that is not negative, also as text.
pub fn number(value: &Value) -> Option<u64> {
    let whole = |number: &f64| number.fract() == 0.0 && (0.0..1e15).contains(number);
    let number = value.as_u64().or_else(|| value.as_f64().filter(whole).map(|number| number as u64));
    number.or_else(|| value.as_str()?.trim().parse().ok())
}

/// A day, `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let plain = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let digits = text.bytes().enumerate().all(|(at, byte)| matches!(at, 4 | 7) || byte.is_ascii_digit());
    if plain && digits { text.parse().ok() } else { None }
}

/// An id: digits, as it is shown.
pub fn id(text: &str) -> Option<u64> {
    let shown = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if shown { text.parse().ok() } else { None }
}

/// The id in a path; there is nothing at a path whose id is none.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NokoError> {
        let path = Path::<String>::from_request_parts(parts, state).await.ok();
        path.and_then(|Path(text)| id(&text)).map(Self).ok_or_else(NokoError::not_found)
    }
}

/// A boolean, also as text.
pub fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| boolean(value.as_str()?))
}

/// A boolean in words.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}
