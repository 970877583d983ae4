//! A single queue, with its messages and their receipt handles.
//!
//! Every message has a time from which it may be received. This number alone makes the message visible, delayed or
//! in flight. A receive takes the earliest due messages and moves their time into the future, so a visibility
//! time-out ends without any action.
//!
//! A receipt handle belongs to a single receive, and only the latest handle of a message works. SQS leaves the
//! effect of an older handle open ("might not be deleted"). Here an older handle never has an effect, so code which
//! relies on luck fails in the tests.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use md5::{Digest, Md5};
use tokio::sync::Notify;
use uuid::Uuid;

use super::error::SqsError;
use super::settings::{Attributes, Settings};
use crate::emulators::arn;

/// A received message, with the handle which deletes or hides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub message_id: String,
    pub receipt_handle: String,
    pub body: String,
    pub md5_of_body: String,
    /// SQS's own attributes: the receive count, the times in milliseconds, and the sender.
    pub attributes: Attributes,
}

/// The answer to a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub message_id: String,
    pub md5_of_body: String,
}

/// Number of messages in a queue, by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    pub visible: usize,
    /// Messages which were received, and then neither deleted nor shown again after their time-out.
    pub in_flight: usize,
    pub delayed: usize,
}

/// A queue and its messages. All times are in milliseconds.
pub(super) struct Queue {
    name: String,
    pub(super) settings: Settings,
    next: u64,
    messages: HashMap<u64, Message>,
    /// Keys of the messages, sorted by the time from which a message may be received.
    due: BTreeSet<(i64, u64)>,
    /// Keys of the messages, sorted by the time of sending, for the end of their retention.
    sent: BTreeSet<(i64, u64)>,
    /// Wakes the receives which wait for a message.
    arrived: Arc<Notify>,
}

/// A callback which runs when a message is deleted, but not when the message expires or is purged.
pub type OnDeletion = Box<dyn FnOnce() + Send>;

/// A message within the queue.
pub(super) struct Message {
    id: String,
    body: String,
    md5: String,
    sent_at: i64,
    due_at: i64,
    first_received_at: Option<i64>,
    receives: u32,
    /// Id of the latest receive from this queue, which the valid receipt handle contains.
    receipt: Option<Uuid>,
    /// ARN of the queue whose redrive policy moved the message here. `None` for a message which was
    /// sent to this queue.
    dead_letter_of: Option<String>,
    on_deletion: Option<OnDeletion>,
}

/// The result of a receive.
pub(super) struct Taken {
    pub received: Vec<Received>,
    /// Messages already received too often, removed from this queue for the dead-letter queue.
    pub given_up: Vec<Message>,
}

impl Queue {
    pub(super) fn new(name: &str, settings: Settings) -> Self {
        Self {
            name: name.to_owned(),
            settings,
            next: 0,
            messages: HashMap::new(),
            due: BTreeSet::new(),
            sent: BTreeSet::new(),
            arrived: Arc::default(),
        }
    }

    pub(super) fn send(&mut self, body: &str, now: i64, delay: Option<u32>, on_deletion: Option<OnDeletion>) -> Sent {
        let message = Message {
            id: Uuid::new_v4().to_string(),
            body: body.to_owned(),
            md5: md5_hex(body),
            sent_at: now,
            due_at: now + milliseconds(delay.unwrap_or(self.settings.delay)),
            first_received_at: None,
            receives: 0,
            receipt: None,
            dead_letter_of: None,
            on_deletion,
        };
        let sent = Sent { message_id: message.id.clone(), md5_of_body: message.md5.clone() };
        self.add(message);
        sent
    }

    /// Receives up to `max` visible messages, and hides each message for `hidden` seconds or, with `None`, for
    /// the queue's own time-out.
    pub(super) fn take(&mut self, max: usize, now: i64, hidden: Option<u32>) -> Taken {
        self.forget_the_old(now);
        let hidden_until = now + milliseconds(hidden.unwrap_or(self.settings.visibility_timeout));
        let limit = self.settings.redrive.as_ref().map_or(u32::MAX, |redrive| redrive.max_receive_count);
        let (mut next, mut given_up) = (Vec::new(), Vec::new());
        for &(_, key) in self.due.range(..=(now, u64::MAX)) {
            if next.len() == max {
                break;
            }
            if self.messages[&key].receives >= limit {
                given_up.push(key);
            } else {
                next.push(key);
            }
        }
        Taken {
            received: next.into_iter().map(|key| self.receive(key, now, hidden_until)).collect(),
            given_up: given_up.into_iter().filter_map(|key| self.remove(key)).collect(),
        }
    }

    /// Adds a message which exceeded the receive count of the queue `from`.
    pub(super) fn bury(&mut self, message: Message, from: &str, now: i64) {
        self.add(Message { due_at: now, receipt: None, dead_letter_of: Some(arn::queue(from)), ..message });
    }

    pub(super) fn delete(&mut self, receipt_handle: &str) -> Result<(), SqsError> {
        let handle = Handle::parse(&self.name, receipt_handle)?;
        if self.holds(&handle)
            && let Some(message) = self.remove(handle.key)
            && let Some(on_deletion) = message.on_deletion
        {
            on_deletion();
        }
        Ok(())
    }

