//! The clients that every function needs: the tables, the bucket, the queues and the clock, with a process's cache.

use std::env;

use aws_types::SdkConfig;
use futures::future::join_all;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::clock::Clock;
use crate::environment::{Environment, Service, SettingError, clients, required};
use crate::fetch::Fetcher;
use crate::files::{Files, UploadSizes};
use crate::memory::Memory;
use crate::metrics::{self, Metrics};
use crate::portions::{Portions, TimeLeft};
use crate::queue::{QueueUrls, Queues};
use crate::quotas::Quotas;
use crate::retention::Retention;
use crate::store::{Store, TableNames};

/// The number of fingerprints of rows that a plan holds in memory at once: some 70 MB of the parser's 1,024 MB.
const FINGERPRINTS_AT_ONCE: u64 = 3_500_000;

/// The number of rows in a chunk.
pub const ROWS_PER_CHUNK: u32 = 1000;

/// The names of the deployed resources, from the environment variables that `template.yaml` sets.
#[derive(Clone, Debug)]
pub struct ResourceNames {
    /// The names of the three tables.
    pub tables: TableNames,
    /// The name of the bucket with the files of imports.
    pub bucket: String,
    /// The URLs of the queues.
    pub queues: QueueUrls,
}

impl ResourceNames {
    /// The environment variables for [`ResourceNames::from_env`], with their values.
    pub fn variables(&self) -> [(&'static str, &str); 10] {
        let Self { tables, bucket, queues } = self;
        [
            ("IMPORTS_TABLE", &tables.imports),
            ("WORKSPACE_TABLE", &tables.workspace),
            ("EVENTS_TABLE", &tables.events),
            ("BUCKET", bucket),
            ("ARRIVAL_QUEUE_URL", &queues.arrival),
            ("WORK_QUEUE_URL", &queues.work),
            ("LOAD_QUEUE_URL", &queues.load),
            ("REVERT_QUEUE_URL", &queues.revert),
            ("FOLLOW_UPS_QUEUE_URL", &queues.follow_ups),
            ("WEBHOOK_QUEUE_URL", &queues.webhooks),
        ]
    }

    /// Reads the names from the environment.
    pub fn from_env() -> Result<Self, SettingError> {
        let var = required;
        Ok(Self {
            tables: TableNames {
                imports: var("IMPORTS_TABLE")?,
                workspace: var("WORKSPACE_TABLE")?,
                events: var("EVENTS_TABLE")?,
            },
            bucket: var("BUCKET")?,
            queues: QueueUrls {
                arrival: var("ARRIVAL_QUEUE_URL")?,
                work: var("WORK_QUEUE_URL")?,
                load: var("LOAD_QUEUE_URL")?,
                revert: var("REVERT_QUEUE_URL")?,
                follow_ups: var("FOLLOW_UPS_QUEUE_URL")?,
                webhooks: var("WEBHOOK_QUEUE_URL")?,
            },
        })
    }
}

/// The tables, the bucket, the queues and the clock. Clones are cheap and share connections.
#[derive(Clone)]
pub struct Services {
    /// The three tables in DynamoDB.
    pub store: Store,
    /// The bucket in S3.
    pub files: Files,
    /// The queues in SQS.
    pub queues: Queues,
    /// The client that fetches files from addresses; tests put a network of their own behind the client.
    pub fetcher: Fetcher,
    /// The sizes of uploads, for imports that are created from now on; tests use small sizes.
    pub uploads: UploadSizes,
    /// The clock for leases, time-outs and time stamps; tests can turn the clock.
    pub clock: Clock,
    /// How long things are kept; tests use a few days.
    pub retention: Retention,
    /// The quotas of accounts which have no quotas of their own.
    pub quotas: Quotas,
    /// The name of the function which uses the services, for example `parser`. The history and the log of an import name the
    /// function if it changes the status by itself.
    pub function: &'static str,
    /// The cache of this process for the imports in progress.
    pub memory: Memory,
    /// The number of rows in a chunk, for imports that are created from now on; tests use few rows.
    pub rows_per_chunk: u32,
    /// The number of fingerprints of rows that a plan holds in memory at once, to find rows that are there
    /// already; tests hold few.
    pub fingerprints_at_once: u64,
    /// The sizes of the steps at the end of an import or an undo; tests use small steps.
    pub portions: Portions,
}

/// Name in place of a function for programs which are no function, such as the command line.
const OPERATOR: &str = "operator";

impl Services {
    /// Makes the clients from an SDK configuration.
    pub fn new(config: &SdkConfig, names: ResourceNames, clock: Clock) -> Self {
        let (dynamodb, s3, sqs) = clients(config);
        Self::from_clients(dynamodb, s3, sqs, names, clock)
    }

