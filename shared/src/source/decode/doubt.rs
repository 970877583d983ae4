//! Whether a file that is not UTF-8 is Windows-1252 indeed: nearly any bytes can be decoded so.
//!
//! Each word with a byte beyond ASCII is read in Windows-1252 and in the code pages it is mistaken for,
//! and what is odd in each reading is counted over the file. Windows-1252 stands unless another reading is
//! less odd: a sign or two in a strange place do not condemn a file whose every other word reads well.

mod fit;

use std::sync::LazyLock;

use chardetng::EncodingDetector;
use encoding_rs::{ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257};

use super::Unreadable;
use fit::Word;

/// What is seen of a file from its first byte on that is not UTF-8.
pub(super) struct Doubt {
    /// That byte's position.
    pub from: u64,
    /// Position of the next byte.
    position: u64,
    /// Which of the bytes 0x80..=0xff occur.
    seen: u128,
    /// The word at hand, up to a length: ASCII letters and digits, and all bytes beyond ASCII.
    word: Vec<u8>,
    before: u8,
    /// An opening quote stands earlier in the line.
    quoted: bool,
    /// A sign in the line at hand that has yet to be closed.
    open: Option<Open>,
    /// How many words have been judged.
    judged: u32,
    /// What is odd in Windows-1252, and from where on.
    odd: u32,
    odd_at: Option<u64>,
    /// Where the first letter stands that is not odd, but rare.
    rare_at: Option<u64>,
    rivals: [Rival; 6],
    detector: EncodingDetector,
    /// The line at hand, up to a length, as the detector is shown lines with accents only.
    line: Vec<u8>,
    /// How much the detector has been shown.
    shown: usize,
}

/// A code page that the file may be in instead.
struct Rival {
    name: &'static str,
    page: Page,
    odd: u32,
    /// How many words read differently in it that read well in Windows-1252.
    differ: u32,
    /// The first byte of the first word that reads better in it.
    better_at: Option<u64>,
}

/// A sign that opens what another one closes in the same line, as one that stays open is likely a letter of
/// another code page: `‚cran`, `”ver`, `¿re`.
struct Open {
    at: u64,
    closing: &'static [u8],
    /// Which rivals read the word well.
    better: [bool; 6],
}

/// ‚ „ › ¡ ¿ ” and what closes them.
const PAIRS: [(u8, &[u8]); 6] =
    [(0x82, b"\x91\x92'"), (0x84, b"\x93\x94\""), (0x9b, b"\x8b\x9b"), (0xa1, b"!"), (0xbf, b"?"), (0x94, b"\x94\"")];

#[derive(Clone, Copy)]
enum Page {
    Of(&'static encoding_rs::Encoding),
    /// The upper half of a table.
    Table(&'static LazyLock<Vec<char>>),
}

/// Code page 850, DOS in Western Europe. 437 has most of its letters in the same places.
static CP850: LazyLock<Vec<char>> = LazyLock::new(|| {
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}"
        .chars()
        .collect()
});

/// Longest word that is looked at as a whole.
const WORD: usize = 64;

/// How many words are judged at most: they tell as much as all of them.
const JUDGED: u32 = 10_000;

/// So many different bytes are text enough to tell by that none of them is odd, though some be rare.
const FEW: u32 = 5;

/// Longest line that is shown as a whole.
const LINE: usize = 4096;

/// How much the detector is shown at most. It is thorough and slow, and this many lines with accents
/// tell as much as all of them.
const SHOWN: usize = 256 * 1024;

impl Doubt {
    /// Doubts a file from byte `from` on, which comes right behind `text`.
    pub fn new(from: u64, text: &str) -> Self {
        let line = text.rfind(['\n', '\r']).map_or(text, |end| &text[end + 1..]);
        // Plain ASCII so far, so any place is one between letters.
        let line = &line.as_bytes()[line.len().saturating_sub(LINE / 2)..];
        let start = line.iter().rposition(|&byte| !in_word(byte)).map_or(0, |end| end + 1);
        let start = start.max(line.len().saturating_sub(WORD / 2));
        let rival = |name, page| Rival { name, page, odd: 0, differ: 0, better_at: None };
        Self {
            from,
            position: from,
            seen: 0,
            word: line[start..].to_vec(),
            before: if start == 0 { b'\n' } else { line[start - 1] },
            quoted: false,
            open: None,
            judged: 0,
            odd: 0,
            odd_at: None,
            rare_at: None,
            rivals: [
                rival("Mac Roman, of old Macs,", Page::Of(MACINTOSH)),
                rival("a code page of DOS", Page::Table(&CP850)),
                rival("windows-1250 (Central Europe)", Page::Of(WINDOWS_1250)),
                rival("windows-1254 (Turkish)", Page::Of(WINDOWS_1254)),
                rival("windows-1257 (Baltic)", Page::Of(WINDOWS_1257)),
                rival("iso-8859-2 (Central Europe)", Page::Of(ISO_8859_2)),
            ],
            detector: EncodingDetector::new(),
            line: line.to_vec(),
            shown: 0,
        }
    }

