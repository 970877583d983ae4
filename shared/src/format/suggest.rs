//! A mapping that may read a table which no format fits: a suggestion, made with the refusal.
//!
//! It is put together of what the columns are called, in any of the languages of [`dictionary`], and of what stands in their
//! cells at the beginning of the file. It is applied by nobody but the caller, who gives it back as `mapping`; then it is
//! believed about what a column means, and the whole file is asked about everything else, as with any mapping. What it promises:
//!
//! - **The same file gives the same suggestion**, however it arrives.
//! - **It names a date and a duration**, or start and end; else there is none. Each field has one column, each column one field.
//! - **Its score is that of its least sure column.** 100 is a name that says just this above cells that are just that. A name that
//!   is only known in part, cells that do not all agree, or a second column that could be meant as well make it less; what the
//!   cells alone tell is never more than 50, except for addresses of e-mails.
//! - **It never leaves out what counts.** A table with breaks between start and end and no duration, with overtime beside
//!   hours, or of something else than entries (a pivot, a list of projects) has none.

mod cells;
mod dictionary;
mod names;
mod table;

use serde::Serialize;

use super::headers::Headers;
use super::lookalikes;
use super::mapping::{Field, Mapping};
use super::survey::is_too_long;
use super::title::{MOST_CELLS, MOST_LINES};
use super::words;
use crate::source::{self, Dialect, Splitter};
use table::Table;

/// A mapping that may read a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuggestedMapping {
    /// 0 to 100: the lowest of its columns'.
    pub score: u8,
    /// As the option `mapping` takes it.
    pub mapping: Mapping,
    /// The columns in the order of the file.
    pub columns: Vec<SuggestedColumn>,
}

/// A column of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuggestedColumn {
    pub column: String,
    pub field: Field,
    /// 0 to 100.
    pub score: u8,
    /// A sentence for people.
    pub evidence: String,
}

/// So many rows are looked at.
const ROWS: usize = 200;
/// So many columns are looked at; no table of time entries has more that matter.
const COLUMNS: usize = 200;

/// A suggestion for the table at the beginning of a text, or below lines of a title; `complete` says that the text ends here.
pub(super) fn suggest(text: &str, complete: bool, delimiters: &[u8]) -> Option<Box<SuggestedMapping>> {
    let mut start = 0;
    for lines in 0..=MOST_LINES {
        let below = &text[start..];
        for judged in source::judge(below, complete, delimiters) {
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

/// The first rows behind the header that have a cell for each column and are no totals.
fn rows(text: &str, complete: bool, dialect: Dialect, columns: usize) -> Vec<Vec<String>> {
    let mut splitter = Splitter::new(dialect, 1);
    let mut rows = Vec::new();
    let mut has_header = false;
    loop {
        let scanned = splitter.scan(text.as_bytes());
        if !scanned && !(complete && splitter.finish(text.as_bytes()).is_some()) {
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
