//! Text to records and fields: the splitter.
//!
//! It reads as `csv-core` does with its defaults: a quote opens only at the beginning of a field, is
//! doubled inside, and what follows its closing is taken as it stands; a backslash is a letter; LF,
//! CR and CR LF end a record; blank lines are none. (With [`Dialect::spaced`], a quote also opens
//! behind blanks at the beginning of a field; with [`Dialect::backslashes`], one behind a backslash closes none.) It differs in two things. It gives no cells but their
//! places in the text, so a cell that needs no unescaping is never copied. And it does not walk from
//! byte to byte: of each 64 bytes it first makes a mask of those that can mean something
//! (delimiter, quote, CR, LF), which compilers turn into a few vector instructions, and then goes
//! from one of these *marks* to the next. That saves most of the branches that are hard to predict.
//!
//! Advice for whoever changes this: all state is in [`Splitter`], because the text may end at any
//! byte and go on later. Offsets are from the start of the text at hand, which the caller keeps until
//! the record is complete. What stands between two marks is never looked at, so each state must
//! know from the position of a mark alone whether letters came before it. The property tests compare
//! with `csv-core`, with texts cut at random places; run them with many cases
//! (`PROPTEST_CASES=100000`) after any change.

use std::borrow::Cow;
use std::ops::Range;

const QUOTE: u8 = b'"';

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

/// Where a field stands in the text, its quotes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    start: u32,
    end: u32,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As it stands.
    Bare,
    /// Between two quotes, with none inside.
    Quoted,
    /// Quotes doubled inside, or letters after the closing quote, or no closing quote.
    Escaped,
    /// With a backslash before a quote inside, in a dialect that has them.
    Backslashed,
}

impl Field {
    /// How many bytes the field takes in the text, its quotes included.
    #[inline]
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether nothing stands between the delimiters, not even quotes.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// What the field holds.
    #[inline]
    pub fn cell<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let (start, end) = (self.start as usize, self.end as usize);
        let quote = match self.form {
            Form::Bare => 0,
            Form::Quoted => 1,
            Form::Escaped | Form::Backslashed => return self.unescaped(text),
        };
        Cow::Borrowed(&text[start + quote..end - quote])
    }

    /// What a field holds that has quotes or letters where they need care. Called last and with the same arguments, so that the
    /// fast ways above need no room on the stack.
    #[cold]
    #[inline(never)]
    fn unescaped<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = &text[self.start as usize..self.end as usize];
        if self.form == Form::Escaped {
            return Cow::Owned(unescape(raw));
        }
        // Whether the backslashes belong to it nobody knows, so they stay.
        let inside = raw.strip_prefix('"').unwrap_or(raw);
        Cow::Borrowed(inside.strip_suffix('"').unwrap_or(inside))
    }

    /// Whether the field begins with something to be seen of ASCII that is no quote: for most fields all that is asked.
    #[inline]
    pub(super) fn begins_visibly(&self, text: &str) -> bool {
        self.first_byte(text).is_some_and(|byte| byte.is_ascii_graphic() && byte != QUOTE)
    }

    /// The first byte of the field as it stands in the text, which is a quote if it has quotes.
    #[inline]
    pub fn first_byte(&self, text: &str) -> Option<u8> {
        if self.is_empty() { None } else { text.as_bytes().get(self.start as usize).copied() }
    }

    /// Whether the field begins and ends with a digit, without quotes.
    #[inline]
    pub fn is_between_digits(&self, text: &str) -> bool {
        let raw = text.as_bytes().get(self.start as usize..self.end as usize);
        matches!(raw, Some([b'0'..=b'9', .., b'0'..=b'9']))
    }

    /// Whether the cell is not simply what stands in the text.
    #[inline]
    pub(super) fn needs_care(&self) -> bool {
        matches!(self.form, Form::Escaped | Form::Backslashed)
    }

    /// Whether a backslash stands before a quote inside, in a dialect that has them.
    pub(super) fn is_backslashed(&self) -> bool {
        self.form == Form::Backslashed
    }

    /// The text as it stands, quotes included, if letters follow the closing quote, or quotes are doubled inside.
    pub(super) fn escaped<'t>(&self, text: &'t str) -> Option<&'t str> {
        (self.form == Form::Escaped).then(|| &text[self.start as usize..self.end as usize])
    }

    /// The lines of a cell that has several, quotes left as they are.
    pub fn lines<'t>(&self, text: &'t str) -> impl DoubleEndedIterator<Item = &'t str> {
        let raw = &text[self.start as usize..self.end as usize];
        let several = self.form != Form::Bare && memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_some();
        let raw = if several { raw.trim_matches('"') } else { "" };
        raw.split(['\n', '\r']).filter(|line| !line.is_empty())
    }
}

