//! The changes and deletions that the rows of a claimed chunk want of records which stand.
//!
//! | effect | trace | why a second try is harmless |
//! |---|---|---|
//! | before-images, in blocks | themselves | a try stores images for rows without an image alone |
//! | an amended image, if the record has changed since | itself | the same row and record have the same key |
//! | hints of new values | the image | put again with the same version, or dropped |
//! | references to the former and the new thing of a record that gets another one | the notes, written first | a reference is made once ([`moves`](super::moves)) |
//! | the record, by one write on the condition of its version, with the counts of its things if it gets another one (a few such records together) | `by` of the record | whose `by` is the row is done |
//! | hints of former values dropped | the image | the next try drops the hints of every value but the record's own |
//!
//! Imports that write to the same records take turns, so no other import writes to the records meanwhile. People and
//! undos do, and the version of the record is the fence.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Mutex;

use super::ancestry::Ancestry;
use super::history::History;
use super::image::{Album, Image, ImagesOfChunk};
use super::index::Hints;
use super::moves::{MOVED_TOGETHER, Moves, hold};
use super::record::{Record, RecordRef, Writer};
use super::restore::own_values;
use super::rules::{HintWriter, RecordRules};
use super::wanted::{Due, Wanted, due};
use crate::concurrent::drained;
use crate::id::{RecordId, Row, ThingId};
use crate::import::Import;
use crate::lease::{Lease, LeasedError};
use crate::ledger::Chunk;
use crate::services::Services;
use crate::store::keys::{Key, Kind, RecordKind};
use crate::store::{Patience, StoreError, Table, Write, decode};

/// The most records read, and their images stored, before the records are written.
const TARGETS_A_WINDOW: usize = 200;
/// The most records written at once.
const IN_FLIGHT: usize = 16;
/// The most attempts to write to a record that others keep changing.
const ATTEMPTS: u32 = 20;

/// A record to which a row writes, as the join has found it.
#[derive(Clone, Debug)]
pub struct Target {
    pub row: Row,
    pub kind: RecordKind,
    pub record: RecordId,
    /// The address by which the row found the record, normalised: a record which has another address by now counts as gone.
    /// `None` for records found otherwise.
    pub address: Option<String>,
    pub wanted: Wanted,
}

/// The outcome of a row's write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The record is changed or deleted, by this try or an earlier one.
    Written,
    /// The record is held for a subprofile, and has no other values.
    Held,
    /// The record has the wanted values, or is to be left alone.
    Unchanged,
    /// The record is gone.
    Gone,
}

/// The rows of a claimed chunk, with the rules of the records to which the rows write.
pub struct Changes<'a> {
    services: &'a Services,
    import: &'a Import,
    chunk: &'a Chunk,
    lease: &'a Lease,
    rules: &'a [RecordRules<'a>],
    /// The number of windows so far. The images of a row may lie in blocks of several windows.
    windows: AtomicU32,
    /// The things to which the import is known to refer. Held by the record which gets another thing: records of a chunk
    /// mostly share few things, whose counts only one transaction at a time can change.
    moving: Mutex<BTreeSet<(Kind, ThingId)>>,
}

