//! Projects and tags that are not there yet, many in one transaction.
//!
//! A new export brings all its projects and tags at once, so they are made together: one request instead of one each,
//! and one write for a client instead of one per project of it. Where another was quicker with one of them the whole
//! transaction is refused; its things are then left to be looked up one by one.

use std::collections::BTreeMap;

use super::wanted::{Client, Wanted, respell_client};
use crate::concurrent::drained;
use crate::id::ThingId;
use crate::lease::{Lease, LeasedError};
use crate::services::Services;
use crate::store::keys::Kind;
use crate::store::{StoreError, Write};
use crate::things::Thing;
use crate::things::find::{Found, Place, find};
use crate::things::maker::IN_FLIGHT;
use crate::things::maker::Maker;
use crate::things::reference;

/// Things made in one transaction: two writes each, and those of a client; DynamoDB takes a hundred.
const TOGETHER: usize = 40;

/// Makes things of which none was there a moment ago, their notes having been written; those that were made, by the
/// number that comes with each.
pub async fn make_all(
    services: &Services,
    maker: &Maker,
    new: Vec<(usize, &Wanted)>,
    lease: &Lease,
) -> Result<Vec<(usize, ThingId)>, LeasedError> {
    let mut of_client: BTreeMap<ThingId, Vec<(usize, &Wanted)>> = BTreeMap::new();
    let mut alone = Vec::new();
    for new in new {
        match &new.1.client {
            Some(client) => of_client.entry(client.id).or_default().push(new),
            None => alone.push(new),
        }
    }
    let alone = alone.chunks(TOGETHER).map(<[_]>::to_vec);
    let lines = of_client.into_values().chain(alone).map(|line| make_line(services, maker, line, lease));
    Ok(drained(lines, IN_FLIGHT).await?.into_iter().flatten().collect())
}

/// Makes the projects of one client, or things without clients, one transaction after the other.
async fn make_line(
    services: &Services,
    maker: &Maker,
    line: Vec<(usize, &Wanted)>,
    lease: &Lease,
) -> Result<Vec<(usize, ThingId)>, LeasedError> {
    let client = line.first().and_then(|(_, wanted)| wanted.client.as_ref());
    let mut made = Vec::with_capacity(line.len());
    for some in line.chunks(TOGETHER) {
        let places: Vec<_> = some.iter().map(|(_, wanted)| wanted.place(maker.account)).collect();
        let things: Vec<_> = some.iter().zip(&places).map(|((_, wanted), place)| (*wanted, place)).collect();
        let writes = creation(services, maker, client, &things).await?;
        lease.check(&services.clock)?;
        match services.store.transact(writes).await {
            Ok(()) => made.extend(some.iter().zip(&places).map(|((at, _), place)| (*at, place.id))),
            Err(error) if error.is_refused() => {}
            Err(error) => return Err(error.into()),
        }
    }
    respell_client(services, maker, client).await?;
    Ok(made)
}

/// The writes that make things, with their references and their place with their client, all or none of them.
pub async fn creation(
    services: &Services,
    maker: &Maker,
    client: Option<&Client>,
    things: &[(&Wanted, &Place)],
) -> Result<Vec<Write>, StoreError> {
    let account = maker.account;
    let make = |kind, id, key: &str, name: &str, refs| {
        let thing = Thing::new(kind, id, key.to_owned(), name.to_owned(), maker.import, maker.at);
        Thing { refs, ..thing }
    };
    let mut writes = Vec::with_capacity(2 * things.len() + 1);
    if let Some(client) = client {
        let projects = i64::try_from(things.len()).expect("a few");
        match find(services, account, Kind::Client, &client.key).await? {
            Found::There(there) if there.id == client.id => {
                writes.push(reference::count(account, Kind::Client, client.id, projects));
            }
            Found::Absent(place) if place.id == client.id => {
                writes.extend(place.put(account, &make(Kind::Client, client.id, &client.key, &client.name, projects)));
            }
            // The project's key names the client's id: with another client it is another project. Begin again.
            _ => {
                return Err(StoreError::Busy("a client changed its place while it was looked up".to_owned()));
            }
        }
    }
    for (wanted, place) in things {
        let mut thing = make(wanted.kind, place.id, &wanted.key, &wanted.name, 1);
        if let Some(project) = &mut thing.project {
            project.client = client.map(|client| client.id);
        }
        writes.extend(place.put(account, &thing));
        writes.push(reference::new_reference(account, wanted.kind, place.id, maker.import));
    }
    Ok(writes)
}
