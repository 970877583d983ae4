//! The notifier function turns records of the outbox's stream into events for other systems, and delivers the events to webhooks.
//!
//! # As the enrichment of a pipe
//!
//! The pipe gives the function a batch of records and expects an array of as many events in the same order. A record that cannot
//! be read fails the whole batch, because a pipe knows no partial failure of an enrichment (EventBridge user guide, "Pipes batching
//! and concurrency"). The pipe then halves the batch until the record is alone, publishes the others, tries the record again, and
//! leaves it to the dead letters. Leaving the record out of the answer would lose the event without a trace.
//!
//! Before the answer, each event gets a delivery for each webhook of its account that wants the event ([`shared::webhooks`]). A
//! failure to store a delivery, or to send its message, fails the batch as well, and the pipe repeats the batch.
//!
//! # As the receiver of a queue
//!
//! A message of the queue of webhooks asks for an attempt to deliver. The two payloads are told apart by their shape: the pipe sends
//! an array, SQS an object.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde::{Deserialize, Serialize};
use shared::batch::{self, Subject};
use shared::events::{AnyEvent, Record};
use shared::import::ImportError;
use shared::services::Services;
use shared::store::StoreError;
use shared::webhooks::{self, AttemptMessage};

/// A record of the outbox that is no event, or an event of a later version.
#[derive(Debug, thiserror::Error)]
#[error("the event at {key} cannot be read: {error}")]
pub struct Unreadable {
    key: String,
    error: StoreError,
}

/// The reasons for which a batch of records fails.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A record cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The deliveries to webhooks cannot be stored, or their messages cannot be sent.
    #[error("deliveries to webhooks: {0}")]
    Deliveries(#[from] ImportError),
}

/// The payload of a call.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Payload {
    /// Records of the outbox's stream, from the pipe.
    Records(Vec<Record>),
    /// Messages of the queue of webhooks.
    Messages(SqsEvent),
}

/// The answer to a call.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// The events of the records, in their order.
    Events(Vec<AnyEvent>),
    /// The messages that failed.
    Batch(SqsBatchResponse),
}

/// Answers a call of the pipe or of the queue. `api_url` is the address of the doors.
///
/// # Errors
/// A [`PublishError`] for records. A message that fails is named in the answer.
pub async fn handle(services: &Services, payload: Payload, api_url: &str) -> Result<Answer, PublishError> {
    match payload {
        Payload::Records(records) => publish(services, records, api_url).await.map(Answer::Events),
        Payload::Messages(messages) => Ok(Answer::Batch(deliver(services, messages).await)),
    }
}

/// The events of a batch of records, after their deliveries to webhooks are stored.
///
/// # Errors
/// A [`PublishError`], after which the batch may be repeated.
pub async fn publish(services: &Services, records: Vec<Record>, api_url: &str) -> Result<Vec<AnyEvent>, PublishError> {
    let events = events(records, api_url)?;
    Box::pin(webhooks::fan_out(services, &events)).await?;
    Ok(events)
}

/// The events of a batch of records.
///
/// # Errors
/// [`Unreadable`] for the first record that cannot be read.
pub fn events(records: Vec<Record>, api_url: &str) -> Result<Vec<AnyEvent>, Unreadable> {
    let events = records.into_iter().map(|record| {
        let key = record.key();
        AnyEvent::of(record, api_url).map_err(|error| Unreadable { key, error })
    });
    events.collect()
}

/// A message of the queue of webhooks.
struct Work(AttemptMessage);

impl batch::Work for Work {
    fn subject(&self) -> Subject {
        Subject { account: Some(self.0.account.0), ..Subject::default() }
    }
}

/// Makes the attempts that a batch of messages asks for. The response lists the failed messages.
pub async fn deliver(services: &Services, event: SqsEvent) -> SqsBatchResponse {
    batch::each(
        event,
        |body| AttemptMessage::decode(body).map(Work),
        |Work(message)| {
            let services = services.clone();
            async move { Box::pin(webhooks::attempt(&services, &message)).await }
        },
    )
    .await
}
