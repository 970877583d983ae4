//! The shapes of the Noko door's requests. An object with a further field is refused, except that a PUT may send fields
//! back as an answer showed them.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use utoipa::ToSchema;

/// The fields of an entry. A new entry needs a date, and either minutes or hours. An entry which is approved is
/// not changed: 422 `approved_and_locked`.
#[derive(ToSchema)]
#[schema(as = NokoEntryFields)]
#[serde(deny_unknown_fields)]
pub struct EntryFields {
    /// The day of the work in the form `YYYY-MM-DD` and no other.
    #[schema(format = Date, nullable = false, example = "2026-03-01")]
    date: Option<String>,
    /// The duration in whole minutes, at most 60,000,000, which is about a hundred years. The minutes shown by an
    /// answer leave the entry's seconds as they are.
    #[schema(maximum = 60_000_000, nullable = false, example = 90)]
    minutes: Option<u64>,
    /// The duration in hours, rounded to seconds, at most 1,000,000. `hours` beside `minutes` is answered with 422.
    #[schema(minimum = 0, maximum = 1_000_000, nullable = false)]
    hours: Option<f64>,
    /// The id of the user who spent the time, by default the caller. `null` leaves the user as before.
    user_id: Option<u64>,
    /// The id of the project, which counts more than `project_name`. `null` removes the project unless a name is given.
    project_id: Option<u64>,
    /// The name of the project without regard to case and spacing, at most 500 bytes. A project without a client is
    /// made if no project has the name.
    project_name: Option<String>,
    /// The text of the entry, at most 100,000 bytes, in which `#design` is a tag. A new text takes the tags of the old
    /// text along, and `null` or an empty text removes the text.
    description: Option<String>,
    /// The names of tags besides those in the text, at most 20 in all and 500 bytes each. Missing tags are made, and a
    /// `*` behind a name makes the entry unbillable.
    #[schema(nullable = false)]
    tags: Option<Vec<String>>,
    /// Whether the time can be billed, by default true.
    #[schema(nullable = false)]
    billable: Option<bool>,
    /// An `http` or `https` address of at most 100,000 bytes. `null` or an empty text removes the address.
    source_url: Option<String>,
}

/// The fields of a project, of which a new project needs the name. A field left out keeps its value,
/// or has its default.
#[derive(ToSchema)]
#[schema(as = NokoProjectFields)]
#[serde(deny_unknown_fields)]
pub struct ProjectFields {
    /// The name, at most 500 bytes long. A name which another project of the same client has is
    /// answered with 422 `already_exists`.
    #[schema(nullable = false, min_length = 1, example = "Cranes")]
    name: Option<String>,
    /// Whether entries of the project can be billed, by default true.
    #[schema(nullable = false)]
    billable: Option<bool>,
    /// False archives the project, true takes the project back into use. The default is true.
    #[schema(nullable = false)]
    enabled: Option<bool>,
    /// The billing step in minutes, from 1 to 4,294,967,295 and by default 1. `stepping` is an older spelling.
    #[schema(nullable = false, minimum = 1)]
    billing_increment: Option<u32>,
    /// The colour as `#rrggbb`, where the `#` may be missing, by default `#4b6ea8`. `color_hex` is an older spelling.
    #[schema(nullable = false, pattern = "^#?[0-9a-fA-F]{6}$")]
    color: Option<String>,
    /// The budget in minutes, of which `null` removes the budget. `budget_minutes` is an older spelling.
    budgeted_minutes: Option<u64>,
    /// The id of the client, of which `null` removes the client. An id which no client has is
    /// answered with 422 `missing`.
    project_group_id: Option<u64>,
    /// The name of a client instead of `project_group_id`, at most 500 bytes long. The client is made unless a
    /// client has the name.
    group_name: Option<String>,
}

/// The fields of a tag, of which a new tag needs the name.
#[derive(ToSchema)]
#[schema(as = NokoTagFields)]
#[serde(deny_unknown_fields)]
pub struct TagFields {
    /// The name, at most 500 bytes long, with or without `#` in front. With `*` behind, the tag makes entries
    /// unbillable, and a name which another tag has is answered with 422 `already_exists`.
    #[schema(nullable = false, min_length = 1, example = "design")]
    name: Option<String>,
    /// False for a tag which makes entries unbillable. The default is true, and counts more than a `*` behind the name.
    #[schema(nullable = false)]
    billable: Option<bool>,
}

