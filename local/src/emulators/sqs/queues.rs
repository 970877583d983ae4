//! All queues of the local account, without HTTP.
//!
//! The queues behave as SQS's standard queues: delivery is at least once, in roughly the order of sending.
//! Everything which depends on time asks the [`Clock`], so turning the clock ends delays, time-outs and long polls.
//!
//! Messages are lost when the process ends, even with `--data`. The sweep wakes an import which waits for a lost
//! message, and the journal sends S3's notifications again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use shared::clock::Clock;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::error::SqsError;
use super::queue::{Depth, OnDeletion, Queue, Received, Sent, milliseconds};
use super::settings::{Attributes, Settings};
use crate::emulators::arn;

/// Largest message, and largest batch of messages, in bytes.
pub const MAX_BYTES: usize = 1_048_576;

/// The queues by name, with the clock which all of them share.
pub struct Queues {
    clock: Clock,
    queues: Mutex<BTreeMap<String, Queue>>,
    changed: Notify,
}

/// The parameters of a receive.
#[derive(Clone, Copy, Debug)]
pub struct Receive {
    /// Largest number of messages to receive, from 1 to 10.
    pub max: usize,
    /// Seconds by the clock to wait for the first message. `None` stands for the queue's own setting.
    pub wait: Option<u32>,
    /// Seconds for which received messages are hidden. `None` stands for the queue's own setting.
    pub visibility_timeout: Option<u32>,
}

impl Queues {
    /// Starts without any queue.
    pub fn new(clock: Clock) -> Self {
        Self { clock, queues: Mutex::default(), changed: Notify::new() }
    }

    /// Creates a queue. If a queue of the name exists, its attributes must have the requested values.
    pub fn create(&self, name: &str, attributes: &Attributes) -> Result<(), SqsError> {
        check_name(name)?;
        let mut queues = self.lock();
        if let Some(queue) = queues.get(name) {
            let asked = queue.settings.with(attributes)?.attributes();
            let is = queue.settings.attributes();
            return match asked.into_iter().find(|(name, value)| is.get(name) != Some(value)) {
                Some((attribute, _)) => Err(SqsError::QueueNameExists { attribute }),
                None => Ok(()),
            };
        }
        let settings = checked(Settings::default().with(attributes)?, &queues)?;
        queues.insert(name.to_owned(), Queue::new(name, settings));
        Ok(())
    }

    /// Names of all queues whose name begins with `prefix`, in sorted order.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.lock().keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// The settings of a queue, its ARN, and the number of its messages by state.
    pub fn attributes(&self, queue: &str) -> Result<Attributes, SqsError> {
        let now = self.clock.now_ms();
        let (mut attributes, depth) = self.with(queue, |queue| (queue.settings.attributes(), queue.depth(now)))?;
        for (name, value) in [
            ("QueueArn", arn::queue(queue)),
            ("ApproximateNumberOfMessages", depth.visible.to_string()),
            ("ApproximateNumberOfMessagesNotVisible", depth.in_flight.to_string()),
            ("ApproximateNumberOfMessagesDelayed", depth.delayed.to_string()),
        ] {
            attributes.insert(name.to_owned(), value);
        }
        Ok(attributes)
    }

    /// Replaces the settings named in `attributes`, and keeps the remaining settings.
    pub fn set_attributes(&self, queue: &str, attributes: &Attributes) -> Result<(), SqsError> {
        let mut queues = self.lock();
        let settings = find(&mut queues, queue)?.settings.with(attributes)?;
        let settings = checked(settings, &queues)?;
        find(&mut queues, queue)?.settings = settings;
        Ok(())
    }

    /// Number of messages in a queue at this moment, by state.
    pub fn depth(&self, queue: &str) -> Result<Depth, SqsError> {
        let now = self.clock.now_ms();
        self.with(queue, |queue| queue.depth(now))
    }

    /// Age of the oldest message of a queue, which CloudWatch shows as `ApproximateAgeOfOldestMessage`; 0 for an empty queue.
    pub fn age_of_oldest(&self, queue: &str) -> Result<Duration, SqsError> {
        let now = self.clock.now_ms();
        let since = self.with(queue, |queue| queue.oldest(now))?;
        Ok(since.map_or(Duration::ZERO, |since| Duration::from_millis((now - since).max(0).unsigned_abs())))
    }

    /// True if the queue holds no message in any state.
    pub fn is_empty(&self, queue: &str) -> Result<bool, SqsError> {
        let now = self.clock.now_ms();
        self.with(queue, |queue| queue.is_empty(now))
    }

    /// A future which ends at the next send, receive, deletion or change of visibility in any queue.
    pub fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Sends a message, hidden for `delay` seconds or, with `None`, for the queue's own delay.
    pub fn send(&self, queue: &str, body: &str, delay: Option<u32>) -> Result<Sent, SqsError> {
        self.send_kept(queue, body, delay, None)
    }

