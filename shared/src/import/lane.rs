//! Lanes: imports which must not run at the same time take turns.
//!
//! | lane | imports | why |
//! |---|---|---|
//! | `entries` | dropped files with time entries | each drop is compared with the entries of the drops before |
//! | `contacts` | all imports of contacts, from every door | two imports with the same address or name give one person |
//! | `profiles.12` | all imports of profiles into the database 12 | two imports with the same key give one profile, the later winning |
//!
//! An import takes its place when it is **started**: in the transaction which makes it `queued`, whether it is made so,
//! its file arrives, or somebody starts or resumes it. The parser plans the first in line, and whoever settles an import
//! calls the next. Undos and edits by hand take no lane.
//!
//! # Places
//!
//! A place is a number of the account's counter of imports, and the lowest place comes first. The place of an import
//! which is made `queued` is its own number. An import which is started later, or resumed, draws a number for its place,
//! so it stands behind all imports queued before, and the number stays a gap among the imports. Number and place are
//! written in one transaction with the counter: otherwise an import could begin as the first in line, and a lower place
//! could come in front of it afterwards.
//!
//! A stopped import gives up its place once none of its chunks can be committed any more: at once if no loader is at
//! work, and else when the last loader has committed its chunk, or its lease has ended. The sweep gives up an import
//! which holds the first place and stands still for an hour.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Change, Import, ImportError, ImportType, Options, Status, transition};
use crate::id::{AccountId, ImportId, OwnerId};
use crate::queue::Message;
use crate::services::Services;
use crate::store::keys::Counter;
use crate::store::{Key, Patience, StoreError, Write, decode, keys};

/// How long an import tries to draw its place while other imports draw their numbers: shorter than the API function's
/// time-out of 29 seconds.
const DRAWING: Duration = Duration::from_secs(20);

/// A lane of an account, in which imports take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Lane {
    /// The lane of dropped files with time entries.
    Entries,
    /// The lane of all imports of contacts.
    Contacts,
    /// The lane of all imports of profiles into a database.
    Profiles(OwnerId),
}

/// The word of the lane of a database, in front of a dot and the database.
const PROFILES: &str = "profiles";

/// The error for a text which names no lane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no lane")]
pub struct UnknownLane(String);

impl From<Lane> for String {
    fn from(lane: Lane) -> Self {
        lane.name()
    }
}

impl TryFrom<String> for Lane {
    type Error = UnknownLane;

    fn try_from(name: String) -> Result<Self, UnknownLane> {
        let database = |name: &str| name.strip_prefix(PROFILES)?.strip_prefix('.')?.parse().ok();
        match name.as_str() {
            "entries" => Ok(Self::Entries),
            "contacts" => Ok(Self::Contacts),
            other => database(other).map(Self::Profiles).ok_or(UnknownLane(name)),
        }
    }
}

impl Lane {
    /// The lane of an import of this type with these options, or `None` for an import which takes no lane.
    pub fn of(import_type: ImportType, options: &Options, is_dropped: bool) -> Option<Self> {
        match import_type {
            ImportType::TimeEntries => is_dropped.then_some(Self::Entries),
            ImportType::Contacts => Some(Self::Contacts),
            ImportType::Profiles => options.profiles.database.map(Self::Profiles),
        }
    }

    /// The word for the lane in keys and stored items, for example `profiles.12`.
    pub fn name(self) -> String {
        match self {
            Self::Entries => "entries".to_owned(),
            Self::Contacts => "contacts".to_owned(),
            Self::Profiles(database) => format!("{PROFILES}.{database}"),
        }
    }
}

/// The place of an import in its lane.
#[derive(Serialize, Deserialize)]
struct Turn {
    import: ImportId,
}

/// The first place of a lane, with the import which stands there.
struct First {
    place: u64,
    import: ImportId,
}

/// The write by which an import gets in line, at the end.
pub(super) fn get_in_line(account: AccountId, import: ImportId, lane: Lane, place: u64) -> Write {
    Write::put(keys::turn(account, &lane.name(), place), &Turn { import }).when_absent()
}

/// The lane and the place which the import has taken, or had taken before it was settled. `None` for an import which
/// takes no lane or was never started.
fn taken(import: &Import) -> Option<(Lane, u64)> {
    let lane = import.lane()?;
    // Drops are made `queued`. The item of a drop has no place until the drop is resumed.
    let place = import.place.or((lane == Lane::Entries).then_some(import.id.0))?;
    Some((lane, place))
}

fn key((lane, place): (Lane, u64), import: &Import) -> Key {
    keys::turn(import.account, &lane.name(), place)
}

