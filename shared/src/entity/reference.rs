//! Who refers to what.
//!
//! An import that has entries of a project, a tag or a user holds **one reference** to it, an item of its
//! own that also carries the totals of those entries; the account's hand-made entries hold one together.
//! A reference is made and dropped in one transaction with the count on the thing, so a thing with
//! references cannot go and a reference to a thing that is gone cannot come. Before an import refers to
//! anything it **notes** it in its own partition: an undo can list the notes after any crash.
//!
//! The totals of a thing are the sums over its references. What chunks loaded is SET when the import
//! settles; what edits by hand changed since is ADDed beside it; both go when the import is undone.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::{Thing, find};
use crate::id::{AccountId, ImportId, ThingId};
use crate::import::{Import, Kept};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Table, Write, decode};

/// References without entries that are cleared away with their thing: a transaction takes a hundred writes.
const MOST_EMPTY: usize = 90;
/// Times a drop is tried again when the thing changed under it.
const ATTEMPTS: usize = 20;

/// A note that an import touches a shared thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Note {
    /// What it touches.
    pub kind: Kind,
    /// Which.
    pub id: ThingId,
    /// A project's client: the undo has to find it when the project is gone already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ThingId>,
}

/// Totals of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// How many.
    pub entries: i64,
    /// How long.
    pub seconds: i64,
    /// How much of it can be billed.
    pub billable_seconds: i64,
}

impl Sums {
    /// Adds to all three.
    pub fn add(&mut self, other: &Self) {
        self.entries.add_assign(other.entries);
        self.seconds.add_assign(other.seconds);
        self.billable_seconds.add_assign(other.billable_seconds);
    }

    /// The sums of one entry.
    pub fn of(seconds: u64, billable: bool) -> Self {
        let seconds = i64::try_from(seconds).expect("durations are far below 2^63");
        Self { entries: 1, seconds, billable_seconds: if billable { seconds } else { 0 } }
    }

    /// The other way round.
    pub fn negated(&self) -> Self {
        Self { entries: -self.entries, seconds: -self.seconds, billable_seconds: -self.billable_seconds }
    }
}

/// A reference, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    /// What the import's chunks loaded.
    pub loaded: Sums,
    /// Entries that edits by hand added or took away.
    pub hand_entries: i64,
    /// Seconds likewise.
    pub hand_seconds: i64,
    /// Billable seconds likewise.
    pub hand_billable: i64,
}

impl Reference {
    /// What it comes to.
    pub fn sums(&self) -> Sums {
        let by_hand =
            Sums { entries: self.hand_entries, seconds: self.hand_seconds, billable_seconds: self.hand_billable };
        let mut sums = self.loaded;
        sums.add(&by_hand);
        sums
    }
}

/// The totals of a thing, over all who refer to it.
pub async fn totals(services: &Services, account: AccountId, kind: Kind, id: ThingId) -> Result<Sums, StoreError> {
    let references: Vec<Reference> = services.store.read_all(keys::references(account, kind, id)).await?;
    let mut sums = Sums::default();
    references.iter().for_each(|reference| sums.add(&reference.sums()));
    Ok(sums)
}

/// The writes that delete all references to a thing, if none of them has entries; nothing, if one has or may get some.
pub async fn without_entries(
    services: &Services,
    account: AccountId,
    thing: &Thing,
) -> Result<Option<Vec<Write>>, StoreError> {
    // Totals are of projects and tags; who refers to others counts as it is.
    if matches!(thing.kind, Kind::Client | Kind::User) && thing.refs > 0 {
        return Ok(None);
    }
    let mut writes = Vec::new();
    for item in services.store.all(keys::references(account, thing.kind, thing.id)).await? {
        let key = keys::Key::of(Table::Workspace, &item);
        let referrer =
            ImportId(key.sk.parse().map_err(|_| StoreError::Shape("a reference without an import".to_owned()))?);
        let settled = match referrer {
            ImportId::HAND => true,
            import => Import::get(services, account, import).await?.is_some_and(|import| import.status.is_settled()),
        };
        let reference: Reference = decode(item)?;
        if !settled || reference.sums().entries != 0 || writes.len() == MOST_EMPTY {
            return Ok(None);
        }
        let delete = Write::delete(key).when("#hand_entries = :seen OR attribute_not_exists(#hand_entries)");
        writes.push(delete.bind(":seen", reference.hand_entries));
    }
    Ok(Some(writes))
}

