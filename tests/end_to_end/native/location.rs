//! Tests of files that are fetched from a URL: what is dialled, what is refused, what is bounded, and that neither a death nor
//! a message that comes twice makes a second file.

use std::time::{Duration, Instant};

use futures::future::join;
use serde_json::{Value, json};
use shared::fetch::{FetchError, FetchLimits, Fetcher, Location, Why};
use shared::id::ImportId;
use shared::plan::plan;
use shared::services::Services;
use waybill::system::{Functions, Options};

use super::site::{PUBLIC, Reply, Site};
use super::{ACCOUNT, outcome, page, send, stored};
use crate::faults::{Fault, Faults};
use crate::files::TOGGL;
use crate::postman::Postman;
use crate::stack::Stack;

const IMPORT: ImportId = ImportId(1);
/// The query is a secret.
pub const URL: &str = "https://files.example.com/exports/March%202026.csv?X-Amz-Signature=secret";

/// Fetches a file to its end.
async fn fetched(fetcher: &Fetcher, url: &str) -> Result<Vec<u8>, FetchError> {
    let location = Location::parse(url).expect("an address that is fetched");
    let (mut file, mut bytes) = (fetcher.open(&location, None).await?, Vec::new());
    while let Some(piece) = file.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn why(fetcher: &Fetcher, url: &str) -> Why {
    let error = fetched(fetcher, url).await.expect_err("it is refused");
    assert!(!error.to_string().contains("secret"), "{error}");
    error.why
}

/// Functions whose parser fetches through the site.
pub fn with(functions: &Functions, site: &Site) -> Functions {
    functions.clone().map(|services| Services { fetcher: site.fetcher(), ..services })
}

#[tokio::test]
async fn a_file_behind_a_url_is_imported_and_its_query_is_never_shown() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::file(TOGGL)).await?;
    let stack = Stack::with(Options { fetcher: site.fetcher(), ..Options::default() }).await?;
    let made = send(&stack, "/imports", &json!({ "location": URL, "note": "from the shelf" })).await?.expect(202)?;
    let shown = "https://files.example.com/exports/March%202026.csv";
    let seen = ["status", "file_name", "location", "note"].map(|name| made[name].clone());
    assert_eq!(seen, [json!("queued"), json!("March 2026.csv"), json!(shown), json!("from the shelf")], "{made}");
    stack.idle().await?;
    let import = stack.native(1).await?;
    assert_eq!((&import["status"], &import["counts"]["created"]), (&json!("complete"), &json!(5)), "{import}");
    assert_eq!((&import["location"], &import["file_size"]), (&json!(shown), &json!(TOGGL.len().to_string())));
    for answer in [made, import, page(&stack, "").await?] {
        assert!(!answer.to_string().contains("secret"), "{answer}");
    }
    let import = stored(&stack, 1).await?;
    assert!(!format!("{import:?}").contains("secret"), "{import:?}");
    assert_eq!(import.source.as_ref().map(|source| source.key.as_str()), Some("sources/1/1/March_2026.csv"));
    // The server gets the query, and no more about the caller than any client tells.
    let heads = site.heads();
    assert_eq!(heads.len(), 1);
    let head = heads[0].to_ascii_lowercase();
    assert!(
        head.starts_with(
            "get /exports/march%202026.csv?x-amz-signature=secret http/1.1\r\nhost: files.example.com\r\n"
        ),
        "{head}"
    );
    assert!(!head.contains("authorization") && !head.contains("cookie"), "{head}");
    assert_eq!(site.dialled(), [(PUBLIC, 443).into()]);
    Ok(())
}

