//! `/projects`, and `/groups`: the clients that projects are for.

use axum::Json;
use serde_json::Value;
use shared::entity::Thing;
use shared::entity::by_hand::things::{self, ThingInput};
use shared::entity::totals::told;
use shared::store::keys::Kind;

use super::NokoError;
use super::caller::{At, Member};
use super::filter::{Query, ThingFilter};
use super::input::{Input, flag, number, text};
use super::paging::{Page, Paging};
use super::resource::{Edited, Shown, delete_thing, page_of_things, thing};

/// The most participants that a project is shown with, those of the lowest ids: an answer is bounded.
const MOST_PARTICIPANTS: usize = 500;

/// Projects.
pub struct Projects;

impl Shown for Projects {
    type Item = Thing;
    /// Each may have hundreds of participants.
    const SHOWN_AT_ONCE: usize = 50;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        let filter = ThingFilter::of_projects(query)?;
        page_of_things(at, Kind::Project, paging, |project| filter.matches(project)).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        thing(at, Kind::Project, id).await
    }

    async fn show(at: &At, projects: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let mut told = told(&at.services, at.caller.account, projects).await?;
        told.iter_mut().for_each(|told| {
            let few = told.participants.iter().take(MOST_PARTICIPANTS).copied().collect();
            told.participants = few;
        });
        let clients = projects.iter().filter_map(Thing::client).map(|client| (Kind::Client, client));
        let users = told.iter().flat_map(|told| &told.participants).map(|&user| (Kind::User, user));
        let mut shapes = at.shapes();
        shapes.learn(&at.services, clients.chain(users).collect()).await?;
        Ok(projects.iter().zip(&told).map(|(project, told)| shapes.project(project, told)).collect())
    }
}

impl Edited for Projects {
    const NAME: &'static str = "Project";

    async fn create(at: &At, input: &Input) -> Result<Thing, NokoError> {
        let input = read(input, true)?;
        things::create(&at.services, at.caller.account, Kind::Project, &input).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, input: &Input) -> Result<Thing, NokoError> {
        let input = read(input, false)?;
        things::update(&at.services, at.caller.account, Kind::Project, before.id, &input).await.map_err(Self::wrong)
    }

    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        delete_thing::<Self>(at, Kind::Project, id).await
    }
}

fn read(input: &Input, creating: bool) -> Result<ThingInput, NokoError> {
    let mut fields = input.of(Projects::NAME);
    let input = ThingInput {
        name: fields.value("name", text),
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

/// `GET /expenses`, where a project's `expenses_url` leads: none are kept.
pub async fn expenses(Member(_): Member) -> Json<[Value; 0]> {
    Json([])
}

/// Clients.
pub struct Groups;

impl Shown for Groups {
    type Item = Thing;

    async fn page(at: &At, _: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        page_of_things(at, Kind::Client, paging, |_| true).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        thing(at, Kind::Client, id).await
    }

    async fn show(at: &At, clients: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let shapes = at.shapes();
        Ok(clients.iter().map(|client| shapes.group(client)).collect())
    }
}