fn unescape(raw: &str) -> String {
    let mut cell = String::with_capacity(raw.len());
    let mut inside = raw.strip_prefix('"').unwrap_or(raw);
    while let Some(quote) = memchr::memchr(QUOTE, inside.as_bytes()) {
        let behind = &inside[quote + 1..];
        cell.push_str(&inside[..quote]);
        match behind.strip_prefix('"') {
            Some(rest) => {
                cell.push('"');
                inside = rest;
            }
            // The quote is closed: the rest is as it stands, quotes included.
            None => {
                cell.push_str(behind);
                return cell;
            }
        }
    }
    cell.push_str(inside);
    cell
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
    fields: Vec<Field>,
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
            let (base, delimiter, mut left) = (self.base, self.dialect.delimiter, self.marks);
            while left != 0 {
                let at = base + left.trailing_zeros() as usize;
                left &= left - 1;
                // What most marks are: the end of a field without quotes, or all three marks of one with quotes, within a record.
                if self.state == State::Bare && text[at] == delimiter {
                    self.fields.push(Field { start: self.field_start as u32, end: at as u32, form: Form::Bare });
                    self.field_start = at + 1;
                } else if let Some((behind, rest)) = self.quoted(text, at, left) {
                    self.fields.push(Field { start: at as u32, end: behind as u32, form: Form::Quoted });
                    self.field_start = behind + 1;
                    left = rest;
                } else if self.read_mark(text, at) {
                    self.marks = left;
                    return true;
                }
            }
            self.marks = 0;
            if self.seen >= text.len() {
                return false;
            }
            self.base = self.seen;
            let block = &text[self.base..text.len().min(self.base + BLOCK)];
            self.seen += block.len();
            self.marks = marks(block, self.dialect.delimiter);
        }
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
        self.end_record(self.seen);
        Some(ending)
    }

    /// The fields of the record that was given last.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Where the record that was given last, or else the one at hand, stands in the text; its line
    /// break is left out.
    pub fn range(&self) -> Range<usize> {
        match self.fields.last() {
            Some(last) if self.given => self.start..last.end as usize,
            _ => self.start..self.seen,
        }
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
        for field in &mut self.fields {
            field.start -= by as u32;
            field.end -= by as u32;
        }
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
        self.fields.clear();
        (self.start, self.base, self.seen) = (0, 0, 0);
    }

    /// The delimiter behind a field in quotes that begins at `at`, and the marks behind that, if the next two of the marks that
    /// are `left` are the quote that closes it and the delimiter.
    #[inline]
    fn quoted(&self, text: &[u8], at: usize, left: u64) -> Option<(usize, u64)> {
        let opens = self.state == State::Bare && at == self.field_start && text[at] == QUOTE;
        if !opens || self.dialect.backslashes || left == 0 {
            return None;
        }
        let (close, behind) = (left.trailing_zeros(), left & (left - 1));
        let (quote, end) = (self.base + close as usize, behind.trailing_zeros());
        let closes =
            behind != 0 && end == close + 1 && text[quote] == QUOTE && text[quote + 1] == self.dialect.delimiter;
        closes.then(|| (quote + 1, behind & (behind - 1)))
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
            _ if is_break && at == self.start && !self.headless => {
                self.count_break(byte, at);
                (self.start, self.field_start, self.lines.0) = (at + 1, at + 1, self.line);
            }
            _ => {
                self.end_field(at);
                self.field_start = at + 1;
                if is_break {
                    self.end_record(at + 1);
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
        let (start, end) = (self.field_start as u32, at as u32);
        self.fields.push(Field { start, end, form });
        self.state = State::Bare;
        self.escaped = false;
        self.backslashed = false;
    }

    /// Ends the record; the next one begins at `next`, or behind blank lines there.
    fn end_record(&mut self, next: usize) {
        self.lines.1 = self.line;
        self.field_start = next;
        self.given = true;
    }

    /// Turns from a record that was given to the next.
    fn let_go(&mut self) {
        if std::mem::take(&mut self.given) {
            self.headless = false;
            self.fields.clear();
            self.start = self.field_start;
            self.lines.0 = self.line;
        }
    }
}

/// Whether what comes next stands behind a backslash that does not itself stand behind one.
fn is_behind_backslash(before: &[u8]) -> bool {
    before.iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Stands for the beginning of a field in a text that is forgotten.
const FORGOTTEN: usize = usize::MAX;

/// How many bytes are searched for marks at once.
const BLOCK: usize = 64;

/// Which of up to 64 bytes are marks: one bit for each.
fn marks(block: &[u8], delimiter: u8) -> u64 {
    let mut flags = [0_u8; BLOCK];
    match <&[u8; BLOCK]>::try_from(block) {
        // Of known length, so that this becomes vector instructions.
        Ok(block) => flag(block, delimiter, &mut flags),
        Err(_) => flag(block, delimiter, &mut flags[..block.len()]),
    }
    let mut marks = 0;
    for (index, eight) in flags.chunks_exact(8).enumerate() {
        let eight = <[u8; 8]>::try_from(eight).expect("chunks of eight");
        // Gathers the lowest bits of eight bytes in the highest byte, that of the first one lowest.
        let gathered = u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks |= gathered << (index * 8);
    }
    marks
}

#[inline(always)]
fn flag(block: &[u8], delimiter: u8, flags: &mut [u8]) {
    for (flag, &byte) in flags.iter_mut().zip(block) {
        let stop = (byte == delimiter) | (byte == b'\n') | (byte == b'\r');
        *flag = u8::from(stop | (byte == QUOTE));
    }
}

#[cfg(test)]
mod tests;
