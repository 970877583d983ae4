use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use super::*;
use crate::emulators::testing::soon;

type Test = anyhow::Result<()>;

const SHORT: Limits = Limits { head: Duration::from_millis(50), body: Duration::from_millis(50) };
const HALF_A_HEAD: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Le";
const HALF_A_BODY: &str = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc";

/// A server which reads bodies at `/`, and answers at `/slow` after the signal `go`.
async fn server(limits: Limits, go: &Arc<Notify>) -> anyhow::Result<Server> {
    let go = Arc::clone(go);
    let slow = move || async move {
        go.notified().await;
        "late"
    };
    let router = Router::new().route("/", post(|body: Bytes| async move { body.len().to_string() }));
    let bound = Bound::to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    Ok(bound.serve(limits, |_| router.route("/slow", get(slow))))
}

/// A client which has sent the beginning of a request and keeps its connection open.
async fn client(server: &Server, sent: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(server.url().trim_start_matches("http://")).await?;
    stream.write_all(sent.as_bytes()).await?;
    Ok(stream)
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    // A reset connection counts as an end too.
    let _ = stream.read_to_end(&mut rest).await;
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn a_client_that_stays_in_the_middle_of_a_request_is_cut_off() -> Test {
    let server = server(SHORT, &Arc::default()).await?;
    for sent in ["", HALF_A_HEAD, HALF_A_BODY] {
        let mut stream = client(&server, sent).await?;
        let said = soon(rest(&mut stream)).await?;
        assert!(!said.contains("200 OK"), "{sent:?} {said}");
    }
    let mut whole = client(&server, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc").await?;
    assert!(soon(rest(&mut whole)).await?.ends_with("\r\n\r\n3"));
    Ok(())
}

#[tokio::test]
async fn a_shutdown_waits_for_answers_and_not_for_ever_for_requests() -> Test {
    let go = Arc::new(Notify::new());
    let server = server(Limits::default(), &go).await?;
    let (mut head, mut body) = (client(&server, HALF_A_HEAD).await?, client(&server, HALF_A_BODY).await?);
    let mut slow = client(&server, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    let mut idle = client(&server, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").await?;
    let mut answered = [0; 12];
    idle.read_exact(&mut answered).await?;

    let shutdown = tokio::spawn(server.shutdown(Duration::from_millis(500)));
    // The server closes this connection at once, because no request is in progress on it.
    soon(rest(&mut idle)).await?;
    go.notify_one();
    assert!(soon(rest(&mut slow)).await?.ends_with("late"));
    soon(shutdown).await??;
    for stream in [&mut head, &mut body] {
        soon(rest(stream)).await?;
    }
    Ok(())
}
