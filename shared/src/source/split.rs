//! The splitter: finds the records and fields of a text.
//!
//! The splitter follows the rules of `csv-core` with its defaults:
//!
//! | in the text | rule |
//! |---|---|
//! | a quote at the beginning of a field | opens the field; inside, a quote is written twice |
//! | letters after the closing quote | belong to the field as they stand |
//! | a backslash | is a letter |
//! | LF, CR, CR LF | end a record |
//! | a blank line | is no record |
//! | with [`Dialect::spaced`] | a quote also opens a field after blanks at its beginning |
//! | with [`Dialect::backslashes`] | a quote after a backslash does not close the field |
//! | with [`Dialect::apostrophes`] | the rules of `apostrophes` |
//!
//! The splitter differs from `csv-core` in two things. A record is given as the places of its fields in the text
//! ([`RawField`]), so a cell without quotes inside is never copied. And the splitter does not go from byte to byte: vector
//! instructions make a mask of each 64 bytes with the *marks* among them (delimiter, quote, CR, LF; see `marks`), and the
//! splitter goes from mark to mark, which saves most of the branches that a processor predicts badly.
//!
//! Nearly all fields lie in a single block, and have either no quotes or a pair of quotes with none inside. A short loop
//! takes these fields from the mask ([`Splitter::take_usual`]). Every other mark goes to [`Splitter::read_mark`], which
//! knows all the rules.
//!
//! # Advice for changes
//!
//! All state is in [`Splitter`], because the text may end at any byte and continue later. Offsets count from the start of
//! the present text, which the caller keeps until the record is complete. The splitter never reads the bytes between two
//! marks, so each state must tell from the position of a mark alone whether letters came before the mark. The property tests
//! compare with `csv-core`, on texts cut at random places; run the tests with many cases (`PROPTEST_CASES=100000`) after any
//! change.

mod apostrophes;
mod field;
mod marks;
mod unescape;

use std::ops::Range;

use field::Form;
pub use field::{MAX_TEXT, RawField};
use marks::{BLOCK, QUOTE, marks, marks_of_block};

/// The rules of quotes and lines which differ from file to file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    /// True if a blank follows each delimiter, before the quote of a quoted field.
    pub spaced: bool,
    /// True if a quote after a backslash is part of the field, as PHP and programs with an escape character write quotes.
    pub backslashes: bool,
    /// True if fields are quoted by apostrophes, as the importer of Copernica takes them; `"` is then a letter.
    pub apostrophes: bool,
    /// True if the text was made from a worksheet, whose rows count as lines although cells may contain line breaks.
    pub sheet: bool,
}

/// The position in a field after the last mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Outside quotes; the field begins at `field_start` and may still be empty.
    Bare,
    /// Inside quotes.
    Quoted,
    /// After a quote at this offset inside quotes, which either closes the field or is the first of a doubled quote.
    QuoteAt(usize),
}

/// The end of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordEnd {
    /// A line break, or the end of the file outside quotes.
    Complete,
    /// The end of the file, inside quotes.
    UnclosedQuote,
}

/// Finds records in a text which may still grow.
#[derive(Clone, Debug)]
pub struct Splitter {
    dialect: Dialect,
    state: State,
    /// The unread marks from offset `base` on, a bit for each byte.
    marks: u64,
    base: usize,
    /// The length of the text which has been searched for marks.
    seen: usize,
    /// The offset at which the present record begins, or the next record would begin.
    start: usize,
    field_start: usize,
    /// True if the field has doubled quotes inside.
    escaped: bool,
    backslashed: bool,
    /// Room for fields; the first `count` are the fields of the record.
    fields: Vec<RawField>,
    count: usize,
    /// The end of the complete record, without the line break.
    end: usize,
    /// True if some field of the record must be unescaped.
    needs_care: bool,
    /// True if the fields belong to a complete record, which the caller has received.
    given: bool,
    /// True if the present record began in a text which is forgotten.
    headless: bool,
    /// The physical line after the last mark, counted from 1.
    line: u64,
    /// The physical lines on which the present or the complete record begins and ends.
    lines: (u64, u64),
    /// The offset after a CR; a LF at this offset belongs to the same line break.
    behind_cr: Option<usize>,
}

