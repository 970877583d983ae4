//! The lines of a file that have something beyond ASCII, up to an amount: they tell as much as all of them.

/// Longest line that is kept as a whole, in bytes.
pub const LINE: usize = 4096;

/// How much is kept at most, in bytes.
const MOST: usize = 256 * 1024;

/// Bytes that suffice to name the encoding of a file that is refused in any case.
pub const ENOUGH: usize = 64 * 1024;

/// A sample of a file.
pub struct Sample {
    bytes: Vec<u8>,
    /// The line at hand, up to a length.
    line: Vec<u8>,
}

impl Sample {
    /// A sample whose first line begins with `line`.
    pub fn new(line: &[u8]) -> Self {
        Self { bytes: Vec::new(), line: line.to_vec() }
    }

    /// The lines so far, the one at hand left out.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn is_enough(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    pub fn show(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.bytes.len() < MOST && !rest.is_empty() {
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
        }
        self.line.clear();
    }
}
