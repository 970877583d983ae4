//! The native door, `/api/v1`, for the command line, for files of any size and origin, for column mappings and for schedules.
//!
//! A caller creates an import from a file in the body, from rows as JSON, from a URL, or by an upload straight to S3. The door
//! lists the imports of the account, shows an import's counts, the evidence of the file's format, and the first errors, and it
//! cancels, resumes and undoes imports. The door tells the outcome of each row, the causes of errors and the records that an
//! import made, and gives the file back. The column mappings with which imports were made can be listed, renamed and deleted.
//! A schedule imports the file behind a URL again and again.
//! Webhooks, which get the events of the account, can be made, changed, tested and deleted, with a list of their deliveries.

mod accept;
mod body;
mod create;
mod cursor;
mod deliveries;
mod errors;
mod history;
mod imports;
mod keyset;
mod limits;
mod list;
mod mappings;
pub(crate) mod parameters;
mod parts;
mod path;
mod problem;
mod profile_records;
mod reason;
mod records;
mod removed;
mod results;
mod scan;
mod schedules;
mod source;
mod start;
mod validator;
mod webhooks;

use axum::Router;

use crate::Door;
use crate::openapi;
use crate::routes::{Routes, add_routes, gathered, routed};
pub(crate) use accept::asks_for_problem;
pub(crate) use cursor::CursorKey;
pub use problem::Problem;
pub(crate) use problem::located;

/// The routes of the door, relative to `/api/v1`.
pub(crate) fn routes<R: Routes>() -> R {
    add_routes!(
        R::default(),
        [list::list, create::create],
        [imports::get],
        [history::list],
        [parts::list],
        [parts::complete],
        [start::start],
        [imports::cancel],
        [imports::resume],
        [imports::revert],
        [records::list],
        [removed::list],
        [errors::get],
        [source::get],
        [limits::get],
        [mappings::list],
        [mappings::get, mappings::rename, mappings::forget],
        [schedules::list, schedules::create],
        [schedules::get, schedules::change, schedules::delete],
        [schedules::run],
        [schedules::runs],
        [openapi::get],
        [results::list],
        [webhooks::list, webhooks::create],
        [webhooks::get, webhooks::change, webhooks::delete],
        [webhooks::rotate],
        [deliveries::test],
        [deliveries::list],
        [deliveries::get],
        [deliveries::retry],
    )
}

/// The route of an import's results, relative to `/api`: the vendor's newest page spells this path without the `v1`
/// of the other paths.
pub(crate) fn unversioned_routes<R: Routes>() -> R {
    R::default().add(
        || routed!(results::list),
        || {
            let (schemas, mut paths, methods) = utoipa_axum::routes!(results::list);
            // Ids of operations differ.
            let ids = paths.paths.values_mut().filter_map(|path| path.get.as_mut()?.operation_id.as_mut());
            ids.for_each(|id| id.push_str("_unversioned"));
            (schemas, paths, methods)
        },
    )
}

/// The router of the door.
pub fn router(door: Door) -> Router {
    answered(routes(), door)
}

/// The router of the path without `v1`, relative to `/api`.
pub fn unversioned(door: Door) -> Router {
    answered(unversioned_routes(), door)
}

fn answered(routes: Router<Door>, door: Door) -> Router {
    let routes = routes
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || Problem::method_not_allowed());
    gathered(routes.with_state(door))
}
