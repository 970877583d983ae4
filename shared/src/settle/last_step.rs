//! The last step of an import after it is settled or undone: the views of its database are built again if the import asks
//! for it, its place in a lane is given up, the next import is called, and the report of a drop is written.
//!
//! The import stays in the index of the sweep until the step is done, so nothing is lost if the worker dies. No report
//! holds up the line: the place is given up before the report is written.

use jiff::tz::TimeZone;

use crate::account::Account;
use crate::dispatch;
use crate::import::{Import, ImportError, lane};
use crate::inbox::report;
use crate::services::Services;
use crate::store::{Write, keys};

/// Takes the last step of a settled import. A second call changes nothing, and nothing is done for an import without a
/// last step. `false` if the report could not be written; the import then stays in the index of the sweep.
pub async fn finish(services: &Services, import: &Import) -> Result<bool, ImportError> {
    if !import.has_last_step() {
        return Ok(true);
    }
    if import.options.profiles.rebuild && import.started_at.is_some() {
        // Boxed like all rare branches.
        Box::pin(rebuild(services, import)).await?;
    }
    lane::leave(services, import).await?;
    write_report(services, import).await
}

async fn rebuild(services: &Services, import: &Import) -> Result<(), ImportError> {
    let account = Account::get(services, import.account).await?;
    let zone = account.map_or(TimeZone::UTC, |account| account.settings.zone());
    Ok(dispatch::rebuild(services, import, services.clock.now().to_zoned(zone)).await?)
}

/// Writes the report of a settled import if it was dropped, and removes the import from the index of the sweep. `false`
/// if the report could not be written.
pub async fn write_report(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let mut import = import.clone();
    loop {
        if let Err(error) = report::settled(services, &import).await {
            tracing::warn!(account = import.account.0, import = import.id.0, %error, "a drop's report was not written");
            return Ok(false);
        }
        if forget(services, &import).await? {
            return Ok(true);
        }
        // An undo in between may have written a newer report, which this older report has just overwritten: write
        // again.
        import = Import::find(services, import.account, import.id).await?;
        if !import.status.is_settled() {
            return Ok(true);
        }
    }
}

/// Removes a settled import from the index of the sweep. `false` if the status has changed in between, also if the import
/// has come to the same status again.
pub async fn forget(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let rest = Write::update(keys::import(import.account, import.id), "REMOVE #open, #opened")
        .when("#status = :status AND #updated_at = :seen")
        .bind(":status", import.status)
        .bind(":seen", import.updated_at);
    Ok(services.store.attempt(rest).await?)
}
