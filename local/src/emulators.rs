//! AWS on loopback: DynamoDB, S3 and SQS as servers inside this process.
//!
//! The product has a single storage path, the AWS SDK. Locally the SDK's clients get the addresses of these
//! servers, and nothing else changes. Each service listens on a port of its own:
//!
//! | service | made of | kept in a data folder |
//! |---|---|---|
//! | DynamoDB | `dynoxide` | all tables |
//! | S3 | `s3s`, with additions for Waybill | all files, and notifications until their message is deleted |
//! | SQS | our own code | nothing, because the sweep repairs the loss of messages |
//!
//! DynamoDB and S3 can also run in a separate process ([`apart`]). For functions outside of this process all three are
//! also served at one address ([`Options::together`]).

pub mod apart;
pub mod arn;
mod direct;
pub mod dynamodb;
pub mod pending;
pub mod s3;
pub mod sqs;
mod together;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use axum::Router;
use shared::clock::Clock;
use tempfile::TempDir;

use crate::folder::{self, Folder};
use crate::gate::{Callers, Gate, plain};
use crate::http::{Bound, Limits, Server, Stopped};
use pending::Pending;
use s3::{CreatedObjects, Journal, Notification, Notifier};
use sqs::Queues;
use together::Together;

/// The access key id of the local services. S3 checks signatures, while DynamoDB and SQS accept any key.
pub const ACCESS_KEY_ID: &str = "test";
/// The secret access key for [`ACCESS_KEY_ID`], with which S3 checks signatures.
pub const SECRET_ACCESS_KEY: &str = "test";

/// Longest time for which a shutdown waits until the requests in progress are answered.
const GRACE: Duration = Duration::from_secs(2);

/// Settings of the emulators. The default keeps all state in memory and sends no notifications.
#[derive(Default)]
pub struct Options {
    /// Folder for tables and files. With `None` the state is deleted at the end.
    pub data: Option<Folder>,
    /// Clock for visibility time-outs, message times and the times in events.
    pub clock: Clock,
    /// Rules which say which queue hears of which new objects.
    pub notifications: Vec<Notification>,
    /// Hosts and web pages which the gate lets pass.
    pub callers: Callers,
    /// Command which starts a separate process for DynamoDB and S3, where the program must call [`apart::serve`].
    /// With `None` both services run in this process.
    pub apart: Option<Command>,
    /// One more address, which serves all three for functions outside of this process. Every program that reaches the
    /// address can read and write everything. Services in a separate process cannot have one.
    pub together: Option<SocketAddr>,
}

/// The running services. A drop stops the services, and [`Emulators::shutdown`] also waits for their end.
pub struct Emulators {
    stores: Stores,
    sqs: Server,
    together: Option<Together>,
    queues: Arc<Queues>,
    pending: Pending,
    created: CreatedObjects,
}

/// The place of DynamoDB and S3, which is this process or a separate process.
enum Stores {
    Here(Here),
    Apart(apart::Process),
}

/// The servers of DynamoDB and S3 in this process.
struct Here {
    dynamodb: Server,
    s3: Server,
    /// DynamoDB and S3 once more, for [`Options::together`].
    routers: (Router, Router),
    /// Temporary directory for the files of a stack without a data folder.
    _files: Option<TempDir>,
    /// The lock on the data folder, which keeps every process but this one away.
    _data: Option<Folder>,
}

