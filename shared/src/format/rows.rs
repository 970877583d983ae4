//! The second pass, which turns the bytes of a chunk into rows.

use std::borrow::Cow;

use super::cells::Cells;
use super::columns::Role;
use super::declared::ReadRow;
use super::layout::Layout;
use super::readings::Readings;
use super::row::EntryRow;
use super::watch::names_nobody;
use crate::source::{self, Dialect, MAX_TEXT, RecordEnd, Splitter, Tear, Unreadable};
use crate::table::{ChunkSpan, ErrorCode, NO_VALUE, Oversized, RowError, Width};
use crate::values::dates;
use crate::values::durations;
use crate::values::times;
use crate::values::words;

/// A data record of the file, as an entry or as an error.
#[derive(Clone, Debug)]
pub struct TableRow<'r> {
    /// Number of the row, counted from 1 without the header and blank lines.
    pub row: u64,
    /// Physical line on which the record begins.
    pub line: u64,
    pub entry: Result<EntryRow<'r>, RowError>,
    record: &'r str,
    dialect: Dialect,
}

impl<'r> TableRow<'r> {
    /// The cells as parsed; empty for a record which was too long to be read.
    pub fn cells(&self) -> Vec<Cow<'r, str>> {
        let mut splitter = Splitter::new(self.dialect, self.line);
        if !splitter.scan(self.record.as_bytes()) {
            splitter.finish(self.record.as_bytes());
        }
        let cells = splitter.fields().iter().map(|field| field.cell(self.record));
        cells.map(|cell| if self.dialect.sheet && cell == NO_VALUE { Cow::Borrowed("") } else { cell }).collect()
    }
}

/// The reason why the bytes of a chunk cannot be the surveyed bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    #[error("the chunk has {got} bytes instead of {expected}")]
    Length { expected: u64, got: u64 },
    #[error("the chunk from byte {start} on cannot be decoded: {error}")]
    Text { start: u64, error: Unreadable },
}

/// The rows of a chunk. Iterate over a reference as often as needed; the rows borrow their texts from this value.
pub struct Rows<'a> {
    readings: Readings<'a>,
    read: ReadRow,
    dialect: Dialect,
    segments: Vec<Segment<'a>>,
}

/// Records which are adjacent in the file, and the record after them which was too long to be read, if any.
struct Segment<'a> {
    text: Cow<'a, str>,
    first_row: u64,
    first_line: u64,
    then: Option<Oversized>,
}

impl Layout {
    /// The rows of a chunk. `bytes` are the bytes of the span's [`ranges`](ChunkSpan::ranges), joined without gaps;
    /// for nearly every chunk these are `start..end` of the surveyed object.
    pub fn rows<'a>(&'a self, span: &ChunkSpan, bytes: &'a [u8]) -> Result<Rows<'a>, ChunkError> {
        let expected = span.ranges().map(|range| range.end.saturating_sub(range.start)).sum();
        // Positions in a text are stored in 30 bits.
        if bytes.len() as u64 != expected || bytes.len() > MAX_TEXT {
            return Err(ChunkError::Length { expected, got: bytes.len() as u64 });
        }
        let mut segments = Vec::new();
        let (mut rest, mut row, mut line) = (bytes, span.first_row, span.first_line);
        let mut oversized = span.oversized.iter();
        for range in span.ranges() {
            let (piece, behind) = rest.split_at(range.end.saturating_sub(range.start) as usize);
            rest = behind;
            let text = self.encoding.decode(piece);
            let text = text.map_err(|error| ChunkError::Text { start: range.start, error })?;
            let then = oversized.next().copied();
            segments.push(Segment { text, first_row: row, first_line: line, then });
            if let Some(then) = then {
                (row, line) = (then.row + 1, then.last_line);
            }
        }
        Ok(Rows { readings: Readings::new(self), read: self.format.reader(), dialect: self.dialect(), segments })
    }
}

impl<'a> Rows<'a> {
    /// Iterates over the rows in the order of the file.
    pub fn iter(&self) -> RowIter<'_> {
        RowIter { rows: self, segment: 0, row: 0, splitter: None }
    }
}

impl<'r> IntoIterator for &'r Rows<'_> {
    type Item = TableRow<'r>;
    type IntoIter = RowIter<'r>;

    fn into_iter(self) -> RowIter<'r> {
        self.iter()
    }
}

