//! The request for a file: one connection, one answer, redirects by hand.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, ACCEPT_ENCODING, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::addresses::is_public;
use super::content::{FileContent, FileValidators, conditions};
use super::error::{FetchError, Why};
use super::limits::FetchLimits;
use super::location::{Location, Target, WrongLocation};
use super::network::{Internet, Network};

/// The most addresses of a name that are tried.
const ADDRESSES: usize = 3;
/// The most bytes of the head of an answer.
const HEAD: usize = 64 * 1024;
/// The name by which servers know Waybill.
const AGENT: &str = concat!("waybill/", env!("CARGO_PKG_VERSION"));

/// Fetches files. Clones share the network.
#[derive(Clone, Debug)]
pub struct Fetcher {
    network: Arc<dyn Network>,
    /// The bounds of each fetch.
    pub limits: FetchLimits,
    /// True if events may be posted to plain HTTP on loopback.
    loopback: bool,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::through(Arc::new(Internet::default()), FetchLimits::default())
    }
}

/// The end of a single request: the file from this host, the place where it is, or the answer that it is a known one.
enum Answer {
    File(Response<Incoming>, Connection, String),
    Elsewhere(String),
    Unchanged,
}

impl Fetcher {
    /// Fetches through a network of a test, with limits of a test.
    pub fn through(network: Arc<dyn Network>, limits: FetchLimits) -> Self {
        Self { network, limits, loopback: false }
    }

    /// The same client, which also posts to plain HTTP on loopback, for the local service: programs on the same machine then get
    /// events.
    #[must_use]
    pub fn local(self) -> Self {
        Self { loopback: true, ..self }
    }

    /// Checks the form of an address to which events are to be posted.
    pub fn receiver(&self, text: &str) -> Result<Location, WrongLocation> {
        Location::receiver(text, self.loopback)
    }

    /// Asks for a file and reads the head of the answer, after all redirects. `quota` is the most bytes that a file of the
    /// account may have, or `None` without a quota.
    pub async fn open(&self, location: &Location, quota: Option<u64>) -> Result<Fetched, FetchError> {
        let file = self.open_unless(location, &[], quota).await?;
        file.ok_or_else(|| FetchError { shown: location.shown(), why: Why::Status(304) })
    }

    /// Asks for a file like [`open`](Self::open), unless the file has one of the contents in `known`. `None` if the server
    /// answers that the file has one of them. A server may send a known file all the same.
    pub async fn open_unless(
        &self,
        location: &Location,
        known: &[FileContent],
        quota: Option<u64>,
    ) -> Result<Option<Fetched>, FetchError> {
        let deadline = Instant::now() + self.limits.total;
        let mut at = location.clone();
        for _ in 0..=self.limits.redirects {
            let failed = |why| FetchError { shown: at.shown(), why };
            let asked = timeout_at(deadline, self.ask(&at, known)).await;
            match asked.unwrap_or(Err(Why::TooSlow)).map_err(failed)? {
                Answer::File(response, connection, host) => {
                    let answered = (FileValidators::of(&host, response.headers()), response);
                    let most = SizeLimit::of(self.limits.size, quota);
                    let times = (self.limits.idle, deadline);
                    return Fetched::begin(answered, connection, at.shown(), times, most).map(Some);
                }
                Answer::Unchanged => return Ok(None),
                Answer::Elsewhere(to) => {
                    at = at.redirected(&to).map_err(|wrong| failed(Why::Refused(format!("of a redirect {wrong}"))))?;
                }
            }
        }
        Err(FetchError { shown: location.shown(), why: Why::Redirects(self.limits.redirects) })
    }