/// The reasons for which the emulators cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("no port on loopback can be opened: {0}")]
    Listen(#[source] io::Error),
    #[error("AWS cannot be served at {address}: {source}")]
    Together { address: SocketAddr, source: io::Error },
    #[error("stores in a process of their own are not served at {0} as well")]
    TogetherApart(SocketAddr),
    #[error("the directory {path} cannot be used: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Data(#[from] folder::FolderError),
    #[error("DynamoDB cannot open its database: {0}")]
    Database(String),
    #[error("S3 cannot open its directory: {0}")]
    Files(String),
    #[error("DynamoDB and S3 cannot be started in a separate process: {0}")]
    Apart(#[source] io::Error),
}

impl Emulators {
    /// Starts DynamoDB, S3 and SQS, each on a free port of loopback.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { data, clock, notifications, callers, apart, together } = options;
        let pending = Pending::default();
        let queues = Arc::new(Queues::new(clock.clone()));
        let (stores, created) = match apart {
            Some(command) => {
                let spawned = apart::Process::spawn(command, notifications, pending.clone());
                let (process, created) = spawned.map_err(StartError::Apart)?;
                (Stores::Apart(process), created)
            }
            None => {
                let journal = match &data {
                    Some(data) => {
                        let path = data.events()?;
                        Some(Journal::open(&path).map_err(|source| StartError::Directory { path, source })?)
                    }
                    None => None,
                };
                let (notifier, created) = Notifier::new(notifications, journal, clock, pending.clone());
                (Stores::Here(Here::start(data, notifier, &callers).await?), created)
            }
        };
        let sqs = serve(&callers, |url, stopped| sqs::router(Arc::clone(&queues), url, stopped)).await?;
        let together = match (together, &stores) {
            (None, _) => None,
            (Some(address), Stores::Apart(_)) => return Err(StartError::TogetherApart(address)),
            (Some(address), Stores::Here(here)) => {
                Some(Together::start(address, here.routers.clone(), Arc::clone(&queues), &callers).await?)
            }
        };
        Ok(Self { stores, sqs, together, queues, pending, created })
    }

    /// Base URL of DynamoDB, for example `http://127.0.0.1:40001`.
    pub fn dynamodb_url(&self) -> &str {
        match &self.stores {
            Stores::Here(here) => here.dynamodb.url(),
            Stores::Apart(process) => &process.addresses().dynamodb,
        }
    }

    /// Base URL of S3. Clients must use path-style addresses, with the bucket in the path instead of the host name.
    pub fn s3_url(&self) -> &str {
        match &self.stores {
            Stores::Here(here) => here.s3.url(),
            Stores::Apart(process) => &process.addresses().s3,
        }
    }

    /// Base URL of SQS, to which the queue's account and name are appended.
    pub fn sqs_url(&self) -> &str {
        self.sqs.url()
    }

    /// A client for the SDK of this process, which calls the services in this process without a connection.
    pub fn client(&self) -> SharedHttpClient {
        let stores = match &self.stores {
            Stores::Here(here) => vec![&here.dynamodb, &here.s3],
            Stores::Apart(_) => Vec::new(),
        };
        direct::client(stores.into_iter().chain([&self.sqs]))
    }

    /// Base URL of all three for functions outside of this process, if [`Options::together`] asks for it.
    pub fn together_url(&self) -> Option<&str> {
        self.together.as_ref().map(Together::url)
    }

    /// The queues themselves, for delivery and for tests, which need no SQS client.
    pub fn queues(&self) -> Arc<Queues> {
        Arc::clone(&self.queues)
    }

    /// The count of unsettled work. S3 counts its notifications, and delivery adds its calls.
    pub fn pending(&self) -> Pending {
        self.pending.clone()
    }

    /// The stream of S3's notifications about new objects.
    pub fn created_objects(&self) -> CreatedObjects {
        self.created.clone()
    }

    /// Stops accepting connections, lets the requests in progress finish within [`GRACE`], and ends the services.
    pub async fn shutdown(self) {
        let stores = async {
            match self.stores {
                Stores::Here(here) => here.shutdown().await,
                // The drop of [`apart::Process`] blocks until the separate process has ended.
                Stores::Apart(process) => drop(tokio::task::spawn_blocking(move || drop(process)).await),
            }
        };
        let together = async {
            if let Some(together) = self.together {
                together.shutdown().await;
            }
        };
        tokio::join!(stores, together, self.sqs.shutdown(GRACE));
    }
}

impl Here {
    async fn start(data: Option<Folder>, notifier: Notifier, callers: &Callers) -> Result<Self, StartError> {
        let (files, temporary) = match &data {
            Some(data) => (data.files()?, None),
            None => {
                let temporary = tempfile::tempdir()
                    .map_err(|source| StartError::Directory { path: std::env::temp_dir(), source })?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let s3 = s3::service(&files, notifier)?;
        let dynamodb = dynamodb::router(data.as_ref())?;
        Ok(Self {
            routers: (dynamodb.clone(), s3.clone()),
            dynamodb: serve(callers, |_, _| dynamodb).await?,
            s3: serve(callers, |_, _| s3).await?,
            _files: temporary,
            _data: data,
        })
    }

    async fn shutdown(self) {
        tokio::join!(self.dynamodb.shutdown(GRACE), self.s3.shutdown(GRACE));
    }
}

/// Binds a free port of loopback, builds the router for this address, and serves the router behind the gate.
async fn serve(callers: &Callers, router: impl FnOnce(&str, Stopped) -> Router) -> Result<Server, StartError> {
    let bound = Bound::to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.map_err(StartError::Listen)?;
    let (url, gate) = (bound.url(), Gate::new(callers, bound.port(), plain));
    Ok(bound.serve(Limits::default(), |stopped| gate.before(router(&url, stopped))))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
