//! The shapes of the Noko door's answers.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use serde_json::Value;
use utoipa::ToSchema;

use super::people::UserLink;

/// The body of every error. An error of the server has the same shape, with a message which tells
/// nothing about the inside.
#[derive(ToSchema)]
#[schema(as = NokoError)]
pub struct ErrorShown {
    /// A sentence for people, at most 2,000 letters long.
    #[schema(example = "Validation Failed")]
    message: String,
    /// The wrong fields and parameters, all at once and at most a hundred. Only an answer with status
    /// 422 or 429 has this member.
    #[schema(nullable = false)]
    errors: Option<Vec<FieldWrong>>,
}

/// An error of a field or parameter, in the vendor's terms of resource, field and code.
#[derive(ToSchema)]
#[schema(as = NokoFieldError)]
struct FieldWrong {
    /// The kind of thing that the request names, for example `Import`, `Entry`, `Project`, `Tag`,
    /// `User`, `Group` or `Page`.
    #[schema(example = "Entry")]
    resource: String,
    /// The name of the field or parameter, cut at 200 letters, or `base` where a rule forbids the whole change.
    #[schema(example = "minutes")]
    field: String,
    /// The code of the error: `missing_field` for a field which is needed, `missing` for an id which nothing has,
    /// `invalid`, `already_exists`, `quota_exceeded`, or the name of a rule such as `approved_and_locked`.
    #[schema(example = "missing_field")]
    code: String,
    /// A sentence for people, at most 2,000 letters long. The member is absent where the code says everything.
    #[schema(nullable = false)]
    message: Option<String>,
    /// A mapping which may read a file that no format fits, with its score and its evidence. The member is
    /// absent for other errors.
    #[schema(nullable = false)]
    suggested_mapping: Option<Value>,
}

/// A time in UTC with whole seconds, in the form of ISO 8601.
#[derive(ToSchema)]
#[schema(as = NokoTime, value_type = String, format = DateTime, example = "2026-03-01T08:00:00Z")]
pub struct TimeShown(String);

/// A client of projects in short form. The vendor calls clients groups.
#[derive(ToSchema)]
#[schema(as = NokoGroup)]
pub struct GroupShown {
    /// The id of the client, a number below 2^53.
    id: u64,
    /// The name of the client, at most 500 bytes long and unique without regard to case.
    name: String,
    /// The address of the client in short form.
    url: String,
}

/// A client in full form, with some of the client's projects.
#[derive(ToSchema)]
#[schema(as = NokoProjectGroup)]
pub struct ProjectGroupShown {
    /// The id of the client, the same as in short form.
    id: u64,
    /// The name of the client, at most 500 bytes long and unique without regard to case.
    name: String,
    /// The address of the client in full form.
    url: String,
    /// The projects with the highest ids, at most 100. The list at `projects_url` has all of the client's projects.
    projects: Vec<ProjectLink>,
    /// The address of the list with the entries of all the client's projects.
    entries_url: String,
    /// The address of the list with all projects of the client.
    projects_url: String,
    /// The address to which a POST adds projects without a client.
    add_projects_url: String,
    /// The address to which a PUT takes named projects out of the client.
    remove_projects_url: String,
    /// The address to which a PUT takes all projects out of the client, up to 1,000.
    remove_all_projects_url: String,
    /// The time at which a person or an import made the client.
    created_at: TimeShown,
    /// The time of the last edit of the client, which a change of the client's projects is not.
    updated_at: TimeShown,
}

/// A project inside something else, without its totals.
#[derive(ToSchema)]
#[schema(as = NokoProjectLink)]
struct ProjectLink {
    /// The id of the project, for `GET /projects/{id}`.
    id: u64,
    /// The name of the project, at most 500 bytes long. Two clients may each have a project with the same name.
    name: String,
    /// The billing step in minutes, from 1, in multiples of which time is billed.
    billing_increment: u32,
    /// The same number as `billing_increment`, under the vendor's older name.
    stepping: u32,
    /// False for a project which people have archived.
    enabled: bool,
    /// Whether entries of the project can be billed.
    billable: bool,
    /// The colour of the project as `#rrggbb`, by default `#4b6ea8`.
    #[schema(example = "#ff9900")]
    color: String,
    /// The same text as `color`, under the vendor's older name.
    color_hex: String,
    /// The address of the project with its totals.
    url: String,
}

