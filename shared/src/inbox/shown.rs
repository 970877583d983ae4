//! An import as JSON for people and programs: answered by the native door, and written to the outbox as a drop's
//! report.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::dispatch;
use crate::fetch::Location;
use crate::format::FormatName;
use crate::id::MappingId;
use crate::import::{Cost, Counts, Import, ImportError, ImportType, Joined, ProfileOptions, Progress, Status, Units};
use crate::results::findings::Findings;
use crate::results::made::tally;
use crate::services::Services;
use crate::store::keys::RecordKind;

/// The file name of an import whose file has no name.
const NAMELESS: &str = "source.csv";

/// The file's name as shown, which is never empty.
pub fn file_name(import: &Import) -> &str {
    if import.file_name.is_empty() { NAMELESS } else { &import.file_name }
}

/// The file's size as shown: bytes as a text, and `0` until the file is there.
pub fn file_size(import: &Import) -> String {
    import.source.as_ref().map_or(0, |source| source.size).to_string()
}

/// A time as shown: ISO 8601 with milliseconds, from milliseconds since the epoch.
pub fn time(ms: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(ms).unwrap_or_default())
}

/// The mapping by which the file is read, with its origin if the mapping was remembered, or `None` if a format reads
/// the file.
fn mapping(import: &Import) -> Option<Value> {
    if let Some(given) = &import.options.reading.mapping {
        return Some(json!({ "columns": given, "remembered": null }));
    }
    if let Some(given) = &import.options.contacts.mapping {
        return Some(json!({ "columns": given, "remembered": null }));
    }
    // A pinned mapping is shown only if the detected format confirms its use. Contacts have no formats.
    let recalled =
        import.recalled.as_ref().filter(|_| import.format.is_none_or(|format| format == FormatName::Table))?;
    let id = MappingId::derive(import.account, &recalled.header.to_string());
    let from = json!({ "id": id, "import": recalled.import, "since": time(recalled.since) });
    Some(json!({ "columns": recalled.columns, "remembered": from }))
}

/// The things and records which stayed after the undo, each with its kind and id.
fn kept(import: &Import) -> Vec<Value> {
    let things = import.kept.iter().map(|kept| json!(kept));
    let word = dispatch::keeps(import).first();
    let records = import.kept_records.iter().map(|id| json!({ "kind": word, "id": id }));
    let subprofiles = import.kept_subprofiles.iter().map(|id| json!({ "kind": RecordKind::Subprofile, "id": id }));
    things.chain(records).chain(subprofiles).collect()
}

/// The numbers of what the undo has done so far. Only imports of profiles, and imports of contacts with an update policy,
/// change what stood before.
fn undone(import: &Import, counts: &Counts) -> Value {
    let mut undone = json!({ "chunks": counts.reverted, "removed": counts.removed, "kept": kept(import) });
    if import.import_type == ImportType::Profiles || import.options.contacts.update_policy.is_some() {
        undone["restored"] = json!(counts.restored);
        undone["brought_back"] = json!(counts.brought_back);
        undone["changes_kept"] = json!(counts.changes_kept);
        undone["gone"] = json!(counts.gone);
        if counts.expired > 0 {
            undone["expired"] = json!(counts.expired);
        }
    }
    undone
}

/// The options of an import of profiles.
fn profiles(options: &ProfileOptions) -> Value {
    let mut shape = json!({
        "database": options.database,
        "action": options.action,
        "key_fields": options.key_fields,
        "ignore_empty_fields": options.ignore_empty_fields,
        "invalid_values": options.invalid_values,
        "delete_target": options.delete_target,
        "matches": options.matches,
        "update_policy": options.update_policy,
        "rebuild": options.rebuild,
        "followups": options.followups,
    });
    if options.remove_missing {
        shape["remove_missing"] = json!(true);
        shape["remove_missing_share"] = json!(options.remove_missing_share);
    }
    shape
}

