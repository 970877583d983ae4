//! The notifier function turns records of the outbox's stream into events for other systems, as the enrichment of a pipe.
//!
//! The pipe gives the function a batch of records and expects an array of as many events in the same order. A record that cannot
//! be read fails the whole batch, because a pipe knows no partial failure of an enrichment (EventBridge user guide, "Pipes batching
//! and concurrency"). The pipe then halves the batch until the record is alone, publishes the others, tries the record again, and
//! leaves it to the dead letters. Leaving the record out of the answer would lose the event without a trace.

use shared::events::{Event, Record};
use shared::store::StoreError;

/// A record of the outbox that is no event, or an event of a later version.
#[derive(Debug, thiserror::Error)]
#[error("the event at {key} cannot be read: {error}")]
pub struct Unreadable {
    key: String,
    error: StoreError,
}

/// The events of a batch of records. `api_url` is the address of the doors.
///
/// # Errors
/// [`Unreadable`] for the first record that cannot be read.
pub fn handle(records: Vec<Record>, api_url: &str) -> Result<Vec<Event>, Unreadable> {
    let events = records.into_iter().map(|record| {
        let key = record.key();
        Event::of(record, api_url).map_err(|error| Unreadable { key, error })
    });
    events.collect()
}
