//! Recognises blank records and records torn by a faulty quote.

use super::RawField;

/// A fault in the quotes of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    /// An opened quote runs on to the next quote of the file, over cells or rows: further text stands after the
    /// closing quote, and a delimiter or a line break stands inside.
    Quote,
    /// A backslash stands before a quote within quotes, and further text stands after this quote, as PHP and programs
    /// with an escape character write quotes: `"so \"called\" it"`. Only the program which wrote the file knows if the
    /// backslash belongs to the text.
    Backslash,
}

/// The fault in the quotes of a record; `None` if the quotes are sound.
#[inline]
pub fn tear(text: &str, fields: &[RawField], delimiter: u8) -> Option<Tear> {
    if fields.iter().any(RawField::needs_care) { find_tear(text, fields, delimiter) } else { None }
}

#[cold]
#[inline(never)]
fn find_tear(text: &str, fields: &[RawField], delimiter: u8) -> Option<Tear> {
    fields.iter().find_map(|field| match field.escaped(text) {
        Some(raw) => tear_of(raw, delimiter),
        None => field.is_backslashed().then_some(Tear::Backslash),
    })
}

/// The fault of a field which begins with a quote and has further text after the closing quote.
fn tear_of(raw: &str, delimiter: u8) -> Option<Tear> {
    let inside = raw.strip_prefix('"')?;
    let mut at = 0;
    while let Some(quote) = memchr::memchr(b'"', &inside.as_bytes()[at..]) {
        let (held, behind) = (&inside.as_bytes()[..at + quote], &inside[at + quote + 1..]);
        if behind.starts_with('"') {
            at += quote + 2;
            continue;
        }
        let spans = held.iter().any(|&byte| byte == delimiter || byte == b'\n' || byte == b'\r');
        let goes_on = !behind.trim().is_empty();
        return match held.ends_with(b"\\") {
            true => goes_on.then_some(Tear::Backslash),
            false => (goes_on && spans).then_some(Tear::Quote),
        };
    }
    None
}

/// True if the record is a blank line: nothing, only blanks and delimiters as spreadsheets leave them, or the byte
/// 0x1a with which DOS ended files and which no reader sees.
#[inline]
pub fn is_blank(text: &str, fields: &[RawField]) -> bool {
    !fields.first().is_some_and(|field| field.begins_visibly(text)) && are_blank(text, fields)
}

#[inline(never)]
fn are_blank(text: &str, fields: &[RawField]) -> bool {
    const END_OF_FILE: char = '\u{1a}';
    let is_blank = |letter: char| letter.is_whitespace() || letter == END_OF_FILE;
    fields.iter().all(|field| field.cell(text).chars().all(is_blank))
}
