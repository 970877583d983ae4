//! Projects, clients and tags: found or made, noted, referred to.
//!
//! The note comes first, then thing and reference in one transaction; so an undo finds whatever a crash left.

pub(crate) mod make;
pub(crate) mod wanted;

use std::collections::{HashMap, HashSet};

use crate::concurrent::drained;
use crate::id::ThingId;
use crate::lease::{Lease, LeasedError};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Table};
use crate::things::Thing;
use crate::things::find::{Found, find};
use crate::things::maker::{IN_FLIGHT, Maker};
use crate::things::note::Note;
use crate::things::reference;
use make::{creation, make_all};
use wanted::{Wanted, respell, respell_client};

/// Tries to find or make a thing while others do.
const ATTEMPTS: usize = 20;

/// Finds or makes, notes and refers to everything `wanted`; an id for each, in its order.
pub async fn touch_all(
    services: &Services,
    maker: &Maker,
    wanted: &[Wanted],
    lease: &Lease,
) -> Result<Vec<Option<ThingId>>, LeasedError> {
    let seen = look_all(services, maker, wanted).await?;
    lease.check(&services.clock)?;
    let noted = note_all(services, maker, wanted, &seen).await?;
    let is_new = |(wanted, seen): (&Wanted, &Seen)| matches!(seen, Seen::Nothing) && wanted.may_be_made(maker);
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

/// What stands where a key belongs, as far as many at once can be looked at.
enum Seen {
    /// The thing.
    Thing {
        thing: Box<Thing>,
        /// The import refers to it already.
        referred: bool,
    },
    /// Nothing.
    Nothing,
    /// Something else: the way on has to be followed.
    Other,
}

async fn look_all(services: &Services, maker: &Maker, wanted: &[Wanted]) -> Result<Vec<Seen>, StoreError> {
    let account = maker.account;
    let places: Vec<_> = wanted.iter().map(|wanted| (wanted.kind, wanted.place(account).id)).collect();
    let there = Thing::get_many(services, account, &places).await?;
    let mut there: HashMap<_, _> = there.into_iter().map(|thing| ((thing.kind, thing.id), thing)).collect();
    let reference = |(kind, id): (Kind, ThingId)| keys::reference(account, kind, id, maker.import);
    let references: Vec<_> = there.keys().copied().map(reference).collect();
    let mine = services.store.get_many(&references).await?;
    let mine: HashSet<String> = mine.iter().map(|item| keys::Key::of(Table::Workspace, item).pk).collect();
    let see = |(wanted, place): (&Wanted, (Kind, ThingId))| match there.remove(&place) {
        None => Seen::Nothing,
        Some(thing) if thing.key == wanted.key && !thing.is_spent() => {
            Seen::Thing { thing: Box::new(thing), referred: mine.contains(&reference(place).pk) }
        }
        Some(_) => Seen::Other,
    };
    Ok(wanted.iter().zip(places).map(see).collect())
}

/// Notes what can be told before anything is written together, at the price of one unit each.
async fn note_all(
    services: &Services,
    maker: &Maker,
    wanted: &[Wanted],
    seen: &[Seen],
) -> Result<HashSet<(Kind, ThingId)>, StoreError> {
    let account = maker.account;
    let is_touched = |wanted: &Wanted, seen: &Seen| match seen {
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
    wanted: &Wanted,
    seen: Seen,
    noted: &HashSet<(Kind, ThingId)>,
) -> Result<Option<ThingId>, LeasedError> {
    let account = maker.account;
    let (mut seen, mut known) = match seen {
        Seen::Thing { thing, referred } => (Found::There(thing), Some(referred)),
        Seen::Nothing if !wanted.may_be_made(maker) => return Ok(None),
        // Another made it just now, or the way leads on.
        Seen::Nothing | Seen::Other => (find(services, account, wanted.kind, &wanted.key).await?, None),
    };
    for _ in 0..ATTEMPTS {
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
        match services.store.transact(writes).await {
            Ok(()) => {
                match &seen {
                    Found::There(thing) => respell(services, maker, wanted, thing).await?,
                    Found::Absent(_) => respell_client(services, maker, wanted.client.as_ref()).await?,
                }
                return Ok(Some(id));
            }
            // Another was first, or it went away: look again.
            Err(error) if error.is_refused() => {
                seen = find(services, account, wanted.kind, &wanted.key).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy(format!("a {} kept changing while it was looked up", wanted.kind.as_str())).into())
}

/// Whether the import refers to the thing already.
pub async fn referred(services: &Services, maker: &Maker, kind: Kind, id: ThingId) -> Result<bool, StoreError> {
    let reference = keys::reference(maker.account, kind, id, maker.import);
    Ok(services.store.get(&reference).await?.is_some())
}
