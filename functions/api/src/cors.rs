//! Cross-origin requests from browsers (CORS).
//!
//! A token is sent in a header or in the query, never in a cookie. A page of another origin can therefore do nothing
//! that its author could not do without a browser, so every origin is allowed, as at the bucket. On AWS the HTTP API
//! answers preflight requests itself, from the same lists in `template.yaml`.

use std::time::Duration;

use axum::http::{HeaderName, Method};
use tower_http::cors::{Any, CorsLayer};

/// The HTTP methods that the doors accept from a page of any origin.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// The request headers that a page may send, because the doors read these headers or clients of the vendor send them.
const ALLOWED: [&str; 13] = [
    "account-token",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-none-match",
    "x-api-version",
    "x-auth-token",
    "x-client-name",
    "x-client-platform",
    "x-feature-flags",
    "x-freckletoken",
    "x-nokotoken",
    "x-organization-id",
];
/// The response headers that a page may read.
const EXPOSED: [&str; 9] = [
    "etag",
    "link",
    "location",
    "retry-after",
    "www-authenticate",
    "x-created",
    "x-deleted",
    "x-location",
    "x-request-id",
];
/// The time for which a browser may cache a preflight response, in seconds.
const MAX_AGE: u64 = 3600;

/// The layer that answers preflight requests and adds the CORS headers to every response.
pub fn layer() -> CorsLayer {
    let names = |names: &[&'static str]| names.iter().map(|&name| HeaderName::from_static(name)).collect::<Vec<_>>();
    let methods = METHODS.iter().filter_map(|method| Method::from_bytes(method.as_bytes()).ok());
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods(methods.collect::<Vec<_>>())
        .allow_headers(names(&ALLOWED))
        .expose_headers(names(&EXPOSED))
        .max_age(Duration::from_secs(MAX_AGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deployed_api_allows_the_same() {
        let template = include_str!("../../../template.yaml");
        let api = template.split("AWS::Serverless::HttpApi").nth(1).unwrap_or_default();
        for line in [
            // The parameter's default is any origin.
            "AllowOrigins: {Ref: CorsOrigins}".to_owned(),
            format!("AllowMethods: [{}]", METHODS.join(", ")),
            format!("AllowHeaders: [{}]", ALLOWED.join(", ")),
            format!("ExposeHeaders: [{}]", EXPOSED.join(", ")),
            format!("MaxAge: {MAX_AGE}"),
        ] {
            assert!(api.contains(&line), "{line}");
        }
    }
}
