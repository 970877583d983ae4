//! A request for each documented operation and status.
//!
//! Most statuses are made alike at all operations, for example 401 by leaving out the token. Successes, and errors that
//! depend on the request, need fresh things and a body, which [`World`] makes by the operation's path.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use lambda_http::Service;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::account::{Principal, grant};
use shared::files::UploadSizes;
use shared::id::{AccountId, ImportId, ThingId};
use shared::services::Services;
use shared::store::{Write, keys};

use super::Operation;
use crate::faults::{Fault, Faults};
use crate::files::TOGGL;
use crate::stack::{Answer, Stack};
use crate::webhooks::receiver::Receiver;

/// A token without any scope.
pub(super) const POWERLESS: &str = "powerless";
/// Sizes with which a few megabytes come in parts.
const SMALL: UploadSizes = UploadSizes { single: 1 << 20, part: 5 << 20, most: 1 << 30 };
/// An id that nothing has.
pub(super) const NOTHING: u64 = 999_999_999;
/// An id of a delivery that no webhook has.
const NO_DELIVERY: &str = "1-0000000000000001";

/// A stack with a complete import, and routers whose stores fail.
pub struct World<'s> {
    pub(super) stack: &'s Stack,
    /// The complete import.
    import: u64,
    pub(super) healthy: Router,
    /// A router that asks for uploads in parts from a megabyte on.
    small: Router,
    /// A router whose every request to a store is refused for lack of capacity.
    pub(super) busy: Router,
    /// A router whose every request to a store fails for good.
    pub(super) failing: Router,
    /// The receiver of webhooks.
    pub(super) receiver: Receiver,
    /// The number of things made so far, for names that differ.
    pub(super) made: AtomicUsize,
}

/// The parts of a request that statuses change.
pub(super) struct Asked {
    pub(super) path: String,
    token: Option<&'static str>,
    agent: &'static str,
    body: Sent,
}

/// The body of a request.
enum Sent {
    Nothing,
    Json(Value),
    Form(Vec<(&'static str, &'static str)>),
}

impl<'s> World<'s> {
    pub async fn found(stack: &'s Stack) -> anyhow::Result<Self> {
        let import = stack.import(TOGGL.as_bytes(), &[]).await?;
        let principal = Principal { account: AccountId(1), user: ThingId(1), scopes: Vec::new() };
        grant(stack.system.services(), POWERLESS, &principal).await?;
        let router = |fault| {
            let faults = Faults::default();
            faults.plan(move |_, _| Some(fault));
            anyhow::Ok(api::router(faults.connect(&stack.system)?.api))
        };
        let (busy, failing) = (router(Fault::Throttled)?, router(Fault::Refused)?);
        let services = stack.functions().api.clone();
        let healthy = api::router(services.clone());
        let small = api::router(Services { uploads: SMALL, ..services });
        let receiver = Receiver::open(|_| (200, None)).await?;
        Ok(Self { stack, import, healthy, small, busy, failing, receiver, made: AtomicUsize::new(0) })
    }

    /// Sends a request that gives the status, and returns the answer.
    pub async fn answer(&self, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
        if status == 429 {
            return Box::pin(self.crowded(operation)).await;
        }
        if operation.path.starts_with("/api/v2/") {
            return super::productive::answer(self, operation, status).await;
        }
        if operation.path.starts_with("/v3/") {
            return super::copernica::answer(self, operation, status).await;
        }
        let is_noko = operation.path.starts_with("/v2");
        let mut asked = Asked {
            path: operation.path.replace("{id}", "1").replace("{delivery}", NO_DELIVERY),
            token: Some("demo"),
            agent: "tests",
            body: if operation.get("/requestBody").is_some() { Sent::Json(json!({})) } else { Sent::Nothing },
        };
        match status {
            401 => asked.token = None,
            403 => asked.token = Some(POWERLESS),
            404 => {
                asked = Asked {
                    path: operation.path.replace("{id}", &NOTHING.to_string()).replace("{delivery}", NO_DELIVERY),
                    ..self.good(operation).await?
                }
            }
            // Over HTTP the connection may be closed while the client still sends.
            413 => return within(&self.healthy, operation, &asked.path, vec![b' '; 5 << 20]).await,
            500 => return within(&self.failing, operation, &asked.path, "{}").await,
            503 => return within(&self.busy, operation, &asked.path, "{}").await,
            400 if is_noko => asked.agent = "",
            422 if is_noko => asked.path.push_str("?nonsense=1"),
            400 if operation.path.contains("/upload/") => return self.odd(operation, status).await,
            400 if operation.get("/requestBody").is_none() => asked.path.push_str("?nonsense=1"),
            400 if operation.path.ends_with("/imports") => {}
            400 => asked.body = Sent::Json(json!({ "nonsense": 1 })),
            200..300 if !Self::is_odd(operation, status) => asked = self.good(operation).await?,
            _ => return self.odd(operation, status).await,
        }
        self.send(&operation.method, asked).await
    }

