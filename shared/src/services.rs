//! What every function stands on: the tables, the bucket, the queues and the clock.

use std::env;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::clock::Clock;
use crate::files::Files;
use crate::memory::Memory;
use crate::portions::{Portions, TimeLeft};
use crate::queue::{QueueUrls, Queues};
use crate::store::{Store, TableNames};

/// Times the SDK tries a request that fails in a passing way, with jittered back-off in between.
pub const SDK_ATTEMPTS: u32 = 6;

/// Fingerprints of rows that are held at once: some seventy megabytes of the parser's gigabyte.
const FINGERPRINTS_AT_ONCE: u64 = 3_500_000;

/// Rows of a chunk.
pub const ROWS_PER_CHUNK: u32 = 1000;

/// How long one try of a request may take, and all of them: a function that waits longer than its lease is none.
const ATTEMPT: Duration = Duration::from_secs(5);
const OPERATION: Duration = Duration::from_secs(15);

/// The time-outs of the SDK's requests.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}

/// Names of what was deployed, from the environment (see `template.yaml`).
#[derive(Clone, Debug)]
pub struct Names {
    /// The tables.
    pub tables: TableNames,
    /// The bucket.
    pub bucket: String,
    /// The queues.
    pub queues: QueueUrls,
}

/// A setting that the function cannot do without is missing.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingSetting(&'static str);

impl Names {
    /// The environment variables for [`Names::from_env`], with their values.
    pub fn variables(&self) -> [(&'static str, &str); 8] {
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
        ]
    }

    /// Reads the names from the environment.
    pub fn from_env() -> Result<Self, MissingSetting> {
        let var = |name: &'static str| env::var(name).map_err(|_| MissingSetting(name));
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
            },
        })
    }
}

/// The tables, the bucket, the queues and the clock; clones are cheap and share connections.
#[derive(Clone)]
pub struct Services {
    /// DynamoDB.
    pub store: Store,
    /// S3.
    pub files: Files,
    /// SQS.
    pub queues: Queues,
    /// The time.
    pub clock: Clock,
    /// Name of the function which uses the services, for example `parser`. The history and the log of an import name the
    /// function when it makes a transition by itself.
    pub function: &'static str,
    /// What this process remembers of the imports that it loads.
    pub memory: Memory,
    /// Rows of a chunk, of imports that are made from now on; tests use few.
    pub rows_per_chunk: u32,
    /// Fingerprints of rows that a plan holds at once, to tell which are there already; tests hold few.
    pub fingerprints_at_once: u64,
    /// How much of the end of an import one invocation does; tests take little.
    pub portions: Portions,
}

/// Name in place of a function for programs which are no function, such as the command line.
const OPERATOR: &str = "operator";

impl Services {
    /// Clients from one SDK configuration.
    pub fn new(config: &SdkConfig, names: Names, clock: Clock) -> Self {
        // An endpoint of its own is a local S3, which knows its buckets by path only.
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some()).build();
        Self::from_clients(
            aws_sdk_dynamodb::Client::new(config),
            aws_sdk_s3::Client::from_conf(s3),
            aws_sdk_sqs::Client::new(config),
            names,
            clock,
        )
    }

    /// From clients that are there already.
    pub fn from_clients(
        dynamodb: aws_sdk_dynamodb::Client,
        s3: aws_sdk_s3::Client,
        sqs: aws_sdk_sqs::Client,
        names: Names,
        clock: Clock,
    ) -> Self {
        Self {
            store: Store::new(dynamodb, names.tables),
            files: Files::new(s3, names.bucket),
            queues: Queues::new(sqs, names.queues),
            clock,
            function: OPERATOR,
            memory: Memory::default(),
            rows_per_chunk: ROWS_PER_CHUNK,
            fingerprints_at_once: FINGERPRINTS_AT_ONCE,
            portions: Portions::default(),
        }
    }

    /// The same through other clients, as another process has it: it remembers nothing yet.
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

    /// The time of an invocation that begins now.
    pub fn begin(&self) -> TimeLeft {
        TimeLeft::begin(&self.clock, &self.portions)
    }

    /// As a deployed function of this name starts: configuration and names from the environment.
    pub async fn from_env(function: &'static str) -> Result<Self, MissingSetting> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS))
            .load()
            .await;
        Ok(Self::new(&without_empty_addresses(config), Names::from_env()?, Clock::system()).of(function))
    }
}

/// The configuration in which an empty address is none. `sam local invoke` gives every variable that the template names, an
/// absent one as an empty text, and a client would take that for an address and panic at its first request.
fn without_empty_addresses(config: SdkConfig) -> SdkConfig {
    let address = config.endpoint_url().filter(|address| !address.is_empty()).map(str::to_owned);
    let mut builder = config.to_builder();
    builder.set_endpoint_url(address);
    // The client of each service looks for its address in the environment itself.
    builder.set_service_config(Some(WithoutEmpty(config)));
    builder.build()
}

/// Settings of single services, without empty ones.
#[derive(Debug)]
struct WithoutEmpty(SdkConfig);

impl LoadServiceConfig for WithoutEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }
}

/// JSON lines on standard output, at the level that `RUST_LOG` asks for. Logs carry ids, never rows or addresses.
pub fn log_json() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_target(false).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The setting of one service, such as `AWS_ENDPOINT_URL`.
    #[derive(Debug)]
    struct Set(&'static str);

    impl LoadServiceConfig for Set {
        fn load_config(&self, _: ServiceConfigKey<'_>) -> Option<String> {
            Some(self.0.to_owned())
        }
    }

    #[test]
    fn an_empty_address_is_none_wherever_it_is_set() {
        for (everywhere, of_service) in [(None, ""), (Some(""), ""), (Some("http://a"), ""), (None, "http://b")] {
            let mut config = SdkConfig::builder().service_config(Set(of_service));
            config.set_endpoint_url(everywhere.map(str::to_owned));
            let config = without_empty_addresses(config.build());
            assert_eq!(config.endpoint_url(), everywhere.filter(|url| !url.is_empty()), "{everywhere:?} {of_service}");
            let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url");
            let key = key.build().expect("all three parts");
            let found = config.service_config().and_then(|service| service.load_config(key));
            assert_eq!(found.as_deref().unwrap_or_default(), of_service);
            assert_eq!(found.is_none(), of_service.is_empty());
        }
    }
}
