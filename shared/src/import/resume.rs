//! The resumption of a stopped import, which goes on where it was stopped.
//!
//! | the import was stopped as | becomes | and then |
//! |---|---|---|
//! | `new`, without its file | `new` | awaits its file again, which may have arrived meanwhile |
//! | `new`, with its file | `new` | waits for its owner to start it |
//! | `queued` without a plan | `queued` | is planned again; chunks already written are kept |
//! | planned | `queued` | a parser sends out the chunks which are not committed |
//!
//! Rows which are loaded already are not loaded twice, because their chunks are committed.
//!
//! An import whose undo can no longer be asked for is not resumed either. Nobody could take back the rows loaded from then
//! on, and the before-images of the rows loaded before may expire.
//!
//! # Opening a sealed import
//!
//! A stopped import is sealed once no chunk can be committed any more: totals are folded, and people may delete things
//! of which the import has no entries. A single transaction opens the import again:
//!
//! | what sealing left | when the import is resumed |
//! |---|---|
//! | `tally`, `days`, `sealed`, `completed_at`, `reason` | removed |
//! | the number of entries on the roll | removed, so the counters tell |
//! | totals, summaries, findings | stay and are SET again at the end; the next **round** keeps late workers out |
//! | the list of things made, with the mark of the fold | emptied, with the mark of the next round |
//! | deletions of made things by hand | forgotten, because the next fold lists the things which are there |
//! | the place in the lane | a new place at the end of the line, once the import is `queued` |
//! | the report of a drop | stays until the import settles again |
//!
//! If a loader seals the import while a request resumes it, the transaction is refused and the request starts again, because
//! the sealed import has given up its place.
//!
//! An edit by hand may have found the import sealed and may still be at work. Loading therefore goes on only when every
//! request of that time has ended ([`REST`]).

use std::time::Duration;

use super::lane;
use super::{Asker, Change, Import, ImportError, Status, transition};
use crate::files::FileError;
use crate::queue::Message;
use crate::services::Services;
use crate::store::keys;
use crate::store::{Patience, StoreError, Write};

/// How long an upload is awaited.
pub const UPLOAD_WINDOW: Duration = Duration::from_secs(2 * 3600);
/// The time after which every request has ended which found the import sealed: longer than the time-out of the API
/// function.
pub const REST: Duration = Duration::from_secs(30);
/// How long the resumption of an import in a lane tries to draw its place while other imports draw their numbers.
const DRAWING: Duration = Duration::from_secs(20);
/// The condition that no worker has folded the totals of a stopped import.
const UNSEALED: &str = "attribute_not_exists(#sealed) AND attribute_not_exists(#tally)";

/// Resumes a stopped import for a person.
///
/// # Errors
/// [`ImportError::Status`] unless the import is incomplete, and [`ImportError::NotResumable`] if its file is gone or can
/// no longer arrive, or if its undo can no longer be asked for.
pub async fn resume(services: &Services, import: &Import, asker: &Asker) -> Result<Import, ImportError> {
    let mut import = import.clone();
    let mut patience = Patience::lasting(DRAWING);
    loop {
        if import.status != Status::Incomplete {
            return Err(ImportError::Status { import: import.id, status: import.status });
        }
        let to = target(services, &import).await?;
        match transition(services, &import, to, opening(services, &import, to, asker).await?).await {
            Ok(resumed) => {
                call(services, &resumed).await;
                return Ok(resumed);
            }
            // The import has changed or was sealed, or another import drew the number.
            Err(ImportError::Status { .. } | ImportError::Store(StoreError::Busy(_))) => {
                import = Import::find(services, import.account, import.id).await?;
                patience.wait(false, "many imports are being made at once").await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Sends the message by which the import goes on. Without the message the sweep wakes the import.
async fn call(services: &Services, import: &Import) {
    let (account, id) = (import.account, import.id);
    let sent = match import.lane().filter(|_| import.status == Status::Queued) {
        // The place which the import gave up may have been the first.
        Some(lane) => lane::call_first(services, account, lane).await,
        None if import.status == Status::New && !import.awaits_file() => return,
        None => services.queues.send(&Message::Start { account, import: id }).await.map_err(ImportError::from),
    };
    if let Err(error) = sent {
        tracing::warn!(account = account.0, import = id.0, %error, "the start message of an import was not sent; the sweep sends a new message");
    }
}

/// The status with which the import goes on.
async fn target(services: &Services, import: &Import) -> Result<Status, ImportError> {
    let gone = |why: &str| Err(ImportError::NotResumable { import: import.id, why: why.to_owned() });
    if let Some(until) = import.undo_ended(services) {
        return gone(&format!("the import could be undone until {until:.0}, and rows loaded now could not be undone"));
    }
    for (object, why) in [
        (&import.source, "its file is gone"),
        (&import.unpacked, "the table unpacked from its file is gone, for it is kept for 30 days only"),
    ] {
        let Some(object) = object else { continue };
        match services.files.head(&object.key).await {
            Ok(found) if found.etag == object.etag => {}
            Ok(_) => return gone("its file was replaced"),
            Err(FileError::Missing) => return gone(why),
            Err(error) => return Err(error.into()),
        }
    }
    let was_new = import.stopped == Some(Status::New);
    let Some(key) = import.awaits.as_ref().filter(|_| import.source.is_none()) else {
        return Ok(if was_new { Status::New } else { Status::Queued });
    };
    match services.files.head(key).await {
        // A parser pins a file which arrived meanwhile.
        Ok(_) => Ok(if was_new { Status::New } else { Status::Queued }),
        // The parser fetches the file again.
        Err(FileError::Missing) if import.location.is_some() => Ok(if was_new { Status::New } else { Status::Queued }),
        Err(FileError::Missing) if was_new && import.age(services) < UPLOAD_WINDOW => Ok(Status::New),
        Err(FileError::Missing) if was_new => gone("the time for the upload of its file is over"),
        Err(FileError::Missing) => gone("its file was never stored"),
        Err(error) => Err(error.into()),
    }
}

/// The change which opens the import again.
async fn opening(services: &Services, import: &Import, to: Status, asker: &Asker) -> Result<Change, ImportError> {
    let (account, id, round) = (import.account, import.id, import.round + 1);
    let mut change = Change::none().asked_by(asker).set("round", round);
    for name in ["completed_at", "reason", "stopped", "tally", "sealed", "days", "fetches"] {
        change = change.unset(name);
    }
    if !import.is_sealed() {
        change = change.provided(UNSEALED);
    }
    if import.is_sealed() && import.chunks.is_some() {
        let rest = i64::try_from(REST.as_millis()).expect("seconds");
        change = change.set("rests_until", services.clock.now_ms() + rest);
    }
    if import.chunks.is_some() {
        let made = Write::update(keys::made(account, id), "SET #round = :round REMOVE #made, #folded, #steps");
        change = change.also(made.bind(":round", round)).also(Write::delete(keys::unmade(account, id)));
    }
    // A stopped import which is not sealed has not given up its place.
    if to == Status::Queued && import.is_sealed() {
        change = lane::take_place(services, import, change).await?;
    }
    Ok(change)
}
