//! Cuts JSON that arrives in pieces into its elements.
//!
//! Only strings and brackets are looked at, so an element has a beginning and an end before anybody parses the element.

use crate::packed::limits::NotUnpacked;
use crate::source::MAX_RECORD;

/// An element of the file.
pub(super) struct Element<'e> {
    /// The number of the element, from 1.
    pub number: u64,
    /// The first byte of the element in the file, from 0.
    pub at: u64,
    /// The text of the element; `None` if the element is longer than a record may be.
    pub text: Option<&'e [u8]>,
}

/// The receiver of the elements, in order.
pub(super) type Take<'t> = &'t mut dyn FnMut(Element<'_>) -> Result<(), NotUnpacked>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first bracket.
    Start,
    /// Before an element; `true` if a comma stands before.
    Before(bool),
    /// Inside an element that begins with a bracket or brace, this deep.
    Nested(u32),
    /// Inside an element that is a string.
    Text,
    /// Inside a number or a word.
    Word,
    /// Behind an element.
    Behind,
    /// Behind the end of the array.
    End,
}

/// The state between two pieces.
pub(super) struct Elements {
    state: State,
    /// `false` for objects that stand one after the other.
    pub array: bool,
    /// Inside a string, and there behind a backslash.
    string: bool,
    escaped: bool,
    /// The element so far, and whether the element is too long to be kept.
    held: Vec<u8>,
    too_long: bool,
    begun: u64,
    /// The number of elements, and of bytes, so far.
    pub count: u64,
    pub bytes: u64,
}

impl Default for Elements {
    fn default() -> Self {
        Self {
            state: State::Start,
            array: false,
            string: false,
            escaped: false,
            held: Vec::new(),
            too_long: false,
            begun: 0,
            count: 0,
            bytes: 0,
        }
    }
}

impl Elements {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, piece: &[u8], take: Take<'_>) -> Result<(), NotUnpacked> {
        let mut rest = piece;
        while let Some(&byte) = rest.first() {
            let used = match self.state {
                State::Nested(_) | State::Text | State::Word => self.inside(rest, take)?,
                state => {
                    if !(byte.is_ascii_whitespace() || state == State::Start && matches!(byte, 0xef | 0xbb | 0xbf)) {
                        self.between(state, byte)?;
                    }
                    // The first byte of an element is read again as a part of the element.
                    usize::from(!matches!(self.state, State::Nested(_) | State::Text | State::Word))
                }
            };
            self.bytes += used as u64;
            rest = &rest[used..];
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(&mut self, take: Take<'_>) -> Result<(), NotUnpacked> {
        if self.state == State::Word && !self.array {
            self.end(take)?;
        }
        match (self.state, self.array) {
            (State::End, true) | (State::Behind, false) => Ok(()),
            (State::Nested(_) | State::Text | State::Word, _) => {
                Err(self.damaged("ends in the middle of an element: nothing of it is imported; send it again"))
            }
            _ => Err(self.damaged("ends before the array does: nothing of it is imported; send it again")),
        }
    }

    /// Reads a visible byte between two elements.
    fn between(&mut self, state: State, byte: u8) -> Result<(), NotUnpacked> {
        self.state = match (state, byte, self.array) {
            (State::Start, b'[', _) => {
                self.array = true;
                State::Before(false)
            }
            (State::Start, b'{', _) | (State::Behind, _, false) => return self.begin(byte),
            (State::Behind, b',', true) => State::Before(true),
            (State::Before(false) | State::Behind, b']', true) => State::End,
            (State::Before(_), byte, _) if !matches!(byte, b',' | b']' | b'}' | b':') => return self.begin(byte),
            _ => return Err(self.misplaced(byte)),
        };
        Ok(())
    }

    fn begin(&mut self, byte: u8) -> Result<(), NotUnpacked> {
        self.state = match byte {
            b'{' | b'[' => State::Nested(0),
            b'"' => State::Text,
            b',' | b']' | b'}' | b':' => return Err(self.misplaced(byte)),
            _ => State::Word,
        };
        (self.string, self.escaped, self.too_long) = (false, false, false);
        self.held.clear();
        self.begun = self.bytes;
        self.count += 1;
        Ok(())
    }

    /// Reads the bytes of an element up to its end or to the end of the piece, and returns their number.
    fn inside(&mut self, piece: &[u8], take: Take<'_>) -> Result<usize, NotUnpacked> {
        let mut at = 0;
        let mut ended = false;
        while at < piece.len() && !ended {
            if self.string {
                at += self.string_of(&piece[at..]);
                ended = !self.string && self.state == State::Text;
                continue;
            }
            let byte = piece[at];
            match (&mut self.state, byte) {
                (State::Word, b',' | b']' | b'}') => break,
                (State::Word, byte) if byte.is_ascii_whitespace() => break,
                (State::Nested(depth), b'{' | b'[') => *depth = depth.saturating_add(1),
                (State::Nested(depth), b'}' | b']') => {
                    *depth -= 1;
                    ended = *depth == 0;
                }
                (_, b'"') => self.string = true,
                _ => {}
            }
            at += 1;
        }
        self.keep(&piece[..at]);
        if ended || self.state == State::Word && at < piece.len() {
            self.end(take)?;
        }
        Ok(at)
    }

    /// Reads a string up to its end or to the end of the bytes, and returns the number of bytes read.
    fn string_of(&mut self, bytes: &[u8]) -> usize {
        if std::mem::take(&mut self.escaped) {
            return 1;
        }
        match memchr::memchr2(b'"', b'\\', bytes) {
            None => bytes.len(),
            Some(at) => {
                if bytes[at] == b'"' {
                    self.string = false;
                } else {
                    self.escaped = true;
                }
                at + 1
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.too_long |= self.held.len() + bytes.len() > MAX_RECORD;
        if self.too_long {
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(bytes);
        }
    }

    fn end(&mut self, take: Take<'_>) -> Result<(), NotUnpacked> {
        self.state = State::Behind;
        let text = (!self.too_long).then_some(self.held.as_slice());
        take(Element { number: self.count, at: self.begun, text })
    }

    fn misplaced(&self, byte: u8) -> NotUnpacked {
        self.damaged(&format!("has {:?} in a place where JSON has none", char::from(byte)))
    }

    fn damaged(&self, how: &str) -> NotUnpacked {
        NotUnpacked::Unreadable(format!("the JSON {how} (behind element {}, byte {})", self.count, self.bytes))
    }
}
