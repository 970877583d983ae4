//! Paths and methods of the door, each with its handler.
//!
//! | rule | example |
//! |---|---|
//! | a part that leads to a resource is judged before everything behind it | `database/0/bogus`: No database with supplied ID |
//! | empty parts at the end count for nothing, others are parts | `database//fields`: No database with supplied ID |
//! | parts behind a list are ignored | `database/1/profiles/bogus` |
//! | POST to a resource that takes PUT alone is a PUT, and the reverse | `POST profile/1`, `PUT databases` |

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::id::{OwnerId, PartId, RecordId};
use shared::profiles::Owned;
use shared::profiles::by_hand::{Found, find_profile, find_subprofile};
use shared::schema::{Collection, FieldOwner, Schema};
use shared::store::keys::SchemaSort;

use super::answer::document;
use super::caller::At;
use super::error::CopernicaError;
use super::request::{Asked, Sent, Verb, token};
use super::{databases, matching, parts, profiles, subprofiles, views};
use crate::Door;

/// The outcome of a handler.
pub type Answered = Result<Response, CopernicaError>;

/// Answers any request of the door.
pub async fn answer(State(door): State<Door>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let sent = Sent::of(Request::from_parts(parts.clone(), body), &door).await;
    let token = token(&parts, &sent);
    let is_head = parts.method == Method::HEAD;
    let answered = async {
        let at = At::of_token(&mut parts, &door, token).await?;
        let asked = Asked::read(&parts, sent)?;
        route(&at, &asked).await
    };
    let mut answer = answered.await.unwrap_or_else(IntoResponse::into_response);
    if is_head {
        *answer.body_mut() = Body::empty();
    }
    answer
}