#[tokio::test]
async fn only_public_addresses_are_dialled_and_exactly_those_that_were_checked() -> anyhow::Result<()> {
    let site = Site::open(|head, _| match head {
        head if head.starts_with("GET /again ") => Reply::to("https://files.example.com/file"),
        _ => Reply::file("a"),
    })
    .await?;
    let fetcher = site.fetcher();
    for address in [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::1",
        "2001:0:a9fe:a9fe::",
        "2001:db8::1",
    ] {
        site.resolves("files.example.com", &[&[address]]);
        assert_eq!(why(&fetcher, URL).await, Why::NotPublic, "{address}");
        assert_eq!(site.dialled(), [], "{address}");
    }
    // Of several addresses the public ones are dialled.
    site.resolves("files.example.com", &[&["10.0.0.1", "::1", "93.184.215.99", "127.0.0.1"]]);
    assert_eq!(fetched(&fetcher, URL).await?, b"a");
    assert_eq!(site.dialled(), ["93.184.215.99:443".parse()?]);
    site.resolves("files.example.com", &[&["::ffff:93.184.215.98"]]);
    fetched(&fetcher, URL).await?;
    assert_eq!(site.dialled(), ["93.184.215.98:443".parse()?]);
    site.resolves("files.example.com", &[&["2606:2800:21f::1"]]);
    fetched(&fetcher, "https://files.example.com./file").await?;
    assert_eq!(site.dialled(), ["[2606:2800:21f::1]:443".parse()?]);
    // A name that is public first and private afterwards: the first answer is the one that is dialled.
    site.resolves("files.example.com", &[&["93.184.215.97"], &["127.0.0.1"]]);
    fetched(&fetcher, URL).await?;
    assert_eq!(site.dialled(), ["93.184.215.97:443".parse()?]);
    assert_eq!(why(&fetcher, URL).await, Why::NotPublic);
    assert_eq!(site.dialled(), []);
    // A redirect to the same name is resolved and checked anew.
    site.resolves("files.example.com", &[&["93.184.215.96"], &["169.254.169.254"]]);
    assert_eq!(why(&fetcher, "https://files.example.com/again").await, Why::NotPublic);
    assert_eq!(site.dialled(), ["93.184.215.96:443".parse()?]);
    site.resolves("files.example.com", &[&[]]);
    assert_eq!(why(&fetcher, URL).await, Why::NoAddress);
    assert_eq!(site.dialled(), []);
    Ok(())
}

#[tokio::test]
async fn redirects_are_followed_by_hand_and_bounded() -> anyhow::Result<()> {
    let site = Site::open(|head, _| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path.strip_prefix("/chain/").and_then(|left| left.parse::<u32>().ok()) {
            Some(0) => Reply::file("the end"),
            Some(left) => Reply::to(&format!("../chain/{}", left - 1)),
            None if path == "/loop" => Reply::to("/loop"),
            None if path == "/nowhere" => Reply::Whole(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_vec()),
            None => Reply::to(path.trim_start_matches("/to?")),
        }
    })
    .await?;
    let fetcher = site.fetcher();
    assert_eq!(fetched(&fetcher, "https://files.example.com/chain/5").await?, b"the end");
    assert_eq!(site.dialled().len(), 6);
    assert_eq!(why(&fetcher, "https://files.example.com/chain/6").await, Why::Redirects(5));
    assert_eq!(site.dialled().len(), 6);
    assert_eq!(why(&fetcher, "https://files.example.com/loop").await, Why::Redirects(5));
    assert_eq!(why(&fetcher, "https://files.example.com/nowhere").await, Why::Status(302));
    site.dialled();
    for to in [
        "http://files.example.com/a",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::ffff:a9fe:a9fe]/",
        "//169.254.169.254/latest/",
        "https://files.example.com:8443/",
        "https://user:secret@files.example.com/",
        "file:///etc/passwd",
        "ftp://files.example.com/",
        "https://localhost/",
        "https://[::1",
        "\\\\127.0.0.1\\share",
    ] {
        let refused = why(&fetcher, &format!("https://files.example.com/to?{to}")).await;
        assert!(matches!(refused, Why::Refused(_)), "{to}: {refused:?}");
        assert_eq!(site.dialled(), [(PUBLIC, 443).into()], "{to}");
    }
    // Nothing but the address goes along.
    site.heads();
    fetched(&fetcher, "https://files.example.com/to?https://other.example.com/chain/0").await?;
    let heads = site.heads();
    assert!(
        heads[1].contains("host: other.example.com\r\n") && !heads[1].to_ascii_lowercase().contains("referer"),
        "{heads:?}"
    );
    // The certificate has to be that of the name.
    let wrong = why(&fetcher, "https://files.example.com/to?https://third.example.com/chain/0").await;
    assert!(matches!(wrong, Why::Tls(_)), "{wrong:?}");
    Ok(())
}

