//! The facts that all operations of the Productive door share (errors, tokens, tags), and the shapes of its documents.

mod bodies;
mod resources;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, SchemaType};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, Required, ResponseBuilder, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use bodies::ErrorDocument;
pub use bodies::{CompanyAsked, ImportAsked, PersonAsked};
pub use resources::{CompanyResource, ImportResource, Pages, PersonResource, Single};

use super::shared::{Told, answer_sets, idempotency_key, plain, retry_after};
use crate::productive::query::Endpoint;
use crate::productive::shape::names;

/// The content type of bodies and answers.
const JSON_API: &str = "application/vnd.api+json";
const TOKEN: &str = "productive_token";

/// The groups of operations.
pub fn tags() -> Vec<Tag> {
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    vec![
        tag("Productive: imports", "Imports of companies and people: create, run, revert"),
        tag("Productive: companies", "Companies, imported and made by hand"),
        tag("Productive: people", "Contacts, imported and made by hand, and the users of the organization"),
    ]
}

/// Gives every operation of a path the token of the door.
pub fn secure(item: &mut PathItem) {
    let token = SecurityRequirement::new(TOKEN, Vec::<String>::new());
    for operation in [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
        operation.security = Some(vec![token.clone()]);
    }
}

/// The errors that every operation may answer: 401, 403, 406, 500 and 503.
pub struct Anywhere;
/// 400: the query or the document cannot be taken.
pub struct BadDocument;
/// 404: the organization has no such resource.
pub struct Unknown;
/// 409: the resource in the body is not the one of the path.
pub struct Mismatch;
/// 409: the state of the import does not allow the request.
pub struct AlreadyDone;
/// 429: the organization has as many open imports as its quota allows.
pub struct TooMany;
/// 413 and 415: the body is too large, or of another type.
pub struct Written;
/// 422: attributes are wrong, or the change is not allowed.
pub struct Refused;

const BAD: Told = ("ProductiveBadRequest", 400, "Parameters or the document cannot be taken; each is named");
const UNAUTHENTICATED: Told = ("ProductiveUnauthenticated", 401, "The token or the organization is missing, or ended");
const DENIED: Told = ("ProductiveDenied", 403, "The token is of another organization, or may not do this");
const NOT_FOUND: Told = ("ProductiveNotFound", 404, "The organization has nothing with this id");
const NOT_ACCEPTABLE: Told = ("ProductiveNotAcceptable", 406, "Every JSON:API type in `Accept` has parameters");
const MISMATCH: Told = ("ProductiveMismatch", 409, "Type or id of the body's resource are not those of the path");
const DONE: Told = ("ProductiveAlreadyDone", 409, "The state of the import does not allow this");
const TOO_LARGE: Told =
    ("ProductiveTooLarge", 413, "The body has more than 4 MB, or the rows are larger than a quota of the organization");
const TOO_MANY: Told = ("ProductiveTooMany", 429, "The organization has as many open imports as its quota allows");
const OTHER_TYPE: Told = ("ProductiveOtherType", 415, "The body is not `application/vnd.api+json`");
const INVALID: Told = ("ProductiveInvalid", 422, "Attributes are wrong; each has an error object");
const FAILED: Told = ("ProductiveFailed", 500, "Something went wrong on the server's side");
const BUSY: Told = ("ProductiveBusy", 503, "Too much is being changed at once; the request may be repeated");

const ERRORS: [Told; 13] = [
    BAD,
    UNAUTHENTICATED,
    DENIED,
    NOT_FOUND,
    NOT_ACCEPTABLE,
    MISMATCH,
    DONE,
    TOO_LARGE,
    OTHER_TYPE,
    INVALID,
    TOO_MANY,
    FAILED,
    BUSY,
];

answer_sets! {
    Anywhere: [UNAUTHENTICATED, DENIED, NOT_ACCEPTABLE, FAILED, BUSY],
    BadDocument: [BAD],
    Unknown: [NOT_FOUND],
    Mismatch: [MISMATCH],
    AlreadyDone: [DONE],
    Written: [TOO_LARGE, OTHER_TYPE],
    Refused: [INVALID],
    TooMany: [TOO_MANY],
}

