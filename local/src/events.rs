//! Delivers events to webhooks and to a consumer at a URL, in place of the pipe and the event bus of a deployed stack.
//!
//! | a deployed stack | here |
//! |---|---|
//! | a stream leads from the outbox to the pipe | the outbox is read every [`LOOK`] |
//! | the pipe calls the notifier function, which stores deliveries to webhooks | the same handler is called |
//! | the event bus posts the event to an API destination | the event is posted to the consumer, if there is one, in the envelope of the event bus |
//! | the stream remembers its position, and the time to live deletes the item | the item is deleted once the deliveries are stored and the consumer has answered 2xx |
//!
//! # Promises
//!
//! - **At least once.** An item leaves the outbox only after its deliveries to webhooks are stored and the consumer has answered
//!   2xx. A process killed between the answer and the deletion delivers the event again, with the same body, at its next start
//!   on the same data folder.
//! - **In order per import.** The events of an import are delivered one after another, in the order of their changes. An event
//!   that the consumer does not take is tried again after [`FIRST_DELAY`], and then after twice the delay before, up to
//!   [`LONGEST_DELAY`]. Such an event holds up the later events of its import, and no event of another import.
//!
//! Delays are measured on the wall clock, because the consumer is outside of the stack.

mod envelope;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use reqwest::Url;
use reqwest::redirect::Policy;
use shared::events::Record;
use shared::services::Services;
use shared::store::{Item, Key, Store, StoreError, Table, Write};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use envelope::envelope;

use crate::http_client;

/// Time between two looks at the outbox.
const LOOK: Duration = Duration::from_millis(100);
/// Longest time for which the consumer's answer is awaited.
const PATIENCE: Duration = Duration::from_secs(10);
/// Delay after the first failure of an event.
const FIRST_DELAY: Duration = Duration::from_millis(250);
/// Longest delay after a failure.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// Longest time for which a stop waits until the requests under way are answered.
const GRACE: Duration = Duration::from_secs(5);
/// Largest number of imports whose events are delivered at once.
const IMPORTS_AT_ONCE: usize = 16;

/// Parses the URL of a consumer, which has the scheme `http` or `https`.
pub fn consumer(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("is no URL with http or https, such as http://127.0.0.1:9000/events".to_owned()),
    }
}

/// The events of an import which are in the outbox, by sort key, which begins with the time of the change.
type Waiting = BTreeMap<String, Item>;

/// The running delivery of events. A drop ends the delivery abruptly.
pub struct Events {
    stop: watch::Sender<bool>,
    task: JoinSet<()>,
}

impl Events {
    /// Starts the delivery from the outbox in `store`, by the services of the notifier function. `api_url` is the address of the
    /// router, to which the events refer.
    pub fn start(store: &Store, notifier: &Services, consumer: Option<Url>, api_url: &str) -> reqwest::Result<Self> {
        let client = |consumer: Url| {
            // Plain HTTP needs no root certificates, which take long to read.
            let client = if consumer.scheme() == "http" { http_client::loopback() } else { http_client::builder() };
            let client = client.user_agent("waybill").timeout(PATIENCE).redirect(Policy::none()).build()?;
            Ok((client, consumer))
        };
        let consumer = consumer.map(client).transpose()?;
        let (store, notifier) = (store.clone(), notifier.clone());
        let post = Post { store, notifier, consumer, api_url: api_url.to_owned() };
        let (stop, stopped) = watch::channel(false);
        let mut task = JoinSet::new();
        task.spawn(deliver(post, stopped));
        Ok(Self { stop, task })
    }

    /// Begins no further request, gives the requests under way [`GRACE`], and cuts off the rest, whose events are delivered again
    /// after the next start.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, self.task.join_next()).await.is_err() {
            self.task.shutdown().await;
        }
    }
}

/// The failures of an import's first waiting event.
#[derive(Clone, Copy)]
struct Held {
    until: Instant,
    delay: Duration,
}

/// The end of a task: the partition of the import, and whether every event was delivered.
type Ended = (String, Result<(), Undelivered>);

