//! The system: emulators, functions and router, wired as `template.yaml` wires them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use shared::account::{self, Account, Principal, Scope};
use shared::clock::Clock;
use shared::id::{AccountId, ThingId};
use shared::queue::QueueUrls;
use shared::services::{Names, ROWS_PER_CHUNK, SDK_ATTEMPTS, Services, timeouts};
use shared::store::TableNames;
use shared::sweep::{Others, Swept, sweep};
use shared::things::UserFields;

use crate::delivery::Delivery;
use crate::emulators::sqs::Queues;
use crate::emulators::{self, ACCESS_KEY_ID, Emulators, SECRET_ACCESS_KEY, arn};
use crate::folder::Folder;
use crate::gate::{Callers, Gate, HostName};
use crate::http::{Bound, Limits, Server};
use crate::roles::{Guard, Guards, guards};
use crate::template::Template;

/// The token of account 1's first user.
pub const DEMO_TOKEN: &str = "demo";
/// The token of account 2's first user, to try separation.
pub const OTHER_TOKEN: &str = "other";

/// How long a shutdown waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);

/// How to run the system.
pub struct Options {
    /// Where its state is kept, which no other process may use meanwhile; absent, it is gone at the end.
    pub data: Option<PathBuf>,
    /// Where the router listens; port 0: any.
    pub address: SocketAddr,
    /// Names by which clients reach the router besides the loopback ones.
    pub hosts: Vec<HostName>,
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
            hosts: Vec::new(),
            clock: Clock::steady(),
            rows_per_chunk: ROWS_PER_CHUNK,
            workers: 2,
            apart: None,
        }
    }
}

/// The services as each function has them: through clients of its own that do what its role allows, and no more.
#[derive(Clone)]
pub struct Functions {
    pub api: Services,
    pub parser: Services,
    pub loader: Services,
    pub revert: Services,
    pub sweep: Services,
}

impl Functions {
    /// Each by the logical id of its function.
    fn of(services: impl Fn(&str) -> anyhow::Result<Services>) -> anyhow::Result<Self> {
        Ok(Self {
            api: services("ApiFunction")?,
            parser: services("ParserFunction")?,
            loader: services("LoaderFunction")?,
            revert: services("RevertFunction")?,
            sweep: services("SweepFunction")?,
        })
    }

    /// Each as `change` makes it.
    pub fn map(self, change: impl Fn(Services) -> Services) -> Self {
        Self {
            api: change(self.api),
            parser: change(self.parser),
            loader: change(self.loader),
            revert: change(self.revert),
            sweep: change(self.sweep),
        }
    }
}

/// The running system.
pub struct System {
    services: Services,
    functions: Functions,
    guards: Guards,
    resumed: Swept,
    doors: Server,
    delivery: Delivery,
    emulators: Emulators,
}

