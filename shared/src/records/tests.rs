//! Imports, edits by hand and undos over records in memory, in orders drawn by seeds, against a replay of the recorded
//! writes without those of undone imports.
//!
//! | file | holds |
//! |---|---|
//! | `memory.rs`, `companies.rs` | the items: records, claims, index items, images, chunks; companies, references and notes; each method is one write or transaction |
//! | `actors.rs`, `undos.rs`, `people.rs` | loaders, undos and people, who read and write step by step and may die between two steps |
//! | `replay.rs` | the oracle, which knows the recorded writes only |
//! | this file | the drawing of stories, and the comparison |
//!
//! Two imports are of contacts: they create people, and may run at the same time. Four imports create, change and delete
//! profiles and subprofiles, and change people and move them to other companies; they take turns in a lane. A loader may die at any step. Its chunk is tried
//! again, or the import is stopped and leaves the lane with half of its writes, and may be resumed later.
//!
//! `WAYBILL_MODEL_SEEDS=20000 cargo test -p waybill-shared --lib records::tests` runs more seeds.

mod actors;
mod companies;
mod memory;
mod people;
mod replay;
mod undos;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::task::{Context, Waker};

use serde_json::json;

use super::record::{Fields, Writer};
use super::restore::RowFate;
use crate::id::{ImportId, RecordId};
use actors::{Actor, Shared, load};
use memory::{COMPANIES, DATABASE, FileRow, Memory, Patch, PersonRow, State, number};
use people::by_hand;
use undos::undo;

const IMPORTS: u64 = 6;
/// The imports from this number on take turns.
const FIRST_IN_LANE: u64 = 3;
const CHUNKS: u64 = 2;

/// The random number generator SplitMix64.
pub struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        let at = self.below(all.len() as u64);
        all.get(usize::try_from(at).expect("an index")).cloned()
    }

    /// A row of a file of contacts: few addresses and companies, so that imports meet.
    fn person(&mut self) -> PersonRow {
        PersonRow {
            name: self.below(5),
            address: if self.one_in(3) { None } else { Some(self.below(4)) },
            company: if self.one_in(4) { None } else { Some(self.below(COMPANIES)) },
            company_only: self.one_in(6),
        }
    }

    /// New values of some fields of a profile: few values, so that values come back.
    fn patch(&mut self) -> Patch {
        let mut patch = Patch::new();
        for field in ["f0", "f1", "f2"] {
            if self.one_in(2) {
                let value = self.below(7);
                patch.insert(field.to_owned(), (value > 0).then(|| json!(value)));
            }
        }
        patch
    }

    /// The fields of a new profile.
    fn fields(&mut self) -> Fields {
        self.patch().into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
    }

    /// A row which changes or deletes a record.
    fn upsert(&mut self, target: &super::Record) -> FileRow {
        match target.owner {
            Some(_) if self.one_in(7) => FileRow::Deletion(target.id),
            Some(_) => FileRow::Change(target.id, self.patch()),
            None => {
                let mut patch = Patch::new();
                if self.one_in(2) {
                    patch.insert("company".to_owned(), Some(json!(self.below(COMPANIES))));
                }
                if patch.is_empty() || self.one_in(2) {
                    let field = if self.one_in(2) { "name" } else { "note" };
                    patch.insert(field.to_owned(), Some(json!(10 + self.below(3))));
                }
                FileRow::Change(target.id, patch)
            }
        }
    }
}

