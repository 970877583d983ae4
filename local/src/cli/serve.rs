//! The command `waybill serve`, which runs the whole service on loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use reqwest::Url;
use shared::fetch::Fetcher;
use tokio::signal::unix::{Signal, SignalKind, signal};
use waybill::events::consumer;
use waybill::gate::HostName;
use waybill::system::{self, DEMO_TOKEN, OTHER_TOKEN, System, WORKERS};

/// Exit status of a service which did not end in order. Shells report the same status for a
/// process which Ctrl-C killed.
const INTERRUPTED: u8 = 130;

/// Arguments of `waybill serve`.
#[derive(Args)]
pub struct Serve {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder in which the service keeps its state [default: the state is deleted at the end]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Further name by which clients or your own pages reach the service, such as the name of a tunnel; without a
    /// port, any port is accepted
    #[arg(long = "host", value_name = "NAME[:PORT]")]
    hosts: Vec<HostName>,
    /// Serve DynamoDB, S3 and SQS at this one address as well, for functions outside of this process. Without an ADDRESS
    /// it is on 127.0.0.1; containers reach 0.0.0.0 as host.docker.internal. Every program that reaches the address can read
    /// and write everything, because no secret is asked for
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = address)]
    aws: Option<SocketAddr>,
    /// Write the environment of such functions to this file, as `sam local invoke --env-vars` takes it
    #[arg(long, value_name = "FILE", requires = "aws")]
    env: Option<PathBuf>,
    /// Post every event of an import to this URL as JSON, in the envelope of EventBridge, until the answer is 2xx
    #[arg(long, value_name = "URL", value_parser = consumer)]
    events: Option<Url>,
    /// Leave messages in their queues, for functions outside of this process
    #[arg(long, requires = "aws")]
    no_workers: bool,
}

/// Reads an address; a port alone is one on loopback.
fn address(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        Err(_) => text.parse().map_err(|_| "is no PORT and no ADDRESS:PORT, such as 4566 or 0.0.0.0:4566".to_owned()),
    }
}

impl Serve {
    /// Serves until an interrupt, and then lets the work in progress finish. A second interrupt ends
    /// the service at once.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        system::log();
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let options = system::Options {
            data: self.data,
            address,
            hosts: self.hosts,
            workers: if self.no_workers { 0 } else { WORKERS },
            aws: self.aws,
            events: self.events.clone(),
            webhooks: !self.no_workers,
            // Programs of this machine may get events without TLS.
            fetcher: Fetcher::default().local(),
            ..system::Options::default()
        };
        let mut interrupts = Interrupts::listen()?;
        let system = tokio::select! {
            system = System::start(options) => system.context("the service does not start")?,
            () = interrupts.next() => return Ok(ExitCode::from(INTERRUPTED)),
        };
        if let (Some(file), Some(environment)) = (&self.env, system.environment()) {
            let written = std::fs::write(file, environment.to_json());
            written.with_context(|| format!("{} cannot be written", file.display()))?;
        }
        if let Some(aws) = self.aws.filter(|aws| !aws.ip().is_loopback()) {
            eprintln!(
                "{aws} is not only for this machine: every program that reaches the address can read and write everything"
            );
        }
        tell(&system, self.events.as_ref());
        interrupts.next().await;
        eprintln!("ending within seconds; a second signal ends it at once");
        tokio::select! {
            () = system.shutdown() => Ok(ExitCode::SUCCESS),
            () = interrupts.next() => Ok(ExitCode::from(INTERRUPTED)),
        }
    }
}

/// Prints the address of the service, with example requests, and the consumer of events.
fn tell(system: &System, consumer: Option<&Url>) {
    let url = system.url();
    println!("ready {url}");
    if let Some(resumed) = super::resumed(&system.resumed()) {
        println!("{resumed}");
    }
    println!();
    println!("Noko      {url}/v2");
    println!("  curl -H 'X-NokoToken: {DEMO_TOKEN}' -F file=@entries.csv {url}/v2/imports/");
    println!("  curl -H 'X-NokoToken: {DEMO_TOKEN}' {url}/v2/imports/1/entries");
    println!("  curl -H 'X-NokoToken: {DEMO_TOKEN}' -X DELETE {url}/v2/imports/1");
    println!("Productive {url}/api/v2, for contacts");
    println!("Copernica  {url}/v3, for profiles");
    println!("native    {url}/api/v1");
    println!("  curl -H 'Authorization: Token {DEMO_TOKEN}' {url}/api/v1/imports/1");
    if let Some(environment) = system.environment() {
        println!("AWS, for functions outside of this process, whose environment is");
        for line in environment.lines() {
            println!("  {line}");
        }
    }
    if let Some(consumer) = consumer {
        println!("events    {consumer}");
    }
    println!();
    println!("Account 1 (Demo): token {DEMO_TOKEN}. Account 2, to try separation: token {OTHER_TOKEN}.");
}

/// The signals which end the service, which are an interrupt (Ctrl-C) and a request for termination.
struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
