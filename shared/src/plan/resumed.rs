//! The second start of a planned import which was stopped and resumed.
//!
//! The plan stands: format, chunks and the number of rows are known, and committed chunks stay as they are. Only the
//! search for duplicates is made again, because other imports may have brought rows of the chunks which are left.

use super::forbid::forbid;
use crate::dispatch;
use crate::files::FileError;
use crate::import::{Change, Import, ImportError, Joined, Status, transition};
use crate::queue::Message;
use crate::services::Services;
use crate::settle::stop::stop;
use crate::store::{StoreError, Write, keys};

/// Starts the load of the chunks which are left, once the import has rested for long enough. Returns the import as it is
/// then: the caller sends out the chunks of an import which is `processing`.
pub async fn go_on(services: &Services, import: &Import) -> Result<Import, ImportError> {
    if let Some(until) = import.rests_until.filter(|_| import.rests(services)) {
        let start = Message::Start { account: import.account, import: import.id };
        services.queues.send_after(&start, services.clock.until(until)).await?;
        return Ok(import.clone());
    }
    let started = match compare(services, import).await {
        Ok(Some(Joined { refusal: Some(reason), .. })) => end(services, import, reason).await,
        Ok(joined) => transition(services, import, Status::Processing, start(import, joined)).await,
        Err(error @ (ImportError::File(FileError::Missing | FileError::Replaced) | ImportError::Impossible(_))) => {
            stop(services, import, error.to_string()).await
        }
        Err(error) => Err(error),
    };
    match started {
        // The import was stopped, or a second parser started the import.
        Err(ImportError::Status { .. }) => Import::find(services, import.account, import.id).await,
        done => done,
    }
}

/// The change which starts the load. An edit by hand which was at work during the rest may have recorded the deletion of a
/// thing which the load makes again.
fn start(import: &Import, joined: Option<Joined>) -> Change {
    let unmade = Write::delete(keys::unmade(import.account, import.id));
    let change = Change::none().unset("rests_until").also(unmade);
    joined.into_iter().fold(change, |change, joined| change.set("joined", joined))
}

/// Ends an import whose join forbids the load of the chunks which are left. Without a committed chunk nothing was imported;
/// otherwise the import is stopped again, because what was loaded stays.
async fn end(services: &Services, import: &Import, reason: String) -> Result<Import, ImportError> {
    if import.counts(services).await?.chunks == 0 {
        return forbid(services, import, Change::none().unset("rests_until"), reason).await;
    }
    stop(services, import, reason).await
}

/// Joins the file again. The records which an import has begun to remove are those of the join before, and all rows of the
/// file are loaded by then.
async fn compare(services: &Services, import: &Import) -> Result<Option<Joined>, ImportError> {
    if !dispatch::joins(import) || import.file_chunks.is_some() {
        return Ok(None);
    }
    let table = import.table().ok_or(FileError::Missing)?;
    let layout = import.verdict(services).await?.layout;
    let layout = layout.ok_or_else(|| StoreError::Shape("a planned import has a layout".to_owned()))?;
    let sizes = (import.rows.unwrap_or_default(), import.file_chunk_count());
    dispatch::join(services, import, table, &layout, sizes).await
}
