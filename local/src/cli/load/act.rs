//! The behaviour of a single virtual client.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shared::id::{AccountId, Row};

use super::requests::{Answer, Inbox, Sender};
use crate::cli::bench::file::{Generator, Random};

/// The account to which the inbox belongs.
const ACCOUNT: AccountId = AccountId(1);
/// Number of rows in each file.
const ROWS: u64 = 20;
/// Number of files with distinct rows for each client.
const MOST_FILES: u64 = 1_000_000;
/// Largest number of entries by hand which a client holds.
const MOST_BY_HAND: usize = 10;

/// Read requests about the whole account, each as the endpoint's name in the report and the path.
const ACCOUNT_READS: [(&str, &str); 12] = [
    ("GET /v2/imports", "/v2/imports"),
    ("GET /v2/imports?filter", "/v2/imports?type=toggl&import_tags=true&per_page=20"),
    ("GET /v2/imports?filter", "/v2/imports?autocreate_projects=true&from=2024-01-01&page=2"),
    ("GET /v2/entries", "/v2/entries"),
    ("GET /v2/entries", "/v2/entries?page=3&per_page=100"),
    ("GET /v2/entries?filter", "/v2/entries?from=2024-03-01&to=2024-03-31"),
    ("GET /v2/entries?filter", "/v2/entries?billable=true&from=2024-06-01&to=2024-06-07"),
    ("GET /v2/entries?filter", "/v2/entries?description=archive&from=2025-01-01&to=2025-01-15"),
    ("GET /v2/projects", "/v2/projects?per_page=50"),
    ("GET /v2/tags", "/v2/tags"),
    ("GET /v2/users", "/v2/users"),
    ("GET /v2/groups", "/v2/groups"),
];

/// Read requests about an import, each as the endpoint's name in the report and the path after the import.
const IMPORT_READS: [(&str, &str); 8] = [
    ("GET /v2/imports/:id", ""),
    ("GET /v2/imports/:id/status", "/status"),
    ("GET /v2/imports/:id/details", "/details"),
    ("GET /v2/imports/:id/entries", "/entries"),
    ("GET /v2/imports/:id/entries?filter", "/entries?from=2024-02-01&to=2024-12-31&billable=true"),
    ("GET /v2/imports/:id/entries?filter", "/entries?description=figures&per_page=5"),
    ("GET /v2/imports/:id/projects", "/projects"),
    ("GET /v2/imports/:id/tags", "/tags"),
];

/// The import which the client has created and not yet undone.
enum Held {
    Nothing,
    /// A file in the inbox, whose report will contain the id of its import.
    Drop(String),
    Import {
        id: u64,
        is_settled: bool,
        /// Ids of entries which a list of the import has shown.
        entries: Vec<u64>,
    },
}

/// A virtual client, with at most one request in progress and one import at a time.
pub struct VirtualUser {
    number: u64,
    sender: Sender,
    inbox: Option<Inbox>,
    pause: Duration,
    random: Random,
    generator: Generator,
    files: u64,
    held: Held,
    by_hand: Vec<u64>,
}

impl VirtualUser {
    /// Creates a client, whose number seeds the order of its requests.
    pub fn new(number: u32, sender: Sender, inbox: Option<Inbox>, pause: Duration) -> Self {
        let (number, generator) = (u64::from(number), Generator::new(ACCOUNT, None));
        let random = Random(number);
        Self { number, sender, inbox, pause, random, generator, files: 0, held: Held::Nothing, by_hand: Vec::new() }
    }

    /// Sends requests until the time is over or the budget is spent. Afterwards the client undoes its import
    /// and deletes its entries.
    pub async fn live(mut self, until: Instant) {
        // The first pause has a random length, so the clients start one after another.
        self.rest().await;
        while Instant::now() < until && !self.sender.is_spent() {
            self.act().await;
            self.rest().await;
        }
        // If the service is too slow, the remaining import and entries stay in the account.
        let _ = tokio::time::timeout_at(self.sender.deadline().into(), self.close()).await;
    }

