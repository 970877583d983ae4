//! The place of a cell in a sheet.

/// The number of rows and columns of the largest sheet, in every spreadsheet program.
pub(super) const MAX_ROWS: u32 = 1 << 20;
pub(super) const MAX_COLUMNS: u32 = 1 << 14;

/// The row and the column of a cell, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CellPlace {
    pub row: u32,
    pub column: u32,
}
