//! Making an import from a file that came in the body of a request.

use bytes::Bytes;
use shared::account::Principal;
use shared::files::{SOURCES, key_part};
use shared::format::Refusal;
use shared::import::{Import, ImportError, NewImport, Once, Options, Origin, create_or_find};
use shared::lease::nonce;
use shared::queue::Message;

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

/// Stores the file, makes its import and has it started.
pub async fn accept(
    door: &Door,
    caller: &Principal,
    file_name: &str,
    file: Bytes,
    options: Options,
    once: Option<Once>,
) -> Result<Import, UploadError> {
    if let Some(once) = &once
        && let Some(import) = once.made(&door.services, caller.account).await?
    {
        return Ok(import);
    }
    // Before anything is made of the file.
    door.surveys.look(&file, &options, door.services.rows_per_chunk).await?;
    let services = &door.services;
    // The same request sent twice at once puts the same object twice.
    let own = once.as_ref().map_or_else(nonce, Once::digest);
    let key = format!("{SOURCES}/{}/{own}/{}", caller.account, key_part(file_name));
    let object = services.files.put(&key, file).await.map_err(ImportError::from)?;
    let new = NewImport {
        account: caller.account,
        user: caller.user,
        options,
        file_name: file_name.to_owned(),
        origin: Origin::Stored(object),
        once,
    };
    let (import, made) = create_or_find(services, &new).await?;
    if !made {
        return Ok(import);
    }
    let start = Message::Start { account: import.account, import: import.id };
    if let Err(error) = services.queues.send(&start).await {
        // The import stands and is queued; the sweep sends the message again.
        tracing::warn!(import = import.id.0, %error, "the start of an import could not be sent");
    }
    Ok(import)
}

/// A file name as it is shown: its last part, without control characters.
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if safe.trim().is_empty() || safe.starts_with("..") { "import.csv".to_owned() } else { safe }
}
