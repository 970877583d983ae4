//! Reads the rows of a chunk by a layout.

use super::cells::Cells;
use super::columns::Role;
use super::declared::ReadRow;
use super::readings::Readings;
use super::row::EntryRow;
use super::time_entries::Layout;
use super::watch::names_nobody;
use crate::source::{RawField, RecordCells};
use crate::table::{ErrorCode, RowEnds, RowError};
use crate::values::dates;
use crate::values::durations;
use crate::values::times;
use crate::values::words;

/// A layout prepared for reading rows, with the function which reads a row of the format.
pub struct Reader<'l> {
    readings: Readings<'l>,
    read: ReadRow,
}

/// Columns of which the first one found holds the duration.
const DURATIONS: [Role; 4] = [Role::Duration, Role::Hours, Role::Minutes, Role::Seconds];

impl<'l> Reader<'l> {
    pub(super) fn new(layout: &'l Layout) -> Self {
        Self { readings: Readings::new(layout), read: layout.decisions.format.reader() }
    }

    #[inline]
    pub(super) fn ends(&self) -> RowEnds {
        self.readings.rules.ends
    }

    #[inline]
    pub(super) fn read<'r>(&'r self, text: &'r str, fields: &[RawField]) -> Result<EntryRow<'r>, RowError> {
        (self.read)(&self.cells(text, fields))
    }

    #[inline]
    fn cells<'r, 's>(&'r self, text: &'r str, fields: &'s [RawField]) -> Cells<'r, 's> {
        Cells { text, fields, readings: &self.readings }
    }

    /// The error of a row of subtotals; `None` for any other row.
    #[inline]
    pub(super) fn subtotal(&self, cells: RecordCells<'_>) -> Option<RowError> {
        let Readings { rules, who, .. } = &self.readings;
        (rules.subtotals && names_nobody(who, cells)).then(|| self.subtotal_error(cells))
    }

    fn subtotal_error(&self, RecordCells { text, fields }: RecordCells<'_>) -> RowError {
        let cells = self.cells(text, fields);
        let value = DURATIONS.into_iter().find_map(|role| cells.text(role)).unwrap_or_default();
        RowError::of_row(
            ErrorCode::Subtotal,
            &value,
            "the row is a subtotal: it names nobody, and an entry made of it would count hours twice",
        )
    }

    /// True if a row without its last cells has the cells of all columns for the person, the times and the duration,
    /// and unless the file `leaves_out` empty cells, ends with a cell which proves the cells before to be complete.
    pub(super) fn is_complete(&self, RecordCells { text, fields }: RecordCells<'_>, leaves_out: bool) -> bool {
        let cells = self.cells(text, fields);
        lacks_nothing_needed(&cells) && (leaves_out || is_anchored(&cells))
    }

    /// True if a quote at the beginning of a text and a quote at the end of another text have joined two rows. The lines
    /// of the cell are then rows, as shown by their number of delimiters and by values in place of a date and a duration.
    pub(super) fn joins_rows(&self, cells: RecordCells<'_>, delimiter: u8) -> bool {
        let Some(date) = self.readings.column(Role::Date) else {
            return false;
        };
        let columns = cells.fields.len();
        let duration = DURATIONS.into_iter().find_map(|role| self.readings.column(role));
        let is_row = |line: &str, behind: usize| {
            let pieces: Vec<&str> = line.split(char::from(delimiter)).map(words::trim).collect();
            let dated = pieces.get(date).is_some_and(|piece| dates::read(piece).is_some());
            let timed =
                duration.and_then(|column| pieces.get(column)).is_none_or(|piece| durations::read(piece).is_some());
            dated && timed && pieces.len() + behind == columns
        };
        cells.fields.iter().enumerate().any(|(at, field)| {
            let mut lines = field.lines(cells.text);
            let first = lines.next();
            let last = first.and(lines.next_back());
            last.is_some_and(|last| is_row(last, columns - 1 - at)) || lines.any(|line| is_row(line, 0))
        })
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
