//! The early end of an import: cancelled by a person, or given up by a function.
//!
//! The status `incomplete` forbids claims. A chunk claimed before may still be committed, so totals are folded once the
//! last such chunk is committed or its lease has ended (see [`settle`](super::settle())); until then the sweep watches the
//! import. Entities loaded so far stay, and can be undone.

use super::settle_soon;
use crate::import::{Change, Import, ImportError, Status, transition};
use crate::services::Services;

/// The reason shown to people for a cancelled import.
const CANCELLED: &str = "it was cancelled";

/// Stops an import for a person. An import stopped before stays as it is.
///
/// # Errors
/// [`ImportError::Status`] if the import is settled, undone or being undone.
pub async fn cancel(services: &Services, import: &Import, by: &str) -> Result<Import, ImportError> {
    let mut import = import.clone();
    loop {
        if import.status == Status::Incomplete {
            return Ok(import);
        }
        match end(services, &import, Change::none().asked_by(by), CANCELLED.to_owned()).await {
            Err(ImportError::Status { status, .. }) if status != import.status => {
                import = Import::find(services, import.account, import.id).await?;
            }
            done => return done,
        }
    }
}

/// Stops an import for good, with the reason for people.
pub async fn stop(services: &Services, import: &Import, reason: String) -> Result<Import, ImportError> {
    end(services, import, Change::none(), reason).await
}

async fn end(services: &Services, import: &Import, change: Change, reason: String) -> Result<Import, ImportError> {
    let change = change.set("reason", &reason).set("completed_at", services.clock.now_ms());
    let import = transition(services, import, Status::Incomplete, change.because(reason)).await?;
    settle_soon(services, &import).await?;
    Ok(import)
}
