//! The envelope in which the event bus gives an event to a target.

use md5::{Digest, Md5};
use serde_json::{Value, json};
use shared::events::{AnyEvent, SOURCE};
use uuid::Builder;

use crate::emulators::arn;

/// The event in its envelope, which is the same at each delivery. The id of the envelope follows from the id of the event, whereas the
/// event bus draws an id for each publication. As on the event bus, the time has whole seconds.
pub fn envelope(event: &AnyEvent) -> Value {
    let id = Builder::from_md5_bytes(Md5::digest(event.id().as_bytes()).into()).into_uuid();
    let at = event.occurred_at();
    let time = at.split_once('.').map_or(at.to_owned(), |(seconds, _)| format!("{seconds}Z"));
    json!({
        "version": "0",
        "id": id.to_string(),
        "detail-type": event.name(),
        "source": SOURCE,
        "account": arn::ACCOUNT,
        "time": time,
        "region": arn::REGION,
        "resources": [],
        "detail": event,
    })
}