    /// Makes the services from existing clients.
    pub fn from_clients(
        dynamodb: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        sqs: aws_sdk_sqs::Client,
        names: ResourceNames,
        clock: Clock,
    ) -> Self {
        Self {
            store: Store::new(dynamodb, names.tables),
            files: Files::new(s3, names.bucket),
            queues: Queues::new(sqs, names.queues),
            fetcher: Fetcher::default(),
            uploads: UploadSizes::default(),
            clock,
            retention: Retention::default(),
            quotas: Quotas::default(),
            function: OPERATOR,
            memory: Memory::default(),
            rows_per_chunk: ROWS_PER_CHUNK,
            fingerprints_at_once: FINGERPRINTS_AT_ONCE,
            portions: Portions::default(),
        }
    }

    /// The same services through different clients and with an empty cache, like those of a separate process.
    pub fn through(
        &self,
        dynamodb: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        sqs: aws_sdk_sqs::Client,
    ) -> Self {
        Self {
            store: self.store.through(dynamodb),
            files: self.files.through(s3),
            queues: self.queues.through(sqs),
            memory: Memory::default(),
            ..self.clone()
        }
    }

    /// The same services for the function of this name.
    pub fn of(self, function: &'static str) -> Self {
        Self { function, ..self }
    }

    /// The time for an invocation that begins now.
    pub fn begin(&self) -> TimeLeft {
        TimeLeft::begin(&self.clock, &self.portions)
    }

    /// Makes the services for a deployed function of this name, from the environment, and opens a connection to each of
    /// `first`, the AWS services that the function's first request needs.
    pub async fn from_env(function: &'static str, first: &[Service]) -> Result<Self, SettingError> {
        let names = ResourceNames::from_env()?;
        let (retention, quotas) = (Retention::read(required)?, Quotas::read(required)?);
        let environment = Environment::read()?;
        let connections = environment.connections();
        let addresses = join_all(first.iter().map(|&service| environment.address(service, &names.bucket))).await;
        connections.open(&addresses.into_iter().flatten().collect::<Vec<_>>()).await;
        let services = Self::new(&environment.config(&connections), names, Clock::system());
        Ok(Self { retention, quotas, ..services }.of(function))
    }
}

/// The levels in `RUST_LOG`: one for all modules and one each for single modules, such as `warn,shared=debug`. Without
/// the variable the level is `usual`.
pub fn log_levels(usual: LevelFilter) -> Targets {
    let levels = env::var("RUST_LOG").ok().and_then(|levels| levels.parse().ok());
    levels.unwrap_or_else(|| Targets::new().with_default(usual))
}

/// Writes logs as JSON lines to standard output, at the level in `RUST_LOG` (`info` by default), and metrics whatever the level.
/// Logs carry ids, never rows or addresses.
pub fn log_json() {
    let levels = log_levels(LevelFilter::INFO).with_target(metrics::TARGET, LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().with_target(false).with_filter(levels);
    tracing_subscriber::registry().with(lines).with(Metrics::new(std::io::stdout())).init();
}