    /// Sends a message, and runs `on_deletion` when the message is deleted.
    pub fn send_kept(
        &self,
        queue: &str,
        body: &str,
        delay: Option<u32>,
        on_deletion: Option<OnDeletion>,
    ) -> Result<Sent, SqsError> {
        check_body(body)?;
        if let Some(delay) = delay.filter(|delay| *delay > 900) {
            return Err(SqsError::parameter(format!(
                "Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."
            )));
        }
        let now = self.clock.now_ms();
        let sent = self.with(queue, |queue| queue.send(body, now, delay, on_deletion))?;
        self.changed.notify_waiters();
        Ok(sent)
    }

    /// Receives visible messages, and waits for the first message if none is visible.
    ///
    /// Messages are taken only at the moment in which the future is ready, so dropping the future loses no message.
    pub async fn receive(&self, queue: &str, receive: Receive) -> Result<Vec<Received>, SqsError> {
        let (arrived, own_wait) = self.with(queue, |queue| (queue.arrived(), queue.settings.wait))?;
        let deadline = self.clock.now_ms() + milliseconds(receive.wait.unwrap_or(own_wait));
        loop {
            // The signal is prepared before the look at the queue, so a message which arrives after the look is not
            // missed.
            let arrived = arrived.notified();
            let taken = self.take(queue, receive.max, receive.visibility_timeout)?;
            if !taken.is_empty() || self.clock.now_ms() >= deadline {
                return Ok(taken);
            }
            let next_due = self.with(queue, |queue| queue.next_due())?;
            tokio::select! {
                () = arrived => {}
                () = self.clock.sleep_until(next_due.map_or(deadline, |due| due.min(deadline))) => {}
            }
        }
    }

    /// Receives up to `max` visible messages without waiting, and moves messages received too often
    /// to the dead-letter queue.
    pub fn take(&self, name: &str, max: usize, visibility_timeout: Option<u32>) -> Result<Vec<Received>, SqsError> {
        let now = self.clock.now_ms();
        let mut queues = self.lock();
        let queue = find(&mut queues, name)?;
        let taken = queue.take(max, now, visibility_timeout);
        let changed = !taken.received.is_empty() || !taken.given_up.is_empty();
        if let Some(redrive) = queue.settings.redrive.clone() {
            let dead_letters = find(&mut queues, &redrive.queue)?;
            for message in taken.given_up {
                dead_letters.bury(message, name, now);
            }
        }
        drop(queues);
        if changed {
            self.changed.notify_waiters();
        }
        Ok(taken.received)
    }

    /// Deletes the message of a receipt handle. An outdated handle, or the handle of a
    /// deleted message, changes nothing.
    pub fn delete(&self, queue: &str, receipt_handle: &str) -> Result<(), SqsError> {
        self.with(queue, |queue| queue.delete(receipt_handle))??;
        self.changed.notify_waiters();
        Ok(())
    }

    /// Hides a message in flight for `seconds` from now. With 0 the message becomes visible at once.
    pub fn change_visibility(&self, queue: &str, receipt_handle: &str, seconds: u32) -> Result<(), SqsError> {
        if seconds > 43_200 {
            return Err(SqsError::parameter(format!(
                "Value {seconds} for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200."
            )));
        }
        let now = self.clock.now_ms();
        self.with(queue, |queue| queue.change_visibility(receipt_handle, now, seconds))??;
        self.changed.notify_waiters();
        Ok(())
    }

    /// Deletes all messages of a queue, whatever their state.
    pub fn purge(&self, queue: &str) -> Result<(), SqsError> {
        self.with(queue, Queue::purge)?;
        self.changed.notify_waiters();
        Ok(())
    }

    fn with<T>(&self, queue: &str, act: impl FnOnce(&mut Queue) -> T) -> Result<T, SqsError> {
        find(&mut self.lock(), queue).map(act)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.queues.lock().expect("no one panics while holding the queues")
    }
}

fn find<'a>(queues: &'a mut BTreeMap<String, Queue>, name: &str) -> Result<&'a mut Queue, SqsError> {
    queues.get_mut(name).ok_or(SqsError::QueueDoesNotExist)
}

/// Returns the settings if their dead-letter queue exists, and otherwise SQS's error.
fn checked(settings: Settings, queues: &BTreeMap<String, Queue>) -> Result<Settings, SqsError> {
    match &settings.redrive {
        Some(redrive) if !queues.contains_key(&redrive.queue) => Err(SqsError::parameter(format!(
            "Value {} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.",
            settings.attributes()["RedrivePolicy"]
        ))),
        _ => Ok(settings),
    }
}

fn check_name(name: &str) -> Result<(), SqsError> {
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.ends_with(".fifo") {
        return Err(SqsError::UnsupportedOperation { what: "FIFO queues".to_owned() });
    }
    if name.is_empty() || name.len() > 80 || !name.chars().all(valid) {
        return Err(SqsError::parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

fn check_body(body: &str) -> Result<(), SqsError> {
    if body.is_empty() {
        return Err(SqsError::MissingParameter { name: "MessageBody" });
    }
    if body.len() > MAX_BYTES {
        return Err(SqsError::parameter(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {MAX_BYTES} bytes."
        )));
    }
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !body.chars().all(allowed) {
        return Err(SqsError::InvalidMessageContents);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
