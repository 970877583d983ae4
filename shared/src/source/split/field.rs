//! Where a record's fields stand in its text, and what they hold.

use std::borrow::Cow;
use std::ops::Range;

use super::marks::QUOTE;

/// Where a field stands in the text: what it holds if nothing needs to be unescaped, and else all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    start: u32,
    /// The place behind the field in the lower thirty bits, the form in the upper two.
    end_and_form: u32,
}

/// The longest text in which fields have places, in bytes: 1 GiB.
pub const MAX_TEXT: usize = END as usize;

const FORM: u32 = 30;
const END: u32 = (1 << FORM) - 1;

/// How a field is written, and which part of it its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it stands.
    Bare,
    /// Between two quotes, with none inside. The place is between the quotes.
    Quoted,
    /// Quotes doubled inside, or letters after the closing quote, or no closing quote. The place is that of all of it.
    Escaped,
    /// With a backslash before a quote inside, in a dialect that has them. The place is that of all of it.
    Backslashed,
}

impl Field {
    /// A field that takes the bytes from `start` to `end` of the text, its quotes included.
    #[inline(always)]
    pub(super) fn new(start: usize, end: usize, form: Form) -> Self {
        // Where a record's beginning is forgotten, so are its fields: then their places mean nothing.
        let quote = u32::from(form == Form::Quoted);
        let end = (end as u32).wrapping_sub(quote) & END;
        Self { start: (start as u32).wrapping_add(quote), end_and_form: end | (form as u32) << FORM }
    }

    /// A field without quotes, from `start` to `end`.
    #[inline(always)]
    pub(super) fn bare(start: usize, end: usize) -> Self {
        debug_assert!(end <= MAX_TEXT);
        Self { start: start as u32, end_and_form: end as u32 }
    }

    #[inline(always)]
    fn place(&self) -> Range<usize> {
        self.start as usize..(self.end_and_form & END) as usize
    }

    #[inline(always)]
    fn is(&self, form: Form) -> bool {
        self.end_and_form >> FORM == form as u32
    }

    /// Moves a field with its text, which begins `by` bytes further on.
    pub(super) fn rebase(&mut self, by: usize) {
        self.start -= by as u32;
        self.end_and_form -= by as u32;
    }

    /// How many bytes the field takes in the text, its quotes included.
    #[inline]
    pub fn len(&self) -> usize {
        self.place().len() + if self.is(Form::Quoted) { 2 } else { 0 }
    }

    /// How many bytes the field holds; of one that needs to be unescaped, how many it takes in the text.
    #[inline(always)]
    pub fn holds(&self) -> usize {
        self.place().len()
    }

    /// Whether nothing stands between the delimiters, not even quotes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the field holds.
    #[inline]
    pub fn cell<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.needs_care() {
            return self.unescaped(text);
        }
        Cow::Borrowed(&text[self.place()])
    }

    /// The bytes of what the field holds; of one that needs to be unescaped, the bytes as they stand in the text, which begin
    /// with a quote.
    #[inline(always)]
    pub fn bytes<'t>(&self, text: &'t str) -> &'t [u8] {
        text.as_bytes().get(self.place()).unwrap_or_default()
    }

    /// The text from the beginning of what the field holds, as far as a record's names are long; `None` at the end of the text.
    #[inline(always)]
    pub fn window<'t, const LENGTH: usize>(&self, text: &'t str) -> Option<&'t [u8; LENGTH]> {
        text.as_bytes().get(self.start as usize..)?.first_chunk()
    }

    /// What a field holds that has quotes or letters where they need care. Called last and with the same arguments, so that the
    /// fast ways above need no room on the stack.
    #[cold]
    #[inline(never)]
    fn unescaped<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = &text[self.place()];
        if self.is(Form::Escaped) {
            return Cow::Owned(unescape(raw));
        }
        // Whether the backslashes belong to it nobody knows, so they stay.
        let inside = raw.strip_prefix('"').unwrap_or(raw);
        Cow::Borrowed(inside.strip_suffix('"').unwrap_or(inside))
    }

    /// Whether the field begins with something to be seen of ASCII that is no quote: for most fields all that is asked.
    #[inline]
    pub(in crate::source) fn begins_visibly(&self, text: &str) -> bool {
        self.first_byte(text).is_some_and(|byte| byte.is_ascii_graphic() && byte != QUOTE)
    }

    /// The first byte of what the field holds; a quote if that needs to be unescaped.
    #[inline]
    pub fn first_byte(&self, text: &str) -> Option<u8> {
        self.bytes(text).first().copied()
    }

    /// Whether what the field holds begins and ends with a digit.
    #[inline]
    pub fn is_between_digits(&self, text: &str) -> bool {
        matches!(self.bytes(text), [b'0'..=b'9', .., b'0'..=b'9'])
    }

    /// Whether the cell is not simply what stands in the text.
    #[inline]
    pub(in crate::source) fn needs_care(&self) -> bool {
        self.end_and_form >= (Form::Escaped as u32) << FORM
    }

    /// Whether a backslash stands before a quote inside, in a dialect that has them.
    pub(in crate::source) fn is_backslashed(&self) -> bool {
        self.is(Form::Backslashed)
    }

    /// The text as it stands, quotes included, if letters follow the closing quote, or quotes are doubled inside.
    pub(in crate::source) fn escaped<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.is(Form::Escaped).then(|| &text[self.place()])
    }

    /// The lines of a cell that has several, quotes left as they are.
    pub fn lines<'t>(&self, text: &'t str) -> impl DoubleEndedIterator<Item = &'t str> {
        let raw = &text[self.place()];
        let several = !self.is(Form::Bare) && memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_some();
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
