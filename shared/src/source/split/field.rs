//! The fields of a record: their places in the text, and their cells.

use std::borrow::Cow;
use std::ops::Range;

use super::marks::QUOTE;
use super::unescape::unescape;

/// The place of a field in the text: the place of the cell if nothing must be unescaped, and otherwise of the whole field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawField {
    start: u32,
    /// The end of the place in the lower thirty bits, and the form in the upper two.
    end_and_form: u32,
}

/// The longest text whose fields have places, in bytes: 1 GiB.
pub const MAX_TEXT: usize = END as usize;

const FORM: u32 = 30;
const END: u32 = (1 << FORM) - 1;

/// The spelling of a field, and the part of the field which its place covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// No quotes. The place covers the field.
    Bare,
    /// A pair of quotes with none inside. The place lies between the quotes.
    Quoted,
    /// Doubled quotes inside, letters after the closing quote, or no closing quote. The place covers the whole field.
    Escaped,
    /// A backslash before a quote inside, in a dialect with backslashes. The place covers the whole field.
    Backslashed,
}

impl RawField {
    /// A field which covers the bytes from `start` to `end` of the text, including quotes.
    #[inline(always)]
    pub(super) fn new(start: usize, end: usize, form: Form) -> Self {
        // The fields of a record whose beginning is forgotten are forgotten too, so their places may have any value.
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

    /// Moves the place for a text without its first `by` bytes.
    pub(super) fn rebase(&mut self, by: usize) {
        self.start -= by as u32;
        self.end_and_form -= by as u32;
    }

    /// The length of the field in the text in bytes, including quotes.
    #[inline]
    pub fn len(&self) -> usize {
        self.place().len() + if self.is(Form::Quoted) { 2 } else { 0 }
    }

    /// The length of the cell in bytes; for a field which must be unescaped, the length in the text.
    #[inline(always)]
    pub fn holds(&self) -> usize {
        self.place().len()
    }

    /// True if the field has no bytes, not even quotes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if the field begins with a quote, so that an empty cell was written as such.
    pub fn is_quoted(&self) -> bool {
        !self.is(Form::Bare)
    }

    /// The cell: the content of the field, unescaped.
    #[inline]
    pub fn cell<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.needs_care() {
            return self.unescaped(text);
        }
        Cow::Borrowed(&text[self.place()])
    }

    /// The bytes of the cell; for a field which must be unescaped, the bytes of the text, which begin with a quote.
    #[inline(always)]
    pub fn bytes<'t>(&self, text: &'t str) -> &'t [u8] {
        text.as_bytes().get(self.place()).unwrap_or_default()
    }

    /// `LENGTH` bytes of the text from the beginning of the cell; `None` near the end of the text.
    #[inline(always)]
    pub fn window<'t, const LENGTH: usize>(&self, text: &'t str) -> Option<&'t [u8; LENGTH]> {
        text.as_bytes().get(self.start as usize..)?.first_chunk()
    }

    /// The cell without blanks outside of quotes: around a cell without quotes, or behind the closing quote.
    pub fn cell_inside<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is(Form::Bare) {
            return Cow::Borrowed(text[self.place()].trim());
        }
        match self.escaped(text) {
            Some(raw) if raw.ends_with(' ') && raw.starts_with('"') => Cow::Owned(unescape(raw.trim_end_matches(' '))),
            _ => self.cell(text),
        }
    }

    /// The cell of a field which must be unescaped. The callers call this function last and with their own arguments, so that the
    /// fast paths need no room on the stack.
    #[cold]
    #[inline(never)]
    fn unescaped<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let raw = &text[self.place()];
        if self.is(Form::Escaped) {
            return Cow::Owned(unescape(raw));
        }
        // The file does not tell whether the backslashes belong to the cell, so the cell keeps the backslashes.
        let inside = raw.strip_prefix('"').unwrap_or(raw);
        Cow::Borrowed(inside.strip_suffix('"').unwrap_or(inside))
    }

    /// True if the cell begins with a visible ASCII letter other than a quote.
    #[inline]
    pub(in crate::source) fn begins_visibly(&self, text: &str) -> bool {
        self.first_byte(text).is_some_and(|byte| byte.is_ascii_graphic() && byte != QUOTE)
    }

    /// The first byte of the cell; a quote for a field which must be unescaped.
    #[inline]
    pub fn first_byte(&self, text: &str) -> Option<u8> {
        self.bytes(text).first().copied()
    }

    /// True if the cell begins and ends with a digit.
    #[inline]
    pub fn is_between_digits(&self, text: &str) -> bool {
        matches!(self.bytes(text), [b'0'..=b'9', .., b'0'..=b'9'])
    }

    /// True if the field must be unescaped.
    #[inline]
    pub(in crate::source) fn needs_care(&self) -> bool {
        self.end_and_form >= (Form::Escaped as u32) << FORM
    }

    /// True if a backslash stands before a quote inside the field, in a dialect with backslashes.
    pub(in crate::source) fn is_backslashed(&self) -> bool {
        self.is(Form::Backslashed)
    }

    /// The text of the field with its quotes, if letters follow the closing quote or quotes are doubled inside.
    pub(in crate::source) fn escaped<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.is(Form::Escaped).then(|| &text[self.place()])
    }

    /// The lines of a cell with several lines, without unescaping; no lines for any other cell.
    pub fn lines<'t>(&self, text: &'t str) -> impl DoubleEndedIterator<Item = &'t str> {
        let raw = &text[self.place()];
        let several = !self.is(Form::Bare) && memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_some();
        let raw = if several { raw.trim_matches('"') } else { "" };
        raw.split(['\n', '\r']).filter(|line| !line.is_empty())
    }
}