/// The progress as shown.
fn progress(progress: &Progress) -> Value {
    json!({
        "rows_done": progress.rows_done,
        "rows_known": progress.rows_known,
        "percent": progress.percent(),
        "rows_per_second": progress.rows_per_second,
        "seconds_left": progress.seconds_left,
    })
}

/// The price of the import: what the search for the records that match has cost, and what the load will cost by the plans of the
/// rows, in units with one decimal.
fn cost(cost: &Cost) -> Value {
    let tenths = |units: f64| (units * 10.0).round() / 10.0;
    let units = |units: &Units| json!({ "read_units": tenths(units.read), "write_units": tenths(units.write) });
    json!({ "search": cost.way, "join": units(&cost.join), "load": units(&cost.load) })
}

/// The import with counts, progress, the evidence for the file's format, and, once settled, the findings.
pub async fn shown(services: &Services, import: &Import) -> Result<Value, ImportError> {
    shown_at(services, import, &Progress::read(services, import).await?).await
}

/// Like [`shown`], with the progress which the caller has read already.
pub async fn shown_at(services: &Services, import: &Import, at: &Progress) -> Result<Value, ImportError> {
    let counts = &at.counts;
    let reading = import.verdict(services).await?;
    // Counts are unknown while the file is planned; a refused file has no counts but zeros.
    let known = (import.rows.is_some() || import.status.is_settled()).then_some(counts);
    let mut shape = json!({
        "id": import.id,
        "type": import.import_type,
        "status": import.status,
        "file_name": file_name(import),
        "file_size": file_size(import),
        "note": import.note,
        // Without the query, which may be a signature.
        "location": import.location.as_ref().map(Location::shown),
        "schedule": import.schedule,
        "format": import.format.or(import.options.reading.format),
        "mapping": mapping(import),
        "rows": import.rows,
        "counts": known.map(|counts| {
            let rows = counts.outcomes().into_iter().chain([("pending", counts.pending.unwrap_or_default())]);
            rows.map(|(outcome, rows)| (outcome.to_owned(), json!(rows))).collect::<Map<_, _>>()
        }),
        "progress": progress(at),
        // The number of skipped rows which are duplicates.
        "duplicates": counts.duplicates,
        "undone": undone(import, counts),
        "chunks": { "planned": import.chunks, "committed": counts.chunks },
        "seconds": counts.seconds,
        "reasons": [],
        "created_at": time(import.created_at),
        "updated_at": time(import.updated_at),
        "completed_at": import.completed_at.map(time),
        "undo_until": import.undo_until.map(time),
        "reverted_at": import.reverted_at.map(time),
    });
    if import.import_type == ImportType::Profiles {
        shape["profiles"] = profiles(&import.options.profiles);
        if import.options.profiles.remove_missing && known.is_some() {
            shape["counts"]["removed_missing"] = json!(counts.removed_missing);
        }
    }
    if let Some(policy) = import.options.contacts.update_policy {
        shape["update_policy"] = json!(policy);
    }
    if let Some(Joined { cost, .. }) = &import.joined {
        shape["cost"] = self::cost(cost);
    }
    if let Some(layout) = &reading.layout {
        shape["evidence"] = dispatch::evidence(import, layout)?;
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
    // While rows are loaded, only the counts are shown, which cost the same for imports of any size.
    if import.status.is_settled() {
        let tally = match import.tally {
            Some(tally) => tally,
            None if import.status == Status::RolledBack => Default::default(),
            None => tally(services, import).await?,
        };
        let found = Findings::read(services, import).await?;
        shape["projects"] = json!(tally.projects);
        shape["tags"] = json!(tally.tags);
        if import.import_type == ImportType::Contacts {
            shape["companies"] = json!(tally.companies);
        }
        shape["unknown_users"] = json!(found.unknown_users);
        shape["unknown_projects"] = json!(found.unknown_projects);
        if found.has_more_names() {
            shape["more_unknown_names"] = json!(true);
        }
        shape["errors"] = json!(found.errors);
    }
    Ok(shape)
}
