//! `waybill serve`: the whole service on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use waybill::gate::HostName;
use waybill::system::{self, DEMO_TOKEN, OTHER_TOKEN, System};

/// The exit status of a service that did not end in order: a shell's for a process that Ctrl-C killed.
const INTERRUPTED: u8 = 130;

/// Run the service.
#[derive(Args)]
pub struct Serve {
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep the state in this folder; without it, it is gone at the end
    #[arg(long)]
    data: Option<PathBuf>,
    /// Another name by which clients reach the service, as that of a tunnel or of a page of yours; any port, unless one is
    /// named
    #[arg(long = "host", value_name = "NAME[:PORT]")]
    hosts: Vec<HostName>,
}

impl Serve {
    /// Serves until it is interrupted, and lets what is under way finish. A second interrupt ends it at once.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        system::log();
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let options = system::Options { data: self.data, address, hosts: self.hosts, ..system::Options::default() };
        let mut interrupts = Interrupts::listen()?;
        let system = tokio::select! {
            system = System::start(options) => system.context("the service does not start")?,
            () = interrupts.next() => return Ok(ExitCode::from(INTERRUPTED)),
        };
        tell(&system);
        interrupts.next().await;
        eprintln!("ending within seconds; a second signal ends it at once");
        tokio::select! {
            () = system.shutdown() => Ok(ExitCode::SUCCESS),
            () = interrupts.next() => Ok(ExitCode::from(INTERRUPTED)),
        }
    }
}

/// Says where the service is and how it is called.
fn tell(system: &System) {
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
    println!("native    {url}/api/v1");
    println!("  curl -H 'Authorization: Token {DEMO_TOKEN}' {url}/api/v1/imports/1");
    println!();
    println!("Account 1 (Demo): token {DEMO_TOKEN}. Account 2, to try separation: token {OTHER_TOKEN}.");
}

/// Ctrl-C, and a polite kill.
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
