//! Who refers to what.
//!
//! An import that has entries of a project, a tag or a user holds **one reference** to it, an item of its
//! own that also carries the totals of those entries; the account's hand-made entries hold one together.
//! A reference is made and dropped in one transaction with the count on the thing, so a thing with
//! references cannot go and a reference to a thing that is gone cannot come. Before an import refers to
//! anything it notes it ([`super::note`]).
//!
//! The totals of a thing are the sums over its references. What chunks loaded is SET when the import
//! settles; what edits by hand changed since is ADDed beside it; both go when the import is undone.

mod together;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

pub use together::{Dropped, drop_together};

use super::note::Note;
use super::retired::{Retirement, Retirements};
use super::sums::Sums;
use super::{Thing, find, user};
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Table, Write};

/// Participants that one import is told to have brought to a project: an item has at most 400 KB.
pub(crate) const MOST_PARTICIPANTS: usize = 5_000;
/// Times a drop is tried again when the thing changed under it.
const ATTEMPTS: usize = 20;

/// A reference, as it is stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    /// What the import's chunks loaded.
    pub loaded: Sums,
    /// Whose entries of a project these are.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub users: BTreeSet<ThingId>,
    /// Whose entries edits by hand added to a project.
    #[serde(with = "serde_dynamo::number_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub hand_users: BTreeSet<ThingId>,
    /// Entries that edits by hand added or took away.
    pub hand_entries: i64,
    /// Seconds likewise.
    pub hand_seconds: i64,
    /// Billable seconds likewise.
    pub hand_billable: i64,
    /// Invoiced seconds likewise.
    pub hand_invoiced: i64,
}

impl Reference {
    /// What it comes to.
    pub fn sums(&self) -> Sums {
        let by_hand = Sums {
            entries: self.hand_entries,
            seconds: self.hand_seconds,
            billable_seconds: self.hand_billable,
            invoiced_seconds: self.hand_invoiced,
        };
        let mut sums = self.loaded;
        sums.add(&by_hand);
        sums
    }
}

/// A shared thing that stayed although the undone import made it: others refer to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kept {
    /// What it is.
    pub kind: Kind,
    /// Which.
    pub id: ThingId,
}

/// Who refers to a thing.
pub async fn referrers(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
) -> Result<Vec<ImportId>, StoreError> {
    let items = services.store.all(keys::references(account, kind, id).keys_only()).await?;
    items.iter().map(|item| referrer(&keys::Key::of(Table::Workspace, item))).collect()
}

/// Whose reference lies at a key.
pub(crate) fn referrer(key: &keys::Key) -> Result<ImportId, StoreError> {
    key.sk.parse().map(ImportId).map_err(|_| StoreError::Shape("a reference without an import".to_owned()))
}

