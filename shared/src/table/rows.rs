//! The second pass, which turns the bytes of a chunk into rows.

use std::borrow::Cow;

use super::error::{NO_VALUE, RowError};
use super::fault::{self, Fault};
use super::headers::Width;
use super::span::{ChunkSpan, Oversized};
use super::{Form, LayoutOf};
use crate::source::{self, Dialect, MAX_TEXT, RawField, RecordCells, RecordEnd, Splitter, Tear, Unreadable};

/// A data record of the file, as a parsed row or as an error.
#[derive(Clone, Debug)]
pub struct TableRow<'r, F: Form> {
    /// Number of the row, counted from 1 without the header and blank lines.
    pub row: u64,
    /// Physical line on which the record begins.
    pub line: u64,
    pub parsed: Result<F::Row<'r>, RowError>,
    record: &'r str,
    dialect: Dialect,
}

impl<'r, F: Form> TableRow<'r, F> {
    /// The cells as parsed; empty for a record which was too long to be read.
    pub fn cells(&self) -> Vec<Cow<'r, str>> {
        let mut splitter = Splitter::new(self.dialect, self.line);
        if !splitter.scan(self.record.as_bytes()) {
            splitter.finish(self.record.as_bytes());
        }
        let cells = splitter.fields().iter().map(|field| field.cell(self.record));
        cells.map(|cell| if self.dialect.sheet { without_remark(cell) } else { cell }).collect()
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
pub struct Rows<'a, F: Form> {
    readings: F::Readings<'a>,
    headers: &'a [String],
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

impl<'a, F: Form> Rows<'a, F> {
    /// The rows of a chunk. `bytes` are the bytes of the span's [`ranges`](ChunkSpan::ranges), joined without gaps;
    /// for nearly every chunk these are `start..end` of the surveyed object.
    pub fn new(layout: &'a LayoutOf<F>, span: &ChunkSpan, bytes: &'a [u8]) -> Result<Self, ChunkError> {
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
            let text = layout.encoding.decode(piece);
            let text = text.map_err(|error| ChunkError::Text { start: range.start, error })?;
            let then = oversized.next().copied();
            segments.push(Segment { text, first_row: row, first_line: line, then });
            if let Some(then) = then {
                (row, line) = (then.row + 1, then.last_line);
            }
        }
        Ok(Self { readings: F::readings(layout), headers: &layout.headers, dialect: layout.dialect(), segments })
    }

    /// Iterates over the rows in the order of the file.
    pub fn iter(&self) -> RowIter<'_, 'a, F> {
        RowIter { rows: self, segment: 0, row: 0, splitter: None }
    }
}

impl<'r, 'a, F: Form> IntoIterator for &'r Rows<'a, F> {
    type Item = TableRow<'r, F>;
    type IntoIter = RowIter<'r, 'a, F>;

    fn into_iter(self) -> RowIter<'r, 'a, F> {
        self.iter()
    }
}

/// An iterator over the rows of a chunk.
pub struct RowIter<'r, 'a, F: Form> {
    rows: &'r Rows<'a, F>,
    segment: usize,
    row: u64,
    splitter: Option<Splitter>,
}

impl<'r, F: Form> Iterator for RowIter<'r, '_, F> {
    type Item = TableRow<'r, F>;

    fn next(&mut self) -> Option<TableRow<'r, F>> {
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
            let fields = splitter.fields();
            // A line break at the very end of the file begins no line.
            let last_line = last_line - u64::from(matches!(record.as_bytes(), [.., b'\n' | b'\r']));
            let has_remarks = self.rows.dialect.sheet && fault::has_remarks(record);
            let mut parsed = match has_remarks.then(|| self.rows.remarked(text, fields, line)).flatten() {
                Some(error) => Err(error),
                None => self.rows.read(
                    text,
                    fields,
                    Marks { ending, needs_care: splitter.needs_care(), has_lines: last_line > line },
                ),
            };
            if let Err(error) = &mut parsed {
                error.say_what_is_swallowed(line, last_line);
            }
            return Some(TableRow { row, line, parsed, record, dialect: self.rows.dialect });
        }
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

impl<F: Form> Rows<'_, F> {
    /// Parses the cells of a row.
    fn read<'r>(&'r self, text: &'r str, fields: &[RawField], marks: Marks) -> Result<F::Row<'r>, RowError> {
        if marks.ending == RecordEnd::UnclosedQuote {
            let last = fields.last().map(|field| field.cell(text));
            return Err(RowError::unclosed_quote(&last.unwrap_or_default()));
        }
        let (readings, delimiter, cells) = (&self.readings, self.dialect.delimiter, RecordCells { text, fields });
        let tear = if marks.needs_care { source::tear(text, fields, delimiter) } else { None };
        match tear {
            Some(Tear::Backslash) => return Err(RowError::backslash()),
            Some(Tear::Quote) => return Err(RowError::torn_quote()),
            None if marks.has_lines && F::joins_rows(readings, cells, delimiter) => return Err(RowError::torn_quote()),
            None => {}
        }
        if let Some(error) = F::rules_out(readings, cells) {
            return Err(error);
        }
        if fields.len() == self.headers.len() {
            return F::read(readings, text, fields);
        }
        let ends = F::ends(readings);
        match ends.width(self.headers, text, fields) {
            Width::Whole => F::read(readings, text, fields),
            Width::Short if F::is_complete(readings, cells, ends.trimmed || self.dialect.sheet) => {
                F::read(readings, text, fields).map_err(|_| self.ragged(cells))
            }
            Width::Short | Width::Long => Err(self.ragged(cells)),
        }
    }

    fn ragged(&self, RecordCells { text, fields }: RecordCells<'_>) -> RowError {
        let first = fields.first().map(|field| field.cell(text));
        RowError::ragged(&first.unwrap_or_default(), fields.len(), self.headers.len())
    }

    /// The error of a row that carries a remark of [`packed`](crate::packed) in place of a value.
    fn remarked(&self, text: &str, fields: &[RawField], line: u64) -> Option<RowError> {
        self.formula_without_value(text, fields, line).or_else(|| {
            (0..).zip(fields).find_map(|(column, field)| {
                let cell = field.cell(text);
                let (fault, value) = Fault::of(&cell)?;
                Some(fault.error(self.headers.get(column).map_or("", String::as_str), value))
            })
        })
    }

    /// The error of a worksheet's row in which some cell has a formula without a value. The line is the row number
    /// of the sheet.
    fn formula_without_value(&self, text: &str, fields: &[RawField], line: u64) -> Option<RowError> {
        let is_without = |field: &RawField| field.cell(text) == NO_VALUE;
        let mut columns = (0..).zip(fields).filter(|(_, field)| is_without(field)).map(|(column, _)| column);
        let column = columns.next()?;
        let name = self.headers.get(column).map_or("", String::as_str);
        Some(RowError::without_value(name, &format!("{}{line}", letters(column)), columns.count()))
    }

    fn oversized(&self, oversized: Oversized) -> TableRow<'_, F> {
        let Oversized { row, line, start, end, unclosed, .. } = oversized;
        let error = if unclosed { RowError::unclosed_quote("") } else { RowError::oversized(end - start) };
        TableRow { row, line, parsed: Err(error), record: "", dialect: self.dialect }
    }
}

/// The cell for people: without a value if the cell is a formula without one, and the beginning of the value if the value
/// is a fault.
fn without_remark(cell: Cow<'_, str>) -> Cow<'_, str> {
    match Fault::of(&cell) {
        Some((_, value)) => Cow::Owned(value.to_owned()),
        None if cell == NO_VALUE => Cow::Borrowed(""),
        None => cell,
    }
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
