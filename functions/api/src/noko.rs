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
mod shape;
mod sublists;
mod tags;
mod users;
mod walk;

use axum::Router;
use axum::routing::{MethodRouter, get};

use crate::Door;
pub use error::NokoError;

/// The routes. A path with and without a slash at its end is the same.
pub fn router(door: Door) -> Router {
    let routes: [(&str, MethodRouter<Door>); 18] = [
        ("/imports", get(imports::list).post(create::create)),
        ("/imports/{id}", get(imports::get).delete(imports::delete)),
        ("/imports/{id}/status", get(imports::status)),
        ("/imports/{id}/details", get(imports::details)),
        ("/imports/{id}/report", get(imports::details)),
        ("/imports/{id}/entries", get(sublists::entries)),
        ("/imports/{id}/tags", get(sublists::tags)),
        ("/imports/{id}/projects", get(sublists::projects)),
        ("/entries", get(entries::list).post(entries::create)),
        ("/entries/{id}", get(entries::get).put(entries::update).patch(entries::update).delete(entries::delete)),
        ("/projects", get(projects::list).post(projects::create)),
        ("/projects/{id}", get(projects::get).put(projects::update).patch(projects::update).delete(projects::delete)),
        ("/tags", get(tags::list).post(tags::create)),
        ("/tags/{id}", get(tags::get).put(tags::update).patch(tags::update).delete(tags::delete)),
        ("/users", get(users::list).post(users::create)),
        ("/users/{id}", get(users::get).put(users::update).patch(users::update).delete(users::delete)),
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
