//! SQS, as far as Waybill uses the service, and as faithful as code can be.
//!
//! No crate under a permissive licence is faithful: the best crate fails a third of a short list of checks, and its
//! mistakes concern visibility, redrive and receipt handles, on which Waybill relies. This emulator is therefore
//! our own, in two layers. [`Queues`] contains the queues themselves. The present file speaks SQS's JSON protocol,
//! so the product keeps the SDK client which it has on AWS.
//!
//! FIFO queues, message attributes, tags, permissions and encryption are left out, and a request for one of these
//! features is refused by name.

mod error;
mod queue;
mod queues;
mod settings;

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use error::SqsError;
pub use queue::{Depth, OnDeletion, Received, Sent};
pub use queues::{Queues, Receive};
pub use settings::{Attributes, Redrive, Settings};

use super::arn;
use crate::http::Stopped;

/// Largest request in bytes. Escaping can make six bytes of JSON out of a byte of a message.
const MAX_REQUEST_BYTES: usize = 6 * queues::MAX_BYTES + 65_536;

#[derive(Clone)]
struct Service {
    queues: Arc<Queues>,
    /// Base URL of the service, from which the URLs of the queues are built.
    url: Arc<str>,
    stopped: Stopped,
}

/// Builds the service over HTTP, for the base address `url`. Once `stopped` has ended, no long
/// poll waits any longer.
pub(super) fn router(queues: Arc<Queues>, url: &str, stopped: Stopped) -> Router {
    Router::new().fallback(post(handle)).layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES)).with_state(Service {
        queues,
        url: url.into(),
        stopped,
    })
}

async fn handle(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok()?.strip_prefix("AmazonSQS."))
        .unwrap_or_default();
    match service.call(operation, &body).await {
        Ok(answer) => (json_type(), answer.to_string()).into_response(),
        Err(error) => (
            StatusCode::BAD_REQUEST,
            json_type(),
            [("x-amzn-query-error", format!("{};Sender", error.code()))],
            json!({"__type": format!("com.amazonaws.sqs#{}", error.shape()), "message": error.to_string()}).to_string(),
        )
            .into_response(),
    }
}

fn json_type() -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "application/x-amz-json-1.0")]
}

impl Service {
    async fn call(&self, operation: &str, body: &[u8]) -> Result<Value, SqsError> {
        let queues = &self.queues;
        match operation {
            "CreateQueue" => {
                let input: CreateQueue = read(body)?;
                queues.create(&input.queue_name, &input.attributes)?;
                Ok(json!({"QueueUrl": self.queue_url(&input.queue_name)}))
            }
            "GetQueueUrl" => {
                let input: GetQueueUrl = read(body)?;
                queues.depth(&input.queue_name)?;
                Ok(json!({"QueueUrl": self.queue_url(&input.queue_name)}))
            }
            "ListQueues" => {
                let input: ListQueues = read(body)?;
                let names = queues.names(input.queue_name_prefix.as_deref().unwrap_or_default());
                Ok(json!({"QueueUrls": names.iter().map(|name| self.queue_url(name)).collect::<Vec<_>>()}))
            }
            "GetQueueAttributes" => {
                let input: GetQueueAttributes = read(body)?;
                let attributes = queues.attributes(queue_name(&input.queue_url)?)?;
                Ok(json!({"Attributes": only(attributes, &input.attribute_names)}))
            }
            "SetQueueAttributes" => {
                let input: SetQueueAttributes = read(body)?;
                queues.set_attributes(queue_name(&input.queue_url)?, &input.attributes)?;
                Ok(json!({}))
            }
            "SendMessage" => self.send(read(body)?),
            "SendMessageBatch" => self.send_batch(read(body)?),
            "ReceiveMessage" => self.receive(read(body)?).await,
            "DeleteMessage" => {
                let input: DeleteMessage = read(body)?;
                queues.delete(queue_name(&input.queue_url)?, &input.receipt_handle)?;
                Ok(json!({}))
            }
            "DeleteMessageBatch" => {
                let batch: Batch<DeleteEntry> = read(body)?;
                batch.each("DeleteMessageBatchRequestEntry", |queue, entry| {
                    queues.delete(queue, &entry.receipt_handle).map(|()| json!({}))
                })
            }
            "ChangeMessageVisibility" => {
                let input: ChangeMessageVisibility = read(body)?;
                let queue = queue_name(&input.queue_url)?;
                queues.change_visibility(queue, &input.receipt_handle, input.visibility_timeout)?;
                Ok(json!({}))
            }
            "ChangeMessageVisibilityBatch" => {
                let batch: Batch<ChangeEntry> = read(body)?;
                batch.each("ChangeMessageVisibilityBatchRequestEntry", |queue, entry| {
                    queues.change_visibility(queue, &entry.receipt_handle, entry.visibility_timeout).map(|()| json!({}))
                })
            }
            "PurgeQueue" => {
                let input: PurgeQueue = read(body)?;
                queues.purge(queue_name(&input.queue_url)?)?;
                Ok(json!({}))
            }
            other => Err(SqsError::UnsupportedOperation { what: format!("the operation {other:?}") }),
        }
    }

