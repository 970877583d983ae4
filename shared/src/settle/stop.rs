//! The early end of an import: cancelled by a person, or given up by a function.
//!
//! The status `incomplete` forbids claims. A chunk claimed before may still be committed, so totals are folded once the
//! last such chunk is committed or its lease has ended (see [`settle`](super::settle())); until then the sweep watches the
//! import. Entities loaded so far stay, and can be undone.

use super::settle_soon;
use crate::import::{Asker, Change, Import, ImportError, Status, transition};
use crate::services::Services;

/// The reason shown to people for a cancelled import.
const CANCELLED: &str = "it was cancelled";

/// Stops an import for a person. An import stopped before stays as it is, with the reason of the first stop.
///
/// # Errors
/// [`ImportError::Status`] if the import is settled, undone or being undone.
pub async fn cancel(services: &Services, import: &Import, by: impl Into<Asker>) -> Result<Import, ImportError> {
    let asker = by.into();
    let reason = match &asker.reason {
        Some(reason) => format!("{CANCELLED}: {reason}"),
        None => CANCELLED.to_owned(),
    };
    // The history has the person's reason alone.
    let why = asker.reason.clone().unwrap_or_else(|| CANCELLED.to_owned());
    let mut import = import.clone();
    loop {
        if import.status == Status::Incomplete {
            return Ok(import);
        }
        let change = Change::none().asked_by(&asker).because(&why);
        match end(services, &import, change, &reason).await {
            Err(ImportError::Status { .. }) => {
                let now = Import::find(services, import.account, import.id).await?;
                if !now.status.may_become(Status::Incomplete) && now.status != Status::Incomplete {
                    return Err(ImportError::Status { import: now.id, status: now.status });
                }
                import = now;
            }
            done => return done,
        }
    }
}

/// Stops an import for good, with the reason for people.
pub async fn stop(services: &Services, import: &Import, reason: String) -> Result<Import, ImportError> {
    end(services, import, Change::none().because(&reason), &reason).await
}

async fn end(services: &Services, import: &Import, change: Change, reason: &str) -> Result<Import, ImportError> {
    let change = change.set("reason", reason).set("completed_at", services.clock.now_ms());
    let change = change.set("stopped", import.status);
    let import = transition(services, import, Status::Incomplete, change).await?;
    settle_soon(services, &import).await?;
    Ok(import)
}
