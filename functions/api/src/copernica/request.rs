//! A request as the door reads it: the parts of the path, the parameters of the query, and the body.

use axum::body::Bytes;
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use shared::packed::Members;

use super::error::CopernicaError;
use super::given::Given;
use crate::{BODY_LIMIT, Door};

/// The path of the door.
const DOOR: &str = "/v3";

/// What a method does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// GET and HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

impl Verb {
    /// The name of the method, for example `GET`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// The request without its token.
pub struct Asked {
    /// The method.
    pub verb: Verb,
    /// The parts of the path behind the door's own, decoded, without empty ones at the end.
    pub path: Vec<String>,
    /// The parameters of the query.
    pub query: Given,
    /// The parameters of the body; none for GET.
    pub body: Given,
    /// The body as sent; empty if it was too large to be read.
    pub sent: Bytes,
    /// The headers.
    pub headers: HeaderMap,
}

/// The bytes of a body, or the error of a body that is too large.
pub struct Sent(Result<Bytes, CopernicaError>);

impl Sent {
    /// Reads the body of a request.
    pub async fn of(request: Request, door: &Door) -> Self {
        let bytes = Bytes::from_request(request, door).await.ok().filter(|bytes| bytes.len() <= BODY_LIMIT);
        let limit = BODY_LIMIT >> 20;
        Self(bytes.ok_or_else(|| {
            CopernicaError::saying(format!("Invalid data provided: a body may have {limit} MB; import larger files"))
        }))
    }

    fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |bytes| bytes)
    }
}

/// The token of a request: `access_token` in the query, a bearer token, or `access_token` in a form.
pub fn token(parts: &Parts, sent: &Sent) -> Option<String> {
    let named = |text: &[u8]| Given::of_form(text)?.member("access_token")?.text();
    let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let query = named(parts.uri.query().unwrap_or_default().as_bytes());
    let found = query.or_else(|| bearer.map(|(_, token)| token.trim().to_owned()));
    found.or_else(|| if is_form(&parts.headers) { named(sent.bytes()) } else { None })
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

fn is_form(headers: &HeaderMap) -> bool {
    content_type(headers).as_deref() == Some("application/x-www-form-urlencoded")
}

impl Asked {
    /// Reads a request whose token is known to be good.
    pub fn read(parts: &Parts, path: Vec<String>, sent: Sent) -> Result<Self, CopernicaError> {
        let verb = match parts.method {
            Method::GET | Method::HEAD => Verb::Get,
            Method::POST => Verb::Post,
            Method::PUT => Verb::Put,
            Method::DELETE => Verb::Delete,
            _ => return Err(CopernicaError::invalid_method()),
        };
        let query = Given::of_form(parts.uri.query().unwrap_or_default().as_bytes());
        let query = query.ok_or_else(CopernicaError::invalid_data)?;
        // Clients send bodies that say nothing with GET and DELETE.
        let bytes = if verb == Verb::Get { Bytes::new() } else { sent.0? };
        let body = match read_body(&parts.headers, &bytes) {
            None if verb == Verb::Delete => Given::Map(Vec::new()),
            body => body.ok_or_else(CopernicaError::invalid_data)?,
        };
        Ok(Self { verb, path, query, body, sent: bytes, headers: parts.headers.clone() })
    }

    /// The text of a member as the caller wrote it in a body of JSON; of a repeated member the last one. `None` for other
    /// bodies, and without the member.
    pub fn json_member(&self, name: &str) -> Option<Bytes> {
        let Members(members) = serde_json::from_slice(&self.sent).ok()?;
        let (_, value) = members.into_iter().rfind(|(known, _)| known == name)?;
        Some(self.sent.slice_ref(value.get().as_bytes()))
    }

    /// A POST with a body of JSON.
    #[cfg(test)]
    pub fn of_json(json: &str) -> Option<Self> {
        Some(Self {
            verb: Verb::Post,
            path: Vec::new(),
            query: Given::Map(Vec::new()),
            body: Given::of_json(json.as_bytes())?,
            sent: Bytes::copy_from_slice(json.as_bytes()),
            headers: HeaderMap::new(),
        })
    }

    /// A part of the path.
    pub fn part(&self, number: usize) -> Option<&str> {
        self.path.get(number).map(String::as_str)
    }
}

/// The parts of a request's path behind the door's own.
pub fn path_of(parts: &Parts) -> Result<Vec<String>, CopernicaError> {
    let whole = parts.extensions.get::<OriginalUri>().map_or(parts.uri.path(), |uri| uri.path());
    segments(whole.strip_prefix(DOOR).unwrap_or(whole))
}

/// The parts of a path, decoded. Empty parts at the end are left out, like the vendor's.
fn segments(path: &str) -> Result<Vec<String>, CopernicaError> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let decode = |part: &str| percent_decode_str(part).decode_utf8().map(|part| part.into_owned());
    let parts: Result<Vec<String>, _> = path.split('/').map(decode).collect();
    let mut parts = parts.map_err(|_| CopernicaError::invalid_method())?;
    while parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    Ok(parts)
}

/// The parameters of a body. Without a content type, a body that begins like JSON is JSON. `None` for a body of another type,
/// or one that cannot be read.
fn read_body(headers: &HeaderMap, bytes: &[u8]) -> Option<Given> {
    if bytes.trim_ascii().is_empty() {
        return Some(Given::Map(Vec::new()));
    }
    match content_type(headers).as_deref() {
        Some("application/json" | "text/json") => Given::of_json(bytes),
        Some("application/x-www-form-urlencoded") => Given::of_form(bytes),
        None if matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) => Given::of_json(bytes),
        None => Given::of_form(bytes),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parts_count_but_for_those_at_the_end() {
        let read = |path: &str| segments(path).ok();
        assert_eq!(read("/database/1/"), Some(vec!["database".to_owned(), "1".to_owned()]));
        assert_eq!(read("/database//fields//"), Some(vec!["database".into(), String::new(), "fields".into()]));
        assert_eq!(read("/database/a%20b"), Some(vec!["database".to_owned(), "a b".to_owned()]));
        assert_eq!(read("/"), Some(Vec::new()));
        assert_eq!(read("/database/%ff"), None);
    }
}
