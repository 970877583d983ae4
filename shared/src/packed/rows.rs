//! Reads the rows of a sheet in order, as cells of text, and writes rows as CSV records.

use calamine::{DataRef, XlsxCellReader};

use super::archive::Archive;
use super::cancellation::Cancellation;
use super::cells::{self, Epoch};
use super::limits::{Limits, NotUnpacked, is_bomb};
use super::place::{CellPlace, MAX_COLUMNS, MAX_ROWS};
use super::shape::Shape;
use crate::source::MAX_RECORD;
use crate::table::{NO_VALUE, letters};

/// The largest number of characters that a cell may have, by Excel's specification.
const MAX_CHARACTERS: usize = 32_767;

/// The rows of a sheet that are not blank.
pub(super) struct SheetRows<'b> {
    /// The name of the sheet, for error messages.
    name: String,
    reader: XlsxCellReader<'b, Archive>,
    shapes: Vec<Shape>,
    epoch: Epoch,
    /// The cells whose formulas have no stored value, in the order of the sheet.
    without_value: &'b [CellPlace],
    /// The first cell of the next row, which was read at the end of the row before.
    next: Option<Cell>,
    /// True once the reader has no more cells.
    ended: bool,
    /// The number of the row that was returned last, counted from 1; 0 before the first row.
    last: u32,
    room: Room,
    cancellation: Cancellation,
}

struct Cell {
    row: u32,
    column: u32,
    text: String,
}

/// The numbers of cells, and of bytes of text in them, counted against the limits.
#[derive(Clone, Copy)]
pub(super) struct Room {
    cells: u64,
    bytes: u64,
    limits: Limits,
    /// The size of the spreadsheet file in bytes.
    packed: u64,
}

impl Room {
    pub fn new(limits: &Limits, packed: u64) -> Self {
        Self { cells: 0, bytes: 0, limits: *limits, packed }
    }

    /// Counts some cells, and fails if the sheet has too many.
    pub fn take(&mut self, cells: u64) -> Result<(), NotUnpacked> {
        self.cells += cells;
        let limit = self.limits.cells;
        if self.cells > limit {
            let said = format!("the sheet has more than {limit} cells: save it as CSV, or split it");
            return Err(NotUnpacked::TooLarge(said));
        }
        Ok(())
    }

    /// Counts the bytes of a text, and fails if the sheet has too much text or is a decompression bomb.
    pub fn take_text(&mut self, bytes: usize) -> Result<(), NotUnpacked> {
        self.bytes += bytes as u64;
        let Self { bytes, packed, limits: Limits { table, .. }, .. } = *self;
        if bytes > table {
            let said = format!("the texts of the sheet's cells come to more than {} MB: split the sheet", table >> 20);
            return Err(NotUnpacked::TooLarge(said));
        }
        if is_bomb(packed, bytes) {
            return Err(NotUnpacked::Unreadable(format!(
                "the spreadsheet is a bomb: its {packed} bytes have more than {bytes} bytes of text in their cells"
            )));
        }
        Ok(())
    }
}

impl<'b> SheetRows<'b> {
    pub fn new(
        name: String,
        reader: XlsxCellReader<'b, Archive>,
        epoch: Epoch,
        without_value: &'b [CellPlace],
        (room, cancellation): (Room, Cancellation),
    ) -> Self {
        let shapes = reader.styles().iter().map(Shape::of).collect();
        Self { name, reader, shapes, epoch, without_value, next: None, ended: false, last: 0, room, cancellation }
    }

    /// The counts after the rows so far.
    pub fn room(&self) -> Room {
        self.room
    }

    /// The number of columns by the sheet's own dimensions.
    pub fn columns(&self) -> usize {
        self.reader.dimensions().end.1 as usize + 1
    }

