//! Undos, step by step.

use std::rc::Rc;

use super::super::Record;
use super::super::ancestry::Ancestry;
use super::super::index::Hints;
use super::super::restore::{self, Plan, RowFate, rechecked, restored, taken_back};
use super::actors::{Held, Shared, decided, drop_hints, put_hints, read, step};
use super::memory::{COMPANIES, State, number, terms};
use crate::id::ImportId;
use crate::store::keys::RecordKind;

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
    let mut known = Ancestry::of(RecordKind::Person);
    known.add_standing(import, true);
    let mut touched = Vec::new();
    step().await;
    let images = memory.borrow().images_of(import, chunk);
    for image in images {
        let mut passing = Vec::new();
        loop {
            let record = read(memory, image.record).await;
            let (mut plan, fate) =
                decided(memory, &mut known, image.record, |known| restored(known, import, &image, record.as_ref(), 1))
                    .await;
            plan.passing.append(&mut passing);
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
                if fate == RowFate::Expired {
                    memory.borrow_mut().note_kept_company(image.writer(import), image.record);
                }
                break;
            }
            passing = plan.passing;
            known.forget_things();
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
            known.forget_things();
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
            if decided(memory, known, left.id, |known| rechecked(known, &left)).await.step == restore::Step::Leave {
                continue;
            }
            let mut passing = Vec::new();
            loop {
                let Some(now) = read(memory, left.id).await else {
                    let hints = Hints::of_passing(&terms, left.owner, None, &passing);
                    drop_hints(memory, import, left.id, &hints).await;
                    break;
                };
                let mut plan = decided(memory, known, now.id, |known| rechecked(known, &now)).await;
                plan.passing.append(&mut passing);
                if perform(memory, import, &now, &plan).await {
                    memory.borrow_mut().told.rechecked += u64::from(plan.step != restore::Step::Leave);
                    touched.extend(written(&plan));
                    break;
                }
                passing = plan.passing;
                known.forget_things();
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
pub async fn perform(memory: &Shared, by: ImportId, record: &Record, plan: &Plan) -> bool {
    let hints = Hints::of_step(&terms, record, &plan.step, &plan.passing);
    put_hints(memory, by, record.id, &hints).await;
    let done = match &plan.step {
        restore::Step::Leave => true,
        restore::Step::Put(after) => {
            step().await;
            let mut memory = memory.borrow_mut();
            if after.owner.is_none() && number(&after.fields, "company").is_none() {
                let gone = (0..COMPANIES).filter(|name| !memory.companies.contains_key(name));
                let gone: Vec<_> = gone.map(|name| (after.id, name)).collect();
                memory.told.without_company.extend(gone);
            }
            let is_new_orphan = after.orphan && !record.orphan;
            let done = if is_new_orphan { memory.keep(after, &hints.within) } else { memory.put(after) };
            if done {
                memory.note_kept(record, after);
            }
            done
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
