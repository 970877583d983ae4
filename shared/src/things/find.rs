//! The search for the thing with a given key, or for the place where a new thing with the key belongs.
//!
//! A thing lies at the id to which its key hashes. The exceptions are:
//!
//! | case | where the thing lies | trace for the search |
//! |---|---|---|
//! | a thing with another key lies at that id | at the next choice of id | the occupant is marked `displaced` |
//! | the occupant of an earlier choice was removed | at its own id, as before | a mark stays in the occupant's place |
//! | the thing was renamed | at its old id | a sign at the place of the new key |

use serde::Serialize;

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{Patience, StoreError, Write, retry};

use super::Thing;
use super::slot::Slot;

/// The most choices of id for a key. The second choice is needed once in 2^52 / n keys.
const MOST_PROBES: u32 = 16;

/// The most attempts of a search while signs lead to things which are removed in between.
const ATTEMPTS: u32 = 5;

/// The result of a search for a key.
#[derive(Debug)]
pub enum Found {
    /// The thing with the key.
    There(Box<Thing>),
    /// No thing has the key; a new thing would lie at the place given here.
    Absent(KeyPlace),
}

/// The place where a thing with a new key would lie.
#[derive(Debug)]
pub struct KeyPlace {
    /// The id which the new thing would have.
    pub id: ThingId,
    /// `true` if a mark stands at the id, to be overwritten by the new thing.
    taken_over: bool,
    /// Occupants of earlier choices, which have to be marked `displaced` when the new thing is put.
    passed: Vec<ThingId>,
}

/// Searches for the thing with this key, which the caller has normalised.
pub async fn find(services: &Services, account: AccountId, kind: Kind, key: &str) -> Result<Found, StoreError> {
    let what = format!("a {} kept changing while it was looked for", kind.name());
    retry(Patience::of_tries(ATTEMPTS), &what, || look(services, account, kind, key)).await
}

/// `true` if a search for `key` finds the thing at `id` without a sign, because `id` is a choice of the key.
pub fn is_home(account: AccountId, kind: Kind, key: &str, id: ThingId) -> bool {
    (0..MOST_PROBES).any(|probe| ThingId::derive(account, kind.name(), key, probe) == id)
}

/// A single attempt of a search, or `None` if the thing at the end of a sign was removed in between, together with its
/// sign.
async fn look(services: &Services, account: AccountId, kind: Kind, key: &str) -> Result<Option<Found>, StoreError> {
    let mut mark = None;
    let mut passed = Vec::new();
    for probe in 0..MOST_PROBES {
        let id = ThingId::derive(account, kind.name(), key, probe);
        match Slot::get(services, account, kind, id).await? {
            None => {
                let (id, taken_over) = mark.map_or((id, false), |mark| (mark, true));
                return Ok(Some(Found::Absent(KeyPlace { id, taken_over, passed })));
            }
            Some(Slot::Thing(thing)) if thing.key == key => return Ok(Some(Found::There(thing))),
            Some(Slot::Sign { key: renamed, to, .. }) if renamed == key => {
                let target = Thing::get(services, account, kind, to).await?;
                return Ok(target.map(|target| Found::There(Box::new(target))));
            }
            Some(Slot::Mark { .. }) => mark = mark.or(Some(id)),
            Some(_) if mark.is_some() => {}
            // A renamed occupant leaves a mark when removed in any case, so only occupants never renamed need
            // `displaced`.
            Some(Slot::Thing(thing)) if thing.displaced || thing.alias_at.is_some() => {}
            Some(Slot::Sign { displaced: true, .. }) => {}
            Some(Slot::Thing(_) | Slot::Sign { .. }) => passed.push(id),
        }
    }
    Err(StoreError::Shape(format!("no place for the {} is left", kind.name())))
}

impl KeyPlace {
    /// The first choice of id for a key, for a caller who knows that the id is free.
    pub fn first(account: AccountId, kind: Kind, key: &str) -> Self {
        Self { id: ThingId::derive(account, kind.name(), key, 0), taken_over: false, passed: Vec::new() }
    }

    /// The writes which put `thing` at this place, to be sent in a single transaction.
    pub fn put(&self, account: AccountId, thing: &Thing) -> Vec<Write> {
        let thing = Thing { displaced: self.taken_over, ..thing.clone() };
        self.put_slot(account, thing.kind(), &thing)
    }

    /// The writes which put at this place a sign: the thing at `to` was renamed to `key`. To be sent in a single
    /// transaction.
    pub fn put_sign(&self, account: AccountId, kind: Kind, key: &str, to: ThingId) -> Vec<Write> {
        let sign = Slot::Sign { kind, id: self.id, key: key.to_owned(), to, displaced: self.taken_over };
        self.put_slot(account, kind, &sign)
    }

    fn put_slot(&self, account: AccountId, kind: Kind, slot: &impl Serialize) -> Vec<Write> {
        let key = |id| keys::thing(account, kind, id);
        let put = Write::put(key(self.id), slot);
        let put = if self.taken_over { put.when("#removed = :true").bind(":true", true) } else { put.when_absent() };
        let mark = |&id| Write::update(key(id), "SET #displaced = :true").when_present().bind(":true", true);
        [put].into_iter().chain(self.passed.iter().map(mark)).collect()
    }
}

/// The write which removes the item at a thing's id. A mark replaces the item if other things lie behind it.
pub fn removal(account: AccountId, thing: &Thing) -> Write {
    let key = keys::thing(account, thing.kind(), thing.id);
    if thing.displaced || thing.alias_at.is_some() {
        Write::put(key, &Slot::Mark { kind: thing.kind(), id: thing.id, created_by: thing.created_by })
    } else {
        Write::delete(key)
    }
}
