//! The paths under `/projects` and `/groups`, where a group is the client for whom projects are done.

use axum::Json;
use serde_json::Value;
use shared::edit::things::{self, ClientInput, ThingInput};
use shared::entries::totals::told;
use shared::id::ThingId;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::NokoError;
use super::caller::{At, Member};
use super::input::{Fields, flag, number, text};
use super::paging::{Page, Paging};
use super::parameters::{self, Parameters};
use super::query::Query;
use super::resource::{Edited, Shown, delete_thing, page_of_things, thing};
use super::thing_filter::{GroupFilter, ThingFilter};
use crate::openapi::noko::{ProjectFields, ProjectShown};

/// The number of participants shown for a project (the lowest ids), so that the response stays bounded.
const MOST_PARTICIPANTS: usize = 500;

/// The resource of projects, with totals of minutes and participants.
pub struct Projects;

impl Shown for Projects {
    type Item = Thing;
    const FILTERS: Parameters = parameters::PROJECTS;
    /// A project may have hundreds of participants, so few projects are built at a time.
    const SHOWN_AT_ONCE: usize = 50;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        let filter = project_filter(at, query).await?;
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
    type Edit = ThingInput;
    type Answer = ProjectShown;
    type Body = ProjectFields;
    const NOUNS: [&'static str; 2] = ["a project", "projects"];
    const MOVING: &'static [&'static str] = &[
        "minutes",
        "billable_minutes",
        "unbillable_minutes",
        "invoiced_minutes",
        "remaining_minutes",
        "participants",
        "entries",
        "updated_at",
    ];

    fn read(fields: &mut Fields<'_>, before: Option<&Thing>) -> ThingInput {
        let stands = before.and_then(Thing::project);
        let step = |value: &Value| u32::try_from(number(value)?).ok().filter(|&step| step > 0);
        let names = ["billing_increment", "stepping"];
        let steppings = names.map(|name| fields.value(name, step));
        let stepping = fields.respelled(names, steppings, stands.map(|project| &project.stepping));
        let names = ["color", "color_hex"];
        let colors = names.map(|name| fields.value(name, color));
        let color_hex = fields.respelled(names, colors, stands.map(|project| &project.color_hex));
        let names = ["budgeted_minutes", "budget_minutes"];
        let budgets = names.map(|name| fields.nullable(name, number));
        let budget_minutes = fields.respelled(names, budgets, stands.map(|project| &project.budget_minutes));
        let input = ThingInput {
            name: fields.value("name", text),
            billable: fields.value("billable", flag),
            client: client(fields),
            enabled: fields.value("enabled", flag),
            stepping,
            color_hex,
            budget_minutes,
        };
        if before.is_none() {
            fields.required(&["name"]);
        }
        input
    }

    async fn create(at: &At, edit: &ThingInput) -> Result<Thing, NokoError> {
        things::create(&at.services, at.caller.account, Kind::Project, edit).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, edit: &ThingInput) -> Result<Thing, NokoError> {
        things::update(&at.services, at.caller.account, Kind::Project, before.id, edit).await.map_err(Self::wrong)
    }

    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        delete_thing::<Self>(at, Kind::Project, id).await
    }
}

/// The client that a body names by id (in the present or an older spelling) or by name.
fn client(fields: &mut Fields<'_>) -> Option<Option<ClientInput>> {
    let names = ["project_group_id", "project_group"];
    let ids = names.map(|name| fields.nullable(name, number));
    let id = fields.respelled(names, ids, None);
    let name = fields.nullable("group_name", text);
    for id in names {
        fields.either("group_name", id);
    }
    let by_id = id.map(|id| id.map(|id| ClientInput::Id(ThingId(id))));
    by_id.or(name.map(|name| name.map(ClientInput::Name)))
}

/// Parses a colour in the form `#rrggbb`, where a request may omit the `#`.
fn color(value: &Value) -> Option<String> {
    let color = text(value)?;
    let digits = color.strip_prefix('#').unwrap_or(&color);
    let hex = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hex.then(|| format!("#{digits}"))
}

/// The filter of a list of projects. Deleted groups are taken out of the filter, because their former projects
/// may still name them.
pub async fn project_filter(at: &At, query: &Query) -> Result<ThingFilter, NokoError> {
    let mut filter = ThingFilter::of_projects(query)?;
    if let Some(groups) = filter.groups_mut() {
        let wanted: Vec<_> = groups.iter().map(|&id| (Kind::Client, id)).collect();
        let there = Thing::get_many(&at.services, at.caller.account, &wanted).await?;
        groups.retain(|id| there.iter().any(|group| group.id == *id));
    }
    Ok(filter)
}

/// `GET /expenses`, the target of a project's `expenses_url`, returns an empty list, because Waybill has no expenses.
pub async fn expenses(Member(_): Member) -> Json<[Value; 0]> {
    Json([])
}

/// The resource of clients in short form.
pub struct Groups;

impl Shown for Groups {
    type Item = Thing;
    const FILTERS: Parameters = parameters::GROUPS;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        let filter = GroupFilter::of(query)?;
        let of_projects = match filter.projects() {
            None => None,
            Some(ids) => {
                let wanted: Vec<_> = ids.iter().map(|&id| (Kind::Project, id)).collect();
                let projects = Thing::get_many(&at.services, at.caller.account, &wanted).await?;
                Some(projects.iter().filter_map(Thing::client).collect())
            }
        };
        page_of_things(at, Kind::Client, paging, |client| filter.matches(client, of_projects.as_ref())).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        thing(at, Kind::Client, id).await
    }

    async fn show(at: &At, clients: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let shapes = at.shapes();
        Ok(clients.iter().map(|client| shapes.group(client)).collect())
    }
}
