//! Whether a file that is not UTF-8 is Windows-1252 indeed: nearly any bytes can be decoded so.

use chardetng::EncodingDetector;

use super::Unreadable;

/// What is seen of a file from its first byte on that is not UTF-8.
pub(super) struct Doubt {
    /// That byte's position.
    pub from: u64,
    /// Which of the bytes 0x80..=0xff occur.
    seen: u128,
    /// The run of non-ASCII bytes at hand, up to a length.
    run: Vec<u8>,
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
    pub fn new(from: u64) -> Self {
        let (run, line) = (Vec::new(), Vec::new());
        Self { from, seen: 0, run, detector: EncodingDetector::new(), line, shown: 0 }
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
            if byte >= 0x80 {
                self.seen |= 1 << (byte - 0x80);
                if self.run.len() < RUN {
                    self.run.push(byte);
                }
            } else if !self.run.is_empty() {
                self.end_run()?;
            }
        }
        if !last {
            return Ok(());
        }
        self.end_run()?;
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

    /// Accents that are valid UTF-8 among bytes that are not: the file is UTF-8 with damage, and the
    /// accents would come out as two letters each.
    fn end_run(&mut self) -> Result<(), Unreadable> {
        // C7..CB are the capitals with which a French word ends before a closing quote; in UTF-8
        // they would begin letters that no file of time entries holds.
        let capital = self.run.first().is_some_and(|first| (0xc7..=0xcb).contains(first));
        let utf8 = match std::str::from_utf8(&self.run) {
            Ok(text) => !text.is_empty(),
            // A long run was cut, perhaps within a letter.
            Err(error) => self.run.len() == RUN && error.error_len().is_none(),
        };
        self.run.clear();
        if utf8 && !capital { Err(Unreadable::Mixed { at: self.from }) } else { Ok(()) }
    }

    /// Another encoding that the file is likelier to be in, if that would read any byte of it
    /// differently.
    fn other_guess(&self) -> Option<&'static str> {
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
