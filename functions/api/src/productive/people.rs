//! The paths under `/people`: the contacts of the account, and its users, who are shown and not changed here.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::OriginalUri;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use shared::contacts::list::{Listed, PeopleWalk};
use shared::contacts::{Person, by_hand};
use shared::edit::people::{self, PersonInput};
use shared::id::{RecordId, ThingId};
use shared::records::Record;
use shared::store::keys::Kind as ThingKind;
use shared::things::{Thing, UserState};

use super::body::{Body, Sent};
use super::caller::{At, Member};
use super::companies::{Attributes, STATUSES};
use super::document::{COMPANIES, Included, PEOPLE, list as answer_list, single};
use super::error::{INVALID, OTHER_RESOURCE, ProductiveError, UNSUPPORTED_ATTRIBUTE};
use super::listing::{Collected, Followed, after, is_followed};
use super::path::Path;
use super::query::filter::{Field, Kind};
use super::query::matching::{Datum, Filtered};
use super::query::page::Found;
use super::query::{Endpoint, Query};
use super::shape::{PERSON_ATTRIBUTES, Shapes, names, own_company};
use crate::openapi::productive::{
    Anywhere, BadDocument, Headers, Mismatch, Pages, PersonAsked, PersonNumber, PersonResource, Refused, Single,
    Unknown, Written, described_query,
};

/// The most people read at once.
const AT_ONCE: usize = 1000;

static LIST: Endpoint = Endpoint {
    kind: PEOPLE,
    filters: &[
        Field { name: "id", kind: Kind::Id },
        Field { name: "first_name", kind: Kind::Name },
        Field { name: "last_name", kind: Kind::Name },
        Field { name: "name", kind: Kind::Name },
        Field { name: "email", kind: Kind::Text },
        Field { name: "title", kind: Kind::Name },
        Field { name: "company_id", kind: Kind::Id },
        Field { name: "status", kind: STATUSES },
        Field { name: "person_type", kind: Kind::Words(&[("user", "1"), ("contact", "2"), ("placeholder", "3")]) },
        Field { name: "is_user", kind: Kind::Flag },
        Field { name: "archived_at", kind: Kind::Time },
        Field { name: "created_at", kind: Kind::Time },
        Field { name: "joined_at", kind: Kind::Time },
        Field { name: "tags", kind: Kind::Tags },
        Field { name: "tag_list", kind: Kind::Tags },
    ],
    sorts: &["id", "first_name", "last_name", "name", "email", "title", "created_at", "joined_at"],
    includes: &["company"],
    included: &[],
    is_list: true,
};

static ONE: Endpoint =
    Endpoint { kind: PEOPLE, filters: &[], sorts: &[], includes: &["company"], included: &[], is_list: false };

described_query! {
    PeopleQuery: LIST,
    PersonQuery: ONE,
}

/// A person of the list with the whole name, by which lists are filtered and sorted.
struct Shown<'a> {
    at: &'a At,
    person: Listed,
    name: String,
}

impl<'a> Shown<'a> {
    fn new(at: &'a At, person: Listed) -> Self {
        let name = match &person {
            Listed::User(user) => user.name.clone(),
            Listed::Contact(contact) => contact.1.name(),
        };
        Self { at, person, name }
    }

    /// The id of the person's company.
    fn company(&self) -> Option<u64> {
        match &self.person {
            Listed::User(_) => Some(own_company(&self.at.account)),
            Listed::Contact(contact) => contact.1.company.map(|company| company.0),
        }
    }
}

fn text(text: Option<&String>) -> Datum<'_> {
    text.map_or(Datum::Null, |text| Datum::Text(text))
}

