//! References: which imports use which shared things, and when a thing is removed for want of a reference.
//!
//! An import with entries of a project, a tag or a user holds **one reference** to the thing: an item which also
//! carries the totals of the import's entries of the thing. All hand-made entries of the account share one reference,
//! held by [`ImportId::HAND`], which also counts people whom another import moved to a company (`records/moves.rs`).
//!
//! - A reference is made and dropped in one transaction with the count of references on the thing. A thing with
//!   references therefore cannot be removed, and no reference to a removed thing can be made.
//! - An import writes a note ([`super::note`]) before its first reference to a thing, so an undo finds every reference.
//! - The totals of a thing are the sums over its references. The totals of loaded chunks are SET when the import
//!   settles; changes by later edits by hand are ADDed in attributes beside the loaded totals; both disappear with the
//!   reference when the import is undone.

mod by_hand;
mod together;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

pub use by_hand::Differences;
pub use together::{Dropped, drop_together};

use super::note::Note;
use super::retired::{Retirement, Retirements};
use super::sums::Sums;
use super::{Thing, find, user};
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{Patience, StoreError, Table, Write, retry};

/// The most participants which one reference stores for a project: an item has at most 400 KB.
pub(crate) const MOST_PARTICIPANTS: usize = 5_000;
/// How many times a drop is attempted while the thing keeps changing in between.
const ATTEMPTS: u32 = 20;

/// A reference as stored: the totals of one referrer's entries of one thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reference {
    /// Totals of the entries which the import's chunks loaded: zero until the import settles, and always zero in
    /// references to users.
    pub loaded: Sums,
    /// Users with entries in the project, as loaded, or empty for references to tags and users.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub users: BTreeSet<ThingId>,
    /// Users whose entries were given to the project by edits by hand.
    #[serde(with = "serde_dynamo::number_set", skip_serializing_if = "BTreeSet::is_empty")]
    pub hand_users: BTreeSet<ThingId>,
    /// Entries added by edits by hand, minus entries taken away; may be negative.
    pub hand_entries: i64,
    /// Seconds added by edits by hand, minus seconds taken away.
    pub hand_seconds: i64,
    /// Billable seconds added by edits by hand, minus billable seconds taken away.
    pub hand_billable: i64,
    /// Invoiced seconds added by edits by hand, minus invoiced seconds taken away.
    pub hand_invoiced: i64,
}

impl Reference {
    /// The totals of the reference: loaded entries plus the changes by hand.
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

/// A shared thing which stayed after the undo of its maker, because a second referrer holds a reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Kept {
    /// Client, project, tag, company or user: the kind of the thing which stayed.
    pub kind: Kind,
    /// The id of the thing which stayed.
    pub id: ThingId,
}

/// The imports with a reference to a thing; [`ImportId::HAND`] stands for the hand-made entries.
pub async fn referrers(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
) -> Result<Vec<ImportId>, StoreError> {
    let items = services.store.all(keys::references(account, kind, id).keys_only()).await?;
    items.iter().map(|item| referrer(&keys::Key::of(Table::Workspace, item))).collect()
}

/// The import whose reference lies at a key.
pub(crate) fn referrer(key: &keys::Key) -> Result<ImportId, StoreError> {
    key.sk.parse().map(ImportId).map_err(|_| StoreError::Shape("a reference without an import".to_owned()))
}

