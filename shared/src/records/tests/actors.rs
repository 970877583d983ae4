//! Loaders, undos and people, written as the functions are: each awaits [`step`] before every read and every write, and may
//! be dropped there. The decisions are those of the functions; only the steps are here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use serde_json::{Value, json};

use super::super::Record;
use super::super::ancestry::{Ancestry, Missing};
use super::super::change::changed;
use super::super::image::Image;
use super::super::index::Hints;
use super::super::record::Fields;
use super::super::record::Writer;
use super::super::restore::{self, Plan, own_values, rechecked, restored, taken_back};
use super::super::wanted::{Due, Wanted, due, subprofiles_field, wrote_before};
use super::Draw;
use super::memory::{COLLECTION, DATABASE, FileRow, Memory, State, id_of, kind_of, number, terms};
use crate::id::{ImportId, OwnerId, RecordId, Row};

pub type Actor = Pin<Box<dyn Future<Output = ()>>>;
pub type Shared = Rc<RefCell<Memory>>;

/// The most images in a block.
const IMAGES_A_BLOCK: usize = 2;

/// Between two steps of an actor others take theirs.
struct Step(bool);

impl Future for Step {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

fn step() -> Step {
    Step(false)
}

/// A lease, which ends when its holder ends or dies.
struct Held {
    memory: Shared,
    import: ImportId,
    chunk: u64,
    worker: u64,
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

async fn read(memory: &Shared, id: RecordId) -> Option<Record> {
    step().await;
    memory.borrow().records.get(&id).cloned()
}

/// Reads a missing fact.
async fn learn(memory: &Shared, known: &mut Ancestry, missing: Missing, id: RecordId) {
    step().await;
    let mut memory = memory.borrow_mut();
    match missing {
        Missing::Standing(import) => known.add_standing(import, memory.undone.contains(&import)),
        Missing::Image(writer) => {
            memory.told.stepped += 1;
            let former = memory.images.get(&(writer, id)).map(|image| image.former.clone());
            known.add_image(writer, id, former);
        }
    }
}

/// Asks a pure decision until no fact is missing.
async fn decided<T>(
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

async fn put_hints(memory: &Shared, by: ImportId, id: RecordId, hints: &Hints) {
    for term in &hints.put {
        step().await;
        memory.borrow_mut().put_hint(term.clone(), id, hints.version, by);
    }
}

async fn drop_hints(memory: &Shared, by: ImportId, id: RecordId, hints: &Hints) {
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
    let names: BTreeSet<_> =
        rows.iter().filter_map(|row| if let FileRow::Person(person) = row { person.company } else { None }).collect();
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
                wanted.push((me, *profile, Wanted::Change { fields: BTreeMap::new(), links }));
            }
            FileRow::Change(record, patch) => {
                let change = Wanted::Change { fields: patch.clone(), links: BTreeSet::new() };
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
        if let Due::Write { former, .. } = due(record.as_ref(), change, *me, &terms, 1) {
            let owner = record.and_then(|record| record.owner);
            block.push(Image { row: me.row(), kind: kind_of(owner), record: *id, owner, former });
        }
        if block.len() == IMAGES_A_BLOCK {
            step().await;
            memory.borrow_mut().put_images(import, &block);
            block.clear();
        }
    }
    step().await;
    memory.borrow_mut().put_images(import, &block);

    let mut known = Ancestry::default();
    let mut gone = BTreeSet::new();
    for (me, id, change) in &wanted {
        let mut is_again = is_retry;
        loop {
            let image = memory.borrow().images.get(&(*me, *id)).cloned();
            let record = read(memory, *id).await;
            let mut owed = due(record.as_ref(), change, *me, &terms, 1);
            if let (Some(record), Some(image), true) = (&record, &image, is_retry)
                && decided(memory, &mut known, *id, |known| wrote_before(record, &image.former, *me, known)).await
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
            is_again = true;
            let record = record.expect("a write changes a record");
            if image.is_none_or(|image| image.former != former) {
                step().await;
                let (kind, owner) = (kind_of(record.owner), record.owner);
                let image = Image { row: me.row(), kind, record: *id, owner, former: former.clone() };
                memory.borrow_mut().amend_image(import, image);
            }
            let hints = Hints::of_change(&terms, &record, &after);
            put_hints(memory, import, *id, &hints).await;
            step().await;
            if memory.borrow_mut().put_for_row(*me, &after, &former) {
                drop_hints(memory, import, *id, &hints).await;
                break;
            }
        }
    }
    gone
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
            let plan = Plan { step: restore::Step::Remove, passing: Vec::new() };
            perform(memory, import, stray, &plan).await;
        }
    }
    let mut created = Vec::new();
    for record in wanted {
        step().await;
        memory.borrow_mut().records.insert(record.id, record.clone());
        for term in terms(record.owner, &record.fields) {
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

fn owned(id: RecordId, owner: OwnerId, parent: Option<RecordId>, fields: &Fields) -> Record {
    Record { owner: Some(owner), parent, ..Record::new(id, fields.clone(), 1) }
}

pub async fn undo(memory: Shared, import: ImportId) {
    step().await;
    memory.borrow_mut().undone.insert(import);
    let chunks: Vec<u64> =
        memory.borrow().chunks.keys().filter(|(of, _)| *of == import).map(|(_, chunk)| *chunk).collect();
    for &chunk in &chunks {
        undo_chunk(&memory, import, chunk).await;
    }
    step().await;
    if chunks.iter().any(|&chunk| memory.borrow_mut().chunk(import, chunk).state != State::Reverted) {
        return;
    }
    let notes: Vec<_> = memory.borrow().notes.iter().filter(|(of, _)| *of == import).copied().collect();
    for note in notes {
        step().await;
        memory.borrow_mut().drop_reference(import, note.1);
        step().await;
        memory.borrow_mut().notes.remove(&note);
    }
}

async fn undo_chunk(memory: &Shared, import: ImportId, chunk: u64) {
    let worker = memory.borrow_mut().worker();
    let held = loop {
        step().await;
        let mut inner = memory.borrow_mut();
        let item = inner.chunk(import, chunk);
        if item.state == State::Reverted {
            return;
        }
        if item.lease.is_none() {
            item.state = State::Reverting;
            item.lease = Some(worker);
            break Held { memory: Rc::clone(memory), import, chunk, worker };
        }
    };
    let mut known = Ancestry::default();
    known.add_standing(import, true);
    let mut touched = Vec::new();
    step().await;
    let images = memory.borrow().images_of(import, chunk);
    for image in images {
        loop {
            let record = read(memory, image.record).await;
            let (plan, fate) =
                decided(memory, &mut known, image.record, |known| restored(known, import, &image, record.as_ref()))
                    .await;
            memory.borrow_mut().told.fates.insert((image.writer(import), image.record), fate);
            let Some(record) = record else {
                let hints = Hints::of_passing(&terms, image.owner, None, &plan.passing);
                drop_hints(memory, import, image.record, &hints).await;
                break;
            };
            if perform(memory, import, &record, &plan).await {
                memory.borrow_mut().told.brought_back +=
                    u64::from(record.gone.is_some() && plan.step != restore::Step::Leave);
                touched.extend(written(&plan));
                break;
            }
        }
    }
    step().await;
    let partition = memory.borrow().partition(import, chunk);
    for mut seen in partition {
        loop {
            let due = decided(memory, &mut known, seen.id, |known| taken_back(known, &seen)).await;
            let plan = Plan { step: due, passing: Vec::new() };
            if perform(memory, import, &seen, &plan).await {
                touched.extend(written(&plan));
                break;
            }
            let Some(now) = read(memory, seen.id).await else { break };
            seen = now;
        }
    }
    recheck(memory, import, &mut known, touched).await;
    step().await;
    let mut memory = memory.borrow_mut();
    let item = memory.chunk(import, chunk);
    if item.lease == Some(worker) {
        item.state = State::Reverted;
    }
    drop(memory);
    drop(held);
}

/// Resolves again what was written, until nothing changes.
async fn recheck(memory: &Shared, import: ImportId, known: &mut Ancestry, mut touched: Vec<Record>) {
    while !touched.is_empty() {
        known.forget_standing();
        for left in std::mem::take(&mut touched) {
            let mut record = left;
            loop {
                let plan = decided(memory, known, record.id, |known| rechecked(known, &record)).await;
                if plan.step == restore::Step::Leave {
                    break;
                }
                // The record as written has become wrong; whoever has written since has looked at the later facts.
                let Some(now) = read(memory, record.id).await else { break };
                let plan = decided(memory, known, now.id, |known| rechecked(known, &now)).await;
                if perform(memory, import, &now, &plan).await {
                    memory.borrow_mut().told.rechecked += u64::from(plan.step != restore::Step::Leave);
                    touched.extend(written(&plan));
                    break;
                }
                record = now;
            }
        }
    }
}

/// The record which a plan has written.
fn written(plan: &Plan) -> Option<Record> {
    match &plan.step {
        restore::Step::Put(after) => Some((**after).clone()),
        restore::Step::Leave | restore::Step::Remove => None,
    }
}

/// Does what a plan says. `false` if somebody else has written to the record since it was read.
async fn perform(memory: &Shared, by: ImportId, record: &Record, plan: &Plan) -> bool {
    let hints = Hints::of_step(&terms, record, &plan.step, &plan.passing);
    put_hints(memory, by, record.id, &hints).await;
    let done = match &plan.step {
        restore::Step::Leave => true,
        restore::Step::Put(after) => {
            step().await;
            let mut memory = memory.borrow_mut();
            if after.orphan && !record.orphan { memory.keep(after, &hints.within) } else { memory.put(after) }
        }
        restore::Step::Remove => {
            drop_hints(memory, by, record.id, &hints).await;
            if record.is_touched() {
                // Somebody else may write to the record at any moment: a transaction removes all that belongs to it.
                step().await;
                return memory.borrow_mut().remove_touched(record, &hints.within);
            }
            if let Some(address) = number(&record.fields, "email") {
                step().await;
                memory.borrow_mut().release(address, record.id);
            }
            step().await;
            return memory.borrow_mut().remove(record);
        }
    };
    if done {
        drop_hints(memory, by, record.id, &hints).await;
    }
    done
}

/// What people do by hand: one record or one company made, edited or deleted. A refused transaction is given up.
pub async fn by_hand(memory: Shared, seed: u64) {
    let mut draw = Draw(seed);
    step().await;
    if draw.one_in(8) {
        let name = draw.below(3);
        let mut memory = memory.borrow_mut();
        return if draw.one_in(2) { memory.make_company(name) } else { memory.delete_company(name) };
    }
    let seen = memory.borrow().seen();
    if draw.one_in(5) {
        let number = memory.borrow_mut().next_number();
        let id = RecordId::of(ImportId::HAND, Row(number));
        let profiles: Vec<Record> = seen.into_iter().filter(|record| record.owner == Some(DATABASE)).collect();
        step().await;
        let mut memory = memory.borrow_mut();
        match draw.below(3) {
            0 => drop(memory.edit(None, Some(&Record::new(id, draw.person().fields(), 1)))),
            1 => drop(memory.edit(None, Some(&owned(id, DATABASE, None, &draw.fields())))),
            _ => {
                if let Some(profile) = draw.of(&profiles) {
                    memory.make_subprofile(&profile, &owned(id, COLLECTION, Some(profile.id), &draw.fields()));
                }
            }
        }
        return;
    }
    let Some(before) = draw.of(&seen) else { return };
    if draw.one_in(6) {
        step().await;
        memory.borrow_mut().edit(Some(&before), None);
        return;
    }
    let mut fields = before.fields.clone();
    let patch: Vec<(String, Option<Value>)> = if before.owner.is_some() {
        draw.patch().into_iter().collect()
    } else {
        let row = draw.person().fields();
        let names = ["name", "email", "company", "note"].into_iter().filter(|_| draw.one_in(2));
        names.map(|name| (name.to_owned(), row.get(name).cloned().or((name == "note").then(|| json!(7))))).collect()
    };
    for (name, value) in patch {
        match value {
            Some(value) => drop(fields.insert(name, value)),
            None => drop(fields.remove(&name)),
        }
    }
    let Some(after) = changed(&before, fields, 2) else { return };
    let moved = number(&after.fields, "company").filter(|&name| Some(name) != number(&before.fields, "company"));
    if let Some(name) = moved
        && before.maker() != ImportId::HAND
        && !before.orphan
    {
        step().await;
        memory.borrow_mut().notes.insert((before.maker(), name));
    }
    step().await;
    memory.borrow_mut().edit(Some(&before), Some(&after));
}