/// The writes by which `referrer` begins to refer to a thing that stands.
pub fn refer(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> [Write; 2] {
    [new_reference(account, kind, id, referrer), count(account, kind, id, 1)]
}

/// The reference item alone, for a thing that is made with it (and counts it already).
pub fn new_reference(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> Write {
    Write::put(keys::reference(account, kind, id, referrer), &Reference::default()).when_absent()
}

/// Holds of an item that is a thing, and not a retired one.
const SEEN: &str = "attribute_exists(#pk) AND attribute_not_exists(#removed) AND attribute_not_exists(#alias_of) AND \
                    attribute_not_exists(#retired)";

/// One reference more or fewer on a thing that stands and is not retired.
pub fn count(account: AccountId, kind: Kind, id: ThingId, by: i64) -> Write {
    Write::update(keys::thing(account, kind, id), "ADD #refs :by").when(SEEN).bind(":by", by)
}

/// The same for a tag that an edit by hand gives to an entry that has others: no tag may have been merged into it since it was
/// read, and a merge that is under way has to look at the entry again.
fn count_touched(account: AccountId, tag: &Thing, by: i64) -> Write {
    let write = Write::update(keys::thing(account, Kind::Tag, tag.id), "ADD #refs :by, #touched :one").when(SEEN);
    write.when_counted("#merges", tag.merges).bind(":by", by).bind(":one", 1)
}

/// What an import's chunks loaded, on its reference if that stands: it is gone where the import is being undone.
pub fn loaded(
    account: AccountId,
    kind: Kind,
    id: ThingId,
    import: ImportId,
    sums: &Sums,
    users: Option<&BTreeSet<ThingId>>,
) -> Write {
    let key = keys::reference(account, kind, id, import);
    let write = |set| Write::update(key, set).when_present().bind(":sums", sums);
    match users {
        None => write("SET #loaded = :sums"),
        Some(users) => {
            let users: Vec<_> = users.iter().take(MOST_PARTICIPANTS).collect();
            write("SET #loaded = :sums, #users = :users").bind(":users", users)
        }
    }
}

/// Adds what edits by hand changed to a reference that stands; to that of a project, whose entries these are now.
pub fn adjust(
    account: AccountId,
    kind: Kind,
    id: ThingId,
    referrer: ImportId,
    by: &Sums,
    users: &BTreeSet<ThingId>,
) -> Write {
    let mut update =
        "ADD #hand_entries :entries, #hand_seconds :seconds, #hand_billable :billable, #hand_invoiced :invoiced"
            .to_owned();
    if !users.is_empty() {
        update.push_str(", #hand_users :users");
    }
    let write = Write::update(keys::reference(account, kind, id, referrer), &update)
        .when_present()
        .bind(":entries", by.entries)
        .bind(":seconds", by.seconds)
        .bind(":billable", by.billable_seconds)
        .bind(":invoiced", by.invoiced_seconds);
    match users.is_empty() {
        true => write,
        false => write.bind_attribute(":users", AttributeValue::Ns(users.iter().map(ToString::to_string).collect())),
    }
}

/// References that one transaction adds to things and takes off them. It may write each item once, and a thing that goes takes a
/// reference off its client or off the thing that it was merged into; so all of them are gathered first.
#[derive(Default)]
pub struct Shift {
    by: BTreeMap<(Kind, ThingId), i64>,
    /// Tags, as they were read, that an edit gives to entries that have others.
    touched: BTreeMap<ThingId, Thing>,
}

impl Shift {
    /// One reference fewer.
    pub fn fewer(kind: Kind, id: ThingId) -> Self {
        let mut shift = Self::default();
        shift.add(kind, id, -1);
        shift
    }

    /// So many references more, or fewer.
    pub fn add(&mut self, kind: Kind, id: ThingId, by: i64) {
        *self.by.entry((kind, id)).or_default() += by;
    }

    /// A tag is given to an entry that has others.
    pub fn touch(&mut self, tag: Thing) {
        self.add(Kind::Tag, tag.id, 0);
        self.touched.insert(tag.id, tag);
    }

    /// The writes: the counts, and the removal of each thing that nobody is to see any more and that loses its last reference,
    /// while the import `undone`, or [`ImportId::HAND`] for none, is being undone. They are refused if a thing went meanwhile:
    /// the caller looks again.
    pub async fn writes(
        mut self,
        services: &Services,
        account: AccountId,
        retirements: &Retirements,
        undone: ImportId,
    ) -> Result<Vec<Write>, StoreError> {
        let mut writes = Vec::new();
        // Those that may go first come before those that lose a reference by it: clients, and what others were merged into.
        let order = |&(kind, id): &(Kind, ThingId)| (kind != Kind::Client, retirements.steps(kind, id));
        while let Some(named) = self.by.keys().copied().max_by_key(order) {
            let by = self.by.remove(&named).unwrap_or_default();
            let (kind, id) = named;
            if by >= 0 {
                writes.push(match self.touched.get(&id).filter(|_| kind == Kind::Tag) {
                    Some(tag) => count_touched(account, tag, by),
                    None => count(account, kind, id, by),
                });
                continue;
            }
            let Some(thing) = Thing::standing(services, account, kind, id).await? else {
                // It went with another's last reference: this one is refused.
                writes.push(count(account, kind, id, by));
                continue;
            };
            let fate = without(services, account, &thing, -by, undone).await?;
            writes.extend(fate.writes);
            fate.lets_go.into_iter().for_each(|(kind, id)| self.add(kind, id, -1));
        }
        Ok(writes)
    }
}

/// The writes by which somebody lets go of a thing: one reference fewer on it, or, if that was the last one and its
/// import is undone or it is retired, its removal in the same transaction, so that no crash in between leaves an orphan behind.
pub async fn let_go(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
) -> Result<Vec<Write>, StoreError> {
    Shift::fewer(kind, id).writes(services, account, &Retirements::default(), ImportId::HAND).await
}

/// What becomes of a thing.
struct Fate {
    writes: Vec<Write>,
    /// It is removed.
    goes: bool,
    /// Things that lose a reference by it.
    lets_go: Vec<(Kind, ThingId)>,
}

/// What becomes of a thing of which `fewer` references are dropped while the import `undone`, or
/// [`ImportId::HAND`] for none, is being undone: it goes if nobody else refers to it and the import that made it is undone, or it
/// is retired; if it stays although that one is being undone now, it is marked, so that whoever drops the last reference removes it.
async fn without(
    services: &Services,
    account: AccountId,
    thing: &Thing,
    fewer: i64,
    undone: ImportId,
) -> Result<Fate, StoreError> {
    let made_by_it = is_made_by(thing, undone);
    let doomed = (made_by_it || thing.orphan) && !is_edited_user(thing);
    if doomed && thing.refs == fewer {
        let (writes, lets_go) = removal(services, account, thing, fewer).await?;
        return Ok(Fate { writes, goes: true, lets_go });
    }
    let marks = doomed && !thing.orphan;
    let stays = |writes| Fate { writes, goes: false, lets_go: Vec::new() };
    if fewer == 0 && !marks {
        return Ok(stays(Vec::new()));
    }
    // Not a number that was seen, so that those who let go side by side do not have to begin again each time.
    let condition = match doomed {
        true => "#refs > :fewer",
        // Whether it is marked means nothing any more.
        false if is_edited_user(thing) => "#refs >= :fewer",
        false => "#refs >= :fewer AND attribute_not_exists(#orphan)",
    };
    let update = if marks { "ADD #refs :by SET #orphan = :true" } else { "ADD #refs :by" };
    let write = Write::update(keys::thing(account, thing.kind, thing.id), update).when(condition);
    let write = write.bind(":fewer", fewer).bind(":by", -fewer);
    Ok(stays(vec![if marks { write.bind(":true", true) } else { write }]))
}

/// What people have put into a user that an import made is theirs: the user stays.
fn is_edited_user(thing: &Thing) -> bool {
    thing.kind == Kind::User && thing.version > 1
}

fn is_made_by(thing: &Thing, import: ImportId) -> bool {
    import != ImportId::HAND && thing.created_by == import
}

/// Drops the reference that an import being undone holds to what `note` names, if it is there. Doing it twice is doing it
/// once.
///
/// Returns what stays although its import made it: the thing, its client.
pub async fn drop_reference(
    services: &Services,
    account: AccountId,
    note: &Note,
    referrer: ImportId,
) -> Result<Vec<Kept>, StoreError> {
    for _ in 0..ATTEMPTS {
        let key = keys::reference(account, note.kind, note.id, referrer);
        let held = services.store.get(&key).await?.is_some();
        let Some(thing) = Thing::standing(services, account, note.kind, note.id).await? else {
            // The thing went with an earlier try; its client may not have been looked at.
            return match note.client {
                Some(client) => Ok(release_client(services, account, client, referrer).await?.into_iter().collect()),
                None => Ok(Vec::new()),
            };
        };
        let Fate { mut writes, goes, lets_go } = without(services, account, &thing, i64::from(held), referrer).await?;
        if held {
            writes.push(Write::delete(key).when_present());
        }
        writes.extend(letting_go(services, account, lets_go, referrer).await?);
        if !made(services, writes).await? {
            continue;
        }
        let clients = [note.client, thing.client().filter(|&client| Some(client) != note.client)];
        let stays = is_made_by(&thing, referrer) && !goes;
        let mut kept: Vec<Kept> = stays.then_some(Kept { kind: note.kind, id: note.id }).into_iter().collect();
        for client in clients.into_iter().flatten() {
            kept.extend(release_client(services, account, client, referrer).await?);
        }
        return Ok(kept);
    }
    Err(StoreError::Busy("a shared thing kept changing while a reference was dropped".to_owned()))
}

/// One reference fewer on each of some things, with all that follows.
async fn letting_go(
    services: &Services,
    account: AccountId,
    things: Vec<(Kind, ThingId)>,
    undone: ImportId,
) -> Result<Vec<Write>, StoreError> {
    let mut shift = Shift::default();
    things.into_iter().for_each(|(kind, id)| shift.add(kind, id, -1));
    shift.writes(services, account, &Retirements::default(), undone).await
}

/// The writes that remove things, none of which is a client's project or merged into another beside the others, with their
/// place with their clients.
pub async fn removals(services: &Services, account: AccountId, things: &[Thing]) -> Result<Vec<Write>, StoreError> {
    let (mut writes, mut lets_go) = (Vec::new(), Vec::new());
    for thing in things {
        let (gone, parents) = removal(services, account, thing, thing.refs).await?;
        writes.extend(gone);
        // What goes as well is not counted any more.
        lets_go.extend(parents.into_iter().filter(|(kind, id)| !things.iter().any(|t| (t.kind, t.id) == (*kind, *id))));
    }
    writes.extend(letting_go(services, account, lets_go, ImportId::HAND).await?);
    Ok(writes)
}

/// The writes that remove a thing that has exactly `refs` references: the thing, the claims of a user, the sign to it, what is
/// said of a retired one; and the things that lose a reference by it, its client and what it was merged into.
async fn removal(
    services: &Services,
    account: AccountId,
    thing: &Thing,
    refs: i64,
) -> Result<(Vec<Write>, Vec<(Kind, ThingId)>), StoreError> {
    // Renamed meanwhile, it has another sign; displaced meanwhile, it has to leave a mark.
    let mut unchanged = "#refs = :refs AND #version = :version".to_owned();
    if !thing.displaced {
        unchanged.push_str(" AND attribute_not_exists(#displaced)");
    }
    let gone = find::removal(account, thing).when(&unchanged).bind(":refs", refs).bind(":version", thing.version);
    let mut writes = vec![gone];
    if thing.kind == Kind::User {
        writes.extend(user::release(account, thing, None));
    }
    if let Some(alias) = thing.alias_at {
        writes.push(Write::delete(keys::thing(account, thing.kind, alias)));
    }
    let mut lets_go: Vec<_> = thing.client().map(|client| (Kind::Client, client)).into_iter().collect();
    if thing.retired {
        let key = keys::retirement(account, thing.kind, thing.id);
        let said: Option<Retirement> = services.store.read(&key).await?;
        lets_go.extend(said.and_then(|said| said.into).map(|into| (thing.kind, into)));
        writes.push(Write::delete(key));
    }
    Ok((writes, lets_go))
}

/// Marks a client that the undone import made, or removes it if no project is left; says if it stays.
async fn release_client(
    services: &Services,
    account: AccountId,
    client: ThingId,
    referrer: ImportId,
) -> Result<Option<Kept>, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(thing) = Thing::standing(services, account, Kind::Client, client).await? else {
            return Ok(None);
        };
        let Fate { writes, goes, .. } = without(services, account, &thing, 0, referrer).await?;
        if made(services, writes).await? {
            let stays = is_made_by(&thing, referrer) && !goes;
            return Ok(stays.then_some(Kept { kind: Kind::Client, id: client }));
        }
    }
    Err(StoreError::Busy("a client kept changing while it was let go".to_owned()))
}

/// Whether the writes were made; false if the ground moved.
async fn made(services: &Services, writes: Vec<Write>) -> Result<bool, StoreError> {
    if writes.is_empty() {
        return Ok(true);
    }
    match services.store.transact(writes).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_refused() => Ok(false),
        Err(error) => Err(error),
    }
}