/// A story: who is at work, and what has happened so far.
struct Story {
    draw: Draw,
    memory: Shared,
    actors: Vec<(Actor, What)>,
    /// The rows by import and chunk. Those of an import in the lane are drawn when the import is planned.
    rows: BTreeMap<ImportId, Vec<Vec<FileRow>>>,
    /// The differences found so far.
    wrong: Vec<String>,
    /// The most records that an import in the lane changes; the first ones, so that imports meet.
    most_changed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Load(ImportId, u64),
    Undo(ImportId),
    Hand,
    /// The import in the lane is stopped.
    Stop,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let mut chunk = || (0..1 + draw.below(4)).map(|_| FileRow::Person(draw.person())).collect();
        let rows =
            (1..FIRST_IN_LANE).map(|import| (ImportId(import), (0..CHUNKS).map(|_| chunk()).collect())).collect();
        let memory = Rc::new(RefCell::new(Memory::new(IMPORTS, CHUNKS)));
        Self { draw, memory, actors: Vec::new(), rows, wrong: Vec::new(), most_changed: 6 }
    }

    /// Draws the rows of an import in the lane: changes and deletions of records that people see, and new records.
    fn plan(&mut self) -> Vec<Vec<FileRow>> {
        let seen = self.memory.borrow().seen();
        let mut rows = Vec::new();
        let mut profiles = Vec::new();
        for record in &seen {
            let row = (rows.len() < self.most_changed && !self.draw.one_in(3)).then(|| self.draw.upsert(record));
            if record.owner == Some(DATABASE) && !matches!(row, Some(FileRow::Deletion(_))) {
                profiles.push(record.id);
            }
            rows.extend(row);
        }
        for _ in 0..self.draw.below(3) {
            rows.push(FileRow::Profile(self.draw.fields()));
        }
        for _ in 0..self.draw.below(3) {
            if let Some(profile) = self.draw.of(&profiles) {
                rows.push(FileRow::Subprofile(profile, self.draw.fields()));
            }
        }
        let mut chunks = vec![Vec::new(); CHUNKS as usize];
        for row in rows {
            let at = self.draw.below(CHUNKS) as usize;
            chunks[at].push(row);
        }
        chunks
    }

    /// `false` if the actor cannot begin: an import waits for its turn.
    fn begin(&mut self, what: What) -> bool {
        let memory = Rc::clone(&self.memory);
        let actor: Actor = match what {
            What::Load(import, chunk) => {
                if import.0 >= FIRST_IN_LANE {
                    if !memory.borrow_mut().enters_lane(import) {
                        return false;
                    }
                    if !self.rows.contains_key(&import) {
                        let rows = self.plan();
                        self.rows.insert(import, rows);
                    }
                }
                let rows = self.rows[&import][chunk as usize].clone();
                Box::pin(load(memory, import, chunk, rows))
            }
            What::Undo(import) => Box::pin(undo(memory, import)),
            What::Hand => Box::pin(by_hand(memory, self.draw.next())),
            What::Stop => {
                let mut memory = memory.borrow_mut();
                let lane = memory.lane;
                memory.stopped.extend(lane);
                return false;
            }
        };
        self.actors.push((actor, what));
        true
    }

    /// Lets an actor take a step, or die: a dead actor leaves everything as it is.
    fn step(&mut self, at: usize, deadly: bool) {
        let mut context = Context::from_waker(Waker::noop());
        if deadly && self.draw.one_in(25) {
            drop(self.actors.remove(at));
            // The lease of a dead worker ends, and its message comes again.
            return;
        }
        if self.actors[at].0.as_mut().poll(&mut context).is_ready() {
            drop(self.actors.remove(at));
        }
    }

    /// Runs one actor after another to its end: no two are at work at once.
    fn in_turn(&mut self, whats: impl IntoIterator<Item = What>) {
        for what in whats {
            self.begin(what);
            while !self.actors.is_empty() {
                self.step(0, false);
            }
        }
    }

    fn loaded(&mut self, import: ImportId) {
        self.in_turn((0..CHUNKS).map(|chunk| What::Load(import, chunk)));
        self.memory.borrow_mut().fold(import);
    }

    /// Some profiles, so that imports have something to change: made by hand and by the first import in the lane.
    fn beginning(&mut self) {
        for _ in 0..self.draw.below(3) {
            self.in_turn([What::Hand; 3]);
        }
        if self.draw.one_in(2) {
            self.loaded(ImportId(FIRST_IN_LANE));
        }
    }

    /// Draws what happens next, with up to five actors at work, and lets drawn actors take steps.
    fn interleaved(&mut self, steps: u64) {
        for _ in 0..steps {
            if self.actors.len() < 5 && self.draw.one_in(4) {
                let lane = self.memory.borrow().lane.filter(|_| self.draw.one_in(2));
                let import = lane.unwrap_or(ImportId(1 + self.draw.below(IMPORTS)));
                let chunk = self.draw.below(CHUNKS);
                let what = match self.draw.below(24) {
                    0..12 => What::Load(import, chunk),
                    12..15 => What::Undo(import),
                    15 => What::Stop,
                    _ => What::Hand,
                };
                self.begin(what);
            }
            if !self.actors.is_empty() {
                let at = self.draw.below(self.actors.len() as u64) as usize;
                self.step(at, true);
            }
        }
    }

    /// Lets everybody finish. Then undoes what was begun to be undone, or has a chunk that nobody will load. Imports in the
    /// lane may stay as they are, half loaded.
    fn settle(&mut self) {
        while !self.actors.is_empty() {
            let at = self.draw.below(self.actors.len() as u64) as usize;
            self.step(at, false);
        }
        for import in (1..=IMPORTS).map(ImportId) {
            if self.draw.one_in(2) {
                self.in_turn((0..CHUNKS).map(|chunk| What::Load(import, chunk)));
            }
            let (unfinished, undone) = {
                let memory = self.memory.borrow();
                (memory.is_unfinished(import), memory.undone.contains(&import))
            };
            if unfinished && (undone || import.0 < FIRST_IN_LANE || self.draw.one_in(2)) {
                self.in_turn([What::Undo(import)]);
            }
            self.memory.borrow_mut().fold(import);
        }
    }

    /// Compares the items with the replay.
    fn compare(&mut self, when: &str) {
        let memory = self.memory.borrow();
        let is_half = |import: &ImportId| {
            memory.chunks_of(*import).any(|chunk| chunk.state == State::Planned) && self.rows.contains_key(import)
        };
        let half: BTreeSet<_> = (1..=IMPORTS).map(ImportId).filter(is_half).collect();
        let expected = replay::replay(&memory.log, &memory.undone);
        let wrong = expected.differences(&memory, &half);
        self.wrong.extend(wrong.into_iter().map(|difference| format!("{when}: {difference}")));
    }

    /// Compares the fates that the undo of an import has just told with the replay. Nobody else was at work.
    fn compare_fates(&mut self, import: ImportId) {
        let memory = self.memory.borrow();
        let expected = replay::fates(&memory.log, &memory.undone, import);
        let told = |key: &(Writer, RecordId)| memory.told.fates.get(key).copied().unwrap_or(RowFate::Nothing);
        // If the former company of a person is gone, the row is told as gone, whoever left the person without a company.
        let has_none = |id: &RecordId| {
            let record = memory.records.get(id);
            record.is_some_and(|record| record.owner.is_none() && number(&record.fields, "company").is_none())
        };
        let is_lost = |key: &(Writer, RecordId)| told(key) == RowFate::Gone && has_none(&key.1);
        let wrong = expected.iter().filter(|(key, fate)| told(key) != **fate && !is_lost(key));
        let wrong = wrong.map(|(key, fate)| format!("{key:?} was told as {:?} instead of {fate:?}", told(key)));
        self.wrong.extend(wrong);
    }

    /// Undoes all that stands, in a drawn order, and compares after each undo.
    fn undo_the_rest(&mut self) {
        let undone = self.memory.borrow().undone.clone();
        let mut left: Vec<_> = (1..=IMPORTS).map(ImportId).filter(|import| !undone.contains(import)).collect();
        while !left.is_empty() {
            let at = self.draw.below(left.len() as u64) as usize;
            let import = left.remove(at);
            self.in_turn([What::Undo(import)]);
            self.compare("after an undo at the end");
            self.compare_fates(import);
            if self.draw.one_in(2) {
                self.in_turn([What::Hand]);
                self.compare("after an edit at the end");
            }
        }
    }
}

