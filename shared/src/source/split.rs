//! Text to records and fields: the splitter.
//!
//! It reads as `csv-core` does with its defaults: a quote opens only at the beginning of a field, is
//! doubled inside, and what follows its closing is taken as it stands; a backslash is a letter; LF,
//! CR and CR LF end a record; blank lines are none. (With [`Dialect::spaced`], a quote also opens
//! behind blanks at the beginning of a field; with [`Dialect::backslashes`], one behind a backslash closes none.) It differs in
//! two things. It gives no cells but their places in the text ([`Field`]), so a cell that needs no unescaping is never copied.
//! And it does not walk from byte to byte: of each 64 bytes it first makes a mask of those that can mean something (delimiter,
//! quote, CR, LF), by vector instructions (`marks`), and then goes from one of these *marks* to the next. That saves most of the
//! branches that are hard to predict.
//!
//! Nearly all fields lie in one such block from end to end and are either without quotes, or in quotes with none inside. They are
//! taken from the mask by a loop that needs little more than their marks ([`Splitter::take_usual`]). Any other mark is read by
//! [`Splitter::read_mark`], which knows all the rules.
//!
//! Advice for whoever changes this: all state is in [`Splitter`], because the text may end at any
//! byte and go on later. Offsets are from the start of the text at hand, which the caller keeps until
//! the record is complete. What stands between two marks is never looked at, so each state must
//! know from the position of a mark alone whether letters came before it. The property tests compare
//! with `csv-core`, with texts cut at random places; run them with many cases
//! (`PROPTEST_CASES=100000`) after any change.

mod field;
mod marks;

use std::ops::Range;

use field::Form;
pub use field::{Field, MAX_TEXT};
use marks::{BLOCK, QUOTE, marks, marks_of_block};

/// How records are written, as far as that differs from file to file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    /// A blank follows each delimiter, before the quote if there is one.
    pub spaced: bool,
    /// A quote behind a backslash is part of the field: the file is PHP's, or of a program with an escape character.
    pub backslashes: bool,
    /// The text was made from a sheet: a line is a row of it, however many breaks its cells hold.
    pub sheet: bool,
}

/// Where in a field the last mark has left us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not inside quotes; the field begins at `field_start` and may be empty so far.
    Bare,
    /// Inside quotes.
    Quoted,
    /// Behind a quote at this offset: doubled, or the closing one.
    QuoteAt(usize),
}

/// How a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a line break or, properly, with the file.
    Complete,
    /// With the file, inside quotes.
    UnclosedQuote,
}

/// Finds records in a text that may still be growing.
#[derive(Clone, Debug)]
pub struct Splitter {
    dialect: Dialect,
    state: State,
    /// The marks from offset `base` on that are still to be looked at, one bit each.
    marks: u64,
    base: usize,
    /// How far the text has been searched for marks.
    seen: usize,
    /// Where the record at hand begins, or would.
    start: usize,
    field_start: usize,
    /// Whether the field has quotes doubled inside, or behind backslashes.
    escaped: bool,
    backslashed: bool,
    /// Room for fields, of which the first `count` are those of the record.
    fields: Vec<Field>,
    count: usize,
    /// Where the record that was given ends, without its line break.
    end: usize,
    /// A field of the record is more than what stands in the text.
    needs_care: bool,
    /// The fields are those of a record that has been given.
    given: bool,
    /// The record at hand began in a text that is forgotten.
    headless: bool,
    /// The physical line behind the last mark, counted from 1.
    line: u64,
    /// The physical lines on which the record at hand, or the one that was given, begins and ends.
    lines: (u64, u64),
    /// Behind a CR at the offset before this one: a LF here is the same line break.
    behind_cr: Option<usize>,
}

impl Splitter {
    /// A splitter for a text that begins on physical line `line`.
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

