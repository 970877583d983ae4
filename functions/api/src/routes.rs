//! The routes of a door, each registered together with its description.
//!
//! A door lists its handlers once, for any [`Routes`]. A function that starts makes a [`Router`] of the list, and the
//! descriptions of the handlers are then neither put together nor linked into the function. The tests make an
//! [`OpenApiRouter`] of the same list, and hold its document against the stored one ([`crate::openapi`]).

use axum::Router;
use axum::extract::Request;
use axum::routing::MethodRouter;
use lambda_http::tower::ServiceExt;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::Door;

/// A collection of routes, with their descriptions or without.
pub(crate) trait Routes: Default {
    /// True if the routes have their descriptions.
    const ARE_DESCRIBED: bool;

    /// Adds a path, given as the path with its methods, and as the description of both.
    fn add(
        self,
        routed: impl FnOnce() -> (String, MethodRouter<Door>),
        described: impl FnOnce() -> UtoipaMethodRouter<Door>,
    ) -> Self;

    /// Adds a second spelling of a path, which has no description of its own.
    fn add_spelling(self, path: &str, methods: MethodRouter<Door>) -> Self;
}

impl Routes for Router<Door> {
    const ARE_DESCRIBED: bool = false;

    fn add(
        self,
        routed: impl FnOnce() -> (String, MethodRouter<Door>),
        _: impl FnOnce() -> UtoipaMethodRouter<Door>,
    ) -> Self {
        let (path, methods) = routed();
        self.route(&path, methods)
    }

    fn add_spelling(self, path: &str, methods: MethodRouter<Door>) -> Self {
        self.route(path, methods)
    }
}

impl Routes for OpenApiRouter<Door> {
    const ARE_DESCRIBED: bool = true;

    fn add(
        self,
        _: impl FnOnce() -> (String, MethodRouter<Door>),
        described: impl FnOnce() -> UtoipaMethodRouter<Door>,
    ) -> Self {
        self.routes(described())
    }

    fn add_spelling(self, path: &str, methods: MethodRouter<Door>) -> Self {
        self.route(path, methods)
    }
}

/// A router which passes every request on to `routes`.
///
/// A layer on a router, and a router nested in another, cost time for each route when the function starts, because axum
/// wraps every handler of every path. Here the layers and the prefix wrap a single handler.
pub(crate) fn gathered(routes: Router) -> Router {
    Router::new().fallback(|request: Request| routes.oneshot(request))
}

/// The path of handlers with `#[utoipa::path]`, and the methods which the handlers answer.
macro_rules! routed {
    ($($($part:ident)::+),+) => {{
        use utoipa_axum::PathItemExt;
        let mut routed = (String::new(), axum::routing::MethodRouter::new());
        $(
            routed.0 = utoipa_axum::routes!(@path [path()] of $($part)::+);
            let methods = utoipa_axum::routes!(@path [methods()] of $($part)::+);
            routed.1 = methods.iter().fold(routed.1, |methods, method| methods.on(method.to_method_filter(), $($part)::+));
        )+
        routed
    }};
}

/// Adds the paths of handlers to routes; the handlers of a path stand together in brackets.
macro_rules! add_routes {
    ($routes:expr, $([$($($part:ident)::+),+]),+ $(,)?) => {{
        let routes = $routes;
        $(let routes = $crate::routes::Routes::add(
            routes,
            || $crate::routes::routed!($($($part)::+),+),
            || utoipa_axum::routes!($($($part)::+),+),
        );)+
        routes
    }};
}

pub(crate) use add_routes;
pub(crate) use routed;
