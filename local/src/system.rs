//! The system: emulators, functions and router, wired as `template.yaml` wires them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use anyhow::Context;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use parser::Trigger;
use shared::account::{self, Account, Principal, Scope};
use shared::clock::Clock;
use shared::entity::UserFields;
use shared::id::{AccountId, ThingId};
use shared::queue::QueueUrls;
use shared::services::{Names, ROWS_PER_CHUNK, SDK_ATTEMPTS, Services, timeouts};
use shared::store::TableNames;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::delivery::Delivery;
use crate::emulators::sqs::Queues;
use crate::emulators::{self, ACCESS_KEY_ID, Emulators, SECRET_ACCESS_KEY, arn};
use crate::template::Template;

/// The token of account 1's first user.
pub const DEMO_TOKEN: &str = "demo";
/// The token of account 2's first user, to try separation.
pub const OTHER_TOKEN: &str = "other";

/// How to run the system.
pub struct Options {
    /// Where its state is kept; absent, it is gone at the end.
    pub data: Option<PathBuf>,
    /// Where the router listens; port 0: any.
    pub address: SocketAddr,
    /// The time.
    pub clock: Clock,
    /// Rows of a chunk.
    pub rows_per_chunk: u32,
    /// Handlers of each kind that run at once; with none, nothing happens by itself.
    pub workers: usize,
    /// Runs DynamoDB and S3 in a process of their own, as [`emulators::Options::apart`] says.
    pub apart: Option<Command>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Clock::system(),
            rows_per_chunk: ROWS_PER_CHUNK,
            workers: 2,
            apart: None,
        }
    }
}

/// The running system.
pub struct System {
    url: String,
    services: Services,
    names: Names,
    delivery: Delivery,
    emulators: Emulators,
    stop: oneshot::Sender<()>,
    router: JoinHandle<()>,
}

impl System {
    /// Starts everything and seeds the demo accounts.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let template = Template::embedded()?;
        let emulators = Emulators::start(emulators::Options {
            data: options.data,
            clock: options.clock.clone(),
            notifications: template.notifications(),
            apart: options.apart,
        })
        .await?;
        let names = create(&emulators, &template).await?;
        let services = connect(&emulators, &names, options.clock.clone(), |config| config);
        let services = Services { rows_per_chunk: options.rows_per_chunk, ..services };
        seed(&services).await?;
        let delivery = deliver(&emulators, &template, &services, options.workers)?;

        let listener = TcpListener::bind(options.address)
            .await
            .with_context(|| format!("{} cannot be listened on", options.address))?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = api::router(services.clone());
        let (stop, stopped) = oneshot::channel();
        let router = tokio::spawn(async move {
            let stopped = async { stopped.await.unwrap_or_default() };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the router ended");
            }
        });
        // What an earlier process left behind: its messages are gone, and from now on its standstill is timed.
        sweep::handle(&services).await?;
        Ok(Self { url, services, names, delivery, emulators, stop, router })
    }

    /// Where the router is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The tables, files and queues.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Clients of their own to the same tables, files and queues, as another process has them; `adapt` is given their
    /// configuration.
    pub fn connect(&self, adapt: impl Fn(SdkConfig) -> SdkConfig) -> Services {
        let services = connect(&self.emulators, &self.names, self.services.clock.clone(), adapt);
        Services { rows_per_chunk: self.services.rows_per_chunk, ..services }
    }

    /// The queues, for whoever delivers by hand.
    pub fn queues(&self) -> Arc<Queues> {
        self.emulators.queues()
    }

    /// A client of the files' service, past the product's own.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = config(self.emulators.s3_url());
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build())
    }

    /// A client of the tables' service, past the product's own.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&config(self.emulators.dynamodb_url()))
    }

    /// Waits until nothing is left to do.
    pub async fn idle(&self) {
        self.delivery.idle().await;
    }

    /// Lets what is under way finish, and ends everything.
    pub async fn shutdown(self) {
        let _ = self.stop.send(());
        let _ = self.router.await;
        self.delivery.stop().await;
        self.emulators.shutdown().await;
    }
}

