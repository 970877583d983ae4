//! `GET /imports/{id}/history`, the list of an import's changes of status: when, to which status, by whom and why.
//!
//! The list is a keyset list like the others, oldest change first, without filters and sorts. A cursor belongs to the
//! history of one import.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use serde_json::{Value, json};
use shared::import::list::{ListOrder, MOST_COUNTED};
use shared::import::{HistoryLine, HistoryPlace, Status, history};
use shared::inbox::shown::time;
use shared::store::keys::ListPlace;

use super::Problem;
use super::cursor::{Cursor, strange};
use super::imports::import_of;
use super::parameters::{Asked, HISTORY, PER_PAGE};
use super::problem::Caller;
use super::scan::{Scan, Sort};
use crate::Door;
use crate::answer::{MESSAGE, shortened};

/// The scan of a list without filters and sorts.
const PLAIN: Scan =
    Scan { statuses: Vec::new(), created: None, updated: None, sort: Sort { field: ListOrder::Id, ascending: true } };

/// The JSON of a change.
fn record(line: &HistoryLine) -> Value {
    json!({
        "at": time(line.at),
        "status": line.status,
        "by": line.by,
        "reason": line.why.as_ref().map(|why| shortened(why, MESSAGE)),
    })
}

/// The place of a change as a cursor writes it: its time, and the number of its status.
fn written((at, status): HistoryPlace) -> ListPlace {
    let number = Status::ALL.iter().position(|other| *other == status).and_then(|at| u64::try_from(at).ok());
    (at, number.expect("all statuses are listed"))
}

fn place((at, number): ListPlace) -> Option<HistoryPlace> {
    let status = usize::try_from(number).ok().and_then(|number| Status::ALL.get(number).copied());
    status.map(|status| (at, status))
}

/// `GET /imports/{id}/history` returns a page of the import's history.
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let asked = Asked::read(query.as_deref(), &HISTORY)?;
    let import = import_of(&door.services, &caller, &id).await?;
    let account = import.account;
    let list = format!("{} {}", HISTORY.name, import.id);
    let after = match &asked.start_cursor {
        Some(cursor) => {
            let Cursor { place: after, .. } = Cursor::read(cursor, &door.cursor_key, &list, account)?;
            Some(place(after).ok_or_else(strange)?)
        }
        None => None,
    };
    let per_page = asked.per_page.unwrap_or(PER_PAGE);
    let lines = history(&door.services, account, import.id, after, MOST_COUNTED).await?;
    let shown = &lines[..per_page.min(lines.len())];
    let next = shown.last().filter(|_| lines.len() > per_page).map(|last| {
        let cursor = Cursor { scan: PLAIN, place: written(last.place()) };
        cursor.written(&door.cursor_key, &list, account)
    });
    Ok(Json(json!({
        "start_cursor": asked.start_cursor,
        "next_cursor": next,
        "per_page": per_page,
        "estimated_remaining_count": lines.len(),
        "filtered_by": [],
        "sorted_by": [{ "at": "asc" }],
        "records": shown.iter().map(record).collect::<Vec<_>>(),
    })))
}
