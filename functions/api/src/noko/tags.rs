//! `/tags`.

use serde_json::Value;
use shared::entity::by_hand::things::{self, ThingInput};
use shared::entity::totals::told;
use shared::entity::{Thing, is_short};
use shared::format::{Tag, marked};
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::At;
use super::filter::{Query, ThingFilter};
use super::input::{Input, flag};
use super::paging::{Page, Paging};
use super::resource::{Edited, Shown, delete_thing, page_of_things, thing};

/// Tags.
pub struct Tags;

impl Shown for Tags {
    type Item = Thing;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        let filter = ThingFilter::of_tags(query)?;
        page_of_things(at, Kind::Tag, paging, |tag| filter.matches(tag)).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        thing(at, Kind::Tag, id).await
    }

    async fn show(at: &At, tags: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let told = told(&at.services, at.caller.account, tags).await?;
        let shapes = at.shapes();
        Ok(tags.iter().zip(&told).map(|(tag, told)| shapes.tag(tag, told)).collect())
    }
}

impl Edited for Tags {
    const NAME: &'static str = "Tag";

    async fn create(at: &At, input: &Input) -> Result<Thing, NokoError> {
        let input = read(input, true)?;
        things::create(&at.services, at.caller.account, Kind::Tag, &input).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, input: &Input) -> Result<Thing, NokoError> {
        let input = read(input, false)?;
        things::update(&at.services, at.caller.account, Kind::Tag, before.id, &input).await.map_err(Self::wrong)
    }

    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        delete_thing::<Self>(at, Kind::Tag, id).await
    }
}

/// A tag by its name: with or without a `#` before it, and with a `*` behind it if it makes entries unbillable.
pub(super) fn named(value: &Value) -> Option<Tag<'static>> {
    let tag = marked(value.as_str()?);
    (!tag.name.is_empty() && is_short(&tag.name)).then_some(tag)
}

fn read(input: &Input, creating: bool) -> Result<ThingInput, NokoError> {
    let mut fields = input.of(Tags::NAME);
    let tag = fields.value("name", named);
    let unbillable = tag.as_ref().is_some_and(|tag| tag.unbillable);
    let billable = fields.value("billable", flag).or(unbillable.then_some(false));
    if creating {
        fields.required(&["name"]);
    }
    fields.done()?;
    Ok(ThingInput { name: tag.map(|tag| tag.name.into_owned()), billable, ..ThingInput::default() })
}
