//! The native door, `/api/v1`, for the command line, for presigned uploads, and for column mappings.
//!
//! A caller creates an import by an upload of any size straight to S3. The door lists the imports of the account, shows an
//! import's counts, the evidence of the file's format, and the first errors, and it cancels and undoes imports. The column
//! mappings with which imports were made can be listed, renamed and deleted.

mod cursor;
mod history;
mod imports;
mod keyset;
mod list;
mod mappings;
mod parameters;
mod problem;
mod reason;
mod scan;
mod upload;
mod validator;

use axum::Router;
use axum::routing::{get, post};

use crate::Door;
pub(crate) use cursor::CursorKey;
pub use problem::Problem;
pub(crate) use problem::located;

/// The routes of the door, relative to `/api/v1`.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/imports", get(list::list).post(upload::create))
        .route("/imports/{id}", get(imports::get))
        .route("/imports/{id}/history", get(history::list))
        .route("/imports/{id}/cancel", post(imports::cancel))
        .route("/imports/{id}/resume", post(imports::resume))
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
