//! Projects, clients, tags and companies of an import: found or made, noted, and referred to.
//!
//! | effect | how the undo finds the effect | why twice is once |
//! |---|---|---|
//! | thing and reference made, in a transaction | by the note, which was written first | ids come from names |
//! | reference to an existing thing made | by the note, which was written first | reference must be absent |
//!
//! After a crash at any point the note therefore exists for every thing and every reference.

pub(crate) mod make;
pub(crate) mod wanted;

use std::collections::{HashMap, HashSet};

use crate::concurrent::drained;
use crate::id::ThingId;
use crate::lease::{Lease, LeasedError};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{Patience, StoreError, Table};
use crate::things::Thing;
use crate::things::find::{Found, find};
use crate::things::maker::{IN_FLIGHT, Maker};
use crate::things::note::Note;
use crate::things::reference;
use crate::things::slot::Slot;
use make::{creation, make_all};
use wanted::{WantedThing, respell, respell_client};

/// The most attempts to find or make a thing while other loaders do the same.
const ATTEMPTS: u32 = 20;

/// Finds or makes every thing in `wanted`, notes each, and refers to each. Returns an id per element in the same order,
/// or `None` for a project which the import may not make.
pub async fn touch_all(
    services: &Services,
    maker: &Maker,
    wanted: &[WantedThing],
    lease: &Lease,
) -> Result<Vec<Option<ThingId>>, LeasedError> {
    let seen = look_all(services, maker, wanted).await?;
    lease.check(&services.clock)?;
    let noted = note_all(services, maker, wanted, &seen).await?;
    let is_new = |(wanted, seen): (&WantedThing, &Seen)| matches!(seen, Seen::Nothing) && wanted.may_be_made(maker);
    let new = wanted.iter().enumerate().zip(&seen).filter(|((_, wanted), seen)| is_new((wanted, seen)));
    let mut found = vec![None; wanted.len()];
    for (at, id) in make_all(services, maker, new.map(|(new, _)| new).collect(), lease).await? {
        found[at] = Some(id);
    }
    let noted = &noted;
    let absent: Vec<bool> = found.iter().map(Option::is_none).collect();
    let touches = wanted.iter().zip(seen).enumerate().filter(|(at, _)| absent[*at]);
    let touches = touches.map(|(at, (wanted, seen))| async move {
        Ok::<_, LeasedError>((at, touch(services, maker, wanted, seen, noted).await?))
    });
    for (at, id) in drained(touches, IN_FLIGHT).await? {
        found[at] = id;
    }
    Ok(found)
}

/// The item at the first choice of a key, as seen by a batch read.
enum Seen {
    /// The thing with the key lies at its first choice.
    Thing {
        thing: Box<Thing>,
        /// `true` if the import has a reference to the thing already.
        referred: bool,
    },
    /// No item lies at the first choice.
    Nothing,
    /// A mark, a sign, or a thing with a different key lies at the first choice, so a full search is needed.
    Other,
}

async fn look_all(services: &Services, maker: &Maker, wanted: &[WantedThing]) -> Result<Vec<Seen>, StoreError> {
    let account = maker.account;
    let places: Vec<_> = wanted.iter().map(|wanted| (wanted.kind, wanted.place(account).id)).collect();
    let there = Slot::get_many(services, account, &places).await?;
    let mut there: HashMap<_, _> = there.into_iter().map(|slot| (slot.place(), slot)).collect();
    let reference = |(kind, id): (Kind, ThingId)| keys::reference(account, kind, id, maker.import);
    let references: Vec<_> = there.keys().copied().map(reference).collect();
    let mine = services.store.get_many(&references).await?;
    let mine: HashSet<String> = mine.iter().map(|item| keys::Key::of(Table::Workspace, item).pk).collect();
    let see = |(wanted, place): (&WantedThing, (Kind, ThingId))| match there.remove(&place) {
        None => Seen::Nothing,
        Some(Slot::Thing(thing)) if thing.key == wanted.key && !thing.retired => {
            Seen::Thing { thing, referred: mine.contains(&reference(place).pk) }
        }
        Some(_) => Seen::Other,
    };
    Ok(wanted.iter().zip(places).map(see).collect())
}

/// Writes the notes which are known before any thing is written, many in an item, at a write unit per item.
async fn note_all(
    services: &Services,
    maker: &Maker,
    wanted: &[WantedThing],
    seen: &[Seen],
) -> Result<HashSet<(Kind, ThingId)>, StoreError> {
    let account = maker.account;
    let is_touched = |wanted: &WantedThing, seen: &Seen| match seen {
        Seen::Thing { referred, .. } => !referred,
        Seen::Nothing => wanted.may_be_made(maker),
        Seen::Other => false,
    };
    let touched = wanted.iter().zip(seen).filter(|(wanted, seen)| is_touched(wanted, seen));
    let notes: Vec<_> = touched.map(|(wanted, _)| wanted.note(wanted.place(account).id)).collect();
    Note::put_all(services, account, maker.import, &notes).await?;
    Ok(notes.iter().map(|note| (note.kind, note.id)).collect())
}

async fn touch(
    services: &Services,
    maker: &Maker,
    wanted: &WantedThing,
    seen: Seen,
    noted: &HashSet<(Kind, ThingId)>,
) -> Result<Option<ThingId>, LeasedError> {
    let account = maker.account;
    let (mut seen, mut known) = match seen {
        Seen::Thing { thing, referred } => (Found::There(thing), Some(referred)),
        Seen::Nothing if !wanted.may_be_made(maker) => return Ok(None),
        // Another loader made the thing just now, or the first choice holds a different item.
        Seen::Nothing | Seen::Other => (find(services, account, wanted.kind, &wanted.key).await?, None),
    };
    let what = format!("a {} kept changing while it was looked up", wanted.kind.name());
    let mut patience = Patience::of_tries(ATTEMPTS);
    loop {
        let id = match &seen {
            Found::There(thing) => thing.id,
            Found::Absent(_) if !wanted.may_be_made(maker) => return Ok(None),
            Found::Absent(place) => place.id,
        };
        let writes = match &seen {
            Found::There(thing) => {
                let referred = match known.take() {
                    Some(referred) => referred,
                    None => referred(services, maker, wanted.kind, id).await?,
                };
                if referred {
                    respell(services, maker, wanted, thing).await?;
                    return Ok(Some(id));
                }
                reference::refer(account, wanted.kind, id, maker.import).to_vec()
            }
            Found::Absent(place) => creation(services, maker, wanted.client.as_ref(), &[(wanted, place)]).await?,
        };
        if !noted.contains(&(wanted.kind, id)) {
            Note::put_all(services, account, maker.import, &[wanted.note(id)]).await?;
        }
        if services.store.attempt_all(writes).await? {
            match &seen {
                Found::There(thing) => respell(services, maker, wanted, thing).await?,
                Found::Absent(_) => respell_client(services, maker, wanted.client.as_ref()).await?,
            }
            return Ok(Some(id));
        }
        // Another loader was first, or the thing was removed: search again.
        seen = find(services, account, wanted.kind, &wanted.key).await?;
        patience.wait(false, &what).await?;
    }
}

/// `true` if the import has a reference to the thing already.
pub async fn referred(services: &Services, maker: &Maker, kind: Kind, id: ThingId) -> Result<bool, StoreError> {
    let reference = keys::reference(maker.account, kind, id, maker.import);
    Ok(services.store.get(&reference).await?.is_some())
}
