//! The body of a request, as bytes.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;

use super::Problem;
use crate::BODY_LIMIT;

/// The bytes of a body, whatever the content type is. Many clients send JSON without one.
///
/// A body that is too large is answered with 413, and one that breaks off with 400, both in the door's shape, where axum's
/// own extractor would answer in plain text.
pub struct Sent(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await.map_err(|error| match error.status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::other(status, format!("A body may have {} MB", BODY_LIMIT >> 20))
            }
            _ => Problem::field("body", error.body_text()),
        })?;
        Ok(Self(body))
    }
}
