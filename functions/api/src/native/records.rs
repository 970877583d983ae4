//! `GET /imports/{id}/records`, the entries that an import created, as the entries are now.
//! [`shared::entries::imported`] finds the page.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use shared::entries::Entry;
use shared::entries::imported::{ImportedEntry, ImportedPage, page};
use shared::id::{EntryId, ImportId};
use shared::inbox::shown::time;
use utoipa::ToSchema;

use super::Problem;
use super::imports::import_of;
use super::keyset::{Envelope, Keyset};
use super::parameters::RECORDS;
use super::path::Path;
use super::problem::Caller;
use super::results::{place, row_place};
use crate::Door;
use crate::answer::{MESSAGE, shortened};
use crate::openapi::native::{Everywhere, Headers, ImportNumber, RecordsQuery, Unknown, WrongFields};

/// An entry that an import created. The members behind `state` are `null` for a deleted entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct Record {
    id: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    /// The number of the data row within the file, from 1.
    row_number: u64,
    /// `imported` if nobody changed the entry since, `edited`, or `deleted`.
    state: &'static str,
    /// The day of the work, for example `2026-03-01`.
    date: Option<String>,
    seconds: Option<u64>,
    billable: Option<bool>,
    /// The text of the entry, cut to 2,000 letters.
    description: Option<String>,
    user_id: Option<u64>,
    project_id: Option<u64>,
    tag_ids: Option<Vec<u64>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

fn shown(import: ImportId, imported: &ImportedEntry) -> Record {
    let entry = imported.entry.as_ref();
    let state = match entry {
        None => "deleted",
        Some(_) if imported.is_edited() => "edited",
        Some(_) => "imported",
    };
    Record {
        id: EntryId::of(import, imported.row).0,
        kind: "time_entry",
        row_number: imported.row.0,
        state,
        date: entry.map(|entry| entry.date.to_string()),
        seconds: entry.map(|entry| entry.seconds),
        billable: entry.map(|entry| entry.billable),
        description: entry.and_then(|entry| Some(shortened(entry.text.as_deref()?, MESSAGE))),
        user_id: entry.map(|entry| entry.user.0),
        project_id: entry.and_then(|entry| Some(entry.project?.0)),
        tag_ids: entry.map(|Entry { tags, .. }| tags.iter().map(|tag| tag.0).collect()),
        created_at: entry.map(|entry| time(entry.created_at)),
        updated_at: entry.map(|entry| time(entry.updated_at)),
    }
}

/// `GET /imports/{id}/records` returns a page of the entries that the import created.
#[utoipa::path(
    get,
    path = "/imports/{id}/records",
    operation_id = "list_records",
    tag = "Imports",
    params(ImportNumber, RecordsQuery, Headers),
    responses(
        (status = 200, description = "A page", body = Envelope<Record>), WrongFields, Unknown, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Record>>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let keyset = Keyset::read(query.as_deref(), RECORDS.within(import.account, import.id), &door.cursor_key)?;
    let (ascending, after) = (keyset.scan.sort.ascending, keyset.after.map(row_place));
    let found = page(&door.services, &import, ascending, after, keyset.per_page).await?;
    let ImportedPage { entries, remaining, next } = found;
    let records = entries.iter().map(|imported| shown(import.id, imported)).collect();
    Ok(Json(keyset.answer(records, next.map(place), usize::try_from(remaining).unwrap_or(usize::MAX))))
}
