//! Endpoints: a method on a path, with the query parameters that the endpoint accepts.
//!
//! A handler cannot be routed without naming its parameters, so no new endpoint can forget them. The list of parameters
//! travels with the request, and [`super::caller`] refuses a query with any further parameter.

use axum::Extension;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::parameters::Parameters;
use crate::Door;

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

/// The endpoints of a path, with the router for its methods.
pub struct Endpoints {
    path: &'static str,
    methods: MethodRouter<Door>,
    each: Vec<Endpoint>,
}

/// A path without any endpoint yet, to which [`Endpoints::get`] and the like add endpoints.
pub fn at(path: &'static str) -> Endpoints {
    Endpoints { path, methods: MethodRouter::new(), each: Vec::new() }
}

impl Endpoints {
    /// Adds an endpoint for GET on this path, which also answers HEAD.
    pub fn get<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        self.add(Method::GET, MethodFilter::GET, handler, parameters)
    }

    /// Adds an endpoint for POST on this path.
    pub fn post<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        self.add(Method::POST, MethodFilter::POST, handler, parameters)
    }

    /// Adds endpoints for PUT and PATCH, which the door treats alike.
    pub fn put<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        let both = self.add(Method::PUT, MethodFilter::PUT, handler.clone(), parameters);
        both.add(Method::PATCH, MethodFilter::PATCH, handler, parameters)
    }

    /// Adds an endpoint for DELETE on this path.
    pub fn delete<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        self.add(Method::DELETE, MethodFilter::DELETE, handler, parameters)
    }

    fn add<T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        handler: impl Handler<T, Door>,
        parameters: Parameters,
    ) -> Self {
        self.methods = self.methods.merge(on(filter, handler).route_layer(Extension(parameters)));
        self.each.push(Endpoint { method, path: self.path, parameters });
        self
    }

    /// The path with the router for its methods.
    pub fn route(self) -> (&'static str, MethodRouter<Door>) {
        (self.path, self.methods)
    }

    /// The endpoints of this path, for lists of all endpoints.
    pub fn each(self) -> Vec<Endpoint> {
        self.each
    }
}
