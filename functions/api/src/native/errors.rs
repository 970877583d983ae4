//! `GET /imports/{id}/errors`, the failed and the skipped rows of an import by cause. [`shared::results::causes`] adds the
//! causes up.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::id::{ImportId, Row};
use shared::ledger::SkipReason;
use shared::results::causes::{self, CausesNow};
use shared::results::reason;
use utoipa::ToSchema;

use super::Problem;
use super::imports::import_of;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::openapi::native::{Everywhere, Headers, ImportNumber, Unknown};

/// The failed and the skipped rows of an import by cause, so that people see which cells to mend and
/// not a thousand rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Errors {
    /// The number of the import within the account, from 1.
    #[schema(value_type = u64)]
    import_id: ImportId,
    /// `false` while rows may still fail, and for an import of which only the first rows were looked at. The numbers
    /// `failed` and `skipped` are exact in both cases.
    complete: bool,
    /// The number of rows with an error, over the whole import.
    failed: u64,
    /// The number of rows left out on purpose, over the whole import.
    skipped: u64,
    /// The causes of failed rows, the most frequent first. The list has at most 100 causes, whose first rows come
    /// first in the file.
    causes: Vec<Cause>,
    /// The number of failed rows whose cause is not among `causes`, so the counts of all causes and this number
    /// add up to `failed`.
    other_failed: u64,
    /// The reasons of skipped rows, the most frequent first.
    skips: Vec<Skips>,
}

/// Failed rows with the same error code in the same column.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cause {
    /// The code of the error in snake case, for example `invalid_date`.
    code: String,
    /// The name of the column in the file, cut at 200 letters, or `null` where the errors concern whole rows.
    column: Option<String>,
    /// The number of rows with this cause, at least 1.
    count: u64,
    /// The numbers of the first rows with this cause, at most ten and in ascending order.
    #[schema(value_type = Vec<u64>)]
    first_rows: Vec<Row>,
    /// The first row with this cause, with its cell.
    example: Example,
}

/// A failed row as an example of its cause.
#[derive(Debug, Serialize, ToSchema)]
pub struct Example {
    /// The number of the data row within the file, from 1, without the header.
    #[schema(value_type = u64)]
    row_number: Row,
    /// The line of the file on which the row begins, where the header is on line 1 if nothing stands above.
    line: u64,
    /// The text of the cell, cut at 80 letters, or `null` where the error concerns the whole row.
    value: Option<String>,
    /// A sentence for people about the cause, cut at 300 letters.
    message: String,
}

/// Skipped rows with the same reason, which are no errors.
#[derive(Debug, Serialize, ToSchema)]
pub struct Skips {
    /// The reason as a code: `unknown_user` for a row whose person is no user, or `already_there` for a duplicate.
    code: &'static str,
    /// A sentence for people about the reason, which is the same for all rows.
    message: &'static str,
    /// The number of rows skipped for this reason, at least 1.
    count: u64,
    /// The numbers of the first rows skipped for this reason, at most ten and in ascending order.
    #[schema(value_type = Vec<u64>)]
    first_rows: Vec<Row>,
}

impl From<causes::Cause> for Cause {
    fn from(cause: causes::Cause) -> Self {
        let causes::Cause { code, column, count, first_rows, line, value, message } = cause;
        let column = Some(column).filter(|column| !column.is_empty());
        let row_number = first_rows.first().copied().unwrap_or(Row(0));
        let example = Example { row_number, line, value: column.is_some().then_some(value), message };
        Self { code, column, count, first_rows, example }
    }
}

fn skips(skipped: SkipReason, count: u64, first_rows: Vec<Row>) -> Skips {
    Skips { code: skipped.code(), message: reason(skipped), count, first_rows }
}

/// `GET /imports/{id}/errors` returns the import's failed and skipped rows by cause. Before the import has ended the
/// causes are those of the first 100 chunks, while the two totals are exact.
#[utoipa::path(
    get,
    path = "/imports/{id}/errors",
    operation_id = "list_causes",
    tag = "Imports",
    params(ImportNumber, Headers),
    responses(
        (status = 200, description = "The causes", body = Errors), Unknown, Everywhere
    )
)]
pub async fn get(State(door): State<Door>, caller: Caller, Path(id): Path) -> Result<Json<Errors>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let CausesNow { causes, is_whole, counts } = causes::read(&door.services, &import).await?;
    let mut errors: Vec<_> = causes.errors.into_iter().map(Cause::from).collect();
    errors.sort_by_key(|cause| Reverse(cause.count));
    let mut skipped: Vec<_> =
        causes.skips.into_iter().map(|skip| skips(skip.reason, skip.count, skip.first_rows)).collect();
    skipped.sort_by_key(|skips| Reverse(skips.count));
    let named: u64 = errors.iter().map(|cause| cause.count).sum();
    Ok(Json(Errors {
        import_id: import.id,
        complete: is_whole,
        failed: counts.failed,
        skipped: counts.skipped,
        causes: errors,
        other_failed: counts.failed.saturating_sub(named),
        skips: skipped,
    }))
}