#[tokio::test]
async fn answers_are_bounded_and_whole_or_an_error() -> anyhow::Result<()> {
    let head = |length: u64| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".to_vec();
    let cases: Vec<(Reply, Result<&str, Why>)> = vec![
        (Reply::file("abc"), Ok("abc")),
        (Reply::open_ended("abc"), Ok("abc")),
        (Reply::Whole([&chunked[..], b"0\r\n\r\n"].concat()), Ok("abc")),
        // More bytes than announced are no part of the answer.
        (Reply::Whole([&head(2)[..], b"abc"].concat()), Ok("ab")),
        (Reply::Whole([&head(9)[..], b"abc"].concat()), Err(Why::Broken)),
        (Reply::Cut([&head(9)[..], b"abc"].concat()), Err(Why::Broken)),
        (Reply::Cut(b"HTTP/1.1 200 OK\r\n\r\nabc".to_vec()), Err(Why::Broken)),
        (Reply::Whole(chunked.clone()), Err(Why::Broken)),
        (Reply::Whole([&chunked[..], b"zz\r\n"].concat()), Err(Why::Broken)),
        (
            Reply::Whole(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".to_vec()),
            Err(Why::Broken),
        ),
        (Reply::Whole(head(1 << 40)), Err(Why::TooLarge(1 << 20))),
        (Reply::Endless(head(1 << 19), Duration::ZERO), Ok("x")),
        (Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), Duration::ZERO), Err(Why::TooLarge(1 << 20))),
        (Reply::Silent(Vec::new()), Err(Why::TooSlow)),
        (Reply::Silent(b"HTTP/1.1 200".to_vec()), Err(Why::TooSlow)),
        (Reply::Silent([&head(9)[..], b"abc"].concat()), Err(Why::TooSlow)),
        // Slow, but never silent: the time of the whole ends the answer.
        (Reply::Endless(head(1 << 20), Duration::from_millis(300)), Err(Why::TooSlow)),
        (Reply::Whole(b"SSH-2.0-OpenSSH\r\n\r\n".to_vec()), Err(Why::Broken)),
        (Reply::Whole(Vec::new()), Err(Why::Broken)),
        (Reply::Endless(b"HTTP/1.1 200 OK\r\nX-Long: ".to_vec(), Duration::ZERO), Err(Why::Broken)),
        (Reply::status(204), Err(Why::Status(204))),
        (Reply::status(206), Err(Why::Status(206))),
        (Reply::status(304), Err(Why::Status(304))),
        (Reply::status(403), Err(Why::Status(403))),
        (Reply::status(404), Err(Why::Status(404))),
        (Reply::status(500), Err(Why::Status(500))),
        (Reply::status(503), Err(Why::Status(503))),
    ];
    for (reply, expected) in cases {
        let answer = reply.clone();
        let site = Site::open(move |_, _| answer.clone()).await?;
        let limits = FetchLimits {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(1),
            total: Duration::from_secs(3),
            size: 1 << 20,
            redirects: 5,
        };
        let mut fetcher = site.fetcher();
        fetcher.limits = limits;
        let begun = Instant::now();
        let got = fetched(&fetcher, URL).await.map_err(|error| error.why);
        let name = format!("{reply:?}").chars().take(120).collect::<String>();
        match (got, expected) {
            (Ok(got), Ok(expected)) => assert!(
                got.starts_with(expected.as_bytes()) && (expected == "x" || got.len() == expected.len()),
                "{name}"
            ),
            (got, expected) => assert_eq!(got.map(|bytes| bytes.len()), expected.map(str::len), "{name}"),
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{name}: {:?}", begun.elapsed());
    }
    Ok(())
}

#[tokio::test]
async fn a_failure_that_passes_is_tried_again_and_others_end_the_import() -> anyhow::Result<()> {
    let site = Site::open(|head, number| match head.split(' ').nth(1).unwrap_or_default() {
        "/busy" if number < 3 => Reply::status(503),
        "/busy" => Reply::file(TOGGL),
        "/always" => Reply::Cut(Vec::new()),
        "/bomb.gz" => Reply::file(bomb()),
        _ => Reply::status(404),
    })
    .await?;
    let stack = Stack::by_hand(1000).await?;
    let (postman, functions) = (Postman::of(&stack.system), with(stack.functions(), &site));
    let url = |path: &str| json!({ "location": format!("https://files.example.com/{path}") });
    send(&stack, "/imports", &url("busy")).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    assert_eq!((outcome(&stack, 1).await?, site.dialled().len()), (("complete".to_owned(), 5), 3));
    send(&stack, "/imports", &url("gone.csv?key=secret")).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    let gone = stack.native(2).await?;
    let reason = "the file was not fetched from https://files.example.com/gone.csv: the server answered 404";
    assert_eq!((&gone["status"], &gone["reasons"]), (&json!("incomplete"), &json!([reason])), "{gone}");
    assert_eq!(site.dialled().len(), 1);
    send(&stack, "/imports", &url("always")).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    assert_eq!((outcome(&stack, 3).await?.0.as_str(), site.dialled().len()), ("incomplete", 5));
    site.resolves("files.example.com", &[&["169.254.169.254"]]);
    send(&stack, "/imports", &url("latest/meta-data")).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    let inside = stack.native(4).await?;
    assert!(inside["reasons"][0].as_str().is_some_and(|reason| reason.contains("not public")), "{inside}");
    assert_eq!((&inside["status"], site.dialled().len()), (&json!("incomplete"), 0));
    // A bomb is fetched as any file, and refused when it is unpacked.
    site.resolves("files.example.com", &[&["93.184.215.14"]]);
    send(&stack, "/imports", &url("bomb.gz")).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    let bomb = stack.native(5).await?;
    assert_eq!(bomb["status"], "unsupported", "{bomb}");
    assert!(bomb["reasons"][0].as_str().is_some_and(|reason| reason.contains("bomb")), "{bomb}");
    assert_eq!(postman.dead(), 0);
    Ok(())
}

