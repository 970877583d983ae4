//! Tests of webhooks: events come signed and once, attempts follow the schedule, failure ends, and people see and steer all of it.

mod door;
mod failures;
mod races;
pub mod receiver;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::events::Record;
use shared::fetch::Fetcher;
use shared::services::Services;
use shared::store::{Key, Table};
use waybill::system::Options;

use crate::faults::Faults;
use crate::files::TOGGL;
use crate::invariants::{event_schema, wrong_event};
use crate::native::of_user;
use crate::postman::Postman;
use crate::stack::{Answer, Stack};
use receiver::{Receiver, Request};

/// The address of the doors in events.
const API: &str = "https://api.example.com";
/// The first time on the clock, in milliseconds since 1970.
const START: i64 = 1_790_000_000_000;

/// A stack whose messages and events the test delivers by hand, on a clock that stands still.
pub struct Hooks {
    pub stack: Stack,
    pub postman: Postman,
    clock: Clock,
    /// The keys of the items of the outbox that the pipe has read.
    published: Mutex<BTreeSet<(String, String)>>,
}

impl Hooks {
    /// Starts a stack that posts to loopback.
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(Fetcher::default().local()).await
    }

    pub async fn with(fetcher: Fetcher) -> anyhow::Result<Self> {
        let clock = Clock::standing_at(START);
        let options = Options { workers: 0, clock: clock.clone(), fetcher, ..Options::default() };
        let stack = Stack::with(options).await?;
        Ok(Self { postman: Postman::of(&stack.system), stack, clock, published: Mutex::default() })
    }

    pub fn notifier(&self) -> &Services {
        &self.stack.functions().notifier
    }

    /// The time on the clock, in seconds since 1970.
    pub fn seconds(&self) -> i64 {
        self.clock.now_ms() / 1000
    }

    /// A request of account 1's user to the native door.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        let request = of_user(&self.stack, method, path);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.stack.answer(request).await
    }

    /// Makes a webhook, and returns its path and its secret.
    pub async fn hook(&self, asked: &Value) -> anyhow::Result<(String, String)> {
        let made = self.ask(Method::POST, "/webhooks", Some(asked)).await?.expect(201)?;
        let secret = made["secret"].as_str().context("no secret")?;
        Ok((format!("/webhooks/{}", made["id"]), secret.to_owned()))
    }

    pub async fn show(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await?.expect(200)
    }

    /// The records of a webhook's list of deliveries, latest first.
    pub async fn deliveries(&self, hook: &str) -> anyhow::Result<Vec<Value>> {
        let page = self.show(&format!("{hook}/deliveries?per_page=100")).await?;
        page["records"].as_array().cloned().context("no records")
    }

    /// Imports a small file, and delivers every message on the way.
    pub async fn import(&self) -> anyhow::Result<()> {
        let asked = json!({ "source": TOGGL, "format": "toggl", "file_name": "March.csv" });
        self.ask(Method::POST, "/imports", Some(&asked)).await?.expect(202)?;
        self.deliver().await
    }

    /// Delivers the messages that are visible.
    pub async fn deliver(&self) -> anyhow::Result<()> {
        ensure!(self.postman.drain(self.stack.functions(), &Faults::default()).await, "nothing dies here");
        Ok(())
    }

    /// The records of the outbox's stream in their order, with or without those that the pipe has read.
    pub async fn records(&self, all: bool) -> anyhow::Result<Vec<Record>> {
        let mut records = Vec::new();
        for item in self.stack.dump(Table::Events).await?.into_values() {
            let key = Key::of(Table::Events, &item);
            if self.published.lock().expect("no test panics with the lock").insert((key.pk, key.sk)) || all {
                records.push(Record::inserted(item));
            }
        }
        Ok(records)
    }

    /// Reads the outbox as the pipe does, and delivers the messages that follow, until nothing is new.
    pub async fn publish(&self) -> anyhow::Result<()> {
        loop {
            let records = self.records(false).await?;
            if records.is_empty() {
                return Ok(());
            }
            notifier::publish(self.notifier(), records, API).await?;
            self.deliver().await?;
        }
    }

    /// Turns the clock, in steps as long as the longest delay of a message, and delivers the messages.
    pub async fn pass(&self, mut time: Duration) -> anyhow::Result<()> {
        while !time.is_zero() {
            let step = time.min(Duration::from_secs(900));
            self.clock.turn(step);
            self.deliver().await?;
            time -= step;
        }
        Ok(())
    }
}

