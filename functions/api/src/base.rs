//! The URL that the caller reached us by: links in answers lead back the same way.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;

/// Scheme and host, without a slash at the end. Both come from headers that anybody can send, so a scheme other than
/// `http` and `https`, and a host that is none, are passed over.
#[derive(Clone, Debug)]
pub struct Base(pub String);

/// Host names have at most 253 letters, and a port six more.
const LONGEST_HOST: usize = 260;

impl<S: Sync> FromRequestParts<S> for Base {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = header(HOST.as_str()).filter(|host| is_host(host));
        let host = host.or(parts.uri.authority().map(Authority::as_str).filter(|host| is_host(host)));
        // Of several proxies the first is the one that the caller reached.
        let proxy = header("x-forwarded-proto").and_then(|schemes| schemes.split(',').next()).map(str::trim);
        let scheme = match proxy {
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => "https",
            _ => "http",
        };
        Ok(Self(format!("{scheme}://{}", host.unwrap_or("localhost"))))
    }
}

/// A name or an address, perhaps with a port; nobody's name and password.
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
