//! People, who edit records by hand.

use serde_json::{Value, json};

use super::super::Record;
use super::super::edited::changed;
use super::Draw;
use super::actors::{Shared, owned, step};
use super::memory::{COLLECTION, DATABASE, number};
use crate::id::{ImportId, RecordId, Row};

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
