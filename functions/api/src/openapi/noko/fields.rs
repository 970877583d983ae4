//! The shapes of the Noko door's requests. An object with a further field is refused, except that a PUT may send fields
//! back as an answer showed them.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use utoipa::ToSchema;

/// The fields of an entry. A new entry needs a date, and either minutes or hours.
#[derive(ToSchema)]
#[schema(as = NokoEntryFields)]
#[serde(deny_unknown_fields)]
pub struct EntryFields {
    #[schema(format = Date, nullable = false, example = "2026-03-01")]
    date: Option<String>,
    #[schema(maximum = 60_000_000, nullable = false, example = 90)]
    minutes: Option<u64>,
    #[schema(minimum = 0, maximum = 1_000_000, nullable = false)]
    hours: Option<f64>,
    user_id: Option<u64>,
    project_id: Option<u64>,
    /// The name of a project, which counts if no `project_id` is given
    project_name: Option<String>,
    /// May contain tags, such as `#design`
    description: Option<String>,
    #[schema(nullable = false)]
    tags: Option<Vec<String>>,
    #[schema(nullable = false)]
    billable: Option<bool>,
    source_url: Option<String>,
}

/// The fields of a project. A new project needs a name.
#[derive(ToSchema)]
#[schema(as = NokoProjectFields)]
#[serde(deny_unknown_fields)]
pub struct ProjectFields {
    #[schema(nullable = false, min_length = 1, example = "Cranes")]
    name: Option<String>,
    #[schema(nullable = false)]
    billable: Option<bool>,
    #[schema(nullable = false)]
    enabled: Option<bool>,
    #[schema(nullable = false, minimum = 1)]
    billing_increment: Option<u32>,
    #[schema(nullable = false, pattern = "^#?[0-9a-fA-F]{6}$")]
    color: Option<String>,
    budgeted_minutes: Option<u64>,
    project_group_id: Option<u64>,
    /// The name of a client, instead of `project_group_id`
    group_name: Option<String>,
}

/// The fields of a tag. A new tag needs a name.
#[derive(ToSchema)]
#[schema(as = NokoTagFields)]
#[serde(deny_unknown_fields)]
pub struct TagFields {
    /// With or without `#` in front; with `*` behind, the tag makes entries unbillable
    #[schema(nullable = false, min_length = 1, example = "design")]
    name: Option<String>,
    #[schema(nullable = false)]
    billable: Option<bool>,
}

/// A tag, or the names of several tags.
#[derive(ToSchema)]
#[schema(as = NokoTagOrTags)]
#[serde(deny_unknown_fields)]
pub struct TagOrTags {
    #[schema(nullable = false, min_length = 1, example = "design")]
    name: Option<String>,
    #[schema(nullable = false)]
    billable: Option<bool>,
    /// Names of tags, instead of the other fields
    #[schema(nullable = false, max_items = 1000)]
    names: Option<Vec<String>>,
}

/// The fields of a user. A new user needs an e-mail address.
#[derive(ToSchema)]
#[schema(as = NokoUserFields)]
#[serde(deny_unknown_fields)]
pub struct UserFields {
    #[schema(nullable = false, format = "email", example = "ada@example.com")]
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    role: Option<RoleWord>,
}

#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = NokoRoleWord)]
enum RoleWord {
    Supervisor,
    Leader,
    Coworker,
    Contractor,
    Admin,
    Member,
    Freelancer,
}

/// A new client with projects.
#[derive(ToSchema)]
#[schema(as = NokoGroupFields)]
#[serde(deny_unknown_fields)]
pub struct GroupFields {
    #[schema(min_length = 1, example = "Harbour")]
    name: String,
    #[schema(max_items = 1000)]
    project_ids: Vec<u64>,
}

/// A new name of a client.
#[derive(ToSchema)]
#[schema(as = NokoGroupName)]
#[serde(deny_unknown_fields)]
pub struct GroupName {
    #[schema(nullable = false, min_length = 1)]
    name: Option<String>,
}

/// Projects.
#[derive(ToSchema)]
#[schema(as = NokoProjectIds)]
#[serde(deny_unknown_fields)]
pub struct ProjectIds {
    #[schema(max_items = 1000)]
    project_ids: Vec<u64>,
}

/// Tags.
#[derive(ToSchema)]
#[schema(as = NokoTagIds)]
#[serde(deny_unknown_fields)]
pub struct TagIds {
    #[schema(max_items = 1000)]
    tag_ids: Vec<u64>,
}

/// Entries.
#[derive(ToSchema)]
#[schema(as = NokoEntryIds)]
#[serde(deny_unknown_fields)]
pub struct EntryIds {
    entry_ids: Vec<u64>,
}

/// The project that is merged into the project of the path.
#[derive(ToSchema)]
#[schema(as = NokoMergedProject)]
#[serde(deny_unknown_fields)]
pub struct MergedProject {
    project_id: u64,
}

/// The tag that is merged into the tag of the path.
#[derive(ToSchema)]
#[schema(as = NokoMergedTag)]
#[serde(deny_unknown_fields)]
pub struct MergedTag {
    tag_id: u64,
}

/// When an entry was approved; now by default.
#[derive(ToSchema)]
#[schema(as = NokoApproval)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    #[schema(format = DateTime)]
    approved_at: Option<String>,
}

/// Entries, and when they were approved.
#[derive(ToSchema)]
#[schema(as = NokoApprovalOfEntries)]
#[serde(deny_unknown_fields)]
pub struct ApprovalOfEntries {
    entry_ids: Vec<u64>,
    #[schema(format = DateTime)]
    approved_at: Option<String>,
}

/// The day of an invoice; `null` removes the mark.
#[derive(ToSchema)]
#[schema(as = NokoInvoicing)]
#[serde(deny_unknown_fields)]
pub struct Invoicing {
    #[schema(required, format = Date)]
    date: Option<String>,
}

/// Entries, and the day of their invoice.
#[derive(ToSchema)]
#[schema(as = NokoInvoiceOfEntries)]
#[serde(deny_unknown_fields)]
pub struct InvoiceOfEntries {
    entry_ids: Vec<u64>,
    #[schema(required, format = Date)]
    date: Option<String>,
}

/// An object without fields.
#[derive(ToSchema)]
#[schema(as = NokoNoFields)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// A file with options, as a form.
#[derive(ToSchema)]
#[schema(as = NokoFileForm)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// The file, of at most 4 MB
    #[schema(value_type = String, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    file_name: Option<String>,
    /// The format of the file; found by default
    r#type: Option<String>,
    /// The id of the user who gets the entries of unknown people; `null` skips these rows. By default the caller
    fallback_user: Option<String>,
    import_tags: Option<bool>,
    create_projects: Option<bool>,
    /// An older spelling of `create_projects`
    autocreate_projects: Option<bool>,
    /// The vendor's spelling of `field_delimiter`
    field_delimeter: Option<String>,
    /// `,`, `;`, `|` or `tab`
    field_delimiter: Option<String>,
    /// Another spelling of `field_delimiter`
    delimiter: Option<String>,
    /// `ymd`, `mdy` or `dmy`
    date_order: Option<String>,
    decimal_mark: Option<String>,
    encoding: Option<String>,
    /// The JSON of an object of columns and their fields
    mapping: Option<String>,
    /// The name of a spreadsheet's sheet
    sheet: Option<String>,
    autocreate_users: Option<bool>,
    /// `create` or `skip`
    duplicates: Option<String>,
}
