//! The steps of all actors, and loaders, written as the functions are: each awaits [`step`] before every read and every
//! write, and may be dropped there. The decisions are those of the functions; only the steps are here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::super::Record;
use super::super::ancestry::{Ancestry, Missing};
use super::super::image::Image;
use super::super::index::{Hints, of_record};
use super::super::record::Fields;
use super::super::record::Writer;
use super::super::record::subprofiles_field;
use super::super::restore::{Plan, Step as RestoreStep, own_values};
use super::super::wanted::{Due, Wanted, due};
use super::memory::{COLLECTION, DATABASE, FileRow, Memory, State, id_of, kind_of, number, terms};
use super::undos::perform;
use crate::id::{ImportId, OwnerId, RecordId};
use crate::store::keys::RecordKind;

pub type Actor = Pin<Box<dyn Future<Output = ()>>>;
pub type Shared = Rc<RefCell<Memory>>;

/// The most images in a block.
const IMAGES_A_BLOCK: usize = 2;

/// Between two steps of an actor others take theirs.
pub struct Step(bool);

impl Future for Step {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub fn step() -> Step {
    Step(false)
}

/// A lease, which ends when its holder ends or dies.
pub struct Held {
    pub memory: Shared,
    pub import: ImportId,
    pub chunk: u64,
    pub worker: u64,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut memory = self.memory.borrow_mut();
        let chunk = memory.chunk(self.import, self.chunk);
        if chunk.lease == Some(self.worker) {
            chunk.lease = None;
        }
    }
}

pub async fn read(memory: &Shared, id: RecordId) -> Option<Record> {
    step().await;
    memory.borrow().records.get(&id).cloned()
}

/// Reads a missing fact.
pub async fn learn(memory: &Shared, known: &mut Ancestry, missing: Missing, id: RecordId) {
    step().await;
    let mut memory = memory.borrow_mut();
    match missing {
        Missing::Standing(import) => known.add_standing(import, memory.undone.contains(&import)),
        Missing::Thing(company) => {
            let is_there = memory.companies.contains_key(&company.0);
            known.add_thing(company, is_there);
        }
        Missing::Image(writer) => {
            memory.told.stepped += 1;
            let image = memory.images.get(&(writer, id)).cloned();
            match memory.expired.contains(&(writer, id)) {
                true => known.add_expired(writer, id),
                false => known.add_image(writer, id, image),
            }
        }
    }
}

/// Asks a pure decision until no fact is missing.
pub async fn decided<T>(
    memory: &Shared,
    known: &mut Ancestry,
    id: RecordId,
    decide: impl Fn(&Ancestry) -> Result<T, Missing>,
) -> T {
    loop {
        match decide(known) {
            Ok(decision) => return decision,
            Err(missing) => learn(memory, known, missing, id).await,
        }
    }
}

pub async fn put_hints(memory: &Shared, by: ImportId, id: RecordId, hints: &Hints) {
    for term in &hints.put {
        step().await;
        memory.borrow_mut().put_hint(term.clone(), id, hints.version, by);
    }
}

pub async fn drop_hints(memory: &Shared, by: ImportId, id: RecordId, hints: &Hints) {
    for term in &hints.drop {
        step().await;
        memory.borrow_mut().drop_hint(term.clone(), id, hints.version, by);
    }
}

pub async fn load(memory: Shared, import: ImportId, chunk: u64, rows: Vec<FileRow>) {
    let worker = memory.borrow_mut().worker();
    step().await;
    {
        let mut memory = memory.borrow_mut();
        let item = memory.chunk(import, chunk);
        if item.state != State::Planned || item.lease.is_some() {
            return;
        }
        item.lease = Some(worker);
        item.tries += 1;
    }
    let held = Held { memory: Rc::clone(&memory), import, chunk, worker };
    step().await;
    if memory.borrow().undone.contains(&import) || memory.borrow().stopped.contains(&import) {
        return;
    }
    let tries = memory.borrow_mut().chunk(import, chunk).tries;
    let company = |row: &FileRow| match row {
        FileRow::Person(person) => person.company,
        FileRow::Change(_, patch) => patch.get("company").and_then(|value| value.as_ref()?.as_u64()),
        FileRow::Profile(_) | FileRow::Subprofile(..) | FileRow::Deletion(_) => None,
    };
    let names: BTreeSet<_> = rows.iter().filter_map(company).collect();
    for name in names {
        step().await;
        memory.borrow_mut().notes.insert((import, name));
        step().await;
        memory.borrow_mut().refer(import, name);
    }
    let gone = change_all(&memory, import, chunk, &rows, tries > 1).await;
    let created = create_all(&memory, import, chunk, &rows, &gone, tries > 1).await;
    step().await;
    memory.borrow_mut().commit(import, chunk, worker, &created);
    drop(held);
}

