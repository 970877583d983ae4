//! The native door, `/api/v1`, for the command line, for presigned uploads, and for column mappings.
//!
//! A caller creates an import by an upload of any size straight to S3. The door lists the imports of the account, shows an
//! import's counts, the evidence of the file's format, and the first errors, and it cancels and undoes imports. The column
//! mappings with which imports were made can be listed, renamed and deleted.

mod cursor;
mod imports;
mod keyset;
mod list;
mod mappings;
pub(crate) mod parameters;
mod path;
mod problem;
mod scan;
mod upload;

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Door;
use crate::openapi;
pub(crate) use cursor::CursorKey;
pub use problem::Problem;
pub(crate) use problem::located;

/// The routes of the door with their descriptions, relative to `/api/v1`.
pub(crate) fn routes() -> OpenApiRouter<Door> {
    OpenApiRouter::default()
        .routes(routes!(list::list, upload::create))
        .routes(routes!(imports::get))
        .routes(routes!(imports::cancel))
        .routes(routes!(imports::revert))
        .routes(routes!(mappings::list))
        .routes(routes!(mappings::get, mappings::rename, mappings::forget))
        .routes(routes!(openapi::get))
}

/// The router of the door.
pub fn router(door: Door) -> Router {
    Router::from(routes())
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(door)
}
