//! The shape of an import.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// The state of an import.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = ImportStatus)]
pub enum StatusWord {
    New,
    Queued,
    Processing,
    Complete,
    PartiallyComplete,
    Failed,
    Incomplete,
    Unsupported,
    RollingBack,
    RolledBack,
}

/// The kind of an import's rows.
#[derive(ToSchema)]
#[schema(as = ImportType)]
pub enum TypeWord {
    TimeEntryImport,
    ContactImport,
}

/// An import with its counts, the evidence for the file's format and, once its rows have outcomes, its findings.
#[derive(ToSchema)]
#[schema(as = Import)]
pub struct ImportShown {
    id: u64,
    r#type: TypeWord,
    status: StatusWord,
    file_name: String,
    /// The size of the file in bytes; `"0"` until the file is there
    file_size: String,
    /// A text for people
    #[schema(required)]
    note: Option<String>,
    /// The address from which the file is fetched, without its query
    #[schema(required)]
    location: Option<String>,
    /// The format of the file; `null` until the format is known
    #[schema(required, example = "toggl")]
    format: Option<String>,
    /// The mapping by which the file is read; `null` if a format reads the file
    #[schema(required)]
    mapping: Option<MappingUsed>,
    /// The number of data rows; `null` until the file is planned
    #[schema(required)]
    rows: Option<u64>,
    /// The rows by outcome, which add up to `rows`; `null` until the file is planned
    #[schema(required)]
    counts: Option<Counts>,
    progress: ProgressShown,
    /// The number of skipped rows that are duplicates
    duplicates: u64,
    undone: Undone,
    chunks: Chunks,
    /// The number of seconds of all entries
    seconds: i64,
    /// The reasons why the file is refused, or the import stopped
    reasons: Vec<String>,
    #[schema(nullable = false)]
    evidence: Option<Evidence>,
    /// The number of projects that the import created, once its rows have outcomes
    #[schema(nullable = false)]
    projects: Option<u64>,
    /// The number of tags that the import created, once its rows have outcomes
    #[schema(nullable = false)]
    tags: Option<u64>,
    /// The number of companies that an import of contacts created, once its rows have outcomes
    #[schema(nullable = false)]
    companies: Option<u64>,
    /// Names of people who are no users, once the rows have outcomes
    #[schema(nullable = false)]
    unknown_users: Option<Vec<String>>,
    /// Names of projects that were not created, once the rows have outcomes
    #[schema(nullable = false)]
    unknown_projects: Option<Vec<String>>,
    /// True if more names are unknown than are shown
    #[schema(nullable = false)]
    more_unknown_names: Option<bool>,
    /// The first errors of rows, once the rows have outcomes
    #[schema(nullable = false)]
    errors: Option<Vec<RowError>>,
    /// The names of the lists that end early, because the answer would be too long
    #[schema(nullable = false)]
    cut: Option<Vec<String>>,
    created_at: Time,
    updated_at: Time,
    #[schema(required)]
    completed_at: Option<Time>,
    #[schema(required)]
    reverted_at: Option<Time>,
}

/// A time in UTC with milliseconds.
#[derive(ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-03-01T08:00:00.000Z")]
pub struct Time(String);

/// The rows of an import by outcome.
#[derive(ToSchema)]
struct Counts {
    created: u64,
    updated: u64,
    unchanged: u64,
    skipped: u64,
    deleted: u64,
    failed: u64,
    pending: u64,
}

/// The progress of the import.
#[derive(ToSchema)]
#[schema(as = Progress)]
struct ProgressShown {
    /// The number of rows that have an outcome
    rows_done: u64,
    /// The number of rows; `null` until the file is planned
    #[schema(required)]
    rows_known: Option<u64>,
    /// The share of rows that have an outcome, rounded down; `null` until the file is planned
    #[schema(required)]
    percent: Option<f64>,
    /// The pace of the last minute; `null` unless rows are being loaded
    #[schema(required)]
    rows_per_second: Option<f64>,
    /// The time left at that pace; `null` until the pace tells
    #[schema(required)]
    seconds_left: Option<u64>,
}

/// What the undo of the import has done so far.
#[derive(ToSchema)]
struct Undone {
    chunks: u64,
    removed: u64,
    /// Things that stay because something else refers to them
    kept: Vec<KeptThing>,
}

/// A thing that stays when its import is undone.
#[derive(ToSchema)]
#[schema(as = Kept)]
struct KeptThing {
    #[schema(example = "project")]
    kind: String,
    id: u64,
}

/// The units in which the rows are loaded.
#[derive(ToSchema)]
struct Chunks {
    #[schema(required)]
    planned: Option<u64>,
    committed: u64,
}

/// What was found in a file: encoding, delimiter, headers and the cells that decide how columns are read.
#[derive(ToSchema)]
struct Evidence {
    #[schema(nullable = false)]
    headers: Option<Vec<String>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// An error of a row.
#[derive(ToSchema)]
pub struct RowError {
    /// The number of the data row, from 1
    row: u64,
    /// The line of the file on which the row begins
    line: u64,
    /// The name of the column; empty if the error concerns the whole row
    column: String,
    #[schema(example = "invalid_date")]
    code: String,
    /// The value of the cell, shortened
    value: String,
    message: String,
}

/// The mapping by which a file is read.
#[derive(ToSchema)]
struct MappingUsed {
    /// The field of each column
    columns: BTreeMap<String, String>,
    /// Where the mapping comes from, if the account remembered the mapping; `null` if the request gave it
    #[schema(required)]
    remembered: Option<MappingOrigin>,
}

/// The import by which an account remembers a mapping.
#[derive(ToSchema)]
struct MappingOrigin {
    id: u64,
    import: u64,
    since: Time,
}