/// An iterator over the rows of a chunk.
pub struct RowIter<'r> {
    rows: &'r Rows<'r>,
    segment: usize,
    row: u64,
    splitter: Option<Splitter>,
}

impl<'r> Iterator for RowIter<'r> {
    type Item = TableRow<'r>;

    fn next(&mut self) -> Option<TableRow<'r>> {
        loop {
            let segment = self.rows.segments.get(self.segment)?;
            let splitter = match &mut self.splitter {
                Some(splitter) => splitter,
                None => {
                    self.row = segment.first_row;
                    self.splitter.insert(Splitter::new(self.rows.dialect, segment.first_line))
                }
            };
            let text: &'r str = &segment.text;
            let ending = if splitter.scan(text.as_bytes()) {
                Some(RecordEnd::Complete)
            } else {
                splitter.finish(text.as_bytes())
            };
            let Some(ending) = ending else {
                self.segment += 1;
                self.splitter = None;
                match segment.then {
                    Some(oversized) => return Some(self.rows.oversized(oversized)),
                    None => continue,
                }
            };
            if source::is_blank(text, splitter.fields()) {
                continue;
            }
            let row = self.row;
            self.row += 1;
            let (line, last_line) = splitter.lines();
            let record = &text[splitter.range()];
            let (fields, readings) = (splitter.fields(), &self.rows.readings);
            let cells = Cells { text, fields, readings };
            // A line break at the very end of the file begins no line.
            let last_line = last_line - u64::from(matches!(record.as_bytes(), [.., b'\n' | b'\r']));
            let without_value = self.rows.dialect.sheet && record.contains(NO_VALUE);
            let mut entry = match without_value.then(|| formula_without_value(&cells, line)).flatten() {
                Some(error) => Err(error),
                None => {
                    let marks = Marks { ending, needs_care: splitter.needs_care(), has_lines: last_line > line };
                    read(self.rows.read, &cells, marks, self.rows.dialect.delimiter)
                }
            };
            if let Err(error) = &mut entry {
                error.say_what_is_swallowed(line, last_line);
            }
            return Some(TableRow { row, line, entry, record, dialect: self.rows.dialect });
        }
    }
}

impl Rows<'_> {
    fn oversized(&self, oversized: Oversized) -> TableRow<'_> {
        let Oversized { row, line, start, end, unclosed, .. } = oversized;
        let error = if unclosed { RowError::unclosed_quote("") } else { RowError::oversized(end - start) };
        TableRow { row, line, entry: Err(error), record: "", dialect: self.dialect }
    }
}

/// What the splitter says of a record.
struct Marks {
    ending: RecordEnd,
    /// True if some field differs from the text between its delimiters or quotes.
    needs_care: bool,
    /// True if the record has several lines.
    has_lines: bool,
}

/// Parses the cells of a row to an entry.
fn read<'r>(read: ReadRow, cells: &Cells<'r, '_>, marks: Marks, delimiter: u8) -> Result<EntryRow<'r>, RowError> {
    if marks.ending == RecordEnd::UnclosedQuote {
        let last = cells.fields.last().map(|field| field.cell(cells.text));
        return Err(RowError::unclosed_quote(&last.unwrap_or_default()));
    }
    let headers = cells.readings.headers();
    let tear = if marks.needs_care { source::tear(cells.text, cells.fields, delimiter) } else { None };
    match tear {
        Some(Tear::Backslash) => return Err(RowError::backslash()),
        Some(Tear::Quote) => return Err(RowError::torn_quote()),
        None if marks.has_lines && is_glued(cells, delimiter) => return Err(RowError::torn_quote()),
        None => {}
    }
    let Readings { rules, who, sheet, .. } = cells.readings;
    if rules.subtotals && names_nobody(who, source::RecordCells { text: cells.text, fields: cells.fields }) {
        return Err(subtotal(cells));
    }
    if cells.fields.len() == headers.len() {
        return read(cells);
    }
    match rules.ends.width(headers, cells.text, cells.fields) {
        Width::Whole => read(cells),
        Width::Short if lacks_nothing_needed(cells) && (rules.ends.trimmed || *sheet || is_anchored(cells)) => {
            read(cells).map_err(|_| ragged(cells, headers.len()))
        }
        Width::Short | Width::Long => Err(ragged(cells, headers.len())),
    }
}