/// Delivers the events in the outbox, and looks again, until the delivery stops.
async fn deliver(post: Post, mut stopped: watch::Receiver<bool>) {
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    let mut tasks: JoinSet<Ended> = JoinSet::new();
    let mut under_way: HashSet<String> = HashSet::new();
    loop {
        // A task which ends after the look has deleted items which the look still shows, so the end is noted before the next look.
        while let Some(ended) = tasks.try_join_next() {
            let (import, result) = ended.expect("no delivery panics or is cancelled");
            under_way.remove(&import);
            note(&mut held, import, result);
        }
        match post.waiting().await {
            Ok(waiting) => {
                held.retain(|import, _| waiting.contains_key(import));
                let now = Instant::now();
                let is_due = |import: &String| held.get(import).is_none_or(|held| held.until <= now);
                for (import, events) in waiting.into_iter().filter(|(import, _)| is_due(import)) {
                    if tasks.len() < IMPORTS_AT_ONCE && under_way.insert(import.clone()) {
                        let (post, stopped) = (post.clone(), stopped.clone());
                        tasks.spawn(async move { (import, post.all(events, &stopped).await) });
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the outbox cannot be read; another look follows"),
        }
        if tokio::time::timeout(LOOK, stopped.wait_for(|stopped| *stopped)).await.is_ok() {
            while tasks.join_next().await.is_some() {}
            return;
        }
    }
}

/// Notes when the events of an import may be tried again, or that they are delivered.
fn note(held: &mut BTreeMap<String, Held>, import: String, result: Result<(), Undelivered>) {
    let Err(undelivered) = result else {
        held.remove(&import);
        return;
    };
    // A delivery before the failure shows that the consumer is well again.
    let before = held.get(&import).filter(|_| undelivered.delivered == 0);
    let delay = before.map_or(FIRST_DELAY, |before| (before.delay * 2).min(LONGEST_DELAY));
    tracing::warn!(import, error = %undelivered.error, again_in_ms = delay.as_millis(), "an event was not delivered");
    held.insert(import, Held { until: Instant::now() + delay, delay });
}

/// An event that was not delivered, and so holds up the later events of its import.
struct Undelivered {
    /// Number of events of the import which were delivered before in the same task.
    delivered: usize,
    error: DeliveryError,
}

/// The reasons for which an event is not delivered.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error("the consumer is not reached: {}", DisplayErrorContext(.0))]
    Unreached(#[from] reqwest::Error),
    #[error("the consumer answered {0}")]
    Answered(reqwest::StatusCode),
    #[error(transparent)]
    Publish(#[from] notifier::PublishError),
    #[error("the outbox: {0}")]
    Store(#[from] StoreError),
}

/// The way from the outbox to webhooks and to the consumer.
#[derive(Clone)]
struct Post {
    store: Store,
    notifier: Services,
    /// The client with the address of the consumer, or `None` without a consumer.
    consumer: Option<(reqwest::Client, Url)>,
    api_url: String,
}

impl Post {
    /// The events in the outbox, by the partition of their import.
    async fn waiting(&self) -> Result<BTreeMap<String, Waiting>, StoreError> {
        let mut waiting: BTreeMap<String, Waiting> = BTreeMap::new();
        for item in self.store.dump(Table::Events).await? {
            let key = Key::of(Table::Events, &item);
            waiting.entry(key.pk).or_default().insert(key.sk, item);
        }
        Ok(waiting)
    }

    /// Delivers events of an import in their order, up to the first that is not delivered, or until the delivery stops.
    async fn all(&self, events: Waiting, stopped: &watch::Receiver<bool>) -> Result<(), Undelivered> {
        for (delivered, item) in events.into_values().enumerate().take_while(|_| !*stopped.borrow()) {
            self.one(item).await.map_err(|error| Undelivered { delivered, error })?;
        }
        Ok(())
    }

    /// Stores the deliveries of an event to webhooks, posts the event to the consumer, and deletes the item once the consumer has
    /// answered 2xx.
    async fn one(&self, item: Item) -> Result<(), DeliveryError> {
        let key = Key::of(Table::Events, &item);
        for event in notifier::publish(&self.notifier, vec![Record::inserted(item)], &self.api_url).await? {
            let Some((client, consumer)) = &self.consumer else { continue };
            let answer = client.post(consumer.clone()).json(&envelope(&event)).send().await?;
            if !answer.status().is_success() {
                return Err(DeliveryError::Answered(answer.status()));
            }
        }
        self.store.write(Write::delete(key)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
