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
mod query;
mod run;
mod shape;

use axum::Router;
use axum::routing::{MethodRouter, any};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Door;
pub use error::ProductiveError;

/// The routes of the door with their descriptions, relative to `/api/v2`.
pub(crate) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::default()
        .routes(routes!(imports::list, imports::create))
        .routes(routes!(imports::get, imports::update))
        .routes(routes!(run::import))
        .routes(routes!(run::revert))
        .routes(routes!(companies::list, companies::create))
        .routes(routes!(companies::get, companies::update, companies::delete))
        .routes(routes!(companies::archive))
        .routes(routes!(companies::restore))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::get, people::update, people::delete))
        .routes(routes!(people::archive))
        .routes(routes!(people::restore))
}

/// The handler for `/api/v2/`, which the nested router does not cover.
pub fn root() -> MethodRouter {
    any(async || ProductiveError::not_found())
}

/// The router of the door.
pub fn router(door: Door) -> Router {
    Router::from(routes())
        .fallback(async || ProductiveError::not_found())
        .method_not_allowed_fallback(async || ProductiveError::method_not_allowed())
        .with_state(door)
}
