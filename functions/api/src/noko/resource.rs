//! What is the same of users, projects, tags, entries and clients: how they are listed, and how one of them is read, made,
//! changed and deleted.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde_json::Value;
use shared::edit::{EditError, things};
use shared::id::ThingId;
use shared::store::decode;
use shared::store::keys::{self, Kind};
use shared::things::Thing;

use super::NokoError;
use super::caller::{At, Member};
use super::endpoint::{Endpoints, at};
use super::input::{Fields, Id, Input};
use super::paging::{Page, Paging};
use super::parameters::Parameters;
use super::query::Query;
use crate::answer::{LARGEST, Room};

/// Things that are read at once: a few hundred bytes each.
const THINGS_AT_ONCE: usize = 1000;

/// Something that an account has.
pub trait Shown: 'static {
    /// One of them.
    type Item: Send + Sync;
    /// The filters of their list.
    const FILTERS: Parameters;
    /// How many are shown before the answer's size is looked at: few of those that take much memory.
    const SHOWN_AT_ONCE: usize = 1000;

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
    /// The fields of one that a caller can set.
    type Edit: Send + Sync;
    /// Shown fields that change without an edit of the item, e.g. totals. A PUT may send any value of them back.
    const MOVING: &'static [&'static str];

    /// Reads the fields of a new one, or of a change to the one that was `before`.
    fn read(fields: &mut Fields<'_>, before: Option<&Self::Item>) -> Self::Edit;
    /// Makes one.
    fn create(at: &At, edit: &Self::Edit) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Changes one.
    fn update(
        at: &At,
        before: Self::Item,
        edit: &Self::Edit,
    ) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Deletes one.
    fn delete(at: &At, id: u64) -> impl Future<Output = Result<(), NokoError>> + Send;

    /// An edit that was not made, to the caller.
    fn wrong(error: EditError) -> NokoError {
        NokoError::of_edit(error, Self::FILTERS.resource)
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
    answer::<R>(&at, &uri, &paging, page).await
}

/// The answer with as much of a page as fits.
pub async fn answer<R: Shown>(
    at: &At,
    uri: &Uri,
    paging: &Paging,
    page: Page<R::Item>,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let mut shown = Vec::new();
    let mut room = Room::of(LARGEST);
    for some in page.items.chunks(R::SHOWN_AT_ONCE) {
        let more = R::show(at, some).await?;
        let fits = more.iter().all(|item| room.take(item));
        shown.extend(more);
        if !fits {
            break;
        }
    }
    Ok(paging.answer(&at.base, uri, page, shown))
}

/// GET of one.
pub async fn one<R: Shown>(Member(at): Member, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let item = R::find(&at, id).await?;
    shown::<R>(&at, item).await.map(Json)
}

/// A list that can be added to: GET, POST.
pub fn all<R: Edited>(path: &'static str) -> Endpoints {
    at(path).get(list::<R>, R::FILTERS).post(create::<R>, Parameters::none(R::FILTERS.resource))
}

/// One that can be changed: GET, PUT, PATCH, DELETE.
pub fn each<R: Edited>(path: &'static str) -> Endpoints {
    let none = Parameters::none(R::FILTERS.resource);
    at(path).get(one::<R>, none).put(update::<R>, none).delete(delete::<R>, none)
}

async fn shown<R: Shown>(at: &At, item: R::Item) -> Result<Value, NokoError> {
    Ok(R::show(at, &[item]).await?.pop().unwrap_or_default())
}

/// 201, with the `Location` of what was made.
pub async fn create<R: Edited>(
    Member(at): Member,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let edit = input.read(R::FILTERS.resource, |fields| R::read(fields, None)).all()?;
    let item = R::create(&at, &edit).await?;
    let shown = shown::<R>(&at, item).await?;
    let url = shown["url"].as_str().and_then(|url| HeaderValue::from_str(url).ok());
    Ok((StatusCode::CREATED, url.map(|url| (LOCATION, url)).into_iter().collect(), Json(shown)))
}

/// What is not there is not there, whatever is asked of it.
async fn update<R: Edited>(Member(at): Member, Id(id): Id, input: Input) -> Result<Json<Value>, NokoError> {
    let item = changed::<R>(&at, id, &input).await?;
    shown::<R>(&at, item).await.map(Json)
}

/// Changes one as a body asks for it.
pub async fn changed<R: Edited>(at: &At, id: u64, input: &Input) -> Result<R::Item, NokoError> {
    let before = R::find(at, id).await?;
    let mut reading = input.read(R::FILTERS.resource, |fields| R::read(fields, Some(&before)));
    if reading.has_rest() {
        let shown = R::show(at, std::slice::from_ref(&before)).await?.pop().unwrap_or_default();
        reading = reading.sent_back(|name, value| is_shown::<R>(&shown, name, value));
    }
    let edit = reading.all()?;
    R::update(at, before, &edit).await
}

/// Whether a field that cannot be set is sent as answers show it. A user, project or client is compared by its id.
fn is_shown<R: Edited>(shown: &Value, name: &str, value: &Value) -> bool {
    let Some(still) = shown.get(name) else {
        return false;
    };
    let same_id = value.get("id").is_some_and(|id| Some(id) == still.get("id"));
    R::MOVING.contains(&name) || same_id || value == still
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
