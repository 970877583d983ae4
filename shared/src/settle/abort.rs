//! The abort of an import at its first failed row (`on_error=abort`): everything is undone, and the import ends as
//! `failed` with the row's error as the reason.
//!
//! The chunk with the failed row is committed like any chunk, so the tables tell that the import is to be aborted,
//! whichever worker dies: the counts have a failed row while the import is `processing`. Every worker which commits a
//! chunk, or finds a chunk committed, reads the counts and begins the abort.
//!
//! | meets | result |
//! |---|---|
//! | a cancel which came first | the import stays `incomplete`, and is aborted when it is resumed |
//! | a cancel during the undo | is refused, because the import is `rolling_back` |
//! | an undo which a person asks for, at any time | the import ends as `rolled_back` |

use crate::import::{Change, Import, ImportError, Status, transition};
use crate::ledger::{Chunk, PageError};
use crate::queue::Message;
use crate::results::findings::Findings;
use crate::services::Services;

/// Aborts an import with a failed row: first the message is sent, then the status changes, so a crash between the two
/// loses nothing. An import which has another status by now stays as it is.
pub(super) async fn abort(services: &Services, import: &Import) -> Result<(), ImportError> {
    let (account, id) = (import.account, import.id);
    let by = services.function.to_owned();
    services.queues.send(&Message::Undo { account, import: id, by, reason: None, aborts: true }).await?;
    begin(services, import).await.map(drop)
}

/// Changes the status of an import with a failed row to `rolling_back`, from where the undo leads to `failed`. Returns
/// the import as it is then, which is unchanged unless a row has failed while the import is `processing`.
pub async fn begin(services: &Services, import: &Import) -> Result<Import, ImportError> {
    let counts = import.counts(services).await?;
    if !import.is_to_abort(&counts) {
        return Ok(import.clone());
    }
    let reason = match first_error(services, import).await? {
        Some(error) => said(&error),
        None => "a row failed".to_owned(),
    };
    let change = Change::none().set("aborting", true).set("reason", &reason).because(reason);
    // The message of an error quotes the cell.
    let change = change.announced_as("a row failed, so everything is undone");
    match transition(services, import, Status::RollingBack, change).await {
        Err(ImportError::Status { .. }) => Import::find(services, import.account, import.id).await,
        done => done,
    }
}

fn said(error: &PageError) -> String {
    format!("row {} on line {} failed: {}", error.row, error.line, error.message)
}

/// The error of the first failed row in the committed chunks.
async fn first_error(services: &Services, import: &Import) -> Result<Option<PageError>, ImportError> {
    let mut pages = services.store.pages(import.all_chunks());
    while let Some(items) = pages.next().await? {
        for item in items {
            let page = Chunk::decode(item)?.page;
            if let Some(error) = page.and_then(|page| page.errors.into_iter().next()) {
                return Ok(Some(error));
            }
        }
    }
    Ok(None)
}

/// Stores the findings of an aborted import, whose chunks are never folded. A second call changes nothing.
pub async fn keep_findings(services: &Services, import: &Import) -> Result<(), ImportError> {
    let mut findings = Findings::default();
    let mut pages = services.store.pages(import.all_chunks());
    while let Some(items) = pages.next().await? {
        for item in items {
            Chunk::decode(item)?.page.into_iter().for_each(|page| findings.add(page));
        }
    }
    for write in findings.writes(import) {
        services.store.attempt(write).await?;
    }
    Ok(())
}