/// Makes an import `queued` which was not started before. An import with a lane takes its place at the end of the line.
///
/// # Errors
/// [`ImportError::Status`] if the import has changed since the caller read it.
pub(crate) async fn line_up(services: &Services, import: &Import, change: Change) -> Result<Import, ImportError> {
    if import.lane().is_none() {
        return transition(services, import, Status::Queued, change).await;
    }
    let mut patience = Patience::lasting(DRAWING);
    loop {
        let change = take_place(services, import, change.clone()).await?;
        match transition(services, import, Status::Queued, change).await {
            // Another import drew the number, or this import has changed.
            Err(error @ (ImportError::Status { .. } | ImportError::Store(StoreError::Busy(_)))) => {
                let now = Import::find(services, import.account, import.id).await?;
                if (now.status, now.updated_at) != (import.status, import.updated_at) {
                    return Err(error);
                }
                patience.wait(false, "many imports are being made at once").await?;
            }
            done => return done,
        }
    }
}

/// Adds the writes to a change of status by which the import takes a place at the end of its lane, and gives up the
/// place which it had. Adds nothing for an import which takes no lane.
pub(super) async fn take_place(services: &Services, import: &Import, change: Change) -> Result<Change, StoreError> {
    let Some(lane) = import.lane() else { return Ok(change) };
    let (account, counter) = (import.account, keys::counter(import.account, Counter::Imports));
    let last = services.store.last_dated(&counter).await?.number;
    let raise = Write::update(counter, "SET #n = :next").when("#n = :last").bind(":next", last + 1);
    let change = change.set("place", last + 1).also(raise.bind(":last", last));
    let change = change.also(get_in_line(account, import.id, lane, last + 1));
    Ok(match taken(import) {
        Some(before) => change.also(Write::delete(key(before, import))),
        None => change,
    })
}

/// `true` if the import may be planned, because the import takes no lane or stands first in its lane.
pub(crate) async fn has_its_turn(services: &Services, import: &Import) -> Result<bool, StoreError> {
    match taken(import) {
        Some((lane, place)) => {
            Ok(first(services, import.account, lane).await?.is_none_or(|first| first.place >= place))
        }
        None => Ok(true),
    }
}

/// `true` if imports may wait for this import, because it stands first in its lane.
pub(crate) async fn is_waited_for(services: &Services, import: &Import) -> Result<bool, StoreError> {
    let Some((lane, _)) = taken(import) else { return Ok(false) };
    Ok(first(services, import.account, lane).await?.is_some_and(|first| first.import == import.id))
}

async fn first(services: &Services, account: AccountId, lane: Lane) -> Result<Option<First>, StoreError> {
    let (items, _) = services.store.page(&keys::turns(account, &lane.name()).limit(1)).await?;
    let Some(item) = items.into_iter().next() else { return Ok(None) };
    let place = keys::place_of_turn(&item)?;
    let Turn { import } = decode(item)?;
    Ok(Some(First { place, import }))
}

/// Calls the first in line of a lane, so a parser plans it.
pub(super) async fn call_first(services: &Services, account: AccountId, lane: Lane) -> Result<(), ImportError> {
    if let Some(First { import, .. }) = first(services, account, lane).await? {
        services.queues.send(&Message::Start { account, import }).await?;
    }
    Ok(())
}

/// Gives up the import's place in its lane and, unless others stand before the import, calls the next in line. A second
/// call changes nothing, and calls again in case the first call died in between. Does nothing for an import without a
/// place.
pub(crate) async fn leave(services: &Services, import: &Import) -> Result<(), ImportError> {
    let Some((lane, place)) = taken(import) else { return Ok(()) };
    let waited = first(services, import.account, lane).await?.is_some_and(|first| first.place < place);
    services.store.write(Write::delete(key((lane, place), import))).await?;
    // An import before this import calls the next in line itself, or has called this import, whose start then ends here.
    if waited { Ok(()) } else { call_first(services, import.account, lane).await }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_lane_is_stored_by_its_name_and_read_back() -> Result<(), serde_json::Error> {
        for (lane, name) in
            [(Lane::Entries, "entries"), (Lane::Contacts, "contacts"), (Lane::Profiles(OwnerId(12)), "profiles.12")]
        {
            assert_eq!((lane.name(), json!(lane)), (name.to_owned(), json!(name)));
            assert_eq!(serde_json::from_value::<Lane>(json!(name))?, lane);
        }
        for other in ["", "people", "profiles", "profiles.", "profiles.01", "profiles#1"] {
            assert!(serde_json::from_value::<Lane>(Value::from(other)).is_err(), "{other}");
        }
        Ok(())
    }
}
