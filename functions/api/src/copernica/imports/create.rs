//! Makes an import of profiles.

use axum::body::Bytes;
use shared::account::allowance::admit;
use shared::import::{Import, ImportError, ImportType, NewImport, Once, Options, Origin, begin_fetch, create_or_find};
use shared::lease::nonce;
use shared::schema::Schema;

use super::super::answer::created;
use super::super::caller::At;
use super::super::databases::text_of;
use super::super::error::CopernicaError;
use super::super::request::Asked;
use super::super::routes::Answered;
use super::input::{name_of, options, wrong};
use super::source::RowsGiven;
use crate::idempotency::once;
use crate::upload::{NewFile, UploadError, accept};

/// The name of an import whose caller gave none, and whose rows came in the request.
const NAME: &str = "import";

/// Makes an import. The answer has the id, and no body.
pub async fn create(at: &At, asked: &Asked) -> Answered {
    let content: [&[u8]; 2] = [b"copernica", &asked.sent];
    let once = once(&asked.headers, at.principal.user, &content).map_err(|why| wrong("Idempotency-Key:", why))?;
    let database = text_of(&asked.body, "database")?.unwrap_or_default();
    let schema = Schema::find(&at.services, at.id(), database.trim()).await?;
    let schema = schema.ok_or_else(|| CopernicaError::saying("No database with supplied ID"))?;
    let options = options(at, &schema, &asked.body).await?;
    let rows = RowsGiven::read(asked, options.reading.delimiter.is_some())?;
    let name = name_of(&asked.body)?;
    // The semaphore is never closed, so each request gets its permit.
    let _turn = at.door.turns.acquire().await;
    let import = match rows {
        RowsGiven::Located(location) => {
            let file_name = name.unwrap_or_else(|| location.shown());
            let origin = Origin::Located { location, token: nonce() };
            if !was_made(at, once.as_ref()).await? {
                admit(&at.services, at.id(), None).await?;
            }
            let (import, is_new) = create_or_find(&at.services, &new(at, (options, file_name, origin, once))).await?;
            begin_fetch(&at.services, &import, is_new).await;
            import
        }
        RowsGiven::Sent(bytes) => store(at, (options, name.unwrap_or_else(|| NAME.to_owned()), once), bytes).await?,
    };
    Ok(created(at, import.id.0, &format!("import/{}", import.id)))
}

/// `true` if an earlier copy of the request made an import.
async fn was_made(at: &At, once: Option<&Once>) -> Result<bool, ImportError> {
    match once {
        Some(once) => Ok(once.made(&at.services, at.id()).await?.is_some()),
        None => Ok(false),
    }
}

fn new(at: &At, (options, file_name, origin, once): (Options, String, Origin, Option<Once>)) -> NewImport {
    NewImport {
        account: at.id(),
        user: at.principal.user,
        import_type: ImportType::Profiles,
        options,
        file_name,
        note: None,
        origin,
        once,
    }
}

/// Surveys the rows, makes the import, and stores the rows.
async fn store(
    at: &At,
    (options, file_name, once): (Options, String, Option<Once>),
    bytes: Bytes,
) -> Result<Import, CopernicaError> {
    let import_type = ImportType::Profiles;
    let file = NewFile { file_name, note: None, bytes, import_type, options, once };
    accept(&at.door, &at.principal, file).await.map_err(|error| match error {
        UploadError::Refused(refusal) => wrong("source:", refusal.reasons.join("; ")),
        UploadError::Delimiter(_) => wrong("delimiter", format!("does not fit the source: {error}")),
        UploadError::Import(error) => error.into(),
    })
}

impl From<ImportError> for CopernicaError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Missing(_) => Self::saying("No entity with supplied ID"),
            ImportError::NoUser(_) => Self::invalid_token(),
            ImportError::OverQuota(over) => Self::saying(format!("Quota exceeded: {over}")),
            ImportError::OtherRequest
            | ImportError::NeverStored
            | ImportError::Status { .. }
            | ImportError::TooLate { .. }
            | ImportError::NotResumable { .. } => Self::saying(format!("Invalid data provided: {error}")),
            error => Self::failed((&error).into()),
        }
    }
}
