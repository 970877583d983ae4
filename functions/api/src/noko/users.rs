//! `/users`.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use shared::entity::Thing;
use shared::entity::by_hand::EditError;
use shared::entity::by_hand::things::{self, UserInput};
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::Member;
use super::entries::location;
use super::filter::Query;
use super::input::{Input, LONGEST_NAME, text};
use super::paging::Paging;
use super::shape::Shapes;
use super::tags::{all, id_of};
use crate::Door;
use crate::base::Base;

const USER: &str = "User";

/// `GET /users`.
pub async fn list(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let paging = Paging::of(&query)?;
    let page = paging.cut(all(&door.services, caller.account, Kind::User).await?);
    let shapes = Shapes::new(&base, caller.account);
    let links = paging.links(&base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|user| shapes.user(user)).collect())))
}

/// `GET /users/:id`.
pub async fn get(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let user = Thing::get(&door.services, caller.account, Kind::User, id_of(&id)?).await?;
    Ok(Json(Shapes::new(&base, caller.account).user(&user.ok_or_else(NokoError::not_found)?)))
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

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, USER)
}

/// `POST /users`.
pub async fn create(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let user = things::create_user(&door.services, caller.account, &user_input(&input, true)?).await.map_err(wrong)?;
    let shown = Json(Shapes::new(&base, caller.account).user(&user));
    Ok((StatusCode::CREATED, location(&shown), shown))
}

/// `PUT` and `PATCH /users/:id`.
pub async fn update(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
    input: Input,
) -> Result<Json<Value>, NokoError> {
    let (id, input) = (id_of(&id)?, user_input(&input, false)?);
    let user = things::update_user(&door.services, caller.account, id, &input).await.map_err(wrong)?;
    Ok(Json(Shapes::new(&base, caller.account).user(&user)))
}

/// `DELETE /users/:id`.
pub async fn delete(
    State(door): State<Door>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<StatusCode, NokoError> {
    things::delete(&door.services, caller.account, Kind::User, id_of(&id)?).await.map_err(wrong)?;
    Ok(StatusCode::NO_CONTENT)
}
