//! A running system, with the requests which tests send to it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use shared::clock::Clock;
use shared::import::{Import, NewImport, create};
use shared::services::Services;
use shared::store::{Item, Table};
use waybill::roles::{Guard, Guards};
use waybill::system::{Functions, Options, System};

use crate::dump::Dump;
use crate::logged;

/// Longest wait for an expected event, after which the test fails instead of hanging. It is longer than a lease: of two parsers
/// that plan an import of one chunk at once, the second leaves a message for the end of the first one's lease.
const SOON: Duration = Duration::from_secs(200);

/// Creates an import whose file came in a request's body, and stores the file as a door does. No message is sent.
pub async fn sent(services: &Services, new: &NewImport, file: impl Into<Bytes>) -> anyhow::Result<Import> {
    let import = create(services, new).await?;
    services.files.put(import.awaits.as_deref().context("no key for the file")?, file.into()).await?;
    Ok(import)
}

/// A running system with a client for account 1. At the end of a test no role may have refused a request, so each
/// test also tests the roles of the template.
pub struct Stack {
    pub system: System,
    http: reqwest::Client,
    _roles: Roles,
}

/// The guards of a system, which are checked when the test has ended.
struct Roles(Guards);

impl Drop for Roles {
    fn drop(&mut self) {
        let refused: Vec<_> = self.0.values().flat_map(Guard::refused).map(|denied| denied.to_string()).collect();
        if !refused.is_empty() {
            let refused = refused.join("\n");
            // A failure of the test is probably a consequence of this refusal.
            eprintln!("{refused}");
            assert!(std::thread::panicking(), "{refused}");
        }
    }
}

/// An answer with its whole body as text.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    async fn of(response: Response) -> anyhow::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, text: response.text().await? })
    }

    /// The body as JSON, or null if the body is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// Checks the status of the answer, and returns the body.
    pub fn expect(&self, status: u16) -> anyhow::Result<Value> {
        if self.status.as_u16() != status {
            bail!("{} instead of {status}: {}", self.status, self.text);
        }
        Ok(self.json())
    }

    /// The URLs of the `Link` header, by relation.
    pub fn links(&self) -> BTreeMap<String, String> {
        let link = self.headers.get("link").and_then(|link| link.to_str().ok()).unwrap_or_default();
        let one = |link: &str| {
            let (url, rel) = link.split_once(">; rel=\"")?;
            Some((rel.trim_end_matches('"').to_owned(), url.trim_start_matches('<').to_owned()))
        };
        link.split(", ").filter_map(one).collect()
    }
}

impl Stack {
    /// Starts a system whose chunks have `rows_per_chunk` rows.
    pub async fn start(rows_per_chunk: u32) -> anyhow::Result<Self> {
        Self::with(Options { rows_per_chunk, ..Options::default() }).await
    }

    /// Starts a system without delivery, so a test calls the handlers itself. The clock stands still.
    pub async fn by_hand(rows_per_chunk: u32) -> anyhow::Result<Self> {
        let clock = Clock::standing_at(1_790_000_000_000);
        Self::with(Options { rows_per_chunk, workers: 0, clock, ..Options::default() }).await
    }

    pub async fn with(options: Options) -> anyhow::Result<Self> {
        logged::begin();
        let system = System::start(options).await?;
        let _roles = Roles(system.guards().clone());
        Ok(Self { system, http: waybill::http_client::loopback().user_agent("tests").build()?, _roles })
    }

    /// The clients of the functions, each limited to the function's role.
    pub fn functions(&self) -> &Functions {
        self.system.functions()
    }

