//! Projects, clients and tags: found or made, noted, referred to.
//!
//! The note comes first, then thing and reference in one transaction; so an undo finds whatever a crash left.

use std::collections::{HashMap, HashSet};

use super::resolve::IN_FLIGHT;
use crate::drained::drained;
use crate::entity::Thing;
use crate::entity::find::{Found, Place, find};
use crate::entity::reference::{self, Note};
use crate::id::ThingId;
use crate::import::{Import, ImportError};
use crate::lease::Lease;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Table, Write, encode};

/// Tries to find or make a thing while others do.
const ATTEMPTS: usize = 20;

/// A name to be found or made.
pub struct Wanted {
    pub kind: Kind,
    pub key: String,
    pub name: String,
    pub client: Option<Client>,
}

/// A project's client, which is found or made with it.
#[derive(Clone)]
pub struct Client {
    pub id: ThingId,
    pub key: String,
    pub name: String,
    /// Its spelling may have to give way to `name`.
    pub respell: bool,
}

/// Finds or makes, notes and refers to everything `wanted`; an id for each, in its order.
pub async fn touch_all(
    services: &Services,
    import: &Import,
    wanted: &[Wanted],
    lease: &Lease,
) -> Result<Vec<Option<ThingId>>, ImportError> {
    let account = import.account;
    let first = |wanted: &Wanted| (wanted.kind, Place::first(account, wanted.kind, &wanted.key).id);
    let places: Vec<_> = wanted.iter().map(first).collect();
    let there: HashMap<(Kind, ThingId), Thing> = Thing::get_many(services, account, &places)
        .await?
        .into_iter()
        .map(|thing| ((thing.kind, thing.id), thing))
        .collect();
    let mine: Vec<_> = places.iter().map(|&(kind, id)| keys::reference(account, kind, id, import.id)).collect();
    let mine: HashSet<String> =
        services.store.get_many(&mine).await?.iter().map(|item| keys::Key::of(Table::Workspace, item).pk).collect();
    lease.check(&services.clock)?;

    // What can be told before anything is written is noted together, at the price of one unit each.
    let new_here = |wanted: &Wanted| wanted.kind == Kind::Tag || import.options.autocreate_projects;
    let mut notes = Vec::new();
    for (wanted, place) in wanted.iter().zip(&places) {
        let known = there.get(place).filter(|thing| thing.key == wanted.key && !thing.is_spent());
        let reference = keys::reference(account, place.0, place.1, import.id).pk;
        let place_is_free = !there.contains_key(place) && new_here(wanted);
        if (known.is_some() || place_is_free) && !mine.contains(&reference) {
            notes.push(Note { kind: place.0, id: place.1, client: wanted.client.as_ref().map(|client| client.id) });
        }
    }
    note(services, import, &notes).await?;
    let noted: HashSet<(Kind, ThingId)> = notes.iter().map(|note| (note.kind, note.id)).collect();

    // One project of each client goes ahead: the others would only race it for making the client.
    let mut clients = HashSet::new();
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    for (at, (wanted, place)) in wanted.iter().zip(&places).enumerate() {
        let seen = there.get(place).cloned();
        let referred = mine.contains(&keys::reference(account, place.0, place.1, import.id).pk);
        let noted = &noted;
        let touch = async move {
            let seen = match seen {
                Some(thing) if thing.key == wanted.key && !thing.is_spent() => Found::There(Box::new(thing)),
                None => Found::Absent(Place::first(account, wanted.kind, &wanted.key)),
                Some(_) => find(services, account, wanted.kind, &wanted.key).await?,
            };
            let referred = referred && matches!(&seen, Found::There(thing) if thing.id == place.1);
            Ok::<_, ImportError>((at, touch(services, import, wanted, seen, referred, noted).await?))
        };
        let goes_ahead = wanted.client.as_ref().is_none_or(|client| clients.insert(client.id));
        if goes_ahead { ahead.push(touch) } else { behind.push(touch) }
    }
    let mut found = vec![None; wanted.len()];
    for touches in [ahead, behind] {
        for (at, id) in drained(touches, IN_FLIGHT).await? {
            found[at] = id;
        }
    }
    Ok(found)
}

