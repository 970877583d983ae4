//! The gate in front of every local server keeps foreign web pages out.
//!
//! A server on loopback is not private: any page in a browser on the same machine can send requests to the server,
//! and everybody knows the local tokens and keys. Before a request reaches a handler, two checks keep pages out:
//!
//! # Checks
//!
//! - **Host.** A page whose own name resolves to 127.0.0.1 (DNS rebinding) has the same origin as the server, and
//!   could read the answers. The requests of such a page carry the page's name in `Host`. The gate therefore
//!   accepts only loopback names with the server's port, and the configured names.
//! - **Origin and Sec-Fetch-Site.** Browsers state in these headers where a request comes from, and no page can
//!   change them. A request from a page outside of the service is refused, and so is its preflight request.
//!   Programs send neither header.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::{Authority, Scheme};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

/// A name of the service besides the loopback names, written as `NAME` for any port, or as `NAME:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    name: String,
    port: Option<u16>,
}

/// The error for a text which is not a [`HostName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither NAME nor NAME:PORT")]
pub struct NoHostName(String);

impl FromStr for HostName {
    type Err = NoHostName;

    fn from_str(text: &str) -> Result<Self, NoHostName> {
        let wrong = || NoHostName(text.to_owned());
        let authority: Authority = text.parse().map_err(|_| wrong())?;
        // `Authority` ignores a port which is not a number, so the port is checked here.
        if authority.host().is_empty() || text.contains('@') || (text.ends_with(':') || wrong_port(&authority)) {
            return Err(wrong());
        }
        Ok(Self { name: authority.host().to_ascii_lowercase(), port: authority.port_u16() })
    }
}

impl HostName {
    /// The name `host:port`.
    pub(crate) fn at(host: &str, port: u16) -> Self {
        Self { name: host.to_ascii_lowercase(), port: Some(port) }
    }
}

fn wrong_port(authority: &Authority) -> bool {
    authority.port_u16().is_none() && authority.as_str().len() > authority.host().len()
}

/// The hosts and web pages which may call the servers of a system.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// Names of the service besides the loopback names, from the option `--host`.
    pub names: Vec<HostName>,
    /// Port of the doors, whose pages may also call the remaining servers, for example to upload a file to S3.
    /// `None` if the system has no doors.
    pub doors: Option<u16>,
}

/// A function which builds a refusal in the server's own error shape, for the path of the request.
pub type Refuse = fn(path: &str, status: StatusCode, why: &str) -> Response;

/// The gate of a single server.
#[derive(Clone)]
pub struct Gate {
    callers: Arc<Callers>,
    port: u16,
    refuse: Refuse,
}

impl Gate {
    /// Creates the gate of a server at `port`, whose refusals are built by `refuse`.
    pub fn new(callers: &Callers, port: u16, refuse: Refuse) -> Self {
        Self { callers: Arc::new(callers.clone()), port, refuse }
    }

    /// Adds the gate to a router, so every request passes the gate first.
    pub fn before(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, pass))
    }

    /// Status and reason of a refusal, or `None` if the request may pass.
    fn objection(&self, headers: &HeaderMap, uri: &Uri) -> Option<(StatusCode, String)> {
        let host = match headers.get(HOST) {
            Some(host) => host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()),
            None => uri.authority().cloned(),
        };
        let Some(host) = host else {
            return Some((StatusCode::BAD_REQUEST, "The Host header is missing, or names no host".to_owned()));
        };
        if !self.is_ours(&host, 80, &[self.port]) {
            let why = format!(
                "{host} is no name of this service; it takes calls for loopback names with its own port, and for what \
                 --host names"
            );
            return Some((StatusCode::MISDIRECTED_REQUEST, why));
        }
        let from_elsewhere = match (headers.get(ORIGIN), headers.get("sec-fetch-site")) {
            (Some(origin), _) => !origin.to_str().is_ok_and(|origin| self.is_our_page(origin)),
            (None, Some(site)) => !matches!(site.as_bytes(), b"same-origin" | b"none"),
            (None, None) => false,
        };
        from_elsewhere.then(|| {
            let why = "Pages of other sites may not call this service; --host NAME:PORT lets one of yours in";
            (StatusCode::FORBIDDEN, why.to_owned())
        })
    }

    /// True if the value of an `Origin` header belongs to the service.
    fn is_our_page(&self, origin: &str) -> bool {
        let Ok(origin) = origin.parse::<Uri>() else { return false };
        let default_port = match origin.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            _ => return false,
        };
        let ports = [self.port, self.callers.doors.unwrap_or(self.port)];
        origin.authority().is_some_and(|authority| self.is_ours(authority, default_port, &ports))
    }

    /// True if host and port belong to the service, which means a loopback name with one of `ports`,
    /// or a configured name.
    fn is_ours(&self, authority: &Authority, default_port: u16, ports: &[u16]) -> bool {
        let (host, port) = (authority.host(), authority.port_u16().unwrap_or(default_port));
        let configured = |name: &HostName| {
            name.name.eq_ignore_ascii_case(host) && name.port.is_none_or(|configured| configured == port)
        };
        (is_loopback(host) && ports.contains(&port)) || self.callers.names.iter().any(configured)
    }
}

fn is_loopback(host: &str) -> bool {
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    match bare {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match gate.objection(request.headers(), request.uri()) {
        None => next.run(request).await,
        Some((status, why)) => (gate.refuse)(request.uri().path(), status, &why),
    }
}

/// A refusal as plain text, for servers whose clients are programs.
pub fn plain(_path: &str, status: StatusCode, why: &str) -> Response {
    (status, format!("{why}\n")).into_response()
}

#[cfg(test)]
mod tests;
