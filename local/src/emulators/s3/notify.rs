//! What S3 tells of new objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lambda_events::s3::S3Event;
use serde_json::json;
use shared::clock::Clock;
use tokio::sync::{Mutex, mpsc};

use super::journal::{Journal, Record};
use crate::emulators::arn;
use crate::emulators::pending::{Pending, Token};

/// Which new objects a queue is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The queue's name.
    pub queue: String,
    pub bucket: String,
    /// What the key begins with.
    pub prefix: String,
    /// What the key ends with.
    pub suffix: String,
}

/// An event on its way to a queue. It counts as unsettled until `token` is dropped.
pub struct Created {
    pub queue: String,
    pub event: S3Event,
    pub token: Token,
    /// The record that the next run would send it again by, if it is kept.
    pub record: Option<Record>,
}

/// The events as they come, to be sent to their queues once those are there. Clones take from the same ones, so that
/// delivery can be killed and begun anew.
#[derive(Clone)]
pub struct CreatedObjects {
    created: Arc<Mutex<mpsc::UnboundedReceiver<Created>>>,
}

impl CreatedObjects {
    /// Where events go in, and where they come out.
    pub fn channel() -> (mpsc::UnboundedSender<Created>, Self) {
        let (created, receiver) = mpsc::unbounded_channel();
        (created, Self { created: Arc::new(Mutex::new(receiver)) })
    }

    /// The next event, or nothing once S3 has stopped.
    pub async fn next(&self) -> Option<Created> {
        self.created.lock().await.recv().await
    }
}

/// Sends events to whoever delivers them.
pub struct Notifier {
    notifications: Vec<Notification>,
    journal: Option<Journal>,
    clock: Clock,
    pending: Pending,
    created: mpsc::UnboundedSender<Created>,
    sequence: AtomicU64,
}

impl Notifier {
    /// A notifier, and what it tells of: first, what an earlier run has left in its journal.
    pub fn new(
        notifications: Vec<Notification>,
        journal: Option<(Journal, Vec<(S3Event, Record)>)>,
        clock: Clock,
        pending: Pending,
    ) -> (Self, CreatedObjects) {
        let (created, created_objects) = CreatedObjects::channel();
        let (journal, left) = journal.map_or((None, Vec::new()), |(journal, left)| (Some(journal), left));
        for (event, record) in left {
            match queue_of(&notifications, &event).map(str::to_owned) {
                // The receiver is ours.
                Some(queue) => {
                    drop(created.send(Created { queue, event, token: pending.begin(), record: Some(record) }));
                }
                // The template of the earlier run had a notification that this one has not.
                None => record.settle(),
            }
        }
        // A sequencer only grows, also from one run with a data directory to the next.
        let start = clock.now_ms().unsigned_abs() << 20;
        let notifier = Self { notifications, journal, clock, pending, created, sequence: AtomicU64::new(start) };
        (notifier, created_objects)
    }

    /// Tells of a new object, if someone wants to know. `cause` is what follows `ObjectCreated:`.
    pub(super) fn created(&self, cause: &str, bucket: &str, key: &str, size: i64, e_tag: &str) {
        let sequencer = format!("{:018X}", self.sequence.fetch_add(1, Ordering::Relaxed));
        let event = json!({"Records": [{
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": arn::REGION,
            "eventTime": format!("{:.3}", self.clock.now()),
            "eventName": format!("ObjectCreated:{cause}"),
            "userIdentity": {"principalId": arn::ACCOUNT},
            "requestParameters": {"sourceIPAddress": "127.0.0.1"},
            "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "local",
                "bucket": {
                    "name": bucket,
                    "ownerIdentity": {"principalId": arn::ACCOUNT},
                    "arn": arn::bucket(bucket),
                },
                "object": {
                    "key": encode_key(key),
                    "size": size,
                    "eTag": e_tag,
                    "sequencer": sequencer,
                },
            },
        }]});
        let event: S3Event = serde_json::from_value(event).expect("this is the shape of an S3 event");
        let Some(queue) = queue_of(&self.notifications, &event).map(str::to_owned) else {
            return;
        };
        let record = self.journal.as_ref().and_then(|journal| {
            let kept = journal.keep(&sequencer, &event);
            kept.inspect_err(|error| tracing::error!(%error, "an event would be lost with this process")).ok()
        });
        // No one listens any more when delivery has stopped; S3 would not know either.
        let _ = self.created.send(Created { queue, event, token: self.pending.begin(), record });
    }
}

/// The queue that is told of an event, by name.
pub fn queue_of<'a>(notifications: &'a [Notification], event: &S3Event) -> Option<&'a str> {
    let object = &event.records.first()?.s3;
    let (bucket, key) = (object.bucket.name.as_deref()?, object.object.key.as_deref()?);
    // The key is encoded byte by byte, so an encoded prefix begins what the plain one begins.
    let covers = |wanted: &&Notification| {
        wanted.bucket == bucket
            && key.starts_with(&encode_key(&wanted.prefix))
            && key.ends_with(&encode_key(&wanted.suffix))
    };
    notifications.iter().find(covers).map(|wanted| wanted.queue.as_str())
}

/// A key as events have it: in the encoding of forms (`application/x-www-form-urlencoded`), so `red flower.jpg` is
/// `red+flower.jpg` and a plus is `%2B`. Letters and digits of ASCII and `-_.*` stay as they are; so do slashes, though AWS
/// does not promise that, and events with `%2F` have been seen.
pub fn encode_key(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
