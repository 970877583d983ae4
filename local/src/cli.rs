//! The command line of the program `waybill`, with a module for each subcommand.

mod account;
mod bench;
mod cancel;
mod client;
mod columns;
mod detect;
mod errors;
mod import;
mod list;
mod load;
mod model;
mod profiles;
mod progress;
mod reading;
mod report;
mod resume;
mod revert;
mod serve;
mod shell;
mod show;
mod stack;
mod tables;
mod token;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};
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
#[expect(clippy::large_enum_variant, reason = "a program has one command")]
enum Command {
    /// Run the whole service on this machine
    Serve(serve::Serve),
    /// Import a file and report the outcome of every row
    Import(import::Import),
    /// Show how a file would be read, without importing it
    Detect(detect::Detect),
    /// List the imports, newest first
    List(list::List),
    /// Show an import as it is now
    Show(show::Show),
    /// Show the errors of an import's rows, grouped by their cause
    Errors(errors::Errors),
    /// Stop an import; rows that are loaded stay
    Cancel(cancel::Cancel),
    /// Go on with a stopped import
    Resume(resume::Resume),
    /// Undo an import
    Revert(revert::Revert),
    /// Create an account, or list the accounts
    #[command(subcommand)]
    Account(account::Account),
    /// Add a user to an account
    #[command(subcommand)]
    User(account::User),
    /// Create, list, rotate and revoke the tokens of an account
    #[command(subcommand)]
    Token(token::Token),
    /// Measure the time, the price and the memory of an import and its undo, against embedded stores
    /// in a separate process
    Bench(bench::Bench),
    /// Measure imports into a large database of profiles, found by an indexed field and by another, and their undo
    BenchProfiles(bench::profiles::BenchProfiles),
    /// Compute the pace, the time and the price of imports on AWS for a number of loaders
    Model(model::Model),
    /// Run many clients at once against a service, and report how the service answers
    Load(load::Load),
    /// Write a script with which a shell completes this program's commands and options
    Completions(shell::Completions),
    /// Write a manual page
    #[command(name = "man")]
    Manual(shell::Manual),
    /// Serve DynamoDB and S3 for the process which started this command
    #[command(name = bench::STORES, hide = true)]
    Stores,
}

/// The service for a command, which is either a running service or an embedded service of this process.
#[derive(Args)]
pub struct Where {
    /// Address of a running or deployed service, such as http://127.0.0.1:8080 [default: a
    /// service within this process]
    #[arg(long, requires = "token")]
    url: Option<String>,
    /// API token for the service at --url
    #[arg(long)]
    token: Option<String>,
    /// Folder in which the embedded service keeps its state, so that a later command can undo this one
    #[arg(long, default_value = ".waybill", conflicts_with = "url")]
    data: PathBuf,
    /// Keep the embedded service's state in memory, and forget it at the end
    #[arg(long, conflicts_with_all = ["url", "data"])]
    memory: bool,
}

/// Runs the chosen subcommand, and returns the exit status of the program.
pub async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Serve(serve) => serve.run().await,
        Command::Import(import) => import.run().await,
        Command::Detect(detect) => detect.run(),
        Command::List(list) => list.run().await,
        Command::Show(show) => show.run().await,
        Command::Errors(errors) => errors.run().await,
        Command::Cancel(cancel) => cancel.run().await,
        Command::Resume(resume) => resume.run().await,
        Command::Revert(revert) => revert.run().await,
        Command::Account(account) => account.run().await,
        Command::User(user) => user.run().await,
        Command::Token(token) => token.run().await,
        Command::Bench(bench) => bench.run().await,
        Command::BenchProfiles(bench) => bench.run().await,
        Command::Model(model) => model.run(),
        Command::Load(load) => load.run().await,
        Command::Completions(completions) => completions.run(Arguments::command()),
        Command::Manual(manual) => manual.run(Arguments::command()),
        Command::Stores => bench::stores().await,
    }
}

/// A service for a command. An embedded service runs until [`Service::close`].
pub struct Service {
    /// Client for the native door of the service.
    pub client: Client,
    /// Arguments with which a later command reaches the same state, for example ` --data FOLDER`. `None` if the
    /// state is deleted at the end.
    pub again: Option<String>,
    system: Option<System>,
}

impl Where {
    /// Connects to the service at `--url`, or starts the embedded service.
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

    /// Opens the service, acts on it, and closes it whether or not the act succeeds.
    pub async fn run<T>(&self, act: impl AsyncFnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let service = self.open().await?;
        let done = act(&service.client).await;
        service.close().await;
        done
    }
}

impl Service {
    /// Stops the embedded service after its work in progress has finished. A service at `--url` keeps running.
    pub async fn close(self) {
        if let Some(system) = self.system {
            system.shutdown().await;
        }
    }
}

/// A sentence about the resumed imports of an earlier run, or `None` if no import is resumed.
fn resumed(swept: &Swept) -> Option<String> {
    match swept.woken - swept.awaiting {
        0 => None,
        1 => Some("1 import of an earlier run goes on".to_owned()),
        more => Some(format!("{more} imports of an earlier run go on")),
    }
}
