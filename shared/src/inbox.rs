//! Files that are dropped into the bucket: `inbox/<account>/<type>/<file name>`.
//!
//! A drop makes its import by itself. How it is to be read and loaded stands in the object's metadata, or in a side-car
//! `<file name>.options.json` that was put there first; in whose name, too. Its report, in
//! `outbox/<account>/<file name>.<import>.report.json`, says how the import ended. Four promises:
//!
//! - **One event, one import.** The claim of a drop holds its ETag and the event's sequencer, which S3 draws for each
//!   writing of a key: so an event that comes twice finds its import, and the same bytes dropped again make a new one,
//!   which skips the rows that are there already unless it is told otherwise ([`Duplicates`]).
//! - **One after another.** The drops of an account take turns, in the order of their numbers, for a drop is compared
//!   with what those before it brought. The turn is given up when the import is settled; then the next is called.
//! - **No report holds the line.** The turn is given up first, whatever becomes of the report.
//! - **Told in the end.** A dropped import stays in the sweep's sight until its turn is given up and its report is written,
//!   so neither is lost with whoever settled it. A report that the outbox refuses is tried again by the sweep for about
//!   nine hours, and then given up with an error in the log.

mod report;
pub mod shown;

use std::collections::BTreeMap;

use encoding_rs::UTF_8;
use serde_json::{Map, Value};

use crate::files::place::{Place, SIDE_CAR, is_no_file};
use crate::files::{FileError, INBOX, LONGEST_KEY};
use crate::format::{FormatName, ReadingOptions};
use crate::id::{AccountId, ThingId};
use crate::import::{
    Duplicates, EntryOptions, Import, ImportError, NewImport, Options, Origin, Wrong, asked, create, lane,
};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write, decode};
use crate::things::names::LONGEST_NAME;
use crate::things::{Thing, user};

/// A side-car is a few lines.
const LARGEST_SIDE_CAR: u64 = 64 * 1024;
/// Types that mean: find out.
const ANY_TYPE: [&str; 2] = ["auto", "autodetect"];

/// An object that S3 tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its key, decoded.
    pub key: String,
    /// Its ETag, without quotes; empty if the event does not tell.
    pub etag: String,
    /// What tells one writing of the key from others.
    pub sequencer: String,
}

