//! Finds traces of UTF-8 among bytes which are not all UTF-8, to tell damaged UTF-8 from other encodings.
//!
//! Bytes beyond ASCII come in runs. Some runs are valid UTF-8 by chance: one in seven pairs of GBK is, and `Ã£` in
//! Windows-1252 is as well. Text in another encoding has few valid runs among many invalid runs; UTF-8 which was cut
//! or patched in places has few invalid runs.

use super::page::WORD;

/// Counts of the runs of bytes beyond ASCII in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traces {
    /// Count of runs which are letters of UTF-8, including letters cut in the
    /// middle; `others` counts the remaining runs.
    letters: u32,
    others: u32,
}

impl Traces {
    /// Counts the runs in bytes which are not all UTF-8.
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

    /// True if the text is damaged UTF-8, which means at least half of the runs are letters of UTF-8.
    pub fn are_utf8(self) -> bool {
        self.letters > 0 && self.letters >= self.others
    }
}

/// True if the run consists of UTF-8 letters, even if a letter is cut or some letters are broken.
fn is_utf8(before: &[u8], run: &[u8], behind: Option<&u8>) -> bool {
    if ends_word(before, run) {
        return false;
    }
    let Err(error) = std::str::from_utf8(run) else {
        return true;
    };
    let (letters, rest) = run.split_at(error.valid_up_to());
    // Half a pair of surrogates, and the two bytes by which Java writes a zero.
    if matches!(rest, [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] | [0xc0, 0x80]) {
        return true;
    }
    if error.error_len().is_none() && is_cut(before, letters, rest, behind) {
        return true;
    }
    let good: usize = run.utf8_chunks().map(|chunk| chunk.valid().len()).sum();
    good >= 6 && good * 3 >= run.len() * 2
}

/// True if the bytes at the end of a run are the beginning of a UTF-8 letter and no letter of a code page.
fn is_cut(before: &[u8], letters: &[u8], rest: &[u8], behind: Option<&u8>) -> bool {
    let behind_lower = before.last().is_some_and(u8::is_ascii_lowercase);
    let starts = !before.last().is_some_and(u8::is_ascii_alphanumeric);
    let ends = !behind.is_some_and(u8::is_ascii_alphanumeric);
    match rest {
        // The beginning of another letter after whole letters is no accident.
        [_, ..] if letters.len() >= 4 => true,
        [_] if !letters.is_empty() => false,
        // No language writes Ã, Ä or Å after a small letter, ends a word with â, or has a word
        // made of such a letter alone.
        [0xc3..=0xc5] if behind_lower => true,
        [0xe2] if behind_lower => ends,
        [0xc3 | 0xce | 0xcf | 0xd0 | 0xd1 | 0xe2 | 0xf0] => starts && ends,
        // Emoji and other pictures begin with these bytes.
        [0xf0, 0x9f, ..] => true,
        [0xe0..=0xef, _] => letters.is_empty() && !ends_word(before, rest),
        [_, _, _] => true,
        _ => false,
    }
}

/// Position in the word of the first run beyond ASCII which is valid UTF-8; `None` if no run is. In a file which is
/// not all UTF-8, a valid run shows damaged UTF-8, whose letters would decode to two letters each.
pub(super) fn utf8_letter(word: &[u8]) -> Option<usize> {
    let mut at = 0;
    for run in word.chunk_by(|one, next| one.is_ascii() == next.is_ascii()) {
        let (before, start) = (&word[..at], at);
        at += run.len();
        let utf8 = match std::str::from_utf8(run) {
            Ok(_) => true,
            // A word of the full length was cut, perhaps within a letter.
            Err(error) => word.len() == WORD && error.error_len().is_none() && error.valid_up_to() > 0,
        };
        if utf8 && !run[0].is_ascii() && !ends_word(before, run) {
            return Some(start);
        }
    }
    None
}

/// True if a run, though valid UTF-8, is really the last letter of a word in Windows-1252 with following signs, as in
/// `Spaß…` and `CAFÉ»`. Read as UTF-8 these runs are letters of African languages and of phonetics.
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
            // In UTF-8 the letter È before ™ or › is a letter of Romanian, from U+0218 to U+021B.
            0xc8 => capitals && !(0x98..=0x9b).contains(&signs[0]),
            0xc7 | 0xc9..=0xcb | 0xd2..=0xd6 | 0xd8..=0xde => capitals,
            0xe0.. => before.last().is_some_and(u8::is_ascii_lowercase),
            _ => false,
        }
}

/// True if the first character beyond ASCII, read as UTF-8, is really two letters of a code page. An Armenian
/// letter never stands right after a Latin letter, and is the apostrophe and the accent of `l’équipe` as an old
/// Mac wrote them. Marks of Hebrew and Arabic stand only after letters of their own script, and are the first two
/// letters of `Íñigo` as DOS wrote them.
pub(super) fn is_glued(before: u8, character: char) -> bool {
    match character {
        '\u{531}'..='\u{587}' => before.is_ascii_alphabetic(),
        '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' => true,
        _ => false,
    }
}
