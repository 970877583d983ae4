//! Suggests a mapping for a table which fits no format.
//!
//! The suggestion is part of the refusal. A caller who agrees sends the suggestion back as the option `mapping`; the
//! service never applies a suggestion by itself. The evidence for a column is its name, looked up in a [`dictionary`]
//! of many languages, and its first cells. Promises:
//!
//! - **Deterministic.** The same file gives the same suggestion, in any pieces.
//! - **Complete.** A suggestion names a date and a duration, or a start and an end. Each field has one column, and
//!   each column one field. A table without these columns gets no suggestion.
//! - **Scored.** A column scores 100 if its name has one meaning and all cells agree. The score falls for a name
//!   which is known in part, for cells which disagree, and for a rival column. Cells under an unknown name score 50
//!   at most (e-mail addresses 70). The score of the suggestion is the lowest score of its columns.
//! - **No lost hours.** No suggestion is made for a table with breaks but no duration, with overtime in a column of
//!   its own, or of a kind which is no list of entries (a pivot, a list of projects).

mod cells;
mod dictionary;
mod names;
mod plain;
mod table;

use super::lookalikes;
use super::suggestion::SuggestedMapping;
use crate::source::{self, Dialect, Splitter};
use crate::table::{Head, Headers, MOST_CELLS, MOST_LINES, is_too_long};
use crate::values::words;
use table::Table;

/// Largest count of rows whose cells are inspected.
const ROWS: usize = 200;
/// Largest count of columns; a table with more columns gets no suggestion.
const COLUMNS: usize = 200;

/// Suggests a mapping for the table at the beginning of the head, or below a few lines of a title. `None` if no mapping
/// can be suggested.
pub(super) fn suggest(head: Head<'_>) -> Option<Box<SuggestedMapping>> {
    let Head { text, complete, delimiters, quotes, .. } = head;
    let mut start = 0;
    for lines in 0..=MOST_LINES {
        let below = &text[start..];
        for judged in source::judge(below, complete, delimiters, quotes) {
            let least = if lines > 0 { MOST_CELLS } else { 1 };
            if judged.header.len() <= least || judged.header.len() > COLUMNS || is_too_long(&judged.header) {
                continue;
            }
            let headers = Headers::new(judged.header.clone());
            if lookalikes::are_no_entries(&headers) {
                return None;
            }
            let rows = rows(below, complete, judged.dialect, headers.shown().len());
            if let Some(suggestion) = Table::new(&headers, &rows).suggest() {
                return Some(Box::new(suggestion));
            }
        }
        let end = below.find(['\n', '\r'])?;
        let filled = |delimiter: &u8| {
            let cells = below[..end].split(char::from(*delimiter));
            cells.filter(|cell| !cell.trim().is_empty()).count()
        };
        if delimiters.iter().any(|delimiter| filled(delimiter) > MOST_CELLS) {
            return None;
        }
        start += end + if below[end..].starts_with("\r\n") { 2 } else { 1 };
    }
    None
}

/// The first rows after the header, without rows of totals and rows which lack cells.
fn rows(text: &str, complete: bool, dialect: Dialect, columns: usize) -> Vec<Vec<String>> {
    let mut splitter = Splitter::new(dialect, 1);
    let mut rows = Vec::new();
    let mut has_header = false;
    loop {
        let scanned = splitter.scan(text.as_bytes());
        let finished = !scanned && complete && splitter.finish(text.as_bytes()).is_some();
        if !scanned && !finished {
            return rows;
        }
        let fields = splitter.fields();
        if !source::is_blank(text, fields) {
            let is_row = std::mem::replace(&mut has_header, true) && fields.len() >= columns;
            let cells = || fields.iter().take(columns).map(|field| field.cell(text));
            if is_row && !cells().any(|cell| words::is_total(words::trim(&cell))) {
                rows.push(cells().map(|cell| cell.into_owned()).collect());
            }
        }
        if !scanned || rows.len() == ROWS {
            return rows;
        }
    }
}
