//! The URL that the caller reached us by: links in answers lead back the same way.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;

/// Scheme and host, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Base(pub String);

impl<S: Sync> FromRequestParts<S> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = header(HOST.as_str()).or(parts.uri.authority().map(|authority| authority.as_str()));
        // Of several proxies the first is the one that the caller reached.
        let scheme =
            header("x-forwarded-proto").and_then(|schemes| schemes.split(',').next()).map_or("http", str::trim);
        Ok(Self(format!("{scheme}://{}", host.unwrap_or("localhost"))))
    }
}
