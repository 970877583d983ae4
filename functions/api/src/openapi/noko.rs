//! The facts that all operations of the Noko door share: errors, tokens, tags. [`crate::noko`] describes each endpoint in
//! its table.

mod answers;
mod fields;
mod parameters;
mod people;

use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Components, ContentBuilder, Ref, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

pub use answers::{
    EntryShown, GroupShown, ImportMade, ImportReport, ImportShown, ImportState, NoExpense, ProjectGroupShown,
    ProjectShown, ProjectsAdded, TagShown, TagsMade,
};
pub use fields::{
    Approval, ApprovalOfEntries, EntryFields, EntryIds, FileForm, GroupFields, GroupName, InvoiceOfEntries, Invoicing,
    MergedProject, MergedTag, NoFields, ProjectFields, ProjectIds, TagFields, TagIds, TagOrTags, UserFields,
};
pub use parameters::{id, of_endpoint};
pub use people::{AccountShown, CurrentUser, UserLink, UserShown};

use self::answers::ErrorShown;
use super::shared::retry_after;

/// An error that operations may answer, with its status, the name of the component, and the reason in words.
pub struct Told {
    pub status: u16,
    pub name: &'static str,
    about: &'static str,
}

const fn told(status: u16, name: &'static str, about: &'static str) -> Told {
    Told { status, name, about }
}

pub const BAD_REQUEST: Told = told(400, "NokoBadRequest", "The `User-Agent` is missing, or the request cannot be read");
pub const UNAUTHORIZED: Told = told(401, "NokoUnauthorized", "The token is missing, unknown, revoked or expired");
pub const FORBIDDEN: Told = told(403, "NokoForbidden", "The token does not have the permission for this");
pub const NOT_FOUND: Told = told(404, "NokoNotFound", "The account has nothing with this id, or the id is no number");
pub const TOO_LARGE: Told = told(413, "NokoTooLarge", "The body has more than 4 MB");
pub const INVALID: Told =
    told(422, "NokoInvalid", "Parameters or fields are wrong or unknown, or a rule forbids the change; each is named");
pub const TOO_MANY: Told = told(429, "NokoTooMany", "The account has as many open imports as its quota allows");
pub const FAILED: Told =
    told(500, "NokoFailed", "Something went wrong on the server's side; the header `X-Request-Id` leads to the log");
pub const BUSY: Told = told(503, "NokoBusy", "Too much is being changed at once; the request may be repeated");

const ERRORS: [Told; 9] = [BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_LARGE, INVALID, TOO_MANY, FAILED, BUSY];

/// A scheme's name, the place of its token, and the name of the value there.
type TokenScheme = (&'static str, fn(ApiKeyValue) -> ApiKey, &'static str);

/// The tokens of the door, of which a request needs one. `Authorization` counts less than a header of the vendor's,
/// and the query least.
const TOKENS: [TokenScheme; 5] = [
    ("noko_token", ApiKey::Header, "X-NokoToken"),
    ("freckle_token", ApiKey::Header, "X-FreckleToken"),
    ("noko_query", ApiKey::Query, "noko_token"),
    ("freckle_query", ApiKey::Query, "freckle_token"),
    ("access_query", ApiKey::Query, "access_token"),
];
const BASIC: &str = "noko_basic";
/// The scheme which this door shares with the native door.
const BEARER: &str = "bearer";

/// The tokens of the door, of which a request needs one.
pub fn security() -> Vec<SecurityRequirement> {
    let names = TOKENS.iter().map(|(name, ..)| *name).chain([BEARER, BASIC]);
    names.map(|name| SecurityRequirement::new(name, Vec::<String>::new())).collect()
}

/// The groups of operations, one for each first part of a path.
pub fn tags() -> Vec<Tag> {
    let tag = |name: &str, about: &str| TagBuilder::new().name(tag_of(name)).description(Some(about)).build();
    vec![
        tag("/imports", "Imports of time entries"),
        tag("/entries", "Time entries, imported and made by hand"),
        tag("/projects", "Projects with their totals"),
        tag("/project_groups", "Clients of projects, with their projects"),
        tag("/groups", "Clients of projects in short form"),
        tag("/tags", "Labels of entries, also written as `#hashtags` in descriptions"),
        tag("/users", "People of the account, who are also the people of imported entries"),
        tag("/current_user", "The user of the token"),
        tag("/account", "The account of the token"),
        tag("/expenses", "Expenses, of which Waybill keeps none, so every list is empty"),
    ]
}

/// The group of a path's operations, by the first part of the path, for example `Noko: project groups`.
pub fn tag_of(path: &str) -> String {
    format!("Noko: {}", path.split('/').nth(1).unwrap_or_default().replace('_', " "))
}

/// Adds the shape of errors and the ways to send a token.
pub fn add_components(components: &mut Components) {
    components.schemas.insert(ErrorShown::name().into_owned(), ErrorShown::schema());
    let mut schemas = Vec::new();
    ErrorShown::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for Told { status, name, about } in ERRORS {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorShown::name()))).build();
        let answer = ResponseBuilder::new().description(about).content("application/json", content);
        let answer = if matches!(status, 429 | 503) { answer.header_ref("Retry-After", retry_after()) } else { answer };
        components.responses.insert(name.to_owned(), answer.build().into());
    }
    for (name, place, value) in TOKENS {
        components
            .security_schemes
            .insert(name.to_owned(), SecurityScheme::ApiKey(place(ApiKeyValue::new(value))).into());
    }
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("The token as the user name, with any password"))
        .build();
    components.security_schemes.insert(BASIC.to_owned(), SecurityScheme::Http(basic).into());
}
