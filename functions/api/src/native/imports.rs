//! One import: its counts, what its file was found to be, its errors, its undo.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::id::ImportId;
use shared::import::{Import, Status, cancel as stop, tally};
use shared::revert as undo;
use shared::services::Services;

use super::Problem;
use super::problem::Caller;
use crate::Door;
use crate::import_report::findings;

/// Times as the native door writes them: ISO 8601 with milliseconds.
fn time(ms: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(ms).unwrap_or_default())
}

async fn import_of(services: &Services, caller: &Caller, id: &str) -> Result<Import, Problem> {
    let id = id.parse().map(ImportId).map_err(|_| Problem::not_found())?;
    Import::get(services, caller.0.account, id).await?.ok_or_else(Problem::not_found)
}

/// `GET /imports/{id}`.
pub async fn get(State(door): State<Door>, caller: Caller, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    Ok(Json(shape(&door.services, &import).await?))
}

/// `POST /imports/{id}/cancel`: 202; chunks that are being loaded may still be counted. 409 for an import that has ended.
pub async fn cancel(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = stop(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, Json(shape(&door.services, &import).await?)))
}

/// `POST /imports/{id}/revert`: 202; an import that is undone already stays so.
pub async fn revert(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let import = undo::ask(&door.services, &import, &caller.0.signature()).await?;
    Ok((StatusCode::ACCEPTED, Json(shape(&door.services, &import).await?)))
}

async fn shape(services: &Services, import: &Import) -> Result<Value, Problem> {
    let counts = import.counts(services).await?;
    let reading = import.reading(services).await?;
    // Not known while the file is planned; of a file that was refused nothing was loaded.
    let known = (import.rows.is_some() || import.status.is_settled()).then_some(&counts);
    let mut shape = json!({
        "id": import.id,
        "type": "TimeEntryImport",
        "status": import.status,
        "file_name": import.file_name,
        "file_size": import.source.as_ref().map(|source| source.size.to_string()),
        "format": import.format.or(import.options.format),
        "rows": import.rows,
        "counts": known.map(|counts| json!({
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "skipped": counts.skipped,
            "deleted": counts.deleted,
            "failed": counts.failed,
            "pending": counts.pending.unwrap_or_default(),
        })),
        "undone": { "chunks": counts.reverted, "removed": counts.removed, "kept": import.kept },
        "chunks": { "planned": import.chunks, "committed": counts.chunks },
        "seconds": counts.seconds,
        "reasons": [],
        "created_at": time(import.created_at),
        "updated_at": time(import.updated_at),
        "completed_at": import.completed_at.map(time),
        "reverted_at": import.reverted_at.map(time),
    });
    if let Some(layout) = &reading.layout {
        shape["evidence"] = json!({
            // A sheet has neither.
            "encoding": (!layout.sheet).then_some(layout.encoding),
            "delimiter": (!layout.sheet).then_some(char::from(layout.delimiter)),
            "date_order": layout.date_order,
            "decimal_mark": layout.decimal_mark,
            "headers": layout.headers,
            "candidates": layout.candidates,
            "evidence": layout.evidence,
        });
    }
    match (&reading.refusal, &import.reason) {
        (Some(refusal), _) => {
            shape["reasons"] = refusal["reasons"].clone();
            let mut seen = refusal.clone();
            let delimiter = seen["delimiter"].as_u64().and_then(|byte| u8::try_from(byte).ok()).map(char::from);
            seen["delimiter"] = json!(delimiter);
            shape["evidence"] = seen;
        }
        (None, Some(reason)) => shape["reasons"] = json!([reason]),
        (None, None) => {}
    }
    // While rows are loaded only the counts are told, which cost the same for any size.
    if import.status.is_settled() {
        let tally = match import.tally {
            Some(tally) => tally,
            None if import.status == Status::RolledBack => Default::default(),
            None => tally(services, import).await?,
        };
        let found = findings(services, import, false).await?;
        shape["projects"] = json!(tally.projects);
        shape["tags"] = json!(tally.tags);
        shape["unknown_users"] = json!(found.unknown_users);
        shape["unknown_projects"] = json!(found.unknown_projects);
        shape["errors"] = json!(found.errors);
    }
    Ok(shape)
}
