//! The paths under `/users`, for the people of the account, who can be created, changed and deleted.

use serde_json::Value;
use shared::edit::EditError;
use shared::edit::users::{self, UserInput};
use shared::id::ThingId;
use shared::store::keys::Kind;
use shared::things::Thing;
use shared::things::user::is_email;

use super::NokoError;
use super::caller::At;
use super::input::{Fields, any_text, text};
use super::paging::{Page, Paging};
use super::parameters::{self, Parameters};
use super::query::Query;
use super::resource::{Edited, Shown, delete_thing, page_of_things, thing};
use super::thing_filter::{UserFilter, role};
use crate::openapi::noko::{UserFields, UserShown};

/// The resource of users, who are also the people of imported entries.
pub struct Users;

impl Shown for Users {
    type Item = Thing;
    const FILTERS: Parameters = parameters::USERS;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        let filter = UserFilter::of(query)?;
        page_of_things(at, Kind::User, paging, |user| filter.matches(user)).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        thing(at, Kind::User, id).await
    }

    async fn show(at: &At, users: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let shapes = at.shapes();
        Ok(users.iter().map(|user| shapes.full_user(user)).collect())
    }
}

impl Edited for Users {
    type Edit = UserInput;
    type Answer = UserShown;
    type Body = UserFields;
    const NOUNS: [&'static str; 2] = ["a user", "users"];
    const MOVING: &'static [&'static str] = &["updated_at"];

    fn read(fields: &mut Fields<'_>, before: Option<&Thing>) -> UserInput {
        let email = fields.value("email", |value| text(value).filter(|email| is_email(email)));
        // A known client sends null for each field without a new value, so null leaves a field unchanged.
        let mut name = |field| fields.nullable(field, any_text).flatten();
        let (first_name, last_name) = (name("first_name"), name("last_name"));
        let role = fields.nullable("role", |value| role(value.as_str()?)).flatten();
        if before.is_none() {
            fields.required(&["email"]);
        }
        UserInput { email, first_name, last_name, role, state: None }
    }

    async fn create(at: &At, edit: &UserInput) -> Result<Thing, NokoError> {
        users::create(&at.services, at.caller.account, edit).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, edit: &UserInput) -> Result<Thing, NokoError> {
        users::update(&at.services, at.caller.account, before.id, edit).await.map_err(Self::wrong)
    }

    /// Deletes a user. Users cannot delete themselves, because their token would be left without a user.
    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        if ThingId(id) == at.caller.user {
            return Err(Self::wrong(EditError::InUse));
        }
        delete_thing::<Self>(at, Kind::User, id).await
    }
}