impl Splitter {
    /// Makes a splitter for a text which begins on physical line `line`.
    pub fn new(dialect: Dialect, line: u64) -> Self {
        Self {
            dialect,
            state: State::Bare,
            marks: 0,
            base: 0,
            seen: 0,
            start: 0,
            field_start: 0,
            escaped: false,
            backslashed: false,
            fields: Vec::new(),
            count: 0,
            end: 0,
            needs_care: false,
            given: false,
            headless: false,
            line,
            lines: (line, line),
            behind_cr: None,
        }
    }

    /// Continues in `text`, which begins as at the last call and may have grown since. Returns true if a record is
    /// complete; [`fields`](Self::fields) are the fields of the record until the next call.
    pub fn scan(&mut self, text: &[u8]) -> bool {
        self.let_go();
        if self.dialect.apostrophes {
            return self.scan_apostrophes(text);
        }
        loop {
            if self.state == State::Bare && self.take_usual(text) {
                return true;
            }
            if self.marks != 0 {
                let at = self.base + self.marks.trailing_zeros() as usize;
                self.marks &= self.marks - 1;
                if self.read_mark(text, at) {
                    return true;
                }
            } else if self.seen < text.len() {
                self.base = self.seen;
                let block = &text[self.base..text.len().min(self.base + BLOCK)];
                self.seen += block.len();
                self.marks = marks(block, self.dialect.delimiter);
            } else {
                return false;
            }
        }
    }