/// What the template defines, on the emulators; how it is called there.
async fn create(emulators: &Emulators, template: &Template) -> anyhow::Result<Names> {
    let (dynamodb, s3, sqs) = clients(emulators, |config| config);
    template.create(&dynamodb, &s3, &sqs).await?;

    let table = |id: &str| template.tables.get(id).map(|table| table.name.clone()).with_context(|| id.to_owned());
    let tables = TableNames {
        imports: table("ImportsTable")?,
        workspace: table("WorkspaceTable")?,
        events: table("EventsTable")?,
    };
    let bucket = template.buckets.get("Bucket").map(|bucket| bucket.name.clone()).context("Bucket")?;
    let mut urls = Vec::new();
    for id in ["WorkQueue", "LoadQueue", "RevertQueue"] {
        let name = template.queues.get(id).map(|queue| queue.name.clone()).with_context(|| id.to_owned())?;
        let url = sqs.get_queue_url().queue_name(name).send().await?;
        urls.push(url.queue_url.context("a queue without a URL")?);
    }
    let [work, load, revert] = <[String; 3]>::try_from(urls).expect("three queues were asked for");
    Ok(Names { tables, bucket, queues: QueueUrls { work, load, revert } })
}

fn connect(emulators: &Emulators, names: &Names, clock: Clock, adapt: impl Fn(SdkConfig) -> SdkConfig) -> Services {
    let (dynamodb, s3, sqs) = clients(emulators, adapt);
    Services::from_clients(dynamodb, s3, sqs, names.clone(), clock)
}

fn clients(
    emulators: &Emulators,
    adapt: impl Fn(SdkConfig) -> SdkConfig,
) -> (aws_sdk_dynamodb::Client, aws_sdk_s3::Client, aws_sdk_sqs::Client) {
    let config = |endpoint: &str| adapt(config(endpoint));
    let s3 = aws_sdk_s3::config::Builder::from(&config(emulators.s3_url())).force_path_style(true).build();
    (
        aws_sdk_dynamodb::Client::new(&config(emulators.dynamodb_url())),
        aws_sdk_s3::Client::from_conf(s3),
        aws_sdk_sqs::Client::new(&config(emulators.sqs_url())),
    )
}

fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(arn::REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS))
        .endpoint_url(endpoint)
        .build()
}

/// Hands the functions what drives them.
fn deliver(
    emulators: &Emulators,
    template: &Template,
    services: &Services,
    workers: usize,
) -> anyhow::Result<Delivery> {
    let function = |id: &str| template.functions.get(id).with_context(|| format!("the template has no {id}"));
    let mut delivery = Delivery::new(emulators, services.clock.clone());
    if workers == 0 {
        return Ok(delivery);
    }
    let s = services.clone();
    delivery.messages(function("LoaderFunction")?, workers, move |event| {
        let s = s.clone();
        async move { Ok::<_, String>(loader::handle(&s, event).await) }
    })?;
    let s = services.clone();
    delivery.messages(function("RevertFunction")?, workers, move |event| {
        let s = s.clone();
        async move { Ok::<_, String>(revert::handle(&s, event).await) }
    })?;
    let s = services.clone();
    delivery.messages(function("ParserFunction")?, workers, move |event| {
        let s = s.clone();
        async move { parser::handle(&s, Trigger::Messages(event)).await }
    })?;
    let s = services.clone();
    delivery.objects(function("ParserFunction")?, emulators.created_objects(), workers, move |event| {
        let s = s.clone();
        async move { parser::handle(&s, Trigger::Objects(event)).await.map(drop) }
    });
    let s = services.clone();
    delivery.schedule(function("SweepFunction")?, move || {
        let s = s.clone();
        async move { sweep::handle(&s).await.map(drop) }
    });
    Ok(delivery)
}

/// The demo accounts: account 1 with the token [`DEMO_TOKEN`], account 2 with [`OTHER_TOKEN`].
async fn seed(services: &Services) -> anyhow::Result<()> {
    for (id, name, email, token) in
        [(1, "Demo", "demo@example.com", DEMO_TOKEN), (2, "Other", "other@example.com", OTHER_TOKEN)]
    {
        let account = Account { id: AccountId(id), name: name.to_owned(), company: name.to_owned() };
        let user = UserFields {
            email: email.to_owned(),
            first_name: name.to_owned(),
            last_name: "User".to_owned(),
            ..UserFields::default()
        };
        account::found(services, &account, user).await?;
        let scopes = vec![Scope::Import, Scope::Workspace];
        account::grant(services, token, &Principal { account: account.id, user: ThingId(1), scopes }).await?;
    }
    Ok(())
}

/// Warnings and worse on standard error, unless `RUST_LOG` asks for more.
pub fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
