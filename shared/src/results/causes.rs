//! The errors and the skips of an import, grouped by cause.
//!
//! The cause of an error is its code and its column. A file of a million rows mostly has a handful of causes, so people see
//! from a short list what to mend. Causes are added up over all ledger pages when the import settles, and stored in an item of
//! their own. The list holds the causes that come first in the file, [`MOST_CAUSES`] at most; the rows of all further causes
//! are counted together, so the counts add up to the number of failed rows.
//!
//! A ledger page whose errors take much room cuts the names of columns (`entries/draft.rs`). A cut name counts towards the one
//! cause with the same code whose column begins alike.
//!
//! Before the import settles, and for imports which settled before causes were stored, the first ledger pages are read instead.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::cells::CELL;
use crate::id::Row;
use crate::import::{Counts, Import};
use crate::ledger::{Chunk, Outcome, Page, PageError, SkipReason};
use crate::services::Services;
use crate::shorten::shortened;
use crate::store::packing::{packed, unpacked};
use crate::store::{StoreError, Write, keys};

/// The most causes in the list.
pub const MOST_CAUSES: usize = 100;
/// The most rows named for a cause.
pub const FIRST_ROWS: usize = 10;
/// The most bytes of the texts of all causes.
const CAUSE_BYTES: usize = 60_000;
/// The most letters of the message of a cause.
const MESSAGE: usize = 300;
/// The part of the item's key.
const ITEM: &str = "causes";

/// Failed rows with the same code and column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The code of the errors, for example `invalid_date`.
    pub code: String,
    /// The column of the errors, or empty if the errors concern whole rows.
    pub column: String,
    /// The number of rows.
    pub count: u64,
    /// The first rows, at most [`FIRST_ROWS`].
    pub first_rows: Vec<Row>,
    /// The line on which the first row begins.
    pub line: u64,
    /// The value of the cell in the first row, shortened.
    pub value: String,
    /// The message for the first row, shortened.
    pub message: String,
}

/// Skipped rows with the same reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkipCause {
    /// The reason why the rows were skipped.
    pub reason: SkipReason,
    /// The number of rows.
    pub count: u64,
    /// The first rows, at most [`FIRST_ROWS`].
    pub first_rows: Vec<Row>,
}

/// The causes of the failed and skipped rows of an import, or of the ledger pages added so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Causes {
    /// The causes of errors, by their first rows.
    pub errors: Vec<Cause>,
    /// The number of failed rows whose cause is not in the list.
    pub other_errors: u64,
    /// The reasons of skips, by their first rows.
    pub skips: Vec<SkipCause>,
    /// The bytes of the texts so far.
    #[serde(skip)]
    bytes: usize,
    /// `true` once a cause found no room. Later causes stay out too, so the list has the first causes.
    #[serde(skip)]
    is_full: bool,
}

impl Causes {
    /// Adds the ledger page of the next chunk, whose first row is `first`.
    pub(crate) fn add(&mut self, first: Row, page: &Page) {
        page.errors.iter().for_each(|error| self.add_error(error));
        let mut row = first.0;
        for &(outcome, rows) in &page.outcomes {
            if let Outcome::Skipped(reason) = outcome {
                self.add_skips(reason, row, u64::from(rows));
            }
            row += u64::from(rows);
        }
    }

    fn add_error(&mut self, error: &PageError) {
        let column = shortened(&error.column, CELL);
        if let Some(cause) = self.cause(&error.code, &column) {
            cause.count += 1;
            if cause.first_rows.len() < FIRST_ROWS {
                cause.first_rows.push(error.row);
            }
            return;
        }
        let (value, message) = (shortened(&error.value, CELL), shortened(&error.message, MESSAGE));
        let bytes = self.bytes + error.code.len() + column.len() + value.len() + message.len();
        if self.is_full || self.errors.len() == MOST_CAUSES || bytes > CAUSE_BYTES {
            self.is_full = true;
            self.other_errors += 1;
            return;
        }
        self.bytes = bytes;
        let (code, first_rows) = (error.code.clone(), vec![error.row]);
        self.errors.push(Cause { code, column, count: 1, first_rows, line: error.line, value, message });
    }

    /// The cause of an error with this code and column.
    fn cause(&mut self, code: &str, column: &str) -> Option<&mut Cause> {
        let same = self.errors.iter().position(|cause| cause.code == code && cause.column == column);
        let at = same.or_else(|| {
            let start = column.strip_suffix('…')?;
            let begins = |cause: &Cause| cause.code == code && cause.column.starts_with(start);
            let mut alike = self.errors.iter().enumerate().filter(|(_, cause)| begins(cause)).map(|(at, _)| at);
            alike.next().filter(|_| alike.next().is_none())
        });
        self.errors.get_mut(at?)
    }

    fn add_skips(&mut self, reason: SkipReason, row: u64, rows: u64) {
        let at = self.skips.iter().position(|skip| skip.reason == reason).unwrap_or_else(|| {
            self.skips.push(SkipCause { reason, count: 0, first_rows: Vec::new() });
            self.skips.len() - 1
        });
        let skip = &mut self.skips[at];
        skip.count += rows;
        let room = (FIRST_ROWS - skip.first_rows.len()) as u64;
        skip.first_rows.extend((row..row + rows.min(room)).map(Row));
    }

    /// The write which stores the causes, or `None` if no row failed or was skipped.
    pub(crate) fn write(&self, import: &Import) -> Option<Write> {
        if self.errors.is_empty() && self.other_errors == 0 && self.skips.is_empty() {
            return None;
        }
        let key = keys::found_apart(import.account, import.id, ITEM);
        let causes = AttributeValue::B(Blob::new(packed(self)));
        Some(Write::update(key, "SET #causes = :causes").bind_attribute(":causes", causes).in_round(import.round))
    }
}