impl Filtered for Shown<'_> {
    fn number(&self) -> u64 {
        self.person.id()
    }

    fn datum(&self, field: &str) -> Datum<'_> {
        let number = |number: u64| i64::try_from(number).map_or(Datum::Null, Datum::Number);
        match field {
            "id" => return number(self.number()),
            "name" => return Datum::Text(&self.name),
            "company_id" => return self.company().map_or(Datum::Null, number),
            _ => {}
        }
        match &self.person {
            Listed::User(user) => {
                let fields = user.user();
                let is_active = fields.is_some_and(|fields| fields.state == UserState::Active);
                match field {
                    "first_name" => text(fields.map(|fields| &fields.first_name)),
                    "last_name" => text(fields.map(|fields| &fields.last_name)),
                    "email" => text(fields.map(|fields| &fields.email)),
                    "status" => Datum::Word(if is_active { "active" } else { "archived" }),
                    "person_type" => Datum::Word("user"),
                    "is_user" => Datum::Flag(true),
                    "created_at" | "joined_at" => Datum::Time(user.created_at),
                    "tags" | "tag_list" => Datum::Tags(&[]),
                    _ => Datum::Null,
                }
            }
            Listed::Contact(contact) => {
                let (record, person): &(Record, Person) = contact;
                match field {
                    "first_name" => text(person.first_name.as_ref()),
                    "last_name" => text(person.last_name.as_ref()),
                    "email" => text(person.email.as_ref()),
                    "title" => text(person.title.as_ref()),
                    "status" => Datum::Word(if person.archived_at.is_some() { "archived" } else { "active" }),
                    "person_type" => Datum::Word("contact"),
                    "is_user" => Datum::Flag(false),
                    "archived_at" => person.archived_at.map_or(Datum::Null, Datum::Time),
                    "created_at" => Datum::Time(record.created_at),
                    "tags" | "tag_list" => Datum::Tags(&person.tag_list),
                    _ => Datum::Null,
                }
            }
        }
    }
}

fn read(at: &At, endpoint: &Endpoint) -> Result<Query, ProductiveError> {
    Query::read(&at.query, endpoint, &names(), &at.zone, at.by_days)
}

/// The companies of people, if the query includes them.
async fn included(at: &At, query: &Query, people: &[Shown<'_>]) -> Result<Included, ProductiveError> {
    let mut included = Included::default();
    if !query.include.contains("company") {
        return Ok(included);
    }
    let ids: BTreeSet<u64> = people.iter().filter_map(Shown::company).collect();
    let own = own_company(&at.account);
    let shapes = Shapes(at);
    if ids.contains(&own) {
        included.company(shapes.own_company());
    }
    let wanted: Vec<_> = ids.into_iter().filter(|&id| id != own).map(|id| (ThingKind::Company, ThingId(id))).collect();
    let companies = Thing::get_many(&at.services, at.id(), &wanted).await?;
    let by_id: BTreeMap<_, _> = companies.iter().map(|company| (company.id, company)).collect();
    by_id.into_values().for_each(|company| included.company(shapes.company(company)));
    Ok(included)
}

/// Lists people: users and contacts. Without filter and sort the list is by id, and a page costs the same wherever it lies.
#[utoipa::path(
    get,
    path = "/people",
    operation_id = "productive_list_people",
    tag = "Productive: people",
    params(Headers, PeopleQuery),
    responses(
        (status = 200, description = "A page of people", body = Pages<PersonResource>,
            content_type = "application/vnd.api+json"),
        BadDocument, Anywhere
    )
)]
pub async fn list(Member(at): Member, OriginalUri(uri): OriginalUri) -> Result<Response, ProductiveError> {
    let query = read(&at, &LIST)?;
    let is_plain = query.filter.is_empty() && query.sort.iter().all(|sort| sort.field == "id" && !sort.descending);
    let (people, found) = if is_plain && !is_followed(&query) {
        let walk = PeopleWalk::begin(&at.services, at.id(), None, query.page.skip()).await?;
        let total = walk.total;
        let people = walk.take(query.page.size).await?;
        (people.into_iter().map(|person| Shown::new(&at, person)).collect(), Found::Total(total))
    } else {
        searched(&at, &query).await?
    };
    let shapes = Shapes(&at);
    let included = included(&at, &query, &people).await?;
    let resource = |shown: &Shown<'_>| match &shown.person {
        Listed::User(user) => shapes.user(user),
        Listed::Contact(contact) => shapes.person(&contact.0, &contact.1),
    };
    answer_list(&at, &query, uri.path(), PEOPLE, (people.iter().map(resource).collect(), included), found)
}

