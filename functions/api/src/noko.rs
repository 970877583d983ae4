//! The Noko door: `/v2`, as Freckle's and Noko's own clients know it.
//!
//! Shapes, words and codes are the vendor's.

mod caller;
mod create;
mod endpoint;
mod entries;
mod error;
mod everything;
mod filter;
mod imports;
mod input;
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
mod walk;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, any};

use crate::Door;
pub use endpoint::Endpoint;
use endpoint::{Endpoints, at};
use entries::Entries;
pub use error::NokoError;
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
        resource::all::<Tags>("/tags"),
        resource::each::<Tags>("/tags/{id}"),
        resource::all::<Users>("/users"),
        resource::each::<Users>("/users/{id}"),
        at("/expenses").get(projects::expenses, EXPENSES),
        at("/groups").get(resource::list::<Groups>, Groups::FILTERS),
        at("/groups/{id}").get(resource::one::<Groups>, group),
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
