//! The shape of an import.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::create::UpdatePolicyWord;

/// The state of an import.
/// - `new`: the import awaits its file or its start.
/// - `queued`: the file is there and waits for the parser.
/// - `processing`: rows are being loaded.
/// - `complete`: each row has an outcome, and none failed.
/// - `partially_complete`: each row has an outcome, and some failed.
/// - `failed`: the import brought nothing, because each row failed, `on_error=abort` met a failed row, or `remove_missing` found
///   that the file is no complete list of the database.
/// - `incomplete`: the import was cancelled or given up, and rows loaded before stay.
/// - `unsupported`: the file cannot be read, and `reasons` says why.
/// - `rolling_back`: the import is being undone.
/// - `rolled_back`: the import is undone.
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

/// The kind of an import's rows: time entries, the people and companies of contacts, or the profiles of a database.
#[derive(ToSchema)]
#[schema(as = ImportType)]
#[expect(clippy::enum_variant_names, reason = "the words on the wire")]
pub enum TypeWord {
    TimeEntryImport,
    ContactImport,
    ProfileImport,
}

/// An import with its counts, the evidence for the file's format and, once its rows have outcomes, its findings.
#[derive(ToSchema)]
#[schema(as = Import)]
pub struct ImportShown {
    /// The number of the import within the account, from 1.
    id: u64,
    /// The kind of the import's rows, which never changes.
    r#type: TypeWord,
    /// The state of the import at the moment of the answer.
    status: StatusWord,
    /// The name of the file as people see the name, at most 200 letters long, and `source.csv` for a
    /// file without a name.
    file_name: String,
    /// The size of the file in bytes, written as a text. The value is `"0"` until the file is there.
    file_size: String,
    /// A remark for people of at most 500 letters, or `null` for an import without a note.
    #[schema(required)]
    note: Option<String>,
    /// The address from which the file is fetched, without its query, or `null` for a file which came in another way.
    #[schema(required)]
    location: Option<String>,
    /// The number of the schedule that made the import, or `null` for an import that somebody made. The schedule may be deleted.
    #[schema(required)]
    schedule: Option<u64>,
    /// The format of the file, first as asked for and then as found, with `table` for a file which a mapping reads. The
    /// value is `null` until the format is known, and for files of contacts.
    #[schema(required, example = "toggl")]
    format: Option<String>,
    /// The mapping by which the file is read, or `null` if a format or the header alone reads the file.
    #[schema(required)]
    mapping: Option<MappingUsed>,
    /// The number of data rows of the file, without the header, or `null` until the file is planned.
    #[schema(required)]
    rows: Option<u64>,
    /// The rows by outcome, which add up to `rows` at every moment. The value is `null` until the file is planned, and
    /// all zero for a refused file.
    #[schema(required)]
    counts: Option<Counts>,
    /// The share of rows with an outcome, with the pace of loading and the time left.
    progress: ProgressShown,
    /// The number of skipped rows which an earlier import had created already. The number
    /// stays 0 without `duplicates=skip`.
    duplicates: u64,
    /// The chunks and records which an undo has taken back so far, all zero before an undo.
    undone: Undone,
    /// The units in which rows are loaded and committed, up to 1,000 rows each by default.
    chunks: Chunks,
    /// The duration of all entries that the import created, in seconds, before any edit by hand.
    seconds: i64,
    /// The reasons why the file is refused or the import was stopped, as sentences. The list is empty for
    /// an import without trouble.
    reasons: Vec<String>,
    /// The price of an import of profiles in DynamoDB, absent until the file is planned, and for imports of other types.
    #[schema(nullable = false)]
    cost: Option<CostShown>,
    /// The effect of a row on the person who has the address of the row already. Absent for imports which change nobody, and
    /// for imports of other types.
    #[schema(nullable = false)]
    update_policy: Option<UpdatePolicyWord>,
    /// The facts found in the file, absent until the file was looked at.
    #[schema(nullable = false)]
    evidence: Option<Evidence>,
    /// The number of projects that the import created. The member is absent until the import has ended.
    #[schema(nullable = false)]
    projects: Option<u64>,
    /// The number of tags that the import created. The member is absent until the import has ended.
    #[schema(nullable = false)]
    tags: Option<u64>,
    /// The number of companies that an import of contacts created. The member is absent until the import has ended, and
    /// for imports of time entries.
    #[schema(nullable = false)]
    companies: Option<u64>,
    /// The names of people who are no users, in ascending order and as spelt in the file. The list holds at most 300 KB
    /// of names, and is absent until the import has ended.
    #[schema(nullable = false)]
    unknown_users: Option<Vec<String>>,
    /// The names of projects which the account lacks and the import may not create, in ascending order. The list holds
    /// at most 300 KB of names, and is absent until the import has ended.
    #[schema(nullable = false)]
    unknown_projects: Option<Vec<String>>,
    /// True if more names are unknown than the two lists show. The member is absent otherwise.
    #[schema(nullable = false)]
    more_unknown_names: Option<bool>,
    /// The first errors of rows in the order of the file, at most 1,000 and at most 200 KB. The member is absent until
    /// the import has ended.
    #[schema(nullable = false)]
    errors: Option<Vec<RowError>>,
    /// The names of the lists in this answer that end early, because the answer would be too long. The member is absent
    /// if every list is whole.
    #[schema(nullable = false)]
    cut: Option<Vec<String>>,
    /// The time at which the import was made.
    created_at: Time,
    /// The time of the last change of status, not of the last loaded row.
    updated_at: Time,
    /// The time at which the last row got its outcome, or the import was stopped or refused. The value
    /// is `null` until then.
    #[schema(required)]
    completed_at: Option<Time>,
    /// The last moment at which the undo of the import can be asked for, or `null` for an import whose undo can be asked for at
    /// any time. Set when the load begins.
    #[schema(required)]
    undo_until: Option<Time>,
    /// The time at which the undo was complete, or `null` for an import which is not undone.
    #[schema(required)]
    reverted_at: Option<Time>,
}