/// The import that created something, inside this something.
#[derive(ToSchema)]
#[schema(as = NokoImportLink)]
struct ImportLink {
    /// The number of the import within the account, from 1.
    id: u64,
    /// The address of the import at this door.
    url: String,
}

/// A project with its totals. Totals count an import from its end until its undo is asked for, and entries made
/// by hand at once.
#[derive(ToSchema)]
#[schema(as = NokoProject)]
pub struct ProjectShown {
    /// The id of the project, a number below 2^53.
    id: u64,
    /// The name of the project, at most 500 bytes long. Two clients may each have a project with the same name.
    name: String,
    /// The billing step in minutes, from 1, in multiples of which time is billed.
    billing_increment: u32,
    /// The same number as `billing_increment`, under the vendor's older name.
    stepping: u32,
    /// False for a project which people have archived. Entries of an archived project are neither approved nor deleted.
    enabled: bool,
    /// Whether entries of the project can be billed, which is true until an edit by hand.
    billable: bool,
    /// The colour of the project as `#rrggbb`, by default `#4b6ea8`.
    #[schema(example = "#ff9900")]
    color: String,
    /// The same text as `color`, under the vendor's older name.
    color_hex: String,
    /// The address of the project, to which changes are sent as well.
    url: String,
    /// The client of the project in short form, or `null` for a project without a client.
    #[schema(required)]
    group: Option<GroupShown>,
    /// The minutes of all entries, as the sum of their seconds rounded half up.
    minutes: u64,
    /// The minutes of billable entries, rounded like `minutes`.
    billable_minutes: u64,
    /// The minutes of entries which are not billable, rounded like `minutes`.
    unbillable_minutes: u64,
    /// The minutes of entries which a file or a person has marked as invoiced.
    invoiced_minutes: u64,
    /// The budget of the project in minutes, or `null` for a project without a budget.
    #[schema(required)]
    budgeted_minutes: Option<u64>,
    /// The same number as `budgeted_minutes`, under the vendor's older name.
    #[schema(required)]
    budget_minutes: Option<u64>,
    /// The budget less `minutes`, which is negative for a budget exceeded, or `null` without a budget.
    #[schema(required)]
    remaining_minutes: Option<i64>,
    /// The import that created the project, or `null` for a project made by hand and after the undo of the import.
    #[schema(required)]
    import: Option<ImportLink>,
    /// The users who have or had entries in the project, at most the 500 with the lowest ids.
    participants: Vec<UserLink>,
    /// A list which is always empty, because Waybill keeps no invoices.
    invoices: Vec<Value>,
    /// A list which is always empty, because Waybill keeps no goals.
    goals: Vec<Value>,
    /// A list which is always empty, because Waybill keeps no recurring goals.
    recurring_goals: Vec<Value>,
    /// The number of entries in the project, which counts as the totals of minutes do.
    entries: u64,
    /// The address of the list with the entries of the project.
    entries_url: String,
    /// The number of expenses, which is always 0.
    expenses: u64,
    /// The address of the list of expenses, which is always empty.
    expenses_url: String,
    /// The time at which a person or an import made the project.
    created_at: TimeShown,
    /// The time of the last edit of the project, which a change of its entries is not.
    updated_at: TimeShown,
}

/// The projects named by the request that are now projects of the client. Projects which do not exist, or have another
/// client, are left out.
#[derive(ToSchema)]
#[schema(as = NokoProjectsAdded)]
pub struct ProjectsAdded(Vec<ProjectShown>);

/// A tag inside something else, without its number of entries.
#[derive(ToSchema)]
#[schema(as = NokoTagLink)]
struct TagLink {
    /// The id of the tag, for `GET /tags/{id}`.
    id: u64,
    /// The name of the tag without a `#` in front.
    name: String,
    /// False for a tag which makes entries unbillable.
    #[schema(required)]
    billable: Option<bool>,
    /// The name with a `#` in front, as people write the tag in a description.
    #[schema(example = "#design")]
    formatted_name: String,
    /// The address of the tag with its number of entries.
    url: String,
}

