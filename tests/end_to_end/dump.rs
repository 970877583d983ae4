//! Dumps whole tables, and compares two dumps.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::store::Item;
use shared::things::note::Note;

/// The content of a table, as items by partition key and sort key.
pub type Dump = BTreeMap<(String, String), Item>;

/// The differences between two dumps, with a line for each attribute. Equal dumps give no line.
pub fn differences(one: &Dump, other: &Dump) -> Vec<String> {
    let mut lines = Vec::new();
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    for key in keys {
        let (Some(one), Some(other)) = (one.get(key), other.get(key)) else {
            lines.push(format!("{key:?} is only in the {}", if one.contains_key(key) { "first" } else { "second" }));
            continue;
        };
        let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
        let differ = names.into_iter().filter(|&name| one.get(name) != other.get(name));
        lines.extend(differ.map(|name| format!("{key:?} {name}: {:?} / {:?}", one.get(name), other.get(name))));
    }
    lines
}

/// Splits the items of notes into an item for each note, because the order of the loaders decides which
/// notes share an item.
pub fn note_by_note(dump: Dump) -> anyhow::Result<Dump> {
    let mut all = Dump::new();
    for ((pk, sk), item) in dump {
        if pk.ends_with("#notes") {
            let notes = Note::all([&item])?.into_iter();
            all.extend(notes.map(|note| ((pk.clone(), format!("{note:?}")), Item::new())));
        } else {
            all.insert((pk, sk), item);
        }
    }
    Ok(all)
}

/// Removes all values which depend on the time of writing.
pub fn timeless(dump: Dump) -> Dump {
    let mut timeless = Dump::new();
    let mut seen = BTreeMap::new();
    for ((pk, sk), mut item) in dump {
        if sk == "watch" {
            continue;
        }
        let times = ["updated_at", "undone_at", "started_at", "completed_at", "reverted_at"];
        for name in times.into_iter().chain(["opened", "changed", "at", "expires", "times"]) {
            item.remove(name);
        }
        if let Some(AttributeValue::M(gone)) = item.get_mut("gone") {
            gone.remove("at");
        }
        // Counters name the slices of time in which rows were loaded.
        item.retain(|name, _| name.strip_prefix('w').is_none_or(|slice| slice.parse::<u64>().is_err()));
        if pk.ends_with("#mappings")
            && let Some(AttributeValue::L(sayings)) = item.get_mut("sayings")
        {
            for saying in sayings {
                if let AttributeValue::M(saying) = saying {
                    saying.remove("since");
                }
            }
        }
        let mut key = sk.clone();
        if sk.starts_with("history#") || pk.contains("#I#") && sk.as_bytes()[0].is_ascii_digit() {
            // The key contains a time and the resulting status. The time is replaced by a counter, which keeps the
            // order and makes each key unique.
            let word = sk.rsplit('#').next().unwrap_or_default().to_owned();
            let nth: &mut u32 = seen.entry((pk.clone(), word.clone())).or_default();
            *nth += 1;
            key = format!("{word} {nth}");
            item.insert("sk".to_owned(), AttributeValue::S(key.clone()));
            item.remove("id");
        }
        timeless.insert((pk, key), item);
    }
    timeless
}