/// The fields of a new tag, or the names of several new tags.
#[derive(ToSchema)]
#[schema(as = NokoTagOrTags)]
#[serde(deny_unknown_fields)]
pub struct TagOrTags {
    /// The name of the new tag, at most 500 bytes long, with or without `#` in front.
    #[schema(nullable = false, min_length = 1, example = "design")]
    name: Option<String>,
    /// False for a tag which makes entries unbillable, by default true.
    #[schema(nullable = false)]
    billable: Option<bool>,
    /// The names of at most 1,000 new tags, instead of the other fields. Names which exist already or are invalid are
    /// skipped without an error.
    #[schema(nullable = false, max_items = 1000)]
    names: Option<Vec<String>>,
}

/// The fields of a user, of which a new user needs the e-mail address. A deactivated user is
/// not changed: 422 `deactivated`.
#[derive(ToSchema)]
#[schema(as = NokoUserFields)]
#[serde(deny_unknown_fields)]
pub struct UserFields {
    /// The address, at most 500 bytes long and unique among the users and contacts of the account. An address which
    /// somebody has is answered with 422 `already_exists`.
    #[schema(nullable = false, format = "email", example = "ada@example.com")]
    email: Option<String>,
    /// The first name, together with the last name at most 500 bytes long. `null` leaves the name as before, and an
    /// empty text removes the name.
    first_name: Option<String>,
    /// The last name, together with the first name at most 500 bytes long. `null` leaves the name as before, and an
    /// empty text removes the name.
    last_name: Option<String>,
    /// The role, by default `leader`, which permits nothing by itself. `null` leaves the role as before.
    role: Option<RoleWord>,
}

/// A role in the vendor's present words, or in older words: `admin` means `supervisor`, `member` means `leader`,
/// and `freelancer` means `contractor`.
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

/// The fields of a new client with projects, which may come as query parameters too. Both fields are needed.
#[derive(ToSchema)]
#[schema(as = NokoGroupFields)]
#[serde(deny_unknown_fields)]
pub struct GroupFields {
    /// The name of the client, at most 500 bytes long. A name which another client has is
    /// answered with 422 `already_exists`.
    #[schema(min_length = 1, example = "Harbour")]
    name: String,
    /// The ids of at most 1,000 projects, which leave their present clients. An id which no project has is answered
    /// with 422 `missing`, and no client is made.
    #[schema(max_items = 1000)]
    project_ids: Vec<u64>,
}

/// A new name of a client, whose projects stay as before.
#[derive(ToSchema)]
#[schema(as = NokoGroupName)]
#[serde(deny_unknown_fields)]
pub struct GroupName {
    /// The name, at most 500 bytes long and unique among clients without regard to case.
    #[schema(nullable = false, min_length = 1)]
    name: Option<String>,
}

/// Some projects of the account. Projects which do not exist, or which a rule keeps as they are, are left
/// out without an error.
#[derive(ToSchema)]
#[schema(as = NokoProjectIds)]
#[serde(deny_unknown_fields)]
pub struct ProjectIds {
    /// The ids of at most 1,000 projects. A text with commas is taken as a list, too.
    #[schema(max_items = 1000)]
    project_ids: Vec<u64>,
}

/// Some tags of the account. Tags which do not exist, or which a rule keeps as they are, are left out without an error.
#[derive(ToSchema)]
#[schema(as = NokoTagIds)]
#[serde(deny_unknown_fields)]
pub struct TagIds {
    /// The ids of at most 1,000 tags. A text with commas is taken as a list, too.
    #[schema(max_items = 1000)]
    tag_ids: Vec<u64>,
}

/// Some entries of the account. Entries which do not exist, or which a rule keeps as they are, are left
/// out without an error.
#[derive(ToSchema)]
#[schema(as = NokoEntryIds)]
#[serde(deny_unknown_fields)]
pub struct EntryIds {
    /// The ids of at most 1,000 entries. More ids are answered with 422 `invalid`.
    entry_ids: Vec<u64>,
}

/// The project that is merged into the project of the path.
#[derive(ToSchema)]
#[schema(as = NokoMergedProject)]
#[serde(deny_unknown_fields)]
pub struct MergedProject {
    /// The id of the project, whose entries count to the project of the path from then on. An archived project is
    /// answered with 422 `archived_project`.
    project_id: u64,
}

/// The tag that is merged into the tag of the path.
#[derive(ToSchema)]
#[schema(as = NokoMergedTag)]
#[serde(deny_unknown_fields)]
pub struct MergedTag {
    /// The id of the tag, which entries read as the tag of the path from then on. At most 5,000 entries may have both
    /// tags, and more are answered with 422 `too_many_entries`.
    tag_id: u64,
}

