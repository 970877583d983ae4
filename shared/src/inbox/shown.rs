//! An import as people and machines are shown it: by the native door, and in the outbox by the report of a drop.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::entries::made::tally;
use crate::format::FormatName;
use crate::id::MappingId;
use crate::import::{Import, ImportError, Status};
use crate::results::findings::Findings;
use crate::services::Services;

/// Times as they are shown: ISO 8601 with milliseconds.
pub fn time(ms: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// The mapping that its file is read by, if it is read by one, and whence it is remembered if nobody gave it.
fn mapping(import: &Import) -> Option<Value> {
    if let Some(given) = &import.options.reading.mapping {
        return Some(json!({ "columns": given, "remembered": null }));
    }
    // The format tells whether the file was read by it after all.
    let recalled =
        import.recalled.as_ref().filter(|_| import.format.is_none_or(|format| format == FormatName::Table))?;
    let id = MappingId::derive(import.account, &recalled.header.to_string());
    let from = json!({ "id": id, "import": recalled.import, "since": time(recalled.since) });
    Some(json!({ "columns": recalled.columns, "remembered": from }))
}

/// The import with its counts, the evidence of what its file is, and its findings once it is settled.
pub async fn shown(services: &Services, import: &Import) -> Result<Value, ImportError> {
    let counts = import.counts(services).await?;
    let reading = import.verdict(services).await?;
    // Not known while the file is planned; of a file that was refused nothing was loaded.
    let known = (import.rows.is_some() || import.status.is_settled()).then_some(&counts);
    let mut shape = json!({
        "id": import.id,
        "type": "TimeEntryImport",
        "status": import.status,
        "file_name": import.file_name,
        "file_size": import.source.as_ref().map(|source| source.size.to_string()),
        "format": import.format.or(import.options.reading.format),
        "mapping": mapping(import),
        "rows": import.rows,
        "counts": known.map(|counts| {
            let rows = counts.outcomes().into_iter().chain([("pending", counts.pending.unwrap_or_default())]);
            rows.map(|(outcome, rows)| (outcome.to_owned(), json!(rows))).collect::<Map<_, _>>()
        }),
        // Of the skipped ones, those that are there already.
        "duplicates": counts.duplicates,
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
        let found = Findings::read(services, import).await?;
        shape["projects"] = json!(tally.projects);
        shape["tags"] = json!(tally.tags);
        shape["unknown_users"] = json!(found.unknown_users);
        shape["unknown_projects"] = json!(found.unknown_projects);
        if found.has_more_names() {
            shape["more_unknown_names"] = json!(true);
        }
        shape["errors"] = json!(found.errors);
    }
    Ok(shape)
}
