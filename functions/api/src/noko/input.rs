//! JSON bodies: an object, whose fields are told apart as absent, null and value.
//!
//! Only the closure that is given to [`Input::read`] sees the fields, and a field that the closure does not ask for is
//! refused by name. No endpoint can ignore a field that it was sent.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use jiff::civil::Date;
use serde_json::{Map, Value};
use shared::things::names::is_short;

use super::NokoError;
use super::error::FieldError;
use super::parameters::unknown;

/// A JSON object.
#[derive(Clone, Debug, Default)]
pub struct Input {
    fields: Map<String, Value>,
}

impl<S: Send + Sync> FromRequest<S> for Input {
    type Rejection = NokoError;

    async fn from_request(request: Request, state: &S) -> Result<Self, NokoError> {
        let body = Bytes::from_request(request, state).await.map_err(|_| NokoError::body_too_large())?;
        Self::of(&body)
    }
}

/// A JSON object, or no body at all, which is the empty object.
#[derive(Clone, Debug)]
pub struct PerhapsInput(pub Input);

impl<S: Send + Sync> FromRequest<S> for PerhapsInput {
    type Rejection = NokoError;

    async fn from_request(request: Request, state: &S) -> Result<Self, NokoError> {
        let body = Bytes::from_request(request, state).await.map_err(|_| NokoError::body_too_large())?;
        if body.is_empty() { Ok(Self(Input::default())) } else { Input::of(&body).map(Self) }
    }
}

/// The fields of a body, with the names that were asked for and the errors found so far.
pub struct Fields<'a> {
    sent: &'a Map<String, Value>,
    resource: &'static str,
    asked: Vec<&'static str>,
    errors: Vec<FieldError>,
}

/// A value that was read from a body, with the fields that nobody asked for.
#[must_use]
pub struct ReadBody<'a, T> {
    value: T,
    resource: &'static str,
    rest: Vec<(&'a str, &'a Value)>,
    errors: Vec<FieldError>,
}

impl Input {
    fn of(body: &[u8]) -> Result<Self, NokoError> {
        match serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)) {
            Ok(Value::Object(fields)) => Ok(Self { fields }),
            Ok(_) => Err(NokoError::bad_request("Body should be JSON Hash")),
            Err(_) => Err(NokoError::bad_request("JSON Parsing Error")),
        }
    }

    /// Whether a field is there, be it null.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The same without a field that has this value.
    pub fn without(mut self, name: &str, value: &Value) -> Self {
        if self.fields.get(name) == Some(value) {
            self.fields.remove(name);
        }
        self
    }

    /// The same with another value of a field.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    /// Reads the fields, as those of `resource`.
    pub fn read<T>(&self, resource: &'static str, read: impl FnOnce(&mut Fields<'_>) -> T) -> ReadBody<'_, T> {
        let mut fields = Fields { sent: &self.fields, resource, asked: Vec::new(), errors: Vec::new() };
        let value = read(&mut fields);
        let Fields { asked, errors, .. } = fields;
        let rest = self.fields.iter().map(|(name, value)| (name.as_str(), value));
        ReadBody { value, resource, rest: rest.filter(|(name, _)| !asked.contains(name)).collect(), errors }
    }
}

impl<T> ReadBody<'_, T> {
    /// Whether the body has fields that nobody asked for.
    pub fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Accepts fields that are sent back as answers show them: `still` says whether a field has the value that is sent.
    pub fn sent_back(mut self, still: impl Fn(&str, &Value) -> bool) -> Self {
        self.rest.retain(|(name, value)| !still(name, value));
        self
    }

    /// The value, if no field is wrong and no field is left over.
    pub fn all(self) -> Result<T, NokoError> {
        let mut errors = self.errors;
        errors.extend(unknown(self.resource, "a field", self.rest.iter().map(|(name, _)| *name)));
        if errors.is_empty() { Ok(self.value) } else { Err(NokoError::invalid(errors)) }
    }
}

impl Fields<'_> {
    /// A field: absent, null, or a value that `read` takes.
    pub fn nullable<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
        self.asked.push(name);
        match self.sent.get(name)? {
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
    pub fn value<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        match self.nullable(name, read)? {
            None => {
                self.wrong(name, "invalid");
                None
            }
            value => value,
        }
    }

    /// A field that older requests send as a plain value and answers show as an object, e.g. `user`. An object counts as a
    /// field that nobody asked for.
    pub fn plain<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
        if self.sent.get(name).is_some_and(Value::is_object) { None } else { self.nullable(name, read) }
    }

    /// A field in the vendor's present spelling and in an older one, as both were read. Answers show both spellings: of two
    /// different values the one that `stands` already is only sent back, and the other one is meant.
    pub fn respelled<T: PartialEq>(
        &mut self,
        names: [&'static str; 2],
        read: [Option<T>; 2],
        stands: Option<&T>,
    ) -> Option<T> {
        match read {
            [Some(new), Some(old)] if new == old || Some(&old) == stands => Some(new),
            [Some(new), Some(old)] if Some(&new) == stands => Some(old),
            [Some(_), Some(_)] => {
                self.wrong(names[1], "invalid");
                None
            }
            [new, old] => new.or(old),
        }
    }

    /// Names the first of these fields as missing if none of them is there.
    pub fn required(&mut self, names: &[&'static str]) {
        if !names.iter().any(|&name| self.sent.contains_key(name)) {
            self.wrong(names[0], "missing_field");
        }
    }

    /// Two fields that say the same in two ways cannot both be there.
    pub fn either(&mut self, one: &str, other: &str) {
        if [one, other].iter().all(|&name| self.sent.contains_key(name)) {
            self.wrong(other, "invalid");
        }
    }

    /// Names something wrong with a field.
    fn wrong(&mut self, name: &str, code: &'static str) {
        self.errors.push(FieldError::new(self.resource, name, code));
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

/// Ids: a list of numbers, or a text of them with commas.
pub fn ids(value: &Value) -> Option<Vec<u64>> {
    match value {
        Value::Array(ids) => ids.iter().map(number).collect(),
        Value::String(text) => {
            let some = text.split(',').map(str::trim).filter(|text| !text.is_empty());
            some.map(id).collect()
        }
        other => number(other).map(|id| vec![id]),
    }
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