/// A tag with its number of entries, which counts as the totals of projects do.
#[derive(ToSchema)]
#[schema(as = NokoTag)]
pub struct TagShown {
    /// The id of the tag, a number below 2^53.
    id: u64,
    /// The name of the tag without a `#` in front, at most 500 bytes long and unique without regard to case.
    name: String,
    /// False for a tag which makes entries unbillable, and by default true.
    #[schema(required)]
    billable: Option<bool>,
    /// The name with a `#` in front, as people write the tag in a description.
    #[schema(example = "#design")]
    formatted_name: String,
    /// The address of the tag, to which changes are sent as well.
    url: String,
    /// The import that created the tag, or `null` for a tag made by hand and after the undo of the import.
    #[schema(required)]
    import: Option<ImportLink>,
    /// The number of entries with the tag, without the entries of imports which are still running.
    entries: u64,
    /// The address of the list with the entries of the tag.
    entries_url: String,
    /// The time at which a person or an import made the tag.
    created_at: TimeShown,
    /// The time of the last edit of the tag, which a change of its entries is not.
    updated_at: TimeShown,
}

/// The tag of a request with `name`, or the new tags of a request with `names`.
#[derive(ToSchema)]
#[schema(as = NokoTagsMade)]
#[serde(untagged)]
pub enum TagsMade {
    /// The tag of a request with `name`, which did not exist before.
    One(TagShown),
    /// The new tags of a request with `names`. Names which exist already or are invalid have no tag here.
    Several(Vec<TagShown>),
}

/// A time entry, imported or made by hand, with merges of projects and tags resolved.
#[derive(ToSchema)]
#[schema(as = NokoEntry)]
pub struct EntryShown {
    /// The id of the entry, `import × 1 000 000 000 + row`, where import 0 stands for entries made by hand.
    id: u64,
    /// The day of the work in the form `YYYY-MM-DD`.
    #[schema(format = Date)]
    date: String,
    /// The user who spent the time.
    #[schema(required)]
    user: Option<UserLink>,
    /// Whether the time can be billed, which is true where a file does not tell.
    billable: bool,
    /// The duration in minutes, rounded half up from seconds, so 89 seconds give 1 and 90 seconds give 2.
    minutes: u64,
    /// The text of the entry with its `#hashtags`, or `null` for an entry without a text.
    #[schema(required)]
    description: Option<String>,
    /// The project on which the time is booked, or `null` without a project.
    #[schema(required)]
    project: Option<ProjectLink>,
    /// The tags of the entry in the order of the file or the text, at most 20.
    tags: Vec<TagLink>,
    /// The web address from which an entry made by hand came, or `null`. Imported entries have none.
    #[schema(required)]
    source_url: Option<String>,
    /// The day on which a person marked the entry as invoiced, as midnight in UTC, or `null` without such a mark.
    #[schema(required)]
    invoiced_at: Option<TimeShown>,
    /// The invoice of the entry, which is always `null`, because Waybill keeps no invoices.
    #[schema(required)]
    invoice: Option<String>,
    /// The time of the approval, or `null` for an entry which is not approved. An approved entry is neither edited
    /// nor deleted by hand.
    #[schema(required)]
    approved_at: Option<TimeShown>,
    /// The user who approved the entry, or `null` without an approval and once the user is deleted.
    #[schema(required)]
    approved_by: Option<UserLink>,
    /// The import that created the entry, or `null` for an entry made by hand.
    #[schema(required)]
    import: Option<ImportLink>,
    /// The address of the entry, to which changes are sent as well.
    url: String,
    /// The time at which the import or the entry by hand was made.
    created_at: TimeShown,
    /// The time of the last edit by hand, or the same as `created_at` before the first edit.
    updated_at: TimeShown,
}

/// The status of an import in the vendor's words: `complete` once no further row can be
/// loaded, and `in_progress` before.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = NokoImportStatus)]
enum StatusWord {
    InProgress,
    Complete,
}

