//! Files dropped into the bucket at `inbox/<account>/<type>/<file name>`.
//!
//! A drop makes its import by itself. `<type>` is a format of time entries, `contacts`, or `auto`, which leaves the type to
//! the metadata and else to the file ([`told`]). The options and the user stand in the object's metadata, or in a side-car put
//! there before, `<file name>.options.json`. The report in `outbox/<account>/<file name>.<import>.report.json` tells
//! how the import ended. Five promises:
//!
//! - **One event, one import.** The claim of a drop contains the ETag and the event's sequencer, which S3 draws anew
//!   for each upload to a key. An event delivered twice finds its import. The same bytes dropped again make a new
//!   import, which skips duplicate rows unless the options say otherwise ([`Duplicates`]).
//! - **One after another.** The drops of an account take turns in the order of their numbers, because each drop is
//!   compared with the entries of the drops before. An import gives up its turn when settled, and the next import is
//!   called.
//! - **None is lost to the quota of open imports.** A drop waits in its lane, so drops are not refused for their number. They
//!   count as open imports of the account for those who make imports by requests.
//! - **No report holds up the line.** The turn is given up before the report is written.
//! - **Told in the end.** A dropped import stays in the index of the sweep until its turn is given up and its report is
//!   written, so neither is lost if the worker dies. If the outbox refuses a report, the sweep retries for about nine
//!   hours and then gives up with an error in the log.

pub(crate) mod report;
pub mod shown;
mod told;

use std::collections::BTreeMap;

use encoding_rs::UTF_8;
use serde_json::{Map, Value};

use crate::account::allowance::quotas;
use crate::files::place::{InboxPlace, SIDE_CAR, is_no_file};
use crate::files::{FileError, INBOX, LONGEST_KEY, Object};
use crate::format::ReadingOptions;
use crate::id::{AccountId, ThingId};
use crate::import::{
    Duplicates, EntryOptions, Import, ImportError, ImportType, NewImport, Options, Origin, Wrong, asked, create,
    read_note,
};
use crate::profiles::asked_profiles;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, Kind};
use crate::things::names::LONGEST_NAME;
use crate::things::{Thing, user};

/// The largest side-car in bytes, ample for a few lines of options.
const LARGEST_SIDE_CAR: u64 = 64 * 1024;

/// The object named by an S3 event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The key of the object, decoded from the encoding of forms.
    pub key: String,
    /// The ETag without quotes, or empty if the event has no ETag.
    pub etag: String,
    /// The sequencer of the event, which differs between two uploads to the same key.
    pub sequencer: String,
}

