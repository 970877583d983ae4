//! The parameters of the Noko door, described from the table by which queries are parsed.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{Required, Type};

use super::super::shared::plain;
use crate::noko::Parameters;

/// The parameters of pages, which lists read and other endpoints ignore.
const PAGES: [&str; 3] = ["page", "per_page", "after"];

/// The id in a path.
pub fn id() -> Parameter {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(number))
        .build()
}

/// The query parameters of an endpoint; those of pages if the endpoint answers a list.
pub fn of_endpoint(parameters: &Parameters, is_list: bool) -> Vec<Parameter> {
    let pages = PAGES.iter().filter(|_| is_list);
    let single = pages.chain(parameters.single).map(|name| query(name).schema(Some(single(name).build())));
    let lists = parameters.lists.iter().map(|name| {
        let ids = ArrayBuilder::new().items(number()).build();
        query(name).style(Some(ParameterStyle::Form)).explode(Some(false)).schema(Some(ids))
    });
    single.chain(lists).map(ParameterBuilder::build).collect()
}

fn query(name: &str) -> ParameterBuilder {
    let about = about(name);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about).filter(|about| !about.is_empty()))
}

/// A number that is at least 0.
fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
}

fn format(format: KnownFormat) -> ObjectBuilder {
    ObjectBuilder::from(plain(Type::String)).format(Some(SchemaFormat::KnownFormat(format)))
}

fn words<const N: usize>(words: [&'static str; N]) -> ObjectBuilder {
    ObjectBuilder::from(plain(Type::String)).enum_values(Some(words))
}

/// The schema of a parameter with a single value.
fn single(name: &str) -> ObjectBuilder {
    match name {
        "page" => number().minimum(Some(1)).default(Some(1.into())),
        "per_page" => number().minimum(Some(1)).default(Some(30.into())),
        "after" => ObjectBuilder::from(plain(Type::String)).pattern(Some("^[0-9]{1,9}\\.[0-9]{1,15}(\\.[0-9]{1,6})?$")),
        "billable" | "invoiced" | "enabled" | "taxable" | "import_tags" | "autocreate_projects" => {
            ObjectBuilder::from(plain(Type::Boolean))
        }
        "updated_from" | "updated_to" => format(KnownFormat::DateTime),
        name if name == "from"
            || name == "to"
            || name.ends_with("_from")
            || name.ends_with("_to") && !name.starts_with("price") =>
        {
            format(KnownFormat::Date)
        }
        "billing_increment" | "stepping" => number().maximum(Some(u32::MAX)),
        "user" => number(),
        "fallback_user" => ObjectBuilder::from(plain(Type::String)).pattern(Some("^(null|0|[1-9][0-9]{0,15})$")),
        "tag_filter_type" => words(["and", "any", "combination of"]),
        "role" => words(["supervisor", "leader", "coworker", "contractor", "admin", "member", "freelancer"]),
        "state" => words(["active", "disabled", "pending", "suspended"]),
        "type" | "format" => words(["tempo", "toggl", "harvest", "freshbooks", "basecamp", "freckle"]),
        _ => ObjectBuilder::from(plain(Type::String)),
    }
}

/// A sentence about a parameter whose name does not say everything.
fn about(name: &str) -> &'static str {
    match name {
        "page" => "The number of the page, from 1",
        "per_page" => "The number of items of a page, at most 1000",
        "after" => "Where the page begins; as the links of a page give it",
        "name" | "description" | "email" => "A part of the text, in any case",
        "tag_filter_type" => "How several tags are meant; `and` by default",
        "stepping" | "format" | "users" | "projects" | "tags" | "imports" | "invoices" => "An older spelling",
        "fallback_user" => "The id of a user, or `null`",
        name if name.ends_with("_ids") => "Ids, separated by commas; an empty list matches nothing",
        _ => "",
    }
}
