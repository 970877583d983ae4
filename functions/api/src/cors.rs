//! Browsers of other origins.
//!
//! A token is sent in a header or in the query and never by a cookie, so a page of another origin can do nothing that its
//! author could not do without a browser; any origin may ask, as at the bucket. On AWS the HTTP API answers preflight
//! requests itself, by the same lists in `template.yaml`.

use std::time::Duration;

use axum::http::{HeaderName, Method};
use tower_http::cors::{Any, CorsLayer};

/// The methods of the doors.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// The headers that the doors read.
const ALLOWED: [&str; 5] = ["authorization", "content-type", "idempotency-key", "x-freckletoken", "x-nokotoken"];
/// The headers of answers that a page may read.
const EXPOSED: [&str; 5] = ["link", "location", "retry-after", "www-authenticate", "x-request-id"];
/// How long a browser remembers a preflight answer, in seconds.
const MAX_AGE: u64 = 3600;

/// The layer that answers preflight requests and names in every answer who may read it.
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
            "AllowOrigins: [\"*\"]".to_owned(),
            format!("AllowMethods: [{}]", METHODS.join(", ")),
            format!("AllowHeaders: [{}]", ALLOWED.join(", ")),
            format!("ExposeHeaders: [{}]", EXPOSED.join(", ")),
            format!("MaxAge: {MAX_AGE}"),
        ] {
            assert!(api.contains(&line), "{line}");
        }
    }
}
