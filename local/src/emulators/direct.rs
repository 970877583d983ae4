//! The way of this process's own clients to the emulators: a call of the router in place of a connection.
//!
//! A request passes the same router, gate included, as a request over loopback. Only the socket is left out, which costs
//! a client more than the work of the emulator. A request for any other address goes over the network.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderValue, Request, Uri};
use hyper::body::{Frame, SizeHint};
use shared::connections::Connections;
use tower::ServiceExt;

use crate::http::Server;

/// A client for the SDK whose requests to `servers` are answered within this process.
pub(super) fn client<'s>(servers: impl IntoIterator<Item = &'s Server>) -> SharedHttpClient {
    let routers = servers.into_iter().filter_map(|server| {
        let authority = server.url().parse::<Uri>().ok()?.into_parts().authority?;
        Some((authority, server.router()))
    });
    let (routers, network) = (Arc::new(routers.collect()), Connections::plain().client());
    http_client_fn(move |settings: &HttpConnectorSettings, components| {
        let network = network.http_connector(settings, components);
        SharedHttpConnector::new(Direct { routers: Arc::clone(&routers), network })
    })
}

/// Routers by address, and the network for all other addresses.
#[derive(Debug)]
struct Direct {
    routers: Arc<HashMap<Authority, Router>>,
    network: SharedHttpConnector,
}

impl HttpConnector for Direct {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let authority = request.uri().parse::<Uri>().ok().and_then(|uri| uri.into_parts().authority);
        match authority.and_then(|authority| self.routers.get_key_value(&authority)) {
            Some((authority, router)) => HttpConnectorFuture::new(call(router.clone(), authority.clone(), request)),
            None => self.network.call(request),
        }
    }
}

/// Calls a router in a task of its own: as on a connection, a request which was sent takes effect, even if its client
/// does not wait for the answer.
async fn call(router: Router, authority: Authority, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let unfit = |error: axum::http::Error| ConnectorError::user(error.into());
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = as_received(request.map(Body::new), &authority).map_err(unfit)?;
    let answer = tokio::spawn(router.oneshot(request)).await;
    let Ok(answer) = answer.map_err(|error| ConnectorError::io(error.into()))?;
    let answer = answer.map(|body| SdkBody::from_body_1_x(InOneThread(Mutex::new(body))));
    HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
}

/// The request as a server reads it from a connection: with a host and a length, and without a host in its address.
fn as_received(mut request: Request<Body>, authority: &Authority) -> Result<Request<Body>, axum::http::Error> {
    if !request.headers().contains_key(HOST) {
        request.headers_mut().insert(HOST, HeaderValue::from_str(authority.as_str())?);
    }
    if let Some(length) = request.body().size_hint().exact()
        && (length > 0 || !request.method().is_safe())
    {
        request.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = path.into();
    Ok(request)
}

/// A body which the SDK may pass between threads, as it asks for.
struct InOneThread(Mutex<Body>);

impl InOneThread {
    fn body(&self) -> std::sync::MutexGuard<'_, Body> {
        self.0.lock().expect("no one panics while holding the body")
    }
}

impl HttpBody for InOneThread {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let body = self.0.get_mut().expect("no one panics while holding the body");
        Pin::new(body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}
