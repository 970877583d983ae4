//! Observes the addresses of a file during the first pass, to see that the column holds addresses.

use super::columns::Columns;
use super::field::ContactField;
use crate::source::RecordCells;
use crate::table::{Headers, RowLengths, excerpt, is_remark};
use crate::values::compared::is_email;
use crate::values::words;

/// The observations on a file of contacts.
pub struct ContactWatch {
    pub(super) lengths: RowLengths,
    /// The column of the addresses.
    column: Option<usize>,
    /// The number of filled cells in the column, and how many of them have the form of an address.
    cells: u64,
    addresses: u64,
    /// The first cell which is no address, with its line.
    first: Option<(u64, String)>,
}

impl ContactWatch {
    pub(super) fn new(columns: &Columns, lengths: RowLengths) -> Self {
        let email = columns.fields.iter().find(|(field, _)| *field == ContactField::Email);
        Self { lengths, column: email.map(|&(_, column)| column), cells: 0, addresses: 0, first: None }
    }

    #[inline]
    pub(super) fn see(&mut self, line: u64, cells: RecordCells<'_>, headers: &Headers) {
        if !self.lengths.see(line, cells, headers) {
            return;
        }
        let Some(field) = self.column.and_then(|column| cells.fields.get(column)) else { return };
        let cell = words::trimmed(field.cell(cells.text));
        if cell.is_empty() || is_remark(&cell) {
            return;
        }
        self.cells += 1;
        if is_email(&cell) {
            self.addresses += 1;
        } else if self.first.is_none() {
            self.first = Some((line, excerpt(&cell)));
        }
    }

    /// The reason for refusing a file in whose column of addresses no cell is an address. A single such cell is an
    /// error of its row.
    pub(super) fn has_no_address(&self, headers: &Headers) -> Option<String> {
        let (line, first) = self.first.as_ref().filter(|_| self.addresses == 0 && self.cells > 1)?;
        let name = headers.shown().get(self.column?).map_or("", String::as_str);
        Some(format!(
            "none of {} cells in {name:?} is an e-mail address, {first:?} on line {line} first: the column means something \
             else than its name says; say with `mapping` which column is what",
            self.cells
        ))
    }
}
