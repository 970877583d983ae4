//! A receiver of webhooks on loopback, which verifies each request by the specification of Standard Webhooks and keeps it.
//!
//! The verification shares no code with the product: it is written from the specification, "Signature scheme" and "Verifying
//! signatures".

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::{Context, ensure};
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use waybill::http::{Bound, Limits, Server};

/// The seconds by which the time of a request may differ from the clock.
const TOLERANCE: i64 = 300;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub headers: HeaderMap,
    pub body: String,
}

impl Request {
    /// A header's value, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON, with the members `type`, `timestamp` and `data`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The event in the body.
    pub fn event(&self) -> Value {
        self.json()["data"].clone()
    }

    /// The number of signatures.
    pub fn signatures(&self) -> usize {
        self.header("webhook-signature").split(' ').count()
    }

    /// Fails unless the secret verifies the request at a time, in seconds since 1970.
    pub fn verify(&self, secret: &str, now: i64) -> anyhow::Result<()> {
        let [id, timestamp, signatures] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| self.header(name));
        ensure!(!id.is_empty() && !id.contains('.'), "the id {id:?} could be confused");
        ensure!((now - timestamp.parse::<i64>()?).abs() <= TOLERANCE, "the request of {timestamp} is old at {now}");
        let key = STANDARD.decode(secret.strip_prefix("whsec_").context("no prefix")?)?;
        for signature in signatures.split(' ') {
            let Some(("v1", signature)) = signature.split_once(',') else { continue };
            let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
            mac.update([id, timestamp, &self.body].join(".").as_bytes());
            if mac.verify_slice(&STANDARD.decode(signature)?).is_ok() {
                return Ok(());
            }
        }
        anyhow::bail!("no signature of {signatures} fits")
    }
}

#[test]
fn the_verifier_takes_the_example_of_the_specifications_libraries_and_nothing_else() -> anyhow::Result<()> {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let sent = |id: &str, body: &str, signature: &str| -> anyhow::Result<Request> {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", HeaderValue::from_str(id)?);
        headers.insert("webhook-timestamp", HeaderValue::from_static("1614265330"));
        headers.insert("webhook-signature", HeaderValue::from_str(signature)?);
        Ok(Request { headers, body: body.to_owned() })
    };
    let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    sent(id, body, signature)?.verify(secret, 1_614_265_330)?;
    sent(id, body, &format!("v1a,abcd v1,aGVsbG8= {signature}"))?.verify(secret, 1_614_265_330 + TOLERANCE)?;
    for (request, now) in [
        (sent(id, body, signature)?, 1_614_265_330 + TOLERANCE + 1),
        (sent("msg_other", body, signature)?, 1_614_265_330),
        (sent(id, "{}", signature)?, 1_614_265_330),
        (sent(id, body, "v1,aGVsbG8=")?, 1_614_265_330),
    ] {
        assert!(request.verify(secret, now).is_err(), "{request:?}");
    }
    Ok(())
}

/// An answer: a status, and the header `Retry-After` if it has one.
pub type Reply = (u16, Option<&'static str>);

/// Answers a request, which is the last of all requests so far.
type Replying = Box<dyn Fn(&[Request]) -> Reply + Send + Sync>;

/// A running receiver, which ends with its last handle.
pub struct Receiver {
    pub url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    replying: Arc<Mutex<Replying>>,
    _server: Server,
}

impl Receiver {
    /// Opens a receiver that answers by `replying`.
    pub async fn open(replying: impl Fn(&[Request]) -> Reply + Send + Sync + 'static) -> anyhow::Result<Self> {
        let bound = Bound::to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let url = format!("{}/hook", bound.url());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let replying: Arc<Mutex<Replying>> = Arc::new(Mutex::new(Box::new(replying)));
        let (kept, answering) = (Arc::clone(&requests), Arc::clone(&replying));
        let handler = move |headers: HeaderMap, body: String| async move {
            let mut requests = lock(&kept);
            requests.push(Request { headers, body });
            let (status, retry_after) = lock(&answering)(&requests);
            let status = StatusCode::from_u16(status).expect("a status of HTTP");
            let retry_after = retry_after.map(|value| [("retry-after", value)]);
            match retry_after {
                Some(headers) => (status, headers).into_response(),
                None => status.into_response(),
            }
        };
        let router = Router::new().route("/hook", post(handler));
        Ok(Self { url, requests, replying, _server: bound.serve(Limits::default(), |_| router) })
    }

    /// Answers by another function from now on.
    pub fn reply(&self, replying: impl Fn(&[Request]) -> Reply + Send + Sync + 'static) {
        *lock(&self.replying) = Box::new(replying);
    }

    /// The requests since the last call, in their order.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut lock(&self.requests))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics with the lock")
}
