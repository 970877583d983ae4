//! The shapes of the records of lists, and the lists' query parameters, which are described from the parser's own table.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{Required, Type};
use utoipa::{IntoParams, ToSchema};

use super::imports::{StatusWord, Time, TypeWord};
use crate::native::parameters::{FEWEST, HISTORY, IMPORTS, List, MAPPINGS, MOST, PER_PAGE, RECORDS, RESULTS};

/// Declares the query parameters of lists, from the tables by which the lists read their queries.
macro_rules! queries {
    ($($(#[$doc:meta])* $query:ident: $list:ident),+ $(,)?) => {$(
        $(#[$doc])*
        pub struct $query;

        impl IntoParams for $query {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                of_list(&$list)
            }
        }
    )+};
}

queries! {
    /// The query parameters of `GET /imports`.
    ImportsQuery: IMPORTS,
    /// The query parameters of `GET /imports/{id}/history`.
    HistoryQuery: HISTORY,
    /// The query parameters of `GET /imports/{id}/results`.
    ResultsQuery: RESULTS,
    /// The query parameters of `GET /imports/{id}/records`.
    RecordsQuery: RECORDS,
    /// The query parameters of `GET /mappings`.
    MappingsQuery: MAPPINGS,
}

/// The parameters that a list accepts.
pub fn of_list(list: &List) -> Vec<Parameter> {
    list.parameters.iter().map(|name| parameter(list, name)).collect()
}

fn parameter(list: &List, name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let (about, schema) = match name {
        "start_cursor" => ("`next_cursor` of the page before; empty for the first page", text.max_length(Some(512))),
        "per_page" => {
            let number = ObjectBuilder::new().schema_type(Type::Integer).default(Some(PER_PAGE.into()));
            ("The number of records of a page", number.minimum(Some(FEWEST)).maximum(Some(MOST)))
        }
        _ if name.ends_with("[include]") => {
            let words = list.included.iter().find(|words| name == format!("filter[{}][include]", words.field));
            let example = words.map(|words| words.known[..2].join(",")).unwrap_or_default();
            ("Words, separated by commas, one of which has to fit", text.examples([example]))
        }
        _ if name.starts_with("sort[") => {
            ("Sorts the list by this field; one sort at a time", text.enum_values(Some(["asc", "desc"])))
        }
        _ if name.ends_with("_at][lt]") => ("Keeps what is earlier than a time", time()),
        _ if name.ends_with("_at][lte]") => ("Keeps what is not later than a time", time()),
        _ if name.ends_with("_at][gt]") => ("Keeps what is later than a time", time()),
        _ if name.ends_with("_at][gte]") => ("Keeps what is not earlier than a time", time()),
        _ => ("", text),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about).filter(|about| !about.is_empty()))
        .schema(Some(schema.build()))
        .build()
}

/// A date, which is the start of the day in UTC, or a time with an offset. A field takes one operator at a time.
fn time() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .description(Some("A date, or a date and time with an offset such as 2026-03-01T08:00:00+01:00"))
}

/// An import in a list.
#[derive(ToSchema)]
pub struct ImportRecord {
    id: u64,
    #[schema(required)]
    completed_at: Option<Time>,
    file_name: String,
    /// The size of the file in bytes; `"0"` until the file is there
    file_size: String,
    #[schema(required)]
    note: Option<String>,
    r#type: TypeWord,
    status: StatusWord,
    created_at: Time,
    updated_at: Time,
}

/// A change of an import's status.
#[derive(ToSchema)]
pub struct HistoryRecord {
    at: Time,
    /// The status that the import got
    status: StatusWord,
    /// `user 7`, or the name of the function that made the change by itself
    #[schema(example = "user 7")]
    by: String,
    #[schema(required)]
    reason: Option<String>,
}

/// The status of a row in the words of the vendor, and `deleted`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = RowStatus)]
pub enum RowStatusWord {
    Created,
    Updated,
    Unaffected,
    Deleted,
    Error,
    Pending,
}

/// The outcome of a row.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = RowOutcome)]
pub enum OutcomeWord {
    Created,
    Updated,
    Unchanged,
    Skipped,
    Deleted,
    Failed,
    Pending,
}
