//! What Lambda tells a function about AWS: region, credentials and addresses, in environment variables.
//!
//! | variable | meaning |
//! |---|---|
//! | `AWS_REGION` | the region of the tables, the bucket and the queues |
//! | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | credentials of the function's role, as long as the process lives |
//! | `AWS_ENDPOINT_URL` | the address of an emulator that takes the place of AWS |
//! | `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL_SQS` | the same for one service |
//! | `SSL_CERT_FILE` | certificates to trust, where a network ends TLS with one of its own |
//!
//! The crate `aws-config` looks for the same settings in files, in the metadata service of a virtual machine, of a container and
//! at STS as well. A function finds nothing there; without that search its binary is smaller and starts sooner.

use std::env;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::connections::{Connections, Roots, SDK_ATTEMPTS, timeouts};
use crate::quotas::WrongQuota;
use crate::retention::WrongDays;

/// A service of AWS that the functions use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The tables.
    DynamoDb,
    /// The bucket.
    S3,
    /// The queues.
    Sqs,
}

/// An environment variable that the function needs is not set or has a wrong value.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// The variable with this name is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// One of the times for which things are kept cannot be read.
    #[error("an environment variable of the retention is wrong: {0}")]
    Retention(#[from] WrongDays),
    /// One of the quotas for accounts without quotas of their own cannot be read.
    #[error("an environment variable of the quotas is wrong: {0}")]
    Quota(#[from] WrongQuota),
}

/// The value of a variable that has to be there.
pub fn required(name: &'static str) -> Result<String, SettingError> {
    env::var(name).map_err(|_| SettingError::Missing(name))
}

/// Region, credentials and addresses.
#[derive(Clone, Debug)]
pub struct Environment {
    region: String,
    credentials: Credentials,
    addresses: Addresses,
    trusts_a_file: bool,
}

impl Environment {
    /// Reads the variables of this process.
    pub fn read() -> Result<Self, SettingError> {
        Self::of(|name| env::var(name).ok())
    }

    /// An empty variable counts as absent: `sam local invoke` gives every variable that the template names, an absent one as
    /// an empty text, which the SDK would take for an address and panic at its first request.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let optional = |name: &str| variable(name).filter(|value| !value.is_empty());
        let required = |name: &'static str| optional(name).ok_or(SettingError::Missing(name));
        Ok(Self {
            region: required("AWS_REGION")?,
            credentials: Credentials::new(
                required("AWS_ACCESS_KEY_ID")?,
                required("AWS_SECRET_ACCESS_KEY")?,
                optional("AWS_SESSION_TOKEN"),
                None,
                "environment",
            ),
            addresses: Addresses {
                all: optional("AWS_ENDPOINT_URL"),
                dynamodb: optional("AWS_ENDPOINT_URL_DYNAMODB"),
                s3: optional("AWS_ENDPOINT_URL_S3"),
                sqs: optional("AWS_ENDPOINT_URL_SQS"),
            },
            trusts_a_file: optional("SSL_CERT_FILE").is_some(),
        })
    }

    /// An empty pool for the addresses: without TLS if all of them do without, and with the certificates of the system
    /// instead of Amazon's if one of them is not AWS's own or a file of certificates is named.
    pub fn connections(&self) -> Connections {
        self.roots().map_or_else(Connections::plain, Connections::new)
    }

    fn roots(&self) -> Option<Roots> {
        let addresses = [Service::DynamoDb, Service::S3, Service::Sqs].map(|service| self.addresses.of(service));
        if addresses.iter().all(|address| address.is_some_and(|address| address.starts_with("http:"))) {
            return None;
        }
        let is_aws = addresses.iter().all(Option::is_none) && !self.trusts_a_file;
        Some(if is_aws { Roots::of_region(&self.region) } else { Roots::System })
    }

    /// The configuration of all clients.
    pub fn config(&self, connections: &Connections) -> SdkConfig {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(self.credentials.clone()))
            .timeout_config(timeouts())
            .retry_config(RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS))
            .service_config(self.addresses.clone())
            .http_client(connections.client());
        config.set_endpoint_url(self.addresses.all.clone());
        config.build()
    }

    /// Where requests to a service go, as the SDK finds it out: the root of the server, such as
    /// `https://dynamodb.eu-central-1.amazonaws.com/`. `None` if the region has no such server, which the first request reports.
    pub async fn address(&self, service: Service, bucket: &str) -> Option<String> {
        let region = self.region.clone();
        let own = self.addresses.of(service).map(str::to_owned);
        let endpoint = match service {
            Service::DynamoDb => {
                use aws_sdk_dynamodb::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let asked = Params::builder().region(region).set_endpoint(own).build().ok()?;
                DefaultResolver::new().resolve_endpoint(&asked).await
            }
            Service::S3 => {
                use aws_sdk_s3::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let asked = Params::builder().region(region).bucket(bucket).force_path_style(own.is_some());
                DefaultResolver::new().resolve_endpoint(&asked.set_endpoint(own).build().ok()?).await
            }
            Service::Sqs => {
                use aws_sdk_sqs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
                let asked = Params::builder().region(region).set_endpoint(own).build().ok()?;
                DefaultResolver::new().resolve_endpoint(&asked).await
            }
        };
        let endpoint = endpoint.ok()?;
        let (scheme, rest) = endpoint.url().split_once("://")?;
        let server = rest.split('/').next()?;
        Some(format!("{scheme}://{server}/"))
    }
}

/// Clients of DynamoDB, S3 and SQS.
pub fn clients(config: &SdkConfig) -> (aws_sdk_dynamodb::Client, aws_sdk_s3::Client, aws_sdk_sqs::Client) {
    let s3 = aws_sdk_s3::config::Builder::from(config).force_path_style(has_address_of_s3(config)).build();
    (aws_sdk_dynamodb::Client::new(config), aws_sdk_s3::Client::from_conf(s3), aws_sdk_sqs::Client::new(config))
}

/// Whether an address takes the place of AWS's S3: an emulator, which finds its buckets by path only.
fn has_address_of_s3(config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let of_service = config.service_config().zip(key.ok()).and_then(|(service, key)| service.load_config(key));
    of_service.is_some() || config.endpoint_url().is_some()
}

/// Addresses that take the place of AWS's endpoints.
#[derive(Clone, Debug)]
struct Addresses {
    all: Option<String>,
    dynamodb: Option<String>,
    s3: Option<String>,
    sqs: Option<String>,
}

impl Addresses {
    fn of(&self, service: Service) -> Option<&str> {
        let own = match service {
            Service::DynamoDb => &self.dynamodb,
            Service::S3 => &self.s3,
            Service::Sqs => &self.sqs,
        };
        own.as_deref().or(self.all.as_deref())
    }
}

/// The clients ask for the address of their service by its id.
impl LoadServiceConfig for Addresses {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() != "AWS_ENDPOINT_URL" {
            return None;
        }
        let service = match key.service_id() {
            "DynamoDB" => Service::DynamoDb,
            "S3" => Service::S3,
            "SQS" => Service::Sqs,
            _ => return None,
        };
        self.of(service).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests;