impl System {
    /// Starts everything, seeds the demo accounts, and lets go on what an earlier run left open.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let template = Template::embedded()?;
        let data = options.data.as_deref().map(Folder::take).transpose()?;
        let is_kept = data.is_some();
        let bound = Bound::to(options.address).await;
        let bound = bound.with_context(|| format!("{} cannot be listened on", options.address))?;
        let callers = Callers { names: options.hosts, doors: Some(bound.port()) };
        let emulators = Emulators::start(emulators::Options {
            data,
            clock: options.clock.clone(),
            notifications: template.notifications(),
            callers: callers.clone(),
            apart: options.apart,
        })
        .await?;
        // The functions share their connections: one process with five pools for each service would hold very many.
        let http = http_client();
        let local = |config: SdkConfig| config.into_builder().http_client(http.clone()).build();
        let (dynamodb, s3, sqs) = clients(&emulators, None, local);
        let names = create(&template, &dynamodb, &s3, &sqs).await?;
        let services = Services::from_clients(dynamodb, s3, sqs, names, options.clock.clone());
        let services = Services { rows_per_chunk: options.rows_per_chunk, ..services };
        let guards = guards(&template);
        let functions = connect(&emulators, &services, &guards, local)?;
        seed(&services).await?;
        // The folder is ours alone, so the holders of leases are dead and their messages are lost. Loaders of this run
        // begin after the leases have come off.
        let resumed = if is_kept { sweep(&functions.sweep, Others::Gone).await? } else { Swept::default() };
        let delivery = deliver(&emulators, &template, &functions, &guards, options.workers)?;
        let gate = Gate::new(&callers, bound.port(), api::refusal);
        let doors = bound.serve(Limits::default(), |_| gate.before(api::router(functions.api.clone())));
        Ok(Self { services, functions, guards, resumed, doors, delivery, emulators })
    }

    /// Where the router is.
    pub fn url(&self) -> &str {
        self.doors.url()
    }

    /// What an earlier run left open, and goes on now.
    pub fn resumed(&self) -> Swept {
        self.resumed
    }

    /// The tables, files and queues, for whoever operates the system: every action is allowed.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The same as the functions have them.
    pub fn functions(&self) -> &Functions {
        &self.functions
    }

    /// Clients of their own to the same tables, files and queues, as other processes of the functions have them; `adapt`
    /// is given their configuration.
    pub fn connect(&self, adapt: impl Fn(SdkConfig) -> SdkConfig) -> anyhow::Result<Functions> {
        connect(&self.emulators, &self.services, &self.guards, adapt)
    }

    /// Clients of their own for a person who uses the same tables, files and queues, to whom every action is allowed.
    pub fn person(&self, adapt: impl Fn(SdkConfig) -> SdkConfig) -> Services {
        let (dynamodb, s3, sqs) = clients(&self.emulators, None, adapt);
        self.services.through(dynamodb, s3, sqs)
    }

    /// The roles of the functions by their logical ids, with what was used of them and refused by them.
    pub fn guards(&self) -> &Guards {
        &self.guards
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

    /// Lets what is under way finish within seconds, and ends everything. What is cut off goes on at the next start with
    /// the same data.
    pub async fn shutdown(self) {
        tokio::join!(self.doors.shutdown(GRACE), self.delivery.stop());
        self.emulators.shutdown().await;
    }
}

/// What the template defines, on the emulators; how it is called there.
async fn create(
    template: &Template,
    dynamodb: &aws_sdk_dynamodb::Client,
    s3: &aws_sdk_s3::Client,
    sqs: &aws_sdk_sqs::Client,
) -> anyhow::Result<Names> {
    template.create(dynamodb, s3, sqs).await?;

    let table = |id: &str| template.tables.get(id).map(|table| table.name.clone()).with_context(|| id.to_owned());
    let tables = TableNames {
        imports: table("ImportsTable")?,
        workspace: table("WorkspaceTable")?,
        events: table("EventsTable")?,
    };
    let bucket = template.buckets.get("Bucket").map(|bucket| bucket.name.clone()).context("Bucket")?;
    let mut urls = Vec::new();
    for id in ["ArrivalQueue", "WorkQueue", "LoadQueue", "RevertQueue"] {
        let name = template.queues.get(id).map(|queue| queue.name.clone()).with_context(|| id.to_owned())?;
        let url = sqs.get_queue_url().queue_name(name).send().await?;
        urls.push(url.queue_url.context("a queue without a URL")?);
    }
    let [arrival, work, load, revert] = <[String; 4]>::try_from(urls).expect("four queues were asked for");
    Ok(Names { tables, bucket, queues: QueueUrls { arrival, work, load, revert } })
}

/// Clients for each function, behind its guard.
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
    let config = |endpoint: &str| adapt(config(endpoint));
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

/// A pool of connections. The emulators speak plain HTTP, so no store of certificates is read.
fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_http()
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
        .http_client(http_client())
        .build()
}

/// Hands the functions what drives them.
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
    delivery.notifications(emulators.created_objects());
    let s = functions.sweep.clone();
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
