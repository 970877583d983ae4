//! `GET /imports/{id}/history`, the list of an import's changes of status: when, to which status, by whom and why.
//!
//! The list is a keyset list like the others, oldest change first, without filters and sorts. A cursor belongs to the
//! history of one import.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::{Value, json};
use shared::import::list::MOST_COUNTED;
use shared::import::{HistoryLine, HistoryPlace, Status, history};
use shared::inbox::shown::time;
use shared::store::keys::ListPlace;

use super::Problem;
use super::cursor::strange;
use super::imports::import_of;
use super::keyset::{Envelope, Keyset};
use super::parameters::HISTORY;
use super::path::Path;
use super::problem::Caller;
use crate::Door;
use crate::answer::{MESSAGE, shortened};
use crate::openapi::native::{Everywhere, Headers, HistoryQuery, HistoryRecord, ImportNumber, Unknown, WrongFields};

/// The JSON of a change, with the reason cut at 2,000 letters.
fn record(line: &HistoryLine) -> Value {
    json!({
        "at": time(line.at),
        "status": line.status,
        "by": line.by,
        "reason": line.why.as_ref().map(|why| shortened(why, MESSAGE)),
    })
}

/// The place of a change as a cursor writes the place: the time of the change, and the number of its status.
fn written((at, status): HistoryPlace) -> ListPlace {
    let number = Status::ALL.iter().position(|other| *other == status).and_then(|at| u64::try_from(at).ok());
    (at, number.expect("all statuses are listed"))
}

/// The place of a change in a cursor, or `None` for a number that no status has.
fn place((at, number): ListPlace) -> Option<HistoryPlace> {
    let status = usize::try_from(number).ok().and_then(|number| Status::ALL.get(number).copied());
    status.map(|status| (at, status))
}

/// `GET /imports/{id}/history` returns a page of the import's changes of status, oldest first. Each change has a time
/// of its own, and a cursor belongs to the history of one import.
#[utoipa::path(
    get,
    path = "/imports/{id}/history",
    operation_id = "list_history",
    tag = "Imports",
    params(ImportNumber, HistoryQuery, Headers),
    responses(
        (status = 200, description = "A page of changes of status", body = Envelope<HistoryRecord>), WrongFields, Unknown, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Value>>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let keyset = Keyset::read(query.as_deref(), HISTORY.within(import.account, import.id.0), &door.cursor_key)?;
    let after = keyset.after.map(|after| place(after).ok_or_else(strange)).transpose()?;
    let lines = history(&door.services, import.account, import.id, after, MOST_COUNTED).await?;
    let shown = &lines[..keyset.per_page.min(lines.len())];
    let next = shown.last().filter(|_| lines.len() > shown.len()).map(|last| written(last.place()));
    let mut page = keyset.answer(shown.iter().map(record).collect(), next, lines.len());
    // A change has no id; its time is its place in the list.
    page.sorted_by = json!([{ "at": "asc" }]);
    Ok(Json(page))
}
