//! The command `waybill load` runs many clients at once against a service, for a given time.
//!
//! # Clients
//!
//! Each client uploads small files (as a form, as multipart, through a presigned URL, or into the inbox). Between
//! uploads the client reads filtered lists, entries, details and states, edits and deletes entries, and undoes its
//! import. The client's number seeds the order of its requests. A client has at most one request in progress,
//! pauses between requests, and holds one import at a time, so the load is bounded whatever the service does. At
//! the end each client undoes its import and deletes its entries.
//!
//! # Result
//!
//! A 503 with `Retry-After` asks for patience: the client waits for the given time, repeats the request, and counts
//! the answer separately. The exit status is 1 after any 4xx, any other 5xx, a request without an answer, or a
//! steady growth of memory or descriptors. Only a run of at least a minute can show growth.
//!
//! Without `--url` the service runs in this process and its stores in a separate process. The watched memory then
//! belongs to the service and the clients alone.

mod act;
mod process;
mod requests;
mod tally;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use futures::future::join_all;
use waybill::http_client;
use waybill::system::{self, DEMO_TOKEN, OTHER_TOKEN, System};

use super::bench::STORES;
use act::VirtualUser;
use process::Watched;
use requests::{Inbox, Sender};
use tally::Tally;

/// Longest time in which the clients may undo their imports after the end of the run.
const CLOSING: Duration = Duration::from_secs(120);

/// Arguments of `waybill load`.
#[derive(Args)]
pub struct Load {
    /// Number of simultaneous clients
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    clients: u32,
    /// Duration of the run, in seconds
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Largest number of requests, after which the run ends
    #[arg(long, default_value_t = 1_000_000)]
    requests: u64,
    /// Average pause of a client between two requests, in milliseconds
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(0..=60_000))]
    pause: u64,
    /// Address of a running service, such as http://127.0.0.1:8080 [default: a service within this process]
    #[arg(long, requires = "token")]
    url: Option<String>,
    /// API token for the service; if several are given, the clients take turns
    #[arg(long)]
    token: Vec<String>,
    /// Process id of the service at --url, whose memory and descriptors are watched
    #[arg(long, requires = "url")]
    pid: Option<u32>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Load {
    /// Runs the clients and prints the report. The exit status is 1 if the service failed under the load.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        system::log();
        let Some(url) = &self.url else {
            let mut stores = Command::new(std::env::current_exe().context("this executable")?);
            stores.arg(STORES);
            let options = system::Options { apart: Some(stores), ..system::Options::default() };
            let system = System::start(options).await.context("the embedded service does not start")?;
            let inbox = Inbox { s3: system.s3(), bucket: system.services().files.bucket().to_owned() };
            let tokens = match self.token.is_empty() {
                true => vec![DEMO_TOKEN.to_owned(), OTHER_TOKEN.to_owned()],
                false => self.token.clone(),
            };
            let done = self.measure(system.url(), &tokens, Some(inbox), Some(Watched::this())).await;
            system.shutdown().await;
            return done;
        };
        self.measure(url, &self.token, None, self.pid.map(Watched::process)).await
    }

    async fn measure(
        &self,
        url: &str,
        tokens: &[String],
        inbox: Option<Inbox>,
        watched: Option<Watched>,
    ) -> anyhow::Result<ExitCode> {
        let tally = Arc::new(Tally::default());
        let left = Arc::new(AtomicU64::new(self.requests));
        let began = Instant::now();
        let until = began + Duration::from_secs(self.seconds);
        let http = http_client::builder()
            .user_agent(concat!("waybill-load/", env!("CARGO_PKG_VERSION")))
            .timeout(Duration::from_secs(60))
            .build()?;
        // One request in advance detects an address without a service at once.
        let there = http.get(url).send().await;
        if let Err(error) = there {
            bail!("{url} does not answer: {error}");
        }
        let user = |number: u32| {
            let token = tokens[number as usize % tokens.len()].clone();
            // The inbox belongs to the demo account, whose token is the first in the list.
            let inbox = inbox.clone().filter(|_| token == DEMO_TOKEN);
            let sender = Sender::new(http.clone(), url, token, Arc::clone(&tally), Arc::clone(&left), until + CLOSING);
            let user = VirtualUser::new(number, sender, inbox, Duration::from_millis(self.pause));
            tokio::spawn(user.live(until))
        };
        let clients = join_all((0..self.clients).map(user));
        let (ended, samples) = process::while_it_runs(watched, clients).await?;
        for client in ended {
            client.context("a client panicked")?;
        }
        let report = tally.report(self.clients, began.elapsed(), samples);
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            print!("{report}");
        }
        Ok(ExitCode::from(u8::from(!report.faults.is_empty())))
    }
}
