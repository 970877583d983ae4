//! The command `waybill serve`, which runs the whole service on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use waybill::gate::HostName;
use waybill::system::{self, DEMO_TOKEN, OTHER_TOKEN, System};

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
}

impl Serve {
    /// Serves until an interrupt, and then lets the work in progress finish. A second interrupt ends
    /// the service at once.
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

/// Prints the address of the service, with example requests.
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
