//! The parameters of the Noko door, described from the table by which queries are parsed.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat};
use utoipa::openapi::{Required, Type};

use super::super::shared::plain;
use crate::noko::Parameters;

/// The parameters of pages, which lists read and other endpoints accept and ignore.
const PAGES: [&str; 3] = ["page", "per_page", "after"];

/// The id in a path, where anything but digits without leading zeros is answered with 404.
pub fn id() -> Parameter {
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(number))
        .build()
}

/// The query parameters of an endpoint, to which those of pages are added if the endpoint answers a list.
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

/// A number that is at least 0, such as an id.
fn number() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
}

fn format(format: KnownFormat) -> ObjectBuilder {
    ObjectBuilder::from(plain(Type::String)).format(Some(SchemaFormat::KnownFormat(format)))
}

fn words<const N: usize>(words: [&'static str; N]) -> ObjectBuilder {
    ObjectBuilder::from(plain(Type::String)).enum_values(Some(words))
}

/// The schema of a parameter with a single value, by the parameter's name.
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

/// A sentence about a parameter whose name does not say everything, or an empty text.
fn about(name: &str) -> &'static str {
    match name {
        "page" => "The number of the page, from 1; a page behind the end is empty",
        "per_page" => "The number of items of a page, from 1; more than 1000 is lowered to 1000",
        "after" => "The place behind which the page begins, as the `next` link of the page before gives it",
        "name" | "description" | "email" => {
            "A part of the text, compared without regard to case; an empty text matches everything"
        }
        "tag_filter_type" => {
            "The meaning of several tags: `and` for entries with all of them, the default, `any` for entries with at \
             least one, `combination of` for entries with all of them and no further tag"
        }
        "stepping" | "format" | "users" | "projects" | "tags" | "imports" | "invoices" => {
            "An older spelling; if both spellings are given, both have to match"
        }
        "billing_increment" => "The billing step of a project in minutes",
        "enabled" => "`true` for projects in use, `false` for archived projects",
        "billable" => {
            "`true` for things that can be billed, `false` for the rest; `1`, `yes`, `0` and `no` are taken as well"
        }
        "invoiced" => "`true` for entries that a file or a person has marked as invoiced, `false` for the rest",
        "user" => "The id of the user who started the import",
        "fallback_user" => {
            "The id of the user who gets the entries of unknown people, or `null` for imports without such a user"
        }
        "import_tags" => "Whether the import takes the tags of its file",
        "autocreate_projects" => "Whether the import creates missing projects",
        "type" => "The format of the file, as found or, before that, as asked for",
        "role" => "The role of a user; `admin` means `supervisor`, `member` `leader`, and `freelancer` `contractor`",
        "state" => "The state of a user; nobody is `pending` or `suspended`",
        "from" => {
            "The first day to match, such as 2026-03-01: the day of an entry, or in UTC that of an import's creation"
        }
        "to" => {
            "The last day to match, such as 2026-03-31: the day of an entry, or in UTC that of an import's creation"
        }
        "invoiced_at_from" | "approved_at_from" => {
            "The first day of the mark to match, in UTC; entries without the mark do not match"
        }
        "invoiced_at_to" | "approved_at_to" => {
            "The last day of the mark to match, in UTC; entries without the mark do not match"
        }
        "updated_from" => "The earliest time of the last change to match, with an offset, such as 2026-03-01T08:00:00Z",
        "updated_to" => "The latest time of the last change to match, with an offset; the whole second is included",
        "invoice_ids" => "Ids of invoices, of which Waybill has none; a list that is given matches nothing",
        "tag_ids" => "Ids of tags, separated by commas, read by `tag_filter_type`; an empty list matches nothing",
        name if name.ends_with("_ids") => {
            "Ids, separated by commas, of which one has to fit; an empty list matches nothing, an id that nothing has \
             is no error"
        }
        _ => "",
    }
}
