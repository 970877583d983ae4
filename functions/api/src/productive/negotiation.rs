//! Content negotiation of JSON:API: the content type of a body, and the types that a client accepts.
//!
//! | header | answer |
//! |---|---|
//! | `Accept` absent, or without the type of JSON:API | fine: the vendor's own example sends a browser's header |
//! | `Accept` with the type of JSON:API, at least once without parameters | fine |
//! | `Accept` in which every type of JSON:API has parameters | 406 |
//! | a body of `application/vnd.api+json` | fine, also with a `charset` or a `profile` |
//! | a body with an extension (`ext`), or of another type | 415 |
//! | no body | fine, whatever the content type |
//!
//! A weight (`q`) and a profile are no parameters in this sense: a weight belongs to the list, and JSON:API 1.1 tells
//! servers to ignore profiles.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};

use super::error::{NOT_ACCEPTABLE, OTHER_TYPE, ProductiveError};

/// The content type of JSON:API, without parameters.
pub const JSON_API: &str = "application/vnd.api+json";
/// The content type of every answer of the door.
pub const ANSWER_TYPE: &str = "application/vnd.api+json; charset=utf-8";

/// The parts of a header at a separator which stands outside of quotes.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            letter if letter == separator && !quoted => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The names of a media type's parameters in lower case. `None` for another type than that of JSON:API.
fn parameters(media: &str) -> Option<Vec<String>> {
    let mut parts = parts(media, ';').into_iter().map(str::trim);
    let is_json_api = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(JSON_API));
    let name = |part: &str| part.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
    is_json_api.then(|| parts.filter(|part| !part.is_empty()).map(name).collect())
}

/// The names of the parameters of the content type, or `None` for another type than that of JSON:API.
fn content_type(headers: &HeaderMap) -> Option<Vec<String>> {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(parameters)
}

/// Refuses a request whose every type of JSON:API in `Accept` has parameters. A body with an extension is refused by
/// [`taken`] instead, which tells the client more.
pub fn accepted(method: &Method, headers: &HeaderMap) -> Result<(), ProductiveError> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let types: Vec<_> = values.flat_map(|value| parts(value, ',')).filter_map(parameters).collect();
    let is_plain = |names: &Vec<String>| names.iter().all(|name| matches!(name.as_str(), "q" | "profile"));
    let is_extended = matches!(*method, Method::POST | Method::PATCH)
        && content_type(headers).is_some_and(|names| names.iter().any(|name| name == "ext"));
    match types.is_empty() || types.iter().any(is_plain) || is_extended {
        true => Ok(()),
        false => Err(NOT_ACCEPTABLE.saying(format!("Accept {JSON_API} without parameters"))),
    }
}

/// Refuses a body that is no plain JSON:API. `is_bulk` tells whether the path takes several resources at
/// once at the vendor.
pub fn taken(headers: &HeaderMap, is_bulk: bool) -> Result<(), ProductiveError> {
    match content_type(headers) {
        Some(names) if names.iter().all(|name| matches!(name.as_str(), "charset" | "profile")) => Ok(()),
        Some(names) if is_bulk && names.iter().any(|name| name == "ext") => {
            Err(OTHER_TYPE.saying("The extension bulk is not supported; create many records by POST /api/v2/imports"))
        }
        _ => Err(OTHER_TYPE.saying("Unsupported content type")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|&value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn accept_is_refused_only_if_every_type_of_json_api_has_parameters() {
        for (accept, is_accepted) in [
            (&[][..], true),
            (&["*/*"], true),
            (&["application/json"], true),
            (&["application/vnd.api+json"], true),
            (&["Application/VND.api+JSON"], true),
            (&["application/vnd.api+json;q=0.9"], true),
            (&["application/vnd.api+json; profile=\"http://example.com/a,b\""], true),
            (&["application/vnd.api+json; charset=utf-8"], false),
            (&["application/vnd.api+json; ext=bulk"], false),
            (&["application/vnd.api+json; ext=bulk, application/vnd.api+json"], true),
            (&["application/vnd.api+json; ext=bulk", "application/vnd.api+json"], true),
            (&["application/vnd.api+json; ext=bulk, */*;q=0.1"], false),
            (&["application/vnd.api+json; a=\", application/vnd.api+json\""], false),
            (&["application/vnd.api+json;"], true),
            (
                &[
                    "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
                ],
                true,
            ),
        ] {
            assert_eq!(accepted(&Method::GET, &headers(ACCEPT, accept)).is_ok(), is_accepted, "{accept:?}");
        }
    }

    #[test]
    fn a_body_is_json_api_without_extensions() {
        for (content_type, is_taken) in [
            (&[][..], false),
            (&["application/vnd.api+json"], true),
            (&["application/vnd.api+json; charset=utf-8"], true),
            (&["APPLICATION/vnd.api+json;CHARSET=\"UTF-8\""], true),
            (&["application/vnd.api+json; profile=x"], true),
            (&["application/vnd.api+json; ext=bulk"], false),
            (&["application/vnd.api+json; charset=utf-8; ext=\"bulk\""], false),
            (&["application/json"], false),
            (&["text/plain"], false),
        ] {
            let headers = headers(CONTENT_TYPE, content_type);
            assert_eq!(taken(&headers, false).is_ok(), is_taken, "{content_type:?}");
            assert_eq!(taken(&headers, true).is_ok(), is_taken, "{content_type:?}");
        }
    }
}