    /// Takes usual fields and the end of the record. A usual field has no quotes, or has quotes, no line break inside, and all
    /// marks in a single block. Stops at the mark of any other field, or after the last whole block. Returns true if the
    /// record is complete.
    #[inline(always)]
    fn take_usual(&mut self, text: &[u8]) -> bool {
        if self.fields.len() < self.count + BLOCK {
            self.fields.resize(self.count + 2 * BLOCK, RawField::bare(0, 0));
        }
        let (delimiter, mut base, mut seen, mut left) = (self.dialect.delimiter, self.base, self.seen, self.marks);
        let (mut start, mut count) = (self.field_start, self.count);
        let mut room = self.fields[count..].iter_mut();
        let mut ended = None;
        let mut ahead = text.get(if left == 0 { seen } else { base }..).unwrap_or_default();
        'blocks: while let Some(block) = ahead.first_chunk::<BLOCK>() {
            if left == 0 {
                (base, seen) = (seen, seen + BLOCK);
                left = marks_of_block(block, delimiter);
            }
            loop {
                // Most marks end a field without quotes.
                while left != 0 && block[place(left)] == delimiter {
                    let Some(field) = room.next() else { break 'blocks };
                    *field = RawField::bare(start, base + place(left));
                    (start, left, count) = (base + place(left) + 1, left & (left - 1), count + 1);
                }
                if left == 0 {
                    break;
                }
                let at = place(left);
                if block[at] == QUOTE && base + at == start && !self.dialect.backslashes {
                    let (end, rest, form) = match close(block, left, delimiter) {
                        Closing::At { end, rest, form } => (end, rest, form),
                        // The field continues after the block, so the next block begins with the field.
                        Closing::Beyond if at > 0 => {
                            ahead = &text[start..];
                            (base, seen, left) = (start, start, 0);
                            continue 'blocks;
                        }
                        Closing::Beyond | Closing::Odd => break 'blocks,
                    };
                    let Some(field) = room.next() else { break 'blocks };
                    *field = RawField::new(start, base + end, form);
                    self.needs_care |= form == Form::Escaped;
                    (start, left, count) = (base + end + 1, rest, count + 1);
                    if block[end] != delimiter {
                        ended = Some(block[end]);
                        break 'blocks;
                    }
                } else if (block[at] == b'\n' || block[at] == b'\r') && base + at != self.start {
                    let Some(field) = room.next() else { break 'blocks };
                    *field = RawField::bare(start, base + at);
                    (start, left, count) = (base + at + 1, left & (left - 1), count + 1);
                    ended = Some(block[at]);
                    break 'blocks;
                } else {
                    break 'blocks;
                }
            }
            ahead = text.get(seen..).unwrap_or_default();
        }
        (self.base, self.seen, self.marks) = (base, seen, left);
        (self.field_start, self.count) = (start, count);
        if let Some(byte) = ended {
            self.end_record(start - 1, start);
            self.count_break(byte, start - 1);
        }
        ended.is_some()
    }

    /// Ends the last record at the end of the text. `None` if no record is open.
    pub fn finish(&mut self, text: &[u8]) -> Option<RecordEnd> {
        debug_assert_eq!(self.seen, text.len(), "the text has been scanned");
        self.let_go();
        if self.seen == self.start && !self.headless {
            return None;
        }
        let ending = match self.state {
            State::Quoted => RecordEnd::UnclosedQuote,
            State::Bare | State::QuoteAt(_) => RecordEnd::Complete,
        };
        self.end_field(self.seen);
        self.end_record(self.seen, self.seen);
        Some(ending)
    }

    /// The fields of the last complete record.
    pub fn fields(&self) -> &[RawField] {
        &self.fields[..self.count]
    }

    /// True if some field of the last complete record differs from the text between its quotes.
    pub fn needs_care(&self) -> bool {
        self.needs_care
    }

    /// The place in the text of the last complete record, or otherwise of the present record, without the line break.
    pub fn range(&self) -> Range<usize> {
        self.start..if self.given { self.end } else { self.seen }
    }

    /// The physical line on which the text begins, and whether a CR stands directly before the text. The text must be empty or
    /// begin with the present record.
    pub fn begins(&self) -> (u64, bool) {
        match self.pending() {
            0 => (self.line, self.behind_cr == Some(self.seen)),
            _ if self.headless => (self.line, self.behind_cr == Some(0)),
            _ => (self.lines.0, false),
        }
    }

    /// The physical lines on which the last complete record begins and ends.
    pub fn lines(&self) -> (u64, u64) {
        self.lines
    }

    /// The length so far of the present record; 0 between records.
    pub fn pending(&self) -> usize {
        if self.given { 0 } else { self.seen - self.start }
    }

    /// Moves offsets to a text without the bytes before [`range`](Self::range)`().start`, which the caller removes.
    pub fn rebase(&mut self) {
        let by = self.start;
        self.fields[..self.count].iter_mut().for_each(|field| field.rebase(by));
        if let State::QuoteAt(quote) = &mut self.state {
            *quote -= by;
        }
        self.behind_cr = self.behind_cr.and_then(|at| at.checked_sub(by));
        self.start = 0;
        self.field_start -= by;
        self.base = self.base.saturating_sub(by);
        self.seen -= by;
    }

    /// Forgets the text, which has been scanned to its end; the next text begins at offset 0. The fields of a present record
    /// are lost, and the end of the record will still be found.
    pub fn forget(&mut self) {
        debug_assert_eq!(self.marks, 0, "the text has been scanned");
        self.headless |= self.pending() > 0;
        self.let_go();
        if let State::QuoteAt(quote) = &mut self.state {
            // The next byte may double the quote, whose offset is then directly before 0.
            *quote = quote.wrapping_sub(self.seen);
        }
        self.behind_cr = self.behind_cr.filter(|&at| at == self.seen).map(|_| 0);
        self.field_start = if self.field_start == self.seen { 0 } else { FORGOTTEN };
        self.count = 0;
        (self.start, self.base, self.seen) = (0, 0, 0);
    }

    /// Reads the mark at `at`. Returns true if the mark ends a record.
    fn read_mark(&mut self, text: &[u8], at: usize) -> bool {
        let byte = text[at];
        let is_break = byte == b'\n' || byte == b'\r';
        match (self.state, byte) {
            (State::Quoted, QUOTE) if self.dialect.backslashes && is_behind_backslash(&text[..at]) => {
                self.backslashed = true;
            }
            (State::Quoted, QUOTE) => self.state = State::QuoteAt(at),
            (State::Quoted, _) if is_break && !self.dialect.sheet => self.count_break(byte, at),
            (State::Quoted, _) => {}
            (State::QuoteAt(quote), QUOTE) if at == quote.wrapping_add(1) => {
                self.escaped = true;
                self.state = State::Quoted;
            }
            (State::Bare, QUOTE) if at == self.field_start => self.state = State::Quoted,
            (State::Bare, QUOTE) if self.dialect.spaced && self.is_blank_before(text, at) => {
                self.field_start = at;
                self.state = State::Quoted;
            }
            // A letter of the field.
            (_, QUOTE) => {}
            // Any other control character has no meaning.
            _ if byte != self.dialect.delimiter && !is_break => {}
            _ if is_break && at == self.start && !self.headless => {
                self.count_break(byte, at);
                (self.start, self.field_start, self.lines.0) = (at + 1, at + 1, self.line);
            }
            _ => {
                self.end_field(at);
                self.field_start = at + 1;
                if is_break {
                    self.end_record(at, at + 1);
                    self.count_break(byte, at);
                    return true;
                }
            }
        }
        false
    }

    /// Returns whether the field has only blanks before `at`.
    fn is_blank_before(&self, text: &[u8], at: usize) -> bool {
        text.get(self.field_start..at).is_some_and(|before| before.iter().all(|&byte| byte == b' '))
    }

    /// Counts the CR or LF at `at`.
    fn count_break(&mut self, byte: u8, at: usize) {
        let second_half = byte == b'\n' && self.behind_cr == Some(at);
        self.line += u64::from(!second_half);
        self.behind_cr = (byte == b'\r').then_some(at + 1);
    }

    fn end_field(&mut self, at: usize) {
        let form = match self.state {
            State::Bare => Form::Bare,
            _ if self.backslashed => Form::Backslashed,
            State::QuoteAt(quote) if at == quote.wrapping_add(1) && !self.escaped => Form::Quoted,
            State::QuoteAt(_) | State::Quoted => Form::Escaped,
        };
        let field = RawField::new(self.field_start, at, form);
        match self.fields.get_mut(self.count) {
            Some(room) => *room = field,
            None => self.fields.push(field),
        }
        self.count += 1;
        self.needs_care |= field.needs_care();
        self.state = State::Bare;
        self.escaped = false;
        self.backslashed = false;
    }

    /// Ends the record at `at`. The next record begins at `next`, or after blank lines at `next`.
    fn end_record(&mut self, at: usize, next: usize) {
        self.end = at;
        self.lines.1 = self.line;
        self.field_start = next;
        self.given = true;
    }

    /// Leaves a complete record for the next record.
    fn let_go(&mut self) {
        if std::mem::take(&mut self.given) {
            self.headless = false;
            self.count = 0;
            self.needs_care = false;
            self.start = self.field_start;
            self.lines.0 = self.line;
        }
    }
}

/// The end of a field in quotes.
enum Closing {
    /// The field ends before the delimiter or line break at place `end` of the block; the marks after `end` are `rest`.
    At { end: usize, rest: u64, form: Form },
    /// The field ends after the block.
    Beyond,
    /// Letters follow the closing quote, or a line break stands inside the field.
    Odd,
}

/// Finds the end of the field which the lowest mark opens with a quote.
#[inline(always)]
fn close(block: &[u8; BLOCK], opening: u64, delimiter: u8) -> Closing {
    // Most quoted fields have neither delimiters nor quotes inside and are followed by another field.
    let left = opening & (opening - 1);
    let behind = left & left.wrapping_sub(1);
    if behind != 0 && block[place(left)] == QUOTE && block[place(behind)] == delimiter {
        let (end, rest) = (place(behind), behind & (behind - 1));
        if end == place(left) + 1 {
            return Closing::At { end, rest, form: Form::Quoted };
        }
    }
    close_any(block, opening, delimiter)
}

/// Finds the end of a quoted field with any marks inside.
#[inline(never)]
fn close_any(block: &[u8; BLOCK], opening: u64, delimiter: u8) -> Closing {
    let (mut left, mut form) = (opening & (opening - 1), Form::Quoted);
    loop {
        // The next mark other than a delimiter must be a quote; the byte after the quote ends the field or doubles the quote.
        while left != 0 && block[place(left)] == delimiter {
            left &= left - 1;
        }
        let behind = left & left.wrapping_sub(1);
        if behind == 0 {
            return Closing::Beyond;
        }
        let (quote, end, rest) = (place(left), place(behind), behind & (behind - 1));
        if block[quote] != QUOTE || end != quote + 1 {
            return Closing::Odd;
        }
        match block[end] {
            byte if byte == delimiter || byte == b'\n' || byte == b'\r' => return Closing::At { end, rest, form },
            QUOTE => (left, form) = (rest, Form::Escaped),
            _ => return Closing::Odd,
        }
    }
}

/// The place of the lowest mark in the block; at least a single mark must be set.
#[inline(always)]
fn place(marks: u64) -> usize {
    marks.trailing_zeros() as usize % BLOCK
}

/// Returns whether the text ends with an odd number of backslashes, so that the last backslash escapes the next byte.
fn is_behind_backslash(before: &[u8]) -> bool {
    before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// The beginning of a field in a text which is forgotten.
const FORGOTTEN: usize = usize::MAX;

#[cfg(test)]
mod tests;
