//! The sweep: on a schedule, looks at what is not settled.

use shared::services::Services;
use shared::store::StoreError;
use shared::sweep::{Swept, sweep};

/// One sweep.
pub async fn handle(services: &Services) -> Result<Swept, StoreError> {
    let swept = sweep(services).await?;
    tracing::info!(open = swept.open, woken = swept.woken, given_up = swept.given_up, "swept");
    Ok(swept)
}
