//! From the names in a chunk's rows to the users, projects and tags they mean.
//!
//! Whatever is found or made is noted in the import's partition first, then referred to (see
//! [`crate::entity::reference`]). Racing loaders that meet the same new name agree, since the id comes
//! from the name; the loser of the race finds the winner's thing. A name that a file spells in several
//! ways is shown in the spelling that sorts first, whichever chunk came first.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::draft::{ParsedRow, PersonKey};
use crate::drained::drained;
use crate::entity::find::{Found, Place, find};
use crate::entity::reference::{self, Note};
use crate::entity::{Thing, normal, project_key, tidy, user};
use crate::format::EntryRow;
use crate::id::ThingId;
use crate::import::{Import, ImportError};
use crate::lease::Lease;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Table, Write, encode};

/// Names resolved at once.
const IN_FLIGHT: usize = 8;
/// Tries to find or make a thing while others do.
const ATTEMPTS: usize = 20;

/// What the names of a chunk mean.
#[derive(Default)]
pub struct Named {
    /// Whom the rows name.
    pub people: HashMap<PersonKey, Person>,
    /// Projects by client and name, both normalised; none: unknown, and not to be made.
    pub projects: HashMap<(String, String), Option<ThingId>>,
    /// Tags by name, normalised.
    pub tags: HashMap<String, ThingId>,
}

/// Whom a row's name means.
#[derive(Clone, Debug, PartialEq)]
pub enum Person {
    /// This user.
    Known(ThingId),
    /// Nobody here.
    Unknown,
    /// Several users.
    Ambiguous(Vec<ThingId>),
}

/// A name to be found or made.
struct Wanted {
    kind: Kind,
    key: String,
    name: String,
    client: Option<Client>,
}

#[derive(Clone)]
struct Client {
    id: ThingId,
    key: String,
    name: String,
}

/// Resolves everything that `rows` name.
pub async fn resolve(
    services: &Services,
    import: &Import,
    rows: &[ParsedRow<'_>],
    lease: &Lease,
) -> Result<Named, ImportError> {
    let people: BTreeSet<PersonKey> = entries(rows).map(|entry| PersonKey::of(&entry.person)).collect();
    let look_ups: Vec<_> = people.into_iter().map(|person| look_up(services, import, person)).collect();
    let people: HashMap<_, _> = drained(look_ups, IN_FLIGHT).await?.into_iter().collect();
    let users: BTreeSet<ThingId> =
        people.values().filter_map(|person| owner(person, import.options.fallback_user)).collect();
    let Names { clients, projects, tags } = Names::of(rows, &people, import.options.fallback_user);

    touch_users(services, import, users).await?;
    lease.check(&services.clock)?;
    let clients = find_clients(services, import, clients).await?;
    let mut wanted = Vec::with_capacity(projects.len() + tags.len());
    for ((client, _), name) in &projects {
        let client = clients.get(client).cloned();
        let key = project_key(client.as_ref().map(|client| client.id), name);
        wanted.push(Wanted { kind: Kind::Project, key, name: name.clone(), client });
    }
    for (key, name) in &tags {
        wanted.push(Wanted { kind: Kind::Tag, key: key.clone(), name: name.clone(), client: None });
    }
    let found = touch_all(services, import, &wanted, lease).await?;
    let projects: HashMap<_, _> = projects.into_keys().zip(found.iter().copied()).collect();
    let tag_ids = found.into_iter().skip(projects.len());
    let tags = tags.into_keys().zip(tag_ids).filter_map(|(tag, id)| Some((tag, id?))).collect();
    Ok(Named { people, projects, tags })
}

fn entries<'a, 'r>(rows: &'a [ParsedRow<'r>]) -> impl Iterator<Item = &'a EntryRow<'r>> {
    rows.iter().filter_map(|row| row.entry.as_ref().ok())
}

/// Who gets the entries of a row that names this person.
fn owner(person: &Person, fallback: Option<ThingId>) -> Option<ThingId> {
    match person {
        Person::Known(user) => Some(*user),
        Person::Unknown => fallback,
        Person::Ambiguous(_) => None,
    }
}

/// The shared things that a chunk's rows name, normalised, each with its spelling.
#[derive(Default)]
struct Names {
    clients: BTreeMap<String, String>,
    projects: BTreeMap<(String, String), String>,
    tags: BTreeMap<String, String>,
}

