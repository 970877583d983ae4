//! `/projects`, and `/groups`: the clients that projects are for.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use shared::drained::drained;
use shared::entity::Thing;
use shared::entity::by_hand::EditError;
use shared::entity::by_hand::things::{self, ThingInput};
use shared::id::AccountId;
use shared::services::Services;
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::Member;
use super::entries::location;
use super::filter::{Query, ThingFilter};
use super::input::{Input, flag, number, text};
use super::paging::{Page, Paging};
use super::shape::Shapes;
use super::tags::{SHOWN_AT_ONCE, all, id_of};
use crate::Door;
use crate::base::Base;

const PROJECT: &str = "Project";

/// A page of projects.
pub(super) async fn page(
    services: &Services,
    account: AccountId,
    base: &str,
    uri: &Uri,
    paging: &Paging,
    page: Page<Thing>,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let mut shapes = Shapes::new(base, account);
    let clients = page.items.iter().filter_map(Thing::client).map(|client| (Kind::Client, client));
    shapes.learn(services, clients.collect()).await?;
    let shown: Vec<_> = page.items.iter().map(|project| shapes.project(services, project)).collect();
    let shown = drained(shown, SHOWN_AT_ONCE).await?;
    Ok((paging.links(base, uri, &page), Json(shown)))
}

/// `GET /projects`.
pub async fn list(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_projects(&query)?);
    let mut projects = all(&door.services, caller.account, Kind::Project).await?;
    projects.retain(|project| filter.matches(project));
    page(&door.services, caller.account, &base, &uri, &paging, paging.cut(projects)).await
}

async fn shown(door: &Door, account: AccountId, base: &str, project: &Thing) -> Result<Json<Value>, NokoError> {
    let mut shapes = Shapes::new(base, account);
    shapes.learn(&door.services, project.client().map(|client| (Kind::Client, client)).into_iter().collect()).await?;
    Ok(Json(shapes.project(&door.services, project).await?))
}

/// `GET /projects/:id`.
pub async fn get(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let project = Thing::get(&door.services, caller.account, Kind::Project, id_of(&id)?).await?;
    shown(&door, caller.account, &base, &project.ok_or_else(NokoError::not_found)?).await
}

fn project_input(input: &Input, creating: bool) -> Result<ThingInput, NokoError> {
    let mut fields = input.of(PROJECT);
    let name = fields.value("name", text);
    let input = ThingInput {
        name,
        billable: fields.value("billable", flag),
        client: fields.nullable("group_name", text),
        enabled: fields.value("enabled", flag),
        stepping: fields.value("stepping", |value| u32::try_from(number(value)?).ok().filter(|&step| step > 0)),
        color_hex: fields.value("color_hex", |value| text(value).filter(|color| is_color(color))),
        budget_minutes: fields.nullable("budget_minutes", number),
    };
    if creating {
        fields.required(&["name"]);
    }
    fields.done()?;
    Ok(input)
}

fn is_color(color: &str) -> bool {
    color.strip_prefix('#').is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, PROJECT)
}

/// `POST /projects`.
pub async fn create(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    input: Input,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let input = project_input(&input, true)?;
    let project = things::create(&door.services, caller.account, Kind::Project, &input).await.map_err(wrong)?;
    let shown = shown(&door, caller.account, &base, &project).await?;
    Ok((StatusCode::CREATED, location(&shown), shown))
}

/// `PUT` and `PATCH /projects/:id`.
pub async fn update(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
    input: Input,
) -> Result<Json<Value>, NokoError> {
    let (id, input) = (id_of(&id)?, project_input(&input, false)?);
    let project = things::update(&door.services, caller.account, Kind::Project, id, &input).await.map_err(wrong)?;
    shown(&door, caller.account, &base, &project).await
}

/// `DELETE /projects/:id`.
pub async fn delete(
    State(door): State<Door>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<StatusCode, NokoError> {
    things::delete(&door.services, caller.account, Kind::Project, id_of(&id)?).await.map_err(wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /groups`.
pub async fn groups(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let paging = Paging::of(&query)?;
    let page = paging.cut(all(&door.services, caller.account, Kind::Client).await?);
    let shapes = Shapes::new(&base, caller.account);
    let links = paging.links(&base, &uri, &page);
    Ok((links, Json(page.items.iter().map(|client| shapes.group(client)).collect())))
}

/// `GET /groups/:id`.
pub async fn group(
    State(door): State<Door>,
    Member(caller): Member,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let client = Thing::get(&door.services, caller.account, Kind::Client, id_of(&id)?).await?;
    Ok(Json(Shapes::new(&base, caller.account).group(&client.ok_or_else(NokoError::not_found)?)))
}
