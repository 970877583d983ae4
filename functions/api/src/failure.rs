//! Failures of the server (5xx), told apart by whether a retry may help the caller.
//!
//! A door answers in its own error shape and attaches the reason to the response. The layer around all doors writes the
//! single log line for the failure ([`crate::observed`]).

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use shared::import::ImportError;
use shared::quotas::OverQuota;
use shared::store::StoreError;

/// The time after which a caller may retry, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// The time after which a caller whose account has too many open imports may retry, in seconds. An import takes seconds to
/// minutes, and a client's library gives up after three to five tries.
const RETRY_AFTER_AN_IMPORT: HeaderValue = HeaderValue::from_static("30");
/// The code of an error by a quota of the account, on every door that has codes.
pub const OVER_QUOTA: &str = "quota_exceeded";

/// The status of a refusal by a quota: 413 for a file that is too large, which no retry mends, and 429 for too many open
/// imports, which clients' libraries repeat after the time in `Retry-After`.
pub fn quota_status(over: OverQuota) -> StatusCode {
    match over {
        OverQuota::FileBytes { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        OverQuota::OpenImports { .. } => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Says in a refusal by a quota with status 429 when to retry.
pub fn ask_later(answer: &mut Response) {
    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
        answer.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_AN_IMPORT);
    }
}

/// The reason why a request failed, for the log. A door attaches the reason to its response as an extension.
#[derive(Clone, Debug)]
pub struct Failure {
    /// 503 for a failure that may pass in a moment, 500 for the rest.
    pub status: StatusCode,
    /// The reason in words, for the log and never for the caller.
    pub why: String,
}

impl Failure {
    /// A failure with status 503 if a retry may help, else with 500.
    fn new(is_passing: bool, error: &dyn std::error::Error) -> Self {
        let status = if is_passing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self { status, why: error.to_string() }
    }

    /// The failure of a request whose handler panicked. The panic's own message is on standard error.
    pub fn of_panic() -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, why: "the handler panicked".to_owned() }
    }

    /// The message for the caller, which tells nothing about the inside of the server.
    pub fn message(&self) -> &'static str {
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => "Too much is being changed at once; try again",
            _ => "Something went wrong on our side; try again",
        }
    }
}

impl From<&StoreError> for Failure {
    fn from(error: &StoreError) -> Self {
        Self::new(error.is_passing(), error)
    }
}

impl From<&ImportError> for Failure {
    fn from(error: &ImportError) -> Self {
        Self::new(error.is_passing(), error)
    }
}

/// Adds the headers for an error status (how to authenticate, when to retry) unless the answer has them, and the failure
/// for the log. `challenge` is the value of `WWW-Authenticate`.
pub fn complete(mut answer: Response, challenge: &'static str, failure: Option<Failure>) -> Response {
    let header = match answer.status() {
        StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenge))),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, RETRY_AFTER_SECONDS)),
        _ => None,
    };
    if let Some((name, value)) = header {
        answer.headers_mut().entry(name).or_insert(value);
    }
    if let Some(failure) = failure {
        answer.extensions_mut().insert(failure);
    }
    answer
}
