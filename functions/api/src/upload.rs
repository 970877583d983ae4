//! Making an import from a file that came in the body of a request.

use bytes::Bytes;
use shared::account::Principal;
use shared::format::{Refusal, Remembered};
use shared::import::{Import, ImportError, NewImport, Once, Options, Origin, create_or_find, store_body};
use shared::lease::nonce;
use shared::mappings;
use shared::settle::stop::stop;

use crate::Door;

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It cannot be read, or not in one way only.
    #[error("{}", .0.reasons.join("; "))]
    Refused(Box<Refusal>),
    /// It can be read, but not with the delimiter that was asked for.
    #[error("{}; with the delimiter found from the file it can be read", .0.reasons.join("; "))]
    Delimiter(Box<Refusal>),
    /// The engine.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// Makes the import of a file, stores the file and has the import started.
pub async fn accept(
    door: &Door,
    caller: &Principal,
    file_name: &str,
    file: Bytes,
    options: Options,
    once: Option<Once>,
) -> Result<Import, UploadError> {
    // The semaphore is never closed, so each request gets its turn.
    let _turn = door.turns.acquire().await;
    if let Some(once) = &once
        && let Some(import) = once.made(&door.services, caller.account).await?
    {
        store_body(&door.services, &import, file).await?;
        return Ok(import);
    }
    // Before anything is made of the file.
    let services = &door.services;
    let remembered = match options.asks_memory() {
        true => mappings::believed(services, caller.account).await.map_err(ImportError::from)?,
        false => Remembered::default(),
    };
    door.surveys.look(&file, &options, &remembered, services.rows_per_chunk).await?;
    let new = NewImport {
        account: caller.account,
        user: caller.user,
        options,
        file_name: file_name.to_owned(),
        origin: Origin::Body { token: nonce() },
        once,
    };
    let (import, _) = create_or_find(services, &new).await?;
    if let Err(error) = store_body(services, &import, file).await {
        // The same request under its key would find the import and store its file; without a key it makes another import.
        if new.once.is_none()
            && let Err(error) = stop(services, &import, "its file could not be stored".to_owned()).await
        {
            tracing::warn!(account = import.account.0, import = import.id.0, %error, "an import is left without its file");
        }
        return Err(error.into());
    }
    Ok(import)
}

/// A file name as it is shown: its last part, without control characters.
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if safe.trim().is_empty() || safe.starts_with("..") { "import.csv".to_owned() } else { safe }
}