/// The causes of an import at present.
#[derive(Clone, Debug)]
pub struct CausesNow {
    /// The causes of the rows that were looked at.
    pub causes: Causes,
    /// `true` if all rows of the import were looked at and no row gets an outcome any more.
    pub is_whole: bool,
    /// The counts of the import, which are exact also where the causes are not whole.
    pub counts: Counts,
}

/// Reads the causes of an import. Before the import settles, only the first ledger pages are considered.
pub async fn read(services: &Services, import: &Import) -> Result<CausesNow, StoreError> {
    let counts = import.counts(services).await?;
    // An import that was stopped and goes on keeps the tally of its first end, and is folded again.
    let is_folded = import.is_folded() && (import.status.is_settled() || import.status.is_gone());
    let is_over = import.is_sealed() || is_folded;
    if counts.failed + counts.skipped == 0 {
        return Ok(CausesNow { causes: Causes::default(), is_whole: is_over, counts });
    }
    if is_folded {
        let item = services.store.get(&keys::found_apart(import.account, import.id, ITEM)).await?;
        if let Some(AttributeValue::B(causes)) = item.as_ref().and_then(|item| item.get(ITEM)) {
            return Ok(CausesNow { causes: unpacked(causes.as_ref())?, is_whole: true, counts });
        }
    }
    let mut causes = Causes::default();
    let (items, behind) = services.store.page(&import.all_chunks()).await?;
    for item in items {
        let Chunk { first_row, page, .. } = Chunk::decode(item)?;
        page.iter().for_each(|page| causes.add(Row(first_row), page));
    }
    Ok(CausesNow { causes, is_whole: is_over && behind.is_none(), counts })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(row: u64, code: &str, column: &str) -> PageError {
        PageError {
            row: Row(row),
            line: row + 1,
            column: column.to_owned(),
            code: code.to_owned(),
            value: format!("value {row}"),
            message: format!("message {row}"),
        }
    }

    fn of(errors: impl Iterator<Item = PageError>) -> Causes {
        let mut causes = Causes::default();
        let errors = errors.collect();
        causes.add(Row(1), &Page { errors, ..Page::default() });
        causes
    }

    #[test]
    fn rows_are_counted_by_code_and_column_with_the_first_rows_and_an_example() {
        let columns = ["Date", "Duration"];
        let causes = of((1..=50).map(|row| error(row, "invalid", columns[usize::from(row % 5 == 0)])));
        let counts: Vec<_> = causes.errors.iter().map(|cause| (cause.column.as_str(), cause.count)).collect();
        assert_eq!(counts, [("Date", 40), ("Duration", 10)]);
        let durations = &causes.errors[1];
        assert_eq!(durations.first_rows, (1..=10).map(|n| Row(n * 5)).collect::<Vec<_>>());
        assert_eq!((durations.line, &*durations.value, &*durations.message), (6, "value 5", "message 5"));
        assert_eq!(causes.other_errors, 0);
    }

    #[test]
    fn a_page_is_folded_in_bounded_memory_and_every_row_is_counted() {
        let long = "語".repeat(400);
        for (columns, name) in [(5_000, ""), (300, long.as_str())] {
            let causes = of((1..=20_000).map(|row| error(row, "invalid", &format!("{}{name}", row % columns))));
            let counted: u64 = causes.errors.iter().map(|cause| cause.count).sum();
            assert_eq!(counted + causes.other_errors, 20_000);
            assert!(causes.errors.len() <= MOST_CAUSES && causes.other_errors > 0, "{}", causes.errors.len());
            assert!(packed(&causes).len() < 100_000, "{} bytes", packed(&causes).len());
            let firsts: Vec<_> = causes.errors.iter().map(|cause| cause.first_rows[0]).collect();
            assert_eq!(firsts, (1..=firsts.len() as u64).map(Row).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_column_that_its_page_cut_counts_towards_the_only_cause_that_begins_alike() {
        let causes = of([
            error(1, "invalid_date", "Day on which the work began"),
            error(2, "invalid_date", "Day on which the …"),
            error(3, "invalid_duration", "Day on which the …"),
            error(4, "invalid_date", "Hours of work on the day"),
            error(5, "invalid_date", "Hours of work on the night"),
            error(6, "invalid_date", "Hours of work on…"),
        ]
        .into_iter());
        let counts: Vec<_> = causes.errors.iter().map(|cause| (cause.first_rows[0].0, cause.count)).collect();
        assert_eq!(counts, [(1, 2), (3, 1), (4, 1), (5, 1), (6, 1)]);
    }

    #[test]
    fn skipped_rows_are_counted_by_reason() {
        let mut causes = Causes::default();
        let (there, nobody) = (SkipReason::AlreadyThere, SkipReason::UnknownUser);
        let runs = [(Outcome::Skipped(there), 4), (Outcome::Created, 3), (Outcome::Skipped(nobody), 1)];
        for chunk in 0..3 {
            causes.add(Row(1 + chunk * 8), &Page { outcomes: runs.to_vec(), ..Page::default() });
        }
        let rows = |rows: &[u64]| rows.iter().copied().map(Row).collect::<Vec<_>>();
        let first = SkipCause { reason: there, count: 12, first_rows: rows(&[1, 2, 3, 4, 9, 10, 11, 12, 17, 18]) };
        let second = SkipCause { reason: nobody, count: 3, first_rows: rows(&[8, 16, 24]) };
        assert_eq!(causes.skips, [first, second]);
        assert_eq!(unpacked::<Causes>(&packed(&causes)).ok(), Some(causes));
    }
}
