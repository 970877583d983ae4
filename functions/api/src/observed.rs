//! Request ids and the log lines of failed requests.
//!
//! - Every response has an `X-Request-Id`. On AWS the id is that of Lambda's own log lines, elsewhere a random id. An
//!   id sent by the caller is ignored, because it may be the id of a different request.
//! - Every failure of the server (5xx) writes a single log line with the request's id, method, path without the query
//!   (which may contain a token), account and status. All further requests write no line.
//! - A handler that panics is answered with 500 in the error shape of its door.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use lambda_http::RequestExt;
use shared::id::AccountId;
use shared::lease::nonce;
use tracing::Instrument;

use crate::copernica::CopernicaError;
use crate::failure::Failure;
use crate::native::{Problem, asks_for_problem, located};
use crate::noko::NokoError;
use crate::productive::ProductiveError;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The account of the request, which the door stores once the token is known. The value is an extension of the request.
#[derive(Clone, Default)]
struct Asker(Arc<OnceLock<AccountId>>);

/// Records the account of a request for the log.
pub fn is_of(parts: &Parts, account: AccountId) {
    if let Some(asker) = parts.extensions.get::<Asker>() {
        // A request has a single token, so a second call has the same account and is ignored.
        let _ = asker.0.set(account);
    }
}

/// The layer that assigns the request id, catches panics and logs failures.
pub async fn observed(mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let problem_json = asks_for_problem(request.headers());
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let span = tracing::info_span!("request", request_id = id);
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span).await;
    let mut answer = answered.unwrap_or_else(|_| panicked(&path));
    answer = located(answer, &path, method == Method::HEAD, problem_json);
    let status = answer.status();
    if status.is_server_error() {
        let account = asker.0.get().map(|account| account.0);
        let why = answer.extensions().get::<Failure>().map(|failure| failure.why.as_str()).unwrap_or_default();
        tracing::error!(request_id = id, %method, path, account, status = status.as_u16(), why, "a request failed");
    }
    answer.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (REQUEST_ID, id)));
    answer
}

fn request_id(request: &Request) -> String {
    let lambdas = request.lambda_context_ref().map(|context| context.request_id.clone());
    lambdas.filter(|id| !id.is_empty()).unwrap_or_else(nonce)
}

fn panicked(path: &str) -> Response {
    let failure = Failure::of_panic();
    match path {
        path if path.starts_with("/v3/") => CopernicaError::failed(failure).into_response(),
        path if path.starts_with("/v2/") => NokoError::failed(failure).into_response(),
        path if path.starts_with("/api/v2/") => ProductiveError::failed(failure).into_response(),
        _ => Problem::failed(failure).into_response(),
    }
}
