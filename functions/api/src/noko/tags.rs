//! `/tags`.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, Uri};
use serde_json::Value;
use shared::drained::drained;
use shared::entity::Thing;
use shared::entity::by_hand::EditError;
use shared::entity::by_hand::things::{self, ThingInput};
use shared::id::{AccountId, ThingId};
use shared::services::Services;
use shared::store::keys::{self, Kind};

use super::NokoError;
use super::filter::{Query, ThingFilter};
use super::input::{Input, LONGEST_NAME, flag};
use super::paging::{Page, Paging};
use super::resource::{At, Resource};
use super::shape::Shapes;

const TAG: &str = "Tag";
/// Things whose totals are read at once.
pub(super) const SHOWN_AT_ONCE: usize = 8;

/// All things of a kind that are no marks, highest id first.
pub(super) async fn all(at: &At, kind: Kind) -> Result<Vec<Thing>, NokoError> {
    let mut things: Vec<Thing> = at.services.store.read_all(keys::things(at.account, kind).descending()).await?;
    things.retain(|thing| !thing.is_spent());
    Ok(things)
}

/// The id in a path.
pub(super) fn id_of(path: &str) -> Result<ThingId, NokoError> {
    path.parse().map(ThingId).map_err(|_| NokoError::not_found())
}

/// The thing with the id in a path.
pub(super) async fn thing(at: &At, kind: Kind, path: &str) -> Result<Thing, NokoError> {
    let thing = Thing::get(&at.services, at.account, kind, id_of(path)?).await?;
    thing.ok_or_else(NokoError::not_found)
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
    at: At,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_tags(&query)?);
    let mut tags = all(&at, Kind::Tag).await?;
    tags.retain(|tag| filter.matches(tag));
    page(&at.services, at.account, &at.base, &uri, &paging, paging.cut(tags)).await
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

/// Tags.
pub struct Tags;

impl Resource for Tags {
    type Item = Thing;

    async fn find(at: &At, id: &str) -> Result<Thing, NokoError> {
        thing(at, Kind::Tag, id).await
    }

    async fn create(at: &At, input: &Input) -> Result<Thing, NokoError> {
        let input = tag_input(input, true)?;
        things::create(&at.services, at.account, Kind::Tag, &input).await.map_err(wrong)
    }

    async fn update(at: &At, id: &str, input: &Input) -> Result<Thing, NokoError> {
        let (id, input) = (id_of(id)?, tag_input(input, false)?);
        things::update(&at.services, at.account, Kind::Tag, id, &input).await.map_err(wrong)
    }

    async fn delete(at: &At, id: &str) -> Result<(), NokoError> {
        things::delete(&at.services, at.account, Kind::Tag, id_of(id)?).await.map_err(wrong)
    }

    async fn show(at: &At, tag: &Thing) -> Result<Value, NokoError> {
        at.shapes().tag(&at.services, tag).await
    }
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, TAG)
}
