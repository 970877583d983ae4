//! The resolution of a chunk's names to users, projects and tags.
//!
//! - Every thing found or made is first noted in the import's partition, then referred to (see
//!   [`crate::things::reference`]).
//! - Racing loaders which meet the same new name agree, since the id comes from the name: the loser of the race finds
//!   the winner's thing.
//! - A name with several spellings in a file is shown in the spelling which sorts first, in whatever order the chunks
//!   are loaded.
//! - Names resolved by an earlier chunk of the import are cached in this process ([`crate::memory`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::names::{Names, owner};
use super::parsed::{Named, ParsedRow};
use super::people;
use crate::concurrent::drained;
use crate::id::ThingId;
use crate::import::{Import, ImportError};
use crate::lease::Lease;
use crate::memory::References;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::ensure::touch_all;
use crate::things::ensure::wanted::{Client, WantedThing};
use crate::things::find::{Found, find};
use crate::things::maker::IN_FLIGHT;
use crate::things::names::project_key;

/// Resolves every name in `rows`, and makes unknown users, projects and tags as the import's options allow.
pub async fn resolve(
    services: &Services,
    import: &Import,
    rows: &[ParsedRow<'_>],
    lease: &Lease,
) -> Result<Named, ImportError> {
    let named = people::named(rows);
    let mut people = people::look_up_all(services, import, &named).await?;

    let known = services.memory.of(import.account, import.id, import.round);
    let mut known = known.lock().await;
    lease.check(&services.clock)?;
    if import.options.entries.autocreate_users {
        people::make_all(services, import, &named, &mut people, &mut known, lease).await?;
    }
    let users: BTreeSet<ThingId> =
        people.values().filter_map(|person| owner(person, import.options.entries.fallback_user)).collect();
    let names = Names::of(rows, &people, import.options.entries.fallback_user);
    people::touch(services, import, users, &mut known).await?;
    let mut named = Named { people, ..Named::default() };
    let new = unknown(names, &known, &mut named);
    touch_names(services, import, new, lease, &mut known, &mut named).await?;
    Ok(named)
}

/// Resolves the cached names into `named`, and returns the names not in the cache.
fn unknown(names: Names, known: &References, named: &mut Named) -> Names {
    let mut new = Names::default();
    for (project, name) in names.projects {
        let client = names.clients.get_key_value(&project.0);
        match known.get(Kind::Project, &joined(&project), &name, client.map(|(_, name)| name.as_str())) {
            Some(id) => drop(named.projects.insert(project, Some(id))),
            None => {
                new.clients.extend(client.map(|(key, name)| (key.clone(), name.clone())));
                new.projects.insert(project, name);
            }
        }
    }
    for (tag, name) in names.tags {
        match known.get(Kind::Tag, &tag, &name, None) {
            Some(id) => drop(named.tags.insert(tag, id)),
            None => drop(new.tags.insert(tag, name)),
        }
    }
    new
}

/// The client and the name of a project joined into a cache key.
fn joined((client, name): &(String, String)) -> String {
    format!("{client}\u{1f}{name}")
}

/// Finds or makes the things named in `new`.
async fn touch_names(
    services: &Services,
    import: &Import,
    new: Names,
    lease: &Lease,
    known: &mut References,
    named: &mut Named,
) -> Result<(), ImportError> {
    if new.projects.is_empty() && new.tags.is_empty() {
        return Ok(());
    }
    let clients = find_clients(services, import, new.clients).await?;
    let mut wanted = Vec::with_capacity(new.projects.len() + new.tags.len());
    for ((client, _), name) in &new.projects {
        let client = clients.get(client).cloned();
        let key = project_key(client.as_ref().map(|client| client.id), name);
        wanted.push(WantedThing { kind: Kind::Project, key, name: name.clone(), client });
    }
    for (key, name) in &new.tags {
        wanted.push(WantedThing { kind: Kind::Tag, key: key.clone(), name: name.clone(), client: None });
    }
    let found = touch_all(services, &import.maker(), &wanted, lease).await?;
    let mut found = wanted.into_iter().zip(found);
    for (project, (wanted, id)) in new.projects.into_keys().zip(found.by_ref()) {
        if let Some(id) = id {
            let client = wanted.client.map(|client| client.name);
            known.remember(Kind::Project, joined(&project), id, wanted.name, client);
        }
        named.projects.insert(project, id);
    }
    for (wanted, id) in found {
        if let Some(id) = id {
            named.tags.insert(wanted.key.clone(), id);
            known.remember(Kind::Tag, wanted.key, id, wanted.name, None);
        }
    }
    Ok(())
}

/// The clients by key: existing clients, and new clients with the ids which they will get.
async fn find_clients(
    services: &Services,
    import: &Import,
    clients: BTreeMap<String, String>,
) -> Result<HashMap<String, Client>, StoreError> {
    let look_up = |(key, name): (String, String)| async move {
        let (id, respell) = match find(services, import.account, Kind::Client, &key).await? {
            Found::There(client) => (client.id, client.created_by == import.id && client.name > name),
            // Another loader may make the client first, with a different spelling.
            Found::Absent(place) => (place.id, true),
        };
        Ok((key.clone(), Client { id, key, name, respell }))
    };
    Ok(drained(clients.into_iter().map(look_up), IN_FLIGHT).await?.into_iter().collect())
}
