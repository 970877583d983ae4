//! The shapes of the Noko door's answers.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use serde_json::Value;
use utoipa::ToSchema;

use super::people::UserLink;

/// An error.
#[derive(ToSchema)]
#[schema(as = NokoError)]
pub struct ErrorShown {
    #[schema(example = "Validation Failed")]
    message: String,
    /// The wrong fields and parameters, with status 422
    #[schema(nullable = false)]
    errors: Option<Vec<FieldWrong>>,
}

/// An error of a field or parameter.
#[derive(ToSchema)]
#[schema(as = NokoFieldError)]
struct FieldWrong {
    #[schema(example = "Entry")]
    resource: String,
    #[schema(example = "minutes")]
    field: String,
    #[schema(example = "missing_field")]
    code: String,
    #[schema(nullable = false)]
    message: Option<String>,
    /// A mapping that may read the file
    #[schema(nullable = false)]
    suggested_mapping: Option<Value>,
}

/// A time in UTC.
#[derive(ToSchema)]
#[schema(as = NokoTime, value_type = String, format = DateTime, example = "2026-03-01T08:00:00Z")]
pub struct TimeShown(String);

/// A client in short form.
#[derive(ToSchema)]
#[schema(as = NokoGroup)]
pub struct GroupShown {
    id: u64,
    name: String,
    url: String,
}

/// A client with some of its projects.
#[derive(ToSchema)]
#[schema(as = NokoProjectGroup)]
pub struct ProjectGroupShown {
    id: u64,
    name: String,
    url: String,
    /// At most 100 projects
    projects: Vec<ProjectLink>,
    entries_url: String,
    projects_url: String,
    add_projects_url: String,
    remove_projects_url: String,
    remove_all_projects_url: String,
    created_at: TimeShown,
    updated_at: TimeShown,
}

/// A project inside something else.
#[derive(ToSchema)]
#[schema(as = NokoProjectLink)]
struct ProjectLink {
    id: u64,
    name: String,
    billing_increment: u32,
    stepping: u32,
    enabled: bool,
    billable: bool,
    #[schema(example = "#ff9900")]
    color: String,
    color_hex: String,
    url: String,
}

/// An import inside something else.
#[derive(ToSchema)]
#[schema(as = NokoImportLink)]
struct ImportLink {
    id: u64,
    url: String,
}

/// A project with its totals.
#[derive(ToSchema)]
#[schema(as = NokoProject)]
pub struct ProjectShown {
    id: u64,
    name: String,
    billing_increment: u32,
    stepping: u32,
    enabled: bool,
    billable: bool,
    #[schema(example = "#ff9900")]
    color: String,
    color_hex: String,
    url: String,
    #[schema(required)]
    group: Option<GroupShown>,
    minutes: u64,
    billable_minutes: u64,
    unbillable_minutes: u64,
    invoiced_minutes: u64,
    #[schema(required)]
    budgeted_minutes: Option<u64>,
    #[schema(required)]
    budget_minutes: Option<u64>,
    #[schema(required)]
    remaining_minutes: Option<i64>,
    /// The import that created the project
    #[schema(required)]
    import: Option<ImportLink>,
    /// The users with entries in the project, at most 500
    participants: Vec<UserLink>,
    /// Always empty
    invoices: Vec<Value>,
    /// Always empty
    goals: Vec<Value>,
    /// Always empty
    recurring_goals: Vec<Value>,
    /// The number of entries
    entries: u64,
    entries_url: String,
    /// Always 0
    expenses: u64,
    expenses_url: String,
    created_at: TimeShown,
    updated_at: TimeShown,
}

/// The projects that are now of the client.
#[derive(ToSchema)]
#[schema(as = NokoProjectsAdded)]
pub struct ProjectsAdded(Vec<ProjectShown>);