impl<'a> Changes<'a> {
    /// The changes of a chunk, of which nothing is written yet by this try.
    pub fn new(
        (services, lease): (&'a Services, &'a Lease),
        (import, chunk): (&'a Import, &'a Chunk),
        rules: &'a [RecordRules<'a>],
    ) -> Self {
        Self { services, import, chunk, lease, rules, windows: AtomicU32::new(0), moving: Mutex::default() }
    }

    /// Writes to the records, in windows. The targets come in the order of their rows, and no record comes twice. Returns
    /// the outcomes in the order of the targets. A further call may follow, also for rows of an earlier call.
    ///
    /// A changed record costs a write unit for each KB, its share of a block of images (a write unit for 1 KB of images of
    /// all rows), two for each indexed field with another value, and half a read unit or more. An unchanged record costs
    /// the reading. A record that gets another thing is written in a transaction with the counts of both things: two write
    /// units for each KB, and some eight for each pair of things among [`MOVED_TOGETHER`] records.
    pub async fn apply(&self, targets: &[Target]) -> Result<Vec<Applied>, LeasedError> {
        let album = Album { account: self.import.account, import: self.import.id, chunk: self.chunk.number };
        let is_retry = self.chunk.tries > 1;
        let mut images = if is_retry { album.read_all(self.services).await? } else { ImagesOfChunk::new() };
        let history = History::new(self.services, self.import);
        let mut outcomes = Vec::with_capacity(targets.len());
        for window in targets.chunks(TARGETS_A_WINDOW) {
            let keys = self.keys(&history, window.iter().map(Target::of)).await?;
            let records = self.read_all(&keys).await?;
            let new = self.new_images(window, &records, &images)?;
            self.lease.check(&self.services.clock)?;
            let store = (self.chunk.tries, self.windows.fetch_add(1, Ordering::Relaxed));
            album.store(self.services, new.clone(), store, self.expiry()).await?;
            images.extend(new.into_iter().map(|image| ((image.row, image.of()), image)));
            let written = match is_retry {
                true => BTreeSet::new(),
                false => self.move_together(window, (&keys, &records, &images)).await?,
            };
            let writes = window.iter().map(|target| {
                let change = Change { changes: self, album, history: &history, target, is_retry };
                let is_written = written.contains(&target.of());
                let key = keys.get(&target.of());
                let image = images.get(&(target.row, target.of())).cloned();
                let record = records.get(&target.of()).cloned();
                async move {
                    self.lease.check(&self.services.clock)?;
                    match key {
                        _ if is_written => Ok(Applied::Written),
                        Some(key) => change.write(key, record, image).await,
                        None => Ok(Applied::Gone),
                    }
                }
            });
            outcomes.extend(drained(writes, IN_FLIGHT).await?);
        }
        Ok(outcomes)
    }

    /// Writes the records of a window that get another thing, some in each transaction, if their images hold what the records
    /// are. Returns the records written; all others are left to be written one by one.
    async fn move_together(
        &self,
        window: &[Target],
        (keys, records, images): (&BTreeMap<RecordRef, Key>, &BTreeMap<RecordRef, Record>, &ImagesOfChunk),
    ) -> Result<BTreeSet<RecordRef>, LeasedError> {
        let mut moving = Vec::new();
        for target in window {
            let name = target.of();
            let (Some(key), Some(before)) = (keys.get(&name), records.get(&name)) else { continue };
            let Due::Write { former, mut after } = self.due(target, Some(before))? else { continue };
            let image = images.get(&(target.row, name)).filter(|image| image.shows(before, &former));
            if let Some(image) = image {
                after.updated_at = image.at;
            }
            let rules = self.rules(target.kind)?;
            let hints = Hints::of_change(rules.terms, before, &after);
            let things = [(rules.holdings)(before)?.things, (rules.holdings)(&after)?.things];
            let moves = Moves::between(rules.kind, (before, &things[0]), (&after, &things[1]));
            if image.is_some() && hints.put.is_empty() && hints.drop.is_empty() && !moves.is_empty() {
                let put = Write::put(key.clone(), &*after).if_version(before.version);
                moving.push((name, put, moves, &things[0] | &things[1]));
            }
        }
        // Records which move alike change the same counts.
        moving.sort_by(|(.., one), (.., other)| one.cmp(other));
        let mut written = BTreeSet::new();
        let mut left = moving.into_iter().peekable();
        while left.peek().is_some() {
            let mut known = self.moving.lock().await;
            self.lease.check(&self.services.clock)?;
            let (mut names, mut writes, mut all_moves, mut stand) = (Vec::new(), Vec::new(), Moves::default(), true);
            for (name, put, moves, things) in left.by_ref().take(MOVED_TOGETHER) {
                names.push(name);
                writes.push(put);
                all_moves.join(moves);
                stand &= self.hold_all(&mut known, &things).await?;
            }
            if !stand {
                continue;
            }
            writes.extend(all_moves.writes(self.services, self.import.account).await?);
            if self.services.store.attempt_all(writes).await? {
                written.extend(names);
            }
        }
        Ok(written)
    }

    /// Lets the import refer to things which are not among the known ones. `false` if a thing is gone.
    async fn hold_all(
        &self,
        known: &mut BTreeSet<(Kind, ThingId)>,
        things: &BTreeSet<(Kind, ThingId)>,
    ) -> Result<bool, StoreError> {
        for &thing in things {
            if !known.contains(&thing) {
                if !hold(self.services, self.import.account, self.import.id, thing).await? {
                    return Ok(false);
                }
                known.insert(thing);
            }
        }
        Ok(true)
    }

    /// The records of some names, without those which are not there.
    pub async fn records(&self, names: &[RecordRef]) -> Result<BTreeMap<RecordRef, Record>, StoreError> {
        let history = History::new(self.services, self.import);
        let keys = self.keys(&history, names.iter().copied()).await?;
        self.read_all(&keys).await
    }

    async fn keys(
        &self,
        history: &History<'_>,
        names: impl Iterator<Item = RecordRef>,
    ) -> Result<BTreeMap<RecordRef, Key>, StoreError> {
        let mut keys = BTreeMap::new();
        for name in names {
            if let Some(key) = history.key(name).await? {
                keys.insert(name, key);
            }
        }
        Ok(keys)
    }

    async fn read_all(&self, keys: &BTreeMap<RecordRef, Key>) -> Result<BTreeMap<RecordRef, Record>, StoreError> {
        let names: HashMap<&Key, RecordRef> = keys.iter().map(|(&name, key)| (key, name)).collect();
        let wanted: Vec<Key> = keys.values().cloned().collect();
        let mut records = BTreeMap::new();
        for item in self.services.store.get_many(&wanted).await? {
            if let Some(&name) = names.get(&Key::of(Table::Workspace, &item)) {
                records.insert(name, decode(item)?);
            }
        }
        Ok(records)
    }

    /// The images of the window's rows that have no image yet.
    fn new_images(
        &self,
        window: &[Target],
        records: &BTreeMap<RecordRef, Record>,
        images: &ImagesOfChunk,
    ) -> Result<Vec<Image>, StoreError> {
        let mut new = Vec::new();
        for target in window.iter().filter(|target| !images.contains_key(&(target.row, target.of()))) {
            let record = records.get(&target.of());
            if let (Some(record), Due::Write { former, after }) = (record, self.due(target, record)?) {
                new.push(Image::before((target.row, after.updated_at), target.kind, record, former));
            }
        }
        Ok(new)
    }

    fn due(&self, target: &Target, record: Option<&Record>) -> Result<Due, StoreError> {
        let rules = self.rules(target.kind)?;
        let me = Writer::of(self.import.id, target.row);
        let mut due = due(record, &target.wanted, me, rules.terms, self.services.clock.now_ms());
        if let Due::Write { after, .. } = &mut due {
            after.expires = after.gone.and_then(|gone| self.import.expiry(gone.at));
        }
        let is_open = matches!(due, Due::Write { .. } | Due::Unchanged);
        let Some(record) = record.filter(|_| is_open) else { return Ok(due) };
        let address = if target.address.is_some() { (rules.holdings)(record)?.address } else { None };
        if address != target.address {
            return Ok(Due::Gone);
        }
        if let Due::Write { after, .. } = &due
            && (rules.holdings)(record)?.address != (rules.holdings)(after)?.address
        {
            let why = format!("row {} changes the address of record {}", target.row, target.record);
            return Err(StoreError::Shape(why));
        }
        Ok(due)
    }

    /// The time at which an image that is written now expires, in seconds since the epoch, or `None` for an image that stays.
    fn expiry(&self) -> Option<i64> {
        self.import.expiry(self.services.clock.now_ms())
    }

    fn rules(&self, kind: RecordKind) -> Result<&RecordRules<'_>, StoreError> {
        let rules = self.rules.iter().find(|rules| rules.kind == kind);
        rules.ok_or_else(|| StoreError::Shape(format!("the import has no rules for records of the kind {kind}")))
    }
}

