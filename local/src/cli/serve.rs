//! `waybill serve`: the whole service on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use waybill::system::{self, DEMO_TOKEN, OTHER_TOKEN, System};

/// Run the service.
#[derive(Args)]
pub struct Serve {
    /// The port on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Keep the state in this folder; without it, it is gone at the end
    #[arg(long)]
    data: Option<PathBuf>,
}

impl Serve {
    /// Serves until it is interrupted.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        system::log();
        let _lock = self.data.as_ref().map(super::lock).transpose()?;
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let options = system::Options { data: self.data, address, ..system::Options::default() };
        let system = System::start(options).await.context("the service does not start")?;
        let url = system.url().to_owned();
        println!("ready {url}");
        println!();
        println!("Noko      {url}/v2");
        println!("  curl -H 'X-NokoToken: {DEMO_TOKEN}' -F file=@entries.csv {url}/v2/imports/");
        println!("  curl -H 'X-NokoToken: {DEMO_TOKEN}' {url}/v2/imports/1/entries");
        println!("  curl -H 'X-NokoToken: {DEMO_TOKEN}' -X DELETE {url}/v2/imports/1");
        println!("native    {url}/api/v1");
        println!("  curl -H 'Authorization: Token {DEMO_TOKEN}' {url}/api/v1/imports/1");
        println!();
        println!("Account 1 (Demo): token {DEMO_TOKEN}. Account 2, to try separation: token {OTHER_TOKEN}.");
        interrupted().await?;
        system.shutdown().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Ctrl-C, or a polite kill.
async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