    /// Waits for a random time of up to twice the average pause.
    async fn rest(&mut self) {
        let most = u64::try_from(self.pause.as_millis()).unwrap_or_default() * 2 + 1;
        tokio::time::sleep(Duration::from_millis(self.random.below(most))).await;
    }

    async fn act(&mut self) {
        let drawn = self.random.below(100);
        match (&self.held, drawn) {
            (Held::Nothing, 0..25) => self.upload().await,
            (Held::Drop(name), 0..40) => {
                let name = name.clone();
                self.find(&name).await;
            }
            (&Held::Import { id, is_settled: false, .. }, 0..50) => self.look(id).await,
            (&Held::Import { id, is_settled: true, .. }, 0..2) => self.undo(id).await,
            (&Held::Import { id, .. }, 2..50) => self.read_import(id).await,
            (Held::Import { entries, .. }, 50..60) if !entries.is_empty() => {
                let entry = entries[self.random.index(entries.len())];
                self.edit(entry).await;
            }
            (_, 60..66) if self.by_hand.len() < MOST_BY_HAND => self.make().await,
            (_, 66..70) if !self.by_hand.is_empty() => {
                let entry = self.by_hand.swap_remove(self.random.index(self.by_hand.len()));
                self.delete("DELETE /v2/entries/:id", &format!("/v2/entries/{entry}")).await;
            }
            _ => {
                let (endpoint, path) = ACCOUNT_READS[self.random.index(ACCOUNT_READS.len())];
                self.get(endpoint, path).await;
            }
        }
    }

    async fn get(&self, endpoint: &'static str, path: &str) -> Option<Value> {
        let answer = self.sender.send(endpoint, self.sender.request(Method::GET, path)).await?;
        answer.status.is_success().then_some(answer.body)
    }

    async fn delete(&self, endpoint: &'static str, path: &str) {
        self.sender.send(endpoint, self.sender.request(Method::DELETE, path)).await;
    }

    /// Generates the name and the content of a file whose rows no other client uploads.
    fn file(&mut self) -> (String, Vec<u8>) {
        self.files += 1;
        let first = (self.number * MOST_FILES + self.files % MOST_FILES) * ROWS;
        (format!("load-{}-{}.csv", self.number, self.files), self.generator.table((first..first + ROWS).map(Row)))
    }

    async fn upload(&mut self) {
        let (name, file) = self.file();
        let way = self.random.below(if self.inbox.is_some() { 8 } else { 7 });
        let post = self.sender.request(Method::POST, "/v2/imports/");
        let made = match (way, &self.inbox) {
            (0..2, _) => {
                let text = String::from_utf8_lossy(&file).into_owned();
                let form = [("file_name", name), ("file", text)];
                self.sender.send("POST /v2/imports (form)", post.form(&form)).await
            }
            (2..5, _) => {
                // The body is collected first, because a streamed body could not be repeated after a 503.
                let form = Form::new().part("file", Part::bytes(file).file_name(name));
                let boundary = format!("multipart/form-data; boundary={}", form.boundary());
                let Ok(body) = collect(form).await else { return };
                let post = post.header("Content-Type", boundary).body(body);
                self.sender.send("POST /v2/imports (multipart)", post).await
            }
            (7, Some(inbox)) => {
                self.sender.drop_file(inbox, &format!("inbox/{ACCOUNT}/auto/{name}"), file).await;
                self.held = Held::Drop(name);
                return;
            }
            _ => self.presigned(name, file).await,
        };
        if let Some(id) = made.and_then(|made| made.body["id"].as_u64()) {
            self.held = Held::Import { id, is_settled: false, entries: Vec::new() };
        }
    }

