//! SQS: the messages that move an import from step to step.
//!
//! SQS delivers messages at least once, late and out of order. A message names an import or a chunk and carries no
//! state beyond the tables. The sweep therefore sends a lost message again, and a handler that gets a message twice
//! finds the work done.
//!
//! | queue | messages | function |
//! |---|---|---|
//! | arrival | S3's notifications of new objects | parser |
//! | work | [`Message::Start`], [`Message::Run`] | parser |
//! | load | [`Message::Load`], [`Message::Settle`] | loader |
//! | revert | [`Message::Undo`], [`Message::Revert`], [`Message::Release`] | revert |
//! | webhooks | an attempt to deliver an event ([`crate::webhooks`]) | notifier |
//! | follow-ups | texts about records to which imports wrote ([`crate::follow_ups`]) | none: systems of the account's owner |
//!
//! # Fairness
//!
//! Each message has its account as its group. The queues are standard queues, which keep no order by groups and let no group wait for
//! another; but SQS delivers the messages of groups with few messages first where a group has very many ("fair queues"), so an
//! import of ten million rows does not stand before the small import of another account.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId, ScheduleId};
use crate::store::is_passing;

/// The version of the messages. A later version of the code reads this version as well.
const VERSION: u32 = 1;
/// The longest delay of 15 minutes that SQS gives a message.
const LONGEST_DELAY: Duration = Duration::from_secs(900);
/// The number of requests for a batch, while SQS refuses some of the messages.
const SEND_ATTEMPTS: usize = 5;
/// The number of batch requests in flight at once.
const SENDS_IN_FLIGHT: usize = 4;

/// A step of an import that a function is to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Read the import's file and plan the chunks of the import (work queue).
    Start {
        /// The account to which the import belongs.
        account: AccountId,
        /// The import whose file is to be planned.
        import: ImportId,
    },
    /// Run a schedule, unless its run of this time has ended already (work queue).
    Run {
        /// The account to which the schedule belongs.
        account: AccountId,
        /// The schedule that is due.
        schedule: ScheduleId,
        /// The time for which the run is due, in milliseconds since 1970.
        due: i64,
    },
    /// Load a chunk, which means to parse the rows and write their entries (load queue).
    Load {
        /// The account to which the import belongs.
        account: AccountId,
        /// The import whose rows the chunk contains.
        import: ImportId,
        /// The chunk that is to be loaded.
        chunk: ChunkNo,
    },
    /// Settle the import, whose chunks are all done or nearly, by folding the totals and setting the final status. The
    /// handler goes on from the mark that an earlier invocation stored (load queue).
    Settle {
        /// The account to which the import belongs.
        account: AccountId,
        /// The import that is to be settled.
        import: ImportId,
    },
    /// Begin the undo of the import and send a `Revert` for each chunk of the import (revert queue).
    Undo {
        /// The account to which the import belongs.
        account: AccountId,
        /// The import that is to be undone.
        import: ImportId,
        /// The person or part of the system that asked for the undo, by the name in the import's
        /// history, e.g. `user 1`.
        by: String,
        /// The reason which the person gave, or `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// `true` if the import is undone because a row failed, so the undo ends as `failed`.
        #[serde(default, skip_serializing_if = "is_false")]
        aborts: bool,
    },
    /// Undo a chunk by deleting all entries that the chunk created (revert queue).
    Revert {
        /// The account to which the import belongs.
        account: AccountId,
        /// The import whose rows the chunk contains.
        import: ImportId,
        /// The chunk that is to be undone.
        chunk: ChunkNo,
    },
    /// Drop the import's references to shared things, after every chunk is undone (revert queue).
    Release {
        /// The account to which the import belongs.
        account: AccountId,
        /// The import whose references are to be dropped.
        import: ImportId,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    v: u32,
    #[serde(flatten)]
    message: Message,
}

impl Message {
    /// The body of the SQS message, for example `{"v":1,"load":{"account":1,"import":2,"chunk":3}}`.
    pub fn encode(&self) -> String {
        let envelope = Envelope { v: VERSION, message: self.clone() };
        serde_json::to_string(&envelope).expect("a message is plain data")
    }

    /// The account, the import and the chunk that the message names.
    pub fn names(&self) -> (AccountId, Option<ImportId>, Option<ChunkNo>) {
        match *self {
            Self::Load { account, import, chunk } | Self::Revert { account, import, chunk } => {
                (account, Some(import), Some(chunk))
            }
            Self::Run { account, .. } => (account, None, None),
            Self::Start { account, import }
            | Self::Settle { account, import }
            | Self::Undo { account, import, .. }
            | Self::Release { account, import } => (account, Some(import), None),
        }
    }

    /// Parses the body of an SQS message. Fails with [`QueueError::Newer`] for a later version, and with
    /// [`QueueError::Shape`] for any further version or text.
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

/// The ways in which sending or reading a message fails.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The body is not a message of Waybill, or has an unknown version.
    #[error("a message cannot be read: {0}")]
    Shape(String),
    /// A later version of the code sent the message, during a deployment.
    #[error("a message has version {0}, which a newer function reads")]
    Newer(u32),
    /// After all of the SDK's retries SQS had no capacity or could not be reached in time.
    #[error("{0}")]
    Unavailable(String),
    /// The request failed, or SQS refused some messages of a batch again and again.
    #[error("{0}")]
    Sdk(String),
}