#[tokio::test]
async fn each_event_of_an_import_comes_once_signed_and_in_the_order_of_the_changes() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (204, None)).await?);
    let (hook, secret) = hooks.hook(&json!({ "url": receiver.url })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    let (requests, schema) = (receiver.take(), event_schema()?);
    for request in &requests {
        request.verify(&secret, hooks.seconds())?;
        let (body, event) = (request.json(), request.event());
        assert_eq!(wrong_event(&schema, &event)?, [""; 0]);
        assert_eq!([&body["type"], &body["timestamp"]], [&event["type"], &event["occurred_at"]]);
        assert_eq!(request.header("webhook-id"), event["id"]);
        assert_eq!((request.header("content-type"), request.header("user-agent")), ("application/json", "waybill"));
    }
    let mut told: Vec<_> = requests.iter().map(Request::event).collect();
    told.sort_by_key(|event| event["sequence"].as_u64());
    let told: Vec<_> = told.iter().map(|event| (event["sequence"].clone(), event["status"].clone())).collect();
    let expected = [(1, "queued"), (2, "processing"), (3, "complete")];
    assert_eq!(told, expected.map(|(sequence, status)| (json!(sequence), json!(status))));
    // The list has the same deliveries, and each with the body that was sent.
    let deliveries = hooks.deliveries(&hook).await?;
    assert_eq!(deliveries.len(), 3);
    for delivery in deliveries {
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(1)));
        assert_eq!(delivery["last_attempt"]["status"], 204);
        let id = delivery["id"].as_str().context("no id")?;
        let whole = hooks.show(&format!("{hook}/deliveries/{id}")).await?;
        let sent = requests.iter().find(|request| whole["event"] == request.header("webhook-id"));
        assert_eq!(whole["body"], sent.context("a delivery that never came")?.body);
    }
    Ok(())
}

#[tokio::test]
async fn a_webhook_gets_the_types_it_chose_and_another_gets_its_own() -> anyhow::Result<()> {
    let hooks = Hooks::start().await?;
    let (one, other) = (Receiver::open(|_| (200, None)).await?, Receiver::open(|_| (200, None)).await?);
    hooks.hook(&json!({ "url": one.url, "types": ["Import Completed"] })).await?;
    let types = ["Import Queued", "Import Completed", "Import Failed"];
    let (_, secret) = hooks.hook(&json!({ "url": other.url, "types": types })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    let names = |requests: &[Request]| {
        requests.iter().map(|request| request.json()["type"].to_string()).collect::<BTreeSet<_>>()
    };
    let (ones, others) = (one.take(), other.take());
    assert_eq!(names(&ones), ["\"Import Completed\"".to_owned()].into());
    assert_eq!(names(&others), ["\"Import Completed\"".to_owned(), "\"Import Queued\"".to_owned()].into());
    // Each webhook has a secret of its own.
    ensure!(ones.iter().all(|request| request.verify(&secret, hooks.seconds()).is_err()));
    others.iter().try_for_each(|request| request.verify(&secret, hooks.seconds()))
}

#[tokio::test]
async fn after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone() -> anyhow::Result<()> {
    let (hooks, receiver) = (Hooks::start().await?, Receiver::open(|_| (200, None)).await?);
    let (hook, former) = hooks.hook(&json!({ "url": receiver.url })).await?;
    let rotated = hooks.ask(Method::POST, &format!("{hook}/rotate"), None).await?.expect(200)?;
    assert_eq!(rotated["former_secret_until"], "2026-09-22T14:13:20.000Z");
    let secret = rotated["secret"].as_str().context("no secret")?.to_owned();
    assert_ne!(secret, former);
    let test = async || -> anyhow::Result<Request> {
        hooks.ask(Method::POST, &format!("{hook}/test"), None).await?.expect(202)?;
        hooks.deliver().await?;
        receiver.take().pop().context("no request")
    };
    hooks.clock.turn(Duration::from_secs(24 * 3600 - 1));
    let request = test().await?;
    assert_eq!(request.signatures(), 2);
    request.verify(&secret, hooks.seconds())?;
    request.verify(&former, hooks.seconds())?;
    hooks.clock.turn(Duration::from_secs(1));
    let request = test().await?;
    assert_eq!(request.signatures(), 1);
    request.verify(&secret, hooks.seconds())?;
    ensure!(request.verify(&former, hooks.seconds()).is_err());
    Ok(())
}