    /// Sees the next bytes, the first of which comes right behind the last ones.
    pub fn see(&mut self, bytes: &[u8], last: bool) -> Result<(), Unreadable> {
        self.show(bytes);
        for &byte in bytes {
            if !in_word(byte) || self.word.len() == WORD {
                self.end_word(byte)?;
            }
            if in_word(byte) {
                self.word.push(byte);
            } else {
                self.before = byte;
                if matches!(byte, b'\n' | b'\r') {
                    self.end_line();
                }
            }
            if self.open.as_ref().is_some_and(|open| open.closing.contains(&byte)) {
                self.open = None;
            }
            if byte >= 0x80 {
                self.seen |= 1 << (byte - 0x80);
            }
            self.position += 1;
        }
        if !last {
            return Ok(());
        }
        self.end_word(b'\n')?;
        self.end_line();
        self.show_line(true);
        self.verdict()
    }

    /// Takes note of a word that ends before `behind`.
    fn end_word(&mut self, behind: u8) -> Result<(), Unreadable> {
        let Some(first) = self.word.iter().position(|&byte| byte >= 0x80) else {
            self.before = self.word.last().copied().unwrap_or(self.before);
            self.word.clear();
            return Ok(());
        };
        let start = self.position - self.word.len() as u64;
        let at = start + first as u64;
        if let Some(letter) = utf8_letter(&self.word) {
            return Err(Unreadable::Mixed { at: self.from, utf8: start + letter as u64 });
        }
        if self.judged < JUDGED {
            self.judged += 1;
            self.judge(at, behind);
        }
        // ‚ „ ‹ ‘ “ ›
        self.quoted |= self.word.iter().any(|byte| matches!(byte, 0x82 | 0x84 | 0x8b | 0x91 | 0x93 | 0x9b));
        self.before = self.word.last().copied().unwrap_or(self.before);
        self.word.clear();
        Ok(())
    }

    fn judge(&mut self, at: u64, behind: u8) {
        let (before, behind, quoted) = (char::from(self.before), char::from(behind), self.quoted);
        let characters = Page::Of(WINDOWS_1252).decode(&self.word);
        let word = Word { characters: &characters, before, behind, quoted };
        let ours = word.oddities();
        self.odd += ours;
        if ours > 0 {
            self.odd_at.get_or_insert(at);
        }
        if word.is_rare() {
            self.rare_at.get_or_insert(at);
        }
        let theirs = self.rivals.each_ref().map(|rival| {
            let theirs = rival.page.decode(&self.word);
            let word = Word { characters: &theirs, before, behind, quoted };
            (theirs != characters).then(|| word.oddities())
        });
        for (rival, theirs) in self.rivals.iter_mut().zip(theirs) {
            rival.differ += u32::from(theirs.is_some() && ours == 0);
            let theirs = theirs.unwrap_or(ours);
            rival.odd += theirs;
            if theirs < ours {
                rival.better_at.get_or_insert(at);
            }
        }
        let [sign, letter, ..] = self.word[..] else {
            return;
        };
        let opens =
            PAIRS.iter().find(|(opening, _)| *opening == sign && (letter.is_ascii_lowercase() || letter >= 0xc0));
        self.open = match opens {
            Some((_, closing)) if ours == 0 && !self.word[1..].iter().any(|byte| closing.contains(byte)) => {
                Some(Open { at, closing, better: theirs.map(|odd| odd == Some(0)) })
            }
            _ => self.open.take(),
        };
    }

