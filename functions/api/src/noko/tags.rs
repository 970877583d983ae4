//! The paths under `/tags`, for the labels of entries, which can be created, changed and deleted.

use serde_json::Value;
use shared::edit::merge;
use shared::edit::things::{self, ThingInput};
use shared::entries::totals::told;
use shared::id::ThingId;
use shared::store::keys::Kind;
use shared::things::Thing;
use shared::things::names::is_short;
use shared::values::hashtags::Tag;
use shared::values::hashtags::marked;

use super::NokoError;
use super::caller::At;
use super::input::{Fields, flag};
use super::paging::{Page, Paging};
use super::parameters::{self, Parameters};
use super::query::Query;
use super::resource::{Edited, Shown, page_of_things, thing};
use super::thing_filter::ThingFilter;
use crate::openapi::noko::{TagFields, TagShown};

/// The resource of tags, with the number of entries of each tag.
pub struct Tags;

impl Shown for Tags {
    type Item = Thing;
    const FILTERS: Parameters = parameters::TAGS;

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
    type Edit = ThingInput;
    type Answer = TagShown;
    type Body = TagFields;
    const NOUNS: [&'static str; 2] = ["a tag", "tags"];
    const MOVING: &'static [&'static str] = &["entries", "updated_at"];

    fn read(fields: &mut Fields<'_>, before: Option<&Thing>) -> ThingInput {
        let tag = fields.value("name", named);
        let unbillable = tag.as_ref().is_some_and(|tag| tag.unbillable);
        let billable = fields.value("billable", flag).or(unbillable.then_some(false));
        if before.is_none() {
            fields.required(&["name"]);
        }
        ThingInput { name: tag.map(|tag| tag.name.into_owned()), billable, ..ThingInput::default() }
    }

    async fn create(at: &At, edit: &ThingInput) -> Result<Thing, NokoError> {
        things::create(&at.services, at.caller.account, Kind::Tag, edit).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, edit: &ThingInput) -> Result<Thing, NokoError> {
        things::update(&at.services, at.caller.account, Kind::Tag, before.id, edit).await.map_err(Self::wrong)
    }

    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        merge::delete(&at.services, at.caller.account, Kind::Tag, ThingId(id)).await.map_err(Self::wrong)
    }
}

/// Parses the name of a tag: with or without a `#` in front, and with a `*` behind if the tag makes entries unbillable.
pub(super) fn named(value: &Value) -> Option<Tag<'static>> {
    let tag = marked(value.as_str()?);
    (!tag.name.is_empty() && is_short(&tag.name)).then_some(tag)
}
