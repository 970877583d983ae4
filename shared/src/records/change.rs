//! Changes of a record by hand: each is a single transaction of the record, its claim, the references that count the
//! record, and the chunk of the record's row.
//!
//! | effect | trace | how an undo of the maker finds the effect |
//! |---|---|---|
//! | fields, with people as their last writer | `writers` and `version` of the record | the record is kept |
//! | the claim of a new address | the record's address | the kept record keeps its claim |
//! | a reference to a new thing | a note, written before | the count moves to people's reference, the import's own is dropped ([`moves`](super::moves)) |
//!
//! A record that stands for its import is edited only while the chunk of its row is committed. The undo of the chunk
//! begins by taking that state away, so the undo meets no edit between its reads and its writes. A record that an undo
//! kept belongs to people: its references are people's, and its version alone fences its edits.

use std::collections::BTreeSet;

use super::Record;
use super::index::{self, IndexTerm};
use super::moves::{Moves, referrer};
use super::record::{Gone, HAND_CHUNK, Writer};
use crate::id::{AccountId, ChunkNo, ImportId, RecordId, Row, ThingId};
use crate::import::{Import, dropped};
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::keys::{self, Kind, RecordKind};
use crate::store::{Key, StoreError, Write};
use crate::things::claim::{self, Holder};

/// What a record holds outside of its own item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// The address which the record claims, normalised, or `None` without an address.
    pub address: Option<String>,
    /// The things to which the record refers, for example the company of a person.
    pub things: BTreeSet<(Kind, ThingId)>,
    /// The values by which the record is found.
    pub index: BTreeSet<IndexTerm>,
}

/// A record which people can see, with the import which created the record: `None` for a record made by hand.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The record as stored.
    pub record: Record,
    /// The import which created the record.
    pub maker: Option<Import>,
}

impl Seen {
    /// The record with this id, if people can see the record: the record was made by hand, or an undo kept the record, or
    /// the chunk of its row is committed and its import is not undone. A deleted record is not seen. Whether the parent of
    /// a subprofile can be seen is left to the caller.
    pub async fn find(
        services: &Services,
        account: AccountId,
        kind: RecordKind,
        id: RecordId,
    ) -> Result<Option<Self>, StoreError> {
        let found = Self::find_any(services, account, kind, id).await?;
        Ok(found.filter(|seen| seen.record.gone.is_none()))
    }

    /// Finds a record like [`Seen::find`], also if the record was deleted and its tombstone is left.
    pub async fn find_any(
        services: &Services,
        account: AccountId,
        kind: RecordKind,
        id: RecordId,
    ) -> Result<Option<Self>, StoreError> {
        if id.row() == Row(0) {
            return Ok(None);
        }
        if id.import().is_by_hand() {
            let record = Record::read(services, &Record::key(account, kind, id, HAND_CHUNK)).await?;
            return Ok(record.map(|record| Self { record, maker: None }));
        }
        let Some(maker) = Import::get(services, account, id.import()).await? else { return Ok(None) };
        let record = Record::read(services, &Record::key(account, kind, id, maker.rows_per_chunk)).await?;
        let Some(record) = record else { return Ok(None) };
        let stands = record.orphan || (!maker.status.is_gone() && is_committed(services, &maker, id).await?);
        Ok(stands.then_some(Self { record, maker: Some(maker) }))
    }

    /// The storage key of the record.
    pub fn key(&self, account: AccountId, kind: RecordKind) -> Key {
        let rows = self.maker.as_ref().map_or(HAND_CHUNK, |maker| maker.rows_per_chunk);
        Record::key(account, kind, self.record.id, rows)
    }
}

async fn is_committed(services: &Services, maker: &Import, id: RecordId) -> Result<bool, StoreError> {
    let key = keys::chunk(maker.account, maker.id, id.row().chunk(maker.rows_per_chunk));
    let Some(chunk) = services.store.get(&key).await? else { return Ok(false) };
    Ok(Chunk::decode(chunk)?.state == ChunkState::Committed)
}

/// The outcome of an attempt to change a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The change is made.
    Made,
    /// Somebody else has the address.
    Taken,
    /// An item changed after the caller's read, or a thing is gone: the caller reads again and tries again.
    Again,
}

/// Makes a record by hand, whose number the caller has drawn.
pub async fn create(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    record: &Record,
    holdings: &Holdings,
) -> Result<Attempt, StoreError> {
    create_below(services, account, kind, (record, holdings), None).await
}

/// Makes a record by hand like [`create`], in one transaction with a record which people hold from then on.
pub async fn create_below(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    (record, holdings): (&Record, &Holdings),
    held: Option<&Hold<'_>>,
) -> Result<Attempt, StoreError> {
    let put = Write::put(Record::key(account, kind, record.id, HAND_CHUNK), record).when_absent();
    let mut writes = vec![put, counted(account, kind, record.id, 1)];
    writes.extend(held.into_iter().flat_map(|hold| hold.writes(account, None)));
    let after = Some(Held { holdings, referrer: ImportId::HAND });
    let change = Change { account, id: record.id, before: None, after, version: record.version };
    change.attempt(services, writes).await
}

