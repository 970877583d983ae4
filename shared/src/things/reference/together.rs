//! References that an undo drops many in one transaction.
//!
//! An import mostly made the projects and tags that it refers to, and nobody else refers to them; so they go together,
//! as they were made: one request instead of one each, and one write for a client instead of one for each project of it.
//! Things that something else is to be said of, and those of a transaction that was refused, are left to be dropped one by
//! one.

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

/// Things that go in one transaction: two writes each, and those of a client; DynamoDB takes a hundred.
const TOGETHER: usize = 40;
/// Transactions under way at once; those of one client come one after the other.
const IN_FLIGHT: usize = 8;

/// What became of the things that notes name.
#[derive(Default)]
pub struct Dropped {
    /// Clients that stay so far although the import made them.
    pub kept: Vec<Kept>,
    /// Notes that are to be worked off one by one.
    pub left: Vec<Note>,
}

/// Removes those of the things that only the import being undone made and refers to.
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
    let mut things: HashMap<_, _> = things.map(|thing| ((thing.kind, thing.id), thing)).collect();

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
    // Things without a client have nothing in common and go side by side.
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

/// Whether a thing goes with the reference of the import that is being undone, and takes nothing along but its place with
/// its client.
fn is_plain(thing: &Thing, note: &Note, referrer: ImportId) -> bool {
    let of_kind = matches!(thing.kind, Kind::Project | Kind::Tag);
    let lies_here = !thing.is_spent() && thing.merges == 0 && !thing.displaced && thing.alias_at.is_none();
    of_kind && lies_here && is_made_by(thing, referrer) && thing.refs == 1 && thing.client() == note.client
}

/// Removes the projects of one client, or things without clients, one transaction after the other.
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
            // A client has none of its own, so this goes no deeper.
            let fate = without(services, account, &client, projects, referrer).await?;
            let Fate { writes: of_client, goes, lets_go } = fate;
            if !lets_go.is_empty() {
                dropped.left.extend(some.iter().map(|(note, _)| *note));
                continue;
            }
            writes.extend(of_client);
            stays = (is_made_by(&client, referrer) && !goes).then_some(Kept { kind: Kind::Client, id: client.id });
        }
        match services.store.transact(writes).await {
            Ok(()) => dropped.kept.extend(stays),
            Err(error) if error.is_refused() => dropped.left.extend(some.iter().map(|(note, _)| *note)),
            Err(error) => return Err(error),
        }
    }
    Ok(dropped)
}
