//! The HTTP API: several doors (wire formats) to a single engine.
//!
//! A door translates a request into a command, an import into JSON, and an error into the door's own error shape. The
//! rules are in the crate `shared`, and a door adds none. The same router runs on AWS under API Gateway and in the
//! local process.

mod answer;
mod base;
pub mod copernica;
mod cors;
mod failure;
pub mod gateway;
mod idempotency;
mod multipart;
pub mod native;
pub mod noko;
mod observed;
pub mod openapi;
pub mod productive;
mod routes;
mod surveys;
mod upload;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use shared::account::Access;
use shared::services::Services;
use tokio::sync::Semaphore;

/// The largest request body in bytes. Lambda accepts 6 MB of payload, and a body arrives in base64.
pub const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// The bytes that a multipart body may have in addition to its file.
const ENVELOPE: usize = 64 * 1024;

/// The state that every handler of a door shares.
#[derive(Clone)]
pub struct Door {
    /// The clients of the engine (tables, bucket, queues, clock).
    pub services: Services,
    /// The threads in which uploaded files are surveyed.
    surveys: surveys::Surveys,
    /// Permits to create an import. When many uploads arrive at once, they wait here with their bodies read,
    /// rather than at the stores, whose requests time out. On AWS a process handles a single request at a
    /// time and never waits.
    turns: Arc<Semaphore>,
    /// The key that seals the cursors of the native door.
    cursor_key: native::CursorKey,
}

/// The number of imports that a process creates at once.
const MADE_AT_ONCE: usize = 16;

/// The router with all doors, health check and version.
pub fn router(services: Services) -> Router {
    let turns = Arc::new(Semaphore::new(MADE_AT_ONCE));
    let cursor_key = native::CursorKey::from_env(services.files.bucket());
    let door = Door { services, surveys: surveys::Surveys::default(), turns, cursor_key };
    let doors = Router::new()
        .nest("/v2", noko::router(door.clone()))
        .route("/v2/", noko::root())
        .nest("/api", native::unversioned(door.clone()))
        .nest("/api/v2", productive::router(door.clone()))
        .route("/api/v2/", productive::root())
        .nest("/v3", copernica::router(door.clone()))
        .route("/v3/", copernica::root())
        .nest("/api/v1", native::router(door))
        // For load balancers and monitors: no token is needed and no store is asked, because failures of the stores
        // have alarms of their own.
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .route("/version", get(async || Json(json!({ "version": env!("CARGO_PKG_VERSION") }))))
        .fallback(async || native::Problem::not_found());
    routes::gathered(doors)
        .layer(DefaultBodyLimit::max(BODY_LIMIT + ENVELOPE))
        .layer(cors::layer())
        // This layer is outermost, so that responses of the inner layers are logged as well.
        .layer(from_fn(observed::observed))
}

/// The access that a request with this method needs.
fn access(method: &Method) -> Access {
    match *method {
        Method::GET | Method::HEAD => Access::Read,
        _ => Access::Write,
    }
}

/// An error response for a request that never reaches the router, in the error shape of the door to
/// which the path belongs.
pub fn refusal(path: &str, status: StatusCode, why: &str) -> Response {
    let is_below = |door: &str| path.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    match path {
        _ if is_below("/v3") => copernica::CopernicaError::plain(status, why).into_response(),
        _ if is_below("/v2") => noko::NokoError::plain(status, why).into_response(),
        _ if is_below("/api/v2") => productive::ProductiveError::plain(status, why).into_response(),
        _ => native::located(native::Problem::other(status, why).into_response(), path, false, false),
    }
}
