//! The lists that hang on a project, a tag, a user or a group: their entries, with all filters of entries, and what else the
//! vendor has there.

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, Uri};
use serde_json::Value;
use shared::edit::groups;
use shared::entries::filter::EntryFilter;
use shared::entries::totals::told;
use shared::id::ThingId;
use shared::store::keys::Kind;
use shared::things::Thing;

use super::NokoError;
use super::caller::{At, Member};
use super::entries::{Entries, filtered};
use super::filter::entry_filter;
use super::input::Id;
use super::paging::{Page, Paging};
use super::projects::{Projects, project_filter};
use super::query::Query;
use super::resource::{answer, thing};

type List = Result<(HeaderMap, Json<Vec<Value>>), NokoError>;

/// `GET /projects/:id/entries`.
pub async fn entries_of_project(Member(at): Member, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let project = thing(&at, Kind::Project, id).await?.id;
    entries(&at, &uri, &query, |filter| filter.of_projects(vec![project])).await
}

/// `GET /tags/:id/entries`.
pub async fn entries_of_tag(Member(at): Member, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let tag = thing(&at, Kind::Tag, id).await?.id;
    entries(&at, &uri, &query, |filter| filter.of_tag(tag)).await
}

/// `GET /users/:id/entries`.
pub async fn entries_of_user(Member(at): Member, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let user = thing(&at, Kind::User, id).await?.id;
    entries(&at, &uri, &query, |filter| filter.of_user(user)).await
}

/// `GET /current_user/entries`.
pub async fn entries_of_caller(Member(at): Member, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let user = at.caller.user;
    entries(&at, &uri, &query, |filter| filter.of_user(user)).await
}

/// `GET /project_groups/:id/entries`: those of its projects.
pub async fn entries_of_group(Member(at): Member, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let projects = of_group(&at, id).await?.iter().map(|project| project.id).collect();
    entries(&at, &uri, &query, |filter| filter.of_projects(projects)).await
}

async fn entries(at: &At, uri: &Uri, query: &Query, only: impl FnOnce(EntryFilter) -> EntryFilter) -> List {
    let paging = Paging::of(query)?;
    let filter = only(entry_filter(at, query).await?);
    let page = filtered(at, &filter, &paging).await?;
    answer::<Entries>(at, uri, &paging, page).await
}

/// `GET /project_groups/:id/projects`.
pub async fn projects_of_group(Member(at): Member, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let (paging, filter) = (Paging::of(&query)?, project_filter(&at, &query).await?);
    let mut projects = of_group(&at, id).await?;
    projects.retain(|project| filter.matches(project));
    let page: Page<Thing> = paging.cut(projects);
    answer::<Projects>(&at, &uri, &paging, page).await
}

async fn of_group(at: &At, id: u64) -> Result<Vec<Thing>, NokoError> {
    let group = thing(at, Kind::Client, id).await?.id;
    Ok(groups::projects(&at.services, at.caller.account, group).await?)
}

/// `GET /projects/:id/participants`: the users whose entries it has.
pub async fn participants(Member(at): Member, Id(id): Id, OriginalUri(uri): OriginalUri, query: Query) -> List {
    let paging = Paging::of(&query)?;
    let project = thing(&at, Kind::Project, id).await?;
    let told = told(&at.services, at.caller.account, &[project]).await?;
    let users: Vec<ThingId> = told.into_iter().flat_map(|told| told.participants).collect();
    let page = paging.cut(users);
    let mut shapes = at.shapes();
    shapes.learn(&at.services, page.items.iter().map(|&user| (Kind::User, user)).collect()).await?;
    let shown = shapes.users(&page.items);
    Ok(paging.answer(&at.base, &uri, page, shown))
}

/// `GET /projects/:id/expenses` and its like: no expenses are kept, so of what there is the list is empty.
pub async fn expenses_of<const PROJECTS: bool>(Member(at): Member, Id(id): Id) -> Result<Json<[Value; 0]>, NokoError> {
    thing(&at, if PROJECTS { Kind::Project } else { Kind::User }, id).await?;
    Ok(Json([]))
}