async fn touch(
    services: &Services,
    import: &Import,
    wanted: &Wanted,
    mut seen: Found,
    referred_to_seen: bool,
    noted: &HashSet<(Kind, ThingId)>,
) -> Result<Option<ThingId>, ImportError> {
    let account = import.account;
    for attempt in 0..ATTEMPTS {
        let id = match &seen {
            Found::There(thing) => thing.id,
            Found::Absent(_) if wanted.kind == Kind::Project && !import.options.autocreate_projects => {
                return Ok(None);
            }
            Found::Absent(place) => place.id,
        };
        let writes = match &seen {
            Found::There(thing) => {
                if (attempt == 0 && referred_to_seen) || referred(services, import, wanted.kind, id).await? {
                    respell(services, import, wanted, thing).await?;
                    return Ok(Some(id));
                }
                reference::refer(account, wanted.kind, id, import.id).to_vec()
            }
            Found::Absent(place) => creation(services, import, wanted, place).await?,
        };
        if !noted.contains(&(wanted.kind, id)) {
            let client = wanted.client.as_ref().map(|client| client.id);
            note(services, import, &[Note { kind: wanted.kind, id, client }]).await?;
        }
        match services.store.transact(writes).await {
            Ok(()) => {
                match &seen {
                    Found::There(thing) => respell(services, import, wanted, thing).await?,
                    Found::Absent(_) => {
                        respell_client(services, import, wanted, wanted.client.as_ref().map(|c| c.id)).await?
                    }
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

/// The writes that make a thing, with its reference and its place with its client.
async fn creation(
    services: &Services,
    import: &Import,
    wanted: &Wanted,
    place: &Place,
) -> Result<Vec<Write>, StoreError> {
    let account = import.account;
    let make = |kind, id, key: &str, name: &str| {
        let mut thing = Thing::new(kind, id, key.to_owned(), name.to_owned(), import.id, import.created_at);
        thing.refs = 1;
        thing
    };
    let mut thing = make(wanted.kind, place.id, &wanted.key, &wanted.name);
    let mut writes = Vec::new();
    if let (Some(client), Some(project)) = (&wanted.client, &mut thing.project) {
        project.client = Some(client.id);
        match find(services, account, Kind::Client, &client.key).await? {
            Found::There(there) if there.id == client.id => {
                writes.push(reference::count(account, Kind::Client, client.id, 1));
            }
            Found::Absent(place) if place.id == client.id => {
                writes.extend(place.put(account, &make(Kind::Client, client.id, &client.key, &client.name)));
            }
            // The project's key names the client's id: with another client it is another project. Begin again.
            _ => {
                return Err(StoreError::Busy("a client changed its place while it was looked up".to_owned()));
            }
        }
    }
    writes.extend(place.put(account, &thing));
    writes.push(reference::new_reference(account, wanted.kind, place.id, import.id));
    Ok(writes)
}

/// Takes the spelling that sorts first, on what this import made and nobody edited.
async fn respell(services: &Services, import: &Import, wanted: &Wanted, thing: &Thing) -> Result<(), StoreError> {
    respell_client(services, import, wanted, thing.client()).await?;
    if thing.created_by == import.id && thing.name > wanted.name {
        set_spelling(services, import, wanted.kind, thing.id, &wanted.name).await?;
    }
    Ok(())
}

/// Likewise, on the client that a project has.
async fn respell_client(
    services: &Services,
    import: &Import,
    wanted: &Wanted,
    id: Option<ThingId>,
) -> Result<(), StoreError> {
    match (&wanted.client, id) {
        (Some(client), Some(id)) if client.respell => {
            set_spelling(services, import, Kind::Client, id, &client.name).await
        }
        _ => Ok(()),
    }
}

async fn set_spelling(
    services: &Services,
    import: &Import,
    kind: Kind,
    id: ThingId,
    name: &str,
) -> Result<(), StoreError> {
    let ours = Thing::get(services, import.account, kind, id).await?;
    if !ours.is_some_and(|thing| thing.created_by == import.id && thing.version == 1 && thing.name.as_str() > name) {
        return Ok(());
    }
    let set = Write::update(keys::thing(import.account, kind, id), "SET #name = :name")
        .when("#created_by = :import AND #version = :one AND #name > :name")
        .bind(":name", name)
        .bind(":import", import.id)
        .bind(":one", 1);
    match services.store.write(set).await {
        Err(error) if !error.is_refused() => Err(error),
        _ => Ok(()),
    }
}

/// Whether the import refers to the thing already.
pub async fn referred(services: &Services, import: &Import, kind: Kind, id: ThingId) -> Result<bool, StoreError> {
    let reference = keys::reference(import.account, kind, id, import.id);
    Ok(services.store.get(&reference).await?.is_some())
}

/// Notes in the import's partition what is going to be touched.
pub async fn note(services: &Services, import: &Import, notes: &[Note]) -> Result<(), StoreError> {
    let key = |note: &Note| keys::note(import.account, import.id, note.kind, note.id);
    services.store.put_all(notes.iter().map(|note| (Table::Imports, encode(&key(note), note))).collect()).await
}
