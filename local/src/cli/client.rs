//! A client for the native door of a service.

mod upload;

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use waybill::http_client;

/// Pause between two requests for the state of an import.
const POLL: Duration = Duration::from_millis(200);
/// Longest time for the answer to any request except an upload.
const PATIENCE: Duration = Duration::from_secs(60);
/// Number of imports in a page of the list.
const MOST_PER_PAGE: usize = 100;
/// Longest time for opening a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Connection to a service, with the token for its requests.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// Creates a client for the service at `url`.
    pub fn new(url: &str, token: &str) -> anyhow::Result<Self> {
        let http = http_client::builder().user_agent(concat!("waybill/", env!("CARGO_PKG_VERSION")));
        let http = http.connect_timeout(CONNECT).build()?;
        Ok(Self { http, base: url.trim_end_matches('/').to_owned(), token: token.to_owned() })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1{path}", self.base);
        self.http.request(method, url).timeout(PATIENCE).header("Authorization", format!("Token {}", self.token))
    }

    /// Requests a change of an import's state, for example `revert`, and returns the import as it is then.
    pub async fn act(&self, id: u64, action: &str) -> anyhow::Result<Value> {
        of_import(id, self.request(Method::POST, &format!("/imports/{id}/{action}")).send().await?).await
    }

    /// Returns the present state of an import, as the native door shows it.
    pub async fn import(&self, id: u64) -> anyhow::Result<Value> {
        of_import(id, self.request(Method::GET, &format!("/imports/{id}")).send().await?).await
    }

    /// Returns the failed and the skipped rows of an import by cause.
    pub async fn errors(&self, id: u64) -> anyhow::Result<Value> {
        of_import(id, self.request(Method::GET, &format!("/imports/{id}/errors")).send().await?).await
    }

    /// Returns at most `limit` imports, newest first, with one of the statuses unless `statuses` is empty; and whether
    /// there are more.
    pub async fn imports(&self, statuses: &[String], limit: usize) -> anyhow::Result<(Vec<Value>, bool)> {
        let mut imports = Vec::new();
        let mut query = vec![("per_page", MOST_PER_PAGE.min(limit.max(2)).to_string())];
        if !statuses.is_empty() {
            query.push(("filter[status][include]", statuses.join(",")));
        }
        loop {
            let mut page = json(self.request(Method::GET, "/imports").query(&query).send().await?).await?;
            let records = page["records"].as_array_mut().context("the service's answer has no records")?;
            imports.append(records);
            match page["next_cursor"].as_str() {
                Some(next) if imports.len() < limit => {
                    query.retain(|(name, _)| *name != "start_cursor");
                    query.push(("start_cursor", next.to_owned()));
                }
                next => {
                    let more = next.is_some() || imports.len() > limit;
                    imports.truncate(limit);
                    return Ok((imports, more));
                }
            }
        }
    }

    /// Polls an import until its status no longer changes by itself. `seen` receives every state, with the time
    /// since the state last changed.
    pub async fn settled(&self, id: u64, mut seen: impl FnMut(&Value, Duration)) -> anyhow::Result<Value> {
        let (mut last, mut since) = (Value::Null, Instant::now());
        loop {
            let import = self.import(id).await?;
            if last != import {
                (last, since) = (import.clone(), Instant::now());
            }
            seen(&import, since.elapsed());
            if !matches!(import["status"].as_str(), Some("new" | "queued" | "processing" | "rolling_back")) {
                return Ok(import);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The answer to a request for an import.
async fn of_import(id: u64, answer: Response) -> anyhow::Result<Value> {
    if answer.status() == StatusCode::NOT_FOUND {
        bail!("there is no import {id}");
    }
    json(answer).await
}

async fn json(answer: Response) -> anyhow::Result<Value> {
    let status = answer.status();
    let body = answer.text().await?;
    if status.is_success() {
        return serde_json::from_str(&body).context("the service's answer is not JSON");
    }
    let told: Value = serde_json::from_str(&body).unwrap_or_default();
    let said = match (&told["errors"], told["detail"].as_str()) {
        (Value::Object(fields), _) => {
            let lines = fields.iter().map(|(field, messages)| format!("{field}: {}", words(messages)));
            lines.collect::<Vec<_>>().join("; ")
        }
        (_, Some(detail)) => detail.to_owned(),
        _ => body,
    };
    bail!("the service answered {status}: {said}")
}

fn words(messages: &Value) -> String {
    let messages = messages.as_array().into_iter().flatten().filter_map(Value::as_str);
    messages.collect::<Vec<_>>().join(", ")
}
