//! The parameters of the Copernica door: the parts of paths, and those of queries.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, Required, Type};

use super::super::shared::plain;
use crate::copernica::{Described, Success};

/// The parts of a path in braces.
pub fn parts_of(path: &str) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let part = |name: &str| {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
        let word = plain(Type::String);
        let (about, schema) = match name {
            "id" if path.starts_with("/database/") => ("The id or the name of the database", word),
            "id" => ("The id, as lists and `X-Created` give the id", number),
            "field" => ("The id or the name of the field", word),
            "collection" => ("The id or the name of the collection", word),
            _ => {
                let words = ["Field", "Interest", "Date", "Change"];
                ("The type of the condition", ObjectBuilder::from(word).enum_values(Some(words)).build())
            }
        };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(about))
            .schema(Some(schema))
            .build()
    };
    names.map(part).collect()
}

fn query(name: &str, about: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
}

/// The parameter for conditions on fields, which is repeated for each condition.
fn conditions(required: Required) -> Parameter {
    let texts = ArrayBuilder::new().items(plain(Type::String)).build();
    ParameterBuilder::new()
        .name("fields[]")
        .parameter_in(ParameterIn::Query)
        .required(required)
        .style(Some(ParameterStyle::Form))
        .explode(Some(true))
        .description(Some(
            "Conditions, which must all hold: the name of a field, `id`, `code` or `modified`; one of `==`, `!=`, `<>`, `<`, \
             `>`, `<=`, `>=`, `=~` and `!~`, where `%` and `_` stand for letters; and a value",
        ))
        .schema(Some(texts))
        .build()
}

/// The parameters of a page.
fn page() -> Vec<Parameter> {
    vec![
        query("start", "The number of items before the page, at most 10,000 for profiles", plain(Type::Integer)),
        query("limit", "The most items on the page: 100 by default, at most 1000", plain(Type::Integer)),
        query("total", "Whether `total` is counted, which is the default", plain(Type::Boolean)),
    ]
}

/// The parameters of an operation's query.
pub fn queries(described: &Described) -> Vec<Parameter> {
    let mut parameters = match described.success {
        Success::List(_) => page(),
        Success::Records(_) => {
            let directions = ["asc", "ascending", "desc", "descending"];
            let direction = ObjectBuilder::from(plain(Type::String)).enum_values(Some(directions)).build();
            let own = vec![
                conditions(Required::False),
                query("orderby", "A field, `id`, `modified` or `random`", plain(Type::String)),
                query("order", "The direction of the order", direction),
                query("dataonly", "Whether items are shown without their place and dates", plain(Type::Boolean)),
            ];
            page().into_iter().chain(own).collect()
        }
        Success::Ids(_) => {
            let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
            vec![
                query("limit", "The most ids, at most 150,000", number.clone()),
                query("after", "The id behind which the list begins", number),
            ]
        }
        Success::ChangedOrMade => {
            vec![query("create", "Whether a record is made if none matches", plain(Type::Boolean))]
        }
        Success::Document(_) | Success::Made | Success::Changed | Success::Removed => Vec::new(),
    };
    if described.has_conditions {
        parameters.push(conditions(Required::True));
    }
    parameters
}
