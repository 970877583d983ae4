//! Models the part of AWS Lambda that calls the functions: when a call starts, and which messages
//! return after a failure.
//!
//! The handlers are the product's own code. This module models the service around the handlers, because Lambda's
//! at-least-once delivery comes from the service:
//!
//! # Sources
//!
//! - **A queue** is polled by several pollers, and every batch of messages is one call. After an answer, the poller
//!   deletes all messages except the ones named as failed. After an error, a panic or a time-out the poller deletes
//!   nothing. A message which was not deleted becomes visible again when its visibility time-out has passed by the
//!   queue's clock, and moves to the dead-letter queue after too many receives.
//! - **A new object** becomes a message from S3 in the queue which the bucket's notification names.
//! - **The schedule** follows the clock and makes asynchronous calls, with up to two retries or as many as the
//!   template sets. Lambda waits one minute before the first retry and two before the second. This module waits
//!   [`RETRY_DELAYS`], so a person at a laptop sees the result within seconds. A call longer than the interval
//!   delays the next call, whereas Lambda would run both at once.
//!
//! # Calls
//!
//! Each call runs in a task of its own, so a panic ends this call alone, and the function's time-out is
//! measured on the wall clock. Lambda freezes and kills a process whose time is over, and this module drops the
//! task at its next `await`.

mod asynchronous;
mod invocation;
mod poller;

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::clock::Clock;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::emulators::Emulators;
use crate::emulators::pending::Pending;
use crate::emulators::s3::{Created, CreatedObjects};
use crate::emulators::sqs::{OnDeletion, Queues, SqsError};
use crate::template::Function;
use asynchronous::AsynchronousCall;
use poller::Poller;

/// Delays before the first and the second retry of a failed asynchronous call, measured by the stack's clock.
pub const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Longest time, on the wall clock, for which a stop waits until the running calls have ended.
const GRACE: Duration = Duration::from_secs(5);

/// The running pollers, schedules and notifications of a stack. A drop kills every call in
/// the way of [`Delivery::abort`].
pub struct Delivery {
    service: Service,
    stop: watch::Sender<bool>,
    /// Names of the polled queues, which [`Delivery::idle`] expects to be empty.
    sources: Vec<String>,
    tasks: JoinSet<()>,
}

/// The handles which pollers, schedules and notifications share.
#[derive(Clone)]
struct Service {
    queues: Arc<Queues>,
    /// Counts unfinished work, which is every notification on its way and every call with the writes
    /// which follow from it.
    pending: Pending,
    /// Counts the handlers which are running at this moment.
    running: Pending,
    clock: Clock,
    stopped: watch::Receiver<bool>,
}

