//! The base URL by which the caller reached the API, from which links in responses are built.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

/// Scheme and host without a trailing slash, e.g. `https://api.example.com`. Both come from headers that any client can
/// send, so a scheme other than `http` and `https`, or an invalid host, is ignored.
#[derive(Clone, Debug)]
pub struct Base(pub String);

/// The longest host in characters: 253 for a host name and the rest for a port.
const LONGEST_HOST: usize = 260;

impl<S: Sync> FromRequestParts<S> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = header(HOST.as_str()).filter(|host| is_host(host));
        let host = host.or(parts.uri.authority().map(Authority::as_str).filter(|host| is_host(host)));
        // The first proxy in the list is the proxy that the caller reached.
        let proxy = header("x-forwarded-proto").and_then(|schemes| schemes.split(',').next()).map(str::trim);
        let scheme = match proxy {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
            _ => "http",
        };
        Ok(Self(format!("{scheme}://{}", host.unwrap_or("localhost"))))
    }
}

/// Returns whether a text is a host name or an address, with an optional port and without user name or password.
fn is_host(text: &str) -> bool {
    let authority = text.parse::<Authority>();
    text.len() <= LONGEST_HOST && authority.is_ok_and(|host| !host.host().is_empty() && !text.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn hosts_are_told_from_what_would_lead_elsewhere() {
        for host in ["localhost", "127.0.0.1:8080", "[::1]:80", "api.example.com"] {
            assert!(is_host(host), "{host}");
        }
        let long = "a".repeat(300);
        for other in ["", "a@b", "a:b@c", "a/b", "a b", "a?b", "a#b", "\"><x", ":80", long.as_str()] {
            assert!(!is_host(other), "{other}");
        }
    }
}