    async fn ask(&self, at: &Location, known: &[FileContent]) -> Result<Answer, Why> {
        let target = at.target().ok_or(Why::NoAddress)?;
        let conditions = conditions(known, &target.name);
        let is_conditional = !conditions.is_empty();
        let mut request = Request::get(&target.path)
            .header(HOST, &target.name)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "*/*")
            // The bytes are wanted as they are; a packed file is unpacked by the plan.
            .header(ACCEPT_ENCODING, "identity");
        for (name, value) in conditions {
            request = request.header(name, value);
        }
        let request = request.body(Full::default()).map_err(|_| Why::Broken)?;
        let stream = self.secured(&target).await?;
        let (response, connection) = self.exchange(stream, request).await?;
        match response.status().as_u16() {
            200 => Ok(Answer::File(response, connection, target.name)),
            304 if is_conditional => Ok(Answer::Unchanged),
            status @ (301 | 302 | 303 | 307 | 308) => {
                let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                to.map(|to| Answer::Elsewhere(to.to_owned())).ok_or(Why::Status(status))
            }
            status => Err(Why::Status(status)),
        }
    }

    /// A connection by TLS to one of the public addresses of the target.
    pub(super) async fn secured(&self, target: &Target) -> Result<TlsStream<TcpStream>, Why> {
        let stream = self.connect(target).await?;
        let server = match target.address {
            Some(address) => ServerName::IpAddress(address.into()),
            None => ServerName::try_from(target.name.clone()).map_err(|_| Why::NoAddress)?,
        };
        let tls = self.network.tls().map_err(|error| Why::Tls(error.to_string()))?;
        let handshake = self.soon(TlsConnector::from(tls).connect(server, stream)).await?;
        handshake.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(error @ (rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_))) => {
                Why::Tls(error.to_string())
            }
            Some(_) => Why::Tls("the server does not speak TLS".to_owned()),
            None => Why::Unreachable,
        })
    }

    /// Sends a request, and reads the head of the answer.
    pub(super) async fn exchange(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<(Response<Incoming>, Connection), Why> {
        let mut client = http1::Builder::new();
        client.max_buf_size(HEAD);
        let (mut sender, connection) =
            self.soon(client.handshake(TokioIo::new(stream))).await?.map_err(|_| Why::Broken)?;
        let connection = Connection(tokio::spawn(async move { drop(connection.await) }).abort_handle());
        let response = timeout(self.limits.idle, sender.send_request(request)).await.map_err(|_| Why::TooSlow)?;
        Ok((response.map_err(|_| Why::Broken)?, connection))
    }

    /// Connects to one of the public addresses of the target, or of a target on loopback to an address on loopback if the client may
    /// do so. No other address is dialled.
    pub(super) async fn connect(&self, target: &Target) -> Result<TcpStream, Why> {
        if target.is_loopback && !self.loopback {
            return Err(Why::NotPublic);
        }
        let found = match target.address {
            Some(address) => vec![address],
            None => {
                let resolved = self.soon(self.network.resolve(&target.name)).await?;
                resolved.map_err(|_| Why::NoAddress)?
            }
        };
        if found.is_empty() {
            return Err(Why::NoAddress);
        }
        let may_be_dialled = |found: &IpAddr| if target.is_loopback { found.is_loopback() } else { is_public(*found) };
        let dialled = found.into_iter().map(|found| found.to_canonical()).filter(may_be_dialled);
        let mut why = Why::NotPublic;
        for address in dialled.take(ADDRESSES) {
            match self.dial(SocketAddr::new(address, target.port)).await {
                Ok(stream) => return Ok(stream),
                Err(error) => why = error,
            }
        }
        Err(why)
    }

    async fn dial(&self, address: SocketAddr) -> Result<TcpStream, Why> {
        let dialled = self.soon(self.network.dial(address)).await?;
        dialled.map_err(|_| Why::Unreachable)
    }

    /// Bounds a step of making a connection.
    async fn soon<T>(&self, step: impl Future<Output = T>) -> Result<T, Why> {
        timeout(self.limits.connect, step).await.map_err(|_| Why::TooSlow)
    }
}

/// The task that drives a connection, which ends with this value.
pub(super) struct Connection(AbortHandle);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The most bytes of a file, with the error for a larger file.
struct SizeLimit {
    bytes: u64,
    exceeded: Why,
}

impl SizeLimit {
    /// The smaller one of the size that is fetched for any account and the quota.
    fn of(size: u64, quota: Option<u64>) -> Self {
        match quota.filter(|quota| *quota < size) {
            Some(quota) => Self { bytes: quota, exceeded: Why::OverQuota(quota) },
            None => Self { bytes: size, exceeded: Why::TooLarge(size) },
        }
    }
}

/// A file whose bytes arrive.
pub struct Fetched {
    body: Incoming,
    /// The validators in the head of the answer.
    pub validators: FileValidators,
    _connection: Connection,
    shown: String,
    idle: Duration,
    deadline: Instant,
    most: SizeLimit,
    received: u64,
}

impl Fetched {
    fn begin(
        (validators, response): (FileValidators, Response<Incoming>),
        connection: Connection,
        shown: String,
        (idle, deadline): (Duration, Instant),
        most: SizeLimit,
    ) -> Result<Self, FetchError> {
        let body = response.into_body();
        if body.size_hint().lower() > most.bytes {
            return Err(FetchError { shown, why: most.exceeded });
        }
        Ok(Self { body, validators, _connection: connection, shown, idle, deadline, most, received: 0 })
    }

    /// Tells by the head of the answer whether the file has one of the contents in `known`. `None` if only the bytes can tell.
    pub fn is_among(&self, known: &[FileContent]) -> Option<bool> {
        self.validators.is_among(known, self.body.size_hint().exact())
    }

    /// The next bytes, or `None` at the end of a whole file.
    pub async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        self.read().await.map_err(|why| FetchError { shown: self.shown.clone(), why })
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Why> {
        loop {
            let until = self.deadline.min(Instant::now() + self.idle);
            let frame = timeout_at(until, self.body.frame()).await.map_err(|_| Why::TooSlow)?;
            let Some(frame) = frame else { return Ok(None) };
            // Fewer bytes than announced are an error of hyper, and so is the end of a connection without the end of TLS.
            let Ok(bytes) = frame.map_err(|_| Why::Broken)?.into_data() else { continue };
            self.received += bytes.len() as u64;
            if self.received > self.most.bytes {
                return Err(self.most.exceeded.clone());
            }
            return Ok(Some(bytes));
        }
    }
}
