//! What is remembered, whatever settles and is undone in whatever order.

#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;

use super::*;
use crate::format::{Mapping, RememberedMapping};

const ACCOUNT: AccountId = AccountId(1);

fn names() -> Vec<String> {
    ["When", "Took", "What"].map(str::to_owned).to_vec()
}

/// One of three mappings of the same header.
fn mapping(which: u8) -> Mapping {
    let field = ["text", "task", "client"][usize::from(which % 3)];
    let pairs = [("When", "date"), ("Took", "minutes"), ("What", field)];
    Mapping::new(pairs.map(|(column, field)| (column.to_owned(), field.to_owned()))).unwrap()
}

fn said(seen: Option<HeaderMemory>, import: u64, made_with: MadeWith<'_>) -> Option<HeaderMemory> {
    let header = HeaderFingerprint::of(&names());
    let id = MappingId::derive(ACCOUNT, &header.to_string());
    HeaderMemory::said(seen, (id, header, &names()), ImportId(import), made_with, 1000 + import as i64)
}

fn given(seen: Option<HeaderMemory>, import: u64, which: u8) -> Option<HeaderMemory> {
    said(seen, import, MadeWith::Given(mapping(which).columns()))
}

fn recalled(seen: Option<HeaderMemory>, import: u64, from: &RememberedMapping) -> Option<HeaderMemory> {
    said(seen, import, MadeWith::Recalled(from))
}

fn believed(memory: Option<&HeaderMemory>) -> Option<RememberedMapping> {
    memory.and_then(HeaderMemory::believed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Imports that said something, in the order in which they settle; and in which they are undone.
    #[test]
    fn the_latest_that_stands_is_believed_whatever_the_order(
        (which, settle, undo) in proptest::collection::vec(0u8..3, 1..=8).prop_flat_map(|which| {
            let numbers: Vec<u64> = (1..=which.len() as u64).collect();
            (Just(which), Just(numbers.clone()).prop_shuffle(), Just(numbers).prop_shuffle())
        })
    ) {
        let mut standing = std::collections::BTreeSet::new();
        let mut memory = None;
        let expected = |standing: &std::collections::BTreeSet<u64>| {
            standing.last().map(|&last| (ImportId(last), mapping(which[last as usize - 1]).columns()))
        };
        for &import in &settle {
            memory = given(memory, import, which[import as usize - 1]);
            standing.insert(import);
            let told = believed(memory.as_ref()).map(|told| (told.import, told.columns));
            prop_assert_eq!(told, expected(&standing));
        }
        for &import in &undo {
            prop_assert!(memory.as_ref().is_some_and(|memory| memory.is_said_by(ImportId(import))));
            memory = memory.unwrap().taken_back(ImportId(import));
            standing.remove(&import);
            let told = believed(memory.as_ref()).map(|told| (told.import, told.columns));
            prop_assert_eq!(told, expected(&standing));
        }
        prop_assert_eq!(memory, None);
    }

    /// An undo leaves what was there before the import, to the last attribute.
    #[test]
    fn an_undo_restores_what_was_remembered_before(
        before in proptest::collection::vec((0u8..3, any::<bool>()), 0..7),
        which in 0u8..3,
        recalls in any::<bool>(),
    ) {
        let mut memory = None;
        for (import, (which, recalls)) in (1..).zip(before) {
            let next = match believed(memory.as_ref()).filter(|_| recalls) {
                Some(from) => recalled(memory.clone(), import, &from),
                None => given(memory.clone(), import, which),
            };
            memory = next;
        }
        let next = match believed(memory.as_ref()).filter(|_| recalls) {
            Some(from) => recalled(memory.clone(), 99, &from),
            None => given(memory.clone(), 99, which),
        };
        prop_assert_eq!(next.unwrap().taken_back(ImportId(99)), memory);
    }
}

#[test]
fn who_was_read_by_it_and_stands_confirms_what_an_undone_import_said() {
    let memory = given(None, 1, 0);
    let from = believed(memory.as_ref()).unwrap();
    let memory = recalled(memory, 2, &from).unwrap();
    let memory = memory.taken_back(ImportId(1)).unwrap();
    let told = memory.believed().unwrap();
    assert_eq!((told.import, told.confirmed_by), (ImportId(1), Some(ImportId(2))));
    // It ranks by who said it, not by who was read by it.
    let memory = recalled(Some(memory), 9, &told);
    let memory = given(memory, 5, 1).unwrap();
    assert_eq!(memory.believed().map(|told| told.import), Some(ImportId(5)));
    let memory = memory.taken_back(ImportId(5)).unwrap();
    assert_eq!(memory.believed().and_then(|told| told.confirmed_by), Some(ImportId(9)));
    let memory = memory.taken_back(ImportId(9)).unwrap();
    assert_eq!(memory.taken_back(ImportId(2)), None);
}

#[test]
fn an_import_that_ran_while_its_mapping_was_forgotten_does_not_bring_it_back() {
    let from = believed(given(None, 1, 0).as_ref()).unwrap();
    assert_eq!(recalled(None, 2, &from), None);
    assert_eq!(recalled(given(None, 3, 1), 2, &from), None);
}

#[test]
fn what_is_remembered_of_a_header_is_bounded_and_the_latest_stays() {
    let long: Vec<String> = (0..1000).map(|n| format!("{n} {}", "\u{1f600}".repeat(500))).collect();
    let header = HeaderFingerprint::of(&long);
    let id = MappingId::derive(ACCOUNT, &header.to_string());
    let mut memory = None;
    for import in 1..=300 {
        memory =
            HeaderMemory::said(memory, (id, header, &long), ImportId(import), MadeWith::Given(mapping(0).columns()), 0);
    }
    let kept = memory.clone().unwrap();
    assert_eq!(kept.sayings.iter().map(|saying| saying.import.0).collect::<Vec<_>>(), (293..=300).collect::<Vec<_>>());
    assert!(serde_json::to_string(&kept).unwrap().len() < 100_000);
    // The one that settles late is kept with the latest.
    let late =
        HeaderMemory::said(memory, (id, header, &long), ImportId(7), MadeWith::Given(mapping(1).columns()), 0).unwrap();
    assert!(late.is_said_by(ImportId(7)) && late.sayings.len() == 8);
    assert_eq!(late.believed().map(|told| told.import), Some(ImportId(300)));

    let mut memory = given(None, 1, 0);
    let from = believed(memory.as_ref()).unwrap();
    for import in 2..=200 {
        memory = recalled(memory, import, &from);
    }
    let standing = &memory.as_ref().unwrap().sayings[0].standing;
    assert_eq!((standing.len(), standing.first(), standing.last()), (50, Some(&ImportId(1)), Some(&ImportId(200))));
    assert_eq!(believed(memory.as_ref()), Some(from));
}