    async fn presigned(&self, name: String, file: Vec<u8>) -> Option<Answer> {
        let asked = json!({ "upload": true, "file_size": file.len(), "file_name": name });
        let post = self.sender.request(Method::POST, "/api/v1/imports").json(&asked);
        let made = self.sender.send("POST /api/v1/imports", post).await?;
        let upload = &made.body["upload"];
        let mut put = self.sender.request(Method::PUT, upload["url"].as_str()?).body(file);
        // The signature of the URL includes these headers, so the upload must send them unchanged.
        for (name, value) in upload["headers"].as_object().into_iter().flatten() {
            put = put.header(name, value.as_str()?);
        }
        self.sender.send("PUT upload", put).await?;
        Some(made)
    }

    /// Looks for the report of a dropped file, and takes the id of its import from the report.
    async fn find(&mut self, name: &str) {
        let Some(inbox) = &self.inbox else { return };
        if let Some(id) = self.sender.reported(inbox, ACCOUNT.0, name).await {
            self.held = Held::Import { id, is_settled: true, entries: Vec::new() };
        }
    }

    /// Polls the status of the import.
    async fn look(&mut self, import: u64) {
        let path = format!("/api/v1/imports/{import}");
        let shown = self.get("GET /api/v1/imports/:id", &path).await.unwrap_or_default();
        let runs = matches!(shown["status"].as_str(), None | Some("new" | "queued" | "processing"));
        if let Held::Import { is_settled, .. } = &mut self.held {
            *is_settled = !runs;
        }
    }

    async fn read_import(&mut self, import: u64) {
        let (endpoint, rest) = IMPORT_READS[self.random.index(IMPORT_READS.len())];
        let shown = self.get(endpoint, &format!("/v2/imports/{import}{rest}")).await;
        if let (Some(Value::Array(list)), Held::Import { entries, .. }) = (shown, &mut self.held)
            && rest.starts_with("/entries")
        {
            *entries = list.iter().filter_map(|entry| entry["id"].as_u64()).collect();
        }
    }

    async fn edit(&mut self, entry: u64) {
        let minutes = self.random.below(480);
        let fields = match self.random.below(3) {
            0 => json!({ "minutes": minutes }),
            1 => json!({ "description": format!("Edited under load #tag{}", minutes % 20) }),
            _ => json!({ "billable": minutes.is_multiple_of(2), "project_name": format!("Load {}", minutes % 20) }),
        };
        let put = self.sender.request(Method::PUT, &format!("/v2/entries/{entry}")).json(&fields);
        self.sender.send("PUT /v2/entries/:id", put).await;
    }

    /// Creates an entry by hand.
    async fn make(&mut self) {
        let drawn = self.random.below(28);
        let fields = json!({
            "date": format!("2024-02-{:02}", drawn + 1),
            "minutes": 5 * drawn,
            "project_name": format!("Load {}", drawn % 20),
            "description": format!("By hand, by client {} #load", self.number),
        });
        let post = self.sender.request(Method::POST, "/v2/entries").json(&fields);
        let made = self.sender.send("POST /v2/entries", post).await;
        self.by_hand.extend(made.and_then(|made| made.body["id"].as_u64()));
    }

    async fn undo(&mut self, import: u64) {
        self.delete("DELETE /v2/imports/:id", &format!("/v2/imports/{import}")).await;
        self.held = Held::Nothing;
    }

    /// Undoes the client's import and deletes its entries by hand.
    async fn close(&mut self) {
        if let Held::Drop(name) = &self.held {
            let name = name.clone();
            self.find(&name).await;
        }
        if let Held::Import { id, .. } = self.held {
            self.undo(id).await;
        }
        for entry in std::mem::take(&mut self.by_hand) {
            self.delete("DELETE /v2/entries/:id", &format!("/v2/entries/{entry}")).await;
        }
    }
}

/// Collects the bytes of a multipart body.
async fn collect(form: Form) -> anyhow::Result<Vec<u8>> {
    let pieces: Vec<_> = form.into_stream().try_collect().await?;
    Ok(pieces.concat())
}