impl Target {
    fn of(&self) -> RecordRef {
        (self.kind, self.record)
    }
}

/// The outcome of a write whose image is given.
fn written(image: Option<&Image>) -> Applied {
    if image.is_some_and(Image::holds_alone) { Applied::Held } else { Applied::Written }
}

/// The write of a row to a record.
struct Change<'a> {
    changes: &'a Changes<'a>,
    album: Album,
    history: &'a History<'a>,
    target: &'a Target,
    is_retry: bool,
}

impl Change<'_> {
    /// Writes to the record, which was read a moment ago and has this image.
    async fn write(
        &self,
        key: &Key,
        mut record: Option<Record>,
        mut image: Option<Image>,
    ) -> Result<Applied, LeasedError> {
        let Changes { services, import, .. } = *self.changes;
        let rules = self.changes.rules(self.target.kind)?;
        let terms = rules.terms;
        let hints = HintWriter { services, account: import.account, record: self.target.record, by: import.id };
        let mut is_again = self.is_retry;
        let mut patience = Patience::of_tries(ATTEMPTS);
        loop {
            let owed = self.owed(record.as_ref(), image.as_ref()).await?;
            let Due::Write { former, mut after } = owed else {
                if let Some(image) = image.as_ref().filter(|_| is_again) {
                    let left = Hints::of_passing(terms, image.owner, record.as_ref(), &own_values(image));
                    hints.drop(&left).await?;
                }
                return Ok(match owed {
                    Due::Gone => Applied::Gone,
                    Due::Unchanged => Applied::Unchanged,
                    Due::Done | Due::Write { .. } => written(image.as_ref()),
                });
            };
            let Some(before) = record else { return Ok(Applied::Gone) };
            match image.as_ref().filter(|image| image.shows(&before, &former)) {
                Some(image) => after.updated_at = image.at,
                None => {
                    if let Some(image) = image.as_ref().filter(|_| is_again) {
                        // The amended image no longer leads to the hints of the image before.
                        let left = Hints::of_passing(terms, image.owner, Some(&before), &own_values(image));
                        hints.drop(&left).await?;
                    }
                    let Target { row, kind, .. } = *self.target;
                    let amended = Image::before((row, after.updated_at), kind, &before, former);
                    self.album.amend(services, &amended, self.changes.expiry()).await?;
                    image = Some(amended);
                }
            }
            let change = Hints::of_change(terms, &before, &after);
            hints.put(&change).await?;
            if self.put(rules, key, &before, &after).await? {
                hints.drop(&change).await?;
                return Ok(written(image.as_ref()));
            }
            is_again = true;
            patience.wait(false, "a record kept changing while a row wrote to it").await?;
            self.changes.lease.check(&services.clock)?;
            record = Record::read(services, key).await?;
        }
    }

    /// Writes the record. A record which gets another thing is counted there in the same transaction, after the import has come
    /// to refer to both things. `false` if an item was changed in between.
    async fn put(
        &self,
        rules: &RecordRules<'_>,
        key: &Key,
        before: &Record,
        after: &Record,
    ) -> Result<bool, LeasedError> {
        let Changes { services, import, lease, moving, .. } = self.changes;
        let account = import.account;
        let put = Write::put(key.clone(), after).if_version(before.version);
        let (held, holds) = ((rules.holdings)(before)?.things, (rules.holdings)(after)?.things);
        let moves = Moves::between(rules.kind, (before, &held), (after, &holds));
        if moves.is_empty() {
            return Ok(services.store.attempt(put).await?);
        }
        let mut known = moving.lock().await;
        lease.check(&services.clock)?;
        if !self.changes.hold_all(&mut known, &(&held | &holds)).await? {
            return Ok(false);
        }
        let mut writes = vec![put];
        writes.extend(moves.writes(services, account).await?);
        Ok(services.store.attempt_all(writes).await?)
    }

    /// The write which the row owes, given the image that an earlier try has stored.
    async fn owed(&self, record: Option<&Record>, image: Option<&Image>) -> Result<Due, StoreError> {
        let me = Writer::of(self.changes.import.id, self.target.row);
        if let (true, Some(record), Some(_)) = (self.is_retry, record, image) {
            // A resumed import meets records to which later imports have written since: the later writes stay.
            let wrote = |known: &Ancestry| known.has_written(record, me);
            if self.history.decided(self.target.of(), wrote).await? {
                return Ok(Due::Done);
            }
        }
        self.changes.due(self.target, record)
    }
}
