//! `/tags`.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use shared::drained::drained;
use shared::entity::Thing;
use shared::entity::by_hand::EditError;
use shared::entity::by_hand::things::{self, ThingInput};
use shared::id::{AccountId, ThingId};
use shared::services::Services;
use shared::store::keys::{self, Kind};

use super::NokoError;
use super::caller::Member;
use super::entries::location;
use super::filter::{Query, ThingFilter};
use super::input::{Input, LONGEST_NAME, flag};
use super::paging::{Page, Paging};
use super::shape::Shapes;
use crate::Door;
use crate::base::Base;

const TAG: &str = "Tag";
/// Things whose totals are read at once.
pub(super) const SHOWN_AT_ONCE: usize = 8;

/// All things of a kind that are no marks, highest id first.
pub(super) async fn all(services: &Services, account: AccountId, kind: Kind) -> Result<Vec<Thing>, NokoError> {
    let mut things: Vec<Thing> = services.store.read_all(keys::things(account, kind).descending()).await?;
    things.retain(|thing| !thing.is_spent());
    Ok(things)
}

/// The id in a path.
pub(super) fn id_of(path: &str) -> Result<ThingId, NokoError> {
    path.parse().map(ThingId).map_err(|_| NokoError::not_found())
}

/// A page of tags.
pub(super) async fn page(
    services: &Services,
    account: AccountId,
    base: &str,
    uri: &Uri,
    paging: &Paging,
    page: Page<Thing>,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let shapes = Shapes::new(base, account);
    let shown: Vec<_> = page.items.iter().map(|tag| shapes.tag(services, tag)).collect();
    let shown = drained(shown, SHOWN_AT_ONCE).await?;
    Ok((paging.links(base, uri, &page), Json(shown)))
}

/// `GET /tags`.
pub async fn list(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_tags(&query)?);
    let mut tags = all(&door.services, caller.account, Kind::Tag).await?;
    tags.retain(|tag| filter.matches(tag));
    page(&door.services, caller.account, &base, &uri, &paging, paging.cut(tags)).await
}

async fn shown(door: &Door, account: AccountId, base: &str, tag: &Thing) -> Result<Json<Value>, NokoError> {
    Ok(Json(Shapes::new(base, account).tag(&door.services, tag).await?))
}

/// `GET /tags/:id`.
pub async fn get(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let tag = Thing::get(&door.services, caller.account, Kind::Tag, id_of(&id)?).await?;
    shown(&door, caller.account, &base, &tag.ok_or_else(NokoError::not_found)?).await
}

/// The name of a tag, without the `#` that may mark it.
pub(super) fn name(value: &Value) -> Option<String> {
    let name = value.as_str()?.trim().trim_start_matches('#').trim();
    (!name.is_empty() && name.len() <= LONGEST_NAME).then(|| name.to_owned())
}

fn tag_input(input: &Input, creating: bool) -> Result<ThingInput, NokoError> {
    let mut fields = input.of(TAG);
    let name = fields.value("name", name);
    let billable = fields.value("billable", flag);
    if creating {
        fields.required(&["name"]);
    }
    fields.done()?;
    Ok(ThingInput { name, billable, ..ThingInput::default() })
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, TAG)
}

/// `POST /tags`.
pub async fn create(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let input = tag_input(&input, true)?;
    let tag = things::create(&door.services, caller.account, Kind::Tag, &input).await.map_err(wrong)?;
    let shown = shown(&door, caller.account, &base, &tag).await?;
    Ok((StatusCode::CREATED, location(&shown), shown))
}

/// `PUT` and `PATCH /tags/:id`.
pub async fn update(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
    input: Input,
) -> Result<Json<Value>, NokoError> {
    let (id, input) = (id_of(&id)?, tag_input(&input, false)?);
    let tag = things::update(&door.services, caller.account, Kind::Tag, id, &input).await.map_err(wrong)?;
    shown(&door, caller.account, &base, &tag).await
}

/// `DELETE /tags/:id`.
pub async fn delete(
    State(door): State<Door>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<StatusCode, NokoError> {
    things::delete(&door.services, caller.account, Kind::Tag, id_of(&id)?).await.map_err(wrong)?;
    Ok(StatusCode::NO_CONTENT)
}
