//! Error responses of the native door, in which a 400 or 422 names the wrong fields and all further errors are problem
//! objects.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::account::{Principal, Scope};
use shared::import::{ImportError, Status};
use shared::quotas::OverQuota;
use shared::store::StoreError;

use super::accept::PROBLEM_JSON;
use crate::answer::{CELL, FIELDS, MESSAGE, shortened};
use crate::failure::{Failure, OVER_QUOTA, ask_later, complete, quota_status};
use crate::observed::is_of;
use crate::{Door, access};

/// An error response of the native door.
#[derive(Debug)]
pub enum Problem {
    /// Some fields of the request are wrong (400). Each field has one or more messages.
    Fields(BTreeMap<String, Vec<String>>),
    /// A well-formed request is refused for the values of some fields (422).
    Refused {
        /// The fields with one or more messages.
        fields: BTreeMap<String, Vec<String>>,
        /// A mapping of columns by which the file might be read.
        suggested: Option<Value>,
    },
    /// A further error of the caller, with the status in the variant.
    Other {
        /// The HTTP status, from 401 to 499.
        status: StatusCode,
        /// The message for the caller, which says what is wrong in this request.
        detail: String,
    },
    /// An action that the import's present status does not allow (409).
    Conflict {
        /// The status of the import, which the answer names as `status_now`.
        status_now: Status,
        /// The message for the caller.
        detail: String,
    },
    /// A request over a quota of the account: 413 for a file that is too large, and 429 for too many open imports.
    OverQuota(OverQuota),
    /// A failure of the server, which is answered with 500 or 503.
    Failed(Failure),
}

/// The number of messages that a response gives for a field.
const REASONS: usize = 10;
/// The value of `WWW-Authenticate`, which says how to authenticate.
const CHALLENGE: &str = "Token realm=\"waybill\", Bearer realm=\"waybill\"";

