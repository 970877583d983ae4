//! Loaders, undos and people, written as the functions are: each awaits [`step`] before every read and every write, and may
//! be dropped there.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::super::Record;
use super::super::change::changed;
use super::super::undo::{Fate, fate};
use super::Draw;
use super::memory::{Memory, PersonRow, State, id_of, number};
use crate::id::{ImportId, RecordId, Row};

pub type Actor = Pin<Box<dyn Future<Output = ()>>>;

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
    memory: Rc<RefCell<Memory>>,
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

pub async fn load(memory: Rc<RefCell<Memory>>, import: ImportId, chunk: u64, rows: Vec<PersonRow>) {
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
    if memory.borrow().undone.contains(&import) {
        return;
    }
    let tries = memory.borrow_mut().chunk(import, chunk).tries;
    let names: BTreeSet<_> = rows.iter().filter_map(|row| row.company).collect();
    for name in names {
        step().await;
        memory.borrow_mut().notes.insert((import, name));
        step().await;
        memory.borrow_mut().refer(import, name);
    }
    let people = rows.iter().enumerate().filter(|(_, row)| !row.company_only);
    let mut created = Vec::new();
    for (offset, row) in people {
        let record = Record::new(id_of(import, chunk, offset), row.fields(), 1);
        step().await;
        memory.borrow_mut().people.insert(record.id, record.clone());
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
        memory.borrow_mut().people.remove(id);
    }
    created.retain(|record| !lost.contains(&record.id));
    let created: Vec<RecordId> = created.iter().map(|record| record.id).collect();
    if tries > 1 {
        for stray in memory.borrow().partition(import, chunk) {
            assert!(created.contains(&stray.id), "the same rows give the same people, or people are removed");
        }
    }
    step().await;
    memory.borrow_mut().commit(import, chunk, worker, &created);
    drop(held);
}

pub async fn undo(memory: Rc<RefCell<Memory>>, import: ImportId) {
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

async fn undo_chunk(memory: &Rc<RefCell<Memory>>, import: ImportId, chunk: u64) {
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
    step().await;
    let partition = memory.borrow().partition(import, chunk);
    for seen in partition {
        match fate(&seen) {
            Fate::Stayed => {}
            Fate::Stays => {
                step().await;
                memory.borrow_mut().keep(&seen);
            }
            Fate::Goes => {
                if let Some(address) = number(&seen.fields, "email") {
                    step().await;
                    memory.borrow_mut().release(address, seen.id);
                }
                step().await;
                let mut memory = memory.borrow_mut();
                if memory.people.get(&seen.id).is_some_and(|now| now.version == seen.version) {
                    memory.people.remove(&seen.id);
                    memory.told.removed += 1;
                }
            }
        }
    }
    step().await;
    let mut memory = memory.borrow_mut();
    let item = memory.chunk(import, chunk);
    if item.lease == Some(worker) {
        item.state = State::Reverted;
    }
    drop(memory);
    drop(held);
}

/// What people do by hand: one person or one company made, edited or deleted. A refused transaction is given up.
pub async fn by_hand(memory: Rc<RefCell<Memory>>, seed: u64) {
    let mut draw = Draw(seed);
    step().await;
    if draw.one_in(5) {
        let name = draw.below(3);
        let mut memory = memory.borrow_mut();
        return if draw.one_in(2) { memory.make_company(name) } else { memory.delete_company(name) };
    }
    if draw.one_in(4) {
        let number = memory.borrow_mut().next_number();
        step().await;
        let new = Record::new(RecordId::of(ImportId::HAND, Row(number)), draw.row().fields(), 1);
        memory.borrow_mut().edit(None, Some(&new));
        return;
    }
    let seen: Vec<Record> = {
        let memory = memory.borrow();
        memory.people.values().filter(|person| memory.is_seen(person)).cloned().collect()
    };
    let Some(before) = draw.of(&seen) else { return };
    if draw.one_in(4) {
        step().await;
        memory.borrow_mut().edit(Some(&before), None);
        return;
    }
    let mut fields = before.fields.clone();
    let row = draw.row().fields();
    for name in ["name", "email", "company"] {
        if draw.one_in(2) {
            match row.get(name) {
                Some(value) => drop(fields.insert(name.to_owned(), value.clone())),
                None => drop(fields.remove(name)),
            }
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
