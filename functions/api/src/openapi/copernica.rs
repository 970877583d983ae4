//! The description of the Copernica door: the facts that all operations share, and the shapes of bodies. The table of
//! operations ([`crate::copernica`]) has the rest.

mod answers;
mod bodies;
mod parameters;

use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Type,
};

pub use answers::{
    CollectionShown, DatabaseShown, FieldShown, IdentityShown, ImportShown, InterestShown, Pages, ProfileShown,
    RuleShown, SubprofileShown, Values, ViewShown,
};
use answers::{CopernicaErrorShown, IdsShown};
pub use bodies::{
    CollectionFields, ConditionFields, DatabaseFields, FieldFields, ImportFields, InterestFields, InterestsGiven,
    ProfileFields, ProfilesToDelete, RuleFields, ViewFields,
};
pub use parameters::{parts_of, queries};

use super::shared::{Schemas, Shape, Told, plain, retry_after, shape};
use crate::copernica::{Success, offered_everywhere};

/// The path of the door.
const DOOR: &str = "/v3";
/// The token in the query, as the vendor's clients send the token.
const TOKEN: &str = "copernica_query";
/// The scheme which this door shares with the native door.
const BEARER: &str = "bearer";

const REFUSED: Told = (
    "CopernicaRefused",
    400,
    "Any error of the request: the token, the path, the method, an id that nothing has, the body, a rule that forbids the \
     change. The vendor's client takes every other status for a success",
);
const FAILED: Told = ("CopernicaFailed", 500, "Something went wrong on the server's side");
const BUSY: Told = ("CopernicaBusy", 503, "Too much is being changed at once; the request may be repeated");

/// The ways to send the token, of which a request needs one.
pub fn security() -> Vec<SecurityRequirement> {
    [TOKEN, BEARER].map(|name| SecurityRequirement::new(name, Vec::<String>::new())).to_vec()
}

/// The groups of operations, by the first part of the path.
pub fn tags() -> Vec<Tag> {
    let tag = |name: &str, about: &str| TagBuilder::new().name(name).description(Some(about)).build();
    vec![
        tag("Copernica: imports", "Imports of profiles and subprofiles, which change and remove what is there"),
        tag("Copernica: databases", "Databases with their fields, interests and collections"),
        tag("Copernica: profiles", "Profiles and subprofiles, imported and made by hand"),
        tag("Copernica: views", "Selections of profiles by rules"),
    ]
}

/// The group of a path's operations.
pub fn tag_of(path: &str) -> String {
    let group = match path.split('/').nth(1).unwrap_or_default() {
        "import" | "imports" => "imports",
        "view" | "rule" | "condition" => "views",
        "profile" | "subprofile" => "profiles",
        _ => "databases",
    };
    format!("Copernica: {group}")
}

/// The id of an operation, for example `copernica_get_database_id_fields`.
pub fn operation_id(method: &str, path: &str) -> String {
    let path = path.replace(['{', '}'], "").replace('/', "_");
    format!("copernica_{}{path}", method.to_ascii_lowercase())
}

/// The shape of a list of ids.
pub const fn ids_shown() -> Shape {
    shape::<IdsShown>()
}

/// Adds the operations of the door with their shapes, the shape of errors, and the token in the query.
pub fn add_to(document: &mut OpenApi) {
    let (mut schemas, mut paths): (Schemas, Paths) = (Vec::new(), Paths::new());
    for (path, method, described, operation) in offered_everywhere() {
        let shown = match described.success {
            Success::Document(shape) | Success::List(shape) | Success::Records(shape) | Success::Ids(shape) => {
                Some(shape)
            }
            Success::Made | Success::Changed | Success::ChangedOrMade | Success::Removed => None,
        };
        shown.into_iter().chain(described.body).for_each(|shape| shape.collect(&mut schemas));
        paths.add_path_operation(format!("{DOOR}{path}"), vec![method], operation);
    }
    shape::<CopernicaErrorShown>().collect(&mut schemas);
    document.paths.paths.extend(paths.paths);
    let components = document.components.get_or_insert_default();
    components.schemas.extend(schemas);
    add_components(components);
}

fn add_components(components: &mut Components) {
    for (name, status, about) in [REFUSED, FAILED, BUSY] {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(CopernicaErrorShown::name()))).build();
        let answer = ResponseBuilder::new().description(about).content("application/json", content);
        let answer = if status == 503 { answer.header_ref("Retry-After", retry_after()) } else { answer };
        components.responses.insert(name.to_owned(), answer.build().into());
    }
    let token = ApiKeyValue::with_description("access_token", "A token of a user of the account");
    components.security_schemes.insert(TOKEN.to_owned(), SecurityScheme::ApiKey(ApiKey::Query(token)).into());
}

/// The errors of every operation, by status.
pub fn errors() -> impl Iterator<Item = (String, Ref)> {
    [REFUSED, FAILED, BUSY].into_iter().map(|(name, status, _)| (status.to_string(), Ref::from_response_name(name)))
}

/// The body of a request, as JSON or as a form. A request without a body is one without parameters.
pub fn body_of(shape: Shape) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(shape.reference())).build();
    RequestBodyBuilder::new()
        .required(Some(Required::False))
        .content("application/json", content.clone())
        .content("application/x-www-form-urlencoded", content)
        .build()
}

/// The successful answers of an operation, by status.
pub fn success(success: Success) -> Vec<(&'static str, RefOr<Response>)> {
    let document = |about: &str, shape: Shape| {
        let content = ContentBuilder::new().schema(Some(shape.reference())).build();
        RefOr::T(ResponseBuilder::new().description(about).content("application/json", content).build())
    };
    let header = |about: &str| HeaderBuilder::new().schema(Some(plain(Type::String))).description(Some(about)).build();
    let bare = |about: &str| ResponseBuilder::new().description(about);
    let made = || {
        let answer = bare("The thing was made; the answer has no body");
        let answer = answer.header("X-Created", header("The id of the thing, as decimal digits"));
        let answer = answer.header("Location", header("The address of the thing"));
        RefOr::T(answer.header("X-Location", header("The same address, by the vendor's name")).build())
    };
    let changed =
        || RefOr::T(bare("The change is made, or there was nothing to change; the answer has no body").build());
    match success {
        Success::Document(shape) => vec![("200", document("The thing as it is now", shape))],
        Success::List(shape) | Success::Records(shape) => vec![("200", document("A page of the list", shape))],
        Success::Ids(shape) => vec![("200", document("The ids", shape))],
        Success::Made => vec![("201", made())],
        Success::Changed => vec![("204", changed())],
        Success::ChangedOrMade => vec![("201", made()), ("204", changed())],
        Success::Removed => {
            let answer = bare("The thing is deleted; the answer has no body");
            let answer =
                answer.header("X-deleted", header("The sort and the id of the thing, for example `profile 123`"));
            vec![("204", RefOr::T(answer.build()))]
        }
    }
}

/// The method in the form of the document, by its name.
pub fn http_method(name: &str) -> HttpMethod {
    match name {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
