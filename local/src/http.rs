//! HTTP servers that end when they are told to, whatever their clients do.
//!
//! `axum::serve` waits for a client that has sent half a request for as long as the client stays. The servers here give
//! a request's head and each further piece of its body a time ([`Limits`]), and a shutdown gives the connections a
//! grace, after which they are cut off.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::map_request;
use axum::{BoxError, Router};
use hyper::body::{Frame, SizeHint};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Sleep, sleep};

/// How long a server without free descriptors waits before it accepts again.
const PAUSE: Duration = Duration::from_secs(1);

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the head of a request, from its first wait on: an idle connection is closed after it, too.
    pub head: Duration,
    /// For each piece of a body.
    pub body: Duration,
}

impl Default for Limits {
    /// Half a minute each.
    fn default() -> Self {
        Self { head: Duration::from_secs(30), body: Duration::from_secs(30) }
    }
}

/// A port, not served yet: connections wait.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Listens at an address; port 0: any.
    pub async fn to(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where the server will be, such as `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves the router that is made for a server which tells when it stops.
    pub fn serve(self, limits: Limits, router: impl FnOnce(Stopped) -> Router) -> Server {
        let (stop, stopped) = watch::channel(());
        let stopped = Stopped(stopped);
        let timed = move |request: Request| async move {
            request.map(|body| Body::new(TimedBody { body, limit: limits.body, waits: None }))
        };
        let router = router(stopped.clone()).layer(map_request(timed));
        let url = self.url();
        Server { url, stop, task: tokio::spawn(accept(self.listener, router, limits, stopped)) }
    }
}

/// A server on its port. Dropping it tells it to stop.
pub struct Server {
    url: String,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Where the server is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Accepts nothing new, lets requests be answered for as long as `grace`, and cuts off the connections that are left.
    pub async fn shutdown(self, grace: Duration) {
        drop(self.stop);
        let mut task = self.task;
        if tokio::time::timeout(grace, &mut task).await.is_err() {
            task.abort();
            // Until the connections are gone, and with them their handlers.
            let _ = task.await;
        }
    }
}

/// Tells when a server is to stop.
#[derive(Clone)]
pub struct Stopped(watch::Receiver<()>);

impl Stopped {
    /// Ends when the server is to stop.
    pub async fn wait(mut self) {
        // Nothing is ever sent: the sender's end is the signal.
        let _ = self.0.changed().await;
    }
}

/// Accepts connections until the server is to stop, and then waits for their ends. Dropping this cuts them off.
async fn accept(listener: TcpListener, router: Router, limits: Limits, stopped: Stopped) {
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stopped.clone().wait());
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => drop(connections.spawn(answer(stream, router.clone(), limits, stopped.clone()))),
                Err(error) if of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Answers the requests of a connection.
async fn answer(stream: TcpStream, router: Router, limits: Limits, stopped: Stopped) {
    // An answer in two packets would otherwise wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client that breaks off, or is too slow, is no trouble of ours.
        _ = &mut connection => return,
        () = stopped.wait() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A body whose pieces have a time. `tower-http` has one, too, which does not tell its length: S3 asks for that.
struct TimedBody {
    body: Body,
    limit: Duration,
    /// Runs while a piece is awaited.
    waits: Option<Pin<Box<Sleep>>>,
}

/// A piece of a body did not come in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not come on for {} ms", .0.as_millis())]
struct TooSlow(Duration);

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.waits = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(BoxError::from)));
        }
        let limit = this.limit;
        let waits = this.waits.get_or_insert_with(|| Box::pin(sleep(limit)));
        waits.as_mut().poll(context).map(|()| Some(Err(TooSlow(limit).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether an error of `accept` tells of the connection that would have been the next, and of nothing else.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