impl Names {
    /// A row that is left out for its user brings neither project nor tags.
    fn of(rows: &[ParsedRow<'_>], people: &HashMap<PersonKey, Person>, fallback: Option<ThingId>) -> Self {
        let mut names = Self::default();
        for entry in entries(rows) {
            let person = people.get(&PersonKey::of(&entry.person));
            if person.and_then(|person| owner(person, fallback)).is_none() {
                continue;
            }
            if let Some(project) = &entry.project {
                let client = entry.client.as_deref().map(normal).unwrap_or_default();
                if let Some(name) = &entry.client {
                    spell(&mut names.clients, client.clone(), name);
                }
                spell(&mut names.projects, (client, normal(project)), project);
            }
            for tag in &entry.tags {
                spell(&mut names.tags, normal(&tag.name), &tag.name);
            }
        }
        names
    }
}

/// Of several spellings the one that sorts first is kept.
fn spell<K: Ord>(names: &mut BTreeMap<K, String>, key: K, name: &str) {
    let name = tidy(name);
    match names.get_mut(&key) {
        Some(known) if *known <= name => {}
        Some(known) => *known = name,
        None => drop(names.insert(key, name)),
    }
}

async fn look_up(services: &Services, import: &Import, person: PersonKey) -> Result<(PersonKey, Person), StoreError> {
    let ids = match &person {
        PersonKey::Nobody => Vec::new(),
        PersonKey::Email(email) => user::by_email(services, import.account, email).await?.into_iter().collect(),
        PersonKey::Name(name) => user::by_name(services, import.account, name).await?,
    };
    let meant = match ids.as_slice() {
        [] => Person::Unknown,
        [user] => Person::Known(*user),
        _ => Person::Ambiguous(ids),
    };
    Ok((person, meant))
}

async fn touch_users(services: &Services, import: &Import, users: BTreeSet<ThingId>) -> Result<(), ImportError> {
    let touches: Vec<_> = users.into_iter().map(|user| touch_user(services, import, user)).collect();
    drained(touches, IN_FLIGHT).await.map(drop)
}

async fn touch_user(services: &Services, import: &Import, user: ThingId) -> Result<(), ImportError> {
    if referred(services, import, Kind::User, user).await? {
        return Ok(());
    }
    note(services, import, &[Note { kind: Kind::User, id: user, client: None }]).await?;
    let refer = reference::refer(import.account, Kind::User, user, import.id);
    match services.store.transact(refer.to_vec()).await {
        Err(error) if error.is_refused() => {
            // Another loader was first, or there is no such user any more: trying again would not bring one.
            let referred = referred(services, import, Kind::User, user).await?;
            if referred { Ok(()) } else { Err(ImportError::Impossible(format!("user {user} is gone"))) }
        }
        done => Ok(done?),
    }
}

async fn referred(services: &Services, import: &Import, kind: Kind, id: ThingId) -> Result<bool, StoreError> {
    let reference = keys::reference(import.account, kind, id, import.id);
    Ok(services.store.get(&reference).await?.is_some())
}

async fn note(services: &Services, import: &Import, notes: &[Note]) -> Result<(), StoreError> {
    let key = |note: &Note| keys::note(import.account, import.id, note.kind, note.id);
    services.store.put_all(notes.iter().map(|note| (Table::Imports, encode(&key(note), note))).collect()).await
}

/// The ids of clients: those that are there, and those that the new ones will have.
async fn find_clients(
    services: &Services,
    import: &Import,
    clients: BTreeMap<String, String>,
) -> Result<HashMap<String, Client>, StoreError> {
    let look_up = |(key, name): (String, String)| async move {
        let id = match find(services, import.account, Kind::Client, &key).await? {
            Found::There(client) => client.id,
            Found::Absent(place) => place.id,
        };
        Ok((key.clone(), Client { id, key, name }))
    };
    let look_ups: Vec<_> = clients.into_iter().map(look_up).collect();
    Ok(drained(look_ups, IN_FLIGHT).await?.into_iter().collect())
}

/// Finds or makes, notes and refers to everything `wanted`; an id for each, in its order.
async fn touch_all(
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

    let mut touches = Vec::with_capacity(wanted.len());
    for (wanted, place) in wanted.iter().zip(&places) {
        let seen = there.get(place).cloned();
        let referred = mine.contains(&keys::reference(account, place.0, place.1, import.id).pk);
        let noted = &noted;
        touches.push(async move {
            let seen = match seen {
                Some(thing) if thing.key == wanted.key && !thing.is_spent() => Found::There(Box::new(thing)),
                None => Found::Absent(Place::first(account, wanted.kind, &wanted.key)),
                Some(_) => find(services, account, wanted.kind, &wanted.key).await?,
            };
            // The reference that was looked for is one to the first place, whatever lies there.
            let referred = referred && matches!(&seen, Found::There(thing) if thing.id == place.1);
            touch(services, import, wanted, seen, referred, noted).await
        });
    }
    drained(touches, IN_FLIGHT).await
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
                    return Ok(Some(respell(services, import, wanted, thing).await?));
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
                match (&seen, &wanted.client) {
                    (Found::There(thing), _) => drop(respell(services, import, wanted, thing).await?),
                    // Its client may be there already, in another spelling.
                    (Found::Absent(_), Some(client)) => {
                        set_spelling(services, import, Kind::Client, client.id, &client.name).await?;
                    }
                    (Found::Absent(_), None) => {}
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
async fn respell(services: &Services, import: &Import, wanted: &Wanted, thing: &Thing) -> Result<ThingId, StoreError> {
    if let (Some(client), Some(id)) = (&wanted.client, thing.client()) {
        set_spelling(services, import, Kind::Client, id, &client.name).await?;
    }
    if thing.created_by == import.id && thing.name > wanted.name {
        set_spelling(services, import, wanted.kind, thing.id, &wanted.name).await?;
    }
    Ok(thing.id)
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
