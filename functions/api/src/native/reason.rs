//! The body of a request that changes an import's status: nothing, or a `reason` as JSON or as a form.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::Problem;
use super::body::Sent;

/// The reason in the body, or `None`. A body without content has no reason, whatever its content type is; a blank body that is
/// announced as JSON is refused, because it is none.
pub struct Reason(pub Option<String>);

impl<S: Send + Sync> FromRequest<S> for Reason {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let Sent(body) = Sent::from_request(request, state).await?;
        read(&media_type, &body).map(Self)
    }
}

fn read(media_type: &str, body: &[u8]) -> Result<Option<String>, Problem> {
    if body.is_empty() || (media_type != "application/json" && body.trim_ascii().is_empty()) {
        return Ok(None);
    }
    let mut fields = match media_type {
        "application/x-www-form-urlencoded" => form(body)?,
        // Any other content type is no promise: many clients send JSON without one.
        _ => match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => fields,
            Ok(Value::Null) => return Ok(None),
            _ => return Err(Problem::field("body", "must be a JSON object or a form, with `reason` or nothing")),
        },
    };
    let reason = fields.remove("reason");
    let mut wrong: BTreeMap<_, _> =
        fields.into_iter().map(|(name, _)| (name, vec!["is not known; the body may have reason".to_owned()])).collect();
    let reason = match reason {
        None | Some(Value::Null) => None,
        Some(Value::String(reason)) => Some(reason),
        Some(_) => {
            wrong.insert("reason".to_owned(), vec!["must be a text or null".to_owned()]);
            None
        }
    };
    if wrong.is_empty() { Ok(reason) } else { Err(Problem::Fields(wrong)) }
}

fn form(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_bytes(body).map_err(|_| Problem::field("body", "is no form"))?;
    let mut fields = Map::new();
    for (name, value) in pairs {
        if fields.insert(name.clone(), Value::String(value)).is_some() {
            return Err(Problem::field(&name, "has two values"));
        }
    }
    Ok(fields)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_read_from_json_and_from_a_form() {
        let form = "application/x-www-form-urlencoded";
        for (media_type, body, reason) in [
            ("", "", None),
            ("text/csv", " \n", None),
            ("multipart/form-data", "", None),
            ("application/json", "null", None),
            ("application/json", "{}", None),
            ("application/json", r#"{"reason": null}"#, None),
            ("application/json", r#"{"reason": "too early"}"#, Some("too early")),
            ("", r#"{"reason": "too early"}"#, Some("too early")),
            ("text/plain", r#"{"reason": "too early"}"#, Some("too early")),
            (form, "reason=too+early", Some("too early")),
            (form, "reason=", Some("")),
        ] {
            assert_eq!(read(media_type, body.as_bytes()).unwrap().as_deref(), reason, "{media_type} {body}");
        }
        for (media_type, body, field) in [
            ("application/json", r#"{"reason": 7}"#, "reason"),
            ("application/json", " ", "body"),
            ("application/json", r#"{"dry_run": true}"#, "dry_run"),
            ("application/json", "[]", "body"),
            ("application/json", "reason", "body"),
            ("text/plain", "because", "body"),
            (form, "dry_run=true", "dry_run"),
            (form, "reason=a&reason=b", "reason"),
        ] {
            let Err(Problem::Fields(wrong)) = read(media_type, body.as_bytes()) else { panic!("{body} is taken") };
            assert!(wrong.len() == 1 && wrong.contains_key(field), "{body}: {wrong:?}");
        }
    }
}
