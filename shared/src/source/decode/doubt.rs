//! Whether a file that is not UTF-8 is Windows-1252 indeed: nearly any bytes can be decoded so.

use chardetng::EncodingDetector;

use super::Unreadable;

/// What is seen of a file from its first byte on that is not UTF-8.
pub(super) struct Doubt {
    /// That byte's position.
    pub from: u64,
    /// Which of the bytes 0x80..=0xff occur.
    seen: u128,
    /// The run of non-ASCII bytes at hand, up to a length, and the byte before it.
    run: Vec<u8>,
    before: u8,
    /// Some runs are letters, not just signs (a dash, a pound) that stand by themselves.
    letters: bool,
    detector: EncodingDetector,
    /// The line at hand, up to a length, as the detector is shown lines with accents only.
    line: Vec<u8>,
    /// How much the detector has been shown.
    shown: usize,
}

/// Longest run of non-ASCII bytes that is looked at as a whole.
const RUN: usize = 64;

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
        Self {
            from,
            seen: 0,
            run: Vec::new(),
            before: line.last().copied().unwrap_or(b'\n'),
            letters: false,
            detector: EncodingDetector::new(),
            line: line.to_vec(),
            shown: 0,
        }
    }

    /// Sees the next bytes, the first of which comes right behind the last ones.
    pub fn see(&mut self, bytes: &[u8], last: bool) -> Result<(), Unreadable> {
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
        for &byte in bytes {
            if byte < 0x80 {
                if !self.run.is_empty() {
                    self.end_run(byte)?;
                }
                self.before = byte;
            } else {
                self.seen |= 1 << (byte - 0x80);
                if self.run.len() < RUN {
                    self.run.push(byte);
                }
            }
        }
        if !last {
            return Ok(());
        }
        if !self.run.is_empty() {
            self.end_run(b' ')?;
        }
        self.show_line(true);
        match self.other_guess() {
            Some(guess) => Err(Unreadable::OtherEncoding { at: self.from, guess }),
            None => Ok(()),
        }
    }

    fn show_line(&mut self, last: bool) {
        if last || !self.line.is_ascii() {
            self.detector.feed(&self.line, last);
            self.shown += self.line.len();
        }
        self.line.clear();
    }

    /// Takes note of a run of non-ASCII bytes that ends before `behind`.
    ///
    /// Accents that are valid UTF-8 among bytes that are not mean that the file is UTF-8 with damage:
    /// they would come out as two letters each.
    fn end_run(&mut self, behind: u8) -> Result<(), Unreadable> {
        // C7..CB are the capitals with which a French word ends before a closing quote; in UTF-8
        // they would begin letters that no file of time entries holds.
        let capital = (0xc7..=0xcb).contains(&self.run[0]);
        let utf8 = match std::str::from_utf8(&self.run) {
            Ok(_) => true,
            // A long run was cut, perhaps within a letter.
            Err(error) => self.run.len() == RUN && error.error_len().is_none(),
        };
        self.letters |= !is_sign(self.before, &self.run, behind);
        if is_out_of_place(self.before, &self.run, behind) {
            return Err(Unreadable::OtherEncoding { at: self.from, guess: "a code page of DOS or of old Macs" });
        }
        self.run.clear();
        if utf8 && !capital { Err(Unreadable::Mixed { at: self.from }) } else { Ok(()) }
    }

    /// Another encoding that the file is likelier to be in, if that would read any byte of it
    /// differently.
    fn other_guess(&self) -> Option<&'static str> {
        if !self.letters {
            return None;
        }
        let guess = self.detector.guess(None, false);
        // The detector falls for ISO-8859-4 on a single accent, an encoding that is not in use.
        let idle = guess == encoding_rs::WINDOWS_1252 || guess == encoding_rs::ISO_8859_4;
        let same = guess.is_single_byte() && {
            let seen: Vec<u8> = (0x80..=0xff).filter(|byte| self.seen >> (byte - 0x80) & 1 == 1).collect();
            let (ours, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&seen);
            let (theirs, _) = guess.decode_without_bom_handling(&seen);
            ours == theirs
        };
        (!idle && !same).then(|| guess.name())
    }
}

/// Whether a byte would be a sign or a capital where a word has none: `S¿ren`, `Gro§`, `caf‚`, `JosŽ`. A few letters are
/// too little for the detector, and that is what they come out as.
fn is_out_of_place(before: u8, run: &[u8], behind: u8) -> bool {
    let (word_before, word_behind) = (before.is_ascii_alphabetic(), behind.is_ascii_alphabetic());
    match run {
        // Ÿ begins no word and ends none in lower case; Š and Ž do begin some.
        [0x9f] => before.is_ascii_lowercase() || word_before && behind.is_ascii_lowercase(),
        [0x8a | 0x8e] => before.is_ascii_lowercase(),
        // ‚ „ ‹ § ¡ ¿: none of them follows a letter.
        [0x82 | 0x84 | 0x8b | 0xa1 | 0xa7 | 0xbf] => word_before,
        // † ‡ ‰ • ¢ £ ¤ ¥ ¦ ¨ © ¬ ® ° ± ² ³ ´ ¶ ¸ ¹ » ¼ ½ ¾: not between letters.
        [
            0x86
            | 0x87
            | 0x89
            | 0x95
            | 0xa2..=0xa6
            | 0xa8
            | 0xa9
            | 0xac
            | 0xae
            | 0xb0..=0xb4
            | 0xb6
            | 0xb8
            | 0xb9
            | 0xbb..=0xbe,
        ] => word_before && word_behind,
        _ => false,
    }
}

/// Whether a run of non-ASCII bytes is a sign in the text, and not a letter of a word in some other
/// code page: `£50`, `«oui»`, `a – b`.
fn is_sign(before: u8, run: &[u8], behind: u8) -> bool {
    let (word_before, word_behind) = (before.is_ascii_alphabetic(), behind.is_ascii_alphabetic());
    match run {
        // € „ … ‘ ’ “ ” • – — ™ nbsp ¢ § © « ® ° ± · »: signs in all of Windows' Latin code pages.
        [
            0x80
            | 0x84
            | 0x85
            | 0x91..=0x97
            | 0x99
            | 0xa0
            | 0xa2
            | 0xa7
            | 0xa9
            | 0xab
            | 0xae
            | 0xb0
            | 0xb1
            | 0xb7
            | 0xbb,
        ] => !(word_before && word_behind),
        // ¡ £ ² ³ ¹ ¼ ½ ¾ ¿: letters in Central Europe, but not by themselves.
        [0xa1 | 0xa3 | 0xb2 | 0xb3 | 0xb9 | 0xbc..=0xbf] => !word_before && !word_behind,
        _ => false,
    }
}
