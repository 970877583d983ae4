//! The paths under `/entries`. A list begins with the entries of the latest import, from the highest row down, and ends
//! with the entries made by hand.

use serde_json::Value;
use shared::edit::entries as by_hand;
use shared::edit::input::{EntryInput, ProjectInput};
use shared::entries::Entry;
use shared::entries::entry::{MOST_TAGS, minutes};
use shared::entries::filter::EntryFilter;
use shared::entries::list;
use shared::id::{EntryId, ThingId};

use super::NokoError;
use super::caller::At;
use super::filter::entry_filter;
use super::input::{Fields, any_text, day, flag, number, text, web_address};
use super::paging::{Page, Paging};
use super::parameters::{self, Parameters};
use super::query::Query;
use super::resource::{Edited, Shown};
use super::tags;
use crate::openapi::noko::{EntryFields, EntryShown};

/// The longest duration of an entry made by hand, in minutes: about a hundred years.
const MOST_MINUTES: u64 = 60_000_000;

/// The resource of time entries, both imported and made by hand.
pub struct Entries;

impl Shown for Entries {
    type Item = Entry;
    const FILTERS: Parameters = parameters::ENTRIES;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Entry>, NokoError> {
        filtered(at, &entry_filter(at, query).await?, paging).await
    }

    async fn find(at: &At, id: u64) -> Result<Entry, NokoError> {
        by_hand::get(&at.services, at.caller.account, EntryId(id)).await.map_err(Self::wrong)
    }

    async fn show(at: &At, entries: &[Entry]) -> Result<Vec<Value>, NokoError> {
        let mut shapes = at.shapes();
        shapes.learn_entries(&at.services, entries).await?;
        Ok(entries.iter().map(|entry| shapes.entry(entry)).collect())
    }
}

/// A page of the account's entries that match a filter.
pub async fn filtered(at: &At, filter: &EntryFilter, paging: &Paging) -> Result<Page<Entry>, NokoError> {
    Ok(list::of_account(&at.services, at.caller.account, filter, &paging.wanted()).await?.into())
}

impl Edited for Entries {
    type Edit = EntryInput;
    type Answer = EntryShown;
    type Body = EntryFields;
    const NOUNS: [&'static str; 2] = ["an entry", "entries"];
    const MOVING: &'static [&'static str] = &["updated_at"];

    fn read(fields: &mut Fields<'_>, before: Option<&Entry>) -> EntryInput {
        read(fields, before)
    }

    async fn create(at: &At, edit: &EntryInput) -> Result<Entry, NokoError> {
        by_hand::create(&at.services, at.caller.account, at.caller.user, edit).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Entry, edit: &EntryInput) -> Result<Entry, NokoError> {
        by_hand::update(&at.services, at.caller.account, before.id, edit).await.map_err(Self::wrong)
    }

    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        by_hand::delete(&at.services, at.caller.account, EntryId(id)).await.map_err(Self::wrong)
    }
}

fn read(fields: &mut Fields<'_>, before: Option<&Entry>) -> EntryInput {
    let date = fields.value("date", |value| day(value.as_str()?));
    let shown_minutes = fields.value("minutes", |value| number(value).filter(|&minutes| minutes <= MOST_MINUTES));
    let hours = fields.value("hours", |value| {
        let hours = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
        hours.filter(|hours| (0.0..=MOST_MINUTES as f64 / 60.0).contains(hours))
    });
    let users = [fields.nullable("user_id", number), fields.plain("user", number)];
    let user = fields.respelled(["user_id", "user"], users, None).flatten().map(ThingId);
    let project = fields.nullable("project_id", number).map(|id| id.map(ThingId));
    let project_name = fields.nullable("project_name", text);
    let description = fields.nullable("description", any_text);
    let tags = fields.value("tags", |value| {
        let names = value.as_array().filter(|names| names.len() <= MOST_TAGS)?;
        // Tags are accepted in the form of a response (objects with `name`), or as names.
        let name = |tag: &Value| {
            let name = tag.get("name").unwrap_or(tag);
            tags::named(name).and(name.as_str().map(str::to_owned))
        };
        names.iter().map(name).collect::<Option<Vec<_>>>()
    });
    let billable = fields.value("billable", flag);
    let source_url = fields.nullable("source_url", web_address);
    fields.either("minutes", "hours");
    if before.is_none() {
        fields.required(&["date"]);
        fields.required(&["minutes", "hours"]);
    }

    let said = |text: Option<String>| text.filter(|text| !text.is_empty());
    // A project's name counts only if no project id is given.
    let by_id = project.flatten().map(ProjectInput::Id);
    let named = by_id.or(project_name.clone().flatten().map(ProjectInput::Name));
    let project = (project.is_some() || project_name.is_some()).then_some(named);
    // Responses show rounded minutes, so the same minutes sent back leave the entry's seconds unchanged.
    let unchanged = |minutes_sent: u64| before.is_some_and(|before| minutes(before.seconds) == minutes_sent);
    let seconds = match (shown_minutes, hours) {
        (Some(minutes), _) if unchanged(minutes) => None,
        (Some(minutes), _) => Some(minutes.saturating_mul(60)),
        (None, Some(hours)) => Some((hours * 3600.0).round() as u64),
        (None, None) => None,
    };
    EntryInput {
        date,
        seconds,
        user,
        project,
        tags,
        text: description.map(said),
        billable,
        source_url: source_url.map(said),
    }
}
