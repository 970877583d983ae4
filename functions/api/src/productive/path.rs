//! The id in a path, e.g. the `7` of `/imports/7`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::error::ProductiveError;

/// The text of an id in a path. A path whose bytes are no text leads to nothing.
pub struct Path(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = ProductiveError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProductiveError> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(text)| Self(text)).map_err(|_| ProductiveError::not_found())
    }
}

impl Path {
    /// The number of the resource, or 404 for a text that is the spelling of no id.
    pub fn number<T: std::str::FromStr>(&self) -> Result<T, ProductiveError> {
        self.0.parse().map_err(|_| ProductiveError::not_found())
    }
}
