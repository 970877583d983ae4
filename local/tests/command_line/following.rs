//! Tests of the commands that follow an import: list, show, errors, cancel, resume; and of those that describe the
//! command line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context;
use serde_json::{Value, json};
use shared::files::UploadSizes;
use shared::services::Services;
use waybill::http::{Bound, Limits};
use waybill::http_client;
use waybill::system::{DEMO_TOKEN, Options, System};

use super::{fixture, waybill};

/// A command on the service at `url`.
async fn at(url: &str, arguments: &[&str]) -> anyhow::Result<Output> {
    let all: Vec<String> =
        arguments.iter().chain(&["--url", url, "--token", DEMO_TOKEN]).map(|&part| part.to_owned()).collect();
    let run = move || waybill(&all.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await?
}

async fn text(url: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = at(url, arguments).await?;
    anyhow::ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}

async fn json_of(url: &str, arguments: &[&str]) -> anyhow::Result<Value> {
    serde_json::from_str(&text(url, &[arguments, &["--json"]].concat()).await?).context("no JSON")
}

/// What a command says when it fails.
async fn error(url: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = at(url, arguments).await?;
    anyhow::ensure!(output.status.code() == Some(2) && output.stdout.is_empty(), "{arguments:?} succeeds");
    Ok(String::from_utf8(output.stderr)?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_are_listed_shown_and_stopped() -> anyhow::Result<()> {
    let system = System::start(Options::default()).await?;
    let url = system.url();
    assert_eq!(text(url, &["list"]).await?, "There are no such imports.\n");
    let folder = tempfile::tempdir()?;
    let some = folder.path().join("some.csv");
    let rows = std::fs::read_to_string(fixture("toggl.csv"))?.replace("00:15:00,,", "soon,,");
    std::fs::write(&some, rows)?;
    for file in [fixture("toggl.csv"), some] {
        at(url, &["import", file.to_str().context("a path of text")?]).await?;
    }
    // An import whose file never comes.
    let asked = json!({ "upload": true, "file_size": 9, "file_name": "March.csv" });
    let post = http_client::loopback().build()?.post(format!("{url}/api/v1/imports"));
    post.bearer_auth(DEMO_TOKEN).json(&asked).send().await?.error_for_status()?;

    let listed = text(url, &["list"]).await?;
    let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["ID", "STATUS", "CREATED", "(UTC)", "BYTES", "FILE"], "{listed}");
    let told: Vec<_> = lines[1..].iter().map(|line| (line[0], line[1], line[4], line[5])).collect();
    let new = ("3", "new", "0", "March.csv");
    assert_eq!(told[0], new, "{listed}");
    assert_eq!((told[1].0, told[1].1, told[1].3), ("2", "partially_complete", "some.csv"), "{listed}");
    assert_eq!((told[2].0, told[2].1, told[2].3), ("1", "complete", "toggl.csv"), "{listed}");
    let ids = |list: &Value| -> Vec<u64> {
        list.as_array().into_iter().flatten().filter_map(|import| import["id"].as_u64()).collect()
    };
    assert_eq!(ids(&json_of(url, &["list", "--limit", "1"]).await?), [3]);
    assert!(text(url, &["list", "--limit", "1"]).await?.ends_with("… and more; --limit 10 lists more\n"));
    assert_eq!(ids(&json_of(url, &["list", "--status", "new,complete"]).await?), [3, 1]);
    assert!(error(url, &["list", "--status", "complet"]).await?.contains("the nearest is complete"));

    let shown = text(url, &["show", "2"]).await?;
    for said in ["Import 2 of some.csv: partially_complete", "rows          5", "failed      1", "line 5"] {
        assert!(shown.contains(said), "{said:?} is missing in\n{shown}");
    }
    assert_eq!(json_of(url, &["show", "2"]).await?["counts"]["created"], 4);
    let errors = json_of(url, &["errors", "2"]).await?;
    assert_eq!(
        (
            &errors["causes"][0]["code"],
            &errors["causes"][0]["column"],
            &errors["failed"],
            &errors["causes"][0]["first_rows"]
        ),
        (&json!("invalid_duration"), &json!("Duration"), &json!(1), &json!([4])),
        "{errors}"
    );
    let table = text(url, &["errors", "2"]).await?;
    assert!(table.starts_with("ROWS  CODE") && table.contains("invalid_duration"), "{table}");
    assert_eq!(text(url, &["errors", "1"]).await?, "No row has an error.\n");

    assert!(text(url, &["cancel", "3"]).await?.contains("Import 3 of March.csv: incomplete (stopped before the end)"));
    assert_eq!(json_of(url, &["show", "3"]).await?["status"], "incomplete");
    assert!(error(url, &["cancel", "1"]).await?.contains("409"));
    for command in ["show", "errors", "cancel", "resume"] {
        assert!(error(url, &[command, "99"]).await?.contains("there is no import 99"), "{command}");
    }
    system.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn profiles_are_imported_into_a_database_and_undone() -> anyhow::Result<()> {
    let system = System::start(Options::default()).await?;
    let url = system.url();
    let client = http_client::loopback().build()?;
    for (path, body) in [
        ("databases", json!({ "name": "Shop" })),
        ("database/shop/fields", json!({ "name": "Email", "type": "email" })),
        ("database/shop/fields", json!({ "name": "Visits", "type": "integer" })),
        ("database/shop/profiles", json!({ "fields": { "Email": "robin@example.com", "Visits": "1" } })),
        ("database/shop/profiles", json!({ "fields": { "Email": "ash@example.com", "Visits": "2" } })),
    ] {
        client.post(format!("{url}/v3/{path}")).bearer_auth(DEMO_TOKEN).json(&body).send().await?.error_for_status()?;
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("visits.csv");
    std::fs::write(&file, "Email,Visits\nrobin@example.com,7\nkim@example.com,1\n")?;
    let file = file.to_str().context("a path of text")?;
    let options = ["--type", "profiles", "--database", "shop", "--key-field", "Email"];
    let removing = ["--remove-missing", "--remove-missing-share", "0.5"];
    let report = text(url, &[&["import", file], options.as_slice(), removing.as_slice()].concat()).await?;
    for said in [
        "Import 1 of visits.csv: complete",
        "profiles, utf-8, separated by commas",
        "    created     1\n    updated     1\n    failed      0\n  removed       1, which no row matched\n",
    ] {
        assert!(report.contains(said), "{said:?} is missing in\n{report}");
    }
    assert!(!report.contains("duration") && !report.contains("projects"), "{report}");
    let report = text(url, &["revert", "1"]).await?;
    let expected = "Import 1: rolled_back\n  profiles removed 1\n  1 changes taken back\n  1 deletions taken back\n";
    assert_eq!(report, expected);
    // The share of the default is too small for one profile of two.
    let said = at(url, &[&["import", file], options.as_slice(), &["--remove-missing"]].concat()).await?;
    let report = String::from_utf8(said.stdout)?;
    assert!(said.status.code() == Some(2) && report.contains("the share of 0.1"), "{report}");
    for (options, why) in [
        (&["--type", "profiles"][..], "database"),
        (&["--type", "profiles", "--database", "none"], "database"),
        (&["--type", "profiles", "--database", "shop", "--key-field", "Phone"], "Phone"),
        (&["--type", "profiles", "--database", "shop", "--action", "update"], "key_fields"),
    ] {
        let said = error(url, &[&["import", file], options].concat()).await?;
        assert!(said.contains(why), "{options:?}: {said}");
    }
    system.shutdown().await;
    Ok(())
}

/// A service that answers every request with the same import, and tells the first line of each request.
fn service(import: &Value) -> anyhow::Result<(String, Receiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let (tell, told) = channel();
    let body = import.to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(read) = stream.try_clone() else { continue };
            let mut lines = BufReader::new(read).lines().map_while(Result::ok);
            let _ = tell.send(lines.next().unwrap_or_default());
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = write!(stream, "{head}{body}");
        }
    });
    Ok((url, told))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_import_is_resumed_and_awaited() -> anyhow::Result<()> {
    for (status, created, code) in [("complete", 5, 0), ("partially_complete", 4, 1), ("failed", 0, 2)] {
        let counts = json!({ "created": created });
        let (url, told) =
            service(&json!({ "id": 7, "status": status, "file_name": "a.csv", "rows": 5, "counts": counts }))?;
        let output = at(&url, &["resume", "7"]).await?;
        assert_eq!(output.status.code(), Some(code), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8(output.stdout)?.starts_with(&format!("Import 7 of a.csv: {status}")));
        let asked: Vec<_> = told.try_iter().collect();
        assert_eq!(asked, ["POST /api/v1/imports/7/resume HTTP/1.1", "GET /api/v1/imports/7 HTTP/1.1"]);
    }
    // Nothing happens to such an import until somebody acts.
    for (size, waits) in [("0", "its file is awaited"), ("9", "it waits for its start")] {
        let (url, told) = service(&json!({ "id": 7, "status": "new", "file_name": "a.csv", "file_size": size }))?;
        let said = text(&url, &["resume", "7"]).await?;
        assert!(said.starts_with(&format!("Import 7 of a.csv: new ({waits})")), "{said}");
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["POST /api/v1/imports/7/resume HTTP/1.1"]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_above_the_limit_of_one_request_is_uploaded_in_parts() -> anyhow::Result<()> {
    let system = System::start(Options::default()).await?;
    // A service that asks for parts from a megabyte on, of the smallest size that S3 takes.
    let uploads = UploadSizes { single: 1 << 20, part: 5 << 20, most: 1 << 30 };
    let services = Services { uploads, ..system.functions().api.clone() };
    let service = Bound::to(([127, 0, 0, 1], 0).into()).await?.serve(Limits::default(), |_| api::router(services));
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("large.csv");
    let rows = "2026-03-05,Demo User,30,dig\n2026-03-06,Demo User,45,rake\n";
    std::fs::write(&file, format!("date,person,minutes,description\n{rows}{}", "\n".repeat(11 << 20)))?;
    let told = json_of(service.url(), &["import", file.to_str().context("a path of text")?]).await?;
    assert_eq!((&told["status"], &told["counts"]["created"]), (&json!("complete"), &json!(2)), "{told}");
    let import = json_of(system.url(), &["show", "1"]).await?;
    assert_eq!(import["file_size"], std::fs::metadata(&file)?.len().to_string());
    service.shutdown(Duration::from_secs(1)).await;
    system.shutdown().await;
    Ok(())
}

#[test]
fn shells_complete_the_commands_and_each_has_a_manual_page() -> anyhow::Result<()> {
    let said = |arguments: &[&str]| -> anyhow::Result<String> {
        let output = waybill(arguments)?;
        anyhow::ensure!(output.status.success(), "{arguments:?}");
        Ok(String::from_utf8(output.stdout)?)
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell])?;
        for word in ["waybill", "import", "resume", "--status"] {
            assert!(script.contains(word) || script.contains(word.trim_start_matches("--")), "{shell} lacks {word}");
        }
        assert!(!script.contains("/home/") && !script.contains("/root/"), "{shell}");
    }
    let page = said(&["man"])?;
    assert!(page.contains(".TH") && page.contains("waybill\\-import"), "{page}");
    let page = said(&["man", "list"])?;
    assert!(page.contains("\\-\\-status") && page.contains("waybill\\-list"), "{page}");
    let output = waybill(&["man", "nothing"])?;
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr)?.contains("there is no command nothing"));
    Ok(())
}
