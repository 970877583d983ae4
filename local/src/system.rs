//! The running system: emulators, functions and router, connected as `template.yaml` connects them on AWS.

mod functions;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use reqwest::Url;
use shared::account::{self, Account, Principal, Scope};
use shared::clock::Clock;
use shared::connections::{SDK_ATTEMPTS, timeouts};
use shared::fetch::Fetcher;
use shared::id::{AccountId, ThingId};
use shared::queue::QueueUrls;
use shared::quotas::Quotas;
use shared::retention::Retention;
use shared::services::{ROWS_PER_CHUNK, ResourceNames, Services, log_levels};
use shared::store::TableNames;
use shared::sweep::{Others, Swept, sweep};
use shared::things::UserFields;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::delivery::Delivery;
use crate::docs;
use crate::emulators::sqs::Queues;
use crate::emulators::{self, ACCESS_KEY_ID, Emulators, SECRET_ACCESS_KEY, arn};
use crate::environment::Environment;
use crate::events::Events;
use crate::folder::Folder;
use crate::gate::{Callers, Gate, HostName};
use crate::http::{Bound, Limits, Server};
use crate::roles::{Guard, Guards, guards};
use crate::template::Template;

pub use functions::Functions;

/// API token of the first user in account 1.
pub const DEMO_TOKEN: &str = "demo";
/// API token of the first user in account 2, with which a person can try the separation of accounts.
pub const OTHER_TOKEN: &str = "other";

/// Number of handlers of each function which run at once by default.
pub const WORKERS: usize = 2;

/// Longest time for which a shutdown waits until the requests in progress are answered.
const GRACE: Duration = Duration::from_secs(5);

/// Settings of a system. The default keeps all state in memory and listens on any free port of loopback.
pub struct Options {
    /// Data folder for the state, which no other process may use at the same time. With `None` the state is
    /// deleted at the end.
    pub data: Option<PathBuf>,
    /// Address at which the router listens. Port 0 stands for any free port.
    pub address: SocketAddr,
    /// Names of the router besides the loopback names, for clients and pages which use another name.
    pub hosts: Vec<HostName>,
    /// Clock of the emulators and of the functions.
    pub clock: Clock,
    /// Largest number of rows in a chunk.
    pub rows_per_chunk: u32,
    /// How long things are kept. Tests use a few days.
    pub retention: Retention,
    /// Quotas of accounts without quotas of their own. Tests use small ones.
    pub quotas: Quotas,
    /// Client which fetches files from URLs. Tests put a network of their own behind the client.
    pub fetcher: Fetcher,
    /// Number of handlers of each function which run at once. With 0 no message, notification
    /// or schedule is delivered.
    pub workers: usize,
    /// Command which starts a separate process for DynamoDB and S3, see [`emulators::Options::apart`].
    pub apart: Option<Command>,
    /// Address of DynamoDB, S3 and SQS for functions outside of this process, see [`emulators::Options::together`].
    pub aws: Option<SocketAddr>,
    /// Consumer to which every event is posted, or `None`.
    pub events: Option<Url>,
    /// True if the outbox is read for webhooks. An event then leaves the outbox once its deliveries are stored and the consumer, if
    /// there is one, has taken the event. Without a consumer and without webhooks the events stay in the outbox.
    pub webhooks: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            data: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            hosts: Vec::new(),
            clock: Clock::steady(),
            rows_per_chunk: ROWS_PER_CHUNK,
            retention: Retention::default(),
            quotas: Quotas::default(),
            fetcher: Fetcher::default(),
            workers: WORKERS,
            apart: None,
            aws: None,
            events: None,
            webhooks: false,
        }
    }
}

/// The running system. [`System::shutdown`] ends it in order, and a drop ends it abruptly.
pub struct System {
    services: Services,
    functions: Functions,
    guards: Guards,
    environment: Option<Environment>,
    resumed: Swept,
    doors: Server,
    delivery: Delivery,
    events: Option<Events>,
    emulators: Emulators,
}

