//! The paths under `/project_groups`, which is the vendor's name for the clients of projects. `/groups` lists the same
//! clients in short form.

use std::collections::HashMap;

use axum::Json;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use shared::edit::groups::{self, MOST_AT_ONCE};
use shared::edit::merge;
use shared::edit::things::{self, ThingInput};
use shared::id::ThingId;
use shared::store::keys::{self, Kind};
use shared::things::Thing;

use super::NokoError;
use super::actions::id_list;
use super::caller::{At, Member};
use super::error::FieldError;
use super::input::{Fields, Id, Input, PerhapsInput, text};
use super::paging::{Page, Paging};
use super::parameters::{self, Parameters};
use super::projects::{Groups, Projects};
use super::query::Query;
use super::resource::{Edited, Shown, thing};
use crate::openapi::noko::{GroupName, ProjectGroupShown};

/// The number of projects shown inside the JSON of a group.
const MOST_SHOWN: usize = 100;

/// The resource of project groups in full form, with some projects of each group.
pub struct ProjectGroups;

impl Shown for ProjectGroups {
    type Item = Thing;
    const FILTERS: Parameters = parameters::GROUPS;

    async fn page(at: &At, query: &Query, paging: &Paging) -> Result<Page<Thing>, NokoError> {
        Groups::page(at, query, paging).await
    }

    async fn find(at: &At, id: u64) -> Result<Thing, NokoError> {
        Groups::find(at, id).await
    }

    async fn show(at: &At, groups: &[Thing]) -> Result<Vec<Value>, NokoError> {
        let mut of_groups: HashMap<ThingId, Vec<Thing>> = groups.iter().map(|group| (group.id, Vec::new())).collect();
        let mut pages = at.services.store.pages(keys::things(at.caller.account, Kind::Project).descending());
        while let Some(items) = pages.next().await? {
            for project in Thing::get_listed(items)? {
                let group = project.client().and_then(|id| of_groups.get_mut(&id));
                if let Some(projects) = group.filter(|projects| projects.len() < MOST_SHOWN) {
                    projects.push(project);
                }
            }
        }
        let shapes = at.shapes();
        Ok(groups.iter().map(|group| shapes.full_group(group, &of_groups[&group.id])).collect())
    }
}

impl Edited for ProjectGroups {
    type Edit = (Option<String>, Vec<ThingId>);
    type Answer = ProjectGroupShown;
    type Body = GroupName;
    const NOUNS: [&'static str; 2] = ["a client", "clients"];
    const MOVING: &'static [&'static str] = &["projects", "updated_at"];

    fn read(fields: &mut Fields<'_>, before: Option<&Thing>) -> Self::Edit {
        let name = fields.value("name", text);
        if before.is_some() {
            return (name, Vec::new());
        }
        fields.required(&["name"]);
        (name, id_list(fields, "project_ids"))
    }

    async fn create(at: &At, (name, projects): &Self::Edit) -> Result<Thing, NokoError> {
        let name = name.clone().unwrap_or_default();
        groups::create(&at.services, at.caller.account, &name, projects).await.map_err(Self::wrong)
    }

    async fn update(at: &At, before: Thing, (name, _): &Self::Edit) -> Result<Thing, NokoError> {
        let input = ThingInput { name: name.clone(), ..ThingInput::default() };
        things::update(&at.services, at.caller.account, Kind::Client, before.id, &input).await.map_err(Self::wrong)
    }

    /// Deletes the group; the group's projects stay, without a group.
    async fn delete(at: &At, id: u64) -> Result<(), NokoError> {
        merge::delete(&at.services, at.caller.account, Kind::Client, ThingId(id)).await.map_err(Self::wrong)
    }
}

/// `POST /project_groups` creates a group. A known client sends the fields in the query, with an empty
/// object as the body.
pub async fn create(
    Member(at): Member,
    query: Query,
    input: PerhapsInput,
) -> Result<(StatusCode, HeaderMap, Json<Value>), NokoError> {
    let mut input = input.0;
    if let Some(name) = query.text("name") {
        input = input.with("name", json!(name));
    }
    if let Some(projects) = query.ids("project_ids")? {
        input = input.with("project_ids", json!(projects));
    }
    super::resource::create::<ProjectGroups>(Member(at), input).await
}

/// `POST /project_groups/:id/add_projects` adds projects to the group, and returns the named projects that are
/// now in the group.
pub async fn add(Member(at): Member, Id(id): Id, input: Input) -> Result<Json<Vec<Value>>, NokoError> {
    let group = thing(&at, Kind::Client, id).await?.id;
    let projects = listed(&input)?;
    groups::add(&at.services, at.caller.account, group, &projects).await.map_err(ProjectGroups::wrong)?;
    let wanted: Vec<_> = projects.into_iter().map(|id| (Kind::Project, id)).collect();
    let mut there = Thing::get_many(&at.services, at.caller.account, &wanted).await?;
    there.retain(|project| project.client() == Some(group));
    Projects::show(&at, &there).await.map(Json)
}

/// `PUT /project_groups/:id/remove_projects` takes the named projects out of the group.
pub async fn remove(Member(at): Member, Id(id): Id, input: Input) -> Result<StatusCode, NokoError> {
    let group = thing(&at, Kind::Client, id).await?.id;
    let projects = listed(&input)?;
    groups::remove(&at.services, at.caller.account, group, &projects).await.map_err(ProjectGroups::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `PUT /project_groups/:id/remove_all_projects` takes all projects out of the group, up to a limit.
pub async fn remove_all(Member(at): Member, Id(id): Id, input: PerhapsInput) -> Result<StatusCode, NokoError> {
    input.0.read(ProjectGroups::FILTERS.resource, |_| ()).all()?;
    let (services, account) = (&at.services, at.caller.account);
    let group = thing(&at, Kind::Client, id).await?.id;
    let projects: Vec<_> = groups::projects(services, account, group).await?.into_iter().map(|p| p.id).collect();
    if projects.len() > MOST_AT_ONCE {
        let error = FieldError::new(ProjectGroups::FILTERS.resource, "base", "too_many");
        let way = format!("more than {MOST_AT_ONCE} projects; delete the group, or remove its projects by their ids");
        return Err(NokoError::invalid(vec![error.saying(way)]));
    }
    groups::remove(services, account, group, &projects).await.map_err(ProjectGroups::wrong)?;
    Ok(StatusCode::NO_CONTENT)
}

fn listed(input: &Input) -> Result<Vec<ThingId>, NokoError> {
    input.read(ProjectGroups::FILTERS.resource, |fields| id_list(fields, "project_ids")).all()
}
