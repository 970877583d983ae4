//! Sends the requests of a virtual client, and counts their results.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::tally::{End, Tally};

/// Longest time for which a client obeys `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Number of attempts for a request which gets a 503 with `Retry-After`.
const TRIES: u32 = 5;

/// Bucket for dropped files, which only a service within this process has.
#[derive(Clone)]
pub struct Inbox {
    pub s3: aws_sdk_s3::Client,
    pub bucket: String,
}

/// Sends a client's requests and counts their results in the common tally.
pub struct Sender {
    http: reqwest::Client,
    url: String,
    token: String,
    tally: Arc<Tally>,
    /// Remaining number of requests, which all clients share.
    left: Arc<AtomicU64>,
    deadline: Instant,
}

/// Status and JSON body of an answer. The body is null if the answer contains no JSON.
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

    /// True if no request is left in the budget.
    pub fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Time after which the client sends no more requests.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Builds a request with the client's token, or without the token for a presigned URL.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        if path.starts_with("http") {
            return self.http.request(method, path);
        }
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header("Authorization", format!("Token {}", self.token)).header("X-NokoToken", &self.token)
    }

    /// Sends the request, and repeats it after each 503 with `Retry-After`. Returns `None` if no answer arrived or
    /// the budget is spent.
    pub async fn send(&self, endpoint: &'static str, request: RequestBuilder) -> Option<Answer> {
        for _ in 0..TRIES {
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).ok()?;
            let began = Instant::now();
            let answer = request.try_clone()?.send().await;
            let answered = match answer {
                Ok(response) => {
                    let (status, wait) = (response.status(), wait_of(&response));
                    // The measured latency includes the whole body.
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
                        tracing::error!(endpoint, %status, body = %String::from_utf8_lossy(&body), "an error answer");
                    }
                    return Some(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() });
                }
                Err(error) => {
                    self.tally.count(endpoint, End::Unanswered, took);
                    tracing::error!(endpoint, %error, "the request got no answer");
                    return None;
                }
            }
        }
        None
    }

    /// Puts a file into the inbox, and counts the request.
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

    /// Id of the import of a dropped file, taken from the key of its report. `None` as long as the
    /// report does not exist.
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

/// The wait from `Retry-After` in whole seconds, cut to [`LONGEST_WAIT`].
fn wait_of(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}
