//! The cells of fields which differ from the text between their quotes.

use super::marks::QUOTE;

/// The cell of a whole field, which begins with its quote: `"`, or an apostrophe.
pub(super) fn unescape(raw: &str) -> String {
    if raw.starts_with('\'') { from_apostrophes(raw) } else { from_quotes(raw) }
}

fn from_quotes(raw: &str) -> String {
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
            // The quote closes the field; the rest is taken as written, including quotes.
            None => {
                cell.push_str(behind);
                return cell;
            }
        }
    }
    cell.push_str(inside);
    cell
}

/// The cell of a field in apostrophes, without the blanks behind the closing one.
fn from_apostrophes(raw: &str) -> String {
    let raw = raw.trim_end_matches(' ');
    let inside = raw.strip_prefix('\'').unwrap_or(raw);
    let inside = inside.strip_suffix('\'').unwrap_or(inside);
    let mut cell = String::with_capacity(inside.len());
    let mut letters = inside.chars().peekable();
    // True behind an odd number of backslashes.
    let mut is_escaped = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\'' if is_escaped => {
                cell.pop();
            }
            '\'' => {
                letters.next_if_eq(&'\'');
            }
            _ => {}
        }
        cell.push(letter);
        is_escaped = letter == '\\' && !is_escaped;
    }
    cell
}
