//! The native door, `/api/v1`, for the command line, for files of any size and origin, and for column mappings.
//!
//! A caller creates an import from a file in the body, from rows as JSON, from a URL, or by an upload straight to S3. The door lists the imports of the account, shows an
//! import's counts, the evidence of the file's format, and the first errors, and it cancels and undoes imports. The column
//! mappings with which imports were made can be listed, renamed and deleted.

mod create;
mod cursor;
mod imports;
mod keyset;
mod list;
mod mappings;
mod parameters;
mod parts;
mod problem;
mod scan;
mod start;

use axum::Router;
use axum::routing::{get, post};

use crate::Door;
pub(crate) use cursor::CursorKey;
pub use problem::Problem;
pub(crate) use problem::located;

/// The routes of the door, relative to `/api/v1`.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/imports", get(list::list).post(create::create))
        .route("/imports/{id}", get(imports::get))
        .route("/imports/{id}/upload/parts", get(parts::list))
        .route("/imports/{id}/upload/complete", post(parts::complete))
        .route("/imports/{id}/start", post(start::start))
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