    /// A request to the Noko door with the token of account 1's user.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("X-NokoToken", "demo")
    }

    /// A request without a token, to a path of the system or to a whole URL.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.system.url()) };
        self.http.request(method, url)
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        Answer::of(self.request(Method::GET, path).send().await?).await
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        Answer::of(self.request(Method::DELETE, path).send().await?).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        Answer::of(self.request(method, path).json(body).send().await?).await
    }

    /// Sends a prepared request, and returns the answer.
    pub async fn answer(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        Answer::of(request.send().await?).await
    }

    /// Posts a file with further form fields to the Noko door.
    pub async fn post(&self, file: &[u8], fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let part = Part::bytes(file.to_vec()).file_name("entries.csv");
        let mut form = Form::new().part("file", part);
        for (name, value) in fields {
            form = form.text((*name).to_owned(), (*value).to_owned());
        }
        self.answer(self.request(Method::POST, "/v2/imports/").multipart(form)).await
    }

    /// Imports a file through the Noko door, waits for the end, and returns the import's id.
    pub async fn import(&self, file: &[u8], fields: &[(&str, &str)]) -> anyhow::Result<u64> {
        let made = self.post(file, fields).await?.expect(202)?;
        let id = made["id"].as_u64().context("an import without an id")?;
        self.idle().await?;
        Ok(id)
    }

    /// Uploads a file of any size straight to S3, and returns the import's id without waiting for the end.
    pub async fn upload(&self, file: Vec<u8>) -> anyhow::Result<u64> {
        self.upload_as(file, serde_json::json!({})).await
    }

    /// Uploads a file with further options, and returns the import's id.
    pub async fn upload_as(&self, file: Vec<u8>, mut asked: Value) -> anyhow::Result<u64> {
        asked["upload"] = true.into();
        asked["file_size"] = file.len().into();
        asked["file_name"] = "entries.csv".into();
        let request = self.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&asked);
        let made = self.answer(request).await?.expect(201)?;
        self.put(&made, file).await?.expect(200)?;
        made["id"].as_u64().context("an import without an id")
    }

    /// Uploads a file to the URL in an import's answer, with the headers from this answer.
    pub async fn put(&self, made: &Value, file: Vec<u8>) -> anyhow::Result<Answer> {
        let url = made["upload"]["url"].as_str().context("an upload without a URL")?;
        let headers = made["upload"]["headers"].as_object().context("an upload without headers")?;
        let mut put = self.bare(Method::PUT, url).body(file);
        for (name, value) in headers {
            put = put.header(name, value.as_str().context("a header without a value")?);
        }
        self.answer(put).await
    }

    /// The import in the form in which the native door shows it.
    pub async fn native(&self, id: u64) -> anyhow::Result<Value> {
        let path = format!("/api/v1/imports/{id}");
        self.answer(self.bare(Method::GET, &path).header("Authorization", "Token demo")).await?.expect(200)
    }

    /// Undoes an import through the Noko door, and waits for the end.
    pub async fn undo(&self, id: u64) -> anyhow::Result<()> {
        self.delete(&format!("/v2/imports/{id}")).await?.expect(204)?;
        self.undone(id).await
    }

    /// Undoes an import of any type through the native door, and waits for the end.
    pub async fn revert(&self, id: u64) -> anyhow::Result<()> {
        let path = format!("/api/v1/imports/{id}/revert");
        self.answer(self.bare(Method::POST, &path).header("Authorization", "Token demo")).await?.expect(202)?;
        self.undone(id).await
    }

    async fn undone(&self, id: u64) -> anyhow::Result<()> {
        self.idle().await?;
        let status = self.native(id).await?["status"].clone();
        if status != "rolled_back" { bail!("import {id} is {status} after its undo") } else { Ok(()) }
    }

    /// All items of a list, collected from all of its pages.
    pub async fn pages(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let answer = self.get(&path).await?;
            match answer.expect(200)? {
                Value::Array(items) => all.extend(items),
                other => bail!("{other} is no list"),
            }
            next = answer.links().get("next").cloned();
        }
        Ok(all)
    }

    /// Waits until no work is left, and fails after two minutes.
    pub async fn idle(&self) -> anyhow::Result<()> {
        tokio::time::timeout(SOON, self.system.idle()).await.context("the system does not come to rest")
    }

    /// The content of a table, by key. The day of a token's last use is removed, because no undo restores it.
    pub async fn dump(&self, table: Table) -> anyhow::Result<Dump> {
        let text = |item: &Item, name: &str| item.get(name).and_then(|v| v.as_s().ok()).cloned().unwrap_or_default();
        let mut items = self.system.services().store.dump(table).await?;
        for item in &mut items {
            item.remove("last_used");
        }
        Ok(items.into_iter().map(|item| ((text(&item, "pk"), text(&item, "sk")), item)).collect())
    }

    pub async fn workspace(&self) -> anyhow::Result<Dump> {
        self.dump(Table::Workspace).await
    }
}
