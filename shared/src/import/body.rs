//! The file of an import that came in the body of a request.
//!
//! The import is made first and its file stored after that, so no object is ever without an import. A door that dies in
//! between leaves a queued import whose file never comes; the sweep wakes the parser, which gives the import up. The same
//! request under its `Idempotency-Key` finds that import and stores the file after all. The object is put only if it is
//! absent, at a key that is told by the import's number, so requests of one key at the same time store it once.

use std::time::Duration;

use bytes::Bytes;

use super::{Import, ImportError, Status};
use crate::queue::Message;
use crate::services::Services;

/// A door that has made an import or stored its file has ended after so long: longer than the API function's time-out.
const DOOR: Duration = Duration::from_secs(30);

/// Stores the file of an import that a door has made or found, and has the import started. Nothing, if its file is there.
///
/// # Errors
/// [`ImportError::NeverStored`] if the import was stopped before its file was stored.
pub async fn store_body(services: &Services, import: &Import, file: Bytes) -> Result<(), ImportError> {
    let Some(key) = import.awaits.as_ref().filter(|_| import.source.is_none()) else {
        return Ok(());
    };
    match import.status {
        Status::Queued => {}
        Status::Incomplete => return Err(ImportError::NeverStored),
        _ => return Ok(()),
    }
    let stored = services.files.put_new(key, file).await?;
    if !stored && import.age(services) < DOOR {
        // Another request of the same key has stored it, and sends the message.
        return Ok(());
    }
    let start = Message::Start { account: import.account, import: import.id };
    if let Err(error) = services.queues.send(&start).await {
        // The import is queued and its file is there; the sweep sends the message again.
        tracing::warn!(account = import.account.0, import = import.id.0, %error, "a start could not be sent");
    }
    Ok(())
}
