//! `/projects`, and `/groups`: the clients that projects are for.

use axum::Json;
use axum::extract::{OriginalUri, Path};
use axum::http::{HeaderMap, Uri};
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
use super::filter::{Query, ThingFilter};
use super::input::{Input, flag, number, text};
use super::paging::{Page, Paging};
use super::resource::{At, Resource};
use super::shape::Shapes;
use super::tags::{SHOWN_AT_ONCE, all, id_of, thing};

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
    at: At,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ThingFilter::of_projects(&query)?);
    let mut projects = all(&at, Kind::Project).await?;
    projects.retain(|project| filter.matches(project));
    page(&at.services, at.account, &at.base, &uri, &paging, paging.cut(projects)).await
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

/// Projects.
pub struct Projects;

impl Resource for Projects {
    type Item = Thing;

    async fn find(at: &At, id: &str) -> Result<Thing, NokoError> {
        thing(at, Kind::Project, id).await
    }

    async fn create(at: &At, input: &Input) -> Result<Thing, NokoError> {
        let input = project_input(input, true)?;
        things::create(&at.services, at.account, Kind::Project, &input).await.map_err(wrong)
    }

    async fn update(at: &At, id: &str, input: &Input) -> Result<Thing, NokoError> {
        let (id, input) = (id_of(id)?, project_input(input, false)?);
        things::update(&at.services, at.account, Kind::Project, id, &input).await.map_err(wrong)
    }

    async fn delete(at: &At, id: &str) -> Result<(), NokoError> {
        things::delete(&at.services, at.account, Kind::Project, id_of(id)?).await.map_err(wrong)
    }

    async fn show(at: &At, project: &Thing) -> Result<Value, NokoError> {
        let mut shapes = at.shapes();
        shapes.learn(&at.services, project.client().map(|client| (Kind::Client, client)).into_iter().collect()).await?;
        shapes.project(&at.services, project).await
    }
}

fn wrong(error: EditError) -> NokoError {
    NokoError::of_edit(error, PROJECT)
}

/// `GET /expenses`, where a project's `expenses_url` leads: none are kept.
pub async fn expenses(Member(_): Member) -> Json<[Value; 0]> {
    Json([])
}

/// `GET /groups`.
pub async fn groups(
    at: At,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let paging = Paging::of(&query)?;
    let page = paging.cut(all(&at, Kind::Client).await?);
    let (shapes, links) = (at.shapes(), paging.links(&at.base, &uri, &page));
    Ok((links, Json(page.items.iter().map(|client| shapes.group(client)).collect())))
}

/// `GET /groups/:id`.
pub async fn group(at: At, Path(id): Path<String>) -> Result<Json<Value>, NokoError> {
    Ok(Json(at.shapes().group(&thing(&at, Kind::Client, &id).await?)))
}
