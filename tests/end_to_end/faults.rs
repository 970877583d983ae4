//! Faults between the SDK and the emulators, which a test injects on purpose.
//!
//! [`Faults`] is placed between a worker's clients and the emulators. It counts every request as it is sent, so a
//! retry of the SDK counts as a request of its own, and lets some requests fail in the ways of AWS. A **death**
//! ends the worker's whole process: no later step of the worker happens, and no retry helps.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::connections::SDK_ATTEMPTS;
use shared::services::Services;
use tokio::sync::Notify;
use waybill::system::{Functions, System};

/// The way in which a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request never arrives at the service.
    Lost,
    /// The request takes effect, but its answer never arrives.
    Unanswered,
    /// The service refuses the request for lack of capacity.
    Throttled,
    /// Another transaction holds an item of the request.
    Conflict,
    /// The service refuses the request and every retry.
    Refused,
    /// Only every second part of a batch is executed.
    Partly,
    /// The process dies before the request is sent.
    DeathBefore,
    /// The process dies after the request has taken effect.
    DeathAfter,
}

/// Decides which request fails and how, from the request's number (counted from 1) and its operation.
pub type Plan = Box<dyn FnMut(u64, &str) -> Option<Fault> + Send>;
/// Decides when a request may be sent. The value which the future returns is dropped once the answer has arrived.
pub type Gate = Arc<dyn Fn(&str) -> BoxFuture<'static, Box<dyn Send>> + Send + Sync>;

/// The faults of a single worker, which all clones share.
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    gate: Option<Gate>,
}

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    requests: u64,
    /// Number of requests which were sent and have no answer yet.
    in_flight: u64,
    dead: bool,
    /// The operations in their order, with the fault of each failed request.
    log: Vec<String>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// Creates faults for a worker whose requests wait for `gate`.
    pub fn behind(gate: Gate) -> Self {
        Self { gate: Some(gate), ..Self::default() }
    }

    /// Creates the clients of a worker with these faults. The SDK retries as often as in the
    /// product, but without waits.
    pub fn connect(&self, system: &System) -> anyhow::Result<Functions> {
        system.connect(self.adapt())
    }

    /// Creates the clients of a person with these faults.
    pub fn person(&self, system: &System) -> Services {
        system.person(self.adapt())
    }

    fn adapt(&self) -> impl Fn(SdkConfig) -> SdkConfig + use<> {
        let faults = self.clone();
        let retries = RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS);
        let at_once = std::time::Duration::from_millis(1);
        let retries = retries.with_initial_backoff(at_once).with_max_backoff(at_once);
        move |config| {
            let client =
                faults.client(config.http_client().expect("each client of a system has a way to its services"));
            config.into_builder().http_client(client).retry_config(retries.clone()).build()
        }
    }

    /// Starts a new count and a new plan, with a living worker.
    pub fn plan(&self, plan: impl FnMut(u64, &str) -> Option<Fault> + Send + 'static) {
        *self.lock() = State { plan: Some(Box::new(plan)), ..State::default() };
    }

    /// Lets `times` requests fail from the n-th request on, where every retry of the SDK counts as a request.
    pub fn at(&self, n: u64, times: u64, fault: Fault) {
        self.plan(move |request, _| (n..n + times).contains(&request).then_some(fault));
    }

    /// Ends all faults, and revives a dead worker.
    pub fn none(&self) {
        *self.lock() = State::default();
    }

    /// Number of requests since the latest plan.
    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// Operations of all requests since the latest plan, each with its fault if the request failed.
    pub fn log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// Runs `work` to its end, or returns `None` if the worker dies first.
    pub async fn outlive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.died() => None,
            done = work => Some(done),
        }
    }

    /// Ends when the worker is dead, and when the last requests which it had sent have taken effect.
    async fn died(&self) {
        loop {
            let changed = self.changed.notified();
            {
                let state = self.lock();
                if state.dead && state.in_flight == 0 {
                    return;
                }
            }
            changed.await;
        }
    }

    fn client(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let faults = self.clone();
        http_client_fn(move |settings: &HttpConnectorSettings, components: &RuntimeComponents| {
            let inner = inner.http_connector(settings, components);
            SharedHttpConnector::new(Faulty { faults: faults.clone(), inner })
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no one panics while holding the faults")
    }

    /// Counts a request, and returns its fault if the plan has one. The outer `None` means that the worker is dead.
    fn begin(&self, operation: &str) -> Option<Option<Fault>> {
        let mut state = self.lock();
        if state.dead {
            return None;
        }
        state.requests += 1;
        let n = state.requests;
        let fault = state.plan.as_mut().and_then(|plan| plan(n, operation));
        state.log.push(fault.map_or_else(|| operation.to_owned(), |fault| format!("{operation} {fault:?}")));
        state.dead = matches!(fault, Some(Fault::DeathBefore | Fault::DeathAfter));
        if fault != Some(Fault::DeathBefore) {
            state.in_flight += 1;
        }
        Some(fault)
    }

    async fn pass(self, mut request: HttpRequest, inner: SharedHttpConnector) -> Result<HttpResponse, ConnectorError> {
        let operation = operation(&request);
        let _turn = match &self.gate {
            Some(gate) => Some(gate(&operation).await),
            None => None,
        };
        let Some(fault) = self.begin(&operation) else {
            return std::future::pending().await;
        };
        if fault == Some(Fault::DeathBefore) {
            self.changed.notify_waiters();
            return std::future::pending().await;
        }
        let flight = Flight(self.clone());
        let service = if operation.starts_with("S3") { "s3" } else { "json" };
        match fault {
            None => inner.call(request).await,
            Some(Fault::Lost) => Err(ConnectorError::io("the request was lost".into())),
            Some(Fault::Unanswered) => {
                inner.call(request).await?;
                Err(ConnectorError::timeout("the answer was lost".into()))
            }
            Some(Fault::Throttled) if service == "s3" => Ok(answer(503, &json!({}))),
            Some(Fault::Throttled) => {
                Ok(answer(400, &json!({ "__type": "ThrottlingException", "message": "slow down" })))
            }
            Some(Fault::Refused) => Ok(answer(403, &json!({ "__type": "AccessDeniedException", "message": "no" }))),
            Some(Fault::Conflict) => match conflict(&operation, &request) {
                Some(conflict) => Ok(answer(400, &conflict)),
                None => inner.call(request).await,
            },
            Some(Fault::Partly) => match halve(&operation, &mut request) {
                Some(rest) => unprocessed(inner.call(request).await?, &rest).await,
                None => inner.call(request).await,
            },
            Some(Fault::DeathAfter) => {
                let _ = inner.call(request).await;
                drop(flight);
                std::future::pending().await
            }
            Some(Fault::DeathBefore) => unreachable!("it was not sent"),
        }
    }
}

/// A request in flight, counted until the drop of this value.
struct Flight(Faults);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
        self.0.changed.notify_waiters();
    }
}

