//! The file of an import in parts, which its caller uploads straight to the bucket because the file is too large for one PUT.
//!
//! The upload is begun after the import is made, and its id is stored in the import, once: of two equal requests at once one
//! begins the upload that both then name. An upload that was begun and not stored is deleted by the bucket's lifecycle rule.

use serde::{Deserialize, Serialize};

use super::{Import, ImportError, Status};
use crate::files::Completion;
use crate::services::Services;
use crate::store::{Write, decode, keys};

/// An upload in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartsUpload {
    /// The id of the upload in the bucket.
    pub id: String,
    /// The bytes of the file.
    pub size: u64,
    /// The bytes of each part but the last.
    pub part: u64,
}

impl PartsUpload {
    /// The number of parts.
    pub fn count(&self) -> u32 {
        u32::try_from(self.size.div_ceil(self.part.max(1))).unwrap_or(u32::MAX)
    }

    /// The bytes of a part, by its number from 1.
    pub fn size_of(&self, number: u32) -> u64 {
        let before = u64::from(number.saturating_sub(1)) * self.part;
        self.size.saturating_sub(before).min(self.part)
    }
}

/// Begins the upload of an import's file of `size` bytes, or finds the upload that was begun before.
pub async fn begin_parts(services: &Services, import: Import, size: u64) -> Result<Import, ImportError> {
    let Some(key) = import.awaits.clone().filter(|_| import.parts.is_none() && import.awaits_file()) else {
        return Ok(import);
    };
    let parts = PartsUpload { id: services.files.begin_parts(&key).await?, size, part: services.uploads.part };
    let begun = Write::update(keys::import(import.account, import.id), "SET #parts = :parts")
        .when("#status = :new AND attribute_not_exists(#parts)")
        .bind(":parts", &parts)
        .bind(":new", Status::New);
    match services.store.write(begun).await {
        Ok(Some(item)) => Ok(decode(item)?),
        Ok(None) => Import::find(services, import.account, import.id).await,
        Err(error) if error.is_refused() => Import::find(services, import.account, import.id).await,
        Err(error) => Err(error.into()),
    }
}

/// Makes the file of the parts with these ETags, in order. The arrival of the file starts the import. A second call finds
/// the file.
///
/// # Errors
/// [`ImportError::Status`] if the import was stopped before.
pub async fn complete_parts(
    services: &Services,
    import: &Import,
    parts: &PartsUpload,
    etags: Vec<String>,
) -> Result<Completion, ImportError> {
    if import.source.is_some() {
        return Ok(Completion::Done);
    }
    let Some(key) = import.awaits.as_deref().filter(|_| import.status == Status::New) else {
        return Err(ImportError::Status { import: import.id, status: import.status });
    };
    Ok(services.files.complete_parts(key, &parts.id, etags).await?)
}
