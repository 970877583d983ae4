//! Makes projects, tags and companies which do not exist yet, up to forty in a transaction.
//!
//! A new export brings all its names at once. Making the things together costs a single request instead of
//! a request per thing, and a single write for a client instead of a write per project. If another loader made any of
//! the things first, the whole transaction is refused, and the caller looks up the things of the transaction
//! individually.

use std::collections::BTreeMap;

use super::wanted::{Client, WantedThing, respell_client};
use crate::concurrent::drained;
use crate::id::ThingId;
use crate::lease::{Lease, LeasedError};
use crate::services::Services;
use crate::store::keys::Kind;
use crate::store::{StoreError, Write};
use crate::things::find::{Found, KeyPlace, find};
use crate::things::maker::IN_FLIGHT;
use crate::things::maker::Maker;
use crate::things::reference;
use crate::things::{Body, Thing};

/// Things made in a single transaction: two writes each, plus the writes of the client; DynamoDB takes a hundred.
const TOGETHER: usize = 40;

/// Makes things which did not exist when last read and whose notes are written. Returns the ids of the things made,
/// each with the number given by the caller; a thing missing from the result was in a refused transaction.
pub async fn make_all(
    services: &Services,
    maker: &Maker,
    new: Vec<(usize, &WantedThing)>,
    lease: &Lease,
) -> Result<Vec<(usize, ThingId)>, LeasedError> {
    let mut of_client: BTreeMap<ThingId, Vec<(usize, &WantedThing)>> = BTreeMap::new();
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

/// Makes the projects of a client, or things without clients, in transactions which run in turn.
async fn make_line(
    services: &Services,
    maker: &Maker,
    line: Vec<(usize, &WantedThing)>,
    lease: &Lease,
) -> Result<Vec<(usize, ThingId)>, LeasedError> {
    let client = line.first().and_then(|(_, wanted)| wanted.client.as_ref());
    let mut made = Vec::with_capacity(line.len());
    for some in line.chunks(TOGETHER) {
        let places: Vec<_> = some.iter().map(|(_, wanted)| wanted.place(maker.account)).collect();
        let things: Vec<_> = some.iter().zip(&places).map(|((_, wanted), place)| (*wanted, place)).collect();
        let writes = creation(services, maker, client, &things).await?;
        lease.check(&services.clock)?;
        if services.store.attempt_all(writes).await? {
            made.extend(some.iter().zip(&places).map(|((at, _), place)| (*at, place.id)));
        }
    }
    respell_client(services, maker, client).await?;
    Ok(made)
}

/// The writes which make things with their references, and which make the client or raise its count, to be sent in a
/// single transaction.
pub async fn creation(
    services: &Services,
    maker: &Maker,
    client: Option<&Client>,
    things: &[(&WantedThing, &KeyPlace)],
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
            // The key of a project contains the client's id, so a client at a different id needs a different project
            // key. The caller retries.
            _ => {
                return Err(StoreError::Busy("a client changed its place while it was looked up".to_owned()));
            }
        }
    }
    for (wanted, place) in things {
        let mut thing = make(wanted.kind, place.id, &wanted.key, &wanted.name, 1);
        if let Body::Project(project) = &mut thing.body {
            project.client = client.map(|client| client.id);
        }
        writes.extend(place.put(account, &thing));
        writes.push(reference::new_reference(account, wanted.kind, place.id, maker.import));
    }
    Ok(writes)
}