/// The page of a list with a filter, a sort or a cursor.
async fn searched<'a>(at: &'a At, query: &Query) -> Result<(Vec<Shown<'a>>, Found), ProductiveError> {
    let mut walk = PeopleWalk::begin(&at.services, at.id(), after(query), 0).await?;
    if is_followed(query) {
        let most = if query.filter.is_empty() { query.page.size + 1 } else { AT_ONCE };
        let mut page = Followed::new(query);
        while !page.is_full()
            && let Some(people) = walk.next(most).await?
        {
            people.into_iter().for_each(|person| page.push(Shown::new(at, person)));
        }
        return Ok(page.page());
    }
    let mut page = Collected::new(query)?;
    while let Some(people) = walk.next(AT_ONCE).await? {
        people.into_iter().for_each(|person| page.push(Shown::new(at, person)));
    }
    Ok(page.page())
}

/// The user or the contact with an id.
async fn find(at: &At, id: u64) -> Result<Listed, ProductiveError> {
    if let Some(user) = Thing::get(&at.services, at.id(), ThingKind::User, ThingId(id)).await? {
        return Ok(Listed::User(Box::new(user)));
    }
    let found = by_hand::find(&at.services, at.id(), RecordId(id)).await?;
    let (seen, person) = found.ok_or_else(ProductiveError::not_found)?;
    Ok(Listed::Contact(Box::new((seen.record, person))))
}

async fn one(at: &At, query: &Query, status: StatusCode, person: Listed) -> Result<Response, ProductiveError> {
    let shown = [Shown::new(at, person)];
    let included = included(at, query, &shown).await?;
    let shapes = Shapes(at);
    let resource = match &shown[0].person {
        Listed::User(user) => shapes.user(user),
        Listed::Contact(contact) => shapes.person(&contact.0, &contact.1),
    };
    Ok(single(at, query, status, (resource, included), Map::new()))
}

async fn contact(at: &At, query: &Query, status: StatusCode, record: Record) -> Result<Response, ProductiveError> {
    let person = Person::of(&record)?;
    one(at, query, status, Listed::Contact(Box::new((record, person)))).await
}

/// Shows a user or a contact.
#[utoipa::path(
    get,
    path = "/people/{id}",
    operation_id = "productive_show_person",
    tag = "Productive: people",
    params(PersonNumber, Headers, PersonQuery),
    responses(
        (status = 200, description = "The person", body = Single<PersonResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Anywhere
    )
)]
pub async fn get(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    let query = read(&at, &ONE)?;
    let person = find(&at, path.number::<RecordId>()?.0).await?;
    one(&at, &query, StatusCode::OK, person).await
}

/// Creates a contact. Every wrong attribute is named, all at once.
#[utoipa::path(
    post,
    path = "/people",
    operation_id = "productive_create_person",
    tag = "Productive: people",
    params(Headers, PersonQuery),
    request_body(content = PersonAsked, content_type = "application/vnd.api+json"),
    responses(
        (status = 201, description = "The person", body = Single<PersonResource>, content_type = "application/vnd.api+json"),
        BadDocument, Mismatch, Refused, Written, Anywhere
    )
)]
pub async fn create(Member(at): Member, body: Body) -> Result<Response, ProductiveError> {
    let query = read(&at, &ONE)?;
    let input = input(&body.read(PEOPLE, None)?.unwrap_or_default())?;
    let record = people::create(&at.services, at.id(), &input).await?;
    contact(&at, &query, StatusCode::CREATED, record).await
}

/// Changes the attributes of a contact that the body has.
#[utoipa::path(
    patch,
    path = "/people/{id}",
    operation_id = "productive_update_person",
    tag = "Productive: people",
    params(PersonNumber, Headers, PersonQuery),
    request_body(content = PersonAsked, content_type = "application/vnd.api+json"),
    responses(
        (status = 200, description = "The person", body = Single<PersonResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Mismatch, Refused, Written, Anywhere
    )
)]
pub async fn update(Member(at): Member, path: Path, body: Body) -> Result<Response, ProductiveError> {
    let query = read(&at, &ONE)?;
    let id = changeable(&at, &path).await?;
    let input = input(&body.read(PEOPLE, Some(&path.0))?.unwrap_or_default())?;
    let record = people::update(&at.services, at.id(), id, &input).await?;
    contact(&at, &query, StatusCode::OK, record).await
}