    /// The path of a request that succeeds, and its body of JSON, which is null for a request without one.
    pub async fn succeeding(&self, operation: &Operation) -> anyhow::Result<(String, Value)> {
        if operation.path.starts_with("/api/v2/") {
            return super::productive::succeeding(self, operation).await;
        }
        if operation.path.starts_with("/v3/") {
            return super::copernica::succeeding(self, operation).await;
        }
        let Asked { path, body, .. } = self.good(operation).await?;
        Ok((path, if let Sent::Json(body) = body { body } else { Value::Null }))
    }

    /// True for a success beside another one, and for a success with uploaded parts.
    fn is_odd(operation: &Operation, status: u16) -> bool {
        let is_second = |status: u16| operation.get(&format!("/responses/{status}")).is_some();
        status == 204 && is_second(200) || status == 202 && is_second(201) || operation.path.contains("/upload/")
    }

    pub(super) async fn send(&self, method: &Method, asked: Asked) -> anyhow::Result<Answer> {
        let mut request = self.stack.bare(method.clone(), &asked.path).header("User-Agent", asked.agent);
        if let Some(token) = asked.token {
            request = request.header("X-NokoToken", token).header("Authorization", format!("Token {token}"));
        }
        self.stack.answer(asked.body.into_request(request)).await
    }

    /// A request that succeeds.
    pub(super) async fn good(&self, operation: &Operation) -> anyhow::Result<Asked> {
        let (method, path) = (&operation.method, operation.path.as_str());
        let id = if path.contains("{id}") { self.fresh(method, path).await? } else { 0 };
        let mut path = path.replace("{id}", &id.to_string());
        if path.contains("{delivery}") {
            path = path.replace("{delivery}", &self.delivery(id).await?);
        }
        Ok(Asked { path, token: Some("demo"), agent: "tests", body: self.body(operation).await? })
    }

    /// The answer to a request that is refused for a reason of its own.
    async fn odd(&self, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
        let id = operation.get("/operationId").and_then(Value::as_str).unwrap_or_default();
        let post = |path: &str| self.stack.bare(Method::POST, path).header("Authorization", "Token demo");
        match (id, status) {
            // The last moment for the undo is over.
            ("revert_import", 409) => {
                let import = self.fresh(&operation.method, &operation.path).await?;
                let over = Write::update(keys::import(AccountId(1), ImportId(import)), "SET #undo_until = :over");
                self.stack.system.services().store.write(over.bind(":over", 1)).await?;
                let path = operation.path.replace("{id}", &import.to_string());
                within(&self.healthy, operation, &path, "{}").await
            }
            ("create_webhook" | "change_webhook" | "retry_delivery", _) => {
                self.refused_webhook(operation, status).await
            }
            // The import has ended, and its file did not come in parts.
            (_, 409) => {
                let path = operation.path.replace("{id}", &self.import.to_string());
                within(&self.healthy, operation, &path, "{}").await
            }
            ("create_import", 202) => self.stack.answer(post(&operation.path).json(&json!({ "source": TOGGL }))).await,
            ("create_import", 415) => self.stack.answer(post(&operation.path).body("upload=true")).await,
            ("show_import", 304) => {
                let path = operation.path.replace("{id}", &self.import.to_string());
                let get = || self.stack.bare(Method::GET, &path).header("Authorization", "Token demo");
                let known = self.stack.answer(get()).await?.headers["etag"].clone();
                self.stack.answer(get().header("If-None-Match", known)).await
            }
            // The client of the stack would follow the answer.
            ("show_source", 303) => {
                let path = operation.path.replace("{id}", &self.import.to_string());
                within(&self.healthy, operation, &path, "").await
            }
            ("list_parts" | "complete_upload", _) => self.in_parts(operation, status).await,
            // An address that is never fetched.
            ("create_schedule", 422) => {
                let mut body = self.order();
                body["import"]["location"] = "https://10.0.0.1/hours.csv".into();
                self.stack.answer(post(&operation.path).json(&body)).await
            }
            // Another content under a key that was used.
            ("create_import", 422) => {
                let send = |size: u64| {
                    let body = json!({ "upload": true, "file_size": size });
                    self.stack.answer(post(&operation.path).header("Idempotency-Key", "twice").json(&body))
                };
                send(1).await?.expect(201)?;
                send(2).await
            }
            // The import has not begun.
            ("noko_get_imports_id_details" | "noko_get_imports_id_report", 204) => {
                let import = self.awaited().await?;
                self.stack.get(&operation.path.replace("{id}", &import.to_string())).await
            }
            _ => bail!("tests/end_to_end/described/requests.rs knows no request for it"),
        }
    }
}