impl System {
    /// Starts all parts, seeds the demo accounts, and resumes the imports which an earlier run left open.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let template = Template::embedded()?;
        let data = options.data.as_deref().map(Folder::take).transpose()?;
        let is_kept = data.is_some();
        let bound = Bound::to(options.address).await;
        let bound = bound.with_context(|| format!("the address {} cannot be used", options.address))?;
        let callers = Callers { names: options.hosts, doors: Some(bound.port()) };
        let emulators = Emulators::start(emulators::Options {
            data,
            clock: options.clock.clone(),
            notifications: template.notifications(),
            callers: callers.clone(),
            apart: options.apart,
            together: options.aws,
        })
        .await?;
        let (dynamodb, s3, sqs) = clients(&emulators, None, |config| config);
        let names = create(template, &dynamodb, &s3, &sqs).await?;
        let environment = emulators
            .together_url()
            .map(|url| Environment::new(url, &bound.url(), &names, options.retention, options.quotas));
        let services = Services::from_clients(dynamodb, s3, sqs, names, options.clock.clone());
        let Options { rows_per_chunk, retention, quotas, fetcher, .. } = options;
        let services = Services { rows_per_chunk, retention, quotas, fetcher, ..services };
        let guards = guards(template);
        let functions = connect(&emulators, &services, &guards, |config| config)?;
        seed(&services).await?;
        // Only this process uses the folder, so the holders of old leases are dead and their messages are lost. The
        // loaders start after the sweep has removed the old leases.
        let resumed = if is_kept { sweep(&functions.sweep, Others::Gone).await? } else { Swept::default() };
        let delivery = deliver(&emulators, template, &functions, &guards, options.workers)?;
        let gate = Gate::new(&callers, bound.port(), api::refusal);
        let doors =
            bound.serve(Limits::default(), |_| gate.before(api::router(functions.api.clone()).merge(docs::router())));
        let is_read = options.webhooks || options.events.is_some();
        let start = || Events::start(&services.store, &functions.notifier, options.events, doors.url());
        let events = is_read.then(start).transpose()?;
        Ok(Self { services, functions, guards, environment, resumed, doors, delivery, events, emulators })
    }

    /// Base URL of the router, for example `http://127.0.0.1:8080`.
    pub fn url(&self) -> &str {
        self.doors.url()
    }

    /// Environment of functions outside of this process. `None` unless [`Options::aws`] gives such functions an address.
    pub fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }

    /// Counts of the imports which an earlier run left open and this run resumes. All counts are zero
    /// without a data folder.
    pub fn resumed(&self) -> Swept {
        self.resumed
    }

    /// Tables, files and queues for the operator of the system, whose clients may do every action.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Tables, files and queues as the functions use them, through guarded clients.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// Creates separate clients to the same tables, files and queues, in the way of a second process of each
    /// function. `adapt` may change the configuration of each client.
    pub fn connect(&self, adapt: impl Fn(SdkConfig) -> SdkConfig) -> anyhow::Result<Functions> {
        connect(&self.emulators, &self.services, &self.guards, adapt)
    }

    /// Creates separate clients for a person who uses the same tables, files and queues, with
    /// permission for every action.
    pub fn person(&self, adapt: impl Fn(SdkConfig) -> SdkConfig) -> Services {
        let (dynamodb, s3, sqs) = clients(&self.emulators, None, adapt);
        self.services.through(dynamodb, s3, sqs)
    }

    /// The guards of the functions by logical id, with a record of used permissions and of refusals.
    pub fn guards(&self) -> &Guards {
        &self.guards
    }

    /// The queues themselves, for a caller which delivers messages by hand.
    pub fn queues(&self) -> Arc<Queues> {
        self.emulators.queues()
    }

    /// A client for S3 which bypasses the product's own clients.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let config = config(&self.emulators, self.emulators.s3_url());
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build())
    }

    /// A client for DynamoDB which bypasses the product's own clients.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&config(&self.emulators, self.emulators.dynamodb_url()))
    }

    /// Waits until no message, notification or call is left, see [`Delivery::idle`].
    pub async fn idle(&self) {
        self.delivery.idle().await;
    }

    /// Lets the work in progress finish within seconds, and ends all parts. The next start on the same data resumes
    /// the work which was cut off.
    pub async fn shutdown(self) {
        tokio::join!(self.doors.shutdown(GRACE), self.delivery.stop());
        if let Some(events) = self.events {
            events.stop().await;
        }
        self.emulators.shutdown().await;
    }
}

/// Creates the template's resources on the emulators, and returns their names.
async fn create(
    template: &Template,
    dynamodb: &aws_sdk_dynamodb::Client,
    s3: &aws_sdk_s3::Client,
    sqs: &aws_sdk_sqs::Client,
) -> anyhow::Result<ResourceNames> {
    template.create(dynamodb, s3, sqs).await?;

    let table = |id: &str| template.tables.get(id).map(|table| table.name.clone()).with_context(|| id.to_owned());
    let tables = TableNames {
        imports: table("ImportsTable")?,
        workspace: table("WorkspaceTable")?,
        events: table("EventsTable")?,
    };
    let bucket = template.buckets.get("Bucket").map(|bucket| bucket.name.clone()).context("Bucket")?;
    let mut urls = Vec::new();
    for id in ["ArrivalQueue", "WorkQueue", "LoadQueue", "RevertQueue", "FollowUpsQueue", "WebhookQueue"] {
        let name = template.queues.get(id).map(|queue| queue.name.clone()).with_context(|| id.to_owned())?;
        let url = sqs.get_queue_url().queue_name(name).send().await?;
        urls.push(url.queue_url.context("a queue without a URL")?);
    }
    let [arrival, work, load, revert, follow_ups, webhooks] =
        <[String; 6]>::try_from(urls).expect("six queues were asked for");
    Ok(ResourceNames { tables, bucket, queues: QueueUrls { arrival, work, load, revert, follow_ups, webhooks } })
}

