//! The native door, `/api/v1`, for the command line, for files of any size and origin, and for column mappings.
//!
//! A caller creates an import from a file in the body, from rows as JSON, from a URL, or by an upload straight to S3. The door
//! lists the imports of the account, shows an import's counts, the evidence of the file's format, and the first errors, and it
//! cancels, resumes and undoes imports. The door tells the outcome of each row, the causes of errors and the records that an
//! import made, and gives the file back. The column mappings with which imports were made can be listed, renamed and deleted.

mod accept;
mod create;
mod cursor;
mod errors;
mod history;
mod imports;
mod keyset;
mod limits;
mod list;
mod mappings;
mod parameters;
mod parts;
mod problem;
mod reason;
mod records;
mod results;
mod scan;
mod source;
mod start;
mod validator;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

use crate::Door;
pub(crate) use accept::asks_for_problem;
pub(crate) use cursor::CursorKey;
pub use problem::Problem;
pub(crate) use problem::located;

/// The routes of the door, relative to `/api/v1`.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/imports", get(list::list).post(create::create))
        .route("/imports/{id}", get(imports::get))
        .route("/imports/{id}/history", get(history::list))
        .route("/imports/{id}/upload/parts", get(parts::list))
        .route("/imports/{id}/upload/complete", post(parts::complete))
        .route("/imports/{id}/start", post(start::start))
        .route("/imports/{id}/cancel", post(imports::cancel))
        .route("/imports/{id}/resume", post(imports::resume))
        .route("/imports/{id}/revert", post(imports::revert))
        .route("/imports/{id}/results", get(results::list))
        .route("/imports/{id}/records", get(records::list))
        .route("/imports/{id}/errors", get(errors::get))
        .route("/imports/{id}/source", get(source::get))
        .route("/limits", get(limits::get))
        .route("/mappings", get(mappings::list))
        .route(
            "/mappings/{id}",
            get(mappings::get).patch(mappings::rename).put(mappings::rename).delete(mappings::forget),
        )
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .with_state(door)
}

/// The route of an import's results under the path that the vendor's newest page spells, `/api/imports/{id}/results`.
pub fn results(door: Door) -> MethodRouter {
    get(results::list).fallback(async || Problem::method_not_allowed()).with_state(door)
}
