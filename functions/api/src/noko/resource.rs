//! What is the same of users, projects, tags and entries: how one of them is read, made, changed and deleted.

use axum::Json;
use axum::extract::{FromRequestParts, Path};
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{MethodRouter, get};
use serde_json::Value;
use shared::id::{AccountId, ThingId};
use shared::services::Services;

use super::NokoError;
use super::caller::Member;
use super::input::Input;
use super::shape::Shapes;
use crate::Door;
use crate::base::Base;

/// The account that a request is to, by whom, and where its answer's links lead.
pub struct At {
    pub services: Services,
    pub account: AccountId,
    pub user: ThingId,
    pub base: String,
}

impl At {
    pub fn shapes(&self) -> Shapes {
        Shapes::new(&self.base, self.account)
    }
}

impl FromRequestParts<Door> for At {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, NokoError> {
        let Member(caller) = Member::from_request_parts(parts, door).await?;
        let Ok(Base(base)) = Base::from_request_parts(parts, door).await;
        Ok(Self { services: door.services.clone(), account: caller.account, user: caller.user, base })
    }
}

/// Something that an account has.
pub trait Resource: 'static {
    /// One of them.
    type Item: Send + Sync;

    /// The one with this id.
    fn find(at: &At, id: &str) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Makes one.
    fn create(at: &At, input: &Input) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Changes one.
    fn update(at: &At, id: &str, input: &Input) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Deletes one.
    fn delete(at: &At, id: &str) -> impl Future<Output = Result<(), NokoError>> + Send;
    /// One in full shape.
    fn show(at: &At, item: &Self::Item) -> impl Future<Output = Result<Value, NokoError>> + Send;
}

/// What can be done to one: GET, PUT, PATCH, DELETE.
pub fn one<R: Resource>() -> MethodRouter<Door> {
    get(find::<R>).put(update::<R>).patch(update::<R>).delete(delete::<R>)
}

async fn find<R: Resource>(at: At, Path(id): Path<String>) -> Result<Json<Value>, NokoError> {
    let item = R::find(&at, &id).await?;
    Ok(Json(R::show(&at, &item).await?))
}

/// POST: 201, with the `Location` of what was made.
pub async fn create<R: Resource>(at: At, input: Input) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let item = R::create(&at, &input).await?;
    let shown = R::show(&at, &item).await?;
    let url = shown["url"].as_str().and_then(|url| HeaderValue::from_str(url).ok());
    Ok((StatusCode::CREATED, url.map(|url| (LOCATION, url)).into_iter().collect(), Json(shown)))
}

async fn update<R: Resource>(at: At, Path(id): Path<String>, input: Input) -> Result<Json<Value>, NokoError> {
    let item = R::update(&at, &id, &input).await?;
    Ok(Json(R::show(&at, &item).await?))
}

async fn delete<R: Resource>(at: At, Path(id): Path<String>) -> Result<StatusCode, NokoError> {
    R::delete(&at, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