impl Problem {
    /// A 400 that names a single wrong field with a message.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        Self::Fields(BTreeMap::from([(name.to_owned(), vec![message.into()])]))
    }

    /// A 422 that names a single field with a message.
    pub fn refused(name: &str, message: impl Into<String>) -> Self {
        Self::Refused { fields: BTreeMap::from([(name.to_owned(), vec![message.into()])]), suggested: None }
    }

    /// An error with a status other than 400 and 422.
    pub(crate) fn other(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::Other { status, detail: detail.into() }
    }

    /// 404 for an unknown path, or for an import or mapping that the account does not have.
    pub fn not_found() -> Self {
        Self::other(StatusCode::NOT_FOUND, "There is nothing here, or nothing that this token may see")
    }

    /// 405 for a known path with a different method.
    pub fn method_not_allowed() -> Self {
        Self::other(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method")
    }

    /// 409 for an action that the import's status does not allow.
    pub fn conflict(status_now: Status, detail: impl Into<String>) -> Self {
        Self::Conflict { status_now, detail: detail.into() }
    }

    /// 500 or 503, with the reason for the log.
    pub fn failed(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::failed(Failure::from(&error))
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Missing(_) => Self::not_found(),
            ImportError::Status { status, .. } => Self::conflict(status, error.to_string()),
            ImportError::TooLate { status, .. } => Self::conflict(status, error.to_string()),
            ImportError::NotResumable { .. } => Self::conflict(Status::Incomplete, error.to_string()),
            ImportError::OtherRequest | ImportError::NeverStored => Self::refused("Idempotency-Key", error.to_string()),
            ImportError::OverQuota(over) => Self::OverQuota(over),
            ImportError::NoUser(_) => Self::other(StatusCode::UNAUTHORIZED, error.to_string()),
            error => Self::failed(Failure::from(&error)),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (mut now, mut exceeded) = (None, None);
        let (status, detail, failure) = match self {
            Self::Fields(fields) => {
                return (StatusCode::BAD_REQUEST, Json(json!({ "errors": bounded(fields) }))).into_response();
            }
            Self::Refused { fields, suggested } => {
                let mut body = json!({ "errors": bounded(fields) });
                if let Some(suggested) = suggested {
                    body["suggested_mapping"] = suggested;
                }
                return (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response();
            }
            Self::Other { status, detail } => (status, shortened(detail, MESSAGE), None),
            Self::Conflict { status_now, detail } => {
                now = Some(status_now);
                (StatusCode::CONFLICT, shortened(detail, MESSAGE), None)
            }
            Self::OverQuota(over) => {
                exceeded = Some(over.quota());
                (quota_status(over), over.to_string(), None)
            }
            Self::Failed(failure) => (failure.status, failure.message().to_owned(), Some(failure)),
        };
        let title = status.canonical_reason().unwrap_or_default();
        let mut body = json!({ "status": status.as_u16(), "title": title, "detail": detail, "instance": "" });
        if let Some(status_now) = now {
            body["status_now"] = json!(status_now);
        }
        if let Some((quota, most)) = exceeded {
            body["code"] = json!(OVER_QUOTA);
            body["quota"] = json!(quota);
            body["most"] = json!(most);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            // Clients of the vendor's older pages read this member.
            body["error"] = body["detail"].clone();
        }
        let mut answer = (status, Json(&body)).into_response();
        answer.extensions_mut().insert(Members(body));
        if exceeded.is_some() {
            ask_later(&mut answer);
        }
        complete(answer, CHALLENGE, failure)
    }
}

/// The members of a problem object, to which [`located`] adds the path.
#[derive(Clone)]
struct Members(Value);

/// Adds the path of the request to an answer that is a problem object, and the content type `application/problem+json` if the
/// client asks for the type. The path inside a nested router lacks its beginning, so the outermost layer calls this function.
/// A HEAD request gets the headers alone.
pub(crate) fn located(mut answer: Response, path: &str, head: bool, problem_json: bool) -> Response {
    if let Some(Members(mut body)) = answer.extensions_mut().remove() {
        if problem_json {
            answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        }
        answer.headers_mut().append(VARY, ACCEPT.into());
        body["instance"] = json!(shortened(path, CELL));
        let body = body.to_string();
        if answer.headers().contains_key(CONTENT_LENGTH) {
            answer.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        }
        if !head {
            *answer.body_mut() = body.into();
        }
    }
    answer
}

/// The first wrong fields with their first messages, cut to the sizes that a response may repeat.
fn bounded(fields: BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    let cut = |(name, reasons): (String, Vec<String>)| {
        (shortened(name, CELL), reasons.into_iter().take(REASONS).map(|reason| shortened(reason, MESSAGE)).collect())
    };
    fields.into_iter().take(FIELDS).map(cut).collect()
}

/// The header by which clients of the vendor name the account; here the account's number.
const ACCOUNT_TOKEN: &str = "account-token";

/// The token in a value of `Authorization`, in any of the spellings that clients send:
/// `Token KEY`, `Token token="KEY"` and `Bearer KEY`.
fn token_in(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    let is_known = scheme.eq_ignore_ascii_case("token") || scheme.eq_ignore_ascii_case("bearer");
    let rest = rest.trim();
    let token = match rest.split_at_checked(6) {
        Some((name, named)) if name.eq_ignore_ascii_case("token=") => {
            named.split(',').next().unwrap_or_default().trim().trim_matches('"')
        }
        _ => rest,
    };
    Some(token).filter(|token| is_known && !token.is_empty())
}

/// The caller of a request: a principal with the scope for imports, by `Authorization: Token …` or `Bearer …`.
pub struct Caller(pub Principal);

impl FromRequestParts<Door> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Problem> {
        let unauthorized =
            || Problem::other(StatusCode::UNAUTHORIZED, "Send Authorization: Token …, with a valid token");
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(token_in);
        let principal = Principal::of_token(&door.services, token.ok_or_else(unauthorized)?).await?;
        let principal = principal.ok_or_else(unauthorized)?;
        is_of(parts, principal.account);
        let account = parts.headers.get(ACCOUNT_TOKEN).map(|value| value.to_str().unwrap_or("?").trim());
        if account.is_some_and(|account| !account.is_empty() && account != principal.account.to_string()) {
            return Err(Problem::other(
                StatusCode::FORBIDDEN,
                "The Account-Token is not the number of the token's account",
            ));
        }
        if principal.may(Scope::Import, access(&parts.method)) {
            Ok(Self(principal))
        } else {
            Err(Problem::other(StatusCode::FORBIDDEN, "The token does not have the scope for imports"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::token_in;

    #[test]
    fn every_spelling_of_a_token_is_read() {
        for value in [
            "Token abc",
            "token abc",
            "Bearer abc",
            "BEARER  abc ",
            "Token token=abc",
            "Token token=\"abc\"",
            "TOKEN Token=\"abc\"",
            "Token token=\"abc\", nonce=\"1\"",
            " Bearer token=\"abc\"",
        ] {
            assert_eq!(token_in(value), Some("abc"), "{value}");
        }
        for value in ["", "abc", "Token", "Token ", "Basic abc", "Token token=", "Token token=\"\""] {
            assert_eq!(token_in(value), None, "{value}");
        }
        assert_eq!(token_in("Token token"), Some("token"));
    }
}