/// Changes and deletes records as the rows want: the images first. Returns the records which are gone.
async fn change_all(
    memory: &Shared,
    import: ImportId,
    chunk: u64,
    rows: &[FileRow],
    is_retry: bool,
) -> BTreeSet<RecordId> {
    let mut wanted = Vec::new();
    for (offset, row) in rows.iter().enumerate() {
        let me = Writer::of(import, id_of(import, chunk, offset).row());
        let links = BTreeSet::from([subprofiles_field(COLLECTION)]);
        match row {
            FileRow::Person(_) | FileRow::Profile(_) => {}
            FileRow::Subprofile(profile, _) if profile.import() == import => {}
            FileRow::Subprofile(profile, _) => {
                let (fields, members) = (BTreeMap::new(), BTreeMap::new());
                wanted.push((me, *profile, Wanted::Change { fields, members, links, fills: false }));
            }
            FileRow::Change(record, patch) => {
                let (members, links) = (BTreeMap::new(), BTreeSet::new());
                let change = Wanted::Change { fields: patch.clone(), members, links, fills: false };
                wanted.push((me, *record, change));
            }
            FileRow::Deletion(record) => wanted.push((me, *record, Wanted::Deletion)),
        }
    }
    let mut block = Vec::new();
    for (me, id, change) in &wanted {
        step().await;
        if memory.borrow().images.contains_key(&(*me, *id)) {
            continue;
        }
        let record = read(memory, *id).await;
        if let (Due::Write { former, .. }, Some(record)) = (due(record.as_ref(), change, *me, &terms, 1), &record) {
            block.push(Image::before((me.row(), 1), kind_of(record.owner), record, former));
        }
        if block.len() == IMAGES_A_BLOCK {
            step().await;
            memory.borrow_mut().put_images(import, &block);
            block.clear();
        }
    }
    step().await;
    memory.borrow_mut().put_images(import, &block);

    let mut known = Ancestry::of(RecordKind::Person);
    let mut gone = BTreeSet::new();
    for (me, id, change) in &wanted {
        let mut is_again = is_retry;
        loop {
            let image = memory.borrow().images.get(&(*me, *id)).cloned();
            let record = read(memory, *id).await;
            let mut owed = due(record.as_ref(), change, *me, &terms, 1);
            if let (Some(record), Some(_), true) = (&record, &image, is_retry)
                && decided(memory, &mut known, *id, |known| known.has_written(record, *me)).await
            {
                owed = Due::Done;
            }
            let Due::Write { former, after } = owed else {
                if let (Some(image), true) = (&image, is_again) {
                    let hints = Hints::of_passing(&terms, image.owner, record.as_ref(), &own_values(image));
                    drop_hints(memory, import, *id, &hints).await;
                }
                if owed == Due::Gone {
                    gone.insert(*id);
                }
                break;
            };
            let record = record.expect("a write changes a record");
            if image.as_ref().is_none_or(|image| !image.shows(&record, &former)) {
                if let Some(image) = image.filter(|_| is_again) {
                    // The amended image no longer leads to the hints of the image before.
                    let left = Hints::of_passing(&terms, image.owner, Some(&record), &own_values(&image));
                    drop_hints(memory, import, *id, &left).await;
                }
                step().await;
                let image = Image::before((me.row(), 1), kind_of(record.owner), &record, former.clone());
                memory.borrow_mut().amend_image(import, image);
            }
            let hints = Hints::of_change(&terms, &record, &after);
            put_hints(memory, import, *id, &hints).await;
            let holds = hold_companies(memory, import, &record, &after).await;
            step().await;
            if holds && memory.borrow_mut().put_for_row(*me, &after, &former) {
                drop_hints(memory, import, *id, &hints).await;
                break;
            }
            is_again = true;
        }
    }
    gone
}

/// Lets the import refer to the former and the new company of a person who moves. `false` if a company is gone.
async fn hold_companies(memory: &Shared, import: ImportId, before: &Record, after: &Record) -> bool {
    for (_, name, _) in Memory::moves(Some(before), Some(after)) {
        step().await;
        memory.borrow_mut().notes.insert((import, name));
        step().await;
        if !memory.borrow_mut().hold(import, name) {
            return false;
        }
    }
    true
}

/// Creates the records of the rows. Returns those which are there at the end.
async fn create_all(
    memory: &Shared,
    import: ImportId,
    chunk: u64,
    rows: &[FileRow],
    gone: &BTreeSet<RecordId>,
    is_retry: bool,
) -> Vec<RecordId> {
    let new = |offset: usize, row: &FileRow| {
        let id = id_of(import, chunk, offset);
        match row {
            FileRow::Person(person) if !person.company_only => Some(Record::new(id, person.fields(), 1)),
            FileRow::Profile(fields) => Some(owned(id, DATABASE, None, fields)),
            FileRow::Subprofile(profile, fields) if !gone.contains(profile) => {
                Some(owned(id, COLLECTION, Some(*profile), fields))
            }
            _ => None,
        }
    };
    let wanted: Vec<Record> = rows.iter().enumerate().filter_map(|(offset, row)| new(offset, row)).collect();
    if is_retry {
        step().await;
        let strays = memory.borrow().partition(import, chunk);
        for stray in strays.iter().filter(|stray| !wanted.iter().any(|record| record.id == stray.id)) {
            let plan = Plan { step: RestoreStep::Remove, passing: Vec::new() };
            perform(memory, import, stray, &plan).await;
        }
    }
    let mut created = Vec::new();
    for record in wanted {
        step().await;
        memory.borrow_mut().records.insert(record.id, record.clone());
        for term in of_record(&terms, &record) {
            step().await;
            memory.borrow_mut().put_hint(term, record.id, record.version, import);
        }
        created.push(record);
    }
    let mut lost = Vec::new();
    for record in &created {
        let Some(address) = number(&record.fields, "email") else { continue };
        step().await;
        if !memory.borrow_mut().claim(address, record.id) {
            lost.push(record.id);
        }
    }
    for id in &lost {
        step().await;
        memory.borrow_mut().records.remove(id);
    }
    created.into_iter().map(|record| record.id).filter(|id| !lost.contains(id)).collect()
}

pub fn owned(id: RecordId, owner: OwnerId, parent: Option<RecordId>, fields: &Fields) -> Record {
    Record { owner: Some(owner), parent, ..Record::new(id, fields.clone(), 1) }
}
