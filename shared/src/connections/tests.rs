//! Connections against a server on loopback that counts them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A server that answers each request with an empty JSON object.
#[derive(Clone, Default)]
struct Counting {
    connections: Arc<AtomicUsize>,
    /// First lines of the requests.
    requests: Arc<Mutex<Vec<String>>>,
}

impl Counting {
    /// Listens; the address.
    async fn listen(&self) -> std::io::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}/", listener.local_addr()?);
        let server = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                server.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(server.clone().answer(stream));
            }
        });
        Ok(address)
    }

    async fn answer(self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut received = Vec::new();
        loop {
            let end = received.windows(4).position(|four| four == b"\r\n\r\n");
            let head = String::from_utf8_lossy(&received[..end.unwrap_or(0)]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            match end {
                Some(end) if received.len() >= end + 4 + length => {
                    let first = head.lines().next().unwrap_or_default().to_owned();
                    self.requests.lock().expect("no test panics while it holds the requests").push(first);
                    received.drain(..end + 4 + length);
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await?;
                }
                _ => {
                    if stream.read_buf(&mut received).await? == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn the_first_request_takes_the_connection_that_was_opened() {
    let server = Counting::default();
    let address = server.listen().await.expect("a port is free");
    let connections = Connections::plain();
    connections.open(std::slice::from_ref(&address)).await;
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);

    let config = aws_types::SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(aws_types::region::Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            aws_credential_types::Credentials::new("id", "secret", None, None, "test"),
        ))
        .endpoint_url(address)
        .http_client(connections.client());
    let client = aws_sdk_dynamodb::Client::new(&config.build());
    for _ in 0..2 {
        client.list_tables().send().await.expect("an empty object is an empty list");
    }
    assert_eq!(
        *server.requests.lock().expect("a server that runs"),
        ["get / http/1.1", "post / http/1.1", "post / http/1.1"]
    );
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_start_goes_on_without_a_server_that_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let silent = format!("http://{}/", silent.local_addr().expect("a listener has an address"));
    let closed = TcpListener::bind("127.0.0.1:0").await.and_then(|one| one.local_addr()).expect("a port was free");
    let server = Counting::default();
    let answering = server.listen().await.expect("a port is free");

    let began = Instant::now();
    let addresses = [silent, format!("http://{closed}/"), "no address".to_owned(), answering];
    Connections::plain().open(&addresses).await;
    assert!(began.elapsed() < 4 * OPENING, "{:?}", began.elapsed());
    assert_eq!(server.connections.load(Ordering::SeqCst), 1, "the others were not opened beside the silent one");
}

#[test]
fn the_roots_of_amazon_are_five_certificates() {
    // A client parses all certificates of its store when it is made, and panics at a bad one.
    let _ = Connections::new(Roots::Amazon);
    let begins = String::from_utf8_lossy(AMAZON).matches("-----BEGIN CERTIFICATE-----").count();
    assert_eq!(begins, 5);
}
