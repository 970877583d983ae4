//! The error of a row as a ledger page holds it.

use serde::{Deserialize, Serialize};

use crate::id::Row;

/// The reason why a row failed. Whole rows are not stored: on request, the cells are read from the file again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageError {
    /// The number of the failed data row within the file, counted from 1.
    pub row: Row,
    /// The physical line on which the row begins; the header is on line 1 if nothing stands above.
    pub line: u64,
    /// The name of the column in the file, or empty if the error concerns the whole row.
    pub column: String,
    /// The error code in snake case, for example `invalid_date`.
    pub code: String,
    /// The value of the cell, shortened.
    pub value: String,
    /// A message for people, for example `person: "Ada" is the name of several users (7, 8)`.
    pub message: String,
}

impl PageError {
    /// The approximate number of bytes which the error takes in a packed page.
    pub(crate) fn size(&self) -> usize {
        self.column.len() + self.code.len() + self.value.len() + self.message.len()
    }
}
