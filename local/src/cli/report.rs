//! Reports about an import, as text for people and as JSON for programs.

use std::fmt::Write;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

/// Number of row errors in the report for people.
const ERRORS_SHOWN: usize = 10;

/// The records that the rows of an import stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    Entries,
    People,
    Profiles,
}

impl Rows {
    /// The records of an import of the native door, by its `type`.
    fn of(import: &Value) -> Self {
        match import["type"].as_str() {
            Some("ContactImport") => Self::People,
            Some("ProfileImport") => Self::Profiles,
            _ => Self::Entries,
        }
    }
}

/// Builds the JSON object for programs.
pub fn machine(import: &Value) -> Value {
    let evidence = &import["evidence"];
    let list = |name: &str| {
        if import[name].is_array() { import[name].clone() } else { json!([]) }
    };
    let mut told = json!({
        "id": import["id"],
        "status": import["status"],
        "type": import["type"],
        "format": import["format"],
        "encoding": evidence["encoding"],
        "delimiter": evidence["delimiter"],
        "date_order": evidence["date_order"],
        "decimal_mark": evidence["decimal_mark"],
        "mapping": import["mapping"],
        "rows": import["rows"],
        "counts": import["counts"],
        "duplicates": import["duplicates"],
        "seconds": import["seconds"],
        "undo_until": import["undo_until"],
        "projects": import["projects"],
        "tags": import["tags"],
        "unknown_users": list("unknown_users"),
        "unknown_projects": list("unknown_projects"),
        "errors": list("errors"),
        "reasons": list("reasons"),
    });
    if Rows::of(import) == Rows::People {
        told["companies"] = import["companies"].clone();
    }
    if evidence["suggested_mapping"].is_object() {
        told["suggested_mapping"] = evidence["suggested_mapping"].clone();
    }
    told
}

/// Builds the report of an import. `again` contains the arguments with which a later command reaches the same
/// state, or is `None` if the state is deleted.
pub fn import(import: &Value, took: Duration, again: Option<&str>) -> String {
    let mut text = state(import);
    let (id, status) = (&import["id"], import["status"].as_str().unwrap_or_default());
    line(&mut text, format_args!(""));
    line(&mut text, format_args!("Took {:.1} s.", took.as_secs_f64()));
    if let (Some(again), "complete" | "partially_complete" | "incomplete") = (again, status) {
        line(&mut text, format_args!("Undo it:  cargo run -- revert {id}{again}"));
    }
    text
}

/// The exit status of a command that loads rows: 0 if no row failed, 1 if some rows failed or the import stopped before
/// its end, and 2 if nothing was imported.
pub fn exit_status(import: &Value) -> ExitCode {
    let written =
        ["created", "updated", "deleted"].map(|outcome| import["counts"][outcome].as_u64().unwrap_or_default());
    ExitCode::from(match import["status"].as_str() {
        Some("complete") => 0,
        Some("partially_complete") => 1,
        Some("incomplete") if written.iter().sum::<u64>() > 0 => 1,
        _ => 2,
    })
}

/// Builds the report of an import as it is now.
pub fn state(import: &Value) -> String {
    let mut text = String::new();
    let status = import["status"].as_str().unwrap_or_default();
    let (id, name) = (&import["id"], import["file_name"].as_str().unwrap_or_default());
    let headline = match status {
        "complete" => "every row has its outcome, none failed",
        "partially_complete" => "every row has its outcome, some failed",
        "failed" => "nothing was imported",
        "unsupported" => "the file was refused, nothing was imported",
        "incomplete" => "stopped before the end",
        "new" if import["file_size"].as_str().is_some_and(|size| size != "0") => "it waits for its start",
        "new" => "its file is awaited",
        "queued" => "its file is read soon",
        "processing" => "its rows are being loaded",
        "rolling_back" => "it is being undone",
        "rolled_back" => "it is undone",
        _ => "",
    };
    line(&mut text, format_args!("Import {id} of {name}: {status} ({headline})"));
    line(&mut text, format_args!(""));
    for reason in strings(&import["reasons"]) {
        let label = match status {
            "incomplete" => "stopped",
            "partially_complete" => "note   ",
            _ => "refused",
        };
        line(&mut text, format_args!("  {label}       {reason}"));
    }
    text.push_str(&suggested(&import["evidence"]["suggested_mapping"]));
    let is_read = status != "unsupported" && import["evidence"]["headers"].is_array();
    let format = match Rows::of(import) {
        Rows::Entries => import["format"].as_str(),
        Rows::People => Some("contacts").filter(|_| is_read),
        Rows::Profiles => Some("profiles").filter(|_| is_read),
    };
    if let Some(format) = format.filter(|_| status != "unsupported") {
        let evidence = &import["evidence"];
        let how = match (evidence["encoding"].as_str(), evidence["delimiter"].as_str()) {
            (Some(encoding), Some(delimiter)) => format!("{encoding}, separated by {}", separators(delimiter)),
            _ => "in a spreadsheet".to_owned(),
        };
        line(&mut text, format_args!("  found to be   {format}, {how}"));
        for what in strings(&evidence["evidence"]) {
            line(&mut text, format_args!("                {what}"));
        }
    }
    counts(&mut text, import);
    if let Some(until) = import["undo_until"].as_str().filter(|_| status != "rolled_back") {
        line(&mut text, format_args!("  undo          until {until}"));
    }
    errors(&mut text, import);
    text
}

