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
use shared::schema::{Collection, Field, FieldOwner, Schema};
use shared::store::keys::SchemaSort;

use super::answer::document;
use super::caller::At;
use super::error::CopernicaError;
use super::operation::{
    OfAccount, OfCollection, OfCondition, OfDatabase, OfImport, OfInterest, OfProfile, OfRule, OfSubprofile, OfView,
    Operations,
};
use super::request::{Asked, Sent, Verb, path_of, token};
use super::{databases, imports, matching, parts, profiles, subprofiles, views};
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
        let path = path_of(&parts);
        let first = path.as_ref().ok().and_then(|path| path.first()).map(String::as_str);
        let at = At::of_token(&mut parts, &door, (token, first)).await?;
        let asked = Asked::read(&parts, path?, sent)?;
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
        "database" => of_database(at, asked).await,
        "collection" => of_collection(at, asked).await,
        "interest" => of_interest(at, asked).await,
        "view" => of_view(at, asked).await,
        "rule" => of_rule(at, asked).await,
        "condition" => of_condition(at, asked).await,
        "profile" => of_profile(at, asked).await,
        "subprofile" => of_subprofile(at, asked).await,
        "import" => of_import(at, asked).await,
        _ => match OfAccount::find(asked.part(0), asked.verb)? {
            OfAccount::Identity => identity(at),
            OfAccount::ListDatabases => databases::list(at, asked).await,
            OfAccount::CreateDatabase => databases::create(at, asked).await,
            OfAccount::ListImports => imports::list(at, asked).await,
            OfAccount::CreateImport => imports::create(at, asked).await,
        },
    }
}

/// A part of the path that must be there.
fn needed(asked: &Asked, number: usize) -> Result<&str, CopernicaError> {
    asked.part(number).ok_or_else(|| CopernicaError::missing_element(number))
}

async fn of_database(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No database with supplied ID");
    let text = needed(asked, 1)?;
    let operation = OfDatabase::find(asked.part(2), asked.verb);
    let Some(schema) = Schema::find(&at.services, at.id(), text).await? else {
        return match operation {
            // An interrupted deletion goes on, though nobody sees the database any more.
            Ok(OfDatabase::Delete) => databases::delete(at, text).await?.ok_or_else(missing),
            _ => Err(missing()),
        };
    };
    let (owner, owned) = (FieldOwner::Database, Owned::profiles(&schema));
    match operation? {
        OfDatabase::Show => databases::show(at, &schema),
        OfDatabase::Update => databases::update(at, &schema, asked).await,
        OfDatabase::Delete => databases::delete(at, text).await?.ok_or_else(missing),
        OfDatabase::Fields => parts::fields(&schema, owner, asked),
        OfDatabase::CreateField => parts::create_field(at, &schema, owner, asked).await,
        OfDatabase::UpdateField => parts::update_field(at, &schema, field(&schema, owner, asked)?, asked).await,
        OfDatabase::DeleteField => parts::delete_field(at, &schema, field(&schema, owner, asked)?).await,
        OfDatabase::Collections => parts::collections(&schema, asked),
        OfDatabase::CreateCollection => parts::create_collection(at, &schema, asked).await,
        OfDatabase::Interests => parts::interests(&schema, asked),
        OfDatabase::CreateInterest => parts::create_interest(at, &schema, asked).await,
        OfDatabase::Views => views::list(at, &schema, None, asked),
        OfDatabase::CreateView => views::create(at, &schema, None, asked).await,
        OfDatabase::Profiles => matching::list(at, owned, None, asked).await,
        OfDatabase::CreateProfile => profiles::create(at, &schema, asked).await,
        OfDatabase::UpdateProfiles => matching::update(at, owned, None, asked).await,
        OfDatabase::DeleteProfiles => profiles::delete_many(at, &schema, asked).await,
        OfDatabase::ProfileIds => matching::ids(at, owned, None, asked).await,
    }
}

/// The field with an id or a name in the path.
fn field<'s>(schema: &'s Schema, owner: FieldOwner, asked: &Asked) -> Result<&'s Field, CopernicaError> {
    let text = needed(asked, 3)?;
    let id: Option<PartId> = text.parse().ok();
    let field = id.and_then(|id| schema.field(owner, id)).or_else(|| schema.field_named(owner, text));
    field.ok_or_else(|| CopernicaError::saying("No field with supplied ID"))
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
    match OfCollection::find(asked.part(2), asked.verb)? {
        OfCollection::Show => parts::collection(&schema, &collection),
        OfCollection::Update => parts::update_collection(at, &schema, &collection, asked).await,
        OfCollection::Fields => parts::fields(&schema, owner, asked),
        OfCollection::CreateField => parts::create_field(at, &schema, owner, asked).await,
        OfCollection::UpdateField => parts::update_field(at, &schema, field(&schema, owner, asked)?, asked).await,
        OfCollection::DeleteField => parts::delete_field(at, &schema, field(&schema, owner, asked)?).await,
        OfCollection::Subprofiles => matching::list(at, owned, None, asked).await,
        OfCollection::UpdateSubprofiles => matching::update(at, owned, None, asked).await,
        OfCollection::SubprofileIds => matching::ids(at, owned, None, asked).await,
    }
}

