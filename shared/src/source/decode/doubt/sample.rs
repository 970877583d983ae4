//! Collects the lines of a file which contain characters beyond ASCII, up to a limit, as a sample for detecting the
//! encoding.
//!
//! To judge a word, each of its places is compared with all places of the word, in each code page. The limit is
//! therefore counted in such looks as well as in bytes: ordinary text takes ten looks a byte, while a file of one
//! long run of accents would take 64.

use crate::source::decode::page::{WORD, in_word};

/// Length in bytes of the longest line which is kept whole; a longer line is cut into pieces of this length.
pub const LINE: usize = 4096;

/// Largest size of the sample, in bytes.
const MOST: usize = 256 * 1024;

/// Largest count of looks at places of words, in each code page.
pub const LOOKS: u64 = 1 << 17;

/// Sample size in bytes which suffices to name the encoding of a file refused in any case.
pub const ENOUGH: usize = 64 * 1024;

/// A sample of the lines of a file which contain characters beyond ASCII.
pub struct Sample {
    bytes: Vec<u8>,
    /// The current line, or the current piece of [`LINE`] bytes of a longer line.
    line: Vec<u8>,
    /// Count of looks which the words of the kept lines take.
    looks: u64,
}

/// Count of looks which a word takes. Each place beyond ASCII is compared with all places of the word, or of the
/// piece of [`WORD`] bytes around the place.
pub fn looks(word: &[u8]) -> u64 {
    let of_piece = |piece: &[u8]| piece.iter().filter(|byte| !byte.is_ascii()).count() * piece.len();
    word.chunks(WORD).map(of_piece).sum::<usize>() as u64
}

impl Sample {
    /// Creates a sample whose first line begins with `line`.
    pub fn new(line: &[u8]) -> Self {
        Self { bytes: Vec::new(), line: line.to_vec(), looks: 0 }
    }

    /// Bytes of the kept lines, without the current line.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn is_enough(&self) -> bool {
        self.bytes.len() >= ENOUGH || self.looks >= LOOKS
    }

    pub fn show(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.bytes.len() < MOST && self.looks < LOOKS && !rest.is_empty() {
            let room = LINE - self.line.len();
            let end = memchr::memchr2(b'\n', b'\r', rest).map_or(rest.len(), |at| at + 1).min(room);
            let (line, behind) = rest.split_at(end);
            self.line.extend_from_slice(line);
            rest = behind;
            if self.line.ends_with(b"\n") || self.line.ends_with(b"\r") || self.line.len() == LINE {
                self.end();
            }
        }
    }

    /// Ends the current line, and keeps the line if it contains a character beyond ASCII.
    pub fn end(&mut self) {
        if !self.line.is_ascii() {
            self.bytes.extend_from_slice(&self.line);
            self.looks += self.line.split(|&byte| !in_word(byte)).map(looks).sum::<u64>();
        }
        self.line.clear();
    }
}
