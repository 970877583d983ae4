//! The paths under `/companies`: the companies of contacts, and the account's own company.

use axum::extract::OriginalUri;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use shared::edit::companies::{self, CompanyInput};
use shared::edit::people::ContactError;
use shared::id::ThingId;
use shared::store::Item;
use shared::store::keys::{self, Kind as ThingKind};
use shared::things::Thing;

use super::body::{Body, Sent};
use super::caller::{At, Member};
use super::document::{COMPANIES, Included, Resource, list as answer_list, single};
use super::error::{ErrorObject, INVALID, ProductiveError, UNSUPPORTED_ATTRIBUTE};
use super::listing::{Collected, Followed, after, is_followed};
use super::path::Path;
use super::query::filter::{Field, Kind};
use super::query::matching::{Datum, Filtered};
use super::query::page::Found;
use super::query::{Endpoint, Query};
use super::shape::{COMPANY_ATTRIBUTES, Shapes, names, own_company};
use crate::openapi::productive::{
    Anywhere, BadDocument, CompanyAsked, CompanyNumber, CompanyResource, Headers, Mismatch, Pages, Refused, Single,
    Unknown, Written, described_query,
};

/// The words of `filter[status]`.
pub const STATUSES: Kind = Kind::Words(&[("active", "1"), ("archived", "2")]);

static LIST: Endpoint = Endpoint {
    kind: COMPANIES,
    filters: &[
        Field { name: "id", kind: Kind::Id },
        Field { name: "name", kind: Kind::Name },
        Field { name: "status", kind: STATUSES },
        Field { name: "archived_at", kind: Kind::Time },
        Field { name: "created_at", kind: Kind::Time },
        Field { name: "due_days", kind: Kind::Number },
        Field { name: "default_currency", kind: Kind::Text },
        Field { name: "tags", kind: Kind::Tags },
        Field { name: "tag_list", kind: Kind::Tags },
    ],
    sorts: &["id", "name", "created_at", "archived_at", "due_days"],
    includes: &[],
    included: &[],
    is_list: true,
};

static ONE: Endpoint =
    Endpoint { kind: COMPANIES, filters: &[], sorts: &[], includes: &[], included: &[], is_list: false };

described_query! {
    CompaniesQuery: LIST,
    CompanyQuery: ONE,
}

/// A company of the list.
enum Listed<'a> {
    Own(&'a At),
    Company(Box<Thing>),
}

impl Filtered for Listed<'_> {
    fn number(&self) -> u64 {
        match self {
            Self::Own(at) => own_company(&at.account),
            Self::Company(company) => company.id.0,
        }
    }

    fn datum(&self, field: &str) -> Datum<'_> {
        let number = |number: u64| i64::try_from(number).map_or(Datum::Null, Datum::Number);
        let (name, created_at, fields) = match self {
            Self::Own(at) => (&at.account.company, at.account.created_at.unwrap_or(at.user.created_at), None),
            Self::Company(company) => (&company.name, company.created_at, company.company()),
        };
        let archived_at = fields.and_then(|fields| fields.archived_at);
        match field {
            "id" => number(self.number()),
            "name" => Datum::Text(name),
            "status" => Datum::Word(if archived_at.is_some() { "archived" } else { "active" }),
            "archived_at" => archived_at.map_or(Datum::Null, Datum::Time),
            "created_at" => Datum::Time(created_at),
            "due_days" => fields.and_then(|fields| fields.due_days).map_or(Datum::Null, number),
            "default_currency" => Datum::Text(
                fields.and_then(|fields| fields.default_currency.as_deref()).unwrap_or(super::shape::CURRENCY),
            ),
            "tags" | "tag_list" => Datum::Tags(fields.map(|fields| fields.tag_list.as_slice()).unwrap_or_default()),
            _ => Datum::Null,
        }
    }
}

fn read(at: &At, endpoint: &Endpoint) -> Result<Query, ProductiveError> {
    Query::read(&at.query, endpoint, &names(), &at.zone, at.by_days)
}

/// The companies of a page of items.
fn companies(items: Vec<Item>) -> Result<impl Iterator<Item = Thing>, ProductiveError> {
    Ok(Thing::get_listed(items)?.into_iter())
}