/// A gzip of 32 MB of zeros.
fn bomb() -> Vec<u8> {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![b'0'; 32 << 20]).expect("a vector takes all");
    gzip.finish().expect("a vector takes all")
}

/// The objects of the bucket that hold a file as it came.
async fn sources(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let list = stack.system.s3().list_objects_v2().bucket(stack.system.services().files.bucket()).prefix("sources/");
    let list = list.send().await?;
    Ok(list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_at_any_request_and_a_second_message_make_one_file_and_one_plan() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::file(TOGGL)).await?;
    let mut requests = 0;
    for n in 0.. {
        if n > 0 && n > requests {
            break;
        }
        let fault = if n % 2 == 0 { Fault::DeathAfter } else { Fault::DeathBefore };
        let stack = Stack::by_hand(2).await?;
        let postman = Postman::of(&stack.system);
        let (alive, faults) = (with(stack.functions(), &site), Faults::default());
        let worker = with(&faults.connect(&stack.system)?, &site);
        send(&stack, "/imports", &json!({ "location": URL })).await?.expect(202)?;
        if n > 0 {
            faults.at(n, 1, fault);
        } else {
            faults.plan(|_, _| None);
        }
        let ended = faults.outlive(plan(&worker.parser, ACCOUNT, IMPORT)).await;
        assert_eq!(ended.is_none(), n > 0, "request {n} of {requests}: {:?}", faults.log());
        requests = requests.max(if n == 0 { faults.requests() } else { 0 });
        // The message comes again, twice, while a try may still be noted.
        let (first, second) = join(plan(&alive.parser, ACCOUNT, IMPORT), plan(&alive.parser, ACCOUNT, IMPORT)).await;
        first.and(second)?;
        postman.drain_all(&alive, &Faults::default()).await;
        assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5), "request {n}: {:?}", faults.log());
        assert_eq!(sources(&stack).await?, ["sources/1/1/March_2026.csv"], "request {n}");
    }
    println!("{requests} requests, a death at each");
    Ok(())
}

#[tokio::test]
async fn a_large_file_comes_in_parts_and_a_stopped_import_leaves_nothing() -> anyhow::Result<()> {
    let row = "2026-03-05,Demo User,30,dig\n";
    let file = format!("date,person,minutes,description\n{row}{}", "\n".repeat(20 << 20));
    let slow = b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n".to_vec();
    let site = Site::open(move |_, number| match number {
        1 => Reply::file(&file),
        _ => Reply::Endless(slow.clone(), Duration::from_millis(2)),
    })
    .await?;
    let stack = Stack::by_hand(1000).await?;
    let functions = with(stack.functions(), &site);
    send(&stack, "/imports", &json!({ "location": URL })).await?.expect(202)?;
    plan(&functions.parser, ACCOUNT, IMPORT).await?;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 1));
    // The second is cancelled while its file comes.
    send(&stack, "/imports", &json!({ "location": URL })).await?.expect(202)?;
    let fetching = plan(&functions.parser, ACCOUNT, ImportId(2));
    let (planned, cancelled) = join(fetching, async {
        while stored(&stack, 2).await?.fetches == 0 {
            tokio::task::yield_now().await;
        }
        send(&stack, "/imports/2/cancel", &Value::Null).await
    })
    .await;
    planned?;
    cancelled?.expect(202)?;
    assert_eq!(stack.native(2).await?["status"], "incomplete");
    assert_eq!(sources(&stack).await?, ["sources/1/1/March_2026.csv"]);
    Ok(())
}
