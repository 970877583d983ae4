//! The Noko door: `/v2`, as Freckle's and Noko's own clients know it.
//!
//! Shapes, words and codes are the vendor's.

mod caller;
mod create;
mod entries;
mod error;
mod everything;
mod filter;
mod imports;
mod input;
mod paging;
mod projects;
mod resource;
mod shape;
mod sublists;
mod tags;
mod users;
mod walk;

use axum::Router;
use axum::routing::{MethodRouter, get};

use crate::Door;
use entries::Entries;
pub use error::NokoError;
use projects::Projects;
use tags::Tags;
use users::Users;

/// The routes. A path with and without a slash at its end is the same.
pub fn router(door: Door) -> Router {
    let routes: [(&str, MethodRouter<Door>); 19] = [
        ("/imports", get(imports::list).post(create::create)),
        ("/imports/{id}", get(imports::get).delete(imports::delete)),
        ("/imports/{id}/status", get(imports::status)),
        ("/imports/{id}/details", get(imports::details)),
        ("/imports/{id}/report", get(imports::details)),
        ("/imports/{id}/entries", get(sublists::entries)),
        ("/imports/{id}/tags", get(sublists::tags)),
        ("/imports/{id}/projects", get(sublists::projects)),
        ("/entries", get(entries::list).post(resource::create::<Entries>)),
        ("/entries/{id}", resource::one::<Entries>()),
        ("/projects", get(projects::list).post(resource::create::<Projects>)),
        ("/projects/{id}", resource::one::<Projects>()),
        ("/tags", get(tags::list).post(resource::create::<Tags>)),
        ("/tags/{id}", resource::one::<Tags>()),
        ("/users", get(users::list).post(resource::create::<Users>)),
        ("/users/{id}", resource::one::<Users>()),
        ("/expenses", get(projects::expenses)),
        ("/groups", get(projects::groups)),
        ("/groups/{id}", get(projects::group)),
    ];
    let mut router = Router::new();
    for (path, methods) in routes {
        router = router.route(path, methods.clone()).route(&format!("{path}/"), methods);
    }
    router
        .fallback(async || NokoError::not_found())
        .method_not_allowed_fallback(async || NokoError::method_not_allowed())
        .with_state(door)
}
