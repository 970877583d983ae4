//! The address for a file that a caller uploads straight to S3, or the addresses of its parts.

use serde_json::{Value, json};
use shared::import::{Import, ImportError, Status, begin_parts};
use shared::services::Services;

use super::Problem;
use crate::native::parts::{LIFETIME, addresses};

/// A presigned PUT, valid for the exact key and size, which succeeds once. The client has to send the signed `headers`
/// with the PUT. A file that is too large for one PUT gets the addresses of its first parts. `None` for a repeated
/// request whose file has arrived.
pub async fn address(services: &Services, base: &str, import: Import, size: u64) -> Result<Option<Value>, Problem> {
    let import = match size > services.uploads.single {
        true => begin_parts(services, import, size).await?,
        false => import,
    };
    let is_awaited = import.status == Status::New && import.awaits_file();
    let Some(key) = import.awaits.as_deref().filter(|_| is_awaited) else { return Ok(None) };
    if let Some(parts) = &import.parts {
        return addresses(services, base, &import, parts, 1).await.map(Some);
    }
    let put = services.files.presigned_put(key, size, LIFETIME).await.map_err(ImportError::from)?;
    let expires_in = LIFETIME.as_secs();
    Ok(Some(json!({ "method": "PUT", "url": put.url, "headers": put.headers, "expires_in": expires_in })))
}