/// Lists companies, the account's own company first. Without filter and sort the list is by id.
#[utoipa::path(
    get,
    path = "/companies",
    operation_id = "productive_list_companies",
    tag = "Productive: companies",
    params(Headers, CompaniesQuery),
    responses(
        (status = 200, description = "A page of companies", body = Pages<CompanyResource>,
            content_type = "application/vnd.api+json"),
        BadDocument, Anywhere
    )
)]
pub async fn list(Member(at): Member, OriginalUri(uri): OriginalUri) -> Result<Response, ProductiveError> {
    let query = read(&at, &LIST)?;
    let (services, account) = (&at.services, at.id());
    let things = keys::things(account, ThingKind::Company);
    let (listed, found): (Vec<Listed<'_>>, Found) = if is_followed(&query) {
        let after = after(&query);
        let mut page = Followed::new(&query);
        if after.is_none_or(|after| own_company(&at.account) > after) {
            page.push(Listed::Own(&at));
        }
        let mut pages = services.store.pages(match after {
            Some(after) => keys::things_behind(account, ThingKind::Company, ThingId(after)),
            None => things,
        });
        while !page.is_full()
            && let Some(items) = pages.next().await?
        {
            companies(items)?.for_each(|company| page.push(Listed::Company(Box::new(company))));
        }
        page.page()
    } else {
        let mut page = Collected::new(&query)?;
        page.push(Listed::Own(&at));
        let mut pages = services.store.pages(things);
        while let Some(items) = pages.next().await? {
            companies(items)?.for_each(|company| page.push(Listed::Company(Box::new(company))));
        }
        page.page()
    };
    let shapes = Shapes(&at);
    let shown = |listed: &Listed<'_>| match listed {
        Listed::Own(_) => shapes.own_company(),
        Listed::Company(company) => shapes.company(company),
    };
    let resources = listed.iter().map(shown).collect();
    answer_list(&at, &query, uri.path(), COMPANIES, (resources, Included::default()), found)
}

fn one(at: &At, query: &Query, status: StatusCode, company: Resource) -> Response {
    single(at, query, status, (company, Included::default()), Map::new())
}

/// Shows a company, or the account's own company.
#[utoipa::path(
    get,
    path = "/companies/{id}",
    operation_id = "productive_show_company",
    tag = "Productive: companies",
    params(CompanyNumber, Headers, CompanyQuery),
    responses(
        (status = 200, description = "The company", body = Single<CompanyResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Anywhere
    )
)]
pub async fn get(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    let query = read(&at, &ONE)?;
    let id: u64 = path.number::<ThingId>()?.0;
    if id == own_company(&at.account) {
        return Ok(one(&at, &query, StatusCode::OK, Shapes(&at).own_company()));
    }
    let company = Thing::get(&at.services, at.id(), ThingKind::Company, ThingId(id)).await?;
    let company = company.ok_or_else(ProductiveError::not_found)?;
    Ok(one(&at, &query, StatusCode::OK, Shapes(&at).company(&company)))
}

/// Creates a company. Every wrong attribute is named, all at once.
#[utoipa::path(
    post,
    path = "/companies",
    operation_id = "productive_create_company",
    tag = "Productive: companies",
    params(Headers, CompanyQuery),
    request_body(content = CompanyAsked, content_type = "application/vnd.api+json"),
    responses(
        (status = 201, description = "The company", body = Single<CompanyResource>, content_type = "application/vnd.api+json"),
        BadDocument, Mismatch, Refused, Written, Anywhere
    )
)]
pub async fn create(Member(at): Member, body: Body) -> Result<Response, ProductiveError> {
    let query = read(&at, &ONE)?;
    let input = input(&body.read(COMPANIES, None)?.unwrap_or_default())?;
    let company = companies::create(&at.services, at.id(), &input).await?;
    Ok(one(&at, &query, StatusCode::CREATED, Shapes(&at).company(&company)))
}

/// Changes the attributes of a company that the body has.
#[utoipa::path(
    patch,
    path = "/companies/{id}",
    operation_id = "productive_update_company",
    tag = "Productive: companies",
    params(CompanyNumber, Headers, CompanyQuery),
    request_body(content = CompanyAsked, content_type = "application/vnd.api+json"),
    responses(
        (status = 200, description = "The company", body = Single<CompanyResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Mismatch, Refused, Written, Anywhere
    )
)]
pub async fn update(Member(at): Member, path: Path, body: Body) -> Result<Response, ProductiveError> {
    let query = read(&at, &ONE)?;
    let id = changeable(&at, &path).await?;
    let input = input(&body.read(COMPANIES, Some(&path.0))?.unwrap_or_default())?;
    let company = companies::update(&at.services, at.id(), id, &input).await?;
    Ok(one(&at, &query, StatusCode::OK, Shapes(&at).company(&company)))
}

/// Deletes a company to which nobody belongs.
#[utoipa::path(
    delete,
    path = "/companies/{id}",
    operation_id = "productive_delete_company",
    tag = "Productive: companies",
    params(CompanyNumber, Headers),
    responses((status = 204, description = "Deleted"), Unknown, Refused, Anywhere)
)]
pub async fn delete(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    let id = changeable(&at, &path).await?;
    companies::delete(&at.services, at.id(), id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Archives a company. A company that is archived already stays as it is.
#[utoipa::path(
    patch,
    path = "/companies/{id}/archive",
    operation_id = "productive_archive_company",
    tag = "Productive: companies",
    params(CompanyNumber, Headers, CompanyQuery),
    responses(
        (status = 200, description = "The company", body = Single<CompanyResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Refused, Anywhere
    )
)]
pub async fn archive(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    archived(&at, &path, true).await
}

/// Takes an archived company back into use.
#[utoipa::path(
    patch,
    path = "/companies/{id}/restore",
    operation_id = "productive_restore_company",
    tag = "Productive: companies",
    params(CompanyNumber, Headers, CompanyQuery),
    responses(
        (status = 200, description = "The company", body = Single<CompanyResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Refused, Anywhere
    )
)]
pub async fn restore(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    archived(&at, &path, false).await
}