/// The writes by which `referrer` begins to refer to a thing that stands.
pub fn refer(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> [Write; 2] {
    [new_reference(account, kind, id, referrer), count(account, kind, id, 1)]
}

/// The reference item alone, for a thing that is made with it (and counts it already).
pub fn new_reference(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> Write {
    Write::put(keys::reference(account, kind, id, referrer), &Reference::default()).when_absent()
}

/// One reference more or fewer on a thing that stands.
pub fn count(account: AccountId, kind: Kind, id: ThingId, by: i64) -> Write {
    let standing = "attribute_exists(#pk) AND attribute_not_exists(#removed) AND attribute_not_exists(#alias_of)";
    Write::update(keys::thing(account, kind, id), "ADD #refs :by").when(standing).bind(":by", by)
}

/// Adds what an edit by hand changed to a reference that stands.
pub fn adjust(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId, by: &Sums) -> Write {
    let update = "ADD #hand_entries :entries, #hand_seconds :seconds, #hand_billable :billable";
    Write::update(keys::reference(account, kind, id, referrer), update)
        .when_present()
        .bind(":entries", by.entries)
        .bind(":seconds", by.seconds)
        .bind(":billable", by.billable_seconds)
}

/// Drops the reference of `referrer` to what `note` names, if it is there, and removes the thing if this was its last
/// one and its import is undone. With `undone`, the import that made the thing is the one being undone: a thing that stays
/// is marked, so that whoever drops the last reference removes it. Doing it twice is doing it once.
///
/// Returns what stays although its import made it: the thing, its client.
pub async fn drop_reference(
    services: &Services,
    account: AccountId,
    note: &Note,
    referrer: ImportId,
) -> Result<Vec<Kept>, StoreError> {
    for _ in 0..ATTEMPTS {
        let reference = services.store.get(&keys::reference(account, note.kind, note.id, referrer)).await?;
        let thing = Thing::get(services, account, note.kind, note.id).await?;
        let Some(thing) = thing else {
            // The thing went with an earlier try; its client may not have been looked at.
            return match note.client {
                Some(client) => Ok(release_client(services, account, client, referrer).await?.into_iter().collect()),
                None => Ok(Vec::new()),
            };
        };
        let undone = referrer != ImportId::HAND && thing.created_by == referrer;
        let left = thing.refs - i64::from(reference.is_some());
        let mut writes = Vec::new();
        if reference.is_some() {
            writes.push(Write::delete(keys::reference(account, note.kind, note.id, referrer)).when_present());
        }
        let goes = left == 0 && (undone || thing.orphan);
        if goes {
            writes.extend(removal(services, account, &thing, thing.refs).await?);
        } else if reference.is_some() || (undone && !thing.orphan) {
            let mark = if undone { "ADD #refs :by SET #orphan = :true" } else { "ADD #refs :by" };
            let update = Write::update(keys::thing(account, note.kind, note.id), mark)
                .when("#refs = :seen")
                .bind(":seen", thing.refs)
                .bind(":by", left - thing.refs);
            writes.push(if undone { update.bind(":true", true) } else { update });
        }
        if !writes.is_empty() {
            match services.store.transact(writes).await {
                Ok(()) => {}
                Err(error) if error.is_refused() => continue,
                Err(error) => return Err(error),
            }
        }
        let clients = [note.client, thing.client().filter(|&client| Some(client) != note.client)];
        let mut kept: Vec<Kept> =
            (undone && !goes).then_some(Kept { kind: note.kind, id: note.id }).into_iter().collect();
        for client in clients.into_iter().flatten() {
            kept.extend(release_client(services, account, client, referrer).await?);
        }
        return Ok(kept);
    }
    Err(StoreError::Busy("a shared thing kept changing while a reference was dropped".to_owned()))
}

/// The writes that remove a thing that has exactly `refs` references: the thing, the sign to it, and its place with its client.
pub async fn removal(
    services: &Services,
    account: AccountId,
    thing: &Thing,
    refs: i64,
) -> Result<Vec<Write>, StoreError> {
    let unchanged = "#refs = :refs AND #version = :version";
    let removal = find::removal(account, thing).when(unchanged).bind(":refs", refs).bind(":version", thing.version);
    let mut writes = vec![removal];
    if let Some(alias) = thing.alias_at {
        writes.push(Write::delete(keys::thing(account, thing.kind, alias)));
    }
    if let Some(client) = thing.client() {
        writes.push(lose_project(services, account, client).await?);
    }
    Ok(writes)
}

/// The writes by which a thing loses a reference: an orphan goes with its last one.
pub async fn lose_entry(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
) -> Result<Vec<Write>, StoreError> {
    match Thing::get(services, account, kind, id).await? {
        Some(thing) if thing.orphan && thing.refs == 1 => removal(services, account, &thing, 1).await,
        _ => Ok(vec![count(account, kind, id, -1)]),
    }
}

/// The write by which a client loses a project: an orphan goes with its last one.
pub async fn lose_project(services: &Services, account: AccountId, client: ThingId) -> Result<Write, StoreError> {
    let thing = Thing::get(services, account, Kind::Client, client).await?;
    Ok(match thing {
        Some(thing) if thing.orphan && thing.refs == 1 => {
            let unchanged = "#refs = :one AND #version = :version";
            find::removal(account, &thing).when(unchanged).bind(":one", 1).bind(":version", thing.version)
        }
        _ => count(account, Kind::Client, client, -1),
    })
}

/// Marks a client that the undone import made, and removes it if no project is left; says if it stays.
async fn release_client(
    services: &Services,
    account: AccountId,
    client: ThingId,
    referrer: ImportId,
) -> Result<Option<Kept>, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(thing) = Thing::get(services, account, Kind::Client, client).await? else {
            return Ok(None);
        };
        let undone = referrer != ImportId::HAND && thing.created_by == referrer;
        let write = if thing.refs == 0 && (undone || thing.orphan) {
            find::removal(account, &thing)
        } else if undone && !thing.orphan {
            let mark = Write::update(keys::thing(account, Kind::Client, client), "SET #orphan = :true");
            mark.bind(":true", true)
        } else {
            return Ok(undone.then_some(Kept { kind: Kind::Client, id: client }));
        };
        match services.store.write(write.when("#refs = :seen").bind(":seen", thing.refs)).await {
            Ok(_) => {}
            Err(error) if error.is_refused() => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Busy("a client kept changing while it was let go".to_owned()))
}
