//! Marks on entries, singly or several at once: `PUT /entries/:id/approved`, `/unapproved`, `/marked_as_invoiced`.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use shared::edit::marks::{MOST_AT_ONCE, Mark, mark, mark_all};
use shared::id::EntryId;

use super::NokoError;
use super::caller::{At, Member};
use super::entries::Entries;
use super::input::{Fields, Id, PerhapsInput, day, ids};
use super::resource::Edited;

const ENTRY: &str = "Entry";

/// Approves an entry in the caller's name, at the time in `approved_at` or now.
pub async fn approve(Member(at): Member, Id(id): Id, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    let approved = input.0.read(ENTRY, |fields| approved(&at, fields)).all()?;
    one(&at, id, approved).await
}

/// Approves several entries in the caller's name, listed by `entry_ids`.
pub async fn approve_all(Member(at): Member, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    let (ids, approved) = input.0.read(ENTRY, |fields| (entry_ids(fields), approved(&at, fields))).all()?;
    several(&at, ids, approved).await
}

/// Removes the approval of an entry, so that the entry can be changed again.
pub async fn unapprove(Member(at): Member, Id(id): Id, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    input.0.read(ENTRY, |_| ()).all()?;
    one(&at, id, Some(Mark::Unapproved)).await
}

/// Removes the approval of several entries, listed by `entry_ids`.
pub async fn unapprove_all(Member(at): Member, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    let ids = input.0.read(ENTRY, entry_ids).all()?;
    several(&at, ids, Some(Mark::Unapproved)).await
}

/// Marks an entry as invoiced on a day, or removes that mark.
pub async fn invoice(Member(at): Member, Id(id): Id, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    let invoiced = input.0.read(ENTRY, invoiced).all()?;
    one(&at, id, invoiced).await
}

/// Marks several entries as invoiced on a day, or removes that mark.
pub async fn invoice_all(Member(at): Member, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    let (ids, invoiced) = input.0.read(ENTRY, |fields| (entry_ids(fields), invoiced(fields))).all()?;
    several(&at, ids, invoiced).await
}

/// The ids in the field `entry_ids`, of which a request needs one field with at most [`MOST_AT_ONCE`] ids.
fn entry_ids(fields: &mut Fields<'_>) -> Vec<EntryId> {
    let ids = fields.value("entry_ids", |value| ids(value).filter(|ids| ids.len() <= MOST_AT_ONCE));
    fields.required(&["entry_ids"]);
    ids.unwrap_or_default().into_iter().map(EntryId).collect()
}

/// The approval by the caller, at the time in the field `approved_at` or now.
fn approved(at: &At, fields: &mut Fields<'_>) -> Option<Mark> {
    let time =
        fields.nullable("approved_at", |value: &Value| value.as_str()?.trim().parse::<Timestamp>().ok()).flatten();
    let time = time.map_or_else(|| at.services.clock.now_ms(), Timestamp::as_millisecond);
    Some(Mark::Approved(at.caller.user, time))
}

/// The mark as invoiced on the day in the field `date`; null removes the mark.
fn invoiced(fields: &mut Fields<'_>) -> Option<Mark> {
    let day = fields.nullable("date", |value| day(value.as_str()?));
    fields.required(&["date"]);
    day.map(Mark::Invoiced)
}

async fn one(at: &At, id: u64, wanted: Option<Mark>) -> Result<StatusCode, NokoError> {
    if let Some(wanted) = wanted {
        mark(&at.services, at.caller.account, EntryId(id), wanted).await.map_err(Entries::wrong)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn several(at: &At, ids: Vec<EntryId>, wanted: Option<Mark>) -> Result<StatusCode, NokoError> {
    if let Some(wanted) = wanted {
        mark_all(&at.services, at.caller.account, &ids, wanted).await.map_err(Entries::wrong)?;
    }
    Ok(StatusCode::NO_CONTENT)
}
