//! The OpenAPI 3.1 description of the doors, made from the code and served at `/api/v1/openapi.json`.
//!
//! A door's route is registered only together with its description ([`crate::routes`]): by handlers with
//! `#[utoipa::path]`, in the Noko door by its table of endpoints. Nothing about a path is written a second time here. This
//! module adds the facts that all operations of a door share (errors, tokens), and holds the shapes of bodies.
//!
//! # Cost
//!
//! A router made together with its descriptions took ten milliseconds of processor time at each start of the function. A
//! test therefore writes the document to `docs/openapi/waybill.json` and holds the file against the code, and the function
//! has the text of the file.

pub(crate) mod copernica;
pub(crate) mod native;
pub(crate) mod noko;
pub(crate) mod productive;
pub(crate) mod shared;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::Door;

/// The text at the head of the document.
const ABOUT: &str = "Bulk imports that can be undone. Four doors lead to the same imports: `/api/v1` is Waybill's own \
                     API, `/v2` is compatible with the clients of Noko (formerly Freckle), `/api/v2` with those of \
                     Productive, `/v3` with those of Copernica. Lists end with a `null` cursor or without a `next` link; times are ISO 8601, in UTC or, \
                     below `/api/v2`, in the account's zone.";

/// The description of all doors.
pub fn document() -> OpenApi {
    let about = InfoBuilder::new()
        .title("Waybill")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(utoipa::openapi::License::new("Apache-2.0")))
        .build();
    let empty = OpenApiBuilder::new().info(about).build();
    let doors = OpenApiRouter::<Door>::with_openapi(empty)
        .nest("/v2", crate::noko::routes())
        .nest("/api/v2", crate::productive::routes())
        .nest("/api", crate::native::unversioned_routes())
        .nest("/api/v1", crate::native::routes());
    let mut document = doors.into_openapi();
    document.security = Some(native::security());
    document.tags = Some(
        native::tags().into_iter().chain(noko::tags()).chain(productive::tags()).chain(copernica::tags()).collect(),
    );
    let components = document.components.get_or_insert_default();
    shared::add_components(components);
    native::add_components(components);
    noko::add_components(components);
    productive::add_components(components);
    copernica::add_to(&mut document);
    let of_productive = document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/api/v2/"));
    of_productive.for_each(|(_, item)| productive::secure(item));
    document.paths.paths.values_mut().for_each(tell_apart);
    document
}

/// Gives the operations of a path different ids where a handler answers PUT and PATCH alike.
fn tell_apart(item: &mut PathItem) {
    let id = |operation: &Option<Operation>| operation.as_ref().and_then(|operation| operation.operation_id.clone());
    if id(&item.put).is_some_and(|put| id(&item.patch) == Some(put))
        && let Some(id) = item.patch.as_mut().and_then(|patch| patch.operation_id.as_mut())
    {
        id.push_str("_by_patch");
    }
}

/// The document as a test wrote it, which is the document that the code gives.
const STORED: &str = include_str!("../../../docs/openapi/waybill.json");

/// Describes every operation of all doors in OpenAPI 3.1. No token is needed.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "describe",
    tag = "Description",
    security(()),
    responses((status = 200, description = "This document", body = native::Description))
)]
pub(crate) async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], STORED)
}

#[cfg(test)]
mod compatible;
#[cfg(test)]
mod tests;
