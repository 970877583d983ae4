//! The API: doors onto one engine.
//!
//! A door translates: request → command, import → JSON, error → its own error shape. It holds no rules of
//! its own. The same router runs under API Gateway and in the local process.

mod answer;
mod base;
mod cors;
mod failure;
pub mod gateway;
mod idempotency;
pub mod native;
pub mod noko;
mod observed;
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

/// The largest body that is taken, in bytes: Lambda takes 6 MB of payload, and a body is sent to it in base64.
pub const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// What a multipart body may add to its file.
const ENVELOPE: usize = 64 * 1024;

/// What every handler has at hand.
#[derive(Clone)]
pub struct Door {
    /// The engine.
    pub services: Services,
    /// Surveys of files.
    surveys: surveys::Surveys,
    /// Turns to make an import. A crowd of uploads waits here, with its bodies read, and not at the stores, whose requests
    /// have time-outs. On AWS a process has one request at a time and never waits.
    turns: Arc<Semaphore>,
}

/// Imports that a process makes at once.
const MADE_AT_ONCE: usize = 16;

/// All doors.
pub fn router(services: Services) -> Router {
    let turns = Arc::new(Semaphore::new(MADE_AT_ONCE));
    let door = Door { services, surveys: surveys::Surveys::default(), turns };
    Router::new()
        .nest("/v2", noko::router(door.clone()))
        .route("/v2/", noko::root())
        .nest("/api/v1", native::router(door))
        // For balancers and watchers: no token, and nothing is asked of the stores, whose failures have alarms of their own.
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .route("/version", get(async || Json(json!({ "version": env!("CARGO_PKG_VERSION") }))))
        .fallback(async || native::Problem::not_found())
        .layer(DefaultBodyLimit::max(BODY_LIMIT + ENVELOPE))
        .layer(cors::layer())
        // Outermost: what the layers within answer is observed as well.
        .layer(from_fn(observed::observed))
}

/// What a request of this method does to what it asks for.
fn access(method: &Method) -> Access {
    match *method {
        Method::GET | Method::HEAD => Access::Read,
        _ => Access::Write,
    }
}

/// A refusal before the router, in the error shape of the door that the path belongs to.
pub fn refusal(path: &str, status: StatusCode, why: &str) -> Response {
    match path.strip_prefix("/v2") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => noko::NokoError::plain(status, why).into_response(),
        _ => native::Problem::other(status, why).into_response(),
    }
}
