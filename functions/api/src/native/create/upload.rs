//! The address for a file that a caller uploads straight to S3.

use std::time::Duration;

use serde_json::{Value, json};
use shared::import::{Import, ImportError, Status};
use shared::services::Services;

use super::Problem;

/// The largest file in bytes, which is S3's limit for a single PUT.
pub const LARGEST: u64 = 5 << 30;
/// The time for which the upload's URL is valid.
const LIFETIME: Duration = Duration::from_secs(3600);

/// A presigned PUT, valid for the exact key and size, which succeeds once. The client has to send the signed `headers` with
/// the PUT. `None` for a repeated request whose file has arrived.
pub async fn address(services: &Services, import: &Import, size: u64) -> Result<Option<Value>, Problem> {
    let is_awaited = import.status == Status::New && import.awaits_file();
    let Some(key) = import.awaits.as_deref().filter(|_| is_awaited) else { return Ok(None) };
    let put = services.files.presigned_put(key, size, LIFETIME).await.map_err(ImportError::from)?;
    let expires_in = LIFETIME.as_secs();
    Ok(Some(json!({ "method": "PUT", "url": put.url, "headers": put.headers, "expires_in": expires_in })))
}
