//! JSON bodies: an object whose fields may each be absent, null or a value.
//!
//! Only the closure passed to [`Input::read`] sees the fields, and a field that the closure does not ask for is refused
//! by name. No endpoint can therefore ignore a field that a client sent.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use jiff::civil::Date;
use serde_json::{Map, Value};
use shared::things::names::is_short;

use super::NokoError;
use super::error::FieldError;
use super::parameters::unknown;

/// A JSON object from a request's body, where a request without a body is refused.
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

/// A JSON object from a request's body, or the empty object if the body is empty.
#[derive(Clone, Debug)]
pub struct PerhapsInput(pub Input);

impl<S: Send + Sync> FromRequest<S> for PerhapsInput {
    type Rejection = NokoError;

    async fn from_request(request: Request, state: &S) -> Result<Self, NokoError> {
        let body = Bytes::from_request(request, state).await.map_err(|_| NokoError::body_too_large())?;
        if body.is_empty() { Ok(Self(Input::default())) } else { Input::of(&body).map(Self) }
    }
}

/// The fields of a body, with the names that the closure has asked for and the errors found so far.
pub struct Fields<'a> {
    sent: &'a Map<String, Value>,
    resource: &'static str,
    asked: Vec<&'static str>,
    errors: Vec<FieldError>,
}

/// A value that was parsed from a body, with the fields that the closure did not ask for.
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

    /// Returns whether the body has the field, with null or a value.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The same object without the field `name`, if the field has this value.
    pub fn without(mut self, name: &str, value: &Value) -> Self {
        if self.fields.get(name) == Some(value) {
            self.fields.remove(name);
        }
        self
    }

    /// The same object with a different value for the field `name`.
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    /// Parses the fields with the closure `read`. Errors name the fields as fields of `resource`.
    pub fn read<T>(&self, resource: &'static str, read: impl FnOnce(&mut Fields<'_>) -> T) -> ReadBody<'_, T> {
        let mut fields = Fields { sent: &self.fields, resource, asked: Vec::new(), errors: Vec::new() };
        let value = read(&mut fields);
        let Fields { asked, errors, .. } = fields;
        let rest = self.fields.iter().map(|(name, value)| (name.as_str(), value));
        ReadBody { value, resource, rest: rest.filter(|(name, _)| !asked.contains(name)).collect(), errors }
    }
}

impl<T> ReadBody<'_, T> {
    /// Returns whether the body has fields that the closure did not ask for.
    pub fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Accepts fields that a client sends back as a response showed them. `still` says whether a field
    /// has the value sent.
    pub fn sent_back(mut self, still: impl Fn(&str, &Value) -> bool) -> Self {
        self.rest.retain(|(name, value)| !still(name, value));
        self
    }

    /// The parsed value. Fails if a field is wrong or is not accepted.
    pub fn all(self) -> Result<T, NokoError> {
        let mut errors = self.errors;
        errors.extend(unknown(self.resource, "a field", self.rest.iter().map(|(name, _)| *name)));
        if errors.is_empty() { Ok(self.value) } else { Err(NokoError::invalid(errors)) }
    }
}

impl Fields<'_> {
    /// Parses a field that may be absent (`None`), null (`Some(None)`) or a value that `read` accepts.
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

    /// Parses a field that may be absent but not null.
    pub fn value<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        match self.nullable(name, read)? {
            None => {
                self.wrong(name, "invalid");
                None
            }
            value => value,
        }
    }

    /// Parses a field that older clients send as a plain value and responses show as an object, e.g. `user`. An object
    /// is left over as a field that the closure did not ask for.
    pub fn plain<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
        if self.sent.get(name).is_some_and(Value::is_object) { None } else { self.nullable(name, read) }
    }

    /// Chooses between the vendor's present and older spelling of a field. Responses show both spellings, so a client
    /// that changes a field sends the new value in one spelling and the old value in the other. The value that already
    /// `stands` is therefore ignored, and the different value counts.
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

    /// Adds an error for the first of these fields if none of them is in the body.
    pub fn required(&mut self, names: &[&'static str]) {
        if !names.iter().any(|&name| self.sent.contains_key(name)) {
            self.wrong(names[0], "missing_field");
        }
    }

    /// Adds an error if both of two fields with the same meaning are in the body.
    pub fn either(&mut self, one: &str, other: &str) {
        if [one, other].iter().all(|&name| self.sent.contains_key(name)) {
            self.wrong(other, "invalid");
        }
    }

    /// Adds an error of the field `name` with one of the vendor's codes.
    fn wrong(&mut self, name: &str, code: &'static str) {
        self.errors.push(FieldError::new(self.resource, name, code));
    }
}

/// The length limit of a text in bytes. A stored item may have at most 400 KB.
const LONGEST_TEXT: usize = 100_000;

/// Parses a name, which must not be blank or too long.
pub fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty() && is_short(text)).then(|| text.to_owned())
}

/// Parses a text, which may be empty, up to the length limit.
pub fn any_text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| text.len() <= LONGEST_TEXT).map(str::to_owned)
}

/// Parses a web address or an empty text. Further schemes are refused, because a `javascript:` link would harm a person
/// who follows the link.
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

/// Parses a whole number of at least 0, also from a text.
pub fn number(value: &Value) -> Option<u64> {
    let whole = |number: &f64| number.fract() == 0.0 && (0.0..1e15).contains(number);
    let number = value.as_u64().or_else(|| value.as_f64().filter(whole).map(|number| number as u64));
    number.or_else(|| value.as_str()?.trim().parse().ok())
}

/// Parses a list of ids: an array, a number, or a text with commas.
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

/// Parses a day in the form `YYYY-MM-DD`.
pub fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    let plain = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let digits = text.bytes().enumerate().all(|(at, byte)| matches!(at, 4 | 7) || byte.is_ascii_digit());
    if plain && digits { text.parse().ok() } else { None }
}

/// Parses an id in its only spelling: digits without a leading zero.
pub fn id(text: &str) -> Option<u64> {
    let shown = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if shown { text.parse().ok() } else { None }
}

/// The id in a path. A path whose id is invalid is answered with 404.
#[derive(Clone, Copy, Debug)]
pub struct Id(pub u64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, NokoError> {
        let path = Path::<String>::from_request_parts(parts, state).await.ok();
        path.and_then(|Path(text)| id(&text)).map(Self).ok_or_else(NokoError::not_found)
    }
}

/// Parses a boolean, also from a text like `yes` or `0`.
pub fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| boolean(value.as_str()?))
}

/// Parses a boolean from the texts true, 1, yes, false, 0 and no.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}
