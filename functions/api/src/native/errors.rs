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

/// The failed and the skipped rows of an import by cause.
#[derive(Debug, Serialize, ToSchema)]
pub struct Errors {
    #[schema(value_type = u64)]
    import_id: ImportId,
    /// `false` while rows may still fail, and for an import of which only the first rows were looked at. The numbers `failed`
    /// and `skipped` are exact also then.
    complete: bool,
    /// The number of failed rows.
    failed: u64,
    /// The number of skipped rows.
    skipped: u64,
    /// The causes of failed rows, the most frequent first.
    causes: Vec<Cause>,
    /// The number of failed rows whose cause is not among `causes`.
    other_failed: u64,
    /// The reasons of skipped rows, the most frequent first.
    skips: Vec<Skips>,
}

/// Failed rows with the same code and column.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cause {
    code: String,
    /// The column of the file; `null` where the errors concern whole rows.
    column: Option<String>,
    count: u64,
    /// The numbers of the first rows, at most ten.
    #[schema(value_type = Vec<u64>)]
    first_rows: Vec<Row>,
    /// The first row.
    example: Example,
}

/// A failed row.
#[derive(Debug, Serialize, ToSchema)]
pub struct Example {
    #[schema(value_type = u64)]
    row_number: Row,
    line: u64,
    value: Option<String>,
    message: String,
}

/// Skipped rows with the same reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Skips {
    /// `unknown_user` or `already_there`.
    code: &'static str,
    message: &'static str,
    count: u64,
    /// The numbers of the first rows, at most ten.
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

/// `GET /imports/{id}/errors` returns the import's failed and skipped rows by cause.
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
