//! Failures that are ours, told apart by what the caller can do about them.
//!
//! A door answers in its own shape and hands the reason on with the answer; the layer that sees the whole request writes the
//! one line of the log ([`crate::observed`]).

use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use shared::import::ImportError;
use shared::store::StoreError;

/// When a caller that was turned away may come again, in seconds.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("2");

/// Why a request failed, for the log; an extension of the answer.
#[derive(Clone, Debug)]
pub struct Failure {
    /// 503 for what may be over in a moment, 500 for the rest.
    pub status: StatusCode,
    /// In words, for us.
    pub why: String,
}

impl Failure {
    /// A failure that is over in a moment, if it is `passing`.
    fn new(is_passing: bool, error: &dyn std::error::Error) -> Self {
        let status = if is_passing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        Self { status, why: error.to_string() }
    }

    /// A handler panicked; the panic's own message is on standard error.
    pub fn of_panic() -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, why: "the handler panicked".to_owned() }
    }

    /// For the caller.
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

/// Adds to an error answer what its status asks for, and the reason for the log. `challenge` says how to authenticate.
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
