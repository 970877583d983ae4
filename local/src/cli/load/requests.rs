//! The requests of a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::tally::{End, Tally};

/// The longest wait for which a client follows `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Attempts of a request that is answered with 503 and `Retry-After`.
const TRIES: u32 = 5;

/// Where drops are put: the files of the service in this process.
#[derive(Clone)]
pub struct Inbox {
    pub s3: aws_sdk_s3::Client,
    pub bucket: String,
}

/// Sends requests, and counts how they end.
pub struct Sender {
    http: reqwest::Client,
    url: String,
    token: String,
    tally: Arc<Tally>,
    /// The rest of the budget of requests, shared by all clients.
    left: Arc<AtomicU64>,
    deadline: Instant,
}

/// An answer.
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
}

impl Sender {
    pub fn new(
        http: reqwest::Client,
        url: &str,
        token: String,
        tally: Arc<Tally>,
        left: Arc<AtomicU64>,
        deadline: Instant,
    ) -> Self {
        Self { http, url: url.trim_end_matches('/').to_owned(), token, tally, left, deadline }
    }

    /// Whether the budget of requests is spent.
    pub fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// The moment after which nothing is sent any more.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// A request with the client's token; a presigned URL goes without.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        if path.starts_with("http") {
            return self.http.request(method, path);
        }
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header("Authorization", format!("Token {}", self.token)).header("X-NokoToken", &self.token)
    }

    /// Sends the request, again after each 503 with `Retry-After`. `None` if no answer came or the budget is spent.
    pub async fn send(&self, endpoint: &'static str, request: RequestBuilder) -> Option<Answer> {
        for _ in 0..TRIES {
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
            let began = Instant::now();
            let answer = request.try_clone()?.send().await;
            let answered = match answer {
                Ok(response) => {
                    let (status, wait) = (response.status(), wait_of(&response));
                    // The latency is that of the whole body.
                    response.bytes().await.map(|body| (status, wait, body))
                }
                Err(error) => Err(error),
            };
            let took = began.elapsed();
            match answered {
                Ok((StatusCode::SERVICE_UNAVAILABLE, Some(wait), _)) => {
                    self.tally.count(endpoint, End::Busy, took);
                    if Instant::now() + wait > self.deadline {
                        return None;
                    }
                    tokio::time::sleep(wait).await;
                }
                Ok((status, _, body)) => {
                    self.tally.count(endpoint, End::Answered(status), took);
                    if !status.is_success() {
                        tracing::error!(endpoint, %status, body = %String::from_utf8_lossy(&body), "a failure");
                    }
                    return Some(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() });
                }
                Err(error) => {
                    self.tally.count(endpoint, End::Unanswered, took);
                    tracing::error!(endpoint, %error, "no answer");
                    return None;
                }
            }
        }
        None
    }

    /// Puts a file into the inbox.
    pub async fn drop_file(&self, inbox: &Inbox, key: &str, file: Vec<u8>) {
        let began = Instant::now();
        let put = inbox.s3.put_object().bucket(&inbox.bucket).key(key).body(ByteStream::from(file));
        let end = match put.send().await {
            Ok(_) => End::Answered(StatusCode::OK),
            Err(error) => error
                .raw_response()
                .and_then(|response| StatusCode::from_u16(response.status().as_u16()).ok())
                .map_or(End::Unanswered, End::Answered),
        };
        self.tally.count("PUT inbox", end, began.elapsed());
    }

    /// The import of a drop, from the key of its report; `None` while there is no report.
    pub async fn reported(&self, inbox: &Inbox, account: u64, file_name: &str) -> Option<u64> {
        let began = Instant::now();
        let prefix = format!("outbox/{account}/{file_name}.");
        let list = inbox.s3.list_objects_v2().bucket(&inbox.bucket).prefix(&prefix).send().await;
        let end = if list.is_ok() { End::Answered(StatusCode::OK) } else { End::Unanswered };
        self.tally.count("LIST outbox", end, began.elapsed());
        let list = list.ok()?;
        let key = list.contents().first()?.key()?.strip_prefix(&prefix)?;
        key.strip_suffix(".report.json")?.parse().ok()
    }
}

/// The wait that `Retry-After` asks for, given in whole seconds.
fn wait_of(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
