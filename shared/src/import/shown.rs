//! An import as it is shown.

use serde_json::{Value, json};

use super::{Import, ImportError};
use crate::services::Services;

/// The import with its counts.
pub async fn shown(services: &Services, import: &Import) -> Result<Value, ImportError> {
    let counts = import.counts(services).await?;
    Ok(json!({
        "id": import.id,
        "status": import.status,
        "file_name": import.file_name,
        "rows": import.rows,
        "counts": {"created": counts.created, "skipped": counts.skipped, "failed": counts.failed},
        "duplicates": counts.duplicates,
        "reasons": import.reason.iter().collect::<Vec<_>>(),
    }))
}
