//! Tests of schedules: when a run asks the address, when it makes an import, and what nobody may see twice.

mod calendar;
mod changed;
mod deaths;
mod door;
mod failures;
mod people;
mod unchanged;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ScheduleId};
use shared::schedules::{Schedule, get as find};
use waybill::system::Functions;

use crate::faults::Faults;
use crate::files::TOGGL;
use crate::native::of_user;
use crate::native::site::{Reply, Site};
use crate::postman::Postman;
use crate::profiles::Harbour;
use crate::stack::{Answer, Stack};

const ACCOUNT: AccountId = AccountId(1);
const FIRST: ScheduleId = ScheduleId(1);
/// The address of the file, whose query is a secret.
const URL: &str = "https://files.example.com/exports/hours.csv?signature=secret";
const HOUR: Duration = Duration::from_secs(3600);

/// The way in which a server tells versions of a file apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    /// A strong ETag, compared with `If-None-Match`.
    Etag,
    /// A weak ETag, compared with `If-None-Match`.
    WeakEtag,
    /// The time of the last change, compared with `If-Modified-Since`.
    Time,
    /// A strong ETag in each answer, without regard to conditions.
    DeafEtag,
    /// Nothing.
    Nothing,
}

/// A published file.
#[derive(Clone, Debug)]
struct Published {
    bytes: String,
    version: u32,
    proof: Proof,
    /// The answer in place of the file, for a server in trouble.
    trouble: Option<Reply>,
}

impl Published {
    fn validators(&self) -> String {
        let version = self.version;
        match self.proof {
            Proof::Etag | Proof::DeafEtag => format!("ETag: \"v{version}\"\r\n"),
            Proof::WeakEtag => format!("ETag: W/\"v{version}\"\r\n"),
            Proof::Time => format!(
                "Last-Modified: Tue, 01 Dec 2026 10:00:{version:02} GMT\r\nDate: Tue, 01 Dec 2026 11:00:00 GMT\r\n"
            ),
            Proof::Nothing => String::new(),
        }
    }

    /// `true` if a request has a condition that the file does not meet.
    fn is_known(&self, head: &str) -> bool {
        let head = head.to_ascii_lowercase();
        let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        match self.proof {
            Proof::Etag | Proof::WeakEtag => {
                value("if-none-match:").is_some_and(|etags| etags.contains(&format!("\"v{}\"", self.version)))
            }
            Proof::Time => value("if-modified-since:")
                .is_some_and(|time| time == format!("tue, 01 dec 2026 10:00:{:02} gmt", self.version)),
            Proof::DeafEtag | Proof::Nothing => false,
        }
    }

    fn reply(&self, head: &str) -> Reply {
        if let Some(trouble) = &self.trouble {
            return trouble.clone();
        }
        let validators = self.validators();
        let (status, bytes) = if self.is_known(head) { ("304 Not Modified", "") } else { ("200 OK", &*self.bytes) };
        let length = if bytes.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", bytes.len()) };
        Reply::Whole(format!("HTTP/1.1 {status}\r\n{validators}{length}\r\n{bytes}").into_bytes())
    }
}

/// A file with an entry of half an hour, which `note` describes.
fn hours(note: &str) -> String {
    format!("date,person,minutes,description\n2026-03-04,Demo User,30,{note}\n")
}

/// A stack without delivery, whose parser fetches from a site with one file.
struct Workshop {
    stack: Stack,
    site: Site,
    file: Arc<Mutex<Published>>,
    functions: Functions,
    postman: Postman,
}

impl Workshop {
    async fn open(proof: Proof) -> anyhow::Result<Self> {
        Self::on(Stack::by_hand(1000).await?, proof).await
    }

    async fn on(stack: Stack, proof: Proof) -> anyhow::Result<Self> {
        let published = Published { bytes: TOGGL.to_owned(), version: 1, proof, trouble: None };
        let file = Arc::new(Mutex::new(published));
        let served = Arc::clone(&file);
        let site = Site::open(move |head, _| served.lock().expect("no test panics with the lock").reply(head)).await?;
        let functions = crate::native::location::with(stack.functions(), &site);
        let postman = Postman::of(&stack.system);
        Ok(Self { stack, site, file, functions, postman })
    }

