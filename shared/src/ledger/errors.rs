//! The errors of rows on a ledger page: taken from the rows' errors, and bounded to what an item can hold.

use super::page::Page;
use super::page_error::PageError;
use crate::id::Row;
use crate::shorten::cut;
use crate::table::{ErrorCode, RowError};

/// The bytes of errors which a ledger page repeats in full. Texts of the errors behind the limit are cut to
/// [`SHORT_ERROR`] letters, so the page stays below the 400 KB of an item even with the names of a thousand rows.
const FULL_ERRORS: usize = 150_000;
const SHORT_ERROR: usize = 20;

impl PageError {
    /// The error of a row which begins on `line`.
    pub fn of(row: Row, line: u64, error: RowError) -> Self {
        Self { row, line, column: error.column, code: word(error.code), value: error.value, message: error.message }
    }
}

/// The code as doors answer it, for example `too_large`.
fn word(code: ErrorCode) -> String {
    serde_json::to_value(code).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}

impl Page {
    /// Shortens the texts of errors behind the first [`FULL_ERRORS`] bytes of errors.
    pub(crate) fn bound_errors(&mut self) {
        let mut left = FULL_ERRORS;
        for error in self.errors.iter_mut().chain(self.glance.emptied_mut()) {
            let size = error.size();
            left = left.saturating_sub(size);
            if left == 0 {
                for text in [&mut error.column, &mut error.value, &mut error.message] {
                    cut(text, SHORT_ERROR);
                }
            }
        }
    }
}