/// Makes the import of an object which arrived, or finds the import if the event was delivered before.
///
/// | the object | result |
/// |---|---|
/// | can be imported | the import |
/// | is larger than a quota of the account | `None`, and a report in the outbox with the size and the quota |
/// | has options which are refused | `None`, and a report in the outbox with the reasons |
/// | is missing, or its key names no account | `None`, and a warning in the log |
/// | is a side-car or a folder | `None` |
/// | was replaced since the event | `None`; the event of the later upload makes an import |
pub async fn arrived(services: &Services, arrival: &Arrival) -> Result<Option<Import>, ImportError> {
    let (bucket, key) = (services.files.bucket(), arrival.key.as_str());
    let Some(place) = InboxPlace::of(key) else {
        if !is_no_file(key) {
            tracing::warn!(bucket, key, "the key of a dropped object does not name account, type and file name");
        }
        return Ok(None);
    };
    if services.store.get(&keys::account(place.account)).await?.is_none() {
        tracing::warn!(bucket, key, account = place.account.0, "a file was dropped for an unknown account");
        return Ok(None);
    }
    let (object, metadata) = match services.files.look(key).await {
        Ok((object, _)) if !arrival.etag.is_empty() && object.etag != arrival.etag => return Ok(None),
        Ok(found) => found,
        Err(FileError::Missing) => {
            tracing::warn!(bucket, key, "S3 sent an event for an object which does not exist");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let (user, note, import_type, options) = match wanted(services, &place, &object, metadata).await? {
        Ok(wanted) => wanted,
        Err(wrong) => {
            tracing::warn!(account = place.account.0, "a dropped file was refused for the fields {:?}", wrong.keys());
            report::refused(services, &place, &object, &arrival.sequencer, &wrong).await?;
            return Ok(None);
        }
    };
    let origin = Origin::Dropped { object, sequencer: arrival.sequencer.clone() };
    let new = NewImport {
        account: place.account,
        user,
        import_type,
        options,
        file_name: place.file_name,
        note,
        origin,
        once: None,
    };
    Ok(Some(create(services, &new).await?))
}

/// The user, the note, the type and the options of a drop's import, or the errors by field.
async fn wanted(
    services: &Services,
    place: &InboxPlace,
    object: &Object,
    metadata: BTreeMap<String, String>,
) -> Result<Result<(ThingId, Option<String>, ImportType, Options), Wrong>, ImportError> {
    if let Err(over) = quotas(services, place.account).await?.admit_file(object.size) {
        return Ok(Err(Wrong::from([("file".to_owned(), vec![format!("is too large: {over}")])])));
    }
    let mut fields = match side_car(services, place).await? {
        Ok(fields) => fields,
        Err(wrong) => return Ok(Err(wrong)),
    };
    // Metadata belongs to this very object, so metadata outranks the side-car.
    fields.extend(metadata.into_iter().map(|(name, value)| (name.replace('-', "_"), Value::String(value))));
    let user = match fields.remove("user") {
        None => first_user(services, place.account).await?,
        Some(named) => named_user(services, place.account, &named).await?,
    };
    let Some(user) = user else {
        return Ok(Err(Wrong::from([("user".to_owned(), vec!["is no user of the account".to_owned()])])));
    };
    let (named, format) = match told::named(&place.kind, fields.remove("type")) {
        Ok(named) => named,
        Err(message) => return Ok(Err(Wrong::from([("type".to_owned(), vec![message])]))),
    };
    let defaults = Options {
        reading: ReadingOptions { format, ..ReadingOptions::default() },
        duplicates: Duplicates::Skip,
        entries: EntryOptions { fallback_user: Some(user), ..EntryOptions::default() },
        ..Options::default()
    };
    let note = match fields.remove("note").map_or(Ok(None), read_note) {
        Ok(note) => note,
        Err(reason) => return Ok(Err(Wrong::from([("note".to_owned(), vec![reason])]))),
    };
    let import_type = match named {
        Some(import_type) => import_type,
        None => told::by_content(services, object, &fields, &defaults).await?,
    };
    let asked = match import_type {
        ImportType::Profiles => {
            let asked =
                asked_profiles(services, place.account, fields, Options { duplicates: Duplicates::Create, ..defaults });
            asked.await?.map(|(options, _)| options)
        }
        ImportType::TimeEntries | ImportType::Contacts => asked(import_type, fields, defaults),
    };
    let options = match asked {
        Ok(options) => options,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if let Some(fallback) = options.entries.fallback_user
        && Thing::get(services, place.account, Kind::User, fallback).await?.is_none()
    {
        return Ok(Err(Wrong::from([("fallback_user".to_owned(), vec!["does not exist".to_owned()])])));
    }
    if !options.autostart {
        // The drops behind would wait as well.
        return Ok(Err(Wrong::from([("autostart".to_owned(), vec!["is always true for a dropped file".to_owned()])])));
    }
    Ok(Ok((user, note, import_type, options)))
}

/// The options in the side-car, or no options without a side-car. Editors and shells may write a byte order mark first,
/// some in UTF-16.
async fn side_car(services: &Services, place: &InboxPlace) -> Result<Result<Map<String, Value>, Wrong>, ImportError> {
    let InboxPlace { account, kind, file_name } = place;
    let key = format!("{INBOX}/{account}/{kind}/{file_name}{SIDE_CAR}");
    if key.len() > LONGEST_KEY {
        return Ok(Ok(Map::new()));
    }
    let wrong =
        |message: String| Wrong::from([("options".to_owned(), vec![format!("{file_name}{SIDE_CAR} {message}")])]);
    let object = match services.files.head(&key).await {
        Ok(object) if object.size > LARGEST_SIDE_CAR => {
            return Ok(Err(wrong(format!("has more than {LARGEST_SIDE_CAR} bytes"))));
        }
        Ok(object) => object,
        Err(FileError::Missing) => return Ok(Ok(Map::new())),
        Err(error) => return Err(error.into()),
    };
    let bytes = services.files.range(&object, 0..object.size).await?;
    let (text, _, is_malformed) = UTF_8.decode(&bytes);
    if is_malformed {
        return Ok(Err(wrong("is no text in UTF-8".to_owned())));
    }
    Ok(serde_json::from_str(&text).map_err(|error| wrong(format!("is no JSON object: {error}"))))
}

/// The user named by id or e-mail address in the options, or `None` if no user matches.
async fn named_user(services: &Services, account: AccountId, named: &Value) -> Result<Option<ThingId>, StoreError> {
    let text = named.as_str().map(str::trim).unwrap_or_default();
    let id = named.as_u64().map(ThingId).or_else(|| text.parse().ok());
    match id {
        // No e-mail address is so long, and no key could hold the text.
        None if text.len() > LONGEST_NAME => Ok(None),
        Some(id) => Ok(Thing::get(services, account, Kind::User, id).await?.map(|user| user.id)),
        None => user::by_email(services, account, &user::normal_email(text)).await,
    }
}

/// The account's user with the lowest id, or `None` if the account has no user.
async fn first_user(services: &Services, account: AccountId) -> Result<Option<ThingId>, StoreError> {
    let mut query = keys::things(account, Kind::User).limit(10);
    loop {
        let (items, last) = services.store.page(&query).await?;
        match (Thing::get_listed(items)?.first(), last) {
            (Some(user), _) => return Ok(Some(user.id)),
            (None, Some(last)) => query = query.after(last),
            (None, None) => return Ok(None),
        }
    }
}
