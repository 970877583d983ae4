//! Decides whether a file which is not UTF-8 is really Windows-1252, since nearly any bytes decode as Windows-1252
//! without an error.
//!
//! Each word with a byte beyond ASCII is read in Windows-1252 and in the code pages which are easily mistaken for
//! Windows-1252, and the oddities of each reading are counted over the file. Windows-1252 stands unless another
//! reading is less odd. A sign or two in a strange place do not condemn a file whose remaining words read well.

mod contest;
mod fit;
mod neighbours;
mod sample;

use chardetng::EncodingDetector;
use encoding_rs::WINDOWS_1252;

use super::guess;
use super::page::{HOLES, RIVALS, WORD, WeighedPage, in_word};
use super::traces::{self, Traces};
use super::unreadable::{Spot, Unreadable};
use contest::Contest;
pub use fit::Word;
use sample::Sample;

/// Observations about a file, beginning at the first byte which is not UTF-8.
pub(super) struct Doubt {
    /// Place of the first byte which is not UTF-8.
    pub from: Spot,
    /// Letters right before the byte at `from`, in the same cell.
    behind: String,
    /// Place of the next byte which will be read.
    place: Place,
    /// Set of the bytes 0x80..=0xff found so far, a bit for each.
    seen: u128,
    /// Current word, limited to [`WORD`] bytes: ASCII letters and digits, and all bytes beyond ASCII.
    word: Vec<u8>,
    before: u8,
    /// True if an opening quote stands earlier in the line.
    quoted: bool,
    /// A sign in the current line which has opened and is not closed yet.
    open: Option<Open>,
    /// Count of words judged so far, and count of looks at places of words spent in each code page.
    judged: u32,
    looks: u64,
    /// Count of oddities in Windows-1252, and the place of the first oddity.
    odd: u32,
    odd_at: Option<Spot>,
    /// Place of the first letter which is rare without being odd.
    rare_at: Option<Spot>,
    rivals: [Rival; 6],
    contest: Contest,
    /// Place of the first byte which is no character of Windows-1252.
    hole: Option<Spot>,
    /// Place of the first run of bytes which is valid UTF-8.
    utf8: Option<Spot>,
    sample: Sample,
}

/// Position and physical line of a byte, and whether a CR comes right before the byte.
#[derive(Clone, Copy)]
struct Place {
    byte: u64,
    line: u64,
    behind_cr: bool,
}

impl Place {
    /// The place `back` bytes before this place, on the same line.
    fn back(self, back: usize) -> Spot {
        Spot { byte: self.byte - back as u64, line: Some(self.line) }
    }

    /// Advances the place by a byte.
    fn pass(&mut self, byte: u8) {
        self.byte += 1;
        self.line += u64::from(byte == b'\r' || byte == b'\n' && !self.behind_cr);
        self.behind_cr = byte == b'\r';
    }
}

/// A code page other than Windows-1252 in which the file may be written.
struct Rival {
    page: WeighedPage,
    odd: u32,
    /// Count of words which read differently in this code page and read well in Windows-1252.
    differ: u32,
    /// Place of the first byte of the first word which reads better in this code page.
    better_at: Option<Spot>,
}

/// A sign which another sign must close in the same line. If the sign stays open, the byte is probably a letter of
/// another code page, as in `‚cran`, `”ver` and `¿re`.
struct Open {
    at: Spot,
    closing: &'static [u8],
    /// The rivals which read the word well, a boolean for each.
    better: [bool; 6],
}

/// The signs ‚ „ › ¡ ¿ ”, each with the bytes which close the sign.
const PAIRS: [(u8, &[u8]); 6] =
    [(0x82, b"\x91\x92'"), (0x84, b"\x93\x94\""), (0x9b, b"\x8b\x9b"), (0xa1, b"!"), (0xbf, b"?"), (0x94, b"\x94\"")];

/// Largest count of words judged; further words would hardly change the result.
const JUDGED: u32 = 10_000;

/// A file with at least this many different bytes beyond ASCII is accepted if none of the bytes is
/// odd, even if some are rare.
const FEW: u32 = 5;

