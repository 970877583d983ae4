//! The Noko door: `/v2`, as Freckle's and Noko's own clients know it.
//!
//! Shapes, words and codes are the vendor's.

mod actions;
mod caller;
mod create;
mod endpoint;
mod entries;
mod error;
mod filter;
mod groups;
mod imports;
mod input;
mod lists_of;
mod marking;
mod mine;
mod paging;
mod parameters;
mod projects;
mod query;
mod resource;
mod shape;
mod sublists;
mod tags;
mod thing_filter;
mod users;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, any};

use crate::Door;
pub use endpoint::Endpoint;
use endpoint::{Endpoints, at};
use entries::Entries;
pub use error::NokoError;
use groups::ProjectGroups;
pub use parameters::Parameters;
use parameters::{ENTRIES, EXPENSES, IMPORTS, PROJECTS, TAGS};
use projects::{Groups, Projects};
use resource::Shown;
use tags::Tags;
use users::Users;

/// `/v2/`, which is no path of the router's.
pub fn root() -> MethodRouter {
    any(async || NokoError::not_found()).layer(from_fn(caller::with_user_agent))
}

/// The paths, with what each method of them knows of a query.
fn paths() -> Vec<Endpoints> {
    let import = Parameters::none(IMPORTS.resource);
    let group = Parameters::none(Groups::FILTERS.resource);
    vec![
        at("/imports").get(imports::list, IMPORTS).post(create::create, import),
        at("/imports/{id}").get(imports::get, import).delete(imports::delete, import),
        at("/imports/{id}/status").get(imports::status, import),
        at("/imports/{id}/details").get(imports::details, import),
        at("/imports/{id}/report").get(imports::details, import),
        at("/imports/{id}/entries").get(sublists::entries, ENTRIES),
        at("/imports/{id}/tags").get(sublists::tags, TAGS),
        at("/imports/{id}/projects").get(sublists::projects, PROJECTS),
        resource::all::<Entries>("/entries"),
        resource::each::<Entries>("/entries/{id}"),
        resource::all::<Projects>("/projects"),
        resource::each::<Projects>("/projects/{id}"),
        at("/tags").get(resource::list::<Tags>, TAGS).post(actions::post_tags, Parameters::none(TAGS.resource)),
        resource::each::<Tags>("/tags/{id}"),
        resource::all::<Users>("/users"),
        resource::each::<Users>("/users/{id}"),
        at("/expenses").get(projects::expenses, EXPENSES),
        at("/groups").get(resource::list::<Groups>, Groups::FILTERS),
        at("/groups/{id}").get(resource::one::<Groups>, group),
    ]
    .into_iter()
    .chain(of_entries())
    .chain(of_projects())
    .chain(of_tags_and_users())
    .chain(of_groups())
    .collect()
}

/// Marks of entries. Each client spells the first in its own way: as the vendor's page does, as it did before, or short.
fn of_entries() -> Vec<Endpoints> {
    let none = Parameters::none(ENTRIES.resource);
    vec![
        at("/entries/{id}/marked_as_invoiced").put(marking::invoice, none),
        at("/entries/{id}/mark_as_invoiced").put(marking::invoice, none),
        at("/entries/{id}/invoiced_outside_of_noko").put(marking::invoice, none),
        at("/entries/{id}/invoiced_outside_of_freckle").put(marking::invoice, none),
        at("/entries/marked_as_invoiced").put(marking::invoice_all, none),
        at("/entries/mark_as_invoiced").put(marking::invoice_all, none),
        at("/entries/invoiced_outside_of_noko").put(marking::invoice_all, none),
        at("/entries/invoiced_outside_of_freckle").put(marking::invoice_all, none),
        at("/entries/{id}/approved").put(marking::approve, none),
        at("/entries/approved").put(marking::approve_all, none),
        at("/entries/{id}/unapproved").put(marking::unapprove, none),
        at("/entries/unapproved").put(marking::unapprove_all, none),
    ]
}

fn of_projects() -> Vec<Endpoints> {
    let none = Parameters::none(PROJECTS.resource);
    vec![
        at("/projects/archive").put(actions::archive_all, none),
        at("/projects/unarchive").put(actions::unarchive_all, none),
        at("/projects/delete").put(actions::delete_projects, none),
        at("/projects/{id}/archive").put(actions::archive, none),
        at("/projects/{id}/unarchive").put(actions::unarchive, none),
        at("/projects/{id}/merge").put(actions::merge_project, none),
        at("/projects/{id}/entries").get(lists_of::entries_of_project, ENTRIES),
        at("/projects/{id}/participants").get(lists_of::participants, none),
        at("/projects/{id}/expenses").get(lists_of::expenses_of::<true>, EXPENSES),
    ]
}

fn of_tags_and_users() -> Vec<Endpoints> {
    let tag = Parameters::none(TAGS.resource);
    let user = Parameters::none(Users::FILTERS.resource);
    vec![
        at("/tags/delete").put(actions::delete_tags, tag).delete(actions::delete_tags, tag),
        at("/tags/{id}/merge").put(actions::merge_tag, tag),
        at("/tags/{id}/entries").get(lists_of::entries_of_tag, ENTRIES),
        at("/account").get(mine::account, Parameters::none("Account")),
        at("/current_user").get(mine::user, user).put(mine::change, user),
        at("/current_user/entries").get(lists_of::entries_of_caller, ENTRIES),
        at("/current_user/expenses").get(projects::expenses, EXPENSES),
        at("/users/{id}/entries").get(lists_of::entries_of_user, ENTRIES),
        at("/users/{id}/expenses").get(lists_of::expenses_of::<false>, EXPENSES),
        at("/users/{id}/activate").put(actions::activate, user),
        at("/users/{id}/deactivate").put(actions::deactivate, user),
        at("/users/{id}/give_access_to_projects").put(actions::give_access, user),
        at("/users/{id}/revoke_access_to_projects").put(actions::revoke_access, user),
        at("/users/{id}/revoke_access_to_all_projects").put(actions::revoke_access, user),
    ]
}

fn of_groups() -> Vec<Endpoints> {
    let none = Parameters::none(ProjectGroups::FILTERS.resource);
    let fields = Parameters { single: &["name"], lists: &["project_ids"], ..none };
    vec![
        at("/project_groups").get(resource::list::<ProjectGroups>, ProjectGroups::FILTERS).post(groups::create, fields),
        resource::each::<ProjectGroups>("/project_groups/{id}"),
        at("/project_groups/{id}/entries").get(lists_of::entries_of_group, ENTRIES),
        at("/project_groups/{id}/projects").get(lists_of::projects_of_group, PROJECTS),
        at("/project_groups/{id}/add_projects").post(groups::add, none),
        at("/project_groups/{id}/remove_projects").put(groups::remove, none),
        at("/project_groups/{id}/remove_all_projects").put(groups::remove_all, none),
    ]
}

/// All endpoints, for tests that walk them.
pub fn endpoints() -> Vec<Endpoint> {
    paths().into_iter().flat_map(Endpoints::each).collect()
}

/// The routes. A path with and without a slash at its end is the same.
pub fn router(door: Door) -> Router {
    let mut router = Router::new();
    for (path, methods) in paths().into_iter().map(Endpoints::route) {
        router = router.route(path, methods.clone()).route(&format!("{path}/"), methods);
    }
    router
        .fallback(async || NokoError::not_found())
        .method_not_allowed_fallback(async || NokoError::method_not_allowed())
        .layer(from_fn(caller::with_user_agent))
        .with_state(door)
}
