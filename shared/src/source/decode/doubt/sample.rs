//! The lines of a file that have something beyond ASCII, up to an amount: they tell as much as all of them.
//!
//! To judge a word each of its places is looked at beside all other places, in each code page, so the amount is counted in such looks as well
//! as in bytes: text has ten to a byte, and a file of one long run of accents would have 64.

use crate::source::decode::page::{WORD, in_word};

/// Longest line that is kept as a whole, in bytes.
pub const LINE: usize = 4096;

/// How much is kept at most, in bytes.
const MOST: usize = 256 * 1024;

/// How many looks at places of words are spent at most, in each code page.
pub const LOOKS: u64 = 1 << 17;

/// Bytes that suffice to name the encoding of a file that is refused in any case.
pub const ENOUGH: usize = 64 * 1024;

/// A sample of a file.
pub struct Sample {
    bytes: Vec<u8>,
    /// The line at hand, up to a length.
    line: Vec<u8>,
    /// Looks that the words of the lines so far take.
    looks: u64,
}

/// How many looks a word takes: each place beyond ASCII is judged by all places of the word, or of its piece of [`WORD`] bytes.
pub fn looks(word: &[u8]) -> u64 {
    let of_piece = |piece: &[u8]| piece.iter().filter(|byte| !byte.is_ascii()).count() * piece.len();
    word.chunks(WORD).map(of_piece).sum::<usize>() as u64
}

impl Sample {
    /// A sample whose first line begins with `line`.
    pub fn new(line: &[u8]) -> Self {
        Self { bytes: Vec::new(), line: line.to_vec(), looks: 0 }
    }

    /// The lines so far, the one at hand left out.
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

    /// Ends the line at hand.
    pub fn end(&mut self) {
        if !self.line.is_ascii() {
            self.bytes.extend_from_slice(&self.line);
            self.looks += self.line.split(|&byte| !in_word(byte)).map(looks).sum::<u64>();
        }
        self.line.clear();
    }
}
