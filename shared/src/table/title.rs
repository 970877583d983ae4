//! Handles text around a table: lines of a title above the header, and quotes around whole lines.

use super::choose::{Chosen, choose};
use super::refusal::{Refusal, quoted};
use super::{Form, Head, RefusalOf};
use crate::source::{self, Encoding};

/// Largest count of lines skipped above a header.
pub(crate) const MOST_LINES: u64 = 20;
/// Largest count of filled cells in a skipped line. A line with more cells is a row of another table.
pub(crate) const MOST_CELLS: usize = 3;

/// Lines which were skipped above a header.
pub(super) struct Title {
    /// Length in bytes of the skipped text, including the last line break.
    pub length: usize,
    pub lines: u64,
    /// Evidence about the skipped lines, for people.
    pub said: String,
}

/// The header below a title, or the refusal of the file because of that header.
type Titled<F> = Result<(Chosen<F>, Title), RefusalOf<F>>;

/// Searches for a header below a title, whose lines have few words, as reports print titles above tables. A header
/// known to belong to another program is an error.
pub(super) fn below_title<F: Form>(head: Head<'_>, options: &F::Options) -> Option<Titled<F>> {
    let Head { text, complete, delimiters, asked, quotes } = head;
    let mut passed: Vec<String> = Vec::new();
    let mut length = 0;
    for lines in 0..=MOST_LINES {
        let line = &text[length..];
        let end = line.find(['\n', '\r'])?;
        let filled = |delimiter: &u8| {
            let cells = line[..end].split(char::from(*delimiter));
            cells.filter(|cell| !cell.trim().is_empty()).count()
        };
        let cells: Vec<usize> = delimiters.iter().map(filled).collect();
        if lines > 0 && cells.iter().all(|&cells| cells > 0) {
            let said = || format!("the header is on line {}; passed over above it: {}", lines + 1, quoted(&passed));
            match choose::<F>(source::judge(line, complete, delimiters, quotes), asked, options) {
                Ok(chosen) if chosen.judged.header.len() > MOST_CELLS => {
                    let said = said();
                    return Some(Ok((chosen, Title { length, lines, said })));
                }
                Err(mut refusal) if refusal.look_alike.is_some() && refusal.headers.len() > MOST_CELLS => {
                    refusal.reasons.push(said());
                    return Some(Err(refusal));
                }
                _ => {}
            }
        }
        if cells.iter().any(|&cells| cells > MOST_CELLS) {
            return None;
        }
        if cells.iter().all(|&cells| cells > 0) {
            passed.push(line[..end].trim().to_owned());
        }
        length += end + if line[end..].starts_with("\r\n") { 2 } else { 1 };
    }
    None
}

/// True if every line is quoted as a whole, which makes a table of a single column, and would be
/// a readable table without these quotes.
pub(super) fn is_quoted_whole<F: Form>(head: Head<'_>, options: &F::Options) -> bool {
    let mut lines = head.text.lines().filter(|line| !line.trim().is_empty()).take(2);
    let inside = |line: &str| line.trim().strip_prefix('"')?.strip_suffix('"').map(|line| line.replace("\"\"", "\""));
    let bare: Option<Vec<String>> = lines.by_ref().map(inside).collect();
    let Some(bare) = bare.filter(|lines| !lines.is_empty()) else { return false };
    let judged = source::judge(&bare.join("\n"), true, head.delimiters, head.quotes);
    choose::<F>(judged, head.asked, options).is_ok()
}

/// The refusal of a file whose lines are quoted as a whole.
pub(super) fn quoted_whole<C: Default>(encoding: Encoding) -> Refusal<C> {
    Refusal {
        encoding: Some(encoding),
        ..Refusal::because(
            "each line stands in quotes as a whole, as a spreadsheet writes a file that it opened as one column: take the \
             quotes at both ends of each line away, or give the file as it was exported",
        )
    }
}
