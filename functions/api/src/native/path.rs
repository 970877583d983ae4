//! The parts of a path that vary, e.g. the `7` of `/imports/7`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Problem;

/// The text in a path, or the texts as a tuple. A path whose bytes are no text leads to nothing, so the answer is 404 in the
/// door's shape, where axum's own extractor would answer 400 in plain text.
pub struct Path<T = String>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(text)| Self(text)).map_err(|_| Problem::not_found())
    }
}
