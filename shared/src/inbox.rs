//! Files that are dropped into the bucket: `inbox/<account>/<type>/<file name>`.
//!
//! A drop makes its import by itself. How it is to be read and loaded stands in the object's metadata, or in a side-car
//! `<file name>.options.json` that was put there first; in whose name, too. What became of it is told in
//! `outbox/<account>/<file name>.report.json`. Three promises:
//!
//! - **One event, one import.** The claim of a drop holds its ETag and the event's sequencer, which S3 draws for each
//!   writing of a key: so an event that comes twice finds its import, and the same bytes dropped again make a new one,
//!   which skips the rows that are there already unless it is told otherwise ([`Duplicates`]).
//! - **One after another.** The drops of an account take turns, in the order of their numbers, for a drop is compared
//!   with what those before it brought. The turn is given up when the import is settled; then the next is called.
//! - **Told in the end.** A dropped import stays in the sweep's sight until its report is written and its turn is given
//!   up, so neither is lost with whoever settled it.

mod report;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::entity::{LONGEST_NAME, Thing, user};
use crate::files::{FileError, INBOX};
use crate::format::FormatName;
use crate::id::{AccountId, ImportId, ThingId};
use crate::import::{Duplicates, Import, ImportError, NewImport, Options, Origin, Wrong, asked, create};
use crate::queue::Message;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write, decode};

/// The end of a side-car's name.
const SIDE_CAR: &str = ".options.json";
/// A side-car is a few lines.
const LARGEST_SIDE_CAR: u64 = 64 * 1024;
/// Types that mean: find out.
const ANY_TYPE: [&str; 2] = ["auto", "autodetect"];

/// An object that S3 tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its key.
    pub key: String,
    /// Its ETag, without quotes; empty if the event does not tell.
    pub etag: String,
    /// What tells one writing of the key from others.
    pub sequencer: String,
}

/// Where a dropped file lies, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub account: AccountId,
    /// The folder that says what the file is.
    pub kind: String,
    /// The rest of the key.
    pub file_name: String,
}

impl Place {
    /// The place that a key names; nothing for a key elsewhere, a folder or a side-car.
    pub fn of(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(INBOX)?.strip_prefix('/')?.splitn(3, '/');
        let account = parts.next()?.parse().ok().map(AccountId)?;
        let (kind, file_name) = (parts.next()?, parts.next()?);
        if file_name.is_empty() || file_name.ends_with('/') || file_name.ends_with(SIDE_CAR) {
            return None;
        }
        Some(Self { account, kind: kind.to_owned(), file_name: file_name.to_owned() })
    }
}

/// Who holds or awaits a turn.
#[derive(Serialize, Deserialize)]
struct Turn {
    import: ImportId,
}

/// Makes the import of an object that arrived; or finds it, if the event comes again. Nothing for what cannot become an
/// import: then the report says why, unless the object is gone or was replaced, of which another event tells.
pub async fn arrived(services: &Services, arrival: &Arrival) -> Result<Option<Import>, ImportError> {
    let Some(place) = Place::of(&arrival.key) else { return Ok(None) };
    if services.store.get(&keys::account(place.account)).await?.is_none() {
        tracing::warn!(account = place.account.0, "a file was dropped for an account that is not there");
        return Ok(None);
    }
    let (object, metadata) = match services.files.look(&arrival.key).await {
        Ok((object, _)) if !arrival.etag.is_empty() && object.etag != arrival.etag => return Ok(None),
        Ok(found) => found,
        Err(FileError::Missing) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (user, options) = match wanted(services, &place, metadata).await? {
        Ok(wanted) => wanted,
        Err(wrong) => {
            tracing::warn!(account = place.account.0, "a dropped file cannot be imported: {:?}", wrong.keys());
            report::refused(services, &place, &object, &wrong).await?;
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
    let defaults = Options { format, fallback_user: Some(user), duplicates: Duplicates::Skip, ..Options::default() };
    let options = match asked(fields, defaults) {
        Ok(options) => options,
        Err(wrong) => return Ok(Err(wrong)),
    };
    if let Some(fallback) = options.fallback_user
        && Thing::get(services, place.account, Kind::User, fallback).await?.is_none()
    {
        return Ok(Err(Wrong::from([("fallback_user".to_owned(), vec!["does not exist".to_owned()])])));
    }
    Ok(Ok((user, options)))
}

/// What the side-car says, if there is one.
async fn side_car(services: &Services, place: &Place) -> Result<Result<Map<String, Value>, Wrong>, ImportError> {
    let Place { account, kind, file_name } = place;
    let key = format!("{INBOX}/{account}/{kind}/{file_name}{SIDE_CAR}");
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
    Ok(serde_json::from_slice(&bytes).map_err(|error| wrong(format!("is no JSON object: {error}"))))
}

/// The user that somebody names by id or e-mail address.
async fn named_user(services: &Services, account: AccountId, named: &Value) -> Result<Option<ThingId>, StoreError> {
    let text = named.as_str().map(str::trim).unwrap_or_default();
    let id = named.as_u64().or_else(|| text.parse().ok()).map(ThingId);
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

/// The write by which a drop gets in line.
pub(crate) fn get_in_line(account: AccountId, import: ImportId) -> Write {
    Write::put(keys::turn(account, import), &Turn { import }).when_absent()
}

/// Whether a dropped import may be planned: nobody is before it.
pub(crate) async fn has_its_turn(services: &Services, import: &Import) -> Result<bool, StoreError> {
    Ok(!import.is_dropped() || whose_turn(services, import.account).await?.is_none_or(|first| first >= import.id))
}

async fn whose_turn(services: &Services, account: AccountId) -> Result<Option<ImportId>, StoreError> {
    let (items, _) = services.store.page(&keys::turns(account).limit(1)).await?;
    let turn: Option<Turn> = items.into_iter().next().map(decode).transpose()?;
    Ok(turn.map(|turn| turn.import))
}

/// What is left to do when a dropped import is settled: its report, its turn, the next in line. All of it can be done
/// twice, and the sweep does what is left.
pub(crate) async fn finish(services: &Services, import: &Import) -> Result<(), ImportError> {
    report::settled(services, import).await?;
    services.store.write(Write::delete(keys::turn(import.account, import.id))).await?;
    if let Some(next) = whose_turn(services, import.account).await? {
        services.queues.send(&Message::Start { account: import.account, import: next }).await?;
    }
    let rest = Write::update(keys::import(import.account, import.id), "REMOVE #open, #opened")
        .when("#status = :status")
        .bind(":status", import.status);
    match services.store.write(rest).await {
        Err(error) if !error.is_refused() => Err(error.into()),
        _ => Ok(()),
    }
}
