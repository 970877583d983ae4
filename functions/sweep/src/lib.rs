//! The sweep: on a schedule, looks at what is not settled.

use shared::services::Services;
use shared::store::StoreError;
use shared::sweep::{Others, Swept, sweep};

/// One sweep.
pub async fn handle(services: &Services) -> Result<Swept, StoreError> {
    let swept = sweep(services, Others::MayWork).await?;
    tracing::info!(open = swept.open, woken = swept.woken, given_up = swept.given_up, "swept");
    Ok(swept)
}