impl Delivery {
    /// Creates a delivery without any source. `clock` must be the clock of the emulators.
    pub fn new(emulators: &Emulators, clock: Clock) -> Self {
        let (stop, stopped) = watch::channel(false);
        Self {
            service: Service {
                queues: emulators.queues(),
                pending: emulators.pending(),
                running: Pending::default(),
                clock,
                stopped,
            },
            stop,
            sources: Vec::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Polls each of the function's queues with `pollers` tasks, each of which calls `handler` with a batch at a
    /// time. If the template's concurrency caps allow fewer calls at once, the number of pollers is the lower cap.
    ///
    /// A function without a queue gets no poller.
    ///
    /// # Errors
    /// A queue of the function has not been created.
    pub fn messages<H, F, E>(&mut self, function: &Function, pollers: usize, handler: H) -> Result<(), SqsError>
    where
        H: Fn(SqsEvent) -> F + Send + Sync + 'static,
        F: Future<Output = Result<SqsBatchResponse, E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let handler = Arc::new(handler);
        for source in &function.messages {
            self.service.queues.depth(&source.queue)?;
            self.sources.push(source.queue.clone());
            let caps = [source.maximum_concurrency, function.reserved_concurrency];
            for _ in 0..caps.into_iter().flatten().fold(pollers, usize::min) {
                let poller = Poller {
                    service: self.service.clone(),
                    function: function.clone(),
                    source: source.clone(),
                    handler: Arc::clone(&handler),
                };
                self.tasks.spawn(poller.run());
            }
        }
        Ok(())
    }

    /// Sends S3's notifications of new objects to the queues which the bucket names. With a data folder, an event
    /// stays in the journal until its message is deleted.
    pub fn notifications(&mut self, created: CreatedObjects) {
        let service = self.service.clone();
        self.tasks.spawn(async move {
            while let Some(Some(Created { queue, event, token, record })) = service.unless_stopped(created.next()).await
            {
                let body = serde_json::to_string(&event).expect("an S3 event is plain data");
                let settle = record.map(|record| -> OnDeletion { Box::new(move || record.settle()) });
                if let Err(error) = service.queues.send_kept(&queue, &body, None, settle) {
                    tracing::error!(queue, %error, "a notification of S3 cannot be sent to its queue and is lost");
                }
                // The token is dropped only after the queue holds the message, so at every moment the token or the
                // queue shows the work.
                drop(token);
            }
        });
    }

    /// Calls `handler` at the function's rate, for the first time after one interval.
    ///
    /// A function without a schedule gets no call.
    pub fn schedule<H, F, E>(&mut self, function: &Function, handler: H)
    where
        H: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        let Some(interval) = function.schedule else {
            return;
        };
        let service = self.service.clone();
        let call = AsynchronousCall { service: service.clone(), function: function.clone(), handler };
        self.tasks.spawn(async move {
            while service.unless_stopped(service.sleep(interval)).await.is_some() {
                let token = service.pending.begin();
                call.run().await;
                drop(token);
            }
        });
    }

    /// Waits until no work is left, which means three things: the polled queues hold no message (visible, in flight
    /// or delayed), no notification is on its way, and no handler runs.
    ///
    /// A message which waits for its visibility time-out counts as work, so a test turns the clock to reach its
    /// end. Messages in a dead-letter queue do not count.
    pub async fn idle(&self) {
        let mut load = self.service.pending.watch();
        loop {
            let queues_changed = self.service.queues.changed();
            let before = *load.borrow_and_update();
            // Every running call is counted in `load`, and only running calls send messages or put objects. If no
            // call ran before the check of the queues and no call has begun since, no message was on its way
            // between the two checks.
            if before.unsettled == 0 && self.queues_are_empty() && *load.borrow() == before {
                return;
            }
            tokio::select! {
                () = queues_changed => {}
                _ = load.changed() => {}
            }
        }
    }

    fn queues_are_empty(&self) -> bool {
        let is_empty = |queue: &String| self.service.queues.is_empty(queue).unwrap_or(true);
        self.sources.iter().all(is_empty)
    }

    /// Stops taking new work, gives the running calls [`GRACE`] to finish, and kills the calls which have
    /// not ended by then.
    pub async fn stop(self) {
        self.stop_within(GRACE).await;
    }

    async fn stop_within(mut self, grace: Duration) {
        // This struct holds the receivers, so the send cannot fail.
        let _ = self.stop.send(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::warn!("calls that did not end in time are killed; their imports continue at the next start");
            self.abort().await;
        }
    }

    /// Kills every call where it stands, in the way of a crash, and returns when all tasks have ended.
    ///
    /// Messages in flight become visible again after their visibility time-out. A running call of
    /// the schedule is lost.
    pub async fn abort(mut self) {
        self.tasks.shutdown().await;
        // Aborting the pollers aborts their handlers too, and a handler ends when it next yields.
        self.service.running.settled().await;
    }
}

impl Service {
    /// Returns the output of `future`, or `None` if delivery stops before `future` ends.
    async fn unless_stopped<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut stopped = self.stopped.clone();
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => None,
            output = future => Some(output),
        }
    }

    async fn sleep(&self, time: Duration) {
        let time = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.clock.sleep_until(self.clock.now_ms().saturating_add(time)).await;
    }
}

#[cfg(test)]
mod tests;