/// A time in UTC with milliseconds, in the form of ISO 8601.
#[derive(ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-03-01T08:00:00.000Z")]
pub struct Time(String);

/// The rows of an import by outcome, each row once.
#[derive(ToSchema)]
struct Counts {
    /// The number of rows that created a record.
    created: u64,
    /// The number of rows that changed a record which stood already.
    updated: u64,
    /// The number of rows that found nothing to create or to change, such as a company which stands already.
    unchanged: u64,
    /// The number of rows left out on purpose, as duplicates or for an unknown user.
    skipped: u64,
    /// The number of rows that deleted a record.
    deleted: u64,
    /// The number of records removed because no row of the file matched them, which are no rows of the file. Absent for an
    /// import without `remove_missing`.
    #[schema(nullable = false)]
    removed_missing: Option<u64>,
    /// The number of rows with an error, which `GET /imports/{id}/errors` groups by cause.
    failed: u64,
    /// The number of rows without an outcome so far.
    pending: u64,
}

/// The progress of the import at the moment of the answer.
#[derive(ToSchema)]
#[schema(as = Progress)]
struct ProgressShown {
    /// The number of rows that have an outcome, from 0 to `rows_known`.
    rows_done: u64,
    /// The number of data rows of the file, or `null` until the file is planned.
    #[schema(required)]
    rows_known: Option<u64>,
    /// The share of rows that have an outcome, from 0 to 100 with one decimal. The share is rounded down, so 100 means
    /// all rows. The value is `null` until the file is planned.
    #[schema(required)]
    percent: Option<f64>,
    /// The number of rows loaded in a second, over the last 60 to 80 seconds and with one decimal. The value is `null`
    /// unless rows are being loaded.
    #[schema(required)]
    rows_per_second: Option<f64>,
    /// The number of seconds until the last row is loaded at this pace. The value is `null` until the load has lasted
    /// five seconds, and without a pace.
    #[schema(required)]
    seconds_left: Option<u64>,
}

/// The price of an import of profiles, or of one that changes people, in capacity units, told before the first row is loaded.
#[derive(ToSchema)]
#[schema(as = Cost)]
struct CostShown {
    /// The way to the records that match rows.
    search: SearchWord,
    /// The units that the search for matches has spent, and the notes of its result.
    join: UnitsShown,
    /// The units that the load of all rows will spend, estimated by the rows and by a few of the records. Of an import of
    /// contacts each person whom a row finds counts as changed, and companies are left out.
    load: UnitsShown,
}

