//! The last part of a path that varies, e.g. the `7` of `/imports/7`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Problem;

/// The text in a path. A path whose bytes are no text leads to nothing, so the answer is 404 in the door's shape, where
/// axum's own extractor would answer 400 in plain text.
pub struct Path(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(text)| Self(text)).map_err(|_| Problem::not_found())
    }
}