/// The answer to the request which made an import. A request repeated under its `Idempotency-Key` gets the same answer.
#[derive(ToSchema)]
#[schema(as = NokoImportMade)]
pub struct ImportMade {
    /// The number of the import within the account, from 1, which is never used again.
    id: u64,
    /// Whether tags of the file are imported, as asked for and by default true.
    import_tags: bool,
    /// Whether missing projects are created, as asked for and by default true.
    autocreate_projects: bool,
    /// The user who started the import.
    #[schema(required)]
    user: Option<UserLink>,
    /// The user who gets the entries of unknown people, or `null` if rows of unknown people are skipped.
    #[schema(required)]
    fallback_user: Option<UserLink>,
    /// The status, which is always `in_progress` in this answer.
    status: StatusWord,
    /// The address of the import at this door.
    url: String,
    /// The time at which the import was made.
    created_at: TimeShown,
    /// The same time as `created_at`, so that a repeated request gets the same answer.
    updated_at: TimeShown,
}

/// An import of time entries with the numbers of things that the import created.
#[derive(ToSchema)]
#[schema(as = NokoImport)]
pub struct ImportShown {
    /// The number of the import within the account, from 1.
    id: u64,
    /// Whether tags of the file are imported.
    import_tags: bool,
    /// Whether missing projects are created.
    autocreate_projects: bool,
    /// The user who started the import.
    #[schema(required)]
    user: Option<UserLink>,
    /// The user who gets the entries of unknown people, or `null` if rows of unknown people are skipped.
    #[schema(required)]
    fallback_user: Option<UserLink>,
    /// The status: `complete` once no further row can be loaded, also for an import which failed or was stopped.
    status: StatusWord,
    /// The address of the import at this door.
    url: String,
    /// The time at which the import was made.
    created_at: TimeShown,
    /// The time of the last change of status, which loading rows alone does not move.
    updated_at: TimeShown,
    /// The format of the file as found or as asked for, with `table` for a file which a mapping reads, and `auto` until
    /// the format is known.
    #[schema(example = "toggl")]
    r#type: String,
    /// The number of entries that the import created. While the import runs the entries are counted so far.
    entries: u64,
    /// The address of the list with the entries that the import created.
    entries_url: String,
    /// The number of tags that the import created, which a list shows as 0 while the import runs.
    tags: u64,
    /// The address of the list with the tags that the import created.
    tags_url: String,
    /// The number of projects that the import created, which a list shows as 0 while the import runs.
    projects: u64,
    /// The address of the list with the projects that the import created.
    projects_url: String,
    /// The address of the report on the import's rows, which is answered with 204 while the import runs.
    report_url: String,
}

/// The status of an import, for a client which waits for the end.
#[derive(ToSchema)]
#[schema(as = NokoImportState)]
pub struct ImportState {
    /// The status in the vendor's words: `in_progress` or `complete`.
    status: StatusWord,
}

/// A report on the rows of an import which has ended. `entries_imported` and `entries_discarded` add up to the
/// rows of the file.
#[derive(ToSchema)]
#[schema(as = NokoImportReport)]
pub struct ImportReport {
    /// The number of rows whose person is no user, or which name no person at all.
    entries_with_unknown_users: u64,
    /// The names of people who are no users, in ascending order, at most 300 KB of names, each cut at 200 letters.
    unknown_users: Vec<String>,
    /// The errors of rows in the order of the file, at most the first thousand or 200 KB. One more item says how many
    /// rows are left out.
    line_errors: Vec<LineError>,
    /// The names of projects which the account lacks and the import may not create, in ascending order, at most
    /// 300 KB of names.
    unknown_projects: Vec<String>,
    /// The number of rows that created no entry: failed, skipped, or not loaded because the import was stopped.
    entries_discarded: u64,
    /// The number of rows that created an entry, also if somebody deleted the entry since.
    entries_imported: u64,
}

/// An error of a row, or of the whole file.
#[derive(ToSchema)]
#[schema(as = NokoLineError)]
struct LineError {
    /// The line of the file on which the row begins, or 1 for an error of the whole file.
    line: u64,
    /// The cells of the row, each cut at 200 letters and at most 4,000 bytes in all. The list is empty for an error of
    /// the whole file, and if the file was removed.
    fields: Vec<String>,
    /// A sentence for people about the cause, at most 2,000 letters long.
    error: String,
}

/// An expense, of which Waybill keeps none, so no list ever has an item of this shape.
#[derive(ToSchema)]
#[schema(as = NokoExpense)]
pub struct NoExpense {}
