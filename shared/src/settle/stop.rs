//! The end of an import before its end: cancelled by a person, or given up by us.
//!
//! The status `incomplete` forbids claims. A chunk that is claimed already may still be committed, so totals are folded
//! when the last of these is done or its lease is dead (see [`crate::settle()`]); until then the sweep has an eye on the import.
//! What was loaded stays, and can be undone.

use super::settle_soon;
use crate::import::{Change, Import, ImportError, Status, transition};
use crate::services::Services;

/// Why a cancelled import is incomplete, for people.
const CANCELLED: &str = "it was cancelled";

/// Stops an import that a person does not want to go on. One that is stopped already is left as it is.
///
/// # Errors
/// [`ImportError::Status`] if it has come to its end, or is being undone.
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

/// Ends an import that is not to go on, and says why.
pub async fn stop(services: &Services, import: &Import, reason: String) -> Result<Import, ImportError> {
    end(services, import, Change::none(), reason).await
}

async fn end(services: &Services, import: &Import, change: Change, reason: String) -> Result<Import, ImportError> {
    let change = change.set("reason", &reason).set("completed_at", services.clock.now_ms());
    let import = transition(services, import, Status::Incomplete, change.because(reason)).await?;
    settle_soon(services, &import).await?;
    Ok(import)
}
