//! Lambda's side: who calls the functions, when, and what becomes of a call that fails.
//!
//! The handlers are the product's own; what is modelled here is the service around them, because that is where
//! at-least-once comes from:
//!
//! - **A queue** is polled by several pollers. A batch is one call. What the answer does not name as failed is deleted;
//!   after an error, a panic or a time-out nothing is. What is not deleted becomes visible again when its visibility
//!   time-out has passed, by the queue's clock, and after too many receives goes to the dead letters.
//! - **A new object** is a message of S3 in the queue that the bucket names.
//! - **The schedule** goes by the clock, and its calls are asynchronous: tried again up to twice or as the template says.
//!   Lambda waits one minute and then two between tries; here it is [`RETRY_DELAYS`], so that a person at a laptop sees
//!   what happens. A call that takes longer than its interval puts off the next one; Lambda would run both.
//!
//! A call runs in a task of its own, so that a panic is that call's alone, and has the function's time-out on the wall
//! clock. Lambda freezes and kills the process; here the task is dropped at its next `await`.

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

/// How long an asynchronous call that failed waits to be tried again, by the clock.
pub const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// How long a stop waits for the calls that run.
const GRACE: Duration = Duration::from_secs(5);

/// Everything that is being delivered. Dropping it kills it like [`Delivery::abort`].
pub struct Delivery {
    service: Service,
    stop: watch::Sender<bool>,
    /// The queues that are polled.
    sources: Vec<String>,
    tasks: JoinSet<()>,
}

/// What every source needs.
#[derive(Clone)]
struct Service {
    queues: Arc<Queues>,
    /// What is left to do: events on their way and whatever is made of them.
    pending: Pending,
    /// The handlers that run.
    running: Pending,
    clock: Clock,
    stopped: watch::Receiver<bool>,
}

impl Delivery {
    /// Delivers nothing yet. `clock` is the one that the emulators have.
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

    /// Polls each of the function's queues with `pollers` at once, or as many as the template lets work at once if those
    /// are fewer, each calling `handler` with a batch at a time.
    ///
    /// Does nothing for a function without a queue; an error if a queue has not been created.
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

    /// Sends what S3 tells of new objects to the queues that are to be told. An event is kept until its message is
    /// deleted.
    pub fn notifications(&mut self, created: CreatedObjects) {
        let service = self.service.clone();
        self.tasks.spawn(async move {
            while let Some(Some(Created { queue, event, token, record })) = service.unless_stopped(created.next()).await
            {
                let body = serde_json::to_string(&event).expect("an S3 event is plain data");
                let settle = record.map(|record| -> OnDeletion { Box::new(move || record.settle()) });
                if let Err(error) = service.queues.send_kept(&queue, &body, None, settle) {
                    tracing::error!(queue, %error, "a notification is lost");
                }
                // Only now, when the queue holds the message: at no time does nothing seem to be left to do.
                drop(token);
            }
        });
    }

    /// Calls `handler` at the function's rate, the first time after one interval.
    ///
    /// Does nothing for a function without a schedule.
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

    /// Waits until there is nothing left to do: the polled queues hold no message, whether visible, in flight or
    /// delayed, no notification is on its way, and no handler runs.
    ///
    /// A message that waits for its visibility time-out is something to do; turn the clock. Dead letters are not.
    pub async fn idle(&self) {
        let mut load = self.service.pending.watch();
        loop {
            let queues_changed = self.service.queues.changed();
            let before = *load.borrow_and_update();
            // Whatever runs is in `load`, and only what runs sends or puts. So if nothing ran before the queues were
            // looked at and nothing has begun since, nothing was in between the two either.
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

    /// Takes nothing new, lets the running calls finish within [`GRACE`], and kills those that are left.
    pub async fn stop(self) {
        self.stop_within(GRACE).await;
    }

    async fn stop_within(mut self, grace: Duration) {
        // The receivers are ours, so there is someone to hear it.
        let _ = self.stop.send(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, finished).await.is_err() {
            tracing::warn!("calls that did not end in time are killed; their imports go on at the next start");
            self.abort().await;
        }
    }

    /// Kills every call where it is, as a crash would, and returns when all of them are gone.
    ///
    /// Messages in flight come back after their visibility time-out; a call of the schedule under way is lost.
    pub async fn abort(mut self) {
        self.tasks.shutdown().await;
        // The handlers were aborted with them, which takes effect when they next yield.
        self.service.running.settled().await;
    }
}

impl Service {
    /// The future's output, or nothing if delivery stops first.
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
