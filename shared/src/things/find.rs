//! From a key to the thing that has it, or to the place where it belongs.
//!
//! A thing lies at the id that its key hashes to. Where another key sits there already, it lies at the
//! next choice, and the one that sits there is marked `displaced`; when that one is removed, a mark stays
//! in its place, so that whoever looks goes on. A renamed thing keeps its id: a sign at the place of its
//! new key leads to it.

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};

use super::Thing;

/// Choices that are looked at. The second is met once in 2^52 / n keys.
const MOST_PROBES: u32 = 16;

/// Looks again while signs lead to things that go away.
const ATTEMPTS: usize = 5;

/// What is found at a key.
#[derive(Debug)]
pub enum Found {
    /// The thing.
    There(Box<Thing>),
    /// Nothing; it would lie here.
    Absent(Place),
}

/// Where a thing with a new key would lie.
#[derive(Debug)]
pub struct Place {
    /// Its id.
    pub id: ThingId,
    /// The item that stands there is a mark, to be taken over.
    taken_over: bool,
    /// Those whose ids come first and that have to be marked as displacing.
    passed: Vec<ThingId>,
}

/// Looks for the thing with this key.
pub async fn find(services: &Services, account: AccountId, kind: Kind, key: &str) -> Result<Found, StoreError> {
    for _ in 0..ATTEMPTS {
        if let Some(found) = look(services, account, kind, key).await? {
            return Ok(found);
        }
    }
    Err(StoreError::Busy(format!("a {} kept changing while it was looked for", kind.as_str())))
}

/// Whether a thing with this id and this key is found without a sign.
pub fn is_home(account: AccountId, kind: Kind, key: &str, id: ThingId) -> bool {
    (0..MOST_PROBES).any(|probe| ThingId::derive(account, kind.as_str(), key, probe) == id)
}

/// One look; nothing, if the thing that a sign leads to went away in the meantime, and its sign with it.
async fn look(services: &Services, account: AccountId, kind: Kind, key: &str) -> Result<Option<Found>, StoreError> {
    let mut mark = None;
    let mut passed = Vec::new();
    for probe in 0..MOST_PROBES {
        let id = ThingId::derive(account, kind.as_str(), key, probe);
        let there: Option<Thing> = services.store.read(&keys::thing(account, kind, id)).await?;
        match there {
            None => {
                let (id, taken_over) = mark.map_or((id, false), |mark| (mark, true));
                return Ok(Some(Found::Absent(Place { id, taken_over, passed })));
            }
            Some(thing) if thing.key == key && !thing.removed => {
                let Some(target) = thing.alias_of else {
                    return Ok(Some(Found::There(Box::new(thing))));
                };
                let target = Thing::get(services, account, kind, target).await?;
                return Ok(target.map(|target| Found::There(Box::new(target))));
            }
            Some(thing) if thing.removed => mark = mark.or(Some(id)),
            // A renamed thing shows by itself that its place has another key, and needs no mark.
            Some(thing) if mark.is_none() && !thing.displaced && thing.alias_at.is_none() => passed.push(id),
            Some(_) => {}
        }
    }
    Err(StoreError::Shape(format!("no place for the {} is left", kind.as_str())))
}

impl Place {
    /// The first choice of a key, when it is known that nothing stands there.
    pub fn first(account: AccountId, kind: Kind, key: &str) -> Self {
        Self { id: ThingId::derive(account, kind.as_str(), key, 0), taken_over: false, passed: Vec::new() }
    }

    /// The writes that put `thing` here, all or none of them.
    pub fn put(&self, account: AccountId, thing: &Thing) -> Vec<Write> {
        let key = |id| keys::thing(account, thing.kind, id);
        let mut thing = thing.clone();
        thing.displaced = self.taken_over;
        let put = Write::put(key(self.id), &thing);
        let put = if self.taken_over { put.when("#removed = :true").bind(":true", true) } else { put.when_absent() };
        let mark = |&id| Write::update(key(id), "SET #displaced = :true").when_present().bind(":true", true);
        [put].into_iter().chain(self.passed.iter().map(mark)).collect()
    }
}

/// The write that removes what stands at `id`: a mark stays if others lie further on.
pub fn removal(account: AccountId, thing: &Thing) -> Write {
    let key = keys::thing(account, thing.kind, thing.id);
    if thing.displaced || thing.alias_at.is_some() {
        let mut mark = Thing::new(thing.kind, thing.id, String::new(), String::new(), thing.created_by, 0);
        (mark.removed, mark.displaced) = (true, true);
        Write::put(key, &mark)
    } else {
        Write::delete(key)
    }
}
