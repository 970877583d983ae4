//! The network as a fetch uses it: names, connections, and the authorities whose certificates are trusted.

use std::fmt::Debug;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, lookup_host};

/// The addresses of a name.
pub type Resolved = Vec<IpAddr>;

/// Resolves names and dials addresses. Tests put a network in this place whose addresses lead to loopback.
pub trait Network: Debug + Send + Sync {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Resolved>>;
    /// Connects to exactly this address.
    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>>;
    /// The settings of TLS, with the trusted authorities.
    fn tls(&self) -> io::Result<Arc<ClientConfig>>;
}

/// The internet, as the operating system reaches it.
#[derive(Debug, Default)]
pub(super) struct Internet {
    /// Made with the first connection, because most functions fetch nothing.
    tls: OnceLock<Arc<ClientConfig>>,
}

impl Network for Internet {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Resolved>> {
        Box::pin(async move { Ok(lookup_host((name, super::location::PORT)).await?.map(|found| found.ip()).collect()) })
    }

    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        Box::pin(TcpStream::connect(address))
    }

    fn tls(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(made) = self.tls.get() {
            return Ok(Arc::clone(made));
        }
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth();
        Ok(Arc::clone(self.tls.get_or_init(|| Arc::new(config))))
    }
}
