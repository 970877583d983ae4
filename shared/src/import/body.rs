//! Storing the file of an import whose file came in the body of a request.
//!
//! A door makes the import first and stores the file second, so no object is ever without an import.
//!
//! - A door which dies in between leaves a queued import without a file. The sweep wakes the parser, which gives up the
//!   import.
//! - The same request, sent again under its `Idempotency-Key`, finds the import and stores the file after all.
//! - The object is put only if absent, at a key derived from the import's number, so simultaneous requests with the
//!   same key store the file once.

use std::time::Duration;

use bytes::Bytes;

use super::{Import, ImportError, Status};
use crate::queue::Message;
use crate::services::Services;

/// After this time the door which made the import has ended: longer than the time-out of the API function.
const DOOR: Duration = Duration::from_secs(30);

/// Stores the file of an import which a door has made or found, and sends the message which starts the import. Does
/// nothing if the file is stored already.
///
/// # Errors
/// [`ImportError::NeverStored`] if the import was stopped before its file was stored.
pub async fn store_body(services: &Services, import: &Import, file: Bytes) -> Result<(), ImportError> {
    let Some(key) = import.awaits.as_ref().filter(|_| import.source.is_none()) else {
        return Ok(());
    };
    match import.status {
        // An import which is not to start by itself stays `new`; the parser pins its file.
        Status::Queued | Status::New => {}
        Status::Incomplete => return Err(ImportError::NeverStored),
        _ => return Ok(()),
    }
    let stored = services.files.put_new(key, file).await?;
    if !stored && import.age(services) < DOOR {
        // A simultaneous request with the same key stored the file and sends the message.
        return Ok(());
    }
    begin(services, import).await;
    Ok(())
}

/// Sends the message by which the parser fetches the file of an import that was made with an address. For an import that was
/// found again the message is sent if the door that made the import must have ended.
pub async fn begin_fetch(services: &Services, import: &Import, is_new: bool) {
    let waits = import.source.is_none() && matches!(import.status, Status::New | Status::Queued);
    if waits && (is_new || import.age(services) >= DOOR) {
        begin(services, import).await;
    }
}

/// Sends the message that starts the import.
async fn begin(services: &Services, import: &Import) {
    let start = Message::Start { account: import.account, import: import.id };
    if let Err(error) = services.queues.send(&start).await {
        // The import is queued and its file is stored, so the sweep sends the message again.
        tracing::warn!(account = import.account.0, import = import.id.0, %error, "the start message of an import was not sent; the sweep sends a new message");
    }
}
