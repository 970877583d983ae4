//! Endpoints: a method on a path, with the query parameters that the endpoint accepts.
//!
//! A handler cannot be routed without its parameters and its description, so no new endpoint can forget them. The list of parameters
//! travels with the request, and [`super::caller`] refuses a query with any further parameter.

use std::marker::PhantomData;

use axum::Extension;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa_axum::router::UtoipaMethodRouter;

use super::describe::Says;
use super::parameters::Parameters;
use crate::Door;
use crate::routes::Routes;

/// An endpoint as tests and documentation list endpoints.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The HTTP method, where PUT and PATCH are two endpoints.
    pub method: Method,
    /// The path behind `/v2`, e.g. `/imports/{id}`.
    pub path: &'static str,
    /// The query parameters that the endpoint accepts.
    pub parameters: Parameters,
}

/// The endpoints of a path, and the router for its methods. The endpoints have their descriptions if the collection `R` of
/// routes has descriptions; otherwise the shapes of bodies are not linked into the function.
pub struct Endpoints<R> {
    path: &'static str,
    methods: MethodRouter<Door>,
    each: Vec<(Endpoint, Option<Says>)>,
    routes: PhantomData<R>,
}

/// A path without any endpoint yet, to which [`Endpoints::get`] and the like add endpoints.
pub fn at<R: Routes>(path: &'static str) -> Endpoints<R> {
    Endpoints { path, methods: MethodRouter::new(), each: Vec::new(), routes: PhantomData }
}

impl<R: Routes> Endpoints<R> {
    /// Adds an endpoint for GET on this path, which also answers HEAD.
    pub fn get<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters, says: Says) -> Self {
        self.add(Method::GET, MethodFilter::GET, handler, parameters, says)
    }

    /// Adds an endpoint for POST on this path.
    pub fn post<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters, says: Says) -> Self {
        self.add(Method::POST, MethodFilter::POST, handler, parameters, says)
    }

    /// Adds endpoints for PUT and PATCH, which the door treats alike.
    pub fn put<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters, says: Says) -> Self {
        let both = self.add(Method::PUT, MethodFilter::PUT, handler.clone(), parameters, says);
        both.add(Method::PATCH, MethodFilter::PATCH, handler, parameters, says)
    }

    /// Adds an endpoint for DELETE on this path.
    pub fn delete<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters, says: Says) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, handler, parameters, says)
    }

    fn add<T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        handler: impl Handler<T, Door>,
        parameters: Parameters,
        says: Says,
    ) -> Self {
        self.methods = self.methods.merge(on(filter, handler).route_layer(Extension(parameters)));
        self.each.push((Endpoint { method, path: self.path, parameters }, R::ARE_DESCRIBED.then_some(says)));
        self
    }

    /// Adds the path in both spellings, with and without a slash at the end. The description has the spelling without a
    /// slash.
    pub fn add_to(routes: R, endpoints: Self) -> R {
        let Self { path, methods, each, .. } = endpoints;
        let routes = routes.add_spelling(&format!("{path}/"), methods.clone());
        let described = methods.clone();
        routes.add(|| (path.to_owned(), methods), || described_path(path, &each, described))
    }

    /// The endpoints of this path, for lists of all endpoints.
    pub fn each(self) -> Vec<Endpoint> {
        self.each.into_iter().map(|(endpoint, _)| endpoint).collect()
    }
}

/// The description of a path with its methods.
fn described_path(
    path: &str,
    each: &[(Endpoint, Option<Says>)],
    methods: MethodRouter<Door>,
) -> UtoipaMethodRouter<Door> {
    let (mut schemas, mut paths) = (Vec::new(), Paths::new());
    for (endpoint, says) in each.iter().filter_map(|(endpoint, says)| Some((endpoint, says.as_ref()?))) {
        says.collect(&mut schemas);
        paths.add_path_operation(path, vec![http_method(&endpoint.method)], says.operation(endpoint));
    }
    (schemas, paths, methods)
}

/// The method in the form of the description. The door has endpoints for these five methods only.
fn http_method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}
