//! Failures of the server (5xx), told apart by whether a retry may help the caller.
//!
//! A door answers in its own error shape and attaches the reason to the response. The layer around all doors writes the
//! single log line for the failure ([`crate::observed`]).

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use shared::import::ImportError;
use shared::store::StoreError;

/// The time after which a caller may retry, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

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

/// Adds the headers for an error status (how to authenticate, when to retry), and the failure for the log. `challenge`
/// is the value of `WWW-Authenticate`.
pub fn complete(mut answer: Response, challenge: &'static str, failure: Option<Failure>) -> Response {
    let header = match answer.status() {
        StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenge))),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Some((RETRY_AFTER, RETRY_AFTER_SECONDS)),
        _ => None,
    };
    answer.headers_mut().extend(header);
    if let Some(failure) = failure {
        answer.extensions_mut().insert(failure);
    }
    answer
}
