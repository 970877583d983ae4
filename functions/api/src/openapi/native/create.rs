//! The shapes of the request that creates an import, and of its answer.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::imports::{StatusWord, Time, TypeWord};

/// A new import, with exactly one of `source`, `location` and `upload`. An option left out is found from the file, or has
/// its default.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportAsked {
    /// The file: a text, or an array of objects
    #[schema(nullable = false)]
    source: Option<Source>,
    /// The `https` address from which the service fetches the file
    #[schema(nullable = false, format = "uri")]
    location: Option<String>,
    /// True for a file that the client uploads straight to S3
    #[schema(nullable = false)]
    upload: Option<bool>,
    /// The exact size of an uploaded file in bytes
    #[schema(nullable = false, maximum = 53_687_091_200_u64, example = 744)]
    file_size: Option<u64>,
    /// The name of the import's file for people; `name` is another spelling
    #[schema(example = "March.csv")]
    file_name: Option<String>,
    name: Option<String>,
    /// A text for people, cut at 500 letters
    note: Option<String>,
    /// The kind of the file's rows; `TimeEntryImport` by default. An import of contacts takes none of `format`,
    /// `fallback_user`, `import_tags`, `autocreate_projects`, `autocreate_users`, `date_order` and `decimal_mark`
    r#type: Option<TypeWord>,
    /// The format of a file of time entries; `auto` finds the format
    format: Option<FormatWord>,
    /// The field of each column, for a file that no format fits; `none` also leaves out what the account remembers
    mapping: Option<Value>,
    /// The user who gets the entries of unknown people; `null` skips these rows. By default the caller
    #[schema(minimum = 1)]
    fallback_user: Option<u64>,
    /// False leaves tags out; true by default
    #[schema(nullable = false)]
    import_tags: Option<bool>,
    /// False creates entries without a project where the project is unknown; true by default
    #[schema(nullable = false)]
    autocreate_projects: Option<bool>,
    /// True makes unknown people users; false by default
    #[schema(nullable = false)]
    autocreate_users: Option<bool>,
    /// What happens to a row that is there already; `create` by default, which makes a person whose address is taken an
    /// error of the row
    duplicates: Option<DuplicatesWord>,
    delimiter: Option<DelimiterWord>,
    /// A name of an encoding as browsers know it
    #[schema(example = "utf-8")]
    encoding: Option<String>,
    date_order: Option<DateOrderWord>,
    decimal_mark: Option<DecimalMarkWord>,
    /// The name of a spreadsheet's sheet
    #[schema(max_length = 75)]
    sheet: Option<String>,
    /// The consequence of a failed row; `skip` by default, and `abort` undoes the whole import
    on_error: Option<OnErrorWord>,
    /// False lets the import wait for a start; true by default
    #[schema(nullable = false)]
    autostart: Option<bool>,
}

/// The rows of a file.
#[derive(ToSchema)]
#[serde(untagged)]
enum Source {
    /// A file as text
    Text(String),
    /// Rows, each with the value of each column
    Rows(Vec<BTreeMap<String, Value>>),
}

/// A new import with its file in the body.
#[derive(ToSchema)]
pub struct ImportForm {
    /// The file
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The name of the import's file for people; `name` is another spelling
    #[schema(example = "March.csv")]
    file_name: Option<String>,
    name: Option<String>,
    /// A text for people, cut at 500 letters
    note: Option<String>,
    /// The kind of the file's rows; `TimeEntryImport` by default. An import of contacts takes none of `format`,
    /// `fallback_user`, `import_tags`, `autocreate_projects`, `autocreate_users`, `date_order` and `decimal_mark`
    r#type: Option<TypeWord>,
    /// The format of a file of time entries; `auto` finds the format
    format: Option<FormatWord>,
    /// The field of each column, for a file that no format fits; `none` also leaves out what the account remembers
    mapping: Option<String>,
    /// The user who gets the entries of unknown people; `null` skips these rows. By default the caller
    #[schema(minimum = 1)]
    fallback_user: Option<u64>,
    /// False leaves tags out; true by default
    #[schema(nullable = false)]
    import_tags: Option<bool>,
    /// False creates entries without a project where the project is unknown; true by default
    #[schema(nullable = false)]
    autocreate_projects: Option<bool>,
    /// True makes unknown people users; false by default
    #[schema(nullable = false)]
    autocreate_users: Option<bool>,
    /// What happens to a row that is there already; `create` by default, which makes a person whose address is taken an
    /// error of the row
    duplicates: Option<DuplicatesWord>,
    delimiter: Option<DelimiterWord>,
    /// A name of an encoding as browsers know it
    #[schema(example = "utf-8")]
    encoding: Option<String>,
    date_order: Option<DateOrderWord>,
    decimal_mark: Option<DecimalMarkWord>,
    /// The name of a spreadsheet's sheet
    #[schema(max_length = 75)]
    sheet: Option<String>,
    /// The consequence of a failed row; `skip` by default, and `abort` undoes the whole import
    on_error: Option<OnErrorWord>,
    /// False lets the import wait for a start; true by default
    #[schema(nullable = false)]
    autostart: Option<bool>,
}

