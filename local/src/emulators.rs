//! AWS on loopback: DynamoDB, S3 and SQS inside this process.
//!
//! The product has one storage path, the AWS SDK; locally its clients are given these addresses and nothing else
//! changes. Each service listens on a port of its own. DynamoDB is `dynoxide`, S3 is `s3s` with what Waybill needs on
//! top, SQS is ours. With a data folder tables, files and S3's notifications are kept; other messages never are, because
//! losing them is what the sweep is there for. DynamoDB and S3 can also run in a process of their own ([`apart`]).

pub mod apart;
pub mod arn;
pub mod dynamodb;
pub mod pending;
pub mod s3;
pub mod sqs;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use shared::clock::Clock;
use tempfile::TempDir;

use crate::folder::{self, Folder};
use crate::gate::{Callers, Gate, plain};
use crate::http::{Bound, Limits, Server, Stopped};
use pending::Pending;
use s3::{CreatedObjects, Journal, Notification, Notifier};
use sqs::Queues;

/// The key id that the local services know. DynamoDB and SQS take any; S3 checks signatures.
pub const ACCESS_KEY_ID: &str = "test";
/// The secret that belongs to it.
pub const SECRET_ACCESS_KEY: &str = "test";

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(2);

/// How to start.
#[derive(Default)]
pub struct Options {
    /// Where tables and files are kept; absent, they are gone at the end.
    pub data: Option<Folder>,
    /// The time for messages and events.
    pub clock: Clock,
    /// Which queues to tell of which new objects.
    pub notifications: Vec<Notification>,
    /// Who may call.
    pub callers: Callers,
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
    /// Holds the files of a stack without a data folder.
    _files: Option<TempDir>,
    /// Nobody else works on the data for as long as this is there.
    _data: Option<Folder>,
}

/// Why the services could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("no port on loopback: {0}")]
    Listen(#[source] io::Error),
    #[error("the directory {path} cannot be used: {source}")]
    Directory { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Data(#[from] folder::FolderError),
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
        let Options { data, clock, notifications, callers, apart } = options;
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
        Ok(Self { stores, sqs, queues, pending, created })
    }

    /// Where DynamoDB is.
    pub fn dynamodb_url(&self) -> &str {
        match &self.stores {
            Stores::Here(here) => here.dynamodb.url(),
            Stores::Apart(process) => &process.addresses().dynamodb,
        }
    }

    /// Where S3 is. Clients must use path-style addresses.
    pub fn s3_url(&self) -> &str {
        match &self.stores {
            Stores::Here(here) => here.s3.url(),
            Stores::Apart(process) => &process.addresses().s3,
        }
    }

    /// Where SQS is.
    pub fn sqs_url(&self) -> &str {
        self.sqs.url()
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

    /// Stops accepting, lets what is being answered finish within [`GRACE`], and ends everything.
    pub async fn shutdown(self) {
        let stores = async {
            match self.stores {
                Stores::Here(here) => here.shutdown().await,
                // Its drop waits for the other process's end.
                Stores::Apart(process) => drop(tokio::task::spawn_blocking(move || drop(process)).await),
            }
        };
        tokio::join!(stores, self.sqs.shutdown(GRACE));
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

/// Serves the router that is made for its address, on a port of its own on loopback and behind the gate.
async fn serve(callers: &Callers, router: impl FnOnce(&str, Stopped) -> Router) -> Result<Server, StartError> {
    let bound = Bound::to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.map_err(StartError::Listen)?;
    let (url, gate) = (bound.url(), Gate::new(callers, bound.port(), plain));
    Ok(bound.serve(Limits::default(), |stopped| gate.before(router(&url, stopped))))
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