/// The body that makes an operation succeed, and things for its path.
impl World<'_> {
    pub(super) fn name(&self, kind: &str) -> String {
        format!("{kind} {}", self.made.fetch_add(1, Ordering::Relaxed))
    }

    async fn made(&self, path: &str, body: Value) -> anyhow::Result<u64> {
        let made = self.stack.send(Method::POST, path, &body).await?.expect(201)?;
        made["id"].as_u64().context("something without an id")
    }

    async fn entry(&self) -> anyhow::Result<u64> {
        self.entry_of(json!({ "project_name": "Cranes" })).await
    }

    /// An entry with a further field.
    async fn entry_of(&self, field: Value) -> anyhow::Result<u64> {
        let mut body = json!({ "date": "2026-05-04", "minutes": 5 });
        for (name, value) in field.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.made("/v2/entries", body).await
    }

    async fn project(&self) -> anyhow::Result<u64> {
        self.made("/v2/projects", json!({ "name": self.name("Project") })).await
    }

    async fn tag(&self) -> anyhow::Result<u64> {
        self.made("/v2/tags", json!({ "name": self.name("tag").replace(' ', "") })).await
    }

    /// A new thing of the kind that the path is about, whose id can stand in the path.
    async fn fresh(&self, method: &Method, path: &str) -> anyhow::Result<u64> {
        let changes = *method != Method::GET;
        match path.split('/').find(|part| !matches!(*part, "" | "v2" | "api" | "v1")).unwrap_or_default() {
            "imports" if path.ends_with("/cancel") || path.ends_with("/start") => self.awaited().await,
            "imports" if path.ends_with("/resume") => {
                let import = self.awaited().await?;
                let cancel = self.stack.bare(Method::POST, &format!("/api/v1/imports/{import}/cancel"));
                self.stack.answer(cancel.header("Authorization", "Token demo")).await?.expect(202)?;
                Ok(import)
            }
            "imports" if changes => {
                let made = self.stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
                self.stack.idle().await?;
                made["id"].as_u64().context("an import without an id")
            }
            "imports" => Ok(self.import),
            "mappings" => self.mapping().await,
            "schedules" => self.schedule().await,
            "webhooks" => self.webhook().await,
            "entries" => self.entry().await,
            // What has no entries is deleted and not archived or deactivated.
            "projects" if path.ends_with("archive") => {
                let project = self.project().await?;
                self.entry_of(json!({ "project_id": project })).await?;
                Ok(project)
            }
            "projects" => self.project().await,
            "tags" => self.tag().await,
            "users" => {
                let user = self
                    .made("/v2/users", json!({ "email": format!("{}@example.com", self.name("u").replace(' ', "")) }))
                    .await?;
                if path.ends_with("activate") {
                    self.entry_of(json!({ "user_id": user })).await?;
                }
                if path.ends_with("/activate") {
                    self.stack
                        .send(Method::PUT, &format!("/v2/users/{user}/deactivate"), &json!({}))
                        .await?
                        .expect(204)?;
                }
                Ok(user)
            }
            "groups" | "project_groups" => {
                let body = json!({ "name": self.name("Client"), "project_ids": [self.project().await?] });
                self.made("/v2/project_groups", body).await
            }
            other => bail!("tests/end_to_end/described/requests.rs makes no {other}"),
        }
    }

    /// The answer about an upload of two parts.
    async fn in_parts(&self, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
        let (size, part) = (6_usize << 20, 5_usize << 20);
        let made = Operation { method: Method::POST, path: String::new(), told: Value::Null };
        let body = json!({ "upload": true, "file_size": size }).to_string();
        let made = within(&self.small, &made, "/api/v1/imports", body).await?.expect(201)?;
        let path = operation.path.replace("{id}", &made["id"].to_string());
        let mut parts = Vec::new();
        for (address, bytes) in made["upload"]["parts"].as_array().into_iter().flatten().zip([part, size - part]) {
            let url = address["url"].as_str().context("a part without an address")?;
            let put = self.stack.answer(self.stack.bare(Method::PUT, url).body(vec![b'x'; bytes])).await?;
            put.expect(200)?;
            let etag = if status == 202 { put.headers["etag"].to_str()? } else { "another" };
            parts.push(json!({ "part_number": address["part_number"], "etag": etag }));
        }
        match status {
            400 if operation.method == Method::GET => {
                within(&self.small, operation, &format!("{path}?from=9"), "").await
            }
            400 => within(&self.small, operation, &path, "{}").await,
            _ => within(&self.small, operation, &path, json!({ "parts": parts }).to_string()).await,
        }
    }

    /// An import that awaits its file.
    async fn awaited(&self) -> anyhow::Result<u64> {
        let body = json!({ "upload": true, "file_size": 10 });
        let request =
            self.stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&body);
        self.stack.answer(request).await?.expect(201)?["id"].as_u64().context("an import without an id")
    }

    /// A mapping that the account remembers.
    async fn mapping(&self) -> anyhow::Result<u64> {
        let column = self.name("Note");
        let file = format!("When,Took,{column}\n2026-03-02,90,Tea\n");
        let mapping = json!({ "When": "date", "Took": "minutes", &column: "text" });
        self.stack.upload_as(file.into_bytes(), json!({ "mapping": mapping })).await?;
        self.stack.idle().await?;
        let list = self.stack.bare(Method::GET, "/api/v1/mappings?per_page=100").header("Authorization", "Token demo");
        let list = self.stack.answer(list).await?.expect(200)?;
        let mut records = list["records"].as_array().into_iter().flatten();
        let ours = records.find(|record| record["header"][2] == column.as_str()).context("no mapping")?;
        ours["id"].as_u64().context("a mapping without an id")
    }

    async fn body(&self, operation: &Operation) -> anyhow::Result<Sent> {
        let path = operation.path.as_str();
        let last = path.trim_end_matches("/{id}").rsplit('/').next().unwrap_or_default();
        let is_new = operation.method == Method::POST;
        if operation.get("/requestBody").is_none() {
            return Ok(Sent::Nothing);
        }
        let body = match (last, is_new) {
            ("imports", true) if path.starts_with("/v2") => return Ok(Sent::Form(vec![("import_tags", "false")])),
            ("imports", true) => json!({ "upload": true, "file_size": 10 }),
            ("complete", _) => json!({ "parts": [{ "part_number": 1, "etag": "x" }] }),
            ("mappings", _) => json!({ "name": "Monthly" }),
            ("schedules", true) => self.order(),
            ("schedules", false) => json!({ "paused": true }),
            ("webhooks", true) => json!({ "url": self.receiver.url }),
            ("webhooks", false) => json!({ "description": "Ledger" }),
            ("entries", true) => json!({ "date": "2026-05-04", "minutes": 5 }),
            ("entries", false) => json!({ "minutes": 7 }),
            ("projects" | "tags", _) => json!({ "name": self.name(last).replace(' ', "") }),
            ("users", true) => json!({ "email": format!("{}@example.com", self.name("n").replace(' ', "")) }),
            ("users" | "current_user", _) => json!({ "first_name": "Ada" }),
            ("project_groups", true) => json!({ "name": self.name("New"), "project_ids": [self.project().await?] }),
            ("project_groups", false) => json!({ "name": self.name("Renamed") }),
            ("merge", _) if path.contains("/tags/") => json!({ "tag_id": self.tag().await? }),
            ("merge", _) => json!({ "project_id": self.project().await? }),
            ("delete", _) if path.contains("/tags/") => json!({ "tag_ids": [self.tag().await?] }),
            ("archive" | "unarchive" | "delete", _) if !path.contains("{id}") => {
                json!({ "project_ids": [self.project().await?] })
            }
            ("add_projects" | "remove_projects" | "give_access_to_projects", _) => {
                json!({ "project_ids": [self.project().await?] })
            }
            (mark, _) if mark.contains("invoiced") && path.contains("{id}") => json!({ "date": "2026-06-01" }),
            (mark, _) if mark.contains("invoiced") => {
                json!({ "entry_ids": [self.entry().await?], "date": "2026-06-01" })
            }
            ("approved" | "unapproved", _) if !path.contains("{id}") => json!({ "entry_ids": [self.entry().await?] }),
            _ => json!({}),
        };
        Ok(Sent::Json(body))
    }
}

impl Sent {
    fn into_request(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Nothing => request,
            Self::Json(body) => request.json(&body),
            Self::Form(fields) => {
                let file = Part::bytes(TOGGL.as_bytes()).file_name("entries.csv");
                let form = fields
                    .into_iter()
                    .fold(Form::new().part("file", file), |form, (name, value)| form.text(name, value));
                request.multipart(form)
            }
        }
    }
}

/// Calls a router within this process.
pub(super) async fn within(
    router: &Router,
    operation: &Operation,
    path: &str,
    body: impl Into<Body>,
) -> anyhow::Result<Answer> {
    let request = Request::builder().method(&operation.method).uri(path).header("host", "localhost");
    let request = request.header("x-nokotoken", "demo").header("authorization", "Token demo");
    let request = request.header("x-auth-token", "demo").header("x-organization-id", "1");
    let request = request.header("user-agent", "tests").header("content-type", "application/json");
    let answer = router.clone().call(request.body(body.into())?).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await?.to_vec())?;
    Ok(Answer { status, headers, text })
}
