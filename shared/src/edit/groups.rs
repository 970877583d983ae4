//! Project groups, which are the clients of projects: made, filled and emptied by hand. Files make them as well.
//!
//! A group that is deleted is retired ([`super::merge::delete`]), so that is one transaction however many projects it has. To be put into
//! another group, a project gets another key, which is a transaction for each.

use super::EditError;
use super::things::{self, ClientInput, ThingInput};
use crate::concurrent::drained;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, Kind};
use crate::things::Thing;

/// Projects that one request puts into a group or takes out of it at most.
pub const MOST_AT_ONCE: usize = 1000;
/// Projects changed at once.
const IN_FLIGHT: usize = 8;

/// Makes a group with some projects, which leave the groups that they are in.
pub async fn create(
    services: &Services,
    account: AccountId,
    name: &str,
    projects: &[ThingId],
) -> Result<Thing, EditError> {
    for &project in projects {
        Thing::get(services, account, Kind::Project, project).await?.ok_or(EditError::Missing("project_ids"))?;
    }
    let input = ThingInput { name: Some(name.to_owned()), ..ThingInput::default() };
    let group = things::create(services, account, Kind::Client, &input).await?;
    put_all(services, account, projects, Some(group.id)).await?;
    Ok(Thing::get(services, account, Kind::Client, group.id).await?.unwrap_or(group))
}

/// Puts projects that are in no group into this one. Projects that are not there, that are in another group, or that have the
/// name of one that is in the group already, stay as they are.
pub async fn add(
    services: &Services,
    account: AccountId,
    group: ThingId,
    projects: &[ThingId],
) -> Result<(), EditError> {
    let free = in_group(services, account, projects, None).await?;
    put_all(services, account, &free, Some(group)).await
}

/// Takes projects out of the group; those that are not in it stay as they are, and so do those that have the name of a project
/// without a group.
pub async fn remove(
    services: &Services,
    account: AccountId,
    group: ThingId,
    projects: &[ThingId],
) -> Result<(), EditError> {
    let inside = in_group(services, account, projects, Some(group)).await?;
    put_all(services, account, &inside, None).await
}

/// The projects of a group, highest id first.
pub async fn projects(services: &Services, account: AccountId, group: ThingId) -> Result<Vec<Thing>, StoreError> {
    let mut projects = Vec::new();
    let mut pages = services.store.pages(keys::things(account, Kind::Project).descending());
    while let Some(items) = pages.next().await? {
        for item in items {
            let project: Thing = crate::store::decode(item)?;
            if !project.is_spent() && project.client() == Some(group) {
                projects.push(project);
            }
        }
    }
    Ok(projects)
}

/// Those of the projects that are in a group, or in none that is there.
async fn in_group(
    services: &Services,
    account: AccountId,
    projects: &[ThingId],
    group: Option<ThingId>,
) -> Result<Vec<ThingId>, StoreError> {
    let wanted: Vec<_> = projects.iter().map(|&id| (Kind::Project, id)).collect();
    let there = Thing::get_many(services, account, &wanted).await?;
    let clients: Vec<_> = there.iter().filter_map(Thing::client).map(|id| (Kind::Client, id)).collect();
    let clients = Thing::get_many(services, account, &clients).await?;
    let client = |project: &Thing| {
        project.client().filter(|&id| clients.iter().any(|client| client.id == id && !client.is_spent()))
    };
    Ok(there.iter().filter(|project| !project.is_spent() && client(project) == group).map(|p| p.id).collect())
}

/// Puts each of the projects into a group or into none, as far as their names allow it.
async fn put_all(
    services: &Services,
    account: AccountId,
    projects: &[ThingId],
    group: Option<ThingId>,
) -> Result<(), EditError> {
    let input = ThingInput { client: Some(group.map(ClientInput::Id)), ..ThingInput::default() };
    let put = projects.iter().map(|&project| {
        let input = &input;
        async move {
            match things::update(services, account, Kind::Project, project, input).await {
                Ok(_) | Err(EditError::Taken(_) | EditError::NotFound) => Ok(()),
                Err(error) => Err(error),
            }
        }
    });
    drained(put, IN_FLIGHT).await.map(drop)
}