impl Doubt {
    /// Begins the doubt about a file at the byte `from`, which stands right after `text`.
    pub fn new(from: Spot, text: &str) -> Self {
        let line = text.rfind(['\n', '\r']).map_or(text, |end| &text[end + 1..]);
        // All text so far is plain ASCII, so any position in the line is a border between characters.
        let tail = &line.as_bytes()[line.len().saturating_sub(sample::LINE / 2)..];
        let start = tail.iter().rposition(|&byte| !in_word(byte)).map_or(0, |end| end + 1);
        let start = start.max(tail.len().saturating_sub(WORD / 2));
        let rival = |page| Rival { page, odd: 0, differ: 0, better_at: None };
        Self {
            from,
            behind: behind(line),
            place: Place { byte: from.byte, line: from.line.unwrap_or(1), behind_cr: text.ends_with('\r') },
            seen: 0,
            word: tail[start..].to_vec(),
            before: if start == 0 { b'\n' } else { tail[start - 1] },
            quoted: false,
            open: None,
            judged: 0,
            looks: 0,
            odd: 0,
            odd_at: None,
            rare_at: None,
            rivals: RIVALS.map(rival),
            contest: Contest::default(),
            hole: None,
            utf8: None,
            sample: Sample::new(tail),
        }
    }

    /// Begins the doubt about a file which is not UTF-8 because of a byte right after `text`, and not Windows-1252
    /// because a letter of UTF-8 stands at `utf8`.
    pub fn lost(from: Spot, utf8: Option<Spot>, text: &str) -> Self {
        let mut doubt = Self { sample: Sample::new(b""), utf8, ..Self::new(from, text) };
        let recent = text.floor_char_boundary(text.len().saturating_sub(sample::ENOUGH));
        doubt.sample.show(&text.as_bytes()[recent..]);
        doubt
    }

    /// Takes the next bytes of a file in state `Lost`, and returns the refusal as soon as the
    /// sample suffices to name the encoding.
    pub fn look(&mut self, bytes: &[u8], last: bool) -> Result<(), Unreadable> {
        self.sample.show(bytes);
        if last || self.sample.is_enough() {
            self.sample.end();
            return Err(self.refusal(self.from));
        }
        Ok(())
    }

    /// Takes the next bytes of the file, which follow the previous call's bytes without a gap.
    pub fn see(&mut self, bytes: &[u8], last: bool) -> Result<(), Unreadable> {
        self.sample.show(bytes);
        for &byte in bytes {
            if !in_word(byte) || self.word.len() == WORD {
                self.end_word(byte);
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
                if HOLES.contains(&byte) {
                    self.hole.get_or_insert(self.place.back(0));
                }
            }
            self.place.pass(byte);
        }
        if last {
            self.end_word(b'\n');
            self.end_line();
            self.sample.end();
            return self.verdict();
        }
        // A file which is refused in any case need not be read to its end.
        let refused = self.hole.is_some() || self.utf8.is_some();
        if refused && self.sample.is_enough() { self.verdict() } else { Ok(()) }
    }

    /// Notes the current word, which ends before the byte `behind`.
    fn end_word(&mut self, behind: u8) {
        let Some(first) = self.word.iter().position(|&byte| byte >= 0x80) else {
            self.before = self.word.last().copied().unwrap_or(self.before);
            self.word.clear();
            return;
        };
        if let Some(letter) = traces::utf8_letter(&self.word) {
            self.utf8.get_or_insert(self.place.back(self.word.len() - letter));
        }
        if self.judged < JUDGED && self.looks < sample::LOOKS {
            self.judged += 1;
            self.looks += sample::looks(&self.word);
            self.judge(self.place.back(self.word.len() - first), behind);
        }
        // ‚ „ ‹ ‘ “ ›
        self.quoted |= self.word.iter().any(|byte| matches!(byte, 0x82 | 0x84 | 0x8b | 0x91 | 0x93 | 0x9b));
        self.before = self.word.last().copied().unwrap_or(self.before);
        self.word.clear();
    }