/// Adds the shape of errors and the way to send a token.
pub fn add_components(components: &mut Components) {
    let mut schemas = vec![(ErrorDocument::name().into_owned(), ErrorDocument::schema())];
    ErrorDocument::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (name, status, about) in ERRORS {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorDocument::name()))).build();
        let answer = ResponseBuilder::new().description(about).content(JSON_API, content);
        let answer = if matches!(status, 429 | 503) { answer.header_ref("Retry-After", retry_after()) } else { answer };
        components.responses.insert(name.to_owned(), answer.build().into());
    }
    let header = ApiKeyValue::with_description("X-Auth-Token", "A token of a user of the organization");
    components.security_schemes.insert(TOKEN.to_owned(), SecurityScheme::ApiKey(ApiKey::Header(header)).into());
}

fn header(name: &str, about: &str, required: Required) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(about))
        .schema(Some(plain(Type::String)))
        .build()
}

/// The headers of every request.
pub struct Headers;

impl IntoParams for Headers {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let about = "The number of the organization, which is the account of the token";
        vec![
            header("X-Organization-Id", about, Required::True),
            header(
                "X-Feature-Flags",
                "With `filteringSkipDatetimeCastToDate` filters compare times and not days",
                Required::False,
            ),
        ]
    }
}

/// The header by which a repeated request has the effect of one request.
pub struct Repeatable;

impl IntoParams for Repeatable {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![idempotency_key()]
    }
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

fn number(least: u64) -> Schema {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).build().into()
}

/// A parameter with some of the words, separated by commas.
fn words(name: &str, about: &str, words: Vec<String>) -> Parameter {
    let word = ObjectBuilder::from(plain(Type::String)).enum_values(Some(words));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .style(Some(ParameterStyle::Form))
        .explode(Some(false))
        .description(Some(about))
        .schema(Some(ArrayBuilder::new().items(word)))
        .build()
}

/// The parameters of an endpoint's query.
pub fn query_of(endpoint: &Endpoint) -> Vec<Parameter> {
    let mut parameters = if endpoint.is_list { list_of(endpoint) } else { Vec::new() };
    if !endpoint.includes.is_empty() {
        let paths = endpoint.includes.iter().copied().map(str::to_owned).collect();
        parameters.push(words("include", "Related resources to include; empty for none", paths));
    }
    for (kind, members) in names() {
        let about = format!("The attributes and relationships to show of each resource of the type `{kind}`");
        parameters.push(words(&format!("fields[{kind}]"), &about, members.into_iter().map(str::to_owned).collect()));
    }
    parameters
}

/// The parameters of a list: filters, order and page.
fn list_of(endpoint: &Endpoint) -> Vec<Parameter> {
    let filters = ParameterBuilder::new()
        .name("filter")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .style(Some(ParameterStyle::DeepObject))
        .description(Some(
            "`filter[FIELD]=VALUE`, `filter[FIELD][OPERATOR]=VALUE` and groups by `filter[$op]`; the values of each \
             field are in docs/doors/productive.md",
        ))
        .schema(Some(endpoint.filters.iter().fold(
            ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))),
            |filters, field| filters.property(field.name, ObjectBuilder::new().schema_type(SchemaType::AnyValue)),
        )));
    let orders = endpoint.sorts.iter().flat_map(|field| [(*field).to_owned(), format!("-{field}")]).collect();
    let after = "The cursor of the page's link, empty for the first page; such a list is by id and takes no sort";
    vec![
        filters.build(),
        words("sort", "Fields in descending order with `-`", orders),
        query("page[number]", "The number of the page", number(1)),
        query("page[size]", "The most resources on the page; more than 200 is taken as 200", number(1)),
        query("page[after]", after, plain(Type::String)),
    ]
}

/// Declares the parameters of operations on an endpoint.
macro_rules! described_query {
    ($($name:ident: $endpoint:expr,)+) => {$(
        #[doc = concat!("The parameters which `", stringify!($endpoint), "` takes.")]
        pub struct $name;

        impl utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                $crate::openapi::productive::query_of(&$endpoint)
            }
        }
    )+};
}
pub(crate) use described_query;

fn id(about: &str) -> Vec<Parameter> {
    let id = ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(number(0)));
    vec![id.build()]
}

/// The number of an import in a path.
pub struct ImportNumber;
/// The id of a company in a path.
pub struct CompanyNumber;
/// The id of a person in a path.
pub struct PersonNumber;

impl IntoParams for ImportNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The import's number within the account, from 1")
    }
}

impl IntoParams for CompanyNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The company's id")
    }
}

impl IntoParams for PersonNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The person's id")
    }
}