    fn send(&self, input: SendMessage) -> Result<Value, SqsError> {
        let queue = queue_name(&input.queue_url)?;
        let sent = input.message.send(&self.queues, queue)?;
        Ok(json!({"MessageId": sent.message_id, "MD5OfMessageBody": sent.md5_of_body}))
    }

    fn send_batch(&self, batch: Batch<SendEntry>) -> Result<Value, SqsError> {
        let sent = batch.entries.iter().map(|entry| entry.rest.message_body.len()).sum();
        if sent > queues::MAX_BYTES {
            return Err(SqsError::BatchRequestTooLong { sent });
        }
        batch.each("SendMessageBatchRequestEntry", |queue, entry| {
            let sent = entry.send(&self.queues, queue)?;
            Ok(json!({"MessageId": sent.message_id, "MD5OfMessageBody": sent.md5_of_body}))
        })
    }

    async fn receive(&self, input: ReceiveMessage) -> Result<Value, SqsError> {
        for (name, value, range) in [
            ("MaxNumberOfMessages", input.max_number_of_messages, 1..=10),
            ("WaitTimeSeconds", input.wait_time_seconds, 0..=20),
            ("VisibilityTimeout", input.visibility_timeout, 0..=43_200),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                return Err(SqsError::InvalidParameterValue {
                    reason: format!(
                        "Value {value} for parameter {name} is invalid. Reason: Must be between {} and {}, if provided.",
                        range.start(),
                        range.end()
                    ),
                });
            }
        }
        let receive = Receive {
            max: input.max_number_of_messages.unwrap_or(1) as usize,
            wait: input.wait_time_seconds,
            visibility_timeout: input.visibility_timeout,
        };
        let received = tokio::select! {
            received = self.queues.receive(queue_name(&input.queue_url)?, receive) => received?,
            () = self.stopped.clone().wait() => Vec::new(),
        };
        let names = [input.attribute_names, input.message_system_attribute_names].concat();
        let messages: Vec<Value> = received
            .into_iter()
            .map(|message| {
                json!({
                    "MessageId": message.message_id,
                    "ReceiptHandle": message.receipt_handle,
                    "Body": message.body,
                    "MD5OfBody": message.md5_of_body,
                    "Attributes": only(message.attributes, &names),
                })
            })
            .collect();
        Ok(json!({"Messages": messages}))
    }

    fn queue_url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.url, arn::ACCOUNT)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateQueue {
    queue_name: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueUrl {
    queue_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListQueues {
    queue_name_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SetQueueAttributes {
    queue_url: String,
    attributes: Attributes,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    #[serde(flatten)]
    message: SendEntry,
}

/// A message to send, either alone or as an entry of a batch.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendEntry {
    message_body: String,
    delay_seconds: Option<u32>,
    #[serde(default)]
    message_attributes: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReceiveMessage {
    queue_url: String,
    max_number_of_messages: Option<u32>,
    wait_time_seconds: Option<u32>,
    visibility_timeout: Option<u32>,
    /// The older name of the field `message_system_attribute_names`, with the same meaning.
    #[serde(default)]
    attribute_names: Vec<String>,
    #[serde(default)]
    message_system_attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteMessage {
    queue_url: String,
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteEntry {
    receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeMessageVisibility {
    queue_url: String,
    receipt_handle: String,
    visibility_timeout: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeEntry {
    receipt_handle: String,
    visibility_timeout: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PurgeQueue {
    queue_url: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: DeserializeOwned")]
struct Batch<T> {
    queue_url: String,
    #[serde(default = "Vec::new")]
    entries: Vec<Entry<T>>,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Entry<T> {
    #[serde(rename = "Id")]
    id: String,
    #[serde(flatten)]
    rest: T,
}

/// A failed entry of a batch whose remaining entries may have succeeded.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchResultErrorEntry {
    id: String,
    sender_fault: bool,
    code: &'static str,
    message: String,
}

impl SendEntry {
    fn send(&self, queues: &Queues, queue: &str) -> Result<Sent, SqsError> {
        if !self.message_attributes.is_empty() {
            return Err(SqsError::UnsupportedOperation { what: "message attributes".to_owned() });
        }
        queues.send(queue, &self.message_body, self.delay_seconds)
    }
}

impl<T> Batch<T> {
    /// Executes each entry of the batch, and sorts the answers into successes and failures.
    fn each(&self, entry: &'static str, act: impl Fn(&str, &T) -> Result<Value, SqsError>) -> Result<Value, SqsError> {
        let queue = queue_name(&self.queue_url)?;
        self.check(entry)?;
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            match act(queue, &entry.rest) {
                Ok(mut answer) => {
                    answer["Id"] = json!(entry.id);
                    successful.push(answer);
                }
                Err(SqsError::QueueDoesNotExist) => return Err(SqsError::QueueDoesNotExist),
                Err(error) => failed.push(BatchResultErrorEntry {
                    id: entry.id.clone(),
                    sender_fault: true,
                    code: error.code(),
                    message: error.to_string(),
                }),
            }
        }
        Ok(json!({"Successful": successful, "Failed": failed}))
    }

    fn check(&self, entry: &'static str) -> Result<(), SqsError> {
        if self.entries.is_empty() {
            return Err(SqsError::EmptyBatchRequest { entry });
        }
        if self.entries.len() > 10 {
            return Err(SqsError::TooManyEntriesInBatchRequest { sent: self.entries.len() });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let mut ids = HashSet::new();
        for Entry { id, .. } in &self.entries {
            if id.is_empty() || id.len() > 80 || !id.chars().all(allowed) {
                return Err(SqsError::InvalidBatchEntryId);
            }
            if !ids.insert(id) {
                return Err(SqsError::BatchEntryIdsNotDistinct { id: id.clone() });
            }
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, SqsError> {
    serde_json::from_slice(body).map_err(|error| SqsError::Serialization { reason: error.to_string() })
}

/// Name of the queue in a URL. The host is ignored, because callers may know the service by several hosts.
fn queue_name(url: &str) -> Result<&str, SqsError> {
    match url.rsplit_once('/') {
        Some((account, name)) if account.ends_with(&format!("/{}", arn::ACCOUNT)) => Ok(name),
        _ => Err(SqsError::QueueDoesNotExist),
    }
}

/// Selects the attributes which the request asks for by name, or all attributes for the name `All`.
fn only(mut attributes: Attributes, names: &[String]) -> Attributes {
    attributes.retain(|attribute, _| names.iter().any(|name| name == attribute || name == "All"));
    attributes
}

#[cfg(test)]
mod tests;
