//! The POST of an event: one connection, one answer, no redirect.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::header::{HOST, RETRY_AFTER, USER_AGENT};
use tokio::time::timeout;

use super::client::{Connection, Fetcher};
use super::error::{FetchError, Why};
use super::location::Location;

/// The name by which receivers know Waybill.
const AGENT: &str = "waybill";
/// The most bytes of an answer's body that are read. They are not kept: a receiver can then finish its answer.
const READ: usize = 16 * 1024;

/// The answer of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The status, for example 204. A redirect is an answer like any other.
    pub status: u16,
    /// The header `Retry-After` as sent, or `None`.
    pub retry_after: Option<String>,
}

impl Fetcher {
    /// Posts a body with these headers, within `total` for the connection, the request and the head of the answer.
    ///
    /// # Errors
    /// A [`FetchError`] if no answer came. An answer of any status is no error.
    pub async fn post(
        &self,
        to: &Location,
        headers: &[(&'static str, String)],
        body: Bytes,
        total: Duration,
    ) -> Result<Posted, FetchError> {
        let posted = timeout(total, self.posted(to, headers, body)).await.unwrap_or(Err(Why::TooSlow));
        posted.map_err(|why| FetchError { shown: to.shown(), why })
    }

    async fn posted(&self, to: &Location, headers: &[(&'static str, String)], body: Bytes) -> Result<Posted, Why> {
        let target = to.target().ok_or(Why::NoAddress)?;
        let host = if target.is_loopback { format!("{}:{}", target.name, target.port) } else { target.name.clone() };
        let request = Request::post(&target.path).header(HOST, host).header(USER_AGENT, AGENT);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = request.body(Full::new(body)).map_err(|_| Why::Broken)?;
        let (response, connection) = match target.is_loopback {
            true => self.exchange(self.connect(&target).await?, request).await?,
            false => self.exchange(self.secured(&target).await?, request).await?,
        };
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let posted = Posted { status: response.status().as_u16(), retry_after: retry_after.map(str::to_owned) };
        // The status counts, however the body ends.
        let _ = timeout(self.limits.connect, read(response.into_body(), connection)).await;
        Ok(posted)
    }
}

/// Reads the beginning of a body, and closes the connection.
async fn read(mut body: hyper::body::Incoming, _connection: Connection) {
    let mut received = 0;
    while received < READ
        && let Some(Ok(frame)) = body.frame().await
    {
        received += frame.data_ref().map_or(0, Bytes::len);
    }
}
