//! Lanes: imports which must not run at the same time take turns.
//!
//! All drops of an account share a lane, because each drop is compared with the entries of the drops before. An import
//! takes its place in the transaction which makes the import, in the order of import numbers. The parser plans the
//! first in line, and whoever settles an import calls the next. Requests at a door take no lane.
//!
//! # Places
//!
//! A place is a number of the account's counter of imports, and the lowest place comes first. The place of a new import
//! is its own number. A resumed import draws a number for its place, so it stands behind all imports made before, and the
//! number stays a gap among the imports. Number and place are written in one transaction with the counter: otherwise an
//! import could begin as the first in line, and a lower place could come in front of it afterwards.
//!
//! A stopped import gives up its place once none of its chunks can be committed any more: at once if no loader is at
//! work, and else when the last loader has committed its chunk, or its lease has ended.

use serde::{Deserialize, Serialize};

use super::{Import, ImportError};
use crate::id::{AccountId, ImportId};
use crate::queue::Message;
use crate::services::Services;
use crate::store::{Key, StoreError, Write, decode, keys};

/// A lane of an account, in which imports take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The lane of dropped files with time entries.
    Entries,
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

/// The write by which a drop gets in line, at the end.
pub(crate) fn get_in_line(account: AccountId, import: ImportId, place: u64) -> Write {
    Write::put(keys::turn(account, place), &Turn { import }).when_absent()
}

/// The write by which an import gives up its place.
pub(crate) fn give_up(import: &Import) -> Write {
    Write::delete(place_of(import))
}

fn place_of(import: &Import) -> Key {
    keys::turn(import.account, place(import))
}

fn place(import: &Import) -> u64 {
    import.place.unwrap_or(import.id.0)
}

/// `true` if the import may be planned, because the import takes no lane or stands first in its lane.
pub(crate) async fn has_its_turn(services: &Services, import: &Import) -> Result<bool, StoreError> {
    if !import.is_dropped() {
        return Ok(true);
    }
    Ok(first(services, import.account).await?.is_none_or(|first| first.place >= place(import)))
}

async fn first(services: &Services, account: AccountId) -> Result<Option<First>, StoreError> {
    let (items, _) = services.store.page(&keys::turns(account).limit(1)).await?;
    let Some(item) = items.into_iter().next() else { return Ok(None) };
    let place = keys::place_of_turn(&item)?;
    let Turn { import } = decode(item)?;
    Ok(Some(First { place, import }))
}

/// Calls the first in line of the account's drops, so a parser plans it.
pub(crate) async fn call_first(services: &Services, account: AccountId) -> Result<(), ImportError> {
    if let Some(First { import, .. }) = first(services, account).await? {
        services.queues.send(&Message::Start { account, import }).await?;
    }
    Ok(())
}

/// Gives up the import's place in its lane and, unless others stand before the import, calls the next in line. A second
/// call changes nothing, and calls again in case the first call died in between.
pub(crate) async fn leave(services: &Services, import: &Import) -> Result<(), ImportError> {
    let waited = first(services, import.account).await?.is_some_and(|first| first.place < place(import));
    services.store.write(give_up(import)).await?;
    // An import before this import calls the next in line itself, or has called this import, whose start then ends here.
    if waited { Ok(()) } else { call_first(services, import.account).await }
}