async fn archived(at: &At, path: &Path, is_archived: bool) -> Result<Response, ProductiveError> {
    let query = read(at, &ONE)?;
    let id = changeable(at, path).await?;
    let company = companies::archive(&at.services, at.id(), id, is_archived).await?;
    Ok(one(at, &query, StatusCode::OK, Shapes(at).company(&company)))
}

/// The id of a company that may be changed here, or 422 for the account's own company.
async fn changeable(at: &At, path: &Path) -> Result<ThingId, ProductiveError> {
    let id: ThingId = path.number()?;
    if id.0 == own_company(&at.account) {
        let detail = "The organization's own company cannot be changed here";
        return Err(ProductiveError::all(INVALID, vec![INVALID.at("data", detail)]));
    }
    // The id is judged before the body.
    match Thing::get(&at.services, at.id(), ThingKind::Company, id).await? {
        Some(_) => Ok(id),
        None => Err(ProductiveError::not_found()),
    }
}

/// The attributes of a company in a body.
fn input(sent: &Sent) -> Result<CompanyInput, ProductiveError> {
    let unsupported = sent.unsupported(COMPANY_ATTRIBUTES, &["organization", "bill_to"]);
    if !unsupported.is_empty() {
        return Err(ProductiveError::all(UNSUPPORTED_ATTRIBUTE, unsupported));
    }
    let mut attributes = Attributes::of(sent);
    let input = CompanyInput {
        name: attributes.text("name"),
        description: attributes.text("description"),
        due_days: attributes.number("due_days"),
        default_currency: attributes.text("default_currency"),
        tag_list: attributes.tags("tag_list"),
        custom_fields: attributes.object("custom_fields"),
    };
    attributes.all(input)
}

/// Reads attributes, and collects those whose value has the wrong type.
pub struct Attributes<'s> {
    sent: &'s Sent,
    wrong: Vec<ErrorObject>,
}

impl<'s> Attributes<'s> {
    pub fn of(sent: &'s Sent) -> Self {
        Self { sent, wrong: Vec::new() }
    }

    /// The value of an attribute: `None` if it is not sent, `Some(None)` for null.
    fn value<T>(&mut self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
        match self.sent.attributes.get(name)? {
            Value::Null => Some(None),
            value => match read(value) {
                Some(value) => Some(Some(value)),
                None => {
                    self.is_wrong(name);
                    None
                }
            },
        }
    }

    /// Notes that the value of an attribute is wrong.
    pub fn is_wrong(&mut self, name: &str) {
        self.wrong.push(INVALID.at(&format!("data/attributes/{name}"), "is invalid"));
    }

    /// Adds an error object of an attribute.
    pub fn add(&mut self, wrong: ErrorObject) {
        self.wrong.push(wrong);
    }

    pub fn text(&mut self, name: &str) -> Option<Option<String>> {
        // A text with a zero character would be cut by other programs.
        self.value(name, |value| value.as_str().filter(|text| !text.contains('\0')).map(str::to_owned))
    }

    pub fn number(&mut self, name: &str) -> Option<Option<u64>> {
        let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
        // Numbers above this bound are not exact in every client.
        self.value(name, |value| number(value).filter(|&number| number < 1 << 53))
    }

    pub fn flag(&mut self, name: &str) -> Option<Option<bool>> {
        self.value(name, Value::as_bool)
    }

    /// A list of labels; null is an empty list.
    pub fn tags(&mut self, name: &str) -> Option<Vec<String>> {
        let texts = |value: &Value| {
            let texts = value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>()
        };
        self.value(name, texts).map(Option::unwrap_or_default)
    }

    pub fn object(&mut self, name: &str) -> Option<Option<Map<String, Value>>> {
        self.value(name, |value| value.as_object().cloned())
    }

    /// What was read, or all wrong attributes.
    pub fn all<T>(self, read: T) -> Result<T, ProductiveError> {
        if self.wrong.is_empty() { Ok(read) } else { Err(ProductiveError::all(INVALID, self.wrong)) }
    }
}

impl From<ContactError> for ProductiveError {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Edit(error) => error.into(),
            ContactError::Wrong(wrong) => {
                let object = |(name, fault): &(&str, shared::edit::people::Fault)| {
                    INVALID.at(&format!("data/attributes/{name}"), fault.to_string())
                };
                Self::all(INVALID, wrong.iter().map(object).collect())
            }
        }
    }
}
