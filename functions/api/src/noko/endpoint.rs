//! Endpoints: a method at a path, with the query parameters that it knows.
//!
//! A handler cannot be routed without its row of parameters, so a new endpoint cannot forget them. The row goes along with
//! the request, and [`super::caller`] refuses a query that holds anything else.

use axum::Extension;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};

use super::parameters::Parameters;
use crate::Door;

/// An endpoint, as tests and documents walk them.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path behind `/v2`, e.g. `/imports/{id}`.
    pub path: &'static str,
    /// The query parameters that it knows.
    pub parameters: Parameters,
}

/// The endpoints of one path.
pub struct Endpoints {
    path: &'static str,
    methods: MethodRouter<Door>,
    each: Vec<Endpoint>,
}

/// The endpoints of a path, none of them yet.
pub fn at(path: &'static str) -> Endpoints {
    Endpoints { path, methods: MethodRouter::new(), each: Vec::new() }
}

impl Endpoints {
    /// GET, and HEAD with it.
    pub fn get<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        self.add(Method::GET, MethodFilter::GET, handler, parameters)
    }

    /// POST.
    pub fn post<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        self.add(Method::POST, MethodFilter::POST, handler, parameters)
    }

    /// PUT and PATCH, which are the same here.
    pub fn put<T: 'static>(self, handler: impl Handler<T, Door>, parameters: Parameters) -> Self {
        let both = self.add(Method::PUT, MethodFilter::PUT, handler.clone(), parameters);
        both.add(Method::PATCH, MethodFilter::PATCH, handler, parameters)
    }

    /// DELETE.
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

    /// The path, and what answers there.
    pub fn route(self) -> (&'static str, MethodRouter<Door>) {
        (self.path, self.methods)
    }

    /// Each of them.
    pub fn each(self) -> Vec<Endpoint> {
        self.each
    }
}