/// The addresses of the queues, from the function's environment.
#[derive(Clone, Debug)]
pub struct QueueUrls {
    /// The queue of S3's notifications of new objects, which the parser receives.
    pub arrival: String,
    /// The queue of [`Message::Start`] and [`Message::Run`], which the parser receives.
    pub work: String,
    /// The queue of [`Message::Load`] and [`Message::Settle`], which the loader receives.
    pub load: String,
    /// The queue of the steps of an undo, which the revert function receives.
    pub revert: String,
    /// The queue of follow-ups, which no function of Waybill receives.
    pub follow_ups: String,
    /// The queue of attempts to deliver events to webhooks, which the notifier receives.
    pub webhooks: String,
}

/// The queues of a deployment, whose clones share a client.
#[derive(Clone)]
pub struct Queues {
    client: Client,
    urls: Arc<QueueUrls>,
}

impl Queues {
    /// The queues at the addresses `urls`, reached through `client`.
    pub fn new(client: Client, urls: QueueUrls) -> Self {
        Self { client, urls: Arc::new(urls) }
    }

    /// The same queues, reached through another client.
    pub fn through(&self, client: Client) -> Self {
        Self { client, urls: Arc::clone(&self.urls) }
    }

    /// Returns whether an ARN names the arrival queue.
    pub fn is_of_arrivals(&self, arn: &str) -> bool {
        // An ARN and a URL both end in the queue's name.
        let name = self.urls.arrival.rsplit('/').next();
        !arn.is_empty() && arn.rsplit(':').next() == name
    }

    /// Delays the next delivery of an arrival that was received, so that SQS delivers the arrival again after `delay`
    /// (at most 12 hours) in place of the queue's visibility timeout. The receipt handle names the delivery.
    pub async fn put_arrival_off(&self, receipt_handle: &str, delay: Duration) -> Result<(), QueueError> {
        let seconds = i32::try_from(delay.as_secs()).unwrap_or(i32::MAX);
        let change = self.client.change_message_visibility().queue_url(&self.urls.arrival);
        let change = change.receipt_handle(receipt_handle).visibility_timeout(seconds).send().await;
        change.map(drop).map_err(|error| failed(&error))
    }

    /// Sends a message to the queue for messages of this kind.
    pub async fn send(&self, message: &Message) -> Result<(), QueueError> {
        self.send_after(message, Duration::ZERO).await
    }

    /// Sends a message that SQS delivers no earlier than after `delay` (at most 15 minutes).
    pub async fn send_after(&self, message: &Message, delay: Duration) -> Result<(), QueueError> {
        self.send_body(self.url(message), message.names().0, message.encode(), delay).await
    }

    /// Sends a message for an attempt to deliver an event, which SQS delivers no earlier than after `delay`, or after 15 minutes.
    pub async fn send_attempt(&self, account: AccountId, body: &str, delay: Duration) -> Result<(), QueueError> {
        self.send_body(&self.urls.webhooks, account, body.to_owned(), delay).await
    }

    async fn send_body(&self, url: &str, account: AccountId, body: String, delay: Duration) -> Result<(), QueueError> {
        let seconds = delay.min(LONGEST_DELAY).as_millis().div_ceil(1000);
        let seconds = i32::try_from(seconds).expect("at most 900");
        let send = self.client.send_message().queue_url(url).message_body(body).message_group_id(account.to_string());
        let send = send.set_delay_seconds((seconds > 0).then_some(seconds)).send().await;
        send.map(drop).map_err(|error| failed(&error))
    }

    /// Sends messages of the same queue and account, ten in a request, until SQS has accepted every message.
    pub async fn send_all(&self, messages: &[Message]) -> Result<(), QueueError> {
        let Some(first) = messages.first() else { return Ok(()) };
        let bodies: Vec<String> = messages.iter().map(Message::encode).collect();
        self.send_bodies(self.url(first), first.names().0, &bodies).await
    }

    /// Sends follow-ups of an account, ten in a request, until SQS has accepted every one.
    pub async fn follow_up(&self, account: AccountId, bodies: &[String]) -> Result<(), QueueError> {
        self.send_bodies(&self.urls.follow_ups, account, bodies).await
    }

    async fn send_bodies(&self, url: &str, account: AccountId, bodies: &[String]) -> Result<(), QueueError> {
        drained(bodies.chunks(10).map(|ten| self.send_batch(url, account, ten)), SENDS_IN_FLIGHT).await.map(drop)
    }

    async fn send_batch(&self, url: &str, account: AccountId, bodies: &[String]) -> Result<(), QueueError> {
        let entry = |(id, body): (usize, &String)| {
            let entry = SendMessageBatchRequestEntry::builder().id(id.to_string()).message_body(body);
            entry.message_group_id(account.to_string()).build().expect("id and body are set")
        };
        let mut left: Vec<_> = bodies.iter().enumerate().map(entry).collect();
        for _ in 0..SEND_ATTEMPTS {
            let send = self.client.send_message_batch().queue_url(url).set_entries(Some(left.clone())).send();
            let answer = send.await.map_err(|error| failed(&error))?;
            left.retain(|entry| answer.failed.iter().any(|failed| failed.id == entry.id));
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(QueueError::Sdk(format!("SQS did not take {} of {} messages", left.len(), bodies.len())))
    }

    fn url(&self, message: &Message) -> &str {
        match message {
            Message::Start { .. } | Message::Run { .. } => &self.urls.work,
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