/// Creates guarded clients for each function.
fn connect(
    emulators: &Emulators,
    services: &Services,
    guards: &Guards,
    adapt: impl Fn(SdkConfig) -> SdkConfig,
) -> anyhow::Result<Functions> {
    Functions::of(|id| {
        let guard = guards.get(id).with_context(|| format!("the template has no {id}"))?;
        let (dynamodb, s3, sqs) = clients(emulators, Some(guard), &adapt);
        Ok(services.through(dynamodb, s3, sqs))
    })
}

fn clients(
    emulators: &Emulators,
    guard: Option<&Guard>,
    adapt: impl Fn(SdkConfig) -> SdkConfig,
) -> (aws_sdk_dynamodb::Client, aws_sdk_s3::Client, aws_sdk_sqs::Client) {
    let config = |endpoint: &str| adapt(config(emulators, endpoint));
    let mut dynamodb = aws_sdk_dynamodb::config::Builder::from(&config(emulators.dynamodb_url()));
    let mut s3 = aws_sdk_s3::config::Builder::from(&config(emulators.s3_url())).force_path_style(true);
    let mut sqs = aws_sdk_sqs::config::Builder::from(&config(emulators.sqs_url()));
    if let Some(guard) = guard {
        dynamodb = dynamodb.interceptor(guard.clone());
        s3 = s3.interceptor(guard.clone());
        sqs = sqs.interceptor(guard.clone());
    }
    (
        aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        aws_sdk_s3::Client::from_conf(s3.build()),
        aws_sdk_sqs::Client::from_conf(sqs.build()),
    )
}

fn config(emulators: &Emulators, endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(arn::REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .timeout_config(timeouts())
        .retry_config(RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS))
        .endpoint_url(endpoint)
        .http_client(emulators.client())
        .build()
}

/// Connects the functions to their queues, notifications and schedules.
fn deliver(
    emulators: &Emulators,
    template: &Template,
    functions: &Functions,
    guards: &Guards,
    workers: usize,
) -> anyhow::Result<Delivery> {
    for (id, function) in &template.functions {
        guards[id].lambda(function)?;
    }
    let function = |id: &str| template.functions.get(id).with_context(|| format!("the template has no {id}"));
    let mut delivery = Delivery::new(emulators, functions.sweep.clock.clone());
    if workers == 0 {
        return Ok(delivery);
    }
    let s = functions.loader.clone();
    delivery.messages(function("LoaderFunction")?, workers, move |event| {
        let s = s.clone();
        async move { Ok::<_, String>(loader::handle(&s, event).await) }
    })?;
    let s = functions.revert.clone();
    delivery.messages(function("RevertFunction")?, workers, move |event| {
        let s = s.clone();
        async move { Ok::<_, String>(revert::handle(&s, event).await) }
    })?;
    let s = functions.parser.clone();
    delivery.messages(function("ParserFunction")?, workers, move |event| {
        let s = s.clone();
        async move { Ok::<_, String>(Box::pin(parser::handle(&s, event)).await) }
    })?;
    let s = functions.notifier.clone();
    delivery.messages(function("NotifierFunction")?, workers, move |event| {
        let s = s.clone();
        async move { Ok::<_, String>(notifier::deliver(&s, event).await) }
    })?;
    delivery.notifications(emulators.created_objects());
    let s = functions.sweep.clone();
    delivery.schedule(function("SweepFunction")?, move || {
        let s = s.clone();
        async move { sweep::handle(&s).await.map(drop) }
    });
    Ok(delivery)
}

/// Creates the demo accounts, account 1 with the token [`DEMO_TOKEN`] and account 2 with the token [`OTHER_TOKEN`].
async fn seed(services: &Services) -> anyhow::Result<()> {
    for (id, name, email, token) in
        [(1, "Demo", "demo@example.com", DEMO_TOKEN), (2, "Other", "other@example.com", OTHER_TOKEN)]
    {
        let account = Account::new(AccountId(id), name, name);
        let user = UserFields {
            email: email.to_owned(),
            first_name: name.to_owned(),
            last_name: "User".to_owned(),
            ..UserFields::default()
        };
        account::found(services, &account, user).await?;
        let scopes = vec![Scope::Import, Scope::Workspace, Scope::Contacts, Scope::Profiles];
        account::grant(services, token, &Principal { account: account.id, user: ThingId(1), scopes }).await?;
    }
    Ok(())
}

/// Logs warnings and errors to standard error. The variable `RUST_LOG` selects other levels.
pub fn log() {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry().with(lines.with_filter(log_levels(LevelFilter::WARN))).init();
}