    fn judge(&mut self, at: Spot, behind: u8) {
        let (before, behind, quoted) = (char::from(self.before), char::from(behind), self.quoted);
        let characters = WeighedPage::Of(WINDOWS_1252).decode(&self.word);
        let word = Word { characters: &characters, before, behind, quoted };
        let ours = word.oddities();
        self.odd += ours;
        if ours > 0 {
            self.odd_at.get_or_insert(at);
        }
        if word.is_rare() {
            self.rare_at.get_or_insert(at);
        }
        let read = self.rivals.each_ref().map(|rival| rival.page.decode(&self.word));
        self.contest.hear(at, &characters, &read);
        let theirs = read.map(|theirs| {
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

    /// Refuses the file if the bytes seen so far fit another encoding better than Windows-1252.
    pub fn verdict(&self) -> Result<(), Unreadable> {
        if let Some(at) = self.hole.or(self.utf8) {
            return Err(self.refusal(at));
        }
        if Traces::of(self.sample.bytes()).are_utf8() {
            return Err(self.broken());
        }
        let best = self.rivals.iter().min_by_key(|rival| rival.odd).expect("there are some");
        // A misplaced sign here and there weighs less than many words which read well.
        let better = self.odd.saturating_sub(best.odd) * 8 > best.differ;
        if let Some(at) = best.better_at.filter(|_| better) {
            return Err(self.refusal(at));
        }
        // The detector's result must differ in at least two of the bytes, or in a single byte if a rare letter is the
        // reason.
        let differ = self.other_guess();
        let least = |at: Option<Spot>, count| at.zip(differ).filter(|(_, differ)| *differ >= count);
        let odd_at = self.odd_at.filter(|_| self.odd * 8 > self.judged);
        let rare_at = self.rare_at.filter(|_| self.odd == 0 && self.seen.count_ones() < FEW);
        match least(odd_at, 2).or_else(|| least(rare_at, 1)) {
            Some((at, _)) => Err(self.refusal(at)),
            None => self.contest.verdict(&self.rivals_that_fit()),
        }
    }

    /// The code pages in which the words are no odder than in Windows-1252, a boolean for each rival.
    fn rivals_that_fit(&self) -> [bool; 6] {
        self.rivals.each_ref().map(|rival| rival.odd <= self.odd)
    }

    /// Evidence for a file decoded as Windows-1252: the reason, and the readings which speak against the choice.
    pub fn evidence(&self) -> String {
        let guess = self.contest.guess(&self.rivals_that_fit()).map(|guess| format!("; {guess}")).unwrap_or_default();
        format!("byte {} (counted from 0) is not UTF-8{guess}", self.from.byte)
    }

    /// The refusal of a file which is neither UTF-8 nor Windows-1252, as shown by the byte `at`.
    fn refusal(&self, at: Spot) -> Unreadable {
        let sample = self.sample.bytes();
        let traces = Traces::of(sample);
        if traces.are_utf8() {
            return self.broken();
        }
        match (guess::of(sample), self.utf8) {
            (Some(guess), _) => Unreadable::Other { at, guess },
            (None, Some(utf8)) => Unreadable::Mixed { at: self.from, utf8 },
            (None, None) => Unreadable::Neither { at: self.hole.unwrap_or(at) },
        }
    }

    /// The refusal of a UTF-8 file which is broken at `from`.
    pub fn broken(&self) -> Unreadable {
        let behind = Some(self.behind.clone()).filter(|text| !text.is_empty());
        Unreadable::Broken { at: self.from, behind }
    }

    /// Count of the bytes in the file which the detector's encoding reads differently; `None` if the detector prefers
    /// no other encoding than Windows-1252.
    fn other_guess(&self) -> Option<usize> {
        let mut detector = EncodingDetector::new();
        detector.feed(self.sample.bytes(), true);
        let guess = detector.guess(None, false);
        let seen = (0x80..=0xff).filter(|byte| self.seen >> (byte - 0x80) & 1 == 1);
        let differ = |byte: &u8| {
            !guess.is_single_byte()
                || WeighedPage::Of(guess).decode(&[*byte]) != WeighedPage::Of(WINDOWS_1252).decode(&[*byte])
        };
        // The detector often proposes ISO-8859-4 by mistake, and this encoding is not in use.
        let idle = guess == WINDOWS_1252 || guess == encoding_rs::ISO_8859_4;
        (!idle).then(|| seen.filter(differ).count())
    }
}

/// Last letters, at most 20, of the cell within which the line ends.
fn behind(line: &str) -> String {
    const SHOWN: usize = 20;
    let cell = line.rfind([',', ';', '\t', '|', '"']).map_or(line, |at| &line[at + 1..]);
    let skipped = cell.chars().count().saturating_sub(SHOWN);
    cell.chars().skip(skipped).collect()
}

#[cfg(test)]
mod tests;
