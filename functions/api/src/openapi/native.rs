//! The facts that all operations of the native door share: errors, tokens, tags.
//!
//! An operation lists its own answers and adds sets of errors by name, for example
//! `responses((status = 200, …), Everywhere, Unknown)`.

mod bodies;
mod create;
mod imports;
mod lists;
mod made;
mod mappings;
mod schedules;
mod webhooks;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Components, ContentBuilder, Ref, Required, ResponseBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::shared::{Told, answer_sets, idempotency_key, plain, retry_after};
pub use bodies::Description;
pub use bodies::GivenReason;
pub use bodies::ProblemObject;
use bodies::{FieldErrors, RefusedFields};
pub use create::{ImportAsked, ImportForm};
pub use imports::ImportShown;
pub use lists::{
    DeliveriesQuery, HistoryQuery, HistoryRecord, ImportRecord, ImportsQuery, MappingsQuery, OutcomeWord, RecordsQuery,
    RemovedQuery, ResultsQuery, RowStatusWord, SchedulesQuery, WebhooksQuery,
};
pub use made::{ImportMade, PartsAddresses};
pub use mappings::{MappingName, MappingShown};
pub use schedules::{RunsShown, ScheduleAsked, ScheduleChanged, ScheduleShown};
pub use webhooks::{DeliveryShown, SecretShown, WebhookAsked, WebhookChanged, WebhookShown};

/// The tokens of the door, of which a request needs one.
pub fn security() -> Vec<SecurityRequirement> {
    [TOKEN, BEARER].map(|scheme| SecurityRequirement::new(scheme, Vec::<String>::new())).into()
}

const TOKEN: &str = "token";
const BEARER: &str = "bearer";

/// The groups of operations, in the order in which a page of the description shows the groups.
pub fn tags() -> Vec<Tag> {
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    vec![
        tag("Imports", "Imports of files: create, follow, cancel, resume, undo"),
        tag("Mappings", "The meanings of columns that the account has stored for the headers of files"),
        tag("Schedules", "Imports of a file behind an address, again and again"),
        tag("Webhooks", "Addresses to which the events of the account are posted, and the deliveries to them"),
        tag("Description", "This document"),
    ]
}

/// 202: the change is accepted, and the answer is the import as the import is now.
pub struct Accepted;
/// The errors that every operation with a token may answer: 401, 403, 500 and 503.
pub struct Everywhere;
/// 400: fields or parameters of the request are wrong or unknown, and each is named.
pub struct WrongFields;
/// 404: the account has no such import, mapping, schedule or webhook, whether or not another account has one.
pub struct Unknown;
/// 409: the status of the import does not allow the request, and `status_now` names the status.
pub struct Conflict;
/// 413: the body has more than 4 MB, because Lambda takes 6 MB and a body arrives in base64; or the file is larger than a
/// quota of the account.
pub struct TooLarge;
/// 429: the account has as many open imports as its quota allows.
pub struct TooMany;
/// 415: the body has a content type which the operation does not take.
pub struct OtherType;
/// 422: fields are well formed and refused for their values, and each is named.
pub struct Refused;

const ACCEPTED: Told = ("ImportNow", 202, "The import as it is after the change");
const UNAUTHORIZED: Told = ("Unauthorized", 401, "The token is missing, unknown, revoked or expired");
const FORBIDDEN: Told = ("Forbidden", 403, "The token may not do this, or the `Account-Token` is of another account");
const NOT_FOUND: Told = ("NotFound", 404, "The account has nothing with this id, or the id is no number");
const CONFLICT: Told =
    ("Conflict", 409, "The import's status, or its age, does not allow this; `status_now` names the status");
const UNPROCESSABLE: Told = ("Unprocessable", 422, "Fields of the request are understood and refused; each is named");
const FAILED: Told =
    ("Failed", 500, "Something went wrong on the server's side; the header `X-Request-Id` leads to the log");
const BUSY: Told = ("Busy", 503, "Too much is being changed at once; the request may be repeated");
const TOO_LARGE: Told = (
    "TooLarge",
    413,
    "The body has more than 4 MB, and a larger file comes by `upload` or `location`; or the file is larger than a quota of the account",
);
const TOO_MANY: Told = ("TooMany", 429, "The account has as many open imports as its quota allows");
const OTHER_TYPE: Told = ("OtherType", 415, "The body has another content type than the operation names");
const PROBLEMS: [Told; 9] =
    [UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, TOO_LARGE, OTHER_TYPE, TOO_MANY, FAILED, BUSY];
const WRONG_FIELDS: Told = ("WrongFields", 400, "Parameters or fields of the request are wrong; each is named");

