//! Error responses of the Copernica door: `{"error":{"message":"…"}}`, with 400 for every error of a client.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use shared::profiles::ProfileError;
use shared::schema::SchemaError;
use shared::store::StoreError;

use crate::answer::{MESSAGE, shortened};
use crate::failure::{Failure, complete};

/// The content type of every answer with a body, without a charset.
pub const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// An error response of the Copernica door.
#[derive(Clone, Debug)]
pub struct CopernicaError {
    status: StatusCode,
    message: String,
    failure: Option<Failure>,
}

impl CopernicaError {
    /// 400 with a message.
    pub fn saying(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.into(), failure: None }
    }

    /// 400 for an unknown path, and for a known path with another method.
    pub fn invalid_method() -> Self {
        Self::saying("Invalid method")
    }

    /// 400 for a body or a parameter of another form than the method takes.
    pub fn invalid_data() -> Self {
        Self::saying("Invalid data provided")
    }

    /// 400 for a token that is missing, unknown, revoked or expired.
    pub fn invalid_token() -> Self {
        Self::saying("Invalid access token")
    }

    /// 400 for a path that ends too early; `number` counts the parts of a path from 0.
    pub fn missing_element(number: usize) -> Self {
        Self::saying(format!("Invalid request, element {number} is missing in 'directory' path"))
    }

    /// 500 or 503, with the reason for the log.
    pub fn failed(failure: Failure) -> Self {
        Self { status: failure.status, message: failure.message().to_owned(), failure: Some(failure) }
    }

    /// The error of a request that never reached the door. Every client error becomes 400.
    pub fn plain(status: StatusCode, why: &str) -> Self {
        let status = if status.is_client_error() { StatusCode::BAD_REQUEST } else { status };
        Self { status, message: why.to_owned(), failure: None }
    }
}

impl From<StoreError> for CopernicaError {
    fn from(error: StoreError) -> Self {
        Self::failed(Failure::from(&error))
    }
}

impl From<SchemaError> for CopernicaError {
    fn from(error: SchemaError) -> Self {
        match error {
            SchemaError::Store(error) => error.into(),
            SchemaError::NotFound => Self::saying("No entity with supplied ID"),
            error => Self::saying(format!("Invalid data provided: {error}")),
        }
    }
}

impl From<ProfileError> for CopernicaError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Store(error) => error.into(),
            ProfileError::NotFound => Self::saying("No entity with supplied ID"),
            ProfileError::Removed => Self::saying("This profile has already been removed"),
            error => Self::saying(format!("Invalid data provided: {error}")),
        }
    }
}

impl IntoResponse for CopernicaError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "message": shortened(self.message, MESSAGE) } }).to_string();
        let answer = (self.status, [(CONTENT_TYPE, JSON)], body).into_response();
        complete(answer, "Bearer realm=\"waybill\"", self.failure)
    }
}
