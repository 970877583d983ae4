//! Imports, edits by hand and undos over records in memory, in orders drawn by seeds, against a replay of the recorded
//! writes without those of undone imports.
//!
//! | file | holds |
//! |---|---|
//! | `memory.rs` | the items: people, claims, companies, references, notes, chunks; each method is one write or transaction |
//! | `actors.rs` | loaders, undos and people, who read and write step by step and may die between two steps |
//! | `replay.rs` | the oracle, which knows the recorded writes only |
//! | this file | the drawing of stories, and the comparison |
//!
//! `WAYBILL_MODEL_SEEDS=20000 cargo test -p waybill-shared --lib records::tests` runs more seeds.

mod actors;
mod memory;
mod replay;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::task::{Context, Waker};

use crate::id::ImportId;
use actors::{Actor, by_hand, load, undo};
use memory::{Memory, PersonRow};

const IMPORTS: u64 = 4;
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

    /// A row of a file: few addresses and companies, so that imports meet.
    fn row(&mut self) -> PersonRow {
        PersonRow {
            name: self.below(5),
            address: if self.one_in(3) { None } else { Some(self.below(4)) },
            company: if self.one_in(4) { None } else { Some(self.below(3)) },
            company_only: self.one_in(6),
        }
    }
}

/// A story: who is at work, and what has happened so far.
struct Story {
    draw: Draw,
    memory: Rc<RefCell<Memory>>,
    actors: Vec<(Actor, What)>,
    rows: Vec<Vec<Vec<PersonRow>>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Load(ImportId, u64),
    Undo(ImportId),
    Hand,
}

impl Story {
    fn new(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let rows = (0..IMPORTS)
            .map(|_| (0..CHUNKS).map(|_| (0..1 + draw.below(4)).map(|_| draw.row()).collect()).collect())
            .collect();
        Self { draw, memory: Rc::new(RefCell::new(Memory::new(IMPORTS, CHUNKS))), actors: Vec::new(), rows }
    }

    fn begin(&mut self, what: What) {
        let memory = Rc::clone(&self.memory);
        let actor: Actor = match what {
            What::Load(import, chunk) => {
                let rows = self.rows[import.0 as usize - 1][chunk as usize].clone();
                Box::pin(load(memory, import, chunk, rows))
            }
            What::Undo(import) => Box::pin(undo(memory, import)),
            What::Hand => Box::pin(by_hand(memory, self.draw.next())),
        };
        self.actors.push((actor, what));
    }

    /// Lets an actor take a step, or die: a dead actor leaves everything as it is.
    fn step(&mut self, at: usize, deadly: bool) {
        let mut context = Context::from_waker(Waker::noop());
        if deadly && self.draw.one_in(12) {
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

    /// Draws what happens next, with up to five actors at work, and lets drawn actors take steps.
    fn interleaved(&mut self, steps: u64) {
        for _ in 0..steps {
            if self.actors.len() < 5 && self.draw.one_in(4) {
                let import = ImportId(1 + self.draw.below(IMPORTS));
                let chunk = self.draw.below(CHUNKS);
                let what = match self.draw.below(10) {
                    0..4 => What::Load(import, chunk),
                    4 => What::Undo(import),
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

    /// Lets everybody finish. Then undoes what was begun to be undone, or has a chunk that nobody will load.
    fn settle(&mut self) {
        while !self.actors.is_empty() {
            let at = self.draw.below(self.actors.len() as u64) as usize;
            self.step(at, false);
        }
        for import in (1..=IMPORTS).map(ImportId) {
            if self.draw.one_in(2) {
                self.in_turn((0..CHUNKS).map(|chunk| What::Load(import, chunk)));
            }
            let unfinished = self.memory.borrow().is_unfinished(import);
            if unfinished {
                self.in_turn([What::Undo(import)]);
            }
            self.memory.borrow_mut().fold(import);
        }
    }

    fn compare(&self, seed: u64, when: &str) {
        let memory = self.memory.borrow();
        let expected = replay::replay(&memory.log, &memory.undone);
        let wrong = expected.differences(&memory);
        assert!(wrong.is_empty(), "seed {seed}, {when}: {wrong:#?}\nlog: {:#?}\n{memory:#?}", memory.log);
    }

    /// Undoes all that stands, in a drawn order, and compares after each undo.
    fn undo_the_rest(&mut self, seed: u64) {
        let undone = self.memory.borrow().undone.clone();
        let mut left: Vec<_> = (1..=IMPORTS).map(ImportId).filter(|import| !undone.contains(import)).collect();
        while !left.is_empty() {
            let at = self.draw.below(left.len() as u64) as usize;
            let import = left.remove(at);
            self.in_turn([What::Undo(import)]);
            self.compare(seed, "after an undo at the end");
            if self.draw.one_in(2) {
                self.in_turn([What::Hand]);
                self.compare(seed, "after an edit at the end");
            }
        }
    }
}

fn seeds(usual: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("WAYBILL_MODEL_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    0..asked.unwrap_or(usual)
}

#[test]
fn one_after_another_imports_edits_and_undos_leave_a_replay_without_the_undone_imports() {
    for seed in seeds(1000) {
        let mut story = Story::new(seed);
        for _ in 0..20 {
            let import = ImportId(1 + story.draw.below(IMPORTS));
            match story.draw.below(6) {
                0 | 1 => {
                    story.in_turn((0..CHUNKS).map(|chunk| What::Load(import, chunk)));
                    story.memory.borrow_mut().fold(import);
                }
                2 => story.in_turn([What::Undo(import)]),
                _ => story.in_turn([What::Hand]),
            }
        }
        story.settle();
        story.compare(seed, "in turn");
        story.undo_the_rest(seed);
    }
}

#[test]
fn interleaved_and_killed_imports_edits_and_undos_leave_a_replay_without_the_undone_imports() {
    for seed in seeds(3000) {
        let mut story = Story::new(seed);
        let steps = 50 + story.draw.below(400);
        story.interleaved(steps);
        story.settle();
        story.compare(seed, "interleaved");
        story.undo_the_rest(seed);
    }
}

#[test]
fn the_stories_are_eventful() {
    let (mut kept, mut removed, mut lost, mut orphaned) = (0, 0, 0, BTreeSet::new());
    for seed in 0..300 {
        let mut story = Story::new(seed);
        story.interleaved(300);
        story.settle();
        let memory = story.memory.borrow();
        kept += memory.people.values().filter(|person| person.orphan).count();
        removed += memory.told.removed;
        lost += memory.told.lost_claims;
        orphaned.extend(memory.companies.values().filter(|company| company.orphan).map(|company| company.name));
    }
    assert!(kept > 50 && removed > 200 && lost > 100 && orphaned.len() == 3, "{kept} {removed} {lost} {orphaned:?}");
}
