//! Project groups, as the Noko door calls the clients of projects: made, filled and emptied by hand. Imports make
//! clients as well.
//!
//! A deleted group is retired ([`super::merge::delete`]), so deletion is a single transaction for any number of
//! projects. Moving a project to another group changes the key of the project, which takes a transaction per project.

use super::EditError;
use super::things::{self, ClientInput, ThingInput};
use crate::concurrent::drained;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, Kind};
use crate::things::Thing;

/// The most projects which a request puts into a group or takes out.
pub const MOST_AT_ONCE: usize = 1000;
/// The most projects changed at once.
const IN_FLIGHT: usize = 8;

/// Makes a group with some projects, which leave their present groups.
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

/// Puts projects without a group into this group. A project stays as it is if it does not exist, has a different group,
/// or has the name of a project already in the group.
pub async fn add(
    services: &Services,
    account: AccountId,
    group: ThingId,
    projects: &[ThingId],
) -> Result<(), EditError> {
    let free = in_group(services, account, projects, None).await?;
    put_all(services, account, &free, Some(group)).await
}

/// Takes projects out of the group. A project stays as it is if it is outside the group, or has the name of a project
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
        let of_group = |project: &Thing| project.client() == Some(group);
        projects.extend(Thing::get_listed(items)?.into_iter().filter(of_group));
    }
    Ok(projects)
}

/// The projects among `projects` whose client is `group`; a client who was deleted counts as no client.
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
    let client = |project: &Thing| project.client().filter(|&id| clients.iter().any(|client| client.id == id));
    Ok(there.iter().filter(|project| client(project) == group).map(|project| project.id).collect())
}

/// Moves each project to a group, or out of its group for `None`, unless a project with the same name is there already.
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
