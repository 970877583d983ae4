//! `GET /imports/{id}/removed`, the profiles or subprofiles which an import removed because no row of its file matched them.
//! [`shared::results::removed`] finds the page.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use shared::import::Import;
use shared::ledger::UndoFate;
use shared::results::removed::{RemovedPage, page};
use utoipa::ToSchema;

use super::Problem;
use super::imports::import_of;
use super::keyset::{Envelope, Keyset};
use super::parameters::REMOVED;
use super::path::Path;
use super::problem::Caller;
use super::results::{place, row_place};
use crate::Door;
use crate::openapi::native::{Everywhere, Headers, ImportNumber, RemovedQuery, Unknown, WrongFields};

/// A record that an import removed as missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Removed {
    /// The id of the profile or the subprofile.
    id: u64,
    /// The type of the record: `profile`, or `subprofile` for an import with key fields of a collection.
    r#type: &'static str,
    /// The fate of the removal in the undo: `brought_back`, `kept` or `gone`. Absent before the undo.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    undo: Option<&'static str>,
}

/// The type of the records which the import removes.
fn type_of(import: &Import) -> &'static str {
    let names_subprofiles = import.options.profiles.key_fields.iter().any(|name| name.contains('.'));
    if names_subprofiles { "subprofile" } else { "profile" }
}

/// `GET /imports/{id}/removed` returns a page of the profiles or subprofiles that `remove_missing` removed, in the order of
/// their ids. The list is empty until all rows of the file are loaded, and for an import without `remove_missing`.
#[utoipa::path(
    get,
    path = "/imports/{id}/removed",
    operation_id = "list_removed",
    tag = "Imports",
    params(ImportNumber, RemovedQuery, Headers),
    responses(
        (status = 200, description = "A page of removed records", body = Envelope<Removed>), WrongFields, Unknown, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Removed>>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let keyset = Keyset::read(query.as_deref(), REMOVED.within(import.account, import.id.0), &door.cursor_key)?;
    let (ascending, after) = (keyset.scan.sort.ascending, keyset.after.map(row_place));
    let found = page(&door.services, &import, ascending, after, keyset.per_page).await?;
    let RemovedPage { removed, remaining, next } = found;
    let r#type = type_of(&import);
    let shown = |id, fate: Option<UndoFate>| Removed { id, r#type, undo: fate.map(UndoFate::name) };
    let records = removed.iter().map(|record| shown(record.id, record.fate)).collect();
    Ok(Json(keyset.answer(records, next.map(place), usize::try_from(remaining).unwrap_or(usize::MAX))))
}
