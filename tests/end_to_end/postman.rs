//! Delivery by hand: messages taken from the queues and given to the handlers, one at a time.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use parser::Trigger;
use serde_json::json;
use shared::clock::Clock;
use shared::services::Services;
use waybill::emulators::s3::encode_key;
use waybill::emulators::sqs::{Queues, Received};
use waybill::system::System;

use crate::faults::Faults;

/// The queues that are delivered from, by their ids in the template.
pub const QUEUES: [&str; 3] = ["WorkQueue", "LoadQueue", "RevertQueue"];
/// Longer than any lease and any visibility time-out of the template.
pub const LONG: Duration = Duration::from_secs(1000);

/// An event of an object in the inbox, as S3 sends it.
pub fn dropped(key: &str, etag: &str, sequencer: &str) -> Trigger {
    let record = json!({
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
    Trigger::Objects(serde_json::from_value(json!({ "Records": [record] })).expect("this is the shape of an S3 event"))
}

/// A message that was taken.
#[derive(Clone, Debug)]
pub struct Letter {
    pub queue: &'static str,
    pub message: Received,
}

/// Who delivers.
pub struct Postman {
    queues: Arc<Queues>,
    clock: Clock,
}

impl Postman {
    pub fn of(system: &System) -> Self {
        Self { queues: system.queues(), clock: system.services().clock.clone() }
    }

    /// The next message that may be received, if there is one.
    pub fn take(&self, queue: &'static str) -> Option<Letter> {
        let message = self.queues.take(queue, 1, None).expect("the queue is there").pop()?;
        Some(Letter { queue, message })
    }

    /// The next message of any queue.
    pub fn next(&self) -> Option<Letter> {
        QUEUES.into_iter().find_map(|queue| self.take(queue))
    }

    /// Has a handler work on it, and deletes it unless it failed. False, if it failed.
    pub async fn deliver(&self, letter: &Letter, services: &Services) -> bool {
        let done = hand_over(letter, services).await;
        if done {
            self.delete(letter);
        }
        done
    }

    pub fn delete(&self, letter: &Letter) {
        self.queues.delete(letter.queue, &letter.message.receipt_handle).expect("the queue is there");
    }

    /// Delivers what is visible until nothing is, or the worker dies. False, if it died.
    pub async fn drain(&self, services: &Services, faults: &Faults) -> bool {
        while let Some(letter) = self.next() {
            if faults.outlive(self.deliver(&letter, services)).await.is_none() {
                return false;
            }
        }
        true
    }

    /// Delivers everything, what is in flight and delayed included, by turning the clock.
    pub async fn drain_all(&self, services: &Services, faults: &Faults) {
        for _ in 0..20 {
            assert!(self.drain(services, faults).await, "nothing dies here");
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

    /// Loses all messages.
    pub fn lose_everything(&self) {
        for name in self.queues.names("") {
            self.queues.purge(&name).expect("the queue is there");
        }
    }

    /// Dead letters.
    pub fn dead(&self) -> usize {
        let others = self.queues.names("").into_iter().filter(|name| !QUEUES.contains(&name.as_str()));
        others.map(|name| self.queues.depth(&name).expect("the queue is there").visible).sum()
    }
}

/// Gives the message to the function of its queue. False, if that failed.
pub async fn hand_over(letter: &Letter, services: &Services) -> bool {
    let event = json!({ "Records": [{
        "messageId": letter.message.message_id,
        "receiptHandle": letter.message.receipt_handle,
        "body": letter.message.body,
        "attributes": letter.message.attributes,
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }]});
    let event: SqsEvent = serde_json::from_value(event).expect("this is the shape of an SQS event");
    let answer = match letter.queue {
        "WorkQueue" => match parser::handle(services, Trigger::Messages(event)).await {
            Ok(answer) => answer,
            Err(_) => return false,
        },
        "LoadQueue" => loader::handle(services, event).await,
        _ => revert::handle(services, event).await,
    };
    answer.batch_item_failures.is_empty()
}
