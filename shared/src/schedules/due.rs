//! The schedules that are due, as the sweep finds them.

use serde::Deserialize;

use crate::concurrent::drained;
use crate::queue::{Message, QueueError};
use crate::services::Services;
use crate::store::{StoreError, decode, keys};

/// The most messages that are sent at once.
const SENDS_AT_ONCE: usize = 8;

#[derive(Deserialize)]
struct Listed {
    opened: String,
}

/// Sends a message for each schedule that is due. Returns the number of messages. A schedule stays due until its run has ended,
/// so a lost message is sent again by the next sweep.
pub async fn send_due(services: &Services) -> Result<u64, StoreError> {
    let mut sent = 0;
    let mut pages = services.store.pages(keys::due_schedules(services.clock.now_ms()));
    while let Some(items) = pages.next().await? {
        let listed: Vec<Listed> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        let due = listed.iter().filter_map(|listed| keys::opened_schedule_of(&listed.opened));
        let messages: Vec<_> = due.map(|(account, schedule, due)| Message::Run { account, schedule, due }).collect();
        let sends = messages.iter().map(|message| send_apart(services, message));
        sent += drained(sends, SENDS_AT_ONCE).await?.into_iter().sum::<u64>();
    }
    Ok(sent)
}

/// Sends a message. An error is logged, so the error does not keep the sweep from other schedules.
async fn send_apart(services: &Services, message: &Message) -> Result<u64, StoreError> {
    let sent: Result<(), QueueError> = services.queues.send(message).await;
    if let Err(error) = &sent {
        tracing::warn!(account = message.names().0.0, %error, "the message of a due schedule was not sent; the next sweep sends a new message");
    }
    Ok(u64::from(sent.is_ok()))
}
