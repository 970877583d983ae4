//! `/entries`: the account's entries, made by hand first, then those of the latest import, its highest row first.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::HeaderMap;
use serde_json::Value;
use shared::entity::by_hand::entries::{self as by_hand, EntryInput, ProjectInput};
use shared::entity::by_hand::{EditError, MOST_TAGS};
use shared::entity::{Entry, entry::minutes};
use shared::id::{EntryId, ThingId};

use super::NokoError;
use super::everything::account_entries;
use super::filter::{EntryFilter, Query};
use super::input::{Input, any_text, flag, number, text};
use super::paging::Paging;
use super::resource::{At, Resource};
use super::walk::Walk;

const ENTRY: &str = "Entry";
/// The longest duration by hand: about a hundred years.
const MOST_MINUTES: u64 = 60_000_000;

/// `GET /entries`.
pub async fn list(
    at: At,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, EntryFilter::of(&query)?);
    let mut walk = Walk::new(&at.services, at.account, &filter, &paging);
    let total = account_entries(&at.services, at.account, &filter, &mut walk).await?;
    let page = walk.page(total);
    let mut shapes = at.shapes();
    shapes.learn_entries(&at.services, &page.items).await?;
    let links = paging.links(&at.base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|entry| shapes.entry(entry)).collect())))
}

fn id_of(path: &str) -> Result<EntryId, NokoError> {
    path.parse().map(EntryId).map_err(|_| NokoError::not_found())
}

/// Entries.
pub struct Entries;

impl Resource for Entries {
    type Item = Entry;

    async fn find(at: &At, id: &str) -> Result<Entry, NokoError> {
        by_hand::get(&at.services, at.account, id_of(id)?).await.map_err(wrong)
    }

    async fn create(at: &At, input: &Input) -> Result<Entry, NokoError> {
        let input = entry_input(input, None)?;
        by_hand::create(&at.services, at.account, at.user, &input).await.map_err(wrong)
    }

    async fn update(at: &At, id: &str, input: &Input) -> Result<Entry, NokoError> {
        let before = Self::find(at, id).await?;
        let input = entry_input(input, Some(&before))?;
        by_hand::update(&at.services, at.account, before.id, &input).await.map_err(wrong)
    }

    async fn delete(at: &At, id: &str) -> Result<(), NokoError> {
        by_hand::delete(&at.services, at.account, id_of(id)?).await.map_err(wrong)
    }

    async fn show(at: &At, entry: &Entry) -> Result<Value, NokoError> {
        let mut shapes = at.shapes();
        shapes.learn_entries(&at.services, std::slice::from_ref(entry)).await?;
        Ok(shapes.entry(entry))
    }
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, ENTRY)
}

fn entry_input(input: &Input, before: Option<&Entry>) -> Result<EntryInput, NokoError> {
    let mut fields = input.of(ENTRY);
    let date = fields.value("date", |value| value.as_str()?.trim().parse().ok());
    let shown_minutes = fields.value("minutes", |value| number(value).filter(|&minutes| minutes <= MOST_MINUTES));
    let hours = fields.value("hours", |value| {
        let hours = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
        hours.filter(|hours| (0.0..=MOST_MINUTES as f64 / 60.0).contains(hours))
    });
    let user = fields.value("user_id", number).map(ThingId);
    let project = fields.nullable("project_id", number).map(|id| id.map(ThingId));
    let project_name = fields.nullable("project_name", text);
    let description = fields.nullable("description", any_text);
    let tags = fields.value("tags", |value| {
        let names = value.as_array().filter(|names| names.len() <= MOST_TAGS)?;
        names.iter().map(super::tags::name).collect::<Option<Vec<_>>>()
    });
    let billable = fields.value("billable", flag);
    let source_url = fields.nullable("source_url", any_text);
    if before.is_none() {
        fields.required(&["date"]);
        fields.required(&["minutes", "hours"]);
    }
    fields.done()?;

    let by_id = project.map(|id| id.map(ProjectInput::Id));
    let project = by_id.or(project_name.map(|name| name.map(ProjectInput::Name)));
    // The minutes shown are rounded: sent back unchanged they change no seconds.
    let unchanged = |minutes_sent: u64| before.is_some_and(|before| minutes(before.seconds) == minutes_sent);
    let seconds = match (shown_minutes, hours) {
        (Some(minutes), _) if unchanged(minutes) => None,
        (Some(minutes), _) => Some(minutes.saturating_mul(60)),
        (None, Some(hours)) => Some((hours * 3600.0).round() as u64),
        (None, None) => None,
    };
    Ok(EntryInput {
        date,
        seconds,
        user,
        project,
        tags,
        text: description.map(|text| text.filter(|text| !text.is_empty())),
        billable,
        source_url,
    })
}
