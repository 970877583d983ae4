//! The router as Lambda calls it: events of API Gateway in, answers for it out.
//!
//! `lambda_http` makes a URL of each event, with the `Host` header in it. The standard for URLs refuses some hosts that are
//! sent all the same, such as `abc.execute-api.127.0.0.1` by an emulator, and `lambda_http` panics then, which API Gateway
//! makes a 502 of. The router needs the header but no URL with a host, so the header has another name until the event has
//! become a request.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderName;
use axum::http::header::HOST;
use axum::middleware::map_request;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, LambdaEvent, Service, service_fn};
use serde::Serialize;

/// The name of the `Host` header meanwhile.
const SENT_HOST: HeaderName = HeaderName::from_static("x-waybill-sent-host");

/// The function of a router.
pub fn function(
    router: Router,
) -> impl Service<LambdaEvent<LambdaRequest>, Response = impl Serialize, Error = Infallible, Future: Send> {
    let router = Adapter::from(router.layer(map_request(with_host)));
    service_fn(move |event| router.clone().call(without_host(event)))
}

fn without_host(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
        // A client must not be able to send the other name.
        request.headers.remove(SENT_HOST);
        if let Some(host) = request.headers.remove(HOST) {
            request.headers.insert(SENT_HOST, host);
        }
        // `lambda_http` takes the domain name for the host of a request without the header.
        request.request_context.domain_name = None;
    }
    event
}

async fn with_host(mut request: Request) -> Request {
    if let Some(host) = request.headers_mut().remove(SENT_HOST) {
        request.headers_mut().insert(HOST, host);
    }
    request
}
