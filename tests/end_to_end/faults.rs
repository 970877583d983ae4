//! What goes wrong between the SDK and the stores, on purpose.
//!
//! [`Faults`] stands between a worker's clients and the emulators. It counts the requests as they are sent (so a retry
//! of the SDK is a request of its own) and lets some of them fail, in the ways in which they do on AWS. A **death** is
//! that of the process: nothing that it would do after it is done any more, and no retry gets around it.

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
use shared::services::{SDK_ATTEMPTS, Services};
use tokio::sync::Notify;
use waybill::system::{Functions, System};

/// How a request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    Lost,
    /// It takes effect, and the answer never arrives.
    Unanswered,
    /// The service has no capacity.
    Throttled,
    /// Another transaction holds an item.
    Conflict,
    /// The service refuses it, and will however often it is tried.
    Refused,
    /// Of a batch only every second part is done.
    Partly,
    /// The process dies before it is sent.
    DeathBefore,
    /// The process dies when it has taken effect.
    DeathAfter,
}

/// Which request goes wrong, and how: asked with its number, from 1, and its operation.
pub type Plan = Box<dyn FnMut(u64, &str) -> Option<Fault> + Send>;
/// Whoever decides when a request may go; what it returns is dropped when the answer is there.
pub type Gate = Arc<dyn Fn(&str) -> BoxFuture<'static, Box<dyn Send>> + Send + Sync>;

/// The faults of one worker; clones are of the same.
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
    /// Requests that were sent and not answered.
    in_flight: u64,
    dead: bool,
    /// The operations in their order, those that went wrong marked.
    log: Vec<String>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// Faults of a worker whose requests go when `gate` lets them.
    pub fn behind(gate: Gate) -> Self {
        Self { gate: Some(gate), ..Self::default() }
    }

    /// The clients of a worker that suffers them. Its SDK tries as often as ours, without the waiting.
    pub fn connect(&self, system: &System) -> anyhow::Result<Functions> {
        system.connect(self.adapt())
    }

    /// The clients of a person who suffers them likewise.
    pub fn person(&self, system: &System) -> Services {
        system.person(self.adapt())
    }

    fn adapt(&self) -> impl Fn(SdkConfig) -> SdkConfig + use<> {
        let client = self.client();
        let retries = RetryConfig::standard().with_max_attempts(SDK_ATTEMPTS);
        let at_once = std::time::Duration::from_millis(1);
        let retries = retries.with_initial_backoff(at_once).with_max_backoff(at_once);
        move |config| config.into_builder().http_client(client.clone()).retry_config(retries.clone()).build()
    }

    /// Begins to count anew, alive, with this plan.
    pub fn plan(&self, plan: impl FnMut(u64, &str) -> Option<Fault> + Send + 'static) {
        *self.lock() = State { plan: Some(Box::new(plan)), ..State::default() };
    }

    /// The n-th request goes wrong, as it is sent and as often as it is sent again, `times` in all.
    pub fn at(&self, n: u64, times: u64, fault: Fault) {
        self.plan(move |request, _| (n..n + times).contains(&request).then_some(fault));
    }

    /// Nothing goes wrong from here on; a dead worker begins a new life.
    pub fn none(&self) {
        *self.lock() = State::default();
    }

    /// Requests since the plan was made.
    pub fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// What was asked for since the plan was made, and what of it went wrong.
    pub fn log(&self) -> Vec<String> {
        self.lock().log.clone()
    }

    /// Does `work` to its end, or to the worker's death: then nothing.
    pub async fn outlive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.died() => None,
            done = work => Some(done),
        }
    }

    /// Ends when the worker is dead and the last of what it had sent has taken effect.
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

    fn client(&self) -> SharedHttpClient {
        let faults = self.clone();
        let plain = aws_smithy_http_client::Builder::new().build_http();
        http_client_fn(move |settings: &HttpConnectorSettings, components: &RuntimeComponents| {
            let inner = plain.http_connector(settings, components);
            SharedHttpConnector::new(Faulty { faults: faults.clone(), inner })
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no one panics while holding the faults")
    }

    /// Counts the request; its fault. Nothing, if there is no one left to send it.
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

/// A request on its way.
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

/// `PutItem`, `SendMessage`; for S3 its method and the folder of the key: `S3 PUT outbox`.
fn operation(request: &HttpRequest) -> String {
    match request.headers().get("x-amz-target").and_then(|target| target.split_once('.')) {
        Some((_, operation)) => operation.to_owned(),
        None => {
            // http://host/bucket/folder/…
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

/// What DynamoDB says when another transaction holds an item; nothing for what cannot meet one.
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

/// Takes every second part out of a batch; what the answer has to say of them.
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
            // A batch of one is done in full: an empty one is no request.
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

/// The answer, with what was left out of the request.
async fn unprocessed(mut response: HttpResponse, rest: &Value) -> Result<HttpResponse, ConnectorError> {
    let bytes = aws_smithy_types::byte_stream::ByteStream::new(response.take_body());
    let bytes = bytes.collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let mut said: Value = serde_json::from_slice(&bytes).map_err(|error| ConnectorError::io(error.into()))?;
    if let (Some(said), Some(rest)) = (said.as_object_mut(), rest.as_object()) {
        said.extend(rest.clone());
    }
    Ok(answer(response.status().as_u16(), &said))
}