/// A tag inside something else.
#[derive(ToSchema)]
#[schema(as = NokoTagLink)]
struct TagLink {
    id: u64,
    name: String,
    #[schema(required)]
    billable: Option<bool>,
    #[schema(example = "#design")]
    formatted_name: String,
    url: String,
}

/// A tag.
#[derive(ToSchema)]
#[schema(as = NokoTag)]
pub struct TagShown {
    id: u64,
    name: String,
    #[schema(required)]
    billable: Option<bool>,
    #[schema(example = "#design")]
    formatted_name: String,
    url: String,
    /// The import that created the tag
    #[schema(required)]
    import: Option<ImportLink>,
    /// The number of entries
    entries: u64,
    entries_url: String,
    created_at: TimeShown,
    updated_at: TimeShown,
}

/// The tag of a request with `name`, or the new tags of a request with `names`.
#[derive(ToSchema)]
#[schema(as = NokoTagsMade)]
#[serde(untagged)]
pub enum TagsMade {
    One(TagShown),
    Several(Vec<TagShown>),
}

/// A time entry.
#[derive(ToSchema)]
#[schema(as = NokoEntry)]
pub struct EntryShown {
    id: u64,
    #[schema(format = Date)]
    date: String,
    #[schema(required)]
    user: Option<UserLink>,
    billable: bool,
    minutes: u64,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    project: Option<ProjectLink>,
    tags: Vec<TagLink>,
    #[schema(required)]
    source_url: Option<String>,
    #[schema(required)]
    invoiced_at: Option<TimeShown>,
    /// Always `null`
    #[schema(required)]
    invoice: Option<String>,
    #[schema(required)]
    approved_at: Option<TimeShown>,
    #[schema(required)]
    approved_by: Option<UserLink>,
    /// `null` for an entry made by hand
    #[schema(required)]
    import: Option<ImportLink>,
    url: String,
    created_at: TimeShown,
    updated_at: TimeShown,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = NokoImportStatus)]
enum StatusWord {
    InProgress,
    Complete,
}

/// A new import.
#[derive(ToSchema)]
#[schema(as = NokoImportMade)]
pub struct ImportMade {
    id: u64,
    import_tags: bool,
    autocreate_projects: bool,
    #[schema(required)]
    user: Option<UserLink>,
    #[schema(required)]
    fallback_user: Option<UserLink>,
    status: StatusWord,
    url: String,
    created_at: TimeShown,
    updated_at: TimeShown,
}

/// An import with the numbers of things that it created.
#[derive(ToSchema)]
#[schema(as = NokoImport)]
pub struct ImportShown {
    id: u64,
    import_tags: bool,
    autocreate_projects: bool,
    #[schema(required)]
    user: Option<UserLink>,
    #[schema(required)]
    fallback_user: Option<UserLink>,
    status: StatusWord,
    url: String,
    created_at: TimeShown,
    updated_at: TimeShown,
    /// The format of the file; `auto` until the format is known
    #[schema(example = "toggl")]
    r#type: String,
    entries: u64,
    entries_url: String,
    tags: u64,
    tags_url: String,
    projects: u64,
    projects_url: String,
    report_url: String,
}

/// The status of an import.
#[derive(ToSchema)]
#[schema(as = NokoImportState)]
pub struct ImportState {
    status: StatusWord,
}

/// What became of an import's rows.
#[derive(ToSchema)]
#[schema(as = NokoImportReport)]
pub struct ImportReport {
    entries_with_unknown_users: u64,
    unknown_users: Vec<String>,
    line_errors: Vec<LineError>,
    unknown_projects: Vec<String>,
    entries_discarded: u64,
    entries_imported: u64,
}

/// An error of a row, or of the whole file.
#[derive(ToSchema)]
#[schema(as = NokoLineError)]
struct LineError {
    line: u64,
    /// The cells of the row
    fields: Vec<String>,
    error: String,
}

/// An expense, of which Waybill has none.
#[derive(ToSchema)]
#[schema(as = NokoExpense)]
pub struct NoExpense {}