async fn route(at: &At, asked: &Asked) -> Answered {
    match asked.part(0).unwrap_or_default() {
        "identity" if asked.verb == Verb::Get => identity(at),
        "databases" => match asked.verb {
            Verb::Get => databases::list(at, asked).await,
            Verb::Post | Verb::Put => databases::create(at, asked).await,
            Verb::Delete => Err(CopernicaError::invalid_method()),
        },
        "database" => of_database(at, asked).await,
        "collection" => of_collection(at, asked).await,
        "interest" => of_interest(at, asked).await,
        "view" => of_view(at, asked).await,
        "rule" => of_rule(at, asked).await,
        "condition" => of_condition(at, asked).await,
        "profile" => of_profile(at, asked).await,
        "subprofile" => of_subprofile(at, asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

/// A part of the path that must be there.
fn needed(asked: &Asked, number: usize) -> Result<&str, CopernicaError> {
    asked.part(number).ok_or_else(|| CopernicaError::missing_element(number))
}

async fn of_database(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No database with supplied ID");
    let text = needed(asked, 1)?;
    if asked.verb == Verb::Delete && asked.part(2).is_none() {
        // An interrupted deletion goes on, though nobody sees the database any more.
        return databases::delete(at, text).await?.ok_or_else(missing);
    }
    let schema = Schema::find(&at.services, at.id(), text).await?.ok_or_else(missing)?;
    let owner = FieldOwner::Database;
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => databases::show(at, &schema),
        (None, _) => databases::update(at, &schema, asked).await,
        (Some("fields"), Verb::Get) => parts::fields(&schema, owner, asked),
        (Some("fields"), Verb::Post | Verb::Put) => parts::create_field(at, &schema, owner, asked).await,
        (Some("field"), Verb::Post | Verb::Put | Verb::Delete) => of_field(at, &schema, owner, asked).await,
        (Some("collections"), Verb::Get) => parts::collections(&schema, asked),
        (Some("collections"), Verb::Post | Verb::Put) => parts::create_collection(at, &schema, asked).await,
        (Some("interests"), Verb::Get) => parts::interests(&schema, asked),
        (Some("interests"), Verb::Post | Verb::Put) => parts::create_interest(at, &schema, asked).await,
        (Some("views"), Verb::Get) => views::list(at, &schema, None, asked),
        (Some("views"), Verb::Post | Verb::Put) => views::create(at, &schema, None, asked).await,
        (Some("profiles"), Verb::Get) => matching::list(at, Owned::profiles(&schema), None, asked).await,
        (Some("profiles"), Verb::Post) => profiles::create(at, &schema, asked).await,
        (Some("profiles"), Verb::Put) => matching::update(at, Owned::profiles(&schema), None, asked).await,
        (Some("profiles"), Verb::Delete) => profiles::delete_many(at, &schema, asked).await,
        (Some("profileids"), Verb::Get) => matching::ids(at, Owned::profiles(&schema), None, asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_field(at: &At, schema: &Schema, owner: FieldOwner, asked: &Asked) -> Answered {
    let text = needed(asked, 3)?;
    let id: Option<PartId> = text.parse().ok();
    let field = id.and_then(|id| schema.field(owner, id)).or_else(|| schema.field_named(owner, text));
    let field = field.ok_or_else(|| CopernicaError::saying("No field with supplied ID"))?;
    match asked.verb {
        Verb::Delete => parts::delete_field(at, schema, field).await,
        _ => parts::update_field(at, schema, field, asked).await,
    }
}

/// The collection with an id, and the schema of its database.
async fn collection(at: &At, text: &str) -> Result<(Schema, Collection), CopernicaError> {
    let missing = || CopernicaError::saying("No collection with given ID");
    let id: OwnerId = text.parse().map_err(|_| missing())?;
    Schema::of_collection(&at.services, at.id(), id).await?.ok_or_else(missing)
}

async fn of_collection(at: &At, asked: &Asked) -> Answered {
    let (schema, collection) = collection(at, needed(asked, 1)?).await?;
    let owner = FieldOwner::Collection(collection.id);
    let owned = Owned::subprofiles(&schema, &collection);
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => parts::collection(&schema, &collection),
        (None, Verb::Post | Verb::Put) => parts::update_collection(at, &schema, &collection, asked).await,
        (Some("fields"), Verb::Get) => parts::fields(&schema, owner, asked),
        (Some("fields"), Verb::Post | Verb::Put) => parts::create_field(at, &schema, owner, asked).await,
        (Some("field"), Verb::Post | Verb::Put | Verb::Delete) => of_field(at, &schema, owner, asked).await,
        (Some("subprofiles"), Verb::Get) => matching::list(at, owned, None, asked).await,
        (Some("subprofiles"), Verb::Put) => matching::update(at, owned, None, asked).await,
        (Some("subprofileids"), Verb::Get) => matching::ids(at, owned, None, asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_interest(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No interest with supplied ID");
    let id: PartId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::Interest, id).await?.ok_or_else(missing)?;
    let interest = schema.interest(id).ok_or_else(missing)?;
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => document(&parts::InterestShape::of(interest)),
        (None, Verb::Post | Verb::Put) => parts::update_interest(at, &schema, id, asked).await,
        (None, Verb::Delete) => parts::delete_interest(at, &schema, id).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_view(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No view with supplied ID");
    let id: PartId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::View, id).await?.ok_or_else(missing)?;
    let view = schema.view(id).ok_or_else(missing)?;
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => views::show(at, &schema, view),
        (None, Verb::Post | Verb::Put) => views::update(at, &schema, view, asked).await,
        (None, Verb::Delete) => views::delete(at, &schema, view).await,
        (Some("views"), Verb::Get) => views::list(at, &schema, Some(id), asked),
        (Some("views"), Verb::Post | Verb::Put) => views::create(at, &schema, Some(id), asked).await,
        (Some("rules"), Verb::Get) => views::rules(&schema, view, asked),
        (Some("rules"), Verb::Post | Verb::Put) => views::create_rule(at, &schema, view, asked).await,
        (Some("rebuild"), Verb::Post | Verb::Put) => views::rebuild(at, &schema, view).await,
        (Some("profiles"), Verb::Get) => matching::list(at, Owned::profiles(&schema), Some(view), asked).await,
        (Some("profileids"), Verb::Get) => matching::ids(at, Owned::profiles(&schema), Some(view), asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_rule(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No rule with supplied ID");
    let id: PartId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::Rule, id).await?.ok_or_else(missing)?;
    let rule = schema.rule(id).ok_or_else(missing)?;
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => views::show_rule(&schema, rule),
        (None, Verb::Post | Verb::Put) => views::update_rule(at, &schema, rule, asked).await,
        (None, Verb::Delete) => views::delete_rule(at, &schema, rule).await,
        (Some("conditions"), Verb::Post | Verb::Put) => views::create_condition(at, &schema, rule, asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_condition(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No condition with supplied ID");
    let sort = needed(asked, 1)?;
    let id: PartId = needed(asked, 2)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::Condition, id).await?.ok_or_else(missing)?;
    let (_, condition) = schema.condition(id).ok_or_else(missing)?;
    if !condition.test.word().eq_ignore_ascii_case(sort) {
        return Err(missing());
    }
    match (asked.part(3), asked.verb) {
        (None, Verb::Post | Verb::Put) => views::update_condition(at, &schema, condition, asked).await,
        (None, Verb::Delete) => views::delete_condition(at, &schema, condition).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_profile(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No entity with supplied ID");
    let id: RecordId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let found = find_profile(&at.services, at.id(), id).await?.ok_or_else(missing)?;
    if asked.verb == Verb::Delete && found.removed.is_some() {
        return Err(CopernicaError::saying("This profile has already been removed"));
    }
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => profiles::show(at, &found),
        (None, Verb::Post | Verb::Put) => profiles::update(at, &found, asked).await,
        (None, Verb::Delete) => profiles::delete(at, &found).await,
        (Some("fields"), Verb::Get) => profiles::fields(at, &found),
        (Some("fields"), Verb::Post | Verb::Put) => profiles::update_fields(at, &found, asked).await,
        (Some("interests"), Verb::Get) => profiles::interests(at, &found, asked),
        (Some("interests"), Verb::Post) => profiles::add_interests(at, &found, asked).await,
        (Some("interests"), Verb::Put) => profiles::replace_interests(at, &found, asked).await,
        (Some("subprofiles"), Verb::Get | Verb::Post | Verb::Put) => of_children(at, &found, asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

async fn of_children(at: &At, found: &Found, asked: &Asked) -> Answered {
    let text = needed(asked, 3)?;
    let Some(collection) = found.schema.find_collection(text) else {
        return Err(CopernicaError::saying(match asked.verb {
            Verb::Post => "Subprofile could not be created",
            _ => "No collection with given ID",
        }));
    };
    let owned = Owned::subprofiles(&found.schema, collection);
    match asked.verb {
        Verb::Get => subprofiles::of_profile(at, found, owned, asked).await,
        Verb::Post => subprofiles::create(at, found, owned, asked).await,
        _ => matching::update(at, owned, Some(found), asked).await,
    }
}

async fn of_subprofile(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No subprofile with supplied ID");
    let id: RecordId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let found = find_subprofile(&at.services, at.id(), id).await?.ok_or_else(missing)?;
    if asked.verb == Verb::Delete && found.removed.is_some() {
        return Err(CopernicaError::saying("This subprofile has already been removed"));
    }
    match (asked.part(2), asked.verb) {
        (None, Verb::Get) => subprofiles::show(at, &found),
        (None, Verb::Post | Verb::Put) => profiles::update(at, &found, asked).await,
        (None, Verb::Delete) => profiles::delete(at, &found).await,
        (Some("fields"), Verb::Get) => profiles::fields(at, &found),
        (Some("fields"), Verb::Post | Verb::Put) => profiles::update_fields(at, &found, asked).await,
        _ => Err(CopernicaError::invalid_method()),
    }
}

/// The account of the token.
#[derive(Serialize)]
struct Identity<'a> {
    id: String,
    name: &'a str,
    company: &'a str,
}

fn identity(at: &At) -> Answered {
    let (name, company) = (at.account.name.as_str(), at.account.company.as_str());
    document(&Identity { id: at.id().to_string(), name, company })
}
