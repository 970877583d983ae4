//! The shapes of the request that creates an import.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::imports::TypeWord;

/// Declares the body of a request that creates an import: the members of its way, and behind them the options, which are the
/// same in each way. A struct for the options inside both bodies would be `allOf` in the description, of which each part
/// would refuse the members of the other.
macro_rules! creation {
    ($(#[$about:meta])* $name:ident { $($way:tt)* }, mapping: $mapping:ident, keys: $keys:ty) => {
        #[derive(ToSchema)]
        $(#[$about])*
        pub struct $name {
            $($way)*
            /// The name under which people see the file, by default the name of the part or of the URL's path. Only
            /// the last part of a path is kept, cut at 200 letters. `name` is another spelling, and two different
            /// names are answered with 400.
            #[schema(example = "March.csv")]
            file_name: Option<String>,
            /// Another spelling of `file_name`, for clients which send the older name of the option.
            name: Option<String>,
            /// A remark for people, which the list and the import show. Notes are cut at 500 letters, and a note of
            /// more than 16,000 bytes is answered with 400.
            note: Option<String>,
            /// The kind of the file's rows, by default `TimeEntryImport`. An import of contacts takes none of `format`,
            /// `fallback_user`, `import_tags`, `autocreate_projects`, `autocreate_users`, `date_order` and
            /// `decimal_mark`, and answers each with 400.
            r#type: Option<TypeWord>,
            /// The format of a file of time entries. With `auto`, the default, the format is found from the header.
            format: Option<FormatWord>,
            /// The field of each column, for a file which no format fits, for example
            /// `{"Day": "date", "Took": "minutes"}`. The object may have 16,000 bytes, and the name of a column 200
            /// bytes. The word `none` also leaves out the mapping which the account remembers for the header.
            mapping: Option<$mapping>,
            /// The id of the user who gets the entries of unknown people, by default the caller. With `null` the rows
            /// of unknown people are skipped. The id of a user whom the account does not have is answered with 422.
            #[schema(minimum = 1)]
            fallback_user: Option<u64>,
            /// False imports entries without the tags of the file. The default is true.
            #[schema(nullable = false)]
            import_tags: Option<bool>,
            /// False creates entries without a project where the account does not have the project. The default is
            /// true, and missing projects are created.
            #[schema(nullable = false)]
            autocreate_projects: Option<bool>,
            /// True creates a user for each unknown person in the file. The default is false, and
            /// `fallback_user` gets these entries.
            #[schema(nullable = false)]
            autocreate_users: Option<bool>,
            /// The treatment of a row which an earlier import has created already. By default, `create`, an entry is
            /// created again, and a person whose address is taken is an error of the row. `skip` beside an `update_policy`
            /// of contacts which lets rows change people is answered with 400.
            duplicates: Option<DuplicatesWord>,
            /// The character between two cells, which is found from the file by default. A delimiter which does not fit
            /// a file in the body is answered with 422.
            delimiter: Option<DelimiterWord>,
            /// The label of the file's encoding by the Encoding Standard, for example `utf-8` or `windows-1252`. By
            /// default the encoding is found from the file.
            #[schema(example = "utf-8")]
            encoding: Option<String>,
            /// The order of day, month and year in the file's dates. The option is needed only if the file's dates
            /// leave the order open.
            date_order: Option<DateOrderWord>,
            /// The character before the decimals of the file's numbers. The option is needed only if the file's numbers
            /// leave the mark open.
            decimal_mark: Option<DecimalMarkWord>,
            /// The name of the sheet to read from an `.xlsx` file, compared without regard to case. By default the only
            /// visible sheet whose header fits is read, and a file with several such sheets is refused by their names.
            #[schema(max_length = 75)]
            sheet: Option<String>,
            /// The consequence of a failed row. By default, `skip`, all other rows are loaded, and `abort`
            /// undoes the whole import.
            on_error: Option<OnErrorWord>,
            /// False keeps the import at `new` until `POST /imports/{id}/start`, also after the file has come.
            /// The default is true.
            #[schema(nullable = false)]
            autostart: Option<bool>,
            /// The id or the name of the database of a `ProfileImport`, which needs one. This option and those below
            /// belong to imports of profiles, `update_policy` also to imports of contacts, and other imports answer each
            /// with 400.
            #[schema(example = "Customers")]
            database: Option<String>,
            /// The effect of a row on the profile which its key finds. The default is `add` without `key_fields`, and
            /// otherwise `update or add`.
            action: Option<ActionWord>,
            /// The fields by which a row finds its profile and its subprofile: names of fields, `ID`, and
            /// `Collection.Field`. All of them must match. In a form the names are separated by commas.
            key_fields: Option<$keys>,
            /// True leaves a field alone whose cell is empty. The default is false, and an empty cell empties the field.
            #[schema(nullable = false)]
            ignore_empty_fields: Option<bool>,
            /// The treatment of a value which the field cannot hold. By default, `error`, the row fails; with `empty`
            /// the cell counts as empty, and the result of the row names the cell.
            invalid_values: Option<InvalidValuesWord>,
            /// The quotes around the cells of a file of profiles, found from the file by default.
            quote: Option<QuoteWord>,
            /// The record which a row of `action=delete` removes, by default the profile.
            delete_target: Option<DeleteTargetWord>,
            /// The treatment of a row whose key has several matches. By default, `first`, the row writes to the match
            /// with the lowest id, and its result names the others.
            matches: Option<MatchesWord>,
            /// The effect of an update on a match. By default, `overwrite`, each cell is written. Of a `ContactImport` the
            /// match is the person with the address of the row, an empty cell leaves the field alone, and without this
            /// option rows change nobody.
            update_policy: Option<UpdatePolicyWord>,
            /// True removes, once every row is loaded, the profiles which no row matched; with key fields of a collection,
            /// the subprofiles of matching profiles. Nothing is removed if a row fails. The default is false.
            #[schema(nullable = false)]
            remove_missing: Option<bool>,
            /// The largest share of the database's profiles, or of the collection's subprofiles, that `remove_missing` may
            /// remove. If more are missing, the import fails before any row is loaded. The default is 0.1.
            #[schema(minimum = 0.0, maximum = 1.0)]
            remove_missing_share: Option<f64>,
            /// True to build the views of the database again when the import has ended, and once more after its undo.
            #[schema(nullable = false)]
            rebuild: Option<bool>,
            /// True to send a message to the queue of follow-ups for each profile and subprofile which the import or its undo
            /// writes.
            #[schema(nullable = false)]
            followups: Option<bool>,
        }
    };
}

creation! {
    /// A new import, with exactly one of `source`, `location` and `upload`. An option left out is found from the file,
    /// or has its default. A member which is not known, or is given twice, is answered with 400 by its name.
    #[serde(deny_unknown_fields)]
    ImportAsked {
        /// The file within the body, which may have 4 MB in all, as a text or as an array of objects. An array is
        /// stored as sent, and its file is named `source.json` unless `file_name` says otherwise.
        #[schema(nullable = false)]
        source: Option<Source>,
        /// The `https` address from which the service fetches the file, at most 2,048 bytes long, on port 443 and
        /// without user name and password. The file may have 2 GiB, and an address which is never fetched, such as a
        /// private one, is answered with 422.
        #[schema(nullable = false, format = "uri")]
        location: Option<String>,
        /// True for a file which the client uploads straight to S3 after this request. `file_size` is needed beside
        /// `upload`, and `false` counts as not given.
        #[schema(nullable = false)]
        upload: Option<bool>,
        /// The exact size of an uploaded file in bytes, from 1 to 50 GiB. A file above 5 GiB is uploaded in parts, and
        /// a size without `upload` is answered with 400.
        #[schema(nullable = false, maximum = 53_687_091_200_u64, example = 744)]
        file_size: Option<u64>,
    }, mapping: Value, keys: Vec<String>
}

creation! {
    /// The order for the imports of a schedule, with the members of a new import whose file is fetched from an address. A member
    /// which is not known is answered with 400 by its name behind `import.`.
    #[serde(deny_unknown_fields)]
    ScheduledImport {
        /// The `https` address from which the service fetches the file, with the bounds of a new import's `location`.
        #[schema(format = "uri")]
        location: String,
    }, mapping: Value, keys: Vec<String>
}

creation! {
    /// A new import with its file in the body, which may have 4 MB in all. Options stand before or behind the file, and
    /// a field left empty counts as not given.
    ImportForm {
        /// The content of the file, in exactly one part with the name `file`. An empty file, a second file, or no file
        /// at all is answered with 400.
        #[schema(value_type = String, format = Binary)]
        file: Vec<u8>,
    }, mapping: String, keys: String
}

/// The rows of a file, as the text of the file or as JSON.
#[derive(ToSchema)]
#[serde(untagged)]
enum Source {
    /// The text of a file, for example `"date,person,minutes\n2026-03-01,Ada,90"`.
    Text(String),
    /// Rows, each with the value of each column. All rows together may have 1,000 different columns, and an object or a
    /// list as a value is an error of its row.
    Rows(Vec<BTreeMap<String, Value>>),
}

/// The effect of a row on a match and without one: `add` makes a profile in any case, `update` changes the match,
/// `update or add` makes what is not there, `ignore or add` leaves a match alone, and `delete` removes the match.
#[derive(ToSchema)]
#[schema(as = ProfileAction)]
pub enum ActionWord {
    #[serde(rename = "add")]
    Add,
    #[serde(rename = "update")]
    Update,
    #[serde(rename = "update or add")]
    UpdateOrAdd,
    #[serde(rename = "ignore or add")]
    IgnoreOrAdd,
    #[serde(rename = "delete")]
    Delete,
}

/// The treatment of a value which a field of profiles cannot hold: an error of the row, or an empty cell.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = InvalidValues)]
pub enum InvalidValuesWord {
    Error,
    Empty,
}

/// The quotes around cells: `"` or apostrophes.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = QuoteMark)]
pub enum QuoteWord {
    Double,
    Single,
}

/// The record which a deleting row removes: the profile with its subprofiles, or the subprofile alone.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = DeleteTarget)]
pub enum DeleteTargetWord {
    Profile,
    Subprofile,
}

/// The treatment of a row with several matches: the lowest id acts, all of them do, or the row is an error.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = Matches)]
pub enum MatchesWord {
    First,
    All,
    Refuse,
}

/// The effect of an update on a match: each cell is written, only empty fields are filled, or the match stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = UpdatePolicy)]
pub enum UpdatePolicyWord {
    Overwrite,
    FillEmpty,
    Skip,
}

/// The consequence of a failed row: `skip` leaves the row out and loads all others, `abort` undoes the import,
/// which ends as `failed`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = OnError)]
pub enum OnErrorWord {
    Skip,
    Abort,
}

/// A format of files of time entries, by the program which wrote the file. `auto` finds the format from the header.
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

/// The treatment of a row which is there already: `create` loads the row again, `skip` leaves the row out
/// with the code `already_there`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = Duplicates)]
pub enum DuplicatesWord {
    Create,
    Skip,
}

/// The character between two cells of a line, with the word `tab` for the tabulator.
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

/// The order of day, month and year in dates, for example `dmy` for `01.03.2026`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = DateOrder)]
pub enum DateOrderWord {
    Ymd,
    Mdy,
    Dmy,
}

/// The character before the decimals of a number, which is a point or a comma.
#[derive(ToSchema)]
#[schema(as = DecimalMark)]
pub enum DecimalMarkWord {
    #[serde(rename = ".")]
    Dot,
    #[serde(rename = ",")]
    Comma,
}