/// The time at which an entry was approved in the caller's name. An entry which is approved already is
/// answered with 422 `already_approved`.
#[derive(ToSchema)]
#[schema(as = NokoApproval)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The time in ISO 8601 with an offset, for example `2026-03-01T08:00:00Z`. The present time is the
    /// default, also for `null`.
    #[schema(format = DateTime)]
    approved_at: Option<String>,
}

/// Some entries, and the time at which the entries were approved in the caller's name.
#[derive(ToSchema)]
#[schema(as = NokoApprovalOfEntries)]
#[serde(deny_unknown_fields)]
pub struct ApprovalOfEntries {
    /// The ids of at most 1,000 entries. More ids are answered with 422 `invalid`.
    entry_ids: Vec<u64>,
    /// The time in ISO 8601 with an offset. The present time is the default, also for `null`.
    #[schema(format = DateTime)]
    approved_at: Option<String>,
}

/// The day on which an entry was invoiced, where `null` removes the mark.
#[derive(ToSchema)]
#[schema(as = NokoInvoicing)]
#[serde(deny_unknown_fields)]
pub struct Invoicing {
    /// The day in the form `YYYY-MM-DD`, or `null`. The field is needed.
    #[schema(required, format = Date)]
    date: Option<String>,
}

/// Some entries, and the day on which the entries were invoiced.
#[derive(ToSchema)]
#[schema(as = NokoInvoiceOfEntries)]
#[serde(deny_unknown_fields)]
pub struct InvoiceOfEntries {
    /// The ids of at most 1,000 entries. More ids are answered with 422 `invalid`.
    entry_ids: Vec<u64>,
    /// The day in the form `YYYY-MM-DD`, or `null` to remove the marks. The field is needed.
    #[schema(required, format = Date)]
    date: Option<String>,
}

/// An object without fields, for requests whose path says everything. A request without a body means the same.
#[derive(ToSchema)]
#[schema(as = NokoNoFields)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// A file with options, as a multipart body or as a form of pairs. A further field is answered with 422 by its name. An
/// empty option counts as not given, except for `fallback_user`.
#[derive(ToSchema)]
#[schema(as = NokoFileForm)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// The content of the file. The whole body may have 4 MB, and a larger body is answered with 422 `too_large`.
    #[schema(value_type = String, content_media_type = "application/octet-stream")]
    file: Vec<u8>,
    /// The name under which people see the file, cut at 200 letters. The name of the multipart part is the default.
    file_name: Option<String>,
    /// The format of the file: `tempo`, `toggl`, `harvest`, `freshbooks`, `basecamp` or `freckle`. With `auto`, the
    /// default, the format is found from the header.
    r#type: Option<String>,
    /// The id of the user who gets the entries of unknown people, by default the caller. `null` or an empty text skips
    /// the rows of unknown people, and an id which no user has is answered with 422 `missing`.
    fallback_user: Option<String>,
    /// False imports entries without the tags of the file. The default is true.
    import_tags: Option<bool>,
    /// False creates entries without a project where the account does not have the project. The default is true.
    create_projects: Option<bool>,
    /// An older spelling of `create_projects`, which counts more if both are sent.
    autocreate_projects: Option<bool>,
    /// The vendor's spelling of `field_delimiter`, which counts less if both are sent.
    field_delimeter: Option<String>,
    /// The character between two cells: `,`, `;`, `|` or `tab`. By default the delimiter is found from the file, and
    /// one which does not fit is answered with 422 `invalid_field_delimiter`.
    field_delimiter: Option<String>,
    /// Another spelling of `field_delimiter`, which counts more if both are sent.
    delimiter: Option<String>,
    /// The order of day, month and year in dates: `ymd`, `mdy` or `dmy`. The option is needed only if the file
    /// leaves the order open.
    date_order: Option<String>,
    /// The character before the decimals of numbers: `.` or `,`. The option is needed only if the file
    /// leaves the mark open.
    decimal_mark: Option<String>,
    /// The label of the file's encoding by the Encoding Standard, for example `windows-1252`. By default the encoding
    /// is found from the file.
    encoding: Option<String>,
    /// The JSON of an object of columns and their fields, for example `{"Day": "date", "Took": "minutes"}`, at most
    /// 16,000 bytes. The word `none` also leaves out the mapping which the account remembers for the header.
    mapping: Option<String>,
    /// The name of the sheet to read from an `.xlsx` file, at most 300 bytes long. By default the only visible sheet
    /// whose header fits is read.
    sheet: Option<String>,
    /// True creates a user for each unknown person in the file. The default is false.
    autocreate_users: Option<bool>,
    /// The treatment of a row which an earlier import has created already. By default, `create`, an entry is created
    /// again, and `skip` leaves the row out.
    duplicates: Option<String>,
}