answer_sets! {
    Accepted: [ACCEPTED],
    Everywhere: [UNAUTHORIZED, FORBIDDEN, FAILED, BUSY],
    WrongFields: [WRONG_FIELDS],
    Unknown: [NOT_FOUND],
    Conflict: [CONFLICT],
    TooLarge: [TOO_LARGE],
    TooMany: [TOO_MANY],
    OtherType: [OTHER_TYPE],
    Refused: [UNPROCESSABLE],
}

fn response<T: ToSchema>(about: &str) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(T::name()))).build();
    ResponseBuilder::new().description(about).content("application/json", content)
}

/// Adds the shapes of errors, the answers by name, and the ways to send a token.
pub fn add_components(components: &mut Components) {
    for (name, schema) in [
        (ProblemObject::name(), <ProblemObject as utoipa::PartialSchema>::schema()),
        (FieldErrors::name(), <FieldErrors as utoipa::PartialSchema>::schema()),
        (RefusedFields::name(), <RefusedFields as utoipa::PartialSchema>::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    for (name, status, about) in PROBLEMS {
        let answer = response::<ProblemObject>(about);
        let answer = if matches!(status, 429 | 503) { answer.header_ref("Retry-After", retry_after()) } else { answer };
        components.responses.insert(name.to_owned(), answer.build().into());
    }
    components.responses.insert(WRONG_FIELDS.0.to_owned(), response::<FieldErrors>(WRONG_FIELDS.2).build().into());
    let accepted = response::<ImportShown>(ACCEPTED.2).header_ref("Retry-After", retry_after()).build();
    components.responses.insert(ACCEPTED.0.to_owned(), accepted.into());
    let refused = response::<RefusedFields>(UNPROCESSABLE.2).build();
    components.responses.insert(UNPROCESSABLE.0.to_owned(), refused.into());
    let header = ApiKeyValue::with_description(
        "Authorization",
        "`Token KEY` or `Token token=\"KEY\"`, in any case, as clients of the vendor send it",
    );
    components.security_schemes.insert(TOKEN.to_owned(), SecurityScheme::ApiKey(ApiKey::Header(header)).into());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("`Bearer KEY`")).build();
    components.security_schemes.insert(BEARER.to_owned(), SecurityScheme::Http(bearer).into());
}

/// The header of every request with the number of the account, which may be absent.
pub struct Headers;

impl IntoParams for Headers {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let account = ParameterBuilder::new()
            .name("Account-Token")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The number of the token's account, which clients of the vendor send; another number is answered with 403"))
            .schema(Some(plain(Type::String)))
            .build();
        vec![account]
    }
}

/// The header `Idempotency-Key`, by which a repeated request has the effect of a single request.
pub struct Repeatable;

impl IntoParams for Repeatable {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![idempotency_key()]
    }
}

/// The header `If-None-Match`, by which a client asks for an import only if the import has changed.
pub struct Known;

impl IntoParams for Known {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let known = ParameterBuilder::new()
            .name("If-None-Match")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The `ETag` of an earlier answer; an import that has not changed is answered with 304"))
            .schema(Some(plain(Type::String)))
            .build();
        vec![known]
    }
}

/// The number of an import in a path, where anything but digits without leading zeros is answered with 404.
pub struct ImportNumber;
/// The number of a schedule in a path, where anything but digits without leading zeros is answered with 404.
pub struct ScheduleNumber;
/// The id of a mapping in a path, where anything but digits without leading zeros is answered with 404.
pub struct MappingNumber;
/// The number of a webhook in a path, where anything but digits without leading zeros is answered with 404.
pub struct WebhookNumber;
/// The id of a delivery in a path, where any other text is answered with 404.
pub struct DeliveryNumber;

fn id(about: &str) -> Vec<Parameter> {
    let number = utoipa::openapi::ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    let id = ParameterBuilder::new()
        .name("id")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(about))
        .schema(Some(number));
    vec![id.build()]
}

impl IntoParams for ImportNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The number of the import within the account, from 1")
    }
}

impl IntoParams for ScheduleNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The number of the schedule within the account, from 1")
    }
}

impl IntoParams for WebhookNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The number of the webhook within the account, from 1")
    }
}

impl IntoParams for DeliveryNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let delivery = ParameterBuilder::new()
            .name("delivery")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The id of the delivery, as the list of deliveries shows the id"))
            .schema(Some(plain(Type::String)));
        vec![delivery.build()]
    }
}

impl IntoParams for MappingNumber {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        id("The id of the mapping, as the list of mappings shows the id")
    }
}