    /// Puts the cells of the next row that is not blank into `row`, and returns the number of the row, counted from 1.
    /// `None` after the last row.
    pub fn next(&mut self, row: &mut Vec<String>) -> Result<Option<u32>, NotUnpacked> {
        row.clear();
        self.next = self.next_cell()?;
        let first = |place: &CellPlace| place.row;
        let rows = self.next.iter().map(|cell| cell.row).chain(self.without_value.first().map(first));
        let Some(number) = rows.min() else { return Ok(None) };
        let mut bytes = 0;
        while let Some(cell) = self.next_cell()? {
            if cell.row != number {
                self.next = Some(cell);
                break;
            }
            // A row beyond this length is refused for the length, so further cells are not kept.
            if bytes > MAX_RECORD {
                continue;
            }
            bytes += cell.text.len();
            put(row, cell.column, cell.text);
        }
        while let Some((place, behind)) = self.without_value.split_first().filter(|(place, _)| place.row == number) {
            self.without_value = behind;
            if row.get(place.column as usize).is_none_or(String::is_empty) {
                put(row, place.column, NO_VALUE.to_owned());
            }
        }
        if number < self.last {
            return Err(self.damaged("its rows are not in order"));
        }
        self.last = number + 1;
        self.room.take(row.len() as u64)?;
        Ok(Some(number + 1))
    }

    /// The next cell that is not blank.
    fn next_cell(&mut self) -> Result<Option<Cell>, NotUnpacked> {
        if let Some(cell) = self.next.take() {
            return Ok(Some(cell));
        }
        while !self.ended {
            self.cancellation.check()?;
            let read = self.reader.next_cell_with_style_id();
            let Some((cell, style)) = read.map_err(|error| self.damaged(&error.to_string()))? else {
                self.ended = true;
                break;
            };
            let (row, column) = cell.get_position();
            if row >= MAX_ROWS || column >= MAX_COLUMNS {
                return Err(self.damaged("a cell lies outside of what a sheet can have"));
            }
            let value = cell.get_value();
            if is_too_long(value) {
                return Err(NotUnpacked::Unreadable(format!(
                    "cell {}{} of sheet {:?} has more than {MAX_CHARACTERS} characters, the most that a spreadsheet's \
                     cell can have: shorten it, or save the sheet as CSV",
                    letters(column as usize),
                    row + 1,
                    self.name
                )));
            }
            let shape = self.shapes.get(style).copied().unwrap_or_default();
            let text = cells::text(value, shape, self.epoch);
            self.room.take_text(text.len())?;
            if !text.trim().is_empty() {
                return Ok(Some(Cell { row, column, text }));
            }
        }
        Ok(None)
    }

    fn damaged(&self, why: &str) -> NotUnpacked {
        let row = self.last + 1;
        NotUnpacked::Unreadable(format!("the sheet cannot be read near row {row}: {why}; save it anew, or as CSV"))
    }
}

fn put(row: &mut Vec<String>, column: u32, text: String) {
    let column = column as usize;
    if row.len() <= column {
        row.resize(column + 1, String::new());
    }
    row[column] = text;
}

/// Returns whether a text is longer than a cell can be, found without copying the text.
fn is_too_long(value: &DataRef<'_>) -> bool {
    let text = match value {
        DataRef::String(text) | DataRef::DurationIso(text) | DataRef::DateTimeIso(text) => text.as_str(),
        DataRef::SharedString(text) => text,
        _ => return false,
    };
    text.len() > MAX_CHARACTERS && text.chars().nth(MAX_CHARACTERS).is_some()
}

/// Appends a record of at least `width` cells to a CSV table.
pub(super) fn record(cells: &[String], width: usize, table: &mut Vec<u8>) {
    for column in 0..width.max(cells.len()) {
        if column > 0 {
            table.push(b',');
        }
        let cell = cells.get(column).map_or("", String::as_str);
        if cell.contains([',', '"', '\n', '\r']) {
            table.push(b'"');
            table.extend(cell.replace('"', "\"\"").bytes());
            table.push(b'"');
        } else {
            table.extend(cell.bytes());
        }
    }
    table.push(b'\n');
}
