//! The command line.

mod account;
mod bench;
mod client;
mod detect;
mod import;
mod load;
mod progress;
mod reading;
mod report;
mod revert;
mod serve;
mod tables;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use shared::sweep::Swept;
use waybill::system::{self, DEMO_TOKEN, System};

use client::Client;

/// Bulk imports that can always be undone.
#[derive(Parser)]
#[command(version, about)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole service on this machine
    Serve(serve::Serve),
    /// Import a file and tell what became of every row
    Import(import::Import),
    /// Tell what a file is and how it would be read, without importing it
    Detect(detect::Detect),
    /// Undo an import
    Revert(revert::Revert),
    /// Make an account, or list them
    #[command(subcommand)]
    Account(account::Account),
    /// Add a user to an account
    #[command(subcommand)]
    User(account::User),
    /// Make, list, rotate and revoke the tokens of an account
    #[command(subcommand)]
    Token(token::Token),
    /// Measure what an import and its undo take, against embedded stores in a process of their own
    Bench(bench::Bench),
    /// Run many clients at once against a service, and tell how it answers
    Load(load::Load),
    /// Be the process of the stores
    #[command(name = bench::STORES, hide = true)]
    Stores,
}

/// Which service is meant: one that runs somewhere, or an embedded one of this process.
#[derive(Args)]
pub struct Where {
    /// A running or deployed service, such as http://127.0.0.1:8080; without it the service runs in this process
    #[arg(long, requires = "token")]
    url: Option<String>,
    /// The token for the service
    #[arg(long)]
    token: Option<String>,
    /// Where the embedded service keeps its state, so that a later command can undo this one
    #[arg(long, default_value = ".waybill", conflicts_with = "url")]
    data: PathBuf,
    /// Let the embedded service forget everything at the end
    #[arg(long, conflicts_with_all = ["url", "data"])]
    memory: bool,
}

/// Runs a command.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Serve(serve) => serve.run().await,
        Command::Import(import) => import.run().await,
        Command::Detect(detect) => detect.run(),
        Command::Revert(revert) => revert.run().await,
        Command::Account(account) => account.run().await,
        Command::User(user) => user.run().await,
        Command::Token(token) => token.run().await,
        Command::Bench(bench) => bench.run().await,
        Command::Load(load) => load.run().await,
        Command::Stores => bench::stores().await,
    }
}

/// A service to talk to; the embedded one ends with it.
pub struct Service {
    /// How to talk to it.
    pub client: Client,
    /// How a later command reaches the same state, as arguments; none, if it is gone then.
    pub again: Option<String>,
    system: Option<System>,
}

impl Where {
    /// Reaches or starts the service.
    pub async fn open(&self) -> anyhow::Result<Service> {
        if let Some(url) = &self.url {
            let token = self.token.clone().unwrap_or_default();
            let again = Some(format!(" --url {url} --token …"));
            return Ok(Service { client: Client::new(url, &token)?, again, system: None });
        }
        let data = (!self.memory).then(|| self.data.clone());
        let again = data.as_ref().map(|data| match data.as_os_str() == ".waybill" {
            true => String::new(),
            false => format!(" --data {}", data.display()),
        });
        let options = system::Options { data, ..system::Options::default() };
        let system = System::start(options).await.context("the embedded service does not start")?;
        if let Some(resumed) = resumed(&system.resumed()) {
            eprintln!("{resumed}");
        }
        let token = self.token.clone().unwrap_or_else(|| DEMO_TOKEN.to_owned());
        Ok(Service { client: Client::new(system.url(), &token)?, again, system: Some(system) })
    }
}

impl Service {
    /// Lets what is under way finish.
    pub async fn close(self) {
        if let Some(system) = self.system {
            system.shutdown().await;
        }
    }
}

/// Says what goes on of an earlier run, if anything does.
fn resumed(swept: &Swept) -> Option<String> {
    match swept.woken - swept.awaiting {
        0 => None,
        1 => Some("1 import of an earlier run goes on".to_owned()),
        more => Some(format!("{more} imports of an earlier run go on")),
    }
}
