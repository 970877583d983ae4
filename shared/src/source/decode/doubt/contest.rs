//! Whether words that are odd in no reading are likelier in Windows-1252 than in the code pages it is mistaken for.
//!
//! A file of which the only accent is in one word may be in either: `Þahin` is no word of Icelandic, but might be, and `Şahin` is a name. So a
//! code page in which no word is odd, and all words could be of one language, is weighed against Windows-1252 by the letters and
//! their neighbours:
//!
//! | the words are | the file |
//! |---|---|
//! | likelier in the other code page | is refused with both readings, and `encoding` decides |
//! | few, or not clearly likelier in Windows-1252 | is read, and the evidence says that it is a guess, with both readings |
//! | likelier in Windows-1252 | is read |
//!
//! Of files with one such word from the word lists that the tables were counted over, 300 of each language: about one in twenty of those in
//! Windows-1250, 1254 and 1257 is read as Windows-1252, and the evidence says so of nearly all of them; without the weighing it was one in eight, and
//! nothing said so. Of those in Windows-1252 about two in a thousand are refused for their letters' neighbours.

use super::fit::{self, ALL_LANGUAGES};
use super::neighbours::Neighbours;
use crate::source::decode::page::{Page, RIVALS};
use crate::source::decode::unreadable::{Spot, Unreadable};
use crate::source::encoding::Encoding;

/// So many different words are weighed: many more tell the encoding by their oddities.
const WORDS: usize = 64;

/// From this score on a file is no guess any more. One letter scores 8 at most.
const SURE: i32 = 12;

/// The readings of a file's words.
pub(super) struct Contest {
    /// The words that were weighed, as Windows-1252.
    words: Vec<Vec<char>>,
    sides: [Side; RIVALS.len()],
}

/// A code page that the file may be in instead.
struct Side {
    neighbours: Neighbours,
    /// How much likelier the words are in Windows-1252.
    score: i32,
    /// The languages that have all letters of its readings, a bit each.
    languages: u32,
    differs: Option<Differs>,
}

/// The first word that a code page reads otherwise than Windows-1252.
struct Differs {
    at: Spot,
    page: Page,
    ours: String,
    theirs: String,
}

impl Default for Contest {
    fn default() -> Self {
        let tables = [
            Neighbours::Unknown,
            Neighbours::Unknown,
            Neighbours::Central,
            Neighbours::Turkish,
            Neighbours::Baltic,
            Neighbours::Central,
        ];
        let side = |neighbours| Side { neighbours, score: 0, languages: ALL_LANGUAGES, differs: None };
        Self { words: Vec::new(), sides: tables.map(side) }
    }
}

impl Contest {
    /// Weighs a word that is `ours` in Windows-1252 and `theirs` in the other code pages.
    pub fn hear(&mut self, at: Spot, ours: &[char], theirs: &[Vec<char>; RIVALS.len()]) {
        if self.words.len() == WORDS || self.words.iter().any(|word| word == ours) {
            return;
        }
        self.words.push(ours.to_vec());
        for ((side, page), theirs) in self.sides.iter_mut().zip(RIVALS).zip(theirs) {
            side.languages &= fit::languages(theirs);
            if theirs != ours {
                side.score += side.neighbours.score(ours);
                let text = |word: &[char]| word.iter().collect();
                side.differs.get_or_insert_with(|| Differs { at, page, ours: text(ours), theirs: text(theirs) });
            }
        }
    }

    /// Refuses a file whose words are likelier in another code page. `fit` says in which of them no word is odd.
    pub fn verdict(&self, fit: &[bool; RIVALS.len()]) -> Result<(), Unreadable> {
        let likelier = self.open(fit, |side| side.neighbours.unlikely() + 1);
        let Some(first) = likelier.first() else { return Ok(()) };
        let of_word = likelier.iter().filter(|other| other.ours == first.ours);
        let theirs: Vec<String> = of_word.map(|other| format!("{:?} in {}", other.theirs, name(other.page))).collect();
        Err(Unreadable::Open { at: first.at, ours: first.ours.clone(), theirs: theirs.join(" or ") })
    }

    /// What is said of a file that is read although another code page might be meant.
    pub fn guess(&self, fit: &[bool; RIVALS.len()]) -> Option<String> {
        let open = self.open(fit, |_| SURE);
        let shown = |other: &&Differs| format!("{:?} would be {:?} in {}", other.ours, other.theirs, name(other.page));
        let said: Vec<String> = open.iter().map(shown).collect();
        (!said.is_empty()).then(|| {
            let said = said.join(", ");
            format!("a guess by few words: {said}: if that is meant, say `encoding`, or save the file as UTF-8")
        })
    }

    /// The first words that code pages read otherwise that fit and against which all words score less than `sure` says; the
    /// likeliest first, and of code pages that read the word alike only one.
    fn open(&self, fit: &[bool; RIVALS.len()], sure: impl Fn(&Side) -> i32) -> Vec<&Differs> {
        // Letters of no one language are hardly read rightly, unless they speak against Windows-1252 twice over.
        let is_open = |side: &Side| {
            side.score < sure(side) && (side.languages != 0 || side.score <= 2 * side.neighbours.unlikely())
        };
        let mut sides: Vec<&Side> =
            self.sides.iter().zip(fit).filter(|(_, fits)| **fits).map(|(side, _)| side).collect();
        sides.retain(|side| is_open(side));
        sides.sort_by_key(|side| side.score);
        let mut open: Vec<&Differs> = Vec::new();
        for differs in sides.into_iter().filter_map(|side| side.differs.as_ref()) {
            if open.iter().all(|other| (&other.ours, &other.theirs) != (&differs.ours, &differs.theirs)) {
                open.push(differs);
            }
        }
        open
    }
}

/// The name of a code page, for people.
fn name(page: Page) -> String {
    match page {
        Page::Of(encoding) => {
            Encoding::of(encoding).map_or_else(|| encoding.name().to_owned(), |known| known.to_string())
        }
        Page::Table(_) => "code page 850, which is not read".to_owned(),
    }
}
