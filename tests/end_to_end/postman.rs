//! Delivers messages by hand: a test takes each message from its queue and passes it to the handler.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::services::Services;
use waybill::emulators::arn;
use waybill::emulators::s3::encode_key;
use waybill::emulators::sqs::{Queues, Received};
use waybill::system::{Functions, System};

use crate::faults::Faults;

/// The queues from which the postman delivers, by their ids in the template.
pub const QUEUES: [&str; 5] = ["ArrivalQueue", "WorkQueue", "LoadQueue", "RevertQueue", "WebhookQueue"];
/// The queue of follow-ups, from which no function receives.
const FOLLOW_UPS: &str = "FollowUpsQueue";
/// Longer than any lease and any delay of a message, and a sixth of the longest visibility time-out.
pub const LONG: Duration = Duration::from_secs(1000);

/// Builds S3's message about an object in the inbox.
pub fn dropped(key: &str, etag: &str, sequencer: &str) -> SqsEvent {
    let record = json!({
        "eventSource": "aws:s3",
        "eventTime": "2026-03-31T09:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {},
        "requestParameters": {},
        "responseElements": {},
        "s3": {
            "bucket": { "name": "waybill-local" },
            "object": { "key": encode_key(key), "eTag": etag, "sequencer": sequencer, "size": 1 },
        },
    });
    event("ArrivalQueue", "arrival", "none", &json!({ "Records": [record] }).to_string(), &json!({}))
}

/// Passes S3's message to the parser, and fails if the parser fails.
pub async fn arrive(parser: &Services, event: SqsEvent) -> anyhow::Result<()> {
    let answer = parser::handle(parser, event).await;
    ensure!(answer.batch_item_failures.is_empty(), "the parser failed");
    Ok(())
}

/// A batch with a single message, in the form in which Lambda passes a batch.
fn event(queue: &str, id: &str, receipt_handle: &str, body: &str, attributes: &Value) -> SqsEvent {
    let event = json!({ "Records": [{
        "messageId": id,
        "receiptHandle": receipt_handle,
        "body": body,
        "attributes": attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": arn::queue(queue),
    }]});
    serde_json::from_value(event).expect("this is the shape of an SQS event")
}

/// A received message, with the name of its queue.
#[derive(Clone, Debug)]
pub struct Letter {
    pub queue: &'static str,
    pub message: Received,
}

/// Delivers messages from the queues to the handlers.
pub struct Postman {
    queues: Arc<Queues>,
    clock: Clock,
}

impl Postman {
    pub fn of(system: &System) -> Self {
        Self { queues: system.queues(), clock: system.services().clock.clone() }
    }

    /// The next visible message of a queue, or `None` if no message is visible.
    pub fn take(&self, queue: &'static str) -> Option<Letter> {
        let message = self.queues.take(queue, 1, None).expect("the queue is there").pop()?;
        Some(Letter { queue, message })
    }

    /// The next visible message of any queue.
    pub fn next(&self) -> Option<Letter> {
        QUEUES.into_iter().find_map(|queue| self.take(queue))
    }

    /// Passes a message to its handler, and deletes the message after a success. Returns false
    /// if the handler failed.
    pub async fn deliver(&self, letter: &Letter, functions: &Functions) -> bool {
        let done = hand_over(letter, functions).await;
        if done {
            self.delete(letter);
        }
        done
    }

    pub fn delete(&self, letter: &Letter) {
        self.queues.delete(letter.queue, &letter.message.receipt_handle).expect("the queue is there");
    }

    /// Delivers visible messages until none is left or the worker dies. Returns false if the worker died.
    pub async fn drain(&self, functions: &Functions, faults: &Faults) -> bool {
        while let Some(letter) = self.next() {
            if faults.outlive(self.deliver(&letter, functions)).await.is_none() {
                return false;
            }
        }
        true
    }

    /// Delivers all messages, including messages in flight and delayed messages, for which the clock is turned.
    pub async fn drain_all(&self, functions: &Functions, faults: &Faults) {
        for _ in 0..60 {
            assert!(self.drain(functions, faults).await, "nothing dies here");
            if self.is_empty() {
                return;
            }
            self.clock.turn(LONG);
        }
        panic!("the queues do not become empty");
    }

    pub fn is_empty(&self) -> bool {
        QUEUES.into_iter().all(|queue| self.queues.is_empty(queue).expect("the queue is there"))
    }

    /// Takes all follow-ups, without duplicates.
    pub fn follow_ups(&self) -> BTreeSet<String> {
        let mut bodies = BTreeSet::new();
        loop {
            let some = self.queues.take(FOLLOW_UPS, 10, None).expect("the queue is there");
            if some.is_empty() {
                return bodies;
            }
            for message in some {
                self.queues.delete(FOLLOW_UPS, &message.receipt_handle).expect("the queue is there");
                bodies.insert(message.body);
            }
        }
    }

    /// Deletes all messages to functions.
    pub fn lose_everything(&self) {
        for name in self.queues.names("").into_iter().filter(|name| name != FOLLOW_UPS) {
            self.queues.purge(&name).expect("the queue is there");
        }
    }

    /// Number of messages in the dead-letter queues.
    pub fn dead(&self) -> usize {
        let is_other = |name: &String| !QUEUES.contains(&name.as_str()) && name != FOLLOW_UPS;
        let others = self.queues.names("").into_iter().filter(is_other);
        others.map(|name| self.queues.depth(&name).expect("the queue is there").visible).sum()
    }
}

/// Passes a message to the function of its queue. Returns false if the function failed.
pub async fn hand_over(letter: &Letter, functions: &Functions) -> bool {
    let Letter { queue, message } = letter;
    let attributes = json!(message.attributes);
    let event = event(queue, &message.message_id, &message.receipt_handle, &message.body, &attributes);
    let answer: SqsBatchResponse = match *queue {
        "ArrivalQueue" | "WorkQueue" => parser::handle(&functions.parser, event).await,
        "LoadQueue" => loader::handle(&functions.loader, event).await,
        "WebhookQueue" => notifier::deliver(&functions.notifier, event).await,
        _ => revert::handle(&functions.revert, event).await,
    };
    answer.batch_item_failures.is_empty()
}
