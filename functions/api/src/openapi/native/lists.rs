//! The shapes of the records of lists, and the lists' query parameters, which are described from the parser's own table.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{Required, Type};
use utoipa::{IntoParams, ToSchema};

use super::imports::{StatusWord, Time, TypeWord};
use crate::native::parameters::{
    DELIVERIES, FEWEST, HISTORY, IMPORTS, List, MAPPINGS, MOST, PER_PAGE, RECORDS, REMOVED, RESULTS, SCHEDULES,
    WEBHOOKS,
};

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
    /// The query parameters of `GET /imports/{id}/removed`.
    RemovedQuery: REMOVED,
    /// The query parameters of `GET /mappings`.
    MappingsQuery: MAPPINGS,
    /// The query parameters of `GET /schedules`.
    SchedulesQuery: SCHEDULES,
    /// The query parameters of `GET /webhooks`.
    WebhooksQuery: WEBHOOKS,
    /// The query parameters of `GET /webhooks/{id}/deliveries`.
    DeliveriesQuery: DELIVERIES,
}

/// The parameters that a list accepts.
pub fn of_list(list: &List) -> Vec<Parameter> {
    list.parameters.iter().map(|name| parameter(list, name)).collect()
}

fn parameter(list: &List, name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let (about, schema) = match name {
        "start_cursor" => (
            "`next_cursor` of the page before, at most 512 letters; empty for the first page. A cursor may be sent alone, \
             and filters and sorts beside a cursor have to be those of the first page",
            text.max_length(Some(512)),
        ),
        "per_page" => {
            let number = ObjectBuilder::new().schema_type(Type::Integer).default(Some(PER_PAGE.into()));
            let about = "The most records of the page; the number may change from page to page";
            (about, number.minimum(Some(FEWEST)).maximum(Some(MOST)))
        }
        _ if name.ends_with("[include]") => {
            let words = list.included.iter().find(|words| name == format!("filter[{}][include]", words.field));
            let example = words.map(|words| words.known[..2].join(",")).unwrap_or_default();
            (
                "Words in lower case, separated by commas, one of which has to fit; an unknown word is answered with 400",
                text.examples([example]),
            )
        }
        _ if name.starts_with("sort[") => (
            "Sorts the list by this field, and records with equal values by id; a second sort is answered with 400",
            text.enum_values(Some(["asc", "desc"])),
        ),
        _ if name.ends_with("_at][lt]") => ("Keeps the imports whose time is earlier", time()),
        _ if name.ends_with("_at][lte]") => ("Keeps the imports whose time is not later", time()),
        _ if name.ends_with("_at][gt]") => ("Keeps the imports whose time is later", time()),
        _ if name.ends_with("_at][gte]") => ("Keeps the imports whose time is not earlier", time()),
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
        .description(Some(
            "A date, which is the start of the day in UTC, or a date and time with an offset such as \
             2026-03-01T08:00:00+01:00; a field takes one operator at a time",
        ))
}

/// An import in a list, as the import is at the moment of the answer.
#[derive(ToSchema)]
pub struct ImportRecord {
    /// The number of the import within the account, from 1.
    id: u64,
    /// The time at which the last row got its outcome, or the import was stopped or refused. The value
    /// is `null` until then.
    #[schema(required)]
    completed_at: Option<Time>,
    /// The name of the file as people see the name, which is never empty.
    file_name: String,
    /// The size of the file in bytes, written as a text. The value is `"0"` until the file is there.
    file_size: String,
    /// A remark for people of at most 500 letters, or `null` for an import without a note.
    #[schema(required)]
    note: Option<String>,
    /// The kind of the import's rows, which never changes.
    r#type: TypeWord,
    /// The state of the import at the moment of the answer.
    status: StatusWord,
    /// The time at which the import was made, in the same order as the ids.
    created_at: Time,
    /// The time of the last change of status, not of the last loaded row.
    updated_at: Time,
}

/// A change of an import's status, which is written once and never changes.
#[derive(ToSchema)]
pub struct HistoryRecord {
    /// The time of the change, which no other change of the import has.
    at: Time,
    /// The status that the import got by the change.
    status: StatusWord,
    /// The author of the change: `user` with the id of a user, or the name of the function that made
    /// the change by itself.
    #[schema(example = "user 7")]
    by: String,
    /// The reason which the caller or the function gave, at most 500 letters of a caller's, or `null` without a reason.
    #[schema(required)]
    reason: Option<String>,
}

/// The status of a row in the words of the vendor, and `deleted`. `unaffected` stands for the outcomes `unchanged` and
/// `skipped`, and `error` for `failed`.
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

/// The outcome of a row in the words of the counts. A row is `pending` until its chunk is committed.
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
