//! AWS on loopback: DynamoDB, S3 and SQS inside this process.
//!
//! The product has one storage path, the AWS SDK; locally its clients are given these addresses and nothing else
//! changes. Each service listens on a port of its own. DynamoDB is `dynoxide`, S3 is `s3s` with what Waybill needs on
//! top, SQS is ours. With a data directory tables and files are kept; messages never are, because losing them is what
//! the sweep is there for. DynamoDB and S3 can also run in a process of their own ([`apart`]).

pub mod apart;
pub mod arn;
pub mod dynamodb;
pub mod pending;
pub mod s3;
pub mod sqs;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use shared::clock::Clock;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use pending::Pending;
use s3::{CreatedObjects, Notification, Notifier};
use sqs::Queues;

/// The key id that the local services know. DynamoDB and SQS take any; S3 checks signatures.
pub const ACCESS_KEY_ID: &str = "test";
/// The secret that belongs to it.
pub const SECRET_ACCESS_KEY: &str = "test";

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);

/// How to start.
#[derive(Default)]
pub struct Options {
    /// Where tables and files are kept; absent, they are gone at the end.
    pub data: Option<PathBuf>,
    /// The time for messages and events.
    pub clock: Clock,
    /// Which new objects to tell of.
    pub notifications: Vec<Notification>,
    /// Runs DynamoDB and S3 in a process of their own: what starts it, and calls [`apart::serve`] there.
    pub apart: Option<Command>,
}

/// The running services. Dropping it stops them; [`Emulators::shutdown`] also waits for their end.
pub struct Emulators {
    stores: Stores,
    sqs: Server,
    queues: Arc<Queues>,
    pending: Pending,
    created: CreatedObjects,
}

/// Where tables and files are.
enum Stores {
    Here(Here),
    Apart(apart::Process),
}

/// DynamoDB and S3 in this process.
struct Here {
    dynamodb: Server,
    s3: Server,
    /// Holds the files of a stack without a data directory.
    _files: Option<TempDir>,
}

/// Why the services could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("no port on loopback: {0}")]
    Listen(#[source] io::Error),
    #[error("the directory {path} cannot be used: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error("DynamoDB cannot open its database: {0}")]
    Database(String),
    #[error("S3 cannot open its directory: {0}")]
    Files(String),
    #[error("DynamoDB and S3 do not start in a process of their own: {0}")]
    Apart(#[source] io::Error),
}

impl Emulators {
    /// Starts all three.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { data, clock, notifications, apart } = options;
        let pending = Pending::default();
        let queues = Arc::new(Queues::new(clock.clone()));
        let (stores, created) = match apart {
            Some(command) => {
                let spawned = apart::Process::spawn(command, pending.clone());
                let (process, created) = spawned.map_err(StartError::Apart)?;
                (Stores::Apart(process), created)
            }
            None => {
                let (notifier, created) = Notifier::new(notifications, clock, pending.clone());
                (Stores::Here(Here::start(data.as_deref(), notifier).await?), created)
            }
        };
        let sqs = Bound::new().await?.serve(|url, stopped| sqs::router(Arc::clone(&queues), url, stopped));
        Ok(Self { stores, sqs, queues, pending, created })
    }

    /// Where DynamoDB is.
    pub fn dynamodb_url(&self) -> &str {
        match &self.stores {
            Stores::Here(here) => &here.dynamodb.url,
            Stores::Apart(process) => &process.addresses().dynamodb,
        }
    }

    /// Where S3 is. Clients must use path-style addresses.
    pub fn s3_url(&self) -> &str {
        match &self.stores {
            Stores::Here(here) => &here.s3.url,
            Stores::Apart(process) => &process.addresses().s3,
        }
    }

    /// Where SQS is.
    pub fn sqs_url(&self) -> &str {
        &self.sqs.url
    }

    /// The queues themselves, for delivery and for tests.
    pub fn queues(&self) -> Arc<Queues> {
        Arc::clone(&self.queues)
    }

    /// The notifications that are not settled, and what delivery adds to them.
    pub fn pending(&self) -> Pending {
        self.pending.clone()
    }

    /// The notifications of new objects.
    pub fn created_objects(&self) -> CreatedObjects {
        self.created.clone()
    }

    /// Stops accepting, lets what is being answered finish, and ends everything.
    pub async fn shutdown(self) {
        let stores = async {
            match self.stores {
                Stores::Here(here) => here.shutdown().await,
                // Its drop waits for the other process's end.
                Stores::Apart(process) => drop(tokio::task::spawn_blocking(move || drop(process)).await),
            }
        };
        tokio::join!(stores, self.sqs.shutdown());
    }
}

impl Here {
    async fn start(data: Option<&Path>, notifier: Notifier) -> Result<Self, StartError> {
        let (files, temporary) = match data {
            Some(data) => (data.join("s3"), None),
            None => {
                let temporary = tempfile::tempdir()
                    .map_err(|source| StartError::Directory { path: std::env::temp_dir(), source })?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        std::fs::create_dir_all(&files).map_err(|source| StartError::Directory { path: files.clone(), source })?;
        let service = s3::service(&files, notifier)?;
        Ok(Self {
            dynamodb: dynamodb::serve(Bound::new().await?, data)?,
            s3: Bound::new().await?.serve(|_, _| service),
            _files: temporary,
        })
    }

    async fn shutdown(self) {
        tokio::join!(self.dynamodb.shutdown(), self.s3.shutdown());
    }
}

/// A service on its port.
struct Server {
    url: String,
    /// Dropping it tells the service to stop.
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn shutdown(self) {
        drop(self.stop);
        let mut task = self.task;
        if tokio::time::timeout(GRACE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Tells when a server is to stop.
#[derive(Clone)]
struct Stopped(watch::Receiver<()>);

impl Stopped {
    async fn wait(mut self) {
        // Nothing is ever sent: the sender's end is the signal.
        let _ = self.0.changed().await;
    }
}

/// A port of its own on loopback, not served yet.
struct Bound {
    listener: TcpListener,
    url: String,
}

impl Bound {
    async fn new() -> Result<Self, StartError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(StartError::Listen)?;
        let address = listener.local_addr().map_err(StartError::Listen)?;
        Ok(Self { listener, url: format!("http://{address}") })
    }

    /// Serves the router that is made for this address.
    fn serve(self, router: impl FnOnce(&str, Stopped) -> Router) -> Server {
        let url = self.url.clone();
        self.run(|listener, stopped| {
            let router = router(&url, stopped.clone());
            let listener = listener.tap_io(|stream| {
                // An answer in two packets would otherwise wait for the client's delayed acknowledgement.
                let _ = stream.set_nodelay(true);
            });
            async move {
                // Serving ends when it is told to; it has no other end.
                let _ = axum::serve(listener, router).with_graceful_shutdown(stopped.wait()).await;
            }
        })
    }

    /// Runs a server that is to end when it is told to.
    fn run<F>(self, serve: impl FnOnce(TcpListener, Stopped) -> F) -> Server
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(());
        Server { url: self.url, stop, task: tokio::spawn(serve(self.listener, Stopped(stopped))) }
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