fn seeds(usual: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("WAYBILL_MODEL_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    0..asked.unwrap_or(usual)
}

/// Runs a story for each seed, and fails with the number of wrong stories and the first of them.
fn run(seeds: std::ops::Range<u64>, tell: impl Fn(&mut Story)) {
    let all = seeds.end;
    let (mut wrong, mut first) = (0, None);
    for seed in seeds {
        let mut story = Story::new(seed);
        tell(&mut story);
        if !story.wrong.is_empty() {
            wrong += 1;
            let memory = story.memory.borrow();
            first.get_or_insert_with(|| format!("seed {seed}: {:#?}\n{memory:#?}", story.wrong));
        }
    }
    assert_eq!(wrong, 0, "of {all} stories; {}", first.unwrap_or_default());
}

#[test]
fn one_after_another_imports_edits_and_undos_leave_a_replay_without_the_undone_imports() {
    run(seeds(2000), |story| {
        story.beginning();
        for _ in 0..20 {
            let import = ImportId(1 + story.draw.below(IMPORTS));
            match story.draw.below(6) {
                0 | 1 => story.loaded(import),
                2 if story.draw.one_in(2) => story.in_turn([What::Undo(import)]),
                _ => story.in_turn([What::Hand]),
            }
        }
        story.settle();
        story.compare("in turn");
        story.undo_the_rest();
    });
}

#[test]
fn interleaved_and_killed_imports_edits_and_undos_leave_a_replay_without_the_undone_imports() {
    run(seeds(2000), |story| {
        story.beginning();
        let steps = 50 + story.draw.below(600);
        story.interleaved(steps);
        story.settle();
        story.compare("interleaved");
        story.undo_the_rest();
    });
}

/// Imports change the same few records one after another, with edits between, and then many of them are undone at the same
/// time. Some undos die, and are done again.
#[test]
fn undos_at_the_same_time_leave_a_replay_without_the_undone_imports() {
    run(seeds(2000), |story| {
        story.most_changed = 4;
        story.in_turn([What::Hand; 4]);
        let first = if story.draw.one_in(4) { 1 } else { FIRST_IN_LANE };
        for import in (first..=IMPORTS).map(ImportId) {
            story.loaded(import);
            if story.draw.one_in(3) {
                story.in_turn([What::Hand]);
            }
        }
        for import in (1..=IMPORTS).rev().map(ImportId) {
            if !story.draw.one_in(6) {
                story.begin(What::Undo(import));
            }
            // An undo begins while others have read some imports as standing.
            for _ in 0..story.draw.below(60) {
                if !story.actors.is_empty() {
                    let at = story.draw.below(story.actors.len() as u64) as usize;
                    story.step(at, true);
                }
            }
        }
        story.settle();
        story.compare("undone at once");
        story.undo_the_rest();
    });
}

/// Imports change the same few records one after another. Some are undone, and images of undone imports expire at any moment.
#[test]
fn a_value_whose_history_has_expired_stays_and_no_value_of_an_undone_import_comes_back() {
    let expired = Cell::new(0);
    run(seeds(2000), |story| {
        story.most_changed = 4;
        story.in_turn([What::Hand; 4]);
        let mut left: Vec<_> = (FIRST_IN_LANE..=IMPORTS).map(ImportId).collect();
        left.iter().for_each(|&import| story.loaded(import));
        while !left.is_empty() {
            let at = story.draw.below(left.len() as u64) as usize;
            let import = left.remove(at);
            story.in_turn([What::Undo(import)]);
            story.compare("after an undo");
            if story.draw.one_in(2) {
                story.memory.borrow_mut().expire_images(import);
            }
            if story.draw.one_in(4) {
                story.in_turn([What::Hand]);
            }
        }
        let memory = story.memory.borrow();
        expired.set(expired.get() + memory.told.fates.values().filter(|fate| **fate == RowFate::Expired).count());
        assert!(memory.records.values().all(|record| record.expires.is_none()));
    });
    assert!(expired.get() > 100, "{}", expired.get());
}

#[test]
fn the_stories_are_eventful() {
    let (mut kept, mut orphaned, mut told) = (0, BTreeSet::new(), [0; 11]);
    for seed in 0..300 {
        let mut story = Story::new(seed);
        story.beginning();
        story.interleaved(500);
        story.settle();
        let memory = story.memory.borrow();
        kept += memory.records.values().filter(|record| record.orphan).count();
        orphaned.extend(memory.companies.values().filter(|company| company.orphan).map(|company| company.name));
        let now = &memory.told;
        let deleted = memory.records.values().filter(|record| record.gone.is_some()).count() as u64;
        let events = [
            now.removed,
            now.lost_claims,
            now.amended,
            now.stepped,
            now.rechecked,
            now.released_orphans,
            now.brought_back,
            deleted,
            memory.images.len() as u64,
            now.moved,
            now.without_company.len() as u64,
        ];
        told.iter_mut().zip(events).for_each(|(sum, event)| *sum += event);
    }
    println!(
        "kept {kept}, [removed, lost, amended, stepped, rechecked, orphans, back, deleted, images, moved, lost] {told:?}"
    );
    assert!(kept > 50 && orphaned.len() == 3, "{kept} {orphaned:?}");
    let least = [200, 50, 10, 20, 1, 2, 10, 50, 300, 50, 1];
    assert!(told.iter().zip(least).all(|(sum, least)| *sum >= least), "{told:?} instead of at least {least:?}");
}
