//! Creates an import from a file in the body of a request.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use shared::account::allowance::admit;
use shared::account::{Account, Principal};
use shared::format::Remembered;
use shared::import::{
    Import, ImportError, ImportType, NewImport, Once, Options, Origin, ProfileOptions, create_or_find, store_body,
};
use shared::kind::survey::RefusedFile;
use shared::lease::nonce;
use shared::mappings;
use shared::profiles::pin::pinned_schema;
use shared::services::Services;
use shared::settle::stop::stop;

use crate::Door;

/// The reasons why a file is refused.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// The file cannot be read, or can be read in more ways than one.
    #[error("{}", .0.reasons.join("; "))]
    Refused(Box<RefusedFile>),
    /// The file can be read, but not with the delimiter that the caller named.
    #[error("{}; with the delimiter found from the file it can be read", .0.reasons.join("; "))]
    Delimiter(Box<RefusedFile>),
    /// The engine could not create the import or store the file.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// A file that came in the body of a request, with everything that the import needs besides the caller.
pub struct NewFile {
    /// The name of the file.
    pub file_name: String,
    /// The caller's note on the import.
    pub note: Option<String>,
    /// The content of the file.
    pub bytes: Bytes,
    /// The kind of the file's rows.
    pub import_type: ImportType,
    /// The options of the import.
    pub options: Options,
    /// The identity of the request, if the caller gave an `Idempotency-Key`.
    pub once: Option<Once>,
}

/// Surveys a file, creates the import, stores the file, and sends the message that starts the import. A
/// repeated request with the same `Idempotency-Key` returns the import of the first request. The caller holds
/// one of the door's turns.
pub async fn accept(door: &Door, caller: &Principal, new: NewFile) -> Result<Import, UploadError> {
    let NewFile { file_name, note, bytes: file, import_type, options, once } = new;
    if let Some(once) = &once
        && let Some(import) = once.made(&door.services, caller.account).await?
    {
        store_body(&door.services, &import, file).await?;
        return Ok(import);
    }
    let services = &door.services;
    admit(services, caller.account, Some(file.len() as u64)).await?;
    // The survey comes before any write, so a refused file leaves nothing behind.
    let remembered = match options.asks_memory() {
        true => mappings::believed(services, caller.account).await.map_err(ImportError::from)?,
        false => Remembered::default(),
    };
    let surveyed = with_schema(services, caller, &options).await?;
    let options_for_survey = surveyed.as_ref().unwrap_or(&options);
    door.surveys.look(&file, (import_type, options_for_survey), &remembered, services.rows_per_chunk).await?;
    let new = NewImport {
        account: caller.account,
        user: caller.user,
        import_type,
        options,
        file_name,
        note,
        origin: Origin::Body { token: nonce() },
        once,
    };
    let (import, _) = create_or_find(services, &new).await?;
    if let Err(error) = store_body(services, &import, file).await {
        // A retry with the same `Idempotency-Key` finds this import and stores its file. Without a key a retry creates
        // a new import, so this import is stopped.
        if new.once.is_none()
            && let Err(error) = stop(services, &import, "its file could not be stored".to_owned()).await
        {
            tracing::warn!(account = import.account.0, import = import.id.0, %error, "an import without file goes on");
        }
        return Err(error.into());
    }
    Ok(import)
}

/// The options of an import of profiles with the schema of its database as it is now, by which the file is surveyed. The
/// import itself pins the schema when it is planned. `None` for imports of other types.
async fn with_schema(
    services: &Services,
    caller: &Principal,
    options: &Options,
) -> Result<Option<Options>, ImportError> {
    let Some(database) = options.profiles.database else { return Ok(None) };
    let account = Account::get(services, caller.account).await?;
    let zone = account.map_or(TimeZone::UTC, |account| account.settings.zone());
    let now = Timestamp::from_millisecond(services.clock.now_ms()).unwrap_or_default().to_zoned(zone);
    let schema = pinned_schema(services, caller.account, database, &now).await?;
    Ok(Some(Options { profiles: ProfileOptions { schema, ..options.profiles.clone() }, ..options.clone() }))
}

/// The last part of a file name, without control characters and with at most 200 characters. `import.csv`
/// if nothing is left.
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if safe.trim().is_empty() || safe.starts_with("..") { "import.csv".to_owned() } else { safe }
}
