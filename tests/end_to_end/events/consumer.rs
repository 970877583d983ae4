//! A consumer of events on loopback, which keeps every delivery.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tokio::sync::watch;
use waybill::http::{Bound, Limits, Server};

/// Longest wait for an expected delivery.
const SOON: Duration = Duration::from_secs(60);

/// The answer of a consumer to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A status, such as 200.
    Status(u16),
    /// No answer, so the delivery stays under way.
    Silence,
}

/// A delivery of an event.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub body: String,
    /// True if the consumer answered 2xx.
    pub taken: bool,
}

impl Delivered {
    /// The body as JSON, which is an envelope with the event as `detail`.
    pub fn envelope(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The event in the envelope.
    pub fn event(&self) -> Value {
        self.envelope()["detail"].clone()
    }
}

/// A running consumer, which ends with its last handle.
pub struct Consumer {
    pub url: String,
    deliveries: watch::Sender<Vec<Delivered>>,
    _server: Server,
}

impl Consumer {
    /// Opens a consumer which answers each event by `reply`, from the event and the deliveries before.
    pub async fn open(reply: impl Fn(&Value, &[Delivered]) -> Reply + Send + Sync + 'static) -> anyhow::Result<Self> {
        let bound = Bound::to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("{}/events", bound.url());
        let deliveries = watch::Sender::new(Vec::new());
        let (reply, kept) = (Arc::new(reply), deliveries.clone());
        let handler = move |body: String| {
            let mut replied = Reply::Silence;
            kept.send_modify(|deliveries: &mut Vec<Delivered>| {
                let event = Delivered { body: body.clone(), taken: false }.event();
                replied = reply(&event, deliveries);
                let taken = matches!(replied, Reply::Status(200..300));
                deliveries.push(Delivered { body, taken });
            });
            async move {
                match replied {
                    Reply::Status(status) => StatusCode::from_u16(status).expect("a status of HTTP"),
                    Reply::Silence => std::future::pending().await,
                }
            }
        };
        let router = Router::new().route("/events", post(handler));
        Ok(Self { url, deliveries, _server: bound.serve(Limits::default(), |_| router) })
    }

    /// Waits until the deliveries fulfil a condition, and returns all deliveries in their order.
    pub async fn until(&self, is: impl Fn(&[Delivered]) -> bool) -> anyhow::Result<Vec<Delivered>> {
        let mut deliveries = self.deliveries.subscribe();
        let found = tokio::time::timeout(SOON, deliveries.wait_for(|deliveries| is(deliveries))).await;
        let told = || format!("{:#?}", self.deliveries.borrow().iter().map(Delivered::event).collect::<Vec<_>>());
        Ok(found.with_context(told)??.clone())
    }
}

/// True if the consumer has taken the event of an import's change to this status.
pub fn has_taken(deliveries: &[Delivered], import: u64, status: &str) -> bool {
    let events = deliveries.iter().filter(|delivered| delivered.taken).map(Delivered::event);
    events.into_iter().any(|event| event["import"] == import && event["status"] == status)
}

/// The events of an import in the order of their deliveries, each once. Fails unless every delivery of an id has the same body, and
/// the events are numbered from 1 without gaps in the order of their first deliveries. The part `varying` of a body may differ.
pub fn in_order(deliveries: &[Delivered], import: u64, varying: &[&str]) -> anyhow::Result<Vec<Value>> {
    let mut once: Vec<(Value, String)> = Vec::new();
    for delivered in deliveries {
        let event = delivered.event();
        if event["import"] != import {
            continue;
        }
        let body = varying.iter().fold(delivered.body.clone(), |body, part| body.replace(part, ""));
        match once.iter().find(|(before, _)| before["id"] == event["id"]) {
            Some((_, before)) => anyhow::ensure!(*before == body, "{before} came again as {body}"),
            None => once.push((event, body)),
        }
    }
    let numbers: Vec<_> = once.iter().map(|(event, _)| event["sequence"].as_u64().unwrap_or_default()).collect();
    anyhow::ensure!(numbers == (1..=numbers.len() as u64).collect::<Vec<_>>(), "import {import}: {numbers:?}");
    Ok(once.into_iter().map(|(event, _)| event).collect())
}
