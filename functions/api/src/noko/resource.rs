//! The endpoints that entries, projects, tags, users and clients have in common: list, show, create, change, delete.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde_json::Value;
use shared::edit::{EditError, things};
use shared::id::ThingId;
use shared::store::keys::{self, Kind};
use shared::things::Thing;
use utoipa::ToSchema;

use super::NokoError;
use super::caller::{At, Member};
use super::describe::{created, done, object, page};
use super::endpoint::{Endpoints, at};
use super::input::{Fields, Id, Input};
use super::paging::{Page, Paging};
use super::parameters::Parameters;
use super::query::Query;
use crate::answer::{LARGEST, Room};
use crate::routes::Routes;

/// The number of things read from the table at once, at a few hundred bytes each.
const THINGS_AT_ONCE: usize = 1000;

/// A kind of resource that a caller can list and show.
pub trait Shown: 'static {
    /// An item of the resource, as the engine stores the item.
    type Item: Send + Sync;
    /// The filters that the resource's list accepts in a query.
    const FILTERS: Parameters;
    /// The number of items turned into JSON before the response's size is checked. Large items need a small number.
    const SHOWN_AT_ONCE: usize = 1000;

    /// A page of the items that match the query.
    fn page(
        at: &At,
        query: &Query,
        paging: &Paging,
    ) -> impl Future<Output = Result<Page<Self::Item>, NokoError>> + Send;
    /// The item with this id, or the error 404 if the account has no such item.
    fn find(at: &At, id: u64) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// The JSON of items in full form, in the order of the items.
    fn show(at: &At, items: &[Self::Item]) -> impl Future<Output = Result<Vec<Value>, NokoError>> + Send;
}

/// A kind of resource that a caller can create, change and delete.
pub trait Edited: Shown {
    /// The fields of an item that a caller can set.
    type Edit: Send + Sync;
    /// The shape of the item's JSON.
    type Answer: ToSchema;
    /// The shape of a body that creates or changes an item.
    type Body: ToSchema;
    /// The name of an item and the name of several, for descriptions: `an entry`, `entries`.
    const NOUNS: [&'static str; 2];
    /// The shown fields that change without an edit of the item, e.g. totals. A PUT may send any
    /// value for these fields.
    const MOVING: &'static [&'static str];

    /// Parses the fields of a new item, or of a change to the item `before`.
    fn read(fields: &mut Fields<'_>, before: Option<&Self::Item>) -> Self::Edit;
    /// Creates an item of the caller's account from the fields.
    fn create(at: &At, edit: &Self::Edit) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Changes the item `before` by the fields that the body has.
    fn update(
        at: &At,
        before: Self::Item,
        edit: &Self::Edit,
    ) -> impl Future<Output = Result<Self::Item, NokoError>> + Send;
    /// Deletes the item with this id, or fails with the rule that protects the item.
    fn delete(at: &At, id: u64) -> impl Future<Output = Result<(), NokoError>> + Send;

    /// The response for an edit that was refused or failed.
    fn wrong(error: EditError) -> NokoError {
        NokoError::of_edit(error, Self::FILTERS.resource)
    }
}

/// GET of a list: a page of the items that match the query.
pub async fn list<R: Shown>(
    Member(at): Member,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let paging = Paging::of(&query)?;
    let page = R::page(&at, &query, &paging).await?;
    answer::<R>(&at, &uri, &paging, page).await
}

/// The response with as many items of a page as fit.
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

/// GET of an item by the id in the path.
pub async fn one<R: Shown>(Member(at): Member, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let item = R::find(&at, id).await?;
    shown::<R>(&at, item).await.map(Json)
}

/// The endpoints of a list to which callers can add items: GET and POST.
pub fn all<R: Edited, C: Routes>(path: &'static str) -> Endpoints<C> {
    let [one, many] = R::NOUNS;
    at(path).get(list::<R>, R::FILTERS, page::<R::Answer>("Lists").of(many)).post(
        create::<R>,
        Parameters::none(R::FILTERS.resource),
        created::<R::Answer>("Creates").of(one).takes::<R::Body>(),
    )
}

/// The endpoints of an item that callers can change: GET, PUT, PATCH and DELETE.
pub fn each<R: Edited, C: Routes>(path: &'static str) -> Endpoints<C> {
    let none = Parameters::none(R::FILTERS.resource);
    let [noun, _] = R::NOUNS;
    at(path)
        .get(one::<R>, none, object::<R::Answer>("Shows").of(noun))
        .put(update::<R>, none, object::<R::Answer>("Changes").of(noun).takes::<R::Body>())
        .delete(delete::<R>, none, done("Deletes").of(noun))
}

async fn shown<R: Shown>(at: &At, item: R::Item) -> Result<Value, NokoError> {
    Ok(R::show(at, &[item]).await?.pop().unwrap_or_default())
}

/// POST: creates an item and answers 201, with the URL of the item in `Location`.
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

/// PUT and PATCH of an item. An unknown id is answered with 404 before the body is looked at.
async fn update<R: Edited>(Member(at): Member, Id(id): Id, input: Input) -> Result<Json<Value>, NokoError> {
    let item = changed::<R>(&at, id, &input).await?;
    shown::<R>(&at, item).await.map(Json)
}

/// Changes an item as a body asks. Fields that cannot be set are accepted if they have the values
/// that a response shows.
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

/// Returns whether a field that cannot be set has the value that a response shows. A user, project or client
/// is compared by id.
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

/// A page of the shared things of a kind that match, highest id first. The page holds no more things in memory than are
/// shown. The number of things is known if the list ends within some thousands behind the page.
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
        Thing::get_listed(items)?.into_iter().filter(&passes).for_each(|thing| cut.push(thing));
    }
    Ok(cut.page(false))
}

/// The shared thing with this id, or the error 404 if the account has no such thing.
pub async fn thing(at: &At, kind: Kind, id: u64) -> Result<Thing, NokoError> {
    let thing = Thing::get(&at.services, at.caller.account, kind, ThingId(id)).await?;
    thing.ok_or_else(NokoError::not_found)
}

/// Deletes a shared thing, unless entries refer to the thing.
pub async fn delete_thing<R: Edited>(at: &At, kind: Kind, id: u64) -> Result<(), NokoError> {
    things::delete(&at.services, at.caller.account, kind, ThingId(id)).await.map_err(R::wrong)
}
