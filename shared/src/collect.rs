//! Fetches the file of an import from the address that its caller gave, into the bucket.
//!
//! - **One object.** The file is stored at a key derived from the import's number, only if nothing is there. Of two parsers
//!   that fetch at once, or one after the death of the other, the first to complete stores the file, and both go on with
//!   that object.
//! - **A try at a time.** A try is noted in the import before it begins, with the time at which it has ended for certain. A
//!   second message meanwhile puts itself off to that time, so a death costs minutes and not the file.
//! - **A bounded number of tries.** Failures that pass are tried again after 30 seconds, and then after twice as long each
//!   time. Deaths count as tries. After the last try, or a failure that does not pass, the import becomes `incomplete`,
//!   with a reason that names host and cause.
//! - **A schedule's content is noted.** Of a file that a schedule fetches, the digest and the validators are noted in the import
//!   before the file is used, because the next run compares with the content that was loaded, and the file at the address may
//!   have been replaced since the run asked. If a try died before its note, the digest is read from the stored object.
//! - **Stopped with the import.** The status is read after each part of the upload, and a stopped import's upload is aborted.

use std::time::Duration;

use crate::account::allowance::quotas;
use crate::fetch::{ContentDigest, FetchError, FileContent, FileValidators, Location};
use crate::files::{FileError, Object, Upload};
use crate::import::{Import, ImportError};
use crate::queue::Message;
use crate::services::Services;
use crate::settle::stop::stop;
use crate::store::{Write, decode, keys};

/// The most tries to fetch a file.
const MOST_TRIES: u64 = 5;
/// The time after the first failed try, which each further failure doubles.
const FIRST_DELAY: Duration = Duration::from_secs(30);
/// The time that a try needs besides the fetch itself: to complete the upload.
const COMPLETION: Duration = Duration::from_secs(60);

/// The end of a try.
enum Tried {
    /// The file is in the bucket, with the content as fetched, or `None` if another try may have stored the file.
    Stored(Object, Option<FileContent>),
    /// The file was not fetched.
    Failed(FetchError),
    /// The import was stopped meanwhile.
    Stopped,
}

/// Fetches the file of an import and returns the object. `None` if the import goes on later or not at all: another
/// message comes, or the import was stopped.
pub async fn collect(services: &Services, import: &Import, location: &Location) -> Result<Option<Object>, ImportError> {
    let Some(key) = &import.awaits else { return Ok(None) };
    match services.files.head(key).await {
        // An earlier try completed the object.
        Ok(object) => return noted(services, import, object, None).await.map(Some),
        Err(FileError::Missing) => {}
        Err(error) => return Err(error.into()),
    }
    let now = services.clock.now_ms();
    if let Some(left) = import.fetch_until.map(|until| until - now).filter(|&left| left > 0) {
        come_again(services, import, Duration::from_millis(left.unsigned_abs())).await?;
        return Ok(None);
    }
    if import.fetches >= MOST_TRIES {
        give_up(services, import, format!("{}: the file was not fetched in {MOST_TRIES} tries", location.shown()))
            .await?;
        return Ok(None);
    }
    let longest = services.fetcher.limits.total + COMPLETION;
    let Some(import) = begin(services, import, now + i64::try_from(longest.as_millis()).unwrap_or(i64::MAX)).await?
    else {
        return Ok(None);
    };
    let tried = fetched(services, &import, location, key).await;
    if !matches!(tried, Ok(Tried::Stored(..))) {
        end(services, &import).await?;
    }
    match tried? {
        Tried::Stored(object, content) => noted(services, &import, object, content).await.map(Some),
        Tried::Stopped => Ok(None),
        Tried::Failed(error) if error.why.is_passing() && import.fetches < MOST_TRIES => {
            tracing::info!(account = import.account.0, import = import.id.0, tries = import.fetches, %error, "a file was not fetched; another try follows");
            let doubled = 2_u32.saturating_pow(u32::try_from(import.fetches).unwrap_or(u32::MAX).saturating_sub(1));
            come_again(services, &import, FIRST_DELAY.saturating_mul(doubled)).await?;
            Ok(None)
        }
        Tried::Failed(error) => {
            give_up(services, &import, error.to_string()).await?;
            Ok(None)
        }
    }
}

