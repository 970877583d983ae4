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
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, any, get};

use crate::Door;
use entries::Entries;
pub use error::NokoError;
use projects::{Groups, Projects};
use tags::Tags;
use users::Users;

/// `/v2/`, which is no path of the router's.
pub fn root() -> MethodRouter {
    any(async || NokoError::not_found()).layer(from_fn(caller::with_user_agent))
}

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
        ("/entries", resource::all::<Entries>()),
        ("/entries/{id}", resource::each::<Entries>()),
        ("/projects", resource::all::<Projects>()),
        ("/projects/{id}", resource::each::<Projects>()),
        ("/tags", resource::all::<Tags>()),
        ("/tags/{id}", resource::each::<Tags>()),
        ("/users", resource::all::<Users>()),
        ("/users/{id}", resource::each::<Users>()),
        ("/expenses", get(projects::expenses)),
        ("/groups", get(resource::list::<Groups>)),
        ("/groups/{id}", get(resource::one::<Groups>)),
    ];
    let mut router = Router::new();
    for (path, methods) in routes {
        router = router.route(path, methods.clone()).route(&format!("{path}/"), methods);
    }
    router
        .fallback(async || NokoError::not_found())
        .method_not_allowed_fallback(async || NokoError::method_not_allowed())
        .layer(from_fn(caller::with_user_agent))
        .with_state(door)
}
