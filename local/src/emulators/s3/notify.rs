//! S3's notifications about new objects, and the rules which choose their queue.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lambda_events::s3::S3Event;
use serde_json::json;
use shared::clock::Clock;
use tokio::sync::{Mutex, mpsc};

use super::journal::{Journal, Record};
use crate::emulators::arn;
use crate::emulators::pending::{Pending, Token};

/// A rule of the bucket: a queue hears of every new object whose key has this prefix and suffix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Name of the queue which receives the notification.
    pub queue: String,
    pub bucket: String,
    /// Beginning of the covered keys, empty for all keys.
    pub prefix: String,
    /// End of the covered keys, empty for all keys.
    pub suffix: String,
}

/// An event on its way to a queue, which counts as unsettled until `token` is dropped.
pub struct Created {
    pub queue: String,
    pub event: S3Event,
    pub token: Token,
    /// The journal's record, from which the next run would send the event again. `None` without a data folder.
    pub record: Option<Record>,
}

/// The stream of events, which delivery sends to the queues once the queues exist. Clones share the same stream, so
/// a killed delivery can be replaced by a new delivery.
#[derive(Clone)]
pub struct CreatedObjects {
    created: Arc<Mutex<mpsc::UnboundedReceiver<Created>>>,
}

impl CreatedObjects {
    /// Creates the sender for S3 and the stream for delivery.
    pub fn channel() -> (mpsc::UnboundedSender<Created>, Self) {
        let (created, receiver) = mpsc::unbounded_channel();
        (created, Self { created: Arc::new(Mutex::new(receiver)) })
    }

    /// Waits for the next event, and returns `None` once S3 has stopped.
    pub async fn next(&self) -> Option<Created> {
        self.created.lock().await.recv().await
    }
}

/// Sends the events of new objects into the stream which delivery reads.
pub struct Notifier {
    notifications: Vec<Notification>,
    journal: Option<Journal>,
    clock: Clock,
    pending: Pending,
    created: mpsc::UnboundedSender<Created>,
    sequence: AtomicU64,
}

impl Notifier {
    /// Creates a notifier and its stream. The stream begins with the events which an earlier run
    /// left in the journal.
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
                // The receiver is a field of `created_objects`, so the send cannot fail.
                Some(queue) => {
                    drop(created.send(Created { queue, event, token: pending.begin(), record: Some(record) }));
                }
                // The template of the earlier run had a notification which the present template does not have.
                None => record.settle(),
            }
        }
        // Sequencers only grow, even from one run to the next on the same data folder.
        let start = clock.now_ms().unsigned_abs() << 20;
        let notifier = Self { notifications, journal, clock, pending, created, sequence: AtomicU64::new(start) };
        (notifier, created_objects)
    }

    /// Sends the notification of a new object, if a rule covers the object. `cause` is the part of the event's name
    /// after `ObjectCreated:`, for example `Put`.
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
            kept.inspect_err(|error| tracing::error!(%error, "an event cannot be kept in the journal")).ok()
        });
        // The channel is closed when delivery has stopped. S3 would not notice the end of a consumer either.
        let _ = self.created.send(Created { queue, event, token: self.pending.begin(), record });
    }
}

/// Name of the queue which the first covering rule assigns to an event, or `None` if no rule covers the object.
pub fn queue_of<'a>(notifications: &'a [Notification], event: &S3Event) -> Option<&'a str> {
    let object = &event.records.first()?.s3;
    let (bucket, key) = (object.bucket.name.as_deref()?, object.object.key.as_deref()?);
    // The key is encoded byte by byte, so an encoded key begins with the encoded prefix whenever the plain key
    // begins with the plain prefix.
    let covers = |wanted: &&Notification| {
        wanted.bucket == bucket
            && key.starts_with(&encode_key(&wanted.prefix))
            && key.ends_with(&encode_key(&wanted.suffix))
    };
    notifications.iter().find(covers).map(|wanted| wanted.queue.as_str())
}

/// Encodes a key in the way of S3's events, which is the encoding of forms (`application/x-www-form-urlencoded`).
/// For example, `red flower.jpg` becomes `red+flower.jpg`, and a plus sign becomes `%2B`. ASCII letters, ASCII
/// digits and `-_.*` are unchanged. Slashes are unchanged as well, though AWS does not promise this, and events
/// with `%2F` have been seen.
pub fn encode_key(key: &str) -> String {
    key.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
