//! The end of an import that must not be loaded, by its join with the records that stand or by a quota.

use crate::import::{Change, Import, ImportError, Status, transition};
use crate::services::Services;
use crate::settle::last_step;

/// Ends an import before any row is loaded, with the reason for people, and the attributes which the caller sets.
pub async fn forbid(
    services: &Services,
    import: &Import,
    change: Change,
    reason: String,
) -> Result<Import, ImportError> {
    let change = change.set("reason", &reason).set("completed_at", services.clock.now_ms()).because(reason);
    let failed = transition(services, import, Status::Failed, change).await?;
    last_step::finish(services, &failed).await?;
    Ok(failed)
}