/// The way to the records that match rows.
/// - `nothing`: no record is looked for.
/// - `lookups`: by the index of a key field, or by the number of the profile.
/// - `scan`: by reading every record of the database.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = Search)]
enum SearchWord {
    Nothing,
    Lookups,
    Scan,
}

/// Capacity units of DynamoDB: a read unit for 4 KB read, a write unit for 1 KB written.
#[derive(ToSchema)]
#[schema(as = Units)]
struct UnitsShown {
    /// Units of reads that see every write before.
    read_units: f64,
    /// Units of writes.
    write_units: f64,
}

/// The work that the undo of the import has done so far.
#[derive(ToSchema)]
struct Undone {
    /// The number of chunks that are undone.
    chunks: u64,
    /// The number of entries, or of contacts, that the undo removed.
    removed: u64,
    /// Things and records that stay, because something else refers to each or somebody changed each since. The list has
    /// at most a hundred things and the records of a hundred rows.
    kept: Vec<KeptThing>,
    /// The number of rows whose changes of profiles or people the undo took back. Absent for imports which change nothing
    /// that stood before.
    restored: Option<u64>,
    /// The number of rows whose deletions the undo took back. Absent like `restored`.
    brought_back: Option<u64>,
    /// The number of rows whose changes stay, because somebody changed the same fields since. Absent like
    /// `restored`.
    changes_kept: Option<u64>,
    /// The number of rows whose profile or person was gone at the undo, or whose person belonged to a company which is
    /// gone. Absent like `restored`.
    gone: Option<u64>,
    /// The number of rows whose changes stay, because the former values are those of an undone import whose before-images have
    /// expired. Absent if there is no such row.
    #[schema(nullable = false)]
    expired: Option<u64>,
}

/// A thing or record that stays when its import is undone.
#[derive(ToSchema)]
#[schema(as = Kept)]
struct KeptThing {
    /// The kind of the thing: `user`, `client`, `project`, `tag`, `company`, `person`, `profile` or `subprofile`.
    #[schema(example = "project")]
    kind: String,
    /// The id of the thing among the things of its kind.
    id: u64,
}

/// The units in which the rows are loaded, each committed as a whole.
#[derive(ToSchema)]
struct Chunks {
    /// The number of chunks into which the file is divided, or `null` until the file is planned.
    #[schema(required)]
    planned: Option<u64>,
    /// The number of chunks whose rows have their outcomes, whose entries can be seen.
    committed: u64,
}

/// The facts found in a file: encoding, delimiter, headers and the cells that decide how columns are read. For a
/// refused file these members tell how far the reading came.
#[derive(ToSchema)]
struct Evidence {
    /// The names of the columns in the order of the file, each cut at 200 letters.
    #[schema(nullable = false)]
    headers: Option<Vec<String>>,
    /// Further members: `encoding` and `delimiter` (both `null` for a sheet), `date_order`, `decimal_mark`,
    /// `candidates`, and `evidence`, which is a list of sentences for people.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

/// An error of a row, which leaves all other rows alone unless `on_error` is `abort`.
#[derive(ToSchema)]
pub struct RowError {
    /// The number of the data row within the file, from 1, without the header.
    row: u64,
    /// The line of the file on which the row begins, where the header is on line 1 if nothing stands above.
    line: u64,
    /// The name of the column in the file, or an empty text if the error concerns the whole row.
    column: String,
    /// The code of the error in snake case, for programs.
    #[schema(example = "invalid_date")]
    code: String,
    /// The text of the cell, cut at 80 letters with `…` as the last letter.
    value: String,
    /// A sentence for people about the cause of the error.
    message: String,
}

/// The mapping by which a file is read, given by the request or remembered for the header.
#[derive(ToSchema)]
struct MappingUsed {
    /// The field of each mapped column by the column's name, for example `{"Took": "minutes"}`.
    columns: BTreeMap<String, String>,
    /// The origin of a mapping which the account remembered for the header, or `null` for a mapping
    /// which the request gave.
    #[schema(required)]
    remembered: Option<MappingOrigin>,
}

/// The import by which an account remembers a mapping.
#[derive(ToSchema)]
struct MappingOrigin {
    /// The id of the mapping, for `GET /mappings/{id}`.
    id: u64,
    /// The number of the import which was made with the mapping.
    import: u64,
    /// The time at which the import made with the mapping ended.
    since: Time,
}
