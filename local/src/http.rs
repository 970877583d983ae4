//! HTTP servers with a bounded shutdown, whatever their clients do.
//!
//! `axum::serve` waits for a client which has sent half a request for as long as the client stays connected. The
//! servers of this module limit the time for a request's head and for each further piece of its body ([`Limits`]).
//! A shutdown grants the connections a grace period and then cuts them off.

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

/// Pause after an error such as a lack of file descriptors, before the server accepts connections again.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest times for which a server waits for its clients.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Limit for the head of a request, counted from the start of the wait, so an idle connection is closed
    /// after it as well.
    pub head: Duration,
    /// Limit for each piece of a request's body.
    pub body: Duration,
}

impl Default for Limits {
    /// Both limits are half a minute.
    fn default() -> Self {
        Self { head: Duration::from_secs(30), body: Duration::from_secs(30) }
    }
}

/// A bound port which no server serves yet, so connections wait.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Listens at an address. Port 0 stands for any free port.
    pub async fn to(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The port, which the system chose if the address had port 0.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Base URL of the future server, for example `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts the server. `router` builds the routes, and receives the signal which ends when the server stops.
    pub fn serve(self, limits: Limits, router: impl FnOnce(Stopped) -> Router) -> Server {
        let (stop, stopped) = watch::channel(());
        let stopped = Stopped(stopped);
        let timed = move |request: Request| async move {
            request.map(|body| Body::new(TimedBody { body, limit: limits.body, waits: None }))
        };
        let router = router(stopped.clone()).layer(map_request(timed));
        let url = self.url();
        let task = tokio::spawn(accept(self.listener, router.clone(), limits, stopped));
        Server { url, router, stop, task }
    }
}

/// A running server. A drop gives the signal to stop.
pub struct Server {
    url: String,
    router: Router,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    /// Base URL of the server, for example `http://127.0.0.1:8080`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The routes of the server, for callers within this process.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// Stops accepting connections, lets the requests in progress finish within `grace`, and cuts
    /// off the remaining connections.
    pub async fn shutdown(self, grace: Duration) {
        drop(self.stop);
        let mut task = self.task;
        if tokio::time::timeout(grace, &mut task).await.is_err() {
            task.abort();
            // The task ends together with its connections and their handlers.
            let _ = task.await;
        }
    }
}

/// The signal for the stop of a server.
#[derive(Clone)]
pub struct Stopped(watch::Receiver<()>);

impl Stopped {
    /// Waits until the server is to stop.
    pub async fn wait(mut self) {
        // No value is ever sent, so the closing of the channel is the signal.
        let _ = self.0.changed().await;
    }
}

/// Accepts connections until the server is to stop, and then waits until all connections have ended. Dropping the
/// returned future cuts the connections off.
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
                    tracing::error!(%error, "the server cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Answers the requests of a single connection.
async fn answer(stream: TcpStream, router: Router, limits: Limits, stopped: Stopped) {
    // Without this option, an answer in two packets would wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client which breaks off or is too slow loses its connection, and no error is logged.
        _ = &mut connection => return,
        () = stopped.wait() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A request body with a time limit for each piece. The similar body of `tower-http` does not report its
/// length, which S3 needs.
struct TimedBody {
    body: Body,
    limit: Duration,
    /// The timer for the awaited piece. `None` while no piece is awaited.
    waits: Option<Pin<Box<Sleep>>>,
}

/// The error for a piece of a body which did not arrive within the limit.
#[derive(Debug, thiserror::Error)]
#[error("no piece of the body arrived within {} ms", .0.as_millis())]
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

/// True if an error of `accept` concerns only the next connection, so the server can continue at once.
fn of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests;
