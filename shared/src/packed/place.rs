//! The place of a cell in a sheet.

/// The most rows and columns of a sheet, in any spreadsheet.
pub(super) const MAX_ROWS: u32 = 1 << 20;
pub(super) const MAX_COLUMNS: u32 = 1 << 14;

/// Where a cell is, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub row: u32,
    pub column: u32,
}
