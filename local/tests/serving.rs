//! Tests of `waybill serve` as a process which is called, interrupted and killed.

#[path = "../../tests/end_to_end/events/consumer.rs"]
mod consumer;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use consumer::{Consumer, Reply, has_taken, in_order};
use reqwest::Method;
use serde_json::{Value, json};

fn client() -> anyhow::Result<reqwest::Client> {
    Ok(waybill::http_client::builder().build()?)
}

/// Half of a loader's lease, which lives for 120 s. An event within this time cannot have waited for the
/// end of a lease.
const SOON: Duration = Duration::from_secs(60);
/// Pause between two looks at the process or the service.
const LOOK: Duration = Duration::from_millis(10);

/// A running process of `waybill serve`, with its address.
struct Serve {
    child: Child,
    url: String,
    /// The lines which the process printed, up to the example with the token.
    said: Vec<String>,
}

impl Serve {
    fn start(data: &Path) -> anyhow::Result<Self> {
        Self::with(&["--data".as_ref(), data.as_os_str()])
    }

    fn with(arguments: &[&OsStr]) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_waybill"));
        command.args(["serve", "--port", "0"]).args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut said = Vec::new();
        for line in BufReader::new(child.stdout.take().context("no output")?).lines() {
            said.push(line?);
            if said.last().is_some_and(|line| line.starts_with("Account 1")) {
                break;
            }
        }
        let url = said.first().and_then(|line| line.strip_prefix("ready ")).context("it is not ready")?.to_owned();
        Ok(Self { child, url, said })
    }

    fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    fn signal(&self, name: &str) -> anyhow::Result<()> {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status()?;
        if sent.success() { Ok(()) } else { bail!("no signal was sent") }
    }

    /// Waits until the process has ended, and fails after the time `within`.
    fn ended(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if began.elapsed() > within {
                bail!("it still runs after {within:?}");
            }
            thread::sleep(LOOK);
        }
    }

    fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let request = client()?.request(method, format!("{}/api/v1{path}", self.url));
        let request = request.header("Authorization", "Token demo");
        let request = if let Some(body) = body { request.json(&body) } else { request };
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn import(&self, id: u64) -> anyhow::Result<Value> {
        self.ask(Method::GET, &format!("/imports/{id}"), None).await
    }

    /// Uploads a file, and returns the id of its import.
    async fn upload(&self, file: String) -> anyhow::Result<u64> {
        let asked = json!({ "upload": true, "file_name": "a.csv", "file_size": file.len() });
        let made = self.ask(Method::POST, "/imports", Some(asked)).await?;
        let put = client()?.put(made["upload"]["url"].as_str().context("no URL")?);
        put.header("If-None-Match", "*").body(file).send().await?.error_for_status()?;
        made["id"].as_u64().context("no id")
    }

    /// Waits until an import fulfils a condition, and returns the import.
    async fn until(&self, id: u64, is: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        let began = Instant::now();
        loop {
            let import = self.import(id).await?;
            if is(&import) {
                return Ok(import);
            }
            if began.elapsed() > SOON {
                bail!("after {SOON:?} still {import}");
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A temporary directory, and the path of a data folder in the directory, which does not exist yet.
fn folder() -> anyhow::Result<(tempfile::TempDir, PathBuf)> {
    let place = tempfile::tempdir()?;
    let data = place.path().join("state");
    Ok((place, data))
}

fn waybill(arguments: &[&str], data: &Path) -> anyhow::Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_waybill")).args(arguments).arg("--data").arg(data).output()?)
}

fn table(rows: u64) -> String {
    let row = |n: u64| format!("2026-03-{:02},Demo,P{},{},t{}\n", 1 + n % 28, n % 5, 1 + n % 90, n % 7);
    "date,person,project,minutes,tags\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

/// Sends a text over a new connection, and leaves the connection open.
fn stay(address: &str, sent: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(SOON))?;
    stream.write_all(sent.as_bytes())?;
    Ok(stream)
}

/// Sends a request with the given headers, and returns the whole answer.
fn answer(address: &str, path: &str, headers: &str) -> anyhow::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nUser-Agent: test\r\nConnection: close\r\n{headers}\r\n\r\n");
    let mut answer = String::new();
    stay(address, &request)?.read_to_string(&mut answer)?;
    Ok(answer)
}

#[tokio::test]
async fn clients_that_sent_half_a_request_keep_no_signal_from_ending_the_service() -> anyhow::Result<()> {
    let half_a_head = |serve: &Serve| format!("POST /v2/imports/ HTTP/1.1\r\nHost: {}\r\n", serve.address());
    let rest = "User-Agent: test\r\nX-NokoToken: demo\r\nContent-Type: multipart/form-data; boundary=b\r\n\
                Content-Length: 99\r\n\r\n--b\r\n";
    let (_place, data) = folder()?;
    let mut serve = Serve::start(&data)?;
    let id = serve.upload(table(10)).await?;
    serve.until(id, |import| import["status"] == "complete").await?;
    let head = half_a_head(&serve);
    let _half_a_head = stay(serve.address(), &head)?;
    let _half_a_body = stay(serve.address(), &(head + rest))?;
    serve.signal("TERM")?;
    assert!(serve.ended(Duration::from_secs(15))?.success());

    // The state is complete, and the next process can lock the folder.
    let mut serve = Serve::start(&data)?;
    assert_eq!(serve.import(id).await?["counts"]["created"], 10);
    let _half_a_body = stay(serve.address(), &(half_a_head(&serve) + rest))?;
    serve.signal("INT")?;
    // When no client can connect any more, the process has received the first signal.
    while TcpStream::connect(serve.address()).is_ok() {
        thread::sleep(LOOK);
    }
    serve.signal("INT")?;
    assert_eq!(serve.ended(Duration::from_secs(3))?.code(), Some(130));
    Ok(())
}

#[tokio::test]
async fn whenever_it_is_killed_everything_ends_soon_after_the_next_start() -> anyhow::Result<()> {
    let (_place, data) = folder()?;
    let mut serve = Serve::start(&data)?;
    let id = serve.upload(table(8000)).await?;
    // The service is killed while the parser plans the file, directly afterwards, and after some chunks are loaded.
    for loaded in [None, Some(0), Some(2), Some(5)] {
        if let Some(loaded) = loaded {
            serve.until(id, |import| import["chunks"]["committed"].as_u64() >= Some(loaded)).await?;
        }
        serve.kill()?;
        serve = Serve::start(&data)?;
    }
    let import = serve.until(id, |import| import["status"] == "complete").await?;
    assert_eq!(import["counts"]["created"], 8000, "{import}");

    serve.ask(Method::POST, &format!("/imports/{id}/revert"), None).await?;
    for undone in [0, 3] {
        serve.until(id, |import| import["undone"]["chunks"].as_u64() >= Some(undone)).await?;
        serve.kill()?;
        serve = Serve::start(&data)?;
    }
    let import = serve.until(id, |import| import["status"] == "rolled_back").await?;
    assert_eq!(import["undone"]["removed"], 8000, "{import}");
    serve.kill()?;
    assert!(!Serve::start(&data)?.said[1].contains("earlier run"));
    Ok(())
}

#[tokio::test]
async fn a_command_after_a_crash_goes_on_at_once_and_says_so() -> anyhow::Result<()> {
    let (_place, data) = folder()?;
    let serve = Serve::start(&data)?;
    let id = serve.upload(table(8000)).await?;
    serve.until(id, |import| import["chunks"]["committed"].as_u64() >= Some(1)).await?;
    serve.kill()?;
    let began = Instant::now();
    let undone = waybill(&["revert", &id.to_string()], &data)?;
    let (report, told) = (String::from_utf8(undone.stdout)?, String::from_utf8(undone.stderr)?);
    assert!(report.contains("rolled_back"), "{report}{told}");
    assert!(told.contains("1 import of an earlier run goes on"), "{told}");
    assert!(began.elapsed() < SOON);
    Ok(())
}

#[tokio::test]
async fn a_folder_in_use_is_refused_and_is_nobody_else_s_to_read() -> anyhow::Result<()> {
    let (_place, data) = folder()?;
    let serve = Serve::start(&data)?;
    for arguments in [&["serve", "--port", "0"][..], &["revert", "1"]] {
        let second = waybill(arguments, &data)?;
        let told = String::from_utf8(second.stderr)?;
        assert_eq!(second.status.code(), Some(2));
        assert!(told.contains("another waybill is using") && told.contains("--data"), "{told}");
    }
    assert_eq!(data.metadata()?.permissions().mode() & 0o777, 0o700);
    serve.kill()?;
    Serve::start(&data)?;
    Ok(())
}

#[tokio::test]
async fn no_page_of_another_site_and_no_rebound_name_gets_an_answer() -> anyhow::Result<()> {
    let (_place, data) = folder()?;
    let serve = Serve::start(&data)?;
    let address = serve.address();
    let own = format!("Host: {address}\r\nX-NokoToken: demo\r\nAuthorization: Token demo");
    assert!(answer(address, "/v2/entries", &own)?.starts_with("HTTP/1.1 200"));
    assert!(answer(address, "/v2/entries", &format!("{own}\r\nOrigin: http://{address}"))?.starts_with("HTTP/1.1 200"));
    let rebound = own.replacen(address, "evil.example", 1);
    let cross = format!("{own}\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site");
    for (headers, status) in [(&rebound, 421), (&cross, 403)] {
        let noko = answer(address, "/v2/entries", headers)?;
        assert!(noko.starts_with(&format!("HTTP/1.1 {status}")) && noko.contains("{\"message\":"), "{noko}");
        let native = answer(address, "/api/v1/imports/1", headers)?;
        assert!(native.starts_with(&format!("HTTP/1.1 {status}")) && native.contains("\"detail\":"), "{native}");
        assert!(!noko.to_lowercase().contains("access-control-allow"), "{noko}");
    }
    Ok(())
}

/// What one address for all of AWS answers to an operation of DynamoDB or SQS.
async fn aws(environment: &Value, target: &str, body: Value) -> anyhow::Result<Value> {
    let url = environment["AWS_ENDPOINT_URL"].as_str().context("no address")?;
    let request = client()?.post(url).header("X-Amz-Target", target).body(body.to_string());
    Ok(serde_json::from_slice(&request.send().await?.error_for_status()?.bytes().await?)?)
}

#[tokio::test]
async fn functions_outside_of_the_process_are_told_where_everything_is_and_have_the_work_to_themselves()
-> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let file = place.path().join("env.json");
    let serve =
        Serve::with(&["--aws".as_ref(), "0".as_ref(), "--no-workers".as_ref(), "--env".as_ref(), file.as_os_str()])?;
    let written = std::fs::read_to_string(&file)?;
    let environment = &serde_json::from_str::<Value>(&written)?["Parameters"];
    for (name, value) in environment.as_object().context("no environment")? {
        let line = format!("  {name}={}", value.as_str().unwrap_or_default());
        assert!(serve.said.contains(&line), "{line} {:?}", serve.said);
    }
    let tables = aws(environment, "DynamoDB_20120810.ListTables", json!({})).await?;
    let names = ["EVENTS_TABLE", "IMPORTS_TABLE", "WORKSPACE_TABLE"].map(|name| &environment[name]);
    assert_eq!(tables["TableNames"], json!(names));

    // The sample environment is that of a service with the address that the README gives it.
    let url = environment["AWS_ENDPOINT_URL"].as_str().context("no address")?;
    let sample = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/env.json"))?;
    let written = written.replace(url, "http://host.docker.internal:4566").replace(&serve.url, "http://127.0.0.1:8080");
    assert_eq!(written, sample);

    // An import is made, and the message that has it started stays where it is.
    let form = [("file", table(3)), ("file_name", "a.csv".to_owned())];
    let post = client()?.post(format!("{}/v2/imports/", serve.url)).header("X-NokoToken", "demo");
    post.header("User-Agent", "test").form(&form).send().await?.error_for_status()?;
    let received = aws(environment, "AmazonSQS.ReceiveMessage", json!({ "QueueUrl": environment["WORK_QUEUE_URL"] }));
    let body = &received.await?["Messages"][0]["Body"];
    assert_eq!(body, "{\"v\":1,\"start\":{\"account\":1,\"import\":1}}");
    assert_eq!(serve.import(1).await?["status"], "queued");
    Ok(())
}

