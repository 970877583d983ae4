//! The clients that every function needs: the tables, the bucket, the queues and the clock, with a process's cache.

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

/// The number of attempts that the SDK makes for a request that fails for a passing reason,
/// with random back-off between.
pub const SDK_ATTEMPTS: u32 = 6;

/// The number of fingerprints of rows that a plan holds in memory at once: some 70 MB of the parser's 1,024 MB.
const FINGERPRINTS_AT_ONCE: u64 = 3_500_000;

/// The number of rows in a chunk.
pub const ROWS_PER_CHUNK: u32 = 1000;

/// The time limits for a single attempt of a request, and for all attempts together. A function's requests must end
/// well before the function's lease does.
const ATTEMPT: Duration = Duration::from_secs(5);
const OPERATION: Duration = Duration::from_secs(15);

/// The time limits of the SDK's requests.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).operation_timeout(OPERATION).build()
}

/// The names of the deployed resources, from the environment variables that `template.yaml` sets.
#[derive(Clone, Debug)]
pub struct Names {
    /// The names of the three tables.
    pub tables: TableNames,
    /// The name of the bucket with the files of imports.
    pub bucket: String,
    /// The URLs of the four queues.
    pub queues: QueueUrls,
}

/// An environment variable that the function needs is not set.
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

/// The tables, the bucket, the queues and the clock. Clones are cheap and share connections.
#[derive(Clone)]
pub struct Services {
    /// The three tables in DynamoDB.
    pub store: Store,
    /// The bucket in S3.
    pub files: Files,
    /// The four queues in SQS.
    pub queues: Queues,
    /// The clock for leases, time-outs and time stamps; tests can turn the clock.
    pub clock: Clock,
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
    pub fn new(config: &SdkConfig, names: Names, clock: Clock) -> Self {
        // A configuration with an endpoint means a local S3, which finds buckets by path only.
        let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(config.endpoint_url().is_some()).build();
        Self::from_clients(
            aws_sdk_dynamodb::Client::new(config),
            aws_sdk_s3::Client::from_conf(s3),
            aws_sdk_sqs::Client::new(config),
            names,
            clock,
        )
    }

    /// Makes the services from existing clients.
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

    /// Makes the services for a deployed function of this name, from the SDK's default configuration and the environment.
    pub async fn from_env(function: &'static str) -> Result<Self, MissingSetting> {
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS))
            .load()
            .await;
        Ok(Self::new(&without_empty_addresses(config), Names::from_env()?, Clock::system()).of(function))
    }
}

/// Removes empty endpoint addresses. `sam local invoke` sets every variable that the template names, to an
/// empty text if the variable is absent. A client would take an empty text for an address and panic at its first
/// request.
fn without_empty_addresses(config: SdkConfig) -> SdkConfig {
    let address = config.endpoint_url().filter(|address| !address.is_empty()).map(str::to_owned);
    let mut builder = config.to_builder();
    builder.set_endpoint_url(address);
    // The client of each service reads its address from the environment itself.
    builder.set_service_config(Some(WithoutEmpty(config)));
    builder.build()
}

/// The settings of single services, without empty settings.
#[derive(Debug)]
struct WithoutEmpty(SdkConfig);

impl LoadServiceConfig for WithoutEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        self.0.service_config()?.load_config(key).filter(|value| !value.is_empty())
    }
}

/// Writes logs as JSON lines to standard output, at the level in `RUST_LOG` (`info` by default). Logs carry ids,
/// never rows or addresses.
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
