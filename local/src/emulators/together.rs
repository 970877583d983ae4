//! DynamoDB, S3 and SQS at one address, for functions outside of this process.
//!
//! A bootstrap gets a single address of AWS (`AWS_ENDPOINT_URL`). Each request says which service it is for: requests to
//! DynamoDB and SQS name an operation in the header `X-Amz-Target`, and requests to S3 have no such header.
//!
//! Every program that reaches the address can read and write everything: DynamoDB and SQS check no credentials, and the
//! credentials that S3 checks are public. The address is therefore on loopback unless the person who starts the service
//! names another address, as containers need it. The gate refuses web pages at every address.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use tower::ServiceExt;

use super::sqs::{self, Queues};
use super::{GRACE, StartError};
use crate::gate::{Callers, Gate, HostName, plain};
use crate::http::{Bound, Limits, Server};

/// Name of the host machine inside of a container.
const HOST_OF_CONTAINERS: &str = "host.docker.internal";

/// The server for all three services.
pub(super) struct Together {
    server: Server,
    url: String,
}

/// Routers of the services behind the address.
#[derive(Clone)]
struct Services {
    dynamodb: Router,
    s3: Router,
    sqs: Router,
}

impl Together {
    pub(super) async fn start(
        address: SocketAddr,
        (dynamodb, s3): (Router, Router),
        queues: Arc<Queues>,
        callers: &Callers,
    ) -> Result<Self, StartError> {
        let bound = Bound::to(address).await.map_err(|source| StartError::Together { address, source })?;
        let name = host(address);
        let url = format!("http://{name}:{}", bound.port());
        let mut callers = callers.clone();
        // Functions send the name in their URL as the host, so the gate has to accept that name as well as loopback names.
        callers.names.push(HostName::at(&name, bound.port()));
        let gate = Gate::new(&callers, bound.port(), plain);
        let server = bound.serve(Limits::default(), |stopped| {
            let sqs = sqs::router(queues, &url, stopped);
            gate.before(Router::new().fallback(any(hand_on)).with_state(Services { dynamodb, s3, sqs }))
        });
        Ok(Self { server, url })
    }

    /// Base URL for functions, for example `http://127.0.0.1:4566`. For an address on every interface the host is the name
    /// of this machine inside of containers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) async fn shutdown(self) {
        self.server.shutdown(GRACE).await;
    }
}

/// Host of the URL for an address.
fn host(address: SocketAddr) -> String {
    match address {
        _ if address.ip().is_unspecified() => HOST_OF_CONTAINERS.to_owned(),
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

/// Passes a request to its service.
async fn hand_on(State(services): State<Services>, request: Request) -> Response {
    let target = request.headers().get("x-amz-target").map_or(&b""[..], |target| target.as_bytes());
    let service = if target.starts_with(b"DynamoDB_") {
        services.dynamodb
    } else if target.starts_with(b"AmazonSQS.") {
        services.sqs
    } else {
        services.s3
    };
    let Ok(answer) = service.oneshot(request).await;
    answer
}

#[cfg(test)]
mod tests;