/// True if a short row has the cells of all columns for the person, the times and the duration.
fn lacks_nothing_needed(cells: &Cells<'_, '_>) -> bool {
    let is_needed = |role: Role| {
        let moment = role.is_date() || matches!(role, Role::Start | Role::End);
        moment || role.names_a_person() || role.duration().is_some()
    };
    let mut missing = cells.fields.len()..cells.readings.headers().len();
    !missing.any(|column| cells.readings.role_of(column).is_some_and(is_needed))
}

/// True if the last cell of a short row proves the cells before to be complete: it is a date, a time or a number in
/// a column which holds such values.
fn is_anchored(cells: &Cells<'_, '_>) -> bool {
    let Some((last, field)) = cells.fields.len().checked_sub(1).zip(cells.fields.last()) else {
        return false;
    };
    let cell = field.cell(cells.text);
    let cell = words::trim(&cell);
    let reads = |role: Role| match role {
        Role::Date | Role::EndDate => dates::read(cell).is_some(),
        Role::Start | Role::End => times::read(cell).is_some(),
        role if role.duration().is_some() => durations::read(cell).is_some(),
        role if role.is_number() => cells.number(role).is_some(),
        _ => false,
    };
    cells.readings.role_of(last).is_some_and(reads)
}

fn subtotal(cells: &Cells<'_, '_>) -> RowError {
    let roles = [Role::Duration, Role::Hours, Role::Minutes, Role::Seconds];
    let value = roles.into_iter().find_map(|role| cells.text(role)).unwrap_or_default();
    RowError::of_row(
        ErrorCode::Subtotal,
        &value,
        "the row is a subtotal: it names nobody, and an entry made of it would count hours twice",
    )
}

/// True if a quote at the beginning of a text and a quote at the end of another text have joined two rows. The lines
/// of the cell are then rows, as shown by their number of delimiters and by values in place of a date and a duration.
fn is_glued(cells: &Cells<'_, '_>, delimiter: u8) -> bool {
    let Some(date) = cells.readings.column(Role::Date) else {
        return false;
    };
    let columns = cells.fields.len();
    let roles = [Role::Duration, Role::Hours, Role::Minutes, Role::Seconds];
    let duration = roles.into_iter().find_map(|role| cells.readings.column(role));
    let is_row = |line: &str, behind: usize| {
        let pieces: Vec<&str> = line.split(char::from(delimiter)).map(words::trim).collect();
        let dated = pieces.get(date).is_some_and(|piece| dates::read(piece).is_some());
        let timed = duration.and_then(|column| pieces.get(column)).is_none_or(|piece| durations::read(piece).is_some());
        dated && timed && pieces.len() + behind == columns
    };
    cells.fields.iter().enumerate().any(|(at, field)| {
        let mut lines = field.lines(cells.text);
        let first = lines.next();
        let last = first.and(lines.next_back());
        last.is_some_and(|last| is_row(last, columns - 1 - at)) || lines.any(|line| is_row(line, 0))
    })
}

/// The error of a worksheet's row in which the cell of some role has a formula without a value. The line is
/// the row number of the sheet.
fn formula_without_value(cells: &Cells<'_, '_>, line: u64) -> Option<RowError> {
    let is_without = |field: &source::RawField| field.cell(cells.text) == NO_VALUE;
    let mut columns = (0..).zip(cells.fields).filter(|(_, field)| is_without(field)).map(|(column, _)| column);
    let column = columns.next()?;
    let name = cells.readings.headers().get(column).map_or("", String::as_str);
    Some(RowError::without_value(name, &format!("{}{line}", letters(column)), columns.count()))
}

/// Name of a worksheet's column, counted from 0: A to Z, AA, AB and so on.
pub(crate) fn letters(column: usize) -> String {
    let mut name = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        name.push(char::from(b'A' + ((rest - 1) % 26) as u8));
        rest = (rest - 1) / 26;
    }
    name.iter().rev().collect()
}

fn ragged(cells: &Cells<'_, '_>, expected: usize) -> RowError {
    let first = cells.fields.first().map(|field| field.cell(cells.text));
    RowError::ragged(&first.unwrap_or_default(), cells.fields.len(), expected)
}
