//! The native door, `/api/v1`: what the command line and the presigned upload need of it so far.
//!
//! An import is made by an upload straight to S3, of any size; it is read with its counts, the evidence of
//! what its file is, and its first errors; it is cancelled, and undone. The mappings that imports were made with are listed,
//! named and forgotten.

mod imports;
mod keyset;
mod mappings;
mod problem;
mod upload;

use axum::Router;
use axum::routing::{get, post};

use crate::Door;
pub use problem::Problem;

/// The routes.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/imports", post(upload::create))
        .route("/imports/{id}", get(imports::get))
        .route("/imports/{id}/cancel", post(imports::cancel))
        .route("/imports/{id}/revert", post(imports::revert))
        .route("/mappings", get(mappings::list))
        .route(
            "/mappings/{id}",
            get(mappings::get).patch(mappings::rename).put(mappings::rename).delete(mappings::forget),
        )
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(door)
}
