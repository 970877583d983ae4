//! The Productive door, `/api/v2`, compatible with the clients of Productive: imports of contacts, and the companies and
//! people that such imports create.
//!
//! Paths, attribute names, error codes and texts are the vendor's. An import is made first and run by a request of its own;
//! up to a chunk of rows is loaded within that request.

mod body;
mod caller;
mod companies;
mod document;
mod error;
mod imports;
mod listing;
mod negotiation;
mod path;
mod people;
pub(crate) mod query;
mod run;
pub(crate) mod shape;

use axum::Router;
use axum::routing::{MethodRouter, any};

use crate::Door;
use crate::routes::{Routes, add_routes, gathered};
pub use error::ProductiveError;

/// The routes of the door, relative to `/api/v2`.
pub(crate) fn routes<R: Routes>() -> R {
    add_routes!(
        R::default(),
        [imports::list, imports::create],
        [imports::get, imports::update],
        [run::import],
        [run::revert],
        [companies::list, companies::create],
        [companies::get, companies::update, companies::delete],
        [companies::archive],
        [companies::restore],
        [people::list, people::create],
        [people::get, people::update, people::delete],
        [people::archive],
        [people::restore],
    )
}

/// The handler for `/api/v2/`, which the nested router does not cover.
pub fn root() -> MethodRouter {
    any(async || ProductiveError::not_found())
}

/// The router of the door.
pub fn router(door: Door) -> Router {
    let routes = routes::<Router<Door>>()
        .fallback(async || ProductiveError::not_found())
        .method_not_allowed_fallback(async || ProductiveError::method_not_allowed());
    gathered(routes.with_state(door))
}
