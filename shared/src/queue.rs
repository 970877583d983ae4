//! SQS: the messages that move an import on.
//!
//! Messages come at least once, late and out of order. None of them carries state that is not in the
//! tables: it only says where to look, so a lost one is sent again by the sweep and a second one finds
//! the work done.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::store::is_passing;

/// The version of the messages. A later version of the code reads this version and its own.
const VERSION: u32 = 1;
/// SQS's longest delay of a message.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
/// Times a batch is sent again for the messages that SQS did not take.
const SEND_ATTEMPTS: usize = 5;
/// Batch requests under way at once.
const SENDS_IN_FLIGHT: usize = 4;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Read the import's file and plan it (work queue).
    Start {
        /// The account.
        account: AccountId,
        /// The import.
        import: ImportId,
    },
    /// Load a chunk (load queue).
    Load {
        /// The account.
        account: AccountId,
        /// The import.
        import: ImportId,
        /// The chunk.
        chunk: ChunkNo,
    },
    /// Every chunk is accounted for, or soon: fold the totals and settle, from where an earlier invocation came to (load
    /// queue).
    Settle {
        /// The account.
        account: AccountId,
        /// The import.
        import: ImportId,
    },
    /// Undo the import: begin, and send out its chunks (revert queue).
    Undo {
        /// The account.
        account: AccountId,
        /// The import.
        import: ImportId,
        /// Who asked for it.
        by: String,
    },
    /// Undo a chunk (revert queue).
    Revert {
        /// The account.
        account: AccountId,
        /// The import.
        import: ImportId,
        /// The chunk.
        chunk: ChunkNo,
    },
    /// Every chunk is undone: let go of what the import referred to (revert queue).
    Release {
        /// The account.
        account: AccountId,
        /// The import.
        import: ImportId,
    },
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    v: u32,
    #[serde(flatten)]
    message: Message,
}

impl Message {
    /// The body of an SQS message.
    pub fn encode(&self) -> String {
        let envelope = Envelope { v: VERSION, message: self.clone() };
        serde_json::to_string(&envelope).expect("a message is plain data")
    }

    /// Reads the body of an SQS message.
    pub fn decode(body: &str) -> Result<Self, QueueError> {
        #[derive(Deserialize)]
        struct Version {
            v: u32,
        }
        let unreadable = |error: serde_json::Error| QueueError::Shape(error.to_string());
        match serde_json::from_str::<Version>(body).map_err(unreadable)?.v {
            VERSION => Ok(serde_json::from_str::<Envelope>(body).map_err(unreadable)?.message),
            newer if newer > VERSION => Err(QueueError::Newer(newer)),
            v => Err(QueueError::Shape(format!("version {v} is not known here"))),
        }
    }
}

/// What can go wrong with a message.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The body is not one of ours.
    #[error("a message cannot be read: {0}")]
    Shape(String),
    /// The message was sent by a later version of the code, whose functions are being deployed.
    #[error("a message has version {0}, which a newer function reads")]
    Newer(u32),
    /// SQS had no capacity, or could not be reached in time, after all of the SDK's tries.
    #[error("{0}")]
    Unavailable(String),
    /// The request failed, or SQS would not take a message.
    #[error("{0}")]
    Sdk(String),
}

/// Where the queues are.
#[derive(Clone, Debug)]
pub struct QueueUrls {
    /// What S3 tells of new objects, for the parser.
    pub arrival: String,
    /// Start, for the parser.
    pub work: String,
    /// Chunks, for the loader.
    pub load: String,
    /// Undo, for the revert function.
    pub revert: String,
}

/// The queues.
#[derive(Clone)]
pub struct Queues {
    client: Client,
    urls: Arc<QueueUrls>,
}

