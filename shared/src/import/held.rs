//! Imports whose data a door stores, replaces and starts in requests of their own.
//!
//! Such an import is made with `autostart=false` and stays `new` until somebody starts it. Its data are an object of the
//! bucket that the import's item names, and each replacement is a new object: a start pins what it has seen, and whoever
//! reads the import before reads a whole object. Objects that were replaced stay in the bucket, as every file does.
//!
//! | two requests at once | result |
//! |---|---|
//! | two starts | one of the two starts the import, the other one gets the status that it found |
//! | a replacement and a start | the replacement comes first and is loaded, or is refused |

use bytes::Bytes;

use super::lane::line_up;
use super::{Asker, Change, Import, ImportError, Options, Status};
use crate::files::Object;
use crate::lease::nonce;
use crate::queue::Message;
use crate::services::Services;
use crate::store::{Write, decode, keys};

/// Stores data for an import that was not started yet, as a new object.
pub async fn put_data(services: &Services, import: &Import, data: Bytes) -> Result<Object, ImportError> {
    let place =
        import.awaits.as_ref().ok_or_else(|| ImportError::Impossible("the import has no place for data".to_owned()))?;
    Ok(services.files.put(&format!("{place}.{}", nonce()), data).await?)
}

/// Gives an import that was not started yet other options, and other data unless `data` is `None`.
///
/// # Errors
/// [`ImportError::Status`] if the import was started, or stopped, in between.
pub async fn replace(
    services: &Services,
    import: &Import,
    options: &Options,
    data: Option<&Object>,
) -> Result<Import, ImportError> {
    let set = match data {
        Some(_) => "SET #options = :options, #source = :source",
        None => "SET #options = :options",
    };
    let key = keys::import(import.account, import.id);
    let write = Write::update(key, set).when("#status = :new").bind(":options", options).bind(":new", Status::New);
    let write = match data {
        Some(object) => write.bind(":source", object),
        None => write,
    };
    match services.store.write(write).await {
        Ok(Some(item)) => Ok(decode(item)?),
        Ok(None) => Import::find(services, import.account, import.id).await,
        Err(error) if error.is_refused() => {
            let now = Import::find(services, import.account, import.id).await?;
            Err(ImportError::Status { import: now.id, status: now.status })
        }
        Err(error) => Err(error.into()),
    }
}

/// Starts an import that was not started before, with the data given. The parser is not called: the door plans the import
/// itself, or [`call_parser`] does. If the door dies in between, the sweep finds the import standing still.
///
/// # Errors
/// [`ImportError::Status`] if somebody else started or stopped the import.
pub async fn start_here(
    services: &Services,
    import: &Import,
    data: &Object,
    asker: &Asker,
) -> Result<Import, ImportError> {
    line_up(services, import, Change::none().asked_by(asker).set("source", data)).await
}

/// Has the parser plan a started import.
pub async fn call_parser(services: &Services, import: &Import) {
    let start = Message::Start { account: import.account, import: import.id };
    if let Err(error) = services.queues.send(&start).await {
        tracing::warn!(account = import.account.0, import = import.id.0, %error, "the start message of an import was not sent; the sweep sends a new message");
    }
}