    fn end_line(&mut self) {
        self.quoted = false;
        let Some(open) = self.open.take() else {
            return;
        };
        self.odd += 1;
        self.odd_at.get_or_insert(open.at);
        for (rival, better) in self.rivals.iter_mut().zip(open.better) {
            if better {
                rival.better_at.get_or_insert(open.at);
            } else {
                rival.odd += 1;
            }
        }
    }

    /// Whether another reading of the file is better than Windows-1252.
    fn verdict(&self) -> Result<(), Unreadable> {
        let best = self.rivals.iter().min_by_key(|rival| rival.odd).expect("there are some");
        // A sign here and there does not weigh as much as many words that read well.
        let better = self.odd.saturating_sub(best.odd) * 8 > best.differ;
        if let Some(at) = best.better_at.filter(|_| better) {
            return Err(Unreadable::OtherEncoding { at, guess: best.name });
        }
        // So with the detector, and a single byte that differs is too little for it, unless it is a rare letter.
        let guess = self.other_guess();
        let least = |at: Option<u64>, count| at.zip(guess).filter(|(_, (_, differ))| *differ >= count);
        let odd_at = self.odd_at.filter(|_| self.odd * 8 > self.judged);
        let rare_at = self.rare_at.filter(|_| self.odd == 0 && self.seen.count_ones() < FEW);
        match least(odd_at, 2).or_else(|| least(rare_at, 1)) {
            Some((at, (guess, _))) => Err(Unreadable::OtherEncoding { at, guess }),
            None => Ok(()),
        }
    }

    /// Another encoding that the detector finds likelier, and how many of the bytes that occur it would read
    /// differently.
    fn other_guess(&self) -> Option<(&'static str, usize)> {
        let guess = self.detector.guess(None, false);
        let seen = (0x80..=0xff).filter(|byte| self.seen >> (byte - 0x80) & 1 == 1);
        let differ = |byte: &u8| {
            !guess.is_single_byte() || Page::Of(guess).decode(&[*byte]) != Page::Of(WINDOWS_1252).decode(&[*byte])
        };
        // The detector falls for ISO-8859-4, an encoding that is not in use.
        let idle = guess == WINDOWS_1252 || guess == encoding_rs::ISO_8859_4;
        (!idle).then(|| (guess.name(), seen.filter(differ).count()))
    }

    fn show(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.shown < SHOWN && !rest.is_empty() {
            let room = LINE - self.line.len();
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1).min(room);
            let (line, behind) = rest.split_at(end);
            self.line.extend_from_slice(line);
            rest = behind;
            if self.line.ends_with(b"\n") || self.line.len() == LINE {
                self.show_line(false);
            }
        }
    }

    fn show_line(&mut self, last: bool) {
        if last || !self.line.is_ascii() {
            self.detector.feed(&self.line, last);
            self.shown += self.line.len();
        }
        self.line.clear();
    }
}

impl Page {
    fn decode(self, bytes: &[u8]) -> Vec<char> {
        match self {
            Self::Of(encoding) => encoding.decode_without_bom_handling(bytes).0.chars().collect(),
            Self::Table(upper) => bytes
                .iter()
                .map(|&byte| match byte.checked_sub(0x80) {
                    None => char::from(byte),
                    Some(place) => upper[usize::from(place)],
                })
                .collect(),
        }
    }
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Where a run of non-ASCII bytes in a word begins that is valid UTF-8. Among bytes that are not, it means
/// that the file is UTF-8 with damage: it would come out as two letters each.
fn utf8_letter(word: &[u8]) -> Option<usize> {
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
