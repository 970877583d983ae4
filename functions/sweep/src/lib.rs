//! The sweep function, invoked by a schedule, looks at all imports that are not settled, and finds the schedules that are due.

use shared::services::Services;
use shared::store::StoreError;
use shared::sweep::{Others, Swept, sweep};

/// Runs the sweep once, and logs how many imports were open, woken and given up, and how many schedules were due.
pub async fn handle(services: &Services) -> Result<Swept, StoreError> {
    let swept = sweep(services, Others::MayWork).await?;
    tracing::info!(
        open = swept.open,
        woken = swept.woken,
        given_up = swept.given_up,
        due = swept.due,
        "the sweep has ended"
    );
    Ok(swept)
}
