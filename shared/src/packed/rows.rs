//! The rows of a sheet, one after the other, as cells of text; and as records of a table.

use std::io::Cursor;

use bytes::Bytes;
use calamine::XlsxCellReader;

use super::cells::{self, Epoch};
use super::shape::Shape;
use super::{Limits, NotUnpacked};

/// What a sheet can have at most, in any spreadsheet.
const MAX_ROWS: u32 = 1 << 20;
const MAX_COLUMNS: u32 = 1 << 14;

/// The rows of a sheet in which something is written.
pub(super) struct Rows<'b> {
    reader: XlsxCellReader<'b, Cursor<Bytes>>,
    shapes: Vec<Shape>,
    epoch: Epoch,
    /// A cell of the row behind the one that was given.
    next: Option<Cell>,
    /// There are no more cells.
    ended: bool,
    /// The row that was given last.
    last: u32,
    room: Room,
}

struct Cell {
    row: u32,
    column: u32,
    text: String,
}

/// How many cells may still come.
pub(super) struct Room {
    left: u64,
    limit: u64,
}

impl Room {
    pub fn new(limits: &Limits) -> Self {
        Self { left: limits.cells, limit: limits.cells }
    }

    /// Takes room for so many cells.
    pub fn take(&mut self, cells: u64) -> Result<(), NotUnpacked> {
        self.left = self.left.checked_sub(cells).ok_or_else(|| {
            let limit = self.limit;
            NotUnpacked::TooLarge(format!("the sheet has more than {limit} cells: save it as CSV, or split it"))
        })?;
        Ok(())
    }
}

impl<'b> Rows<'b> {
    pub fn new(reader: XlsxCellReader<'b, Cursor<Bytes>>, epoch: Epoch, limits: &Limits) -> Self {
        let shapes = reader.styles().iter().map(Shape::of).collect();
        Self { reader, shapes, epoch, next: None, ended: false, last: 0, room: Room::new(limits) }
    }

    /// How many columns the sheet says it has, if it says so.
    pub fn columns(&self) -> usize {
        self.reader.dimensions().end.1 as usize + 1
    }

    /// Puts the cells of the next row that is not blank into `row`, and says which it is, counted from 1.
    pub fn next(&mut self, row: &mut Vec<String>) -> Result<Option<u32>, NotUnpacked> {
        row.clear();
        let mut number = None;
        while let Some(cell) = self.next_cell()? {
            if *number.get_or_insert(cell.row) != cell.row {
                self.next = Some(cell);
                break;
            }
            let column = cell.column as usize;
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column] = cell.text;
        }
        let Some(number) = number else { return Ok(None) };
        if number < self.last {
            return Err(self.damaged("its rows are not in order"));
        }
        self.last = number + 1;
        self.room.take(row.len() as u64)?;
        Ok(Some(number + 1))
    }

    /// The next cell in which something is written.
    fn next_cell(&mut self) -> Result<Option<Cell>, NotUnpacked> {
        if let Some(cell) = self.next.take() {
            return Ok(Some(cell));
        }
        while !self.ended {
            let read = self.reader.next_cell_with_style_id();
            let Some((cell, style)) = read.map_err(|error| self.damaged(&error.to_string()))? else {
                self.ended = true;
                break;
            };
            let (row, column) = cell.get_position();
            if row >= MAX_ROWS || column >= MAX_COLUMNS {
                return Err(self.damaged("a cell lies outside of what a sheet can have"));
            }
            let shape = self.shapes.get(style).copied().unwrap_or_default();
            let text = cells::text(cell.get_value(), shape, self.epoch);
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

/// Appends a record of at least `width` cells to a table of commas.
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