/// Formats a mapping which may fit a refused file, as command-line options and with a score for each column.
pub fn suggested(suggestion: &Value) -> String {
    let mut text = String::new();
    let Some(columns) = suggestion["columns"].as_array() else { return text };
    let word = |column: &Value, name: &str| column[name].as_str().unwrap_or_default().to_owned();
    let options = columns.iter().map(|column| {
        let pair = format!("{}={}", word(column, "column"), word(column, "field"));
        format!("--map '{}'", pair.replace('\'', "'\\''"))
    });
    line(&mut text, format_args!("  may be read   {}", options.collect::<Vec<_>>().join(" ")));
    for column in columns {
        let (name, field, evidence) = (word(column, "column"), word(column, "field"), word(column, "evidence"));
        line(&mut text, format_args!("    {:>3} of 100  {name:?} as {field}: {evidence}", column["score"]));
    }
    text
}

/// Name of a delimiter in words, for example `tabs`.
pub fn separators(delimiter: &str) -> &str {
    match delimiter {
        "\t" => "tabs",
        "," => "commas",
        ";" => "semicolons",
        "|" => "bars",
        other => other,
    }
}

fn counts(text: &mut String, import: &Value) {
    let Some(rows) = import["rows"].as_u64() else {
        return;
    };
    line(text, format_args!("  rows          {rows}"));
    let counts = &import["counts"];
    for name in ["created", "updated", "unchanged", "skipped", "deleted", "failed", "pending"] {
        let count = counts[name].as_u64().unwrap_or_default();
        if count > 0 || matches!(name, "created" | "failed") {
            line(text, format_args!("    {name:<11} {count}"));
        }
    }
    if let Some(removed) = counts["removed_missing"].as_u64() {
        line(text, format_args!("  removed       {removed}, which no row matched"));
    }
    if let Some(duplicates) = import["duplicates"].as_u64().filter(|&duplicates| duplicates > 0) {
        line(text, format_args!("  there already {duplicates} of the skipped"));
    }
    match Rows::of(import) {
        Rows::Entries => entry_counts(text, import),
        Rows::People => {
            line(text, format_args!("  companies     {} made", import["companies"].as_u64().unwrap_or_default()));
        }
        Rows::Profiles => {}
    }
}

/// The lines which only imports of time entries have.
fn entry_counts(text: &mut String, import: &Value) {
    line(text, format_args!("  duration      {}", duration(import["seconds"].as_u64().unwrap_or_default())));
    for name in ["projects", "tags"] {
        line(text, format_args!("  {name:<13} {} made", import[name].as_u64().unwrap_or_default()));
    }
    for (name, key) in [("unknown users", "unknown_users"), ("unknown proj.", "unknown_projects")] {
        let names: Vec<_> = strings(&import[key]).collect();
        if !names.is_empty() {
            line(text, format_args!("  {name:<13} {}", names.join(", ")));
        }
    }
}

fn errors(text: &mut String, import: &Value) {
    let Some(errors) = import["errors"].as_array().filter(|errors| !errors.is_empty()) else {
        return;
    };
    line(text, format_args!(""));
    line(text, format_args!("  The first rows that failed:"));
    for error in errors.iter().take(ERRORS_SHOWN) {
        let message = error["message"].as_str().unwrap_or_default();
        line(text, format_args!("    line {:<6} {message}", error["line"].as_u64().unwrap_or_default()));
    }
    let failed = import["counts"]["failed"].as_u64().unwrap_or_default();
    if let Some(more) = failed.checked_sub(ERRORS_SHOWN as u64).filter(|&more| more > 0) {
        line(text, format_args!("    … and {more} more; --json lists the first thousand"));
    }
}

/// Builds the report of an undo.
pub fn undo(import: &Value) -> String {
    let mut text = String::new();
    let undone = &import["undone"];
    let status = import["status"].as_str().unwrap_or_default();
    line(&mut text, format_args!("Import {}: {status}", import["id"]));
    let records = match Rows::of(import) {
        Rows::Entries => "entries",
        Rows::People => "people",
        Rows::Profiles => "profiles",
    };
    line(&mut text, format_args!("  {records:<8} removed {}", undone["removed"].as_u64().unwrap_or_default()));
    for (name, what) in [
        ("restored", "changes taken back"),
        ("brought_back", "deletions taken back"),
        ("changes_kept", "changes kept"),
        ("gone", "changes of what is gone"),
        ("expired", "changes kept, whose former values have expired"),
    ] {
        if let Some(rows) = undone[name].as_u64().filter(|&rows| rows > 0) {
            line(&mut text, format_args!("  {rows} {what}"));
        }
    }
    for kept in undone["kept"].as_array().into_iter().flatten() {
        let (kind, id) = (kept["kind"].as_str().unwrap_or_default(), &kept["id"]);
        line(&mut text, format_args!("  kept             {kind} {id}: others refer to it, or it was edited since"));
    }
    text
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a string takes all");
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Formats a duration in seconds, for example as `1 h 05 min 00 s`.
pub fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours} h {minutes:02} min {seconds:02} s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_the_last_moment_of_an_undo_where_there_is_one() {
        let import = |status: &str, until: Value| json!({ "id": 7, "status": status, "rows": 1, "undo_until": until });
        let until = json!("2027-01-31T10:00:00.000Z");
        let line = "  undo          until 2027-01-31T10:00:00.000Z\n";
        assert!(state(&import("complete", until.clone())).contains(line));
        assert!(!state(&import("rolled_back", until)).contains("until"));
        assert!(!state(&import("complete", Value::Null)).contains("until"));
    }
}
