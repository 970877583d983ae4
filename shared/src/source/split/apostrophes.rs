//! The splitter for a dialect whose cells stand in apostrophes, see [`Dialect::apostrophes`](super::Dialect).
//!
//! | in the text | rule |
//! |---|---|
//! | an apostrophe at the beginning of a field, or behind blanks there | opens the field |
//! | inside, an apostrophe with only blanks between it and a delimiter, a line break or the end | closes the field |
//! | inside, an apostrophe that is doubled, or behind a backslash | is an apostrophe of the cell |
//! | inside, any other apostrophe | is a letter, as in `'O'Brook'` |
//! | blanks behind the closing apostrophe | do not belong to the cell |
//!
//! These files are rare, so the splitter goes from byte to byte, and the usual dialects keep their loop.

use super::{Splitter, State, is_behind_backslash};

const APOSTROPHE: u8 = b'\'';

impl Splitter {
    /// [`Splitter::scan`] in a dialect with apostrophes.
    #[inline(never)]
    pub(super) fn scan_apostrophes(&mut self, text: &[u8]) -> bool {
        while let Some(&byte) = text.get(self.seen) {
            let at = self.seen;
            self.seen += 1;
            if self.read_byte(text, at, byte) {
                return true;
            }
        }
        false
    }

    /// Reads the byte at `at`. Returns true if the byte ends a record.
    fn read_byte(&mut self, text: &[u8], at: usize, byte: u8) -> bool {
        let is_break = byte == b'\n' || byte == b'\r';
        if let State::QuoteAt(quote) = self.state {
            match byte {
                APOSTROPHE if at == quote.wrapping_add(1) => {
                    self.escaped = true;
                    self.state = State::Quoted;
                    return false;
                }
                _ if byte == self.dialect.delimiter || is_break => return self.end_at(at, byte),
                b' ' => return false,
                // The apostrophe was a letter.
                _ => self.state = State::Quoted,
            }
        }
        if self.state == State::Quoted {
            match byte {
                APOSTROPHE if is_behind_backslash(text.get(..at).unwrap_or_default()) => self.escaped = true,
                APOSTROPHE => self.state = State::QuoteAt(at),
                _ if is_break && !self.dialect.sheet => self.count_break(byte, at),
                _ => {}
            }
            return false;
        }
        if byte == APOSTROPHE && self.is_blank_before(text, at) {
            self.field_start = at;
            self.state = State::Quoted;
            return false;
        }
        if is_break && at == self.start && !self.headless {
            self.count_break(byte, at);
            (self.start, self.field_start, self.lines.0) = (at + 1, at + 1, self.line);
            return false;
        }
        (byte == self.dialect.delimiter || is_break) && self.end_at(at, byte)
    }

    /// Ends the field before the delimiter or line break at `at`. Returns true if the byte ends the record as well.
    fn end_at(&mut self, at: usize, byte: u8) -> bool {
        self.end_field(at);
        self.field_start = at + 1;
        let is_end = byte != self.dialect.delimiter;
        if is_end {
            self.end_record(at, at + 1);
            self.count_break(byte, at);
        }
        is_end
    }
}