#[derive(Debug)]
struct Faulty {
    faults: Faults,
    inner: SharedHttpConnector,
}

impl HttpConnector for Faulty {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.faults.clone().pass(request, self.inner.clone()))
    }
}

/// Name of the operation, for example `PutItem` or `SendMessage`. For S3 the name consists of the method and the
/// key's folder, for example `S3 PUT outbox`.
fn operation(request: &HttpRequest) -> String {
    match request.headers().get("x-amz-target").and_then(|target| target.split_once('.')) {
        Some((_, operation)) => operation.to_owned(),
        None => {
            // The URI has the form http://host/bucket/folder/…
            let folder = request.uri().split(['/', '?']).nth(4).unwrap_or_default();
            format!("S3 {} {folder}", request.method())
        }
    }
}

fn answer(status: u16, body: &Value) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}

fn body(request: &HttpRequest) -> Value {
    request.body().bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or_default()
}

/// DynamoDB's answer if another transaction holds an item, or `None` for an operation which cannot meet a conflict.
fn conflict(operation: &str, request: &HttpRequest) -> Option<Value> {
    match operation {
        "TransactWriteItems" => {
            let items = body(request)["TransactItems"].as_array().map_or(1, Vec::len);
            let reason = |i| json!({ "Code": if i == 0 { "TransactionConflict" } else { "None" } });
            Some(json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
                "CancellationReasons": (0..items).map(reason).collect::<Vec<_>>(),
            }))
        }
        "PutItem" | "UpdateItem" | "DeleteItem" => Some(json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item",
        })),
        _ => None,
    }
}

/// Removes every second part from a batch, and returns the field of the answer which lists the removed parts.
fn halve(operation: &str, request: &mut HttpRequest) -> Option<Value> {
    let mut asked = body(request);
    let split = |all: Vec<Value>| -> (Vec<Value>, Vec<Value>) {
        let (kept, left): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(i, _)| i % 2 == 1);
        (kept.into_iter().map(|(_, part)| part).collect(), left.into_iter().map(|(_, part)| part).collect())
    };
    let rest = match operation {
        "BatchWriteItem" => {
            let tables: HashMap<String, Vec<Value>> = serde_json::from_value(asked["RequestItems"].take()).ok()?;
            let (mut kept, mut left) = (json!({}), json!({}));
            for (table, all) in tables {
                let (some, others) = split(all);
                if !some.is_empty() {
                    kept[&table] = json!(some);
                }
                left[&table] = json!(others);
            }
            // A batch with a single part is executed in full, because an empty batch is not a valid request.
            if kept == json!({}) {
                return None;
            }
            asked["RequestItems"] = kept;
            json!({ "UnprocessedItems": left })
        }
        "BatchGetItem" => {
            let (mut kept, mut left) = (json!({}), json!({}));
            for (table, keys) in asked["RequestItems"].as_object()? {
                let (some, others) = split(keys["Keys"].as_array()?.clone());
                if !some.is_empty() {
                    kept[table] = keys.clone();
                    kept[table]["Keys"] = json!(some);
                }
                left[table] = keys.clone();
                left[table]["Keys"] = json!(others);
            }
            if kept == json!({}) {
                return None;
            }
            asked["RequestItems"] = kept;
            json!({ "UnprocessedKeys": left })
        }
        "SendMessageBatch" => {
            let (some, others) = split(asked["Entries"].as_array()?.clone());
            if some.is_empty() {
                return None;
            }
            asked["Entries"] = json!(some);
            let failed = |entry: &Value| json!({ "Id": entry["Id"], "SenderFault": false, "Code": "InternalError" });
            json!({ "Failed": others.iter().map(failed).collect::<Vec<_>>() })
        }
        _ => return None,
    };
    let text = asked.to_string();
    request.headers_mut().insert("content-length", text.len().to_string());
    *request.body_mut() = SdkBody::from(text);
    Some(rest)
}

/// Adds the list of the removed parts to the answer.
async fn unprocessed(mut response: HttpResponse, rest: &Value) -> Result<HttpResponse, ConnectorError> {
    let bytes = aws_smithy_types::byte_stream::ByteStream::new(response.take_body());
    let bytes = bytes.collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let mut said: Value = serde_json::from_slice(&bytes).map_err(|error| ConnectorError::io(error.into()))?;
    if let (Some(said), Some(rest)) = (said.as_object_mut(), rest.as_object()) {
        said.extend(rest.clone());
    }
    Ok(answer(response.status().as_u16(), &said))
}