/// A record that an import made, which stays as long as people hold the record: they have made or changed something that
/// belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Hold<'s> {
    /// The kind of the held record.
    pub kind: RecordKind,
    /// The held record.
    pub seen: &'s Seen,
    /// The name of a field without a value, whose last writer people become.
    pub link: &'s str,
}

impl Hold<'_> {
    /// The writes by which people hold the record, or none if nobody but people can remove the record. `marked` is the chunk
    /// that another write of the transaction marks as edited.
    fn writes(&self, account: AccountId, marked: Option<(ImportId, ChunkNo)>) -> Vec<Write> {
        let record = &self.seen.record;
        if record.writer(self.link) == Writer::HAND {
            return Vec::new();
        }
        let mut after = Record { version: record.version + 1, ..record.clone() };
        after.set(self.link, None, Writer::HAND);
        let put = Write::put(self.seen.key(account, self.kind), &after);
        let mut writes = vec![put.if_version(record.version)];
        let maker = standing_for(self.seen).filter(|_| chunk_of(self.seen) != marked);
        writes.extend(maker.map(|maker| mark(maker, record.id, None)));
        writes
    }
}

/// Gives a record other fields, in one transaction with a record which people hold from then on; `after` comes from
/// [`changed`](super::edited::changed), and the holdings are those of `seen` and of `after`.
pub async fn update(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    (seen, after): (&Seen, &Record),
    [held, holds]: [&Holdings; 2],
    hold: Option<&Hold<'_>>,
) -> Result<Attempt, StoreError> {
    let put = Write::put(seen.key(account, kind), after);
    let mut writes = vec![put.if_version(seen.record.version)];
    writes.extend(standing_for(seen).map(|maker| mark(maker, seen.record.id, None)));
    writes.extend(hold.into_iter().flat_map(|hold| hold.writes(account, chunk_of(seen))));
    let before = Some(Held { holdings: held, referrer: referrer(kind, &seen.record) });
    let now = Some(Held { holdings: holds, referrer: referrer(kind, after) });
    let change = Change { account, id: seen.record.id, before, after: now, version: after.version };
    change.attempt(services, writes).await
}

/// Deletes a record with everything the record holds.
pub async fn delete(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    seen: &Seen,
    held: &Holdings,
) -> Result<Attempt, StoreError> {
    take_away(services, account, kind, (seen, held), Write::delete(seen.key(account, kind))).await
}

/// Deletes a record like [`delete`], but for a tombstone that says that people deleted the record at the time `at`
/// (milliseconds since the epoch). Nothing brings the record back, but imports whose undo can still be asked for may have images
/// of the record, so the tombstone stays for twice the time of an undo.
pub async fn bury(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    (seen, held): (&Seen, &Holdings),
    at: i64,
) -> Result<Attempt, StoreError> {
    let gone = Some(Gone { import: ImportId::HAND, row: Row(0), at });
    let expires = services.retention.expiry(at);
    let tombstone = Record { gone, expires, version: seen.record.version + 1, ..seen.record.clone() };
    let put = Write::put(seen.key(account, kind), &tombstone);
    take_away(services, account, kind, (seen, held), put).await
}

/// Makes the write that takes a record from people's eyes, with the changes of counters and of what the record holds.
async fn take_away(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    (seen, held): (&Seen, &Holdings),
    write: Write,
) -> Result<Attempt, StoreError> {
    let mut writes = vec![write.if_version(seen.record.version)];
    let is_counted = kind.is_counted_by_imports();
    if let Some(maker) = standing_for(seen) {
        let chunk = seen.record.id.row().chunk(maker.rows_per_chunk);
        let dropped = if is_counted { Dropped::Entity } else { Dropped::Subprofile };
        writes.push(mark(maker, seen.record.id, Some(dropped)));
        if is_counted {
            writes.push(Write::update(keys::counts(account, maker.id, chunk), "ADD #dropped :one").bind(":one", 1));
        }
    }
    // The roll counts kept records apart, and takes the deleted ones off.
    match &seen.maker {
        Some(maker) => writes.extend(is_counted.then(|| dropped(maker))),
        None => writes.push(counted(account, kind, seen.record.id, -1)),
    }
    let before = Some(Held { holdings: held, referrer: referrer(kind, &seen.record) });
    Change { account, id: seen.record.id, before, after: None, version: 0 }.attempt(services, writes).await
}