/// The consequence of a failed row.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = OnError)]
pub enum OnErrorWord {
    Skip,
    Abort,
}

/// A format of files.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = Format)]
pub enum FormatWord {
    Auto,
    Tempo,
    Toggl,
    Harvest,
    Freshbooks,
    Basecamp,
    Freckle,
}

/// What happens to a row that is there already.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = Duplicates)]
pub enum DuplicatesWord {
    Create,
    Skip,
}

/// The character between two cells.
#[derive(ToSchema)]
#[schema(as = Delimiter)]
pub enum DelimiterWord {
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "|")]
    Bar,
    #[serde(rename = "tab")]
    Tab,
}

/// The order of day, month and year.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = DateOrder)]
pub enum DateOrderWord {
    Ymd,
    Mdy,
    Dmy,
}

/// The character before the decimals of a number.
#[derive(ToSchema)]
#[schema(as = DecimalMark)]
pub enum DecimalMarkWord {
    #[serde(rename = ".")]
    Dot,
    #[serde(rename = ",")]
    Comma,
}

/// A new import.
#[derive(ToSchema)]
#[schema(as = NewImport)]
pub struct ImportMade {
    id: u64,
    r#type: TypeWord,
    status: StatusWord,
    file_name: String,
    #[schema(required)]
    note: Option<String>,
    created_at: Time,
    /// The address of the import
    #[schema(format = "uri")]
    url: String,
    /// The address from which the file is fetched, without its query
    #[schema(nullable = false)]
    location: Option<String>,
    /// How to upload the file; absent once the file is there
    #[schema(nullable = false)]
    upload: Option<UploadAddress>,
}

/// A request that uploads a file, or the requests that upload its parts.
#[derive(ToSchema)]
#[serde(untagged)]
enum UploadAddress {
    /// The whole file in one request
    Whole(WholeAddress),
    /// A part in each request
    Parts(PartsAddresses),
}

/// A request that uploads a file.
#[derive(ToSchema)]
struct WholeAddress {
    #[schema(example = "PUT")]
    method: String,
    #[schema(format = "uri")]
    url: String,
    /// Headers that the request has to send
    headers: BTreeMap<String, String>,
    /// The seconds for which the address is valid
    expires_in: u64,
}

/// Requests that upload the parts of a file.
#[derive(ToSchema)]
pub struct PartsAddresses {
    #[schema(example = "PUT")]
    method: String,
    /// The size of each part but the last in bytes
    part_size: u64,
    part_count: u32,
    parts: Vec<PartAddress>,
    /// The address of the next parts; `null` behind the last
    #[schema(required)]
    next_parts: Option<String>,
    /// The address to which the ETags of all parts are sent
    #[schema(format = "uri")]
    complete: String,
    /// The seconds for which the addresses are valid
    expires_in: u64,
}

/// A request that uploads a part.
#[derive(ToSchema)]
struct PartAddress {
    part_number: u32,
    /// The size of the part in bytes
    size: u64,
    #[schema(format = "uri")]
    url: String,
    /// Headers that the request has to send
    headers: BTreeMap<String, String>,
}
