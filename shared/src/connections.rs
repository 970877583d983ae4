//! Connections to AWS: one pool for all clients of a process, which a function fills while it starts.
//!
//! # Trusted certificates
//!
//! AWS signs the certificates of its endpoints under the five roots of Amazon Trust Services, in VPC endpoints too. A
//! function on AWS therefore trusts these five and no others: reading the hundred and more of an operating system took half
//! of the processor time of a start. `Environment::connections` says when the certificates of the system are read instead.
//!
//! # Opened while the function starts
//!
//! Lambda gives a starting function a whole processor, and a request to a running one the share that its memory buys. So
//! the look-up of names and the TLS handshakes belong before the first request. [`Connections::open`] sends an unsigned
//! `GET /` to each service and reads the answer, whatever that says: no role has to allow such a request, and the connection
//! goes back to the pool, from which the first signed request takes it.

use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::timeout::TimeoutConfig;
use futures::future::join_all;

/// The number of attempts that the SDK makes for a request that fails for a passing reason,
/// with random back-off between.
pub const SDK_ATTEMPTS: u32 = 6;

/// The time limits for a single attempt of a request, and for all attempts together. A function's requests must end
/// well before the function's lease does.
const ATTEMPT: Duration = Duration::from_secs(5);
const OPERATION: Duration = Duration::from_secs(15);

/// The time limits of the SDK's requests.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}

/// The longest that the set-up of a TCP connection may take: the SDK's own limit.
const CONNECT: Duration = Duration::from_millis(3100);
/// The longest that a start waits for its connections. The first request makes a connection that is not there by then.
const OPENING: Duration = Duration::from_millis(500);

const AMAZON: &[u8] = include_bytes!("connections/amazon.pem");

/// First letters of the regions whose endpoints may have certificates of other authorities: China, the isolated partitions
/// and the European sovereign cloud.
const OTHER_PARTITIONS: [&str; 4] = ["cn-", "us-iso", "eu-iso", "eusc-"];

/// The certificates under which an endpoint is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The five of Amazon Trust Services.
    Amazon,
    /// The certificates of the operating system, or of the file that `SSL_CERT_FILE` names.
    System,
}

impl Roots {
    /// The certificates of AWS's own endpoints in a region.
    pub fn of_region(region: &str) -> Self {
        if OTHER_PARTITIONS.iter().any(|prefix| region.starts_with(prefix)) { Self::System } else { Self::Amazon }
    }

    fn trust_store(self) -> TrustStore {
        match self {
            Self::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Self::System => TrustStore::default(),
        }
    }
}

/// A pool of connections; clones share it.
#[derive(Clone, Debug)]
pub struct Connections(SharedHttpConnector);

impl Connections {
    /// An empty pool. Requests go through the proxy that `HTTPS_PROXY` and `NO_PROXY` name, as with the SDK's own client.
    pub fn new(roots: Roots) -> Self {
        let tls = TlsContext::builder().with_trust_store(roots.trust_store()).build();
        let builder = settings().proxy_config(ProxyConfig::from_env()).tls_provider(Provider::Rustls(CryptoMode::Ring));
        Self::from(builder.tls_context(tls.expect("a trust store is all that it needs")).build())
    }

    /// An empty pool for emulators, whose addresses begin with `http:`. No certificate is read and no proxy is asked.
    pub fn plain() -> Self {
        Self::from(settings().build_http())
    }

    /// The HTTP client that leads an SDK client to this pool.
    pub fn client(&self) -> SharedHttpClient {
        let connector = self.0.clone();
        http_client_fn(move |_, _| connector.clone())
    }

    /// Opens a connection to each address, for at most half a second. Failures are logged and are no errors: whoever sends
    /// the first real request is told.
    pub async fn open(&self, addresses: &[String]) {
        let opened = join_all(addresses.iter().map(|address| self.open_one(address)));
        if tokio::time::timeout(OPENING, opened).await.is_err() {
            tracing::debug!(?addresses, "connections were not opened in time");
        }
    }

    async fn open_one(&self, address: &str) {
        let sent = async {
            let request = HttpRequest::get(address)?;
            let answer = self.0.call(request).await?;
            // The pool takes a connection back when the answer is read to its end.
            ByteStream::new(answer.into_body()).collect().await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        };
        if let Err(error) = sent.await {
            tracing::debug!(address, error, "a connection was not opened");
        }
    }
}

impl From<Connector> for Connections {
    fn from(connector: Connector) -> Self {
        Self(SharedHttpConnector::new(connector))
    }
}

fn settings() -> ConnectorBuilder {
    Connector::builder().connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build())
}

#[cfg(test)]
mod tests;
