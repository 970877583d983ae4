//! The quick way of an undo to drop references: up to forty in a single transaction.
//!
//! Mostly an import made the projects, tags and companies to which it refers, and nobody else refers to them. Removing up to forty
//! together costs a single request instead of forty, and a single write for a client instead of a write per project.
//! Things with anything unusual (a merge, a rename, a second referrer), and all things of a refused transaction, are
//! left to the caller, who drops the references individually.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Fate, find, is_made_by, without};
use crate::concurrent::drained;
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{Key, StoreError, Table, Write};
use crate::things::Thing;
use crate::things::note::Note;
use crate::things::reference::Kept;

/// Things removed in one transaction: two writes each, plus the writes of the client; DynamoDB takes a hundred.
const TOGETHER: usize = 40;
/// Transactions under way at once; transactions for the same client run in turn.
const IN_FLIGHT: usize = 8;

/// The result of dropping references together.
#[derive(Default)]
pub struct Dropped {
    /// Clients made by the import which stay so far.
    pub kept: Vec<Kept>,
    /// Notes which the caller has to work off individually.
    pub left: Vec<Note>,
}

/// Removes the things which only the import being undone made and refers to.
pub async fn drop_together(
    services: &Services,
    account: AccountId,
    notes: impl IntoIterator<Item = Note>,
    referrer: ImportId,
) -> Result<Dropped, StoreError> {
    let notes: Vec<Note> = notes.into_iter().collect();
    let named: HashSet<_> = notes.iter().map(|note| (note.kind, note.id)).collect();
    let named: Vec<_> = named.into_iter().collect();
    let references: Vec<_> = named.iter().map(|&(kind, id)| keys::reference(account, kind, id, referrer)).collect();
    let held = services.store.get_many(&references).await?;
    let held: HashSet<String> = held.iter().map(|item| Key::of(Table::Workspace, item).pk).collect();
    let things = Thing::get_many(services, account, &named).await?.into_iter();
    let mut things: HashMap<_, _> = things.map(|thing| ((thing.kind(), thing.id), thing)).collect();

    let mut lines: BTreeMap<Option<ThingId>, Vec<(Note, Thing)>> = BTreeMap::new();
    let mut dropped = Dropped::default();
    for note in notes {
        let held = held.contains(&keys::reference(account, note.kind, note.id, referrer).pk);
        match things.remove(&(note.kind, note.id)) {
            Some(thing) if held && is_plain(&thing, &note, referrer) => {
                lines.entry(note.client).or_default().push((note, thing));
            }
            _ => dropped.left.push(note),
        }
    }
    // Things without a client write no item in common, so their transactions run side by side.
    let alone = lines.remove(&None).unwrap_or_default();
    let alone = alone.chunks(TOGETHER).map(|some| (None, some.to_vec()));
    let lines =
        lines.into_iter().chain(alone).map(|(client, line)| drop_line(services, account, client, line, referrer));
    for line in drained(lines, IN_FLIGHT).await? {
        dropped.kept.extend(line.kept);
        dropped.left.extend(line.left);
    }
    Ok(dropped)
}

/// `true` if removing a thing with the undone import's reference has no effect beyond a lower count on its client.
fn is_plain(thing: &Thing, note: &Note, referrer: ImportId) -> bool {
    let of_kind = matches!(thing.kind(), Kind::Project | Kind::Tag | Kind::Company);
    let lies_here = thing.merges == 0 && !thing.displaced && thing.alias_at.is_none();
    of_kind && lies_here && is_made_by(thing, referrer) && thing.refs == 1 && thing.client() == note.client
}

/// Removes the projects of a client, or things without clients, in transactions which run in turn.
async fn drop_line(
    services: &Services,
    account: AccountId,
    client: Option<ThingId>,
    line: Vec<(Note, Thing)>,
    referrer: ImportId,
) -> Result<Dropped, StoreError> {
    let mut dropped = Dropped::default();
    for some in line.chunks(TOGETHER) {
        let mut writes = Vec::with_capacity(2 * some.len() + 1);
        for (note, thing) in some {
            let unchanged = "#refs = :one AND #version = :version AND attribute_not_exists(#displaced) AND \
                             attribute_not_exists(#retired) AND attribute_not_exists(#merges)";
            let gone = find::removal(account, thing).when(unchanged).bind(":one", 1).bind(":version", thing.version);
            writes.push(gone);
            writes.push(Write::delete(keys::reference(account, note.kind, note.id, referrer)).when_present());
        }
        let mut stays = None;
        if let Some(client) = client {
            let Some(client) = Thing::get(services, account, Kind::Client, client).await? else {
                dropped.left.extend(some.iter().map(|(note, _)| *note));
                continue;
            };
            let projects = i64::try_from(some.len()).expect("a few");
            // A client has no client above it, so the chain of removals ends here.
            let fate = without(services, account, &client, projects, referrer).await?;
            let Fate { writes: of_client, goes, lets_go } = fate;
            if !lets_go.is_empty() {
                dropped.left.extend(some.iter().map(|(note, _)| *note));
                continue;
            }
            writes.extend(of_client);
            stays = (is_made_by(&client, referrer) && !goes).then_some(Kept { kind: Kind::Client, id: client.id });
        }
        if services.store.attempt_all(writes).await? {
            dropped.kept.extend(stays);
        } else {
            dropped.left.extend(some.iter().map(|(note, _)| *note));
        }
    }
    Ok(dropped)
}