async fn of_interest(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No interest with supplied ID");
    let id: PartId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::Interest, id).await?.ok_or_else(missing)?;
    let interest = schema.interest(id).ok_or_else(missing)?;
    match OfInterest::find(asked.part(2), asked.verb)? {
        OfInterest::Show => document(&parts::InterestShape::of(interest)),
        OfInterest::Update => parts::update_interest(at, &schema, id, asked).await,
        OfInterest::Delete => parts::delete_interest(at, &schema, id).await,
    }
}

async fn of_view(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No view with supplied ID");
    let id: PartId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::View, id).await?.ok_or_else(missing)?;
    let view = schema.view(id).ok_or_else(missing)?;
    let profiles = Owned::profiles(&schema);
    match OfView::find(asked.part(2), asked.verb)? {
        OfView::Show => views::show(at, &schema, view),
        OfView::Update => views::update(at, &schema, view, asked).await,
        OfView::Delete => views::delete(at, &schema, view).await,
        OfView::Views => views::list(at, &schema, Some(id), asked),
        OfView::CreateView => views::create(at, &schema, Some(id), asked).await,
        OfView::Rules => views::rules(&schema, view, asked),
        OfView::CreateRule => views::create_rule(at, &schema, view, asked).await,
        OfView::Rebuild => views::rebuild(at, &schema, view).await,
        OfView::Profiles => matching::list(at, profiles, Some(view), asked).await,
        OfView::ProfileIds => matching::ids(at, profiles, Some(view), asked).await,
    }
}

async fn of_rule(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No rule with supplied ID");
    let id: PartId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let schema = Schema::of_part(&at.services, at.id(), SchemaSort::Rule, id).await?.ok_or_else(missing)?;
    let rule = schema.rule(id).ok_or_else(missing)?;
    match OfRule::find(asked.part(2), asked.verb)? {
        OfRule::Show => views::show_rule(&schema, rule),
        OfRule::Update => views::update_rule(at, &schema, rule, asked).await,
        OfRule::Delete => views::delete_rule(at, &schema, rule).await,
        OfRule::CreateCondition => views::create_condition(at, &schema, rule, asked).await,
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
    match OfCondition::find(asked.part(3), asked.verb)? {
        OfCondition::Update => views::update_condition(at, &schema, condition, asked).await,
        OfCondition::Delete => views::delete_condition(at, &schema, condition).await,
    }
}

async fn of_profile(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No entity with supplied ID");
    let id: RecordId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let found = find_profile(&at.services, at.id(), id).await?.ok_or_else(missing)?;
    if asked.verb == Verb::Delete && found.removed.is_some() {
        return Err(CopernicaError::saying("This profile has already been removed"));
    }
    match OfProfile::find(asked.part(2), asked.verb)? {
        OfProfile::Show => profiles::show(at, &found),
        OfProfile::Update => profiles::update(at, &found, asked).await,
        OfProfile::Delete => profiles::delete(at, &found).await,
        OfProfile::Fields => profiles::fields(at, &found),
        OfProfile::UpdateFields => profiles::update_fields(at, &found, asked).await,
        OfProfile::Interests => profiles::interests(at, &found, asked),
        OfProfile::AddInterests => profiles::add_interests(at, &found, asked).await,
        OfProfile::ReplaceInterests => profiles::replace_interests(at, &found, asked).await,
        OfProfile::Subprofiles => subprofiles::of_profile(at, &found, children(&found, asked)?, asked).await,
        OfProfile::CreateSubprofile => subprofiles::create(at, &found, children(&found, asked)?, asked).await,
        OfProfile::UpdateSubprofiles => matching::update(at, children(&found, asked)?, Some(&found), asked).await,
    }
}

/// The table of subprofiles in the collection of the path.
fn children<'f>(found: &'f Found, asked: &Asked) -> Result<Owned<'f>, CopernicaError> {
    let collection = found.schema.find_collection(needed(asked, 3)?);
    let collection = collection.ok_or_else(|| {
        CopernicaError::saying(match asked.verb {
            Verb::Post => "Subprofile could not be created",
            _ => "No collection with given ID",
        })
    })?;
    Ok(Owned::subprofiles(&found.schema, collection))
}

async fn of_subprofile(at: &At, asked: &Asked) -> Answered {
    let missing = || CopernicaError::saying("No subprofile with supplied ID");
    let id: RecordId = needed(asked, 1)?.parse().map_err(|_| missing())?;
    let found = find_subprofile(&at.services, at.id(), id).await?.ok_or_else(missing)?;
    if asked.verb == Verb::Delete && found.removed.is_some() {
        return Err(CopernicaError::saying("This subprofile has already been removed"));
    }
    match OfSubprofile::find(asked.part(2), asked.verb)? {
        OfSubprofile::Show => subprofiles::show(at, &found),
        OfSubprofile::Update => profiles::update(at, &found, asked).await,
        OfSubprofile::Delete => profiles::delete(at, &found).await,
        OfSubprofile::Fields => profiles::fields(at, &found),
        OfSubprofile::UpdateFields => profiles::update_fields(at, &found, asked).await,
    }
}

async fn of_import(at: &At, asked: &Asked) -> Answered {
    let import = imports::find(at, needed(asked, 1)?).await?;
    match OfImport::find(asked.part(2), asked.verb)? {
        OfImport::Show => imports::show(at, &import).await,
        OfImport::Revert => imports::revert(at, &import).await,
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