/// Deletes a contact.
#[utoipa::path(
    delete,
    path = "/people/{id}",
    operation_id = "productive_delete_person",
    tag = "Productive: people",
    params(PersonNumber, Headers),
    responses((status = 204, description = "Deleted"), Unknown, Refused, Anywhere)
)]
pub async fn delete(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    let id = changeable(&at, &path).await?;
    people::delete(&at.services, at.id(), id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Archives a contact. A contact who is archived already stays as before.
#[utoipa::path(
    patch,
    path = "/people/{id}/archive",
    operation_id = "productive_archive_person",
    tag = "Productive: people",
    params(PersonNumber, Headers, PersonQuery),
    responses(
        (status = 200, description = "The person", body = Single<PersonResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Refused, Anywhere
    )
)]
pub async fn archive(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    archived(&at, &path, true).await
}

/// Takes an archived contact back into use.
#[utoipa::path(
    patch,
    path = "/people/{id}/restore",
    operation_id = "productive_restore_person",
    tag = "Productive: people",
    params(PersonNumber, Headers, PersonQuery),
    responses(
        (status = 200, description = "The person", body = Single<PersonResource>, content_type = "application/vnd.api+json"),
        BadDocument, Unknown, Refused, Anywhere
    )
)]
pub async fn restore(Member(at): Member, path: Path) -> Result<Response, ProductiveError> {
    archived(&at, &path, false).await
}

async fn archived(at: &At, path: &Path, is_archived: bool) -> Result<Response, ProductiveError> {
    let query = read(at, &ONE)?;
    let id = changeable(at, path).await?;
    let record = people::archive(&at.services, at.id(), id, is_archived).await?;
    contact(at, &query, StatusCode::OK, record).await
}

/// The id of a contact, or 422 for a user, who is changed by other doors alone.
async fn changeable(at: &At, path: &Path) -> Result<RecordId, ProductiveError> {
    match find(at, path.number::<RecordId>()?.0).await? {
        Listed::Contact(contact) => Ok(contact.0.id),
        Listed::User(_) => {
            let detail = "Users of the organization cannot be changed here";
            Err(ProductiveError::all(INVALID, vec![INVALID.at("data", detail)]))
        }
    }
}

/// The attributes of a contact in a body. The company comes as a relationship, or as the attribute `company_id`.
fn input(sent: &Sent) -> Result<PersonInput, ProductiveError> {
    let known: Vec<&str> = PERSON_ATTRIBUTES.iter().copied().chain(["company_id"]).collect();
    let unsupported = sent.unsupported(&known, &["organization", "company", "subsidiary"]);
    if !unsupported.is_empty() {
        return Err(ProductiveError::all(UNSUPPORTED_ATTRIBUTE, unsupported));
    }
    let mut attributes = Attributes::of(sent);
    let by_id = attributes.number("company_id").map(|id| id.map(ThingId));
    let related = match sent.relationships.get("company") {
        None => None,
        Some(relationship) => match related(relationship)? {
            Some(company) => Some(company),
            None => {
                attributes.is_wrong("company");
                None
            }
        },
    };
    let input = PersonInput {
        first_name: attributes.text("first_name"),
        last_name: attributes.text("last_name"),
        email: attributes.text("email"),
        title: attributes.text("title"),
        company: related.or(by_id),
        tag_list: attributes.tags("tag_list"),
        custom_fields: attributes.object("custom_fields"),
    };
    attributes.all(input)
}

/// The company in a relationship: `Some(None)` for none, `None` for a value that is no relationship.
fn related(relationship: &Value) -> Result<Option<Option<ThingId>>, ProductiveError> {
    let Some(data) = relationship.get("data") else { return Ok(None) };
    if data.is_null() {
        return Ok(Some(None));
    }
    if data.get("type").is_some_and(|kind| kind != COMPANIES && !kind.is_null()) {
        return Err(OTHER_RESOURCE.saying("The relationship company is to a resource of the type companies"));
    }
    let id = match data.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(id @ Value::Number(_)) => id.to_string(),
        _ => return Ok(None),
    };
    // An id that is no number belongs to no company.
    Ok(Some(Some(ThingId(id.parse().unwrap_or_default()))))
}