impl Queues {
    /// The queues behind `client`.
    pub fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls: Arc::new(urls) }
    }

    /// The same queues through another client.
    pub fn through(&self, client: Client) -> Self {
        Self { client, urls: Arc::clone(&self.urls) }
    }

    /// Whether an ARN is that of the queue of arrivals.
    pub fn is_of_arrivals(&self, arn: &str) -> bool {
        // An ARN and a URL both end in the queue's name.
        let name = self.urls.arrival.rsplit('/').next();
        !arn.is_empty() && arn.rsplit(':').next() == name
    }

    /// Has an arrival that was received, by its receipt handle, come again after `delay` (at most 12 hours) instead of
    /// the queue's visibility time-out.
    pub async fn put_arrival_off(&self, receipt_handle: &str, delay: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
        let change = self.client.change_message_visibility().queue_url(&self.urls.arrival);
        let change = change.receipt_handle(receipt_handle).visibility_timeout(seconds).send().await;
        change.map(drop).map_err(|error| failed(&error))
    }

    /// Sends a message.
    pub async fn send(&self, message: &Message) -> Result<(), QueueError> {
        self.send_after(message, Duration::ZERO).await
    }

    /// Sends a message that is to be received no earlier than after `delay` (at most 15 minutes).
    pub async fn send_after(&self, message: &Message, delay: Duration) -> Result<(), QueueError> {
        let seconds = delay.min(LONGEST_DELAY).as_millis().div_ceil(1000);
        let seconds = i32::try_from(seconds).expect("at most 900");
        let send = self.client.send_message().queue_url(self.url(message)).message_body(message.encode());
        let send = send.set_delay_seconds((seconds > 0).then_some(seconds)).send().await;
        send.map(drop).map_err(|error| failed(&error))
    }

    /// Sends messages of one kind, ten a request, until SQS has taken every one.
    pub async fn send_all(&self, messages: &[Message]) -> Result<(), QueueError> {
        drained(messages.chunks(10).map(|ten| self.send_batch(ten)), SENDS_IN_FLIGHT).await.map(drop)
    }

    async fn send_batch(&self, messages: &[Message]) -> Result<(), QueueError> {
        let entry = |(id, message): (usize, &Message)| {
            let entry = SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(message.encode());
            entry.build().expect("id and body are set")
        };
        let mut left: Vec<_> = messages.iter().enumerate().map(entry).collect();
        for _ in 0..SEND_ATTEMPTS {
            let send = self.client.send_message_batch().queue_url(self.url(&messages[0]));
            let answer = send.set_entries(Some(left.clone())).send().await;
            let answer = answer.map_err(|error| failed(&error))?;
            left.retain(|entry| answer.failed.iter().any(|failed| failed.id == entry.id));
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(QueueError::Sdk(format!("SQS did not take {} of {} messages", left.len(), messages.len())))
    }

    fn url(&self, message: &Message) -> &str {
        match message {
            Message::Start { .. } => &self.urls.work,
            Message::Load { .. } | Message::Settle { .. } => &self.urls.load,
            Message::Undo { .. } | Message::Revert { .. } | Message::Release { .. } => &self.urls.revert,
        }
    }
}

fn failed<E>(error: &SdkError<E>) -> QueueError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let text = DisplayErrorContext(error).to_string();
    if is_passing(error) { QueueError::Unavailable(text) } else { QueueError::Sdk(text) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_message_survives_the_wire_and_another_version_is_refused() {
        let message = Message::Load { account: AccountId(1), import: ImportId(2), chunk: ChunkNo(3) };
        let body = message.encode();
        assert_eq!(body, r#"{"v":1,"load":{"account":1,"import":2,"chunk":3}}"#);
        assert_eq!(Message::decode(&body).unwrap(), message);
        let later = body.replace("\"v\":1", "\"v\":2").replace("chunk", "chunks");
        assert!(matches!(Message::decode(&later), Err(QueueError::Newer(2))));
        assert!(matches!(Message::decode(&body.replace("\"v\":1", "\"v\":0")), Err(QueueError::Shape(_))));
    }
}
