//! Starts an import which was made with `autostart=false`.
//!
//! | the import | a start |
//! |---|---|
//! | is `new`, its file is there | makes it `queued`, with a place in its lane, and sends the message for the parser |
//! | is `new`, its file is awaited or being fetched | notes the start and who asked; the parser goes on as soon as the file is there, in that person's name |
//! | is `queued` or `processing` | changes nothing: it was started before, perhaps by a second request at the same time |
//! | has ended, or is being undone | is an error |
//!
//! The parser notes the file of a held import only while the import is held, and a start notes itself only while no file
//! is noted, so one of the two sees the other's note and goes on. If the message is lost, the sweep sends a new message.

use super::{Asker, Change, Import, ImportError, Status, lane};
use crate::queue::Message;
use crate::services::Services;
use crate::store::{Write, decode, keys};

/// Starts the import in the name of a person. Returns the import as it then is.
///
/// # Errors
/// [`ImportError::Status`] if the import has ended or is being undone.
pub async fn start(services: &Services, import: &Import, asker: &Asker) -> Result<Import, ImportError> {
    let (account, id) = (import.account, import.id);
    let mut import = import.clone();
    loop {
        match import.status {
            Status::New => {}
            Status::Queued | Status::Processing => return Ok(import),
            status => return Err(ImportError::Status { import: id, status }),
        }
        let started = match &import.source {
            Some(_) => match lane::line_up(services, &import, Change::none().asked_by(asker)).await {
                Ok(import) => Some(import),
                Err(ImportError::Status { status, .. }) if status != Status::New => None,
                Err(error) => return Err(error),
            },
            None => release(services, &import, asker).await?,
        };
        if let Some(import) = started {
            if let Err(error) = services.queues.send(&Message::Start { account, import: id }).await {
                tracing::warn!(account = account.0, import = id.0, %error, "the start message of an import was not sent; the sweep sends a new message");
            }
            return Ok(import);
        }
        import = Import::find(services, account, id).await?;
    }
}

/// Notes the start of an import whose file is not there yet, with the first person who asked for the start. `None` if the
/// file came or the status changed in between.
async fn release(services: &Services, import: &Import, asker: &Asker) -> Result<Option<Import>, ImportError> {
    let set = "SET #released = :yes, #starter = if_not_exists(#starter, :asker)";
    let release = Write::update(keys::import(import.account, import.id), set)
        .when("#status = :new AND attribute_not_exists(#source)")
        .bind(":yes", true)
        .bind(":asker", asker)
        .bind(":new", Status::New);
    match services.store.write(release).await {
        Ok(Some(item)) => Ok(Some(decode(item)?)),
        Ok(None) => Ok(None),
        Err(error) if error.is_refused() => Ok(None),
        Err(error) => Err(error.into()),
    }
}
