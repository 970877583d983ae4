//! Spreadsheets of one sheet, written by a library which knows nothing of the reader.

use rust_xlsxwriter::Workbook;

/// A cell of a sheet.
#[derive(Clone, Debug)]
pub(super) enum SheetCell {
    Empty,
    Text(String),
    Number(f64),
}

/// The bytes of a workbook with one sheet.
pub(super) fn book(rows: &[Vec<SheetCell>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                SheetCell::Empty => {}
                SheetCell::Text(text) => drop(sheet.write_string(row, column, text).unwrap()),
                SheetCell::Number(number) => drop(sheet.write_number(row, column, *number).unwrap()),
            }
        }
    }
    book.save_to_buffer().unwrap()
}