/// The two writes by which `referrer` begins to refer to an existing thing: reference and count.
pub fn refer(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> [Write; 2] {
    [new_reference(account, kind, id, referrer), count(account, kind, id, 1)]
}

/// The write of the reference alone, for a thing which is made in the same transaction with a count of 1.
pub fn new_reference(account: AccountId, kind: Kind, id: ThingId, referrer: ImportId) -> Write {
    Write::put(keys::reference(account, kind, id, referrer), &Reference::default()).when_absent()
}

/// A condition: the item is a thing rather than a mark or a sign, and is not retired.
const SEEN: &str = "attribute_exists(#pk) AND attribute_not_exists(#removed) AND attribute_not_exists(#alias_of) AND \
                    attribute_not_exists(#retired)";

/// Changes the count of references on a thing by `by`; refused if the thing is gone or retired.
pub fn count(account: AccountId, kind: Kind, id: ThingId, by: i64) -> Write {
    Write::update(keys::thing(account, kind, id), "ADD #refs :by").when(SEEN).bind(":by", by)
}

/// Like [`count`], for a tag which an edit by hand gives to an entry with further tags. The write is refused if a tag
/// was merged into this tag since the tag was read, and the raised `touched` makes a merge under way look at the entry
/// again.
fn count_touched(account: AccountId, tag: &Thing, by: i64) -> Write {
    let write = Write::update(keys::thing(account, Kind::Tag, tag.id), "ADD #refs :by, #touched :one").when(SEEN);
    write.when_counted("#merges", tag.merges).bind(":by", by).bind(":one", 1)
}

/// Stores the totals of the import's chunks on its reference. The write is refused if the reference is gone because the
/// import is being undone.
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

/// Adds the changes made by edits by hand to an existing reference, with the participants if the thing is a project.
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

/// References which one transaction adds to things and takes off things.
///
/// A transaction may write each item once, and a removed thing takes a reference off its client or off the thing into
/// which it was merged; so all changes are gathered before the first write is built.
#[derive(Default)]
pub struct Shift {
    by: BTreeMap<(Kind, ThingId), i64>,
    /// Tags, as they were read, which an edit gives to entries with further tags.
    touched: BTreeMap<ThingId, Thing>,
}

impl Shift {
    /// A shift which takes one reference off one thing.
    pub fn fewer(kind: Kind, id: ThingId) -> Self {
        let mut shift = Self::default();
        shift.add(kind, id, -1);
        shift
    }

    /// Adds `by` references to a thing; a negative number takes references off.
    pub fn add(&mut self, kind: Kind, id: ThingId, by: i64) {
        *self.by.entry((kind, id)).or_default() += by;
    }

    /// Records that an edit gives the tag to an entry with further tags.
    pub fn touch(&mut self, tag: Thing) {
        self.add(Kind::Tag, tag.id, 0);
        self.touched.insert(tag.id, tag);
    }

    /// The writes of the shift: the counts, and the removal of each thing which is hidden from people and loses its
    /// last reference.
    ///
    /// `undone` is the import being undone, or [`ImportId::HAND`] for none. The transaction is refused if a thing was
    /// removed in between; the caller then reads again.
    pub async fn writes(
        mut self,
        services: &Services,
        account: AccountId,
        retirements: &Retirements,
        undone: ImportId,
    ) -> Result<Vec<Write>, StoreError> {
        let mut writes = Vec::new();
        // A removed thing takes references off its client and its merge target, so clients and merge targets come last.
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
                // The thing went with the last reference of somebody else; the transaction with this count is refused.
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

/// The writes which take one reference off a thing, outside any undo.
///
/// If the reference was the last and the thing's maker is undone or the thing is retired, the same transaction removes
/// the thing, so a crash in between leaves no orphan behind.
pub async fn let_go(
    services: &Services,
    account: AccountId,
    kind: Kind,
    id: ThingId,
) -> Result<Vec<Write>, StoreError> {
    Shift::fewer(kind, id).writes(services, account, &Retirements::default(), ImportId::HAND).await
}

/// The effect of dropping references to a thing.
struct Fate {
    writes: Vec<Write>,
    /// `true` if the thing is removed, `false` if the thing stays.
    goes: bool,
    /// Things which lose a reference because this thing is removed.
    lets_go: Vec<(Kind, ThingId)>,
}

/// The effect of dropping `fewer` references to a thing, while `undone` (or [`ImportId::HAND`] for no import) is being
/// undone.
///
/// | the thing | references left | effect |
/// |---|---|---|
/// | was made by `undone`, is marked `orphan` by an earlier undo, or is retired | none | removed |
/// | the same | some | kept, and marked `orphan` for whoever drops the last reference |
/// | any thing besides, and a user edited by hand in any case | any | kept with a lower count |
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
    // The condition names a bound rather than the count just read, so workers which drop references side by side need
    // not retry each time.
    let condition = match doomed {
        true => "#refs > :fewer",
        // The user stays in any case, so the mark is of no interest.
        false if is_edited_user(thing) => "#refs >= :fewer",
        false => "#refs >= :fewer AND attribute_not_exists(#orphan)",
    };
    let update = if marks { "ADD #refs :by SET #orphan = :true" } else { "ADD #refs :by" };
    let write = Write::update(keys::thing(account, thing.kind(), thing.id), update).when(condition);
    let write = write.bind(":fewer", fewer).bind(":by", -fewer);
    Ok(stays(vec![if marks { write.bind(":true", true) } else { write }]))
}

/// A user made by an import and edited by hand holds data of people, so the user stays after the undo of the import.
fn is_edited_user(thing: &Thing) -> bool {
    thing.kind() == Kind::User && thing.version > 1
}

fn is_made_by(thing: &Thing, import: ImportId) -> bool {
    import != ImportId::HAND && thing.created_by == import
}

/// Drops the reference held by an import being undone to the thing named in `note`, if the reference is present. A
/// second call changes nothing.
///
/// Returns the things made by the import which stay all the same: the thing of the note, its client, both, or an empty
/// list.
pub async fn drop_reference(
    services: &Services,
    account: AccountId,
    note: &Note,
    referrer: ImportId,
) -> Result<Vec<Kept>, StoreError> {
    let what = "a shared thing kept changing while a reference was dropped";
    retry(Patience::of_tries(ATTEMPTS), what, || async {
        let key = keys::reference(account, note.kind, note.id, referrer);
        let held = services.store.get(&key).await?.is_some();
        let Some(thing) = Thing::standing(services, account, note.kind, note.id).await? else {
            // The thing was removed by an earlier attempt, which may have died before looking at the client.
            let kept = match note.client {
                Some(client) => release_client(services, account, client, referrer).await?,
                None => None,
            };
            return Ok(Some(kept.into_iter().collect()));
        };
        let Fate { mut writes, goes, lets_go } = without(services, account, &thing, i64::from(held), referrer).await?;
        if held {
            writes.push(Write::delete(key).when_present());
        }
        writes.extend(letting_go(services, account, lets_go, referrer).await?);
        if !made(services, writes).await? {
            return Ok(None);
        }
        let clients = [note.client, thing.client().filter(|&client| Some(client) != note.client)];
        let stays = is_made_by(&thing, referrer) && !goes;
        let mut kept: Vec<Kept> = stays.then_some(Kept { kind: note.kind, id: note.id }).into_iter().collect();
        for client in clients.into_iter().flatten() {
            kept.extend(release_client(services, account, client, referrer).await?);
        }
        Ok(Some(kept))
    })
    .await
}

/// The writes which take one reference off each of `things`, with every removal caused by doing so.
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

/// The writes which remove `things` and take their references off their clients.
///
/// No thing of the list may be a project of a client in the list, or be merged into a thing of the list.
pub async fn removals(services: &Services, account: AccountId, things: &[Thing]) -> Result<Vec<Write>, StoreError> {
    let (mut writes, mut lets_go) = (Vec::new(), Vec::new());
    for thing in things {
        let (gone, parents) = removal(services, account, thing, thing.refs).await?;
        writes.extend(gone);
        // A thing which is removed as well needs no lowered count.
        lets_go
            .extend(parents.into_iter().filter(|(kind, id)| !things.iter().any(|t| (t.kind(), t.id) == (*kind, *id))));
    }
    writes.extend(letting_go(services, account, lets_go, ImportId::HAND).await?);
    Ok(writes)
}

/// The writes which remove a thing with exactly `refs` references: the thing, the claims of a user, the sign to the
/// thing, the retirement of a retired thing. Also returned are the things which lose a reference by the removal: the
/// client, and the merge target.
async fn removal(
    services: &Services,
    account: AccountId,
    thing: &Thing,
    refs: i64,
) -> Result<(Vec<Write>, Vec<(Kind, ThingId)>), StoreError> {
    // A rename in between would have made a second sign, and a displacement in between requires a mark.
    let mut unchanged = "#refs = :refs AND #version = :version".to_owned();
    if !thing.displaced {
        unchanged.push_str(" AND attribute_not_exists(#displaced)");
    }
    let gone = find::removal(account, thing).when(&unchanged).bind(":refs", refs).bind(":version", thing.version);
    let mut writes = vec![gone];
    if thing.kind() == Kind::User {
        writes.extend(user::release(account, thing, None));
    }
    if let Some(alias) = thing.alias_at {
        writes.push(Write::delete(keys::thing(account, thing.kind(), alias)));
    }
    let mut lets_go: Vec<_> = thing.client().map(|client| (Kind::Client, client)).into_iter().collect();
    if thing.retired {
        let key = keys::retirement(account, thing.kind(), thing.id);
        let said: Option<Retirement> = services.store.read(&key).await?;
        lets_go.extend(said.and_then(|said| said.into).map(|into| (thing.kind(), into)));
        writes.push(Write::delete(key));
    }
    Ok((writes, lets_go))
}

/// Removes a client made by the undone import if no project is left, else marks the client. Returns the client if it
/// stays.
async fn release_client(
    services: &Services,
    account: AccountId,
    client: ThingId,
    referrer: ImportId,
) -> Result<Option<Kept>, StoreError> {
    retry(Patience::of_tries(ATTEMPTS), "a client kept changing while it was let go", || async {
        let Some(thing) = Thing::standing(services, account, Kind::Client, client).await? else {
            return Ok(Some(None));
        };
        let Fate { writes, goes, .. } = without(services, account, &thing, 0, referrer).await?;
        let stays = is_made_by(&thing, referrer) && !goes;
        let kept = stays.then_some(Kept { kind: Kind::Client, id: client });
        Ok(made(services, writes).await?.then_some(kept))
    })
    .await
}

/// Sends the writes, if there are any, as a single transaction; `false` if a condition was refused because an item
/// changed in between.
async fn made(services: &Services, writes: Vec<Write>) -> Result<bool, StoreError> {
    Ok(writes.is_empty() || services.store.attempt_all(writes).await?)
}