async fn come_again(services: &Services, import: &Import, delay: Duration) -> Result<(), ImportError> {
    let start = Message::Start { account: import.account, import: import.id };
    Ok(services.queues.send_after(&start, delay).await?)
}

/// Stops the import for good. An import that was stopped before stays as it is.
async fn give_up(services: &Services, import: &Import, why: String) -> Result<(), ImportError> {
    match stop(services, import, format!("the file was not fetched from {why}")).await {
        Ok(_) | Err(ImportError::Status { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Notes a try; `None` if another parser noted one first, or the import was stopped.
async fn begin(services: &Services, import: &Import, until: i64) -> Result<Option<Import>, ImportError> {
    let begin = Write::update(keys::import(import.account, import.id), "SET #fetches = :tries, #fetch_until = :until");
    let begin =
        begin.when("#status = :status AND attribute_not_exists(#source)").when_counted("#fetches", import.fetches);
    let begin = begin.bind(":tries", import.fetches + 1).bind(":until", until).bind(":status", import.status);
    match services.store.write(begin).await {
        Ok(Some(item)) => Ok(Some(decode(item)?)),
        Ok(None) => Ok(None),
        Err(error) if error.is_refused() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Notes the end of a failed try, so that the next one need not wait.
async fn end(services: &Services, import: &Import) -> Result<(), ImportError> {
    let end = Write::update(keys::import(import.account, import.id), "REMOVE #fetch_until");
    services.store.attempt(end.when_counted("#fetches", import.fetches)).await?;
    Ok(())
}

/// Fetches the file into the bucket.
async fn fetched(services: &Services, import: &Import, location: &Location, key: &str) -> Result<Tried, ImportError> {
    let quota = quotas(services, import.account).await?.file_bytes.most();
    let mut file = match services.fetcher.open(location, quota).await {
        Ok(file) => file,
        Err(error) => return Ok(Tried::Failed(error)),
    };
    let mut upload = services.files.upload(key.to_owned());
    let mut digest = ContentDigest::default();
    loop {
        let bytes = match file.next().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break,
            Err(error) => return abandoned(upload, import, Tried::Failed(error)).await,
        };
        if import.schedule.is_some() {
            digest.push(&bytes);
        }
        let parts = upload.parts();
        if let Err(error) = upload.push(&bytes).await {
            return match abandoned(upload, import, Tried::Stopped).await {
                Ok(_) => Err(error.into()),
                Err(error) => Err(error),
            };
        }
        if upload.parts() > parts {
            let now = Import::find(services, import.account, import.id).await?;
            if now.status != import.status {
                return abandoned(upload, import, Tried::Stopped).await;
            }
        }
    }
    let (object, is_ours) = upload.complete().await?;
    Ok(Tried::Stored(object, is_ours.then(|| digest.finish(file.validators))))
}

/// Notes the content of the stored object in the import if a schedule made the import. `fetched` is the content as this
/// try fetched and stored it, or `None` if another try may have stored the object.
async fn noted(
    services: &Services,
    import: &Import,
    object: Object,
    fetched: Option<FileContent>,
) -> Result<Object, ImportError> {
    if import.schedule.is_none() || import.content.is_some() {
        return Ok(object);
    }
    let content = match fetched {
        Some(content) => content,
        None => stored_content(services, &object).await?,
    };
    let note = Write::update(keys::import(import.account, import.id), "SET #content = :content");
    services.store.attempt(note.when("attribute_not_exists(#content)").bind(":content", content)).await?;
    Ok(object)
}

/// The content of an object of the bucket, without validators.
async fn stored_content(services: &Services, object: &Object) -> Result<FileContent, ImportError> {
    let mut digest = ContentDigest::default();
    let mut bytes = services.files.stream(object).await?;
    while let Some(piece) = bytes.try_next().await.map_err(|error| FileError::Sdk(error.to_string()))? {
        digest.push(&piece);
    }
    Ok(digest.finish(FileValidators::default()))
}

/// Aborts an upload. If the abort fails, the bucket's lifecycle rule deletes the parts.
async fn abandoned(upload: Upload<'_>, import: &Import, tried: Tried) -> Result<Tried, ImportError> {
    if let Err(error) = upload.abort().await {
        tracing::warn!(account = import.account.0, import = import.id.0, %error, "an upload was not aborted");
    }
    Ok(tried)
}
