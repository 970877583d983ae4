//! `/entries`: the account's entries, made by hand first, then those of the latest import, its highest row first.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;
use shared::entity::by_hand::entries::{self as by_hand, EntryInput, ProjectInput};
use shared::entity::by_hand::{EditError, MOST_TAGS};
use shared::entity::{Entry, entry::minutes};
use shared::id::{AccountId, EntryId, ThingId};
use shared::services::Services;

use super::NokoError;
use super::caller::Member;
use super::everything::account_entries;
use super::filter::{EntryFilter, Query};
use super::input::{Input, any_text, flag, number, text};
use super::paging::Paging;
use super::shape::Shapes;
use super::walk::Walk;
use crate::Door;
use crate::base::Base;

const ENTRY: &str = "Entry";
/// The longest duration by hand: about a hundred years.
const MOST_MINUTES: u64 = 60_000_000;

/// `GET /entries`.
pub async fn list(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, EntryFilter::of(&query)?);
    let mut walk = Walk::new(&door.services, caller.account, &filter, &paging);
    let total = account_entries(&door.services, caller.account, &filter, &mut walk).await?;
    let page = walk.page(total);
    let mut shapes = Shapes::new(&base, caller.account);
    shapes.learn_entries(&door.services, &page.items).await?;
    let links = paging.links(&base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|entry| shapes.entry(entry)).collect())))
}

fn id_of(path: &str) -> Result<EntryId, NokoError> {
    path.parse().map(EntryId).map_err(|_| NokoError::not_found())
}

async fn shown(services: &Services, account: AccountId, base: &str, entry: &Entry) -> Result<Json<Value>, NokoError> {
    let mut shapes = Shapes::new(base, account);
    shapes.learn_entries(services, std::slice::from_ref(entry)).await?;
    Ok(Json(shapes.entry(entry)))
}

/// `GET /entries/:id`.
pub async fn get(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let entry = by_hand::get(&door.services, caller.account, id_of(&id)?).await.map_err(wrong)?;
    shown(&door.services, caller.account, &base, &entry).await
}

/// `POST /entries`.
pub async fn create(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let input = entry_input(&input, None)?;
    let entry = by_hand::create(&door.services, caller.account, caller.user, &input).await.map_err(wrong)?;
    let shown = shown(&door.services, caller.account, &base, &entry).await?;
    Ok((StatusCode::CREATED, location(&shown), shown))
}

/// `PUT` and `PATCH /entries/:id`.
pub async fn update(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
    input: Input,
) -> Result<Json<Value>, NokoError> {
    let before = by_hand::get(&door.services, caller.account, id_of(&id)?).await.map_err(wrong)?;
    let input = entry_input(&input, Some(&before))?;
    let entry = by_hand::update(&door.services, caller.account, before.id, &input).await.map_err(wrong)?;
    shown(&door.services, caller.account, &base, &entry).await
}

/// `DELETE /entries/:id`.
pub async fn delete(
    State(door): State<Door>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<StatusCode, NokoError> {
    by_hand::delete(&door.services, caller.account, id_of(&id)?).await.map_err(wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, ENTRY)
}

/// The `Location` of what was made.
pub(super) fn location(shown: &Json<Value>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let url = shown.0["url"].as_str().and_then(|url| HeaderValue::from_str(url).ok());
    headers.extend(url.map(|url| (LOCATION, url)));
    headers
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