#[test]
fn an_address_that_is_none_is_refused_with_what_would_be_one() -> anyhow::Result<()> {
    for (arguments, why) in [
        (&["--aws", "localhost:4566"][..], "is no PORT and no ADDRESS:PORT, such as 4566 or 0.0.0.0:4566"),
        (&["--aws", "70000"], "is no PORT and no ADDRESS:PORT"),
        (&["--env", "env.json"], "--aws"),
        (&["--no-workers"], "--aws"),
        (&["--events", "ftp://127.0.0.1/"], "is no URL with http or https"),
    ] {
        let refused = Command::new(env!("CARGO_BIN_EXE_waybill")).arg("serve").args(arguments).output()?;
        let told = String::from_utf8(refused.stderr)?;
        assert_eq!(refused.status.code(), Some(2), "{told}");
        assert!(told.contains(why), "{told}");
    }
    Ok(())
}

/// Starts a service which delivers its events to a consumer.
fn start_with_events(data: &Path, consumer: &Consumer) -> anyhow::Result<Serve> {
    Serve::with(&["--data".as_ref(), data.as_os_str(), "--events".as_ref(), consumer.url.as_ref()])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_whose_delivery_was_cut_off_by_a_kill_is_delivered_again_after_the_next_start() -> anyhow::Result<()> {
    // The consumer takes the second event and does not answer, so the service is killed between the delivery and its mark.
    let consumer = Consumer::open(|event, before| {
        let comes_again = before.iter().any(|delivered| delivered.event()["id"] == event["id"]);
        if event["import"] == 1 && event["sequence"] == 2 && !comes_again { Reply::Silence } else { Reply::Status(200) }
    })
    .await?;
    let (_place, data) = folder()?;
    let serve = start_with_events(&data, &consumer)?;
    assert!(serve.said.contains(&format!("events    {}", consumer.url)), "{:?}", serve.said);
    let id = serve.upload(table(10)).await?;
    serve.until(id, |import| import["status"] == "complete").await?;
    consumer.until(|deliveries| deliveries.len() == 2).await?;
    let mut addresses = vec![serve.url.clone()];
    serve.kill()?;

    let mut serve = start_with_events(&data, &consumer)?;
    addresses.push(serve.url.clone());
    consumer.until(|deliveries| has_taken(deliveries, id, "complete")).await?;
    serve.ask(Method::POST, &format!("/imports/{id}/revert"), None).await?;
    consumer.until(|deliveries| has_taken(deliveries, id, "rolled_back")).await?;
    serve.signal("TERM")?;
    assert!(serve.ended(SOON)?.success());

    // The port of the service, which the URL of the import names, is another after each start.
    let addresses: Vec<_> = addresses.iter().map(String::as_str).collect();
    let deliveries = consumer.until(|_| true).await?;
    let statuses: Vec<_> = in_order(&deliveries, id, &addresses)?.iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, ["new", "queued", "processing", "complete", "rolling_back", "rolled_back"]);
    assert_eq!(deliveries.len(), statuses.len() + 1, "one event came twice");

    // Delivered events are remembered: a third start delivers the events of the next import alone.
    let serve = start_with_events(&data, &consumer)?;
    let next = serve.upload(table(1)).await?;
    let deliveries = consumer.until(|deliveries| has_taken(deliveries, next, "complete")).await?;
    assert_eq!(deliveries.iter().filter(|delivered| delivered.event()["import"] == id).count(), statuses.len() + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_comes_after_a_start_without_one_gets_the_events_from_then_on() -> anyhow::Result<()> {
    let (_place, data) = folder()?;
    let serve = Serve::start(&data)?;
    let before = serve.upload(table(10)).await?;
    serve.until(before, |import| import["status"] == "complete").await?;
    serve.kill()?;
    let consumer = Consumer::open(|_, _| Reply::Status(200)).await?;
    let serve = start_with_events(&data, &consumer)?;
    let id = serve.upload(table(10)).await?;
    let deliveries = consumer.until(|deliveries| has_taken(deliveries, id, "complete")).await?;
    let statuses: Vec<_> = in_order(&deliveries, id, &[])?.iter().map(|event| event["status"].clone()).collect();
    assert_eq!(statuses, ["new", "queued", "processing", "complete"]);
    Ok(())
}