    pub(super) fn change_visibility(&mut self, receipt_handle: &str, now: i64, seconds: u32) -> Result<(), SqsError> {
        let handle = Handle::parse(&self.name, receipt_handle)?;
        if !self.holds(&handle) {
            return Err(SqsError::parameter(format!(
                "Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
            )));
        }
        if self.messages[&handle.key].due_at <= now {
            return Err(SqsError::MessageNotInflight);
        }
        self.put_off(handle.key, now + milliseconds(seconds));
        self.arrived.notify_waiters();
        Ok(())
    }

    pub(super) fn purge(&mut self) {
        self.messages.clear();
        self.due.clear();
        self.sent.clear();
    }

    pub(super) fn depth(&mut self, now: i64) -> Depth {
        self.forget_the_old(now);
        let mut depth = Depth::default();
        for message in self.messages.values() {
            let state = if message.due_at <= now {
                &mut depth.visible
            } else if message.receipt.is_some() {
                &mut depth.in_flight
            } else {
                &mut depth.delayed
            };
            *state += 1;
        }
        depth
    }

    pub(super) fn is_empty(&mut self, now: i64) -> bool {
        self.forget_the_old(now);
        self.messages.is_empty()
    }

    /// The time at which the oldest message was sent, or `None` for an empty queue.
    pub(super) fn oldest(&mut self, now: i64) -> Option<i64> {
        self.forget_the_old(now);
        self.sent.first().map(|&(at, _)| at)
    }

    /// The time at which the earliest message becomes visible, in the past or future, or `None` for an empty queue.
    pub(super) fn next_due(&self) -> Option<i64> {
        self.due.first().map(|&(due_at, _)| due_at)
    }

    /// A signal which wakes when a message has arrived or has become visible at another time.
    pub(super) fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    fn add(&mut self, message: Message) {
        let key = self.next;
        self.next += 1;
        self.due.insert((message.due_at, key));
        self.sent.insert((message.sent_at, key));
        self.messages.insert(key, message);
        self.arrived.notify_waiters();
    }

    fn remove(&mut self, key: u64) -> Option<Message> {
        let message = self.messages.remove(&key)?;
        self.due.remove(&(message.due_at, key));
        self.sent.remove(&(message.sent_at, key));
        Some(message)
    }

    fn put_off(&mut self, key: u64, until: i64) {
        if let Some(message) = self.messages.get_mut(&key) {
            self.due.remove(&(message.due_at, key));
            message.due_at = until;
            self.due.insert((until, key));
        }
    }

    fn receive(&mut self, key: u64, now: i64, hidden_until: i64) -> Received {
        self.put_off(key, hidden_until);
        let message = self.messages.get_mut(&key).expect("a due message is there");
        let receipt = Uuid::new_v4();
        message.receipt = Some(receipt);
        message.receives += 1;
        let first_received_at = *message.first_received_at.get_or_insert(now);
        let mut attributes = Attributes::from([
            ("SenderId".to_owned(), arn::ACCOUNT.to_owned()),
            ("SentTimestamp".to_owned(), message.sent_at.to_string()),
            ("ApproximateReceiveCount".to_owned(), message.receives.to_string()),
            ("ApproximateFirstReceiveTimestamp".to_owned(), first_received_at.to_string()),
        ]);
        if let Some(source) = &message.dead_letter_of {
            attributes.insert("DeadLetterQueueSourceArn".to_owned(), source.clone());
        }
        Received {
            message_id: message.id.clone(),
            receipt_handle: Handle { key, receipt }.write(&self.name),
            body: message.body.clone(),
            md5_of_body: message.md5.clone(),
            attributes,
        }
    }

    /// True if the handle belongs to the latest receive of an existing message.
    fn holds(&self, handle: &Handle) -> bool {
        let message = self.messages.get(&handle.key);
        message.is_some_and(|message| message.receipt == Some(handle.receipt))
    }

    fn forget_the_old(&mut self, now: i64) {
        let kept_since = now - milliseconds(self.settings.retention);
        while let Some(&(sent_at, key)) = self.sent.first()
            && sent_at <= kept_since
        {
            self.remove(key);
        }
    }
}

/// The parts of a receipt handle, written as `queue/key/receipt`.
struct Handle {
    key: u64,
    receipt: Uuid,
}

impl Handle {
    fn write(&self, queue: &str) -> String {
        format!("{queue}/{}/{}", self.key, self.receipt)
    }

    fn parse(queue: &str, handle: &str) -> Result<Self, SqsError> {
        let parse = || {
            let (key, receipt) = handle.strip_prefix(queue)?.strip_prefix('/')?.split_once('/')?;
            Some(Self { key: key.parse().ok()?, receipt: Uuid::parse_str(receipt).ok()? })
        };
        parse().ok_or(SqsError::ReceiptHandleIsInvalid)
    }
}

pub(super) fn milliseconds(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000
}

fn md5_hex(text: &str) -> String {
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