    /// A workshop whose schedule has imported a file of one profile, with the id of the database.
    async fn of_profiles() -> anyhow::Result<(Self, u64)> {
        let harbour = Harbour::on(Stack::by_hand(1000).await?).await?;
        let database = harbour.database;
        let workshop = Self::on(harbour.stack, Proof::Etag).await?;
        workshop.publish("Name,Email\nAda,ada@example.com\n");
        let import = json!({ "type": "ProfileImport", "database": database.to_string(), "location": URL });
        workshop.schedule(json!({ "import": import })).await?;
        workshop.tick().await?;
        Ok((workshop, database))
    }

    fn file(&self) -> MutexGuard<'_, Published> {
        self.file.lock().expect("no test panics with the lock")
    }

    /// Publishes another version of the file.
    fn publish(&self, bytes: &str) {
        let mut file = self.file();
        file.bytes = bytes.to_owned();
        file.version += 1;
    }

    /// Sends a request of account 1's user to the native door, with a body unless it is null.
    async fn send(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        let request = of_user(&self.stack, method, path);
        self.stack.answer(if body.is_null() { request } else { request.json(body) }).await
    }

    /// Makes an hourly schedule that is due at once, with further members.
    async fn schedule(&self, further: Value) -> anyhow::Result<Value> {
        let mut body = json!({ "name": "Hours", "every": "PT1H", "import": { "location": URL } });
        for (name, value) in further.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.send(Method::POST, "/schedules", &body).await?.expect(201)
    }

    fn turn(&self, by: Duration) {
        self.stack.system.services().clock.turn(by);
    }

    /// Sweeps once, and delivers all messages.
    async fn tick(&self) -> anyhow::Result<()> {
        sweep::handle(&self.functions.sweep).await?;
        self.deliver().await
    }

    async fn deliver(&self) -> anyhow::Result<()> {
        self.postman.drain(&self.functions, &Faults::default()).await;
        Ok(())
    }

    /// Lets an hour pass, and sweeps.
    async fn next_run(&self) -> anyhow::Result<()> {
        self.turn(HOUR);
        self.tick().await
    }

    async fn stored(&self) -> anyhow::Result<Schedule> {
        find(self.stack.system.services(), ACCOUNT, FIRST).await?.context("no such schedule")
    }

    /// The schedule as the door shows it.
    async fn shown(&self) -> anyhow::Result<Value> {
        self.send(Method::GET, "/schedules/1", &Value::Null).await?.expect(200)
    }

    /// The outcomes of all runs, the latest first, with the number of an import.
    async fn outcomes(&self) -> anyhow::Result<Vec<String>> {
        let runs = self.send(Method::GET, "/schedules/1/runs", &Value::Null).await?.expect(200)?;
        let runs = runs["runs"].as_array().context("no runs")?;
        let said = |run: &Value| match run["import"].as_u64() {
            Some(import) => format!("{} {import}", run["outcome"].as_str().unwrap_or_default()),
            None => run["outcome"].as_str().unwrap_or_default().to_owned(),
        };
        Ok(runs.iter().map(said).collect())
    }

    /// The status and the number of created entries of each import, by number.
    async fn imports(&self) -> anyhow::Result<Vec<(String, u64)>> {
        let list = self.send(Method::GET, "/imports?sort[id]=asc", &Value::Null).await?.expect(200)?;
        let mut imports = Vec::new();
        for record in list["records"].as_array().context("no records")? {
            let import = self.stack.native(record["id"].as_u64().context("no id")?).await?;
            let created = import["counts"]["created"].as_u64().unwrap_or_default();
            imports.push((import["status"].as_str().unwrap_or_default().to_owned(), created));
        }
        Ok(imports)
    }

    /// The number of requests that the site has got since the last call.
    fn requests(&self) -> usize {
        self.site.heads().len()
    }
}

/// A complete import with a number of entries.
fn complete(entries: u64) -> (String, u64) {
    ("complete".to_owned(), entries)
}
