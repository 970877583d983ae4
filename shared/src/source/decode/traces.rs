//! Traces of UTF-8 among bytes that are not all UTF-8: is it UTF-8 with damage, or something else?
//!
//! Bytes beyond ASCII come in runs. A run that is a letter or several of UTF-8 is one by chance at times: one in seven pairs of GBK,
//! `Ã£` in Windows-1252. Text in another encoding has few of them among its other runs; UTF-8 that was cut or patched in places
//! has few of the others.

use super::page::WORD;

/// The runs of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traces {
    /// Runs that are letters of UTF-8, some of them perhaps cut in the middle.
    letters: u32,
    others: u32,
}

impl Traces {
    /// The traces in bytes that are not all UTF-8.
    pub fn of(bytes: &[u8]) -> Self {
        let mut traces = Self::default();
        let mut at = 0;
        for run in bytes.chunk_by(|one, next| one.is_ascii() == next.is_ascii()) {
            let before = &bytes[..at];
            at += run.len();
            if run[0].is_ascii() {
                continue;
            }
            if is_utf8(before, run, bytes.get(at)) {
                traces.letters += 1;
            } else {
                traces.others += 1;
            }
        }
        traces
    }

    /// Whether it is UTF-8, with damage.
    pub fn are_utf8(self) -> bool {
        self.letters > 0 && self.letters >= self.others
    }
}

/// Whether a run is of letters of UTF-8, one of them perhaps cut or some of them broken.
fn is_utf8(before: &[u8], run: &[u8], behind: Option<&u8>) -> bool {
    if ends_word(before, run) {
        return false;
    }
    let Err(error) = std::str::from_utf8(run) else {
        return true;
    };
    let (letters, rest) = run.split_at(error.valid_up_to());
    // Half a pair of surrogates, and Java's zero.
    if matches!(rest, [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] | [0xc0, 0x80]) {
        return true;
    }
    if error.error_len().is_none() && is_cut(before, letters, rest, behind) {
        return true;
    }
    let good: usize = run.utf8_chunks().map(|chunk| chunk.valid().len()).sum();
    good >= 6 && good * 3 >= run.len() * 2
}

/// Whether bytes at the end of a run are the beginning of a letter of UTF-8, and no letter of a code page.
fn is_cut(before: &[u8], letters: &[u8], rest: &[u8], behind: Option<&u8>) -> bool {
    let behind_lower = before.last().is_some_and(u8::is_ascii_lowercase);
    let starts = !before.last().is_some_and(u8::is_ascii_alphanumeric);
    let ends = !behind.is_some_and(u8::is_ascii_alphanumeric);
    match rest {
        // Behind whole letters the beginning of another one is no accident.
        [_, ..] if letters.len() >= 4 => true,
        [_] if !letters.is_empty() => false,
        // No language writes Ã, Ä or Å behind a small letter, ends words with â, or has these as words.
        [0xc3..=0xc5] if behind_lower => true,
        [0xe2] if behind_lower => ends,
        [0xc3 | 0xce | 0xcf | 0xd0 | 0xd1 | 0xe2 | 0xf0] => starts && ends,
        // Pictures begin with these.
        [0xf0, 0x9f, ..] => true,
        [0xe0..=0xef, _] => letters.is_empty() && !ends_word(before, rest),
        [_, _, _] => true,
        _ => false,
    }
}

/// Where a run of non-ASCII bytes in a word begins that is valid UTF-8. Among bytes that are not, it means
/// that the file is UTF-8 with damage: it would come out as two letters each.
pub(super) fn utf8_letter(word: &[u8]) -> Option<usize> {
    let mut at = 0;
    for run in word.chunk_by(|one, next| one.is_ascii() == next.is_ascii()) {
        let (before, start) = (&word[..at], at);
        at += run.len();
        let utf8 = match std::str::from_utf8(run) {
            Ok(_) => true,
            // A long word was cut, perhaps within a letter.
            Err(error) => word.len() == WORD && error.error_len().is_none() && error.valid_up_to() > 0,
        };
        if utf8 && !run[0].is_ascii() && !ends_word(before, run) {
            return Some(start);
        }
    }
    None
}

/// Whether a run of bytes is, though it is valid UTF-8, the last letter of a word in Windows-1252 and the sign
/// behind it: `Spaß…`, `CAFÉ»`. In UTF-8 these are letters of Africa and of phonetics.
pub(super) fn ends_word(before: &[u8], run: &[u8]) -> bool {
    const SIGNS: [u8; 15] = [0x85, 0x91, 0x92, 0x93, 0x94, 0x96, 0x97, 0x99, 0x9b, 0xa0, 0xab, 0xae, 0xb0, 0xb4, 0xbb];
    let [letter, signs @ ..] = run else {
        return false;
    };
    let closes = !signs.is_empty() && signs.iter().all(|sign| SIGNS.contains(sign));
    let capitals = before.len() >= 2 && before[before.len() - 2..].iter().all(u8::is_ascii_uppercase);
    closes
        && match letter {
            0xdf => before.last().is_some_and(u8::is_ascii_alphabetic),
            // È with › or – … is Romanian.
            0xc8 => capitals && !(0x98..=0x9b).contains(&signs[0]),
            0xc7 | 0xc9..=0xcb | 0xd2..=0xd6 | 0xd8..=0xde => capitals,
            0xe0.. => before.last().is_some_and(u8::is_ascii_lowercase),
            _ => false,
        }
}

/// Whether the first character beyond ASCII, read as UTF-8, is two letters of a code page. An Armenian letter stands right behind a Latin
/// one in no text, and is what the apostrophe and the accent of `l’équipe` are that an old Mac wrote; marks of Hebrew and Arabic stand behind
/// letters of theirs, and are the first two letters of `Íñigo` that DOS wrote.
pub(super) fn is_glued(before: u8, character: char) -> bool {
    match character {
        '\u{531}'..='\u{587}' => before.is_ascii_alphabetic(),
        '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' => true,
        _ => false,
    }
}