/// Removes a record to which others than its maker have written, in one transaction with its claim and index items. A record
/// which people count leaves their references too, and `maker` counts one kept record less, if the maker's undo is not the one under way.
/// `false` if an item was changed in between.
pub(super) async fn remove_touched(
    services: &Services,
    account: AccountId,
    (kind, key): (RecordKind, &Key),
    record: &Record,
    mut held: Holdings,
    maker: Option<&Import>,
) -> Result<bool, StoreError> {
    let delete = Write::delete(key.clone()).if_version(record.version);
    let mut writes = vec![delete];
    writes.extend(maker.filter(|_| kind.is_counted_by_imports()).map(dropped));
    if let Some(address) = &held.address
        && claim::holder(services, account, address).await? != Some(Holder::Person(record.id))
    {
        held.address = None;
    }
    let referrer = referrer(kind, record);
    if referrer != ImportId::HAND {
        // The maker's references go with the end of its undo.
        held.things.clear();
    }
    let before = Some(Held { holdings: &held, referrer });
    let change = Change { account, id: record.id, before, after: None, version: 0 };
    Ok(change.attempt(services, writes).await? == Attempt::Made)
}

/// The write which counts a record made by hand in its partition, so a list of records by pages need not read the records
/// before a page.
fn counted(account: AccountId, kind: RecordKind, id: RecordId, by: i64) -> Write {
    let key = keys::hand_record_count(account, kind, id.import(), id.row().chunk(HAND_CHUNK));
    Write::update(key, "ADD #n :by").bind(":by", by)
}

/// The import for which the record still stands.
fn standing_for(seen: &Seen) -> Option<&Import> {
    seen.maker.as_ref().filter(|_| !seen.record.orphan)
}

/// The chunk for which the record still stands.
fn chunk_of(seen: &Seen) -> Option<(ImportId, ChunkNo)> {
    standing_for(seen).map(|maker| (maker.id, seen.record.id.row().chunk(maker.rows_per_chunk)))
}

/// The write which marks the chunk of a record as edited, or counts the deletion; refused if the chunk is not committed
/// any more.
fn mark(maker: &Import, id: RecordId, deleted: Option<Dropped>) -> Write {
    let key = keys::chunk(maker.account, maker.id, id.row().chunk(maker.rows_per_chunk));
    let set = match deleted {
        None => "SET #edited = :true",
        Some(Dropped::Entity) => "SET #edited = :true ADD #dropped :one",
        Some(Dropped::Subprofile) => "SET #edited = :true ADD #dropped_subprofiles :one",
    };
    let mark = Write::update(key, set).when("#state = :committed");
    let mark = mark.bind(":committed", ChunkState::Committed).bind(":true", true);
    if deleted.is_some() { mark.bind(":one", 1) } else { mark }
}

/// The counter of a chunk which counts a deletion by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dropped {
    Entity,
    Subprofile,
}

/// What a record holds in a version of the record.
#[derive(Clone, Copy)]
struct Held<'h> {
    holdings: &'h Holdings,
    /// The import whose references count the record.
    referrer: ImportId,
}

/// A change of what a record holds.
struct Change<'h> {
    account: AccountId,
    id: RecordId,
    before: Option<Held<'h>>,
    after: Option<Held<'h>>,
    /// The version of the record after the change; any number for a record that goes.
    version: u64,
}

impl Change<'_> {
    /// Sends `writes` in one transaction with the changes of claims and references.
    async fn attempt(&self, services: &Services, mut writes: Vec<Write>) -> Result<Attempt, StoreError> {
        let address = |held: Option<Held<'_>>| held.and_then(|held| held.holdings.address.clone());
        let (old, new) = (address(self.before), address(self.after));
        if old != new {
            if let Some(new) = new {
                let holder = claim::holder(services, self.account, &new).await?;
                if holder.is_some_and(|holder| holder != Holder::Person(self.id)) {
                    return Ok(Attempt::Taken);
                }
                writes.push(claim::claim_for_person(self.account, &new, self.id));
            }
            writes.extend(old.map(|old| claim::release_of_person(self.account, &old, self.id)));
        }
        let index = |held: Option<Held<'_>>| held.map(|held| held.holdings.index.clone()).unwrap_or_default();
        let (old, new) = (index(self.before), index(self.after));
        let put = |term| index::put_within(self.account, term, self.id, self.version, ImportId::HAND);
        writes.extend(index::put_of(&new, &old).iter().map(put));
        writes.extend((&old - &new).iter().map(|term| Write::delete(index::key_of(self.account, term, self.id))));
        let mut moves = Moves::default();
        self.before.into_iter().for_each(|before| moves.count(before.referrer, &before.holdings.things, -1));
        self.after.into_iter().for_each(|after| moves.count(after.referrer, &after.holdings.things, 1));
        writes.extend(moves.writes(services, self.account).await?);
        Ok(if services.store.attempt_all(writes).await? { Attempt::Made } else { Attempt::Again })
    }
}
