//! A site on loopback that speaks TLS, and a network whose names and addresses all lead there.
//!
//! The network records each address that is dialled. So a test may resolve names to public addresses, which no test reaches,
//! and see what would have been dialled.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use shared::fetch::{FetchLimits, Fetcher, Network, Resolved};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate for `files.example.com` and `other.example.com`, which nothing outside of these tests trusts.
const CERTIFICATE: &[u8] = include_bytes!("../fixtures/tls/certificate.der");
const KEY: &[u8] = include_bytes!("../fixtures/tls/key.der");

/// A public address that nobody dials in a test.
pub const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 215, 14));

/// The answer of the site to a request.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These bytes, and the proper end of the connection.
    Whole(Vec<u8>),
    /// These bytes, and the connection is cut without the end of TLS.
    Cut(Vec<u8>),
    /// These bytes, and nothing more while the client waits.
    Silent(Vec<u8>),
    /// These bytes, and then a piece of 64 KB after each pause, without end.
    Endless(Vec<u8>, Duration),
}

impl Reply {
    /// A whole file.
    pub fn file(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
        Self::Whole([head.as_bytes(), bytes].concat())
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self::Whole(format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }

    /// A redirect.
    pub fn to(location: &str) -> Self {
        Self::Whole(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes())
    }

    /// An answer without a length, which ends with the connection.
    pub fn open_ended(bytes: impl AsRef<[u8]>) -> Self {
        Self::Whole([b"HTTP/1.1 200 OK\r\n\r\n", bytes.as_ref()].concat())
    }
}

/// Answers a request by its head, e.g. `GET /a.csv?x=1 HTTP/1.1…`, and its number from 1.
type Answering = Arc<dyn Fn(&str, usize) -> Reply + Send + Sync>;

/// The site with its network.
#[derive(Clone)]
pub struct Site(Arc<Inner>);

struct Inner {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    /// The answers to look-ups of a name, of which the last is given again and again. A name without an entry has
    /// [`PUBLIC`] alone.
    names: Mutex<HashMap<String, Vec<Resolved>>>,
    dialled: Mutex<Vec<SocketAddr>>,
    heads: Mutex<Vec<String>>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Site")
    }
}

impl Network for Site {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Resolved>> {
        let mut names = self.0.names.lock().expect("no test panics with the lock");
        let found = match names.get_mut(name) {
            None => vec![PUBLIC],
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers.first().cloned().unwrap_or_default(),
        };
        Box::pin(async move { Ok(found) })
    }

    fn dial(&self, address: SocketAddr) -> BoxFuture<'_, io::Result<TcpStream>> {
        self.0.dialled.lock().expect("no test panics with the lock").push(address);
        Box::pin(TcpStream::connect(self.0.address))
    }

    fn tls(&self) -> io::Result<Arc<ClientConfig>> {
        Ok(Arc::clone(&self.0.tls))
    }
}

impl Site {
    /// Opens a site on loopback, which ends with the test.
    pub async fn open(answering: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> anyhow::Result<Self> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let certificate = CertificateDer::from(CERTIFICATE);
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone())?;
        let client =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let client = client.with_root_certificates(roots).with_no_client_auth();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
        let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let server = server.with_no_client_auth().with_single_cert(vec![certificate], key)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let site = Self(Arc::new(Inner {
            address: listener.local_addr()?,
            tls: Arc::new(client),
            names: Mutex::default(),
            dialled: Mutex::default(),
            heads: Mutex::default(),
        }));
        let (seen, answering): (_, Answering) = (site.clone(), Arc::new(answering));
        let acceptor = TlsAcceptor::from(Arc::new(server));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answering, acceptor) = (seen.clone(), Arc::clone(&answering), acceptor.clone());
                tokio::spawn(async move { seen.answer(&acceptor, stream, &answering).await });
            }
        });
        Ok(site)
    }

    async fn answer(&self, acceptor: &TlsAcceptor, stream: TcpStream, answering: &Answering) -> io::Result<()> {
        let mut stream = acceptor.accept(stream).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let number = {
            let mut heads = self.0.heads.lock().expect("no test panics with the lock");
            heads.push(head.clone());
            heads.len()
        };
        match answering(&head, number) {
            Reply::Whole(bytes) => {
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
            Reply::Cut(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await
            }
            Reply::Silent(bytes) => {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
                stream.read_u8().await.map(drop)
            }
            Reply::Endless(bytes, pause) => {
                stream.write_all(&bytes).await?;
                loop {
                    stream.write_all(&[b'x'; 64 * 1024]).await?;
                    stream.flush().await?;
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Lets the look-ups of a name find these addresses, one list after the other.
    pub fn resolves(&self, name: &str, answers: &[&[&str]]) {
        let parsed =
            answers.iter().map(|list| list.iter().map(|ip| ip.parse().expect("an address")).collect()).collect();
        self.0.names.lock().expect("no test panics with the lock").insert(name.to_owned(), parsed);
    }

    /// The addresses dialled since the last call.
    pub fn dialled(&self) -> Vec<SocketAddr> {
        std::mem::take(&mut self.0.dialled.lock().expect("no test panics with the lock"))
    }

    /// The heads of the requests since the last call.
    pub fn heads(&self) -> Vec<String> {
        std::mem::take(&mut self.0.heads.lock().expect("no test panics with the lock"))
    }

    /// A client that reaches the site alone, with limits of a few seconds.
    pub fn fetcher(&self) -> Fetcher {
        let limits = FetchLimits {
            connect: Duration::from_secs(5),
            idle: Duration::from_secs(5),
            total: Duration::from_secs(60),
            size: 64 << 20,
            redirects: 5,
        };
        Fetcher::through(Arc::new(self.clone()), limits)
    }
}
