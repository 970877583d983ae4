//! What is the same of users, projects, tags, entries and clients: how they are listed, and how one of them is read, made,
//! changed and deleted.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::routing::{MethodRouter, get};
use serde_json::Value;
use shared::entity::Thing;
use shared::entity::by_hand::{EditError, things};
use shared::id::ThingId;
use shared::store::decode;
use shared::store::keys::{self, Kind};

use super::NokoError;
use super::caller::{At, Member};
use super::filter::Query;
use super::input::{Id, Input};
use super::paging::{Page, Paging};

/// Things that are read at once: a few hundred bytes each.
const THINGS_AT_ONCE: usize = 1000;

/// Something that an account has.
pub trait Shown: 'static {
    /// One of them.
    type Item: Send + Sync;

    /// A page of those that pass the query.
    fn page(
        at: &At,
        query: &Query,
        paging: &Paging,
    ) -> impl Future<Output = Result<Page<Self::Item>, NokoError>> + Send;
    /// The one with this id.
    fn find(at: &At, id: u64) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Some in full shape.
    fn show(at: &At, items: &[Self::Item]) -> impl Future<Output = Result<Vec<Value>, NokoError>> + Send;
}

/// Something that people make and change by hand.
pub trait Edited: Shown {
    /// What errors call it.
    const NAME: &'static str;

    /// Makes one.
    fn create(at: &At, input: &Input) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Changes one.
    fn update(at: &At, before: Self::Item, input: &Input)
    -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Deletes one.
    fn delete(at: &At, id: u64) -> impl Future<Output = Result<(), NokoError>> + Send;

    /// An edit that was not made, to the caller.
    fn wrong(error: EditError) -> NokoError {
        NokoError::of_edit(error, Self::NAME)
    }
}

/// GET of a list.
pub async fn list<R: Shown>(
    Member(at): Member,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let paging = Paging::of(&query)?;
    let page = R::page(&at, &query, &paging).await?;
    let shown = R::show(&at, &page.items).await?;
    Ok((paging.links(&at.base, &uri, &page), Json(shown)))
}

/// GET of one.
pub async fn one<R: Shown>(Member(at): Member, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let item = R::find(&at, id).await?;
    shown::<R>(&at, item).await.map(Json)
}

/// A list that can be added to: GET, POST.
pub fn all<R: Edited>() -> MethodRouter<crate::Door> {
    get(list::<R>).post(create::<R>)
}

/// One that can be changed: GET, PUT, PATCH, DELETE.
pub fn each<R: Edited>() -> MethodRouter<crate::Door> {
    get(one::<R>).put(update::<R>).patch(update::<R>).delete(delete::<R>)
}

async fn shown<R: Shown>(at: &At, item: R::Item) -> Result<Value, NokoError> {
    Ok(R::show(at, &[item]).await?.pop().unwrap_or_default())
}

/// 201, with the `Location` of what was made.
async fn create<R: Edited>(
    Member(at): Member,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let item = R::create(&at, &input).await?;
    let shown = shown::<R>(&at, item).await?;
    let url = shown["url"].as_str().and_then(|url| HeaderValue::from_str(url).ok());
    Ok((StatusCode::CREATED, url.map(|url| (LOCATION, url)).into_iter().collect(), Json(shown)))
}

/// What is not there is not there, whatever is asked of it.
async fn update<R: Edited>(Member(at): Member, Id(id): Id, input: Input) -> Result<Json<Value>, NokoError> {
    let before = R::find(&at, id).await?;
    let item = R::update(&at, before, &input).await?;
    shown::<R>(&at, item).await.map(Json)
}

async fn delete<R: Edited>(Member(at): Member, Id(id): Id) -> Result<StatusCode, NokoError> {
    R::delete(&at, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The shared things of a kind that pass, highest id first. A page holds no more of them in memory than it shows; how many
/// there are is told where some thousands behind it are the last.
pub async fn page_of_things(
    at: &At,
    kind: Kind,
    paging: &Paging,
    passes: impl Fn(&Thing) -> bool,
) -> Result<Page<Thing>, NokoError> {
    let mut cut = paging.cutter();
    let mut pages = at.services.store.pages(keys::things(at.caller.account, kind).descending().limit(THINGS_AT_ONCE));
    while !cut.is_far_behind() {
        let Some(items) = pages.next().await? else {
            return Ok(cut.page(true));
        };
        for item in items {
            let thing: Thing = decode(item)?;
            if !thing.is_spent() && passes(&thing) {
                cut.push(thing);
            }
        }
    }
    Ok(cut.page(false))
}

/// The shared thing with this id.
pub async fn thing(at: &At, kind: Kind, id: u64) -> Result<Thing, NokoError> {
    let thing = Thing::get(&at.services, at.caller.account, kind, ThingId(id)).await?;
    thing.ok_or_else(NokoError::not_found)
}

/// Deletes a shared thing.
pub async fn delete_thing<R: Edited>(at: &At, kind: Kind, id: u64) -> Result<(), NokoError> {
    things::delete(&at.services, at.caller.account, kind, ThingId(id)).await.map_err(R::wrong)
}
