//! `GET /imports/{id}/results`, the outcome of each row of an import. [`shared::results::rows`] finds the page.
//!
//! A row has a `status` in the words of the vendor and an `outcome` in ours, because the vendor has no word for a skipped row.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use shared::id::Row;
use shared::import::{Import, ImportType};
use shared::inbox::shown::time;
use shared::ledger::UndoFate;
use shared::results::rows::{RowOutcome, RowPage, RowPlace, RowQuery, RowResult, page};
use shared::store::keys::ListPlace;
use utoipa::ToSchema;

use super::Problem;
use super::imports::import_of;
use super::keyset::{Envelope, Keyset};
use super::parameters::RESULTS;
use super::path::Path;
use super::problem::Caller;
use super::scan::Scan;
use crate::Door;
use crate::answer::{CELL, MESSAGE, shortened};
use crate::openapi::native::{
    Everywhere, Headers, ImportNumber, OutcomeWord, ResultsQuery, RowStatusWord, Unknown, WrongFields,
};

/// A row of an import with its outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultRow {
    /// The id of the result, `import × 1 000 000 000 + row`, which never changes. The id of an entry is derived from
    /// its row alike, so `id` and `record_id` of a row that created an entry are the same number.
    id: u64,
    /// The id of the record that the row created or, for a row of companies or of a person whom the row found by the address,
    /// found. The value is `null` for rows without a record, and for all rows once the import is being undone.
    record_id: Option<u64>,
    /// The number of the data row within the file, from 1.
    row_number: u64,
    /// The vendor's word: `created`, `updated`, `unaffected`, `deleted`, `error` or `pending`.
    #[schema(value_type = RowStatusWord)]
    status: &'static str,
    /// The outcome: `created`, `updated`, `unchanged`, `skipped`, `deleted`, `failed` or `pending`.
    #[schema(value_type = OutcomeWord)]
    outcome: RowOutcome,
    /// A sentence for people why the row failed or was skipped, at most 2,000 letters long, or `null` for other rows.
    message: Option<String>,
    /// The code of `message`, for example `invalid_date` or `already_there`, or `null` for a row without a message.
    code: Option<String>,
    /// The line of the file on which a failed row begins, or `null` for other rows.
    line: Option<u64>,
    /// The column of the cell that failed; `null` where the error concerns the whole row.
    column: Option<String>,
    /// The text of the cell that failed, cut at 80 letters, or `null` where the error concerns the whole row.
    value: Option<String>,
    /// `TimeEntry`, `Company`, `Person`, `Profile`, or `Contact` for a row of contacts without a record.
    imported_type: &'static str,
    /// The ids of other records which the key of the row matches, at most ten. Absent for a row without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    other_matches: Vec<u64>,
    /// A sentence for each cell that was emptied because its field cannot hold the value. Absent for a row without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    emptied: Vec<String>,
    /// The fate of the row's change or deletion in the undo: `restored`, `brought_back`, `kept`, `gone` or `expired`. Absent for a row
    /// which changed and deleted nothing, and before the undo.
    #[serde(skip_serializing_if = "Option::is_none")]
    undo: Option<&'static str>,
    /// The time at which the import was made, because no times of rows are kept.
    created_at: String,
    /// The time of the import's last change of status.
    updated_at: String,
}

/// The vendor's word for an outcome.
fn status(outcome: RowOutcome) -> &'static str {
    match outcome {
        RowOutcome::Created => "created",
        RowOutcome::Updated => "updated",
        RowOutcome::Unchanged | RowOutcome::Skipped => "unaffected",
        RowOutcome::Deleted => "deleted",
        RowOutcome::Failed => "error",
        RowOutcome::Pending => "pending",
    }
}

/// The outcomes that pass the filters; empty if there is no filter, `None` if no outcome passes.
fn wanted(scan: &Scan) -> Option<Vec<RowOutcome>> {
    if scan.included.is_empty() {
        return Some(Vec::new());
    }
    let has = |field: &str, word: &str| scan.words(field).is_none_or(|words| words.contains(&word));
    let passes = |outcome: &RowOutcome| has("status", status(*outcome)) && has("outcome", outcome.name());
    let wanted: Vec<_> = RowOutcome::ALL.into_iter().filter(passes).collect();
    (!wanted.is_empty()).then_some(wanted)
}

/// The place of a row as cursors carry a place.
pub(super) fn place(RowPlace { row, shown }: RowPlace) -> ListPlace {
    (i64::try_from(shown).unwrap_or(i64::MAX), row.0)
}

/// The place of a row in a cursor.
pub(super) fn row_place((shown, row): ListPlace) -> RowPlace {
    RowPlace { row: Row(row), shown: u64::try_from(shown).unwrap_or_default() }
}

fn shown(import: &Import, result: &RowResult) -> ResultRow {
    let RowResult { row, outcome, error, others, emptied, .. } = result;
    // People see nothing of an undone import, so its rows lead to no record.
    let record = result.record(import.id).filter(|_| !import.status.is_gone());
    let whole = error.as_ref().is_some_and(|error| error.column.is_empty());
    let cell = |text: fn(&shared::ledger::PageError) -> &str| {
        error.as_ref().filter(|_| !whole).map(|error| shortened(text(error), CELL))
    };
    ResultRow {
        id: result.id(import.id),
        record_id: record,
        row_number: row.0,
        status: status(*outcome),
        outcome: *outcome,
        message: result.message().map(|message| shortened(&*message, MESSAGE)),
        code: result.code().map(str::to_owned),
        line: error.as_ref().map(|error| error.line),
        column: cell(|error| &error.column),
        value: cell(|error| &error.value),
        imported_type: imported_type(import, result),
        other_matches: others.clone(),
        emptied: emptied.iter().map(|cell| shortened(&*cell.message, MESSAGE)).collect(),
        undo: result.fate.map(UndoFate::name),
        created_at: time(import.created_at),
        updated_at: time(import.updated_at),
    }
}

/// The kind of the row's record; `Contact` for a row of contacts without a record.
fn imported_type(import: &Import, result: &RowResult) -> &'static str {
    let is_person = result.met.is_some() || result.outcome == RowOutcome::Created;
    match (import.import_type, result.became) {
        (ImportType::TimeEntries, _) => "TimeEntry",
        (ImportType::Contacts, Some(_)) => "Company",
        (ImportType::Contacts, None) if is_person => "Person",
        (ImportType::Contacts, None) => "Contact",
        (ImportType::Profiles, ..) => "Profile",
    }
}

/// `GET /imports/{id}/results` returns a page of the import's rows with their outcomes, in the order of the file. The
/// list is empty until the file is planned.
#[utoipa::path(
    get,
    path = "/imports/{id}/results",
    operation_id = "list_results",
    tag = "Imports",
    params(ImportNumber, ResultsQuery, Headers),
    responses(
        (status = 200, description = "A page of rows with their outcomes", body = Envelope<ResultRow>), WrongFields, Unknown, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<ResultRow>>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let keyset = Keyset::read(query.as_deref(), RESULTS.within(import.account, import.id.0), &door.cursor_key)?;
    let RowPage { rows, remaining, next } = match wanted(&keyset.scan) {
        Some(outcomes) => {
            let ascending = keyset.scan.sort.ascending;
            let query = RowQuery { outcomes, ascending, after: keyset.after.map(row_place), take: keyset.per_page };
            page(&door.services, &import, &query).await?
        }
        None => RowPage::default(),
    };
    let rows = rows.iter().map(|row| shown(&import, row)).collect();
    Ok(Json(keyset.answer(rows, next.map(place), usize::try_from(remaining).unwrap_or(usize::MAX))))
}
