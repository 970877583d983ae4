//! `/users`.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::HeaderMap;
use serde_json::Value;
use shared::entity::Thing;
use shared::entity::by_hand::EditError;
use shared::entity::by_hand::things::{self, UserInput};
use shared::store::keys::Kind;

use super::NokoError;
use super::filter::Query;
use super::input::{Input, LONGEST_NAME, text};
use super::paging::Paging;
use super::resource::{At, Resource};
use super::tags::{all, id_of, thing};

const USER: &str = "User";

/// `GET /users`.
pub async fn list(
    at: At,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let paging = Paging::of(&query)?;
    let page = paging.cut(all(&at, Kind::User).await?);
    let shapes = at.shapes();
    let links = paging.links(&at.base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|user| shapes.user(user)).collect())))
}

fn user_input(input: &Input, creating: bool) -> Result<UserInput, NokoError> {
    let mut fields = input.of(USER);
    let email = fields.value("email", |value| text(value).filter(|email| is_email(email)));
    let input = UserInput {
        email,
        first_name: fields.value("first_name", any_name),
        last_name: fields.value("last_name", any_name),
    };
    if creating {
        fields.required(&["email"]);
    }
    fields.done()?;
    Ok(input)
}

/// A name, which may be empty.
fn any_name(value: &Value) -> Option<String> {
    value.as_str().filter(|name| name.len() <= LONGEST_NAME / 2).map(str::to_owned)
}

/// Something, an `@`, something: whether mail arrives only sending can tell.
fn is_email(text: &str) -> bool {
    let ends = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    ends && text.matches('@').count() == 1 && !text.contains(char::is_whitespace)
}

/// Users.
pub struct Users;

impl Resource for Users {
    type Item = Thing;

    async fn find(at: &At, id: &str) -> Result<Thing, NokoError> {
        thing(at, Kind::User, id).await
    }

    async fn create(at: &At, input: &Input) -> Result<Thing, NokoError> {
        let input = user_input(input, true)?;
        things::create_user(&at.services, at.account, &input).await.map_err(wrong)
    }

    async fn update(at: &At, id: &str, input: &Input) -> Result<Thing, NokoError> {
        let (id, input) = (id_of(id)?, user_input(input, false)?);
        things::update_user(&at.services, at.account, id, &input).await.map_err(wrong)
    }

    async fn delete(at: &At, id: &str) -> Result<(), NokoError> {
        things::delete(&at.services, at.account, Kind::User, id_of(id)?).await.map_err(wrong)
    }

    async fn show(at: &At, user: &Thing) -> Result<Value, NokoError> {
        Ok(at.shapes().user(user))
    }
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, USER)
}
