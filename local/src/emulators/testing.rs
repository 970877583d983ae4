//! The stack and the helpers which the tests of the emulators share.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use shared::clock::Clock;
use shared::connections::Connections;

use super::s3::Notification;
use super::{ACCESS_KEY_ID, Emulators, Options, SECRET_ACCESS_KEY, arn};
use crate::folder::Folder;

/// The running emulators, with a client for each service and the clock.
pub struct Stack {
    pub emulators: Emulators,
    pub clock: Clock,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub s3: aws_sdk_s3::Client,
    pub sqs: aws_sdk_sqs::Client,
}

impl Stack {
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(None, Vec::new()).await
    }

    pub async fn with(data: Option<PathBuf>, notifications: Vec<Notification>) -> anyhow::Result<Self> {
        let clock = Clock::steady();
        let data = data.as_deref().map(Folder::take).transpose()?;
        let options = Options { data, clock: clock.clone(), notifications, ..Options::default() };
        let emulators = Emulators::start(options).await?;
        let credentials = || Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "static");
        let dynamodb = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(arn::REGION))
            .credentials_provider(credentials())
            .endpoint_url(emulators.dynamodb_url())
            .http_client(http_client())
            .build();
        let s3 = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(arn::REGION))
            .credentials_provider(credentials())
            .endpoint_url(emulators.s3_url())
            .http_client(http_client())
            .force_path_style(true)
            .build();
        let sqs = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(arn::REGION))
            .credentials_provider(credentials())
            .endpoint_url(emulators.sqs_url())
            .http_client(http_client())
            .build();
        Ok(Self {
            emulators,
            clock,
            dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::from_conf(sqs),
        })
    }
}

/// A client which connects to the services, as functions outside of this process do.
pub fn http_client() -> SharedHttpClient {
    Connections::plain().client()
}

/// Waits for a future, and fails the test after ten seconds, so a mistake does not make the test hang.
pub async fn soon<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    tokio::time::timeout(Duration::from_secs(10), future)
        .await
        .map_err(|_| anyhow::anyhow!("still not after ten seconds"))
}