/// Makes the import of an object that arrived; or finds it, if the event comes again. Nothing for what cannot become an
/// import: then the report says why. A drop that nobody can be told of is a warning in the log; of an object that was
/// replaced another event tells.
pub async fn arrived(services: &Services, arrival: &Arrival) -> Result<Option<Import>, ImportError> {
    let (bucket, key) = (services.files.bucket(), arrival.key.as_str());
    let Some(place) = Place::of(key) else {
        if !is_no_file(key) {
            tracing::warn!(bucket, key, "a file lies where it names no account, type and file name");
        }
        return Ok(None);
    };
    if services.store.get(&keys::account(place.account)).await?.is_none() {
        tracing::warn!(bucket, key, account = place.account.0, "a file was dropped for an account that is not there");
        return Ok(None);
    }
    let (object, metadata) = match services.files.look(key).await {
        Ok((object, _)) if !arrival.etag.is_empty() && object.etag != arrival.etag => return Ok(None),
        Ok(found) => found,
        Err(FileError::Missing) => {
            tracing::warn!(bucket, key, "S3 told of an object that is not there");
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let (user, options) = match wanted(services, &place, metadata).await? {
        Ok(wanted) => wanted,
        Err(wrong) => {
            tracing::warn!(account = place.account.0, "a dropped file cannot be imported: {:?}", wrong.keys());
            report::refused(services, &place, &object, &arrival.sequencer, &wrong).await?;
            return Ok(None);
        }
    };
    let origin = Origin::Dropped { object, sequencer: arrival.sequencer.clone() };
    let new = NewImport { account: place.account, user, options, file_name: place.file_name, origin, once: None };
    Ok(Some(create(services, &new).await?))
}

/// In whose name a drop is imported, and how.
async fn wanted(
    services: &Services,
    place: &Place,
    metadata: BTreeMap<String, String>,
) -> Result<Result<(ThingId, Options), Wrong>, ImportError> {
    let mut fields = match side_car(services, place).await? {
        Ok(fields) => fields,
        Err(wrong) => return Ok(Err(wrong)),
    };
    // What is said of the very object outranks what lies beside it.
    fields.extend(metadata.into_iter().map(|(name, value)| (name.replace('-', "_"), Value::String(value))));
    let user = match fields.remove("user") {
        None => first_user(services, place.account).await?,
        Some(named) => named_user(services, place.account, &named).await?,
    };
    let Some(user) = user else {
        return Ok(Err(Wrong::from([("user".to_owned(), vec!["is no user of the account".to_owned()])])));
    };
    let format = (!ANY_TYPE.contains(&place.kind.as_str())).then(|| place.kind.parse::<FormatName>()).transpose();
    let format = match format {
        Ok(format) => format,
        Err(unknown) => {
            let message = format!("{unknown}, or {}", ANY_TYPE[0]);
            return Ok(Err(Wrong::from([("type".to_owned(), vec![message])])));
        }
    };
    let defaults = Options {
        reading: ReadingOptions { format, ..ReadingOptions::default() },
        entries: EntryOptions { fallback_user: Some(user), duplicates: Duplicates::Skip, ..EntryOptions::default() },
        ..Options::default()
    };
    let options = match asked(fields, defaults) {
        Ok(options) => options,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if let Some(fallback) = options.entries.fallback_user
        && Thing::get(services, place.account, Kind::User, fallback).await?.is_none()
    {
        return Ok(Err(Wrong::from([("fallback_user".to_owned(), vec!["does not exist".to_owned()])])));
    }
    Ok(Ok((user, options)))
}

/// What the side-car says, if there is one. Editors and shells begin it with a byte order mark, some in UTF-16.
async fn side_car(services: &Services, place: &Place) -> Result<Result<Map<String, Value>, Wrong>, ImportError> {
    let Place { account, kind, file_name } = place;
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

/// The user that somebody names by id or e-mail address.
async fn named_user(services: &Services, account: AccountId, named: &Value) -> Result<Option<ThingId>, StoreError> {
    let text = named.as_str().map(str::trim).unwrap_or_default();
    let id = named.as_u64().map(ThingId).or_else(|| text.parse().ok());
    match id {
        // No address is that long, and no key could hold it.
        None if text.len() > LONGEST_NAME => Ok(None),
        Some(id) => Ok(Thing::get(services, account, Kind::User, id).await?.map(|user| user.id)),
        None => user::by_email(services, account, &user::normal_email(text)).await,
    }
}

/// The account's first user.
async fn first_user(services: &Services, account: AccountId) -> Result<Option<ThingId>, StoreError> {
    let mut query = keys::things(account, Kind::User).limit(10);
    loop {
        let (items, last) = services.store.page(&query).await?;
        let users: Vec<Thing> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        match (users.iter().find(|user| !user.is_spent()), last) {
            (Some(user), _) => return Ok(Some(user.id)),
            (None, Some(last)) => query = query.after(last),
            (None, None) => return Ok(None),
        }
    }
}

/// Finishes a dropped import that is settled: its place in its lane is given up, the next in line is called, and the report is
/// written. Doing it twice is doing it once; for an import that was not dropped nothing is done. False, if the report could
/// not be written: then the import stays in the sweep's sight.
pub(crate) async fn finish(services: &Services, import: &Import) -> Result<bool, ImportError> {
    if !import.is_dropped() {
        return Ok(true);
    }
    lane::leave(services, import).await?;
    write_report(services, import).await
}

/// Writes the report of a dropped import that is settled, and takes it out of the sweep's sight. False, if the report
/// could not be written.
pub(crate) async fn write_report(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let mut import = import.clone();
    loop {
        if let Err(error) = report::settled(services, &import).await {
            tracing::warn!(account = import.account.0, import = import.id.0, %error, "the report of a drop is not written");
            return Ok(false);
        }
        if forget(services, &import).await? {
            return Ok(true);
        }
        // The report of an undo may have been overwritten just now by this one, which is older.
        import = Import::find(services, import.account, import.id).await?;
        if !import.status.is_settled() {
            return Ok(true);
        }
    }
}

/// Takes a settled import out of the sweep's sight. False, if its status is another by now.
pub(crate) async fn forget(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let rest = Write::update(keys::import(import.account, import.id), "REMOVE #open, #opened")
        .when("#status = :status")
        .bind(":status", import.status);
    match services.store.write(rest).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_refused() => Ok(false),
        Err(error) => Err(error.into()),
    }
}
