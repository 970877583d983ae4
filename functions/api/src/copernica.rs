//! The Copernica door, `/v3`, compatible with the clients of Copernica: databases with their schema, profiles and subprofiles.
//!
//! The vendor's own class takes every answer for a success whose status is not 400. So every client error is 400 here, also for
//! an unknown path, a wrong method or a body that is too large, and the door reads paths and methods by itself
//! ([`routes`]). The class reads an answer only if its content type is `application/json` and nothing more.

mod answer;
mod caller;
mod databases;
mod describe;
mod error;
mod given;
mod imports;
mod matching;
mod operation;
mod parts;
mod profiles;
mod request;
mod routes;
mod subprofiles;
mod views;

use axum::Router;
use axum::routing::{MethodRouter, any};

use crate::Door;
pub use describe::{Described, Success};
pub use error::CopernicaError;
pub use operation::offered_everywhere;

/// The handler for `/v3/`, which the nested router does not cover.
pub fn root() -> MethodRouter {
    any(async || CopernicaError::invalid_method())
}

/// The router of the door, which has a single handler.
pub fn router(door: Door) -> Router {
    Router::new().fallback(routes::answer).with_state(door)
}