    /// Reads on in `text`, which begins as it did at the last call and may have grown since. True when
    /// a record is complete: its fields are [`fields`](Self::fields) until the next call.
    pub fn scan(&mut self, text: &[u8]) -> bool {
        self.let_go();
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

    /// Takes the fields that end at the next marks, and the end of the record, as long as they are usual: without quotes, or in
    /// quotes with no line break inside and all of their marks in one block. Stops at a mark with which anything else begins, or behind
    /// the last whole block. True if the record is complete.
    #[inline(always)]
    fn take_usual(&mut self, text: &[u8]) -> bool {
        if self.fields.len() < self.count + BLOCK {
            self.fields.resize(self.count + 2 * BLOCK, Field::bare(0, 0));
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
                    *field = Field::bare(start, base + place(left));
                    (start, left, count) = (base + place(left) + 1, left & (left - 1), count + 1);
                }
                if left == 0 {
                    break;
                }
                let at = place(left);
                if block[at] == QUOTE && base + at == start && !self.dialect.backslashes {
                    let (end, rest, form) = match close(block, left, delimiter) {
                        Closing::At { end, rest, form } => (end, rest, form),
                        // The rest of the field is in the next block: it is looked at again in one that begins with the field.
                        Closing::Beyond if at > 0 => {
                            ahead = &text[start..];
                            (base, seen, left) = (start, start, 0);
                            continue 'blocks;
                        }
                        Closing::Beyond | Closing::Odd => break 'blocks,
                    };
                    let Some(field) = room.next() else { break 'blocks };
                    *field = Field::new(start, base + end, form);
                    self.needs_care |= form == Form::Escaped;
                    (start, left, count) = (base + end + 1, rest, count + 1);
                    if block[end] != delimiter {
                        ended = Some(block[end]);
                        break 'blocks;
                    }
                } else if (block[at] == b'\n' || block[at] == b'\r') && base + at != self.start {
                    let Some(field) = room.next() else { break 'blocks };
                    *field = Field::bare(start, base + at);
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

    /// Ends the last record, if one is open, because the text ends here.
    pub fn finish(&mut self, text: &[u8]) -> Option<Ending> {
        debug_assert_eq!(self.seen, text.len(), "the text has been scanned");
        self.let_go();
        if self.seen == self.start && !self.headless {
            return None;
        }
        let ending = match self.state {
            State::Quoted => Ending::UnclosedQuote,
            State::Bare | State::QuoteAt(_) => Ending::Complete,
        };
        self.end_field(self.seen);
        self.end_record(self.seen, self.seen);
        Some(ending)
    }

    /// The fields of the record that was given last.
    pub fn fields(&self) -> &[Field] {
        &self.fields[..self.count]
    }

    /// Whether a field of the record that was given last holds something else than what stands in the text between its quotes.
    pub fn needs_care(&self) -> bool {
        self.needs_care
    }

    /// Where the record that was given last, or else the one at hand, stands in the text; its line
    /// break is left out.
    pub fn range(&self) -> Range<usize> {
        self.start..if self.given { self.end } else { self.seen }
    }

    /// The physical line on which the text begins, before anything of it that is no record's, and whether a CR came right
    /// before it: for a text that begins with the record at hand, or is empty.
    pub fn begins(&self) -> (u64, bool) {
        match self.pending() {
            0 => (self.line, self.behind_cr == Some(self.seen)),
            _ if self.headless => (self.line, self.behind_cr == Some(0)),
            _ => (self.lines.0, false),
        }
    }

    /// The physical lines on which the record that was given last begins and ends.
    pub fn lines(&self) -> (u64, u64) {
        self.lines
    }

    /// Length of the record at hand, as far as it is there; 0 between records.
    pub fn pending(&self) -> usize {
        if self.given { 0 } else { self.seen - self.start }
    }

    /// Moves what is left of the text to offset 0, because the caller takes away all of it before
    /// [`range`](Self::range)`().start`.
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

    /// Forgets all of the text, which has been scanned to its end: what comes next is at offset 0.
    /// Of a record at hand this loses the fields; its end will still be found.
    pub fn forget(&mut self) {
        debug_assert_eq!(self.marks, 0, "the text has been scanned");
        self.headless |= self.pending() > 0;
        self.let_go();
        if let State::QuoteAt(quote) = &mut self.state {
            // What follows may be its double: then it stands just before offset 0.
            *quote = quote.wrapping_sub(self.seen);
        }
        self.behind_cr = self.behind_cr.filter(|&at| at == self.seen).map(|_| 0);
        self.field_start = if self.field_start == self.seen { 0 } else { FORGOTTEN };
        self.count = 0;
        (self.start, self.base, self.seen) = (0, 0, 0);
    }

    /// Takes note of the byte at `at`, which is a mark. True if it ends a record.
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
            // Another control character, which means nothing.
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

    /// Whether there are only blanks in the field before `at`.
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
        let field = Field::new(self.field_start, at, form);
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

    /// Ends the record at `at`; the next one begins at `next`, or behind blank lines there.
    fn end_record(&mut self, at: usize, next: usize) {
        self.end = at;
        self.lines.1 = self.line;
        self.field_start = next;
        self.given = true;
    }

    /// Turns from a record that was given to the next.
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

/// Where a field in quotes ends.
enum Closing {
    /// Before the delimiter or line break at this place of the block; behind it are the marks `rest`.
    At { end: usize, rest: u64, form: Form },
    /// Behind the block.
    Beyond,
    /// Letters follow the quote that closes it, or a line break stands inside.
    Odd,
}

/// Finds where the field ends that the lowest of some marks of a block opens with a quote.
#[inline(always)]
fn close(block: &[u8; BLOCK], opening: u64, delimiter: u8) -> Closing {
    // Most such fields have neither delimiters nor quotes inside, and another field behind them.
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

/// The same, with whatever is inside.
#[inline(never)]
fn close_any(block: &[u8; BLOCK], opening: u64, delimiter: u8) -> Closing {
    let (mut left, mut form) = (opening & (opening - 1), Form::Quoted);
    loop {
        // The next mark that is no delimiter is a quote, and the byte right behind it ends the field or doubles the quote.
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

/// The place of the lowest mark, of which there is one, in its block.
#[inline(always)]
fn place(marks: u64) -> usize {
    marks.trailing_zeros() as usize % BLOCK
}

/// Whether what comes next stands behind a backslash that does not itself stand behind one.
fn is_behind_backslash(before: &[u8]) -> bool {
    before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Stands for the beginning of a field in a text that is forgotten.
const FORGOTTEN: usize = usize::MAX;

#[cfg(test)]
mod tests;
