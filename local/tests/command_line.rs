//! Tests of the command line, run as a process by a person or a script.

#[path = "command_line/contacts.rs"]
mod contacts;
#[path = "command_line/following.rs"]
mod following;
#[path = "command_line/quotas.rs"]
mod quotas;
#[path = "command_line/whole_account.rs"]
mod whole_account;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/end_to_end/fixtures").join(name)
}

fn waybill(arguments: &[&str]) -> anyhow::Result<Output> {
    Ok(Command::new(env!("CARGO_BIN_EXE_waybill")).args(arguments).output()?)
}

fn imported(file: &Path, options: &[&str]) -> anyhow::Result<(Option<i32>, Value)> {
    let file = file.to_str().context("a path of text")?;
    let output = waybill(&[&["import", file, "--json"], options].concat())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output.status.code(), serde_json::from_slice(&output.stdout).context(said)?))
}

#[test]
fn an_import_tells_machines_what_became_of_the_file() -> anyhow::Result<()> {
    let (code, told) = imported(&fixture("toggl.csv"), &["--memory"])?;
    assert_eq!(code, Some(0));
    let counts = json!({
        "created": 5, "updated": 0, "unchanged": 0, "skipped": 0, "deleted": 0, "failed": 0, "pending": 0,
    });
    let expected = json!({
        "id": 1, "type": "TimeEntryImport", "status": "complete", "format": "toggl", "encoding": "utf-8", "delimiter": ",", "date_order": "ymd",
        "decimal_mark": ".", "mapping": null, "rows": 5, "duplicates": 0,
            "counts": counts, "seconds": 16215, "projects": 3, "tags": 3, "undo_until": null,
        "unknown_users": [], "unknown_projects": [], "errors": [], "reasons": [],
    });
    assert_eq!(told, expected);
    Ok(())
}

#[test]
fn a_spreadsheet_and_a_gzip_are_imported_like_any_file() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut book = Workbook::new();
    for name in ["March", "April"] {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?.write_row(0, 0, ["Date", "Person", "Minutes", "Tags"])?;
        sheet.write_row(1, 0, ["2026-03-05", "Demo User", "90", name])?;
    }
    let (sheets, packed) = (folder.path().join("report.xlsx"), folder.path().join("toggl.csv.gz"));
    book.save(&sheets)?;
    let mut encoder = GzEncoder::new(File::create(&packed)?, Compression::default());
    encoder.write_all(&std::fs::read(fixture("toggl.csv"))?)?;
    encoder.finish()?;

    let (code, told) = imported(&sheets, &["--memory"])?;
    assert_eq!((code, &told["status"]), (Some(2), &json!("unsupported")));
    assert!(told["reasons"][0].as_str().is_some_and(|reason| reason.contains("`sheet`")), "{told}");
    let (code, told) = imported(&sheets, &["--memory", "--sheet", "April"])?;
    assert_eq!((code, &told["rows"], &told["seconds"]), (Some(0), &json!(1), &json!(5400)));
    assert_eq!((&told["encoding"], &told["delimiter"]), (&json!(null), &json!(null)));
    let (code, told) = imported(&packed, &["--memory"])?;
    assert_eq!((code, &told["rows"], &told["seconds"]), (Some(0), &json!(5), &json!(16215)));
    Ok(())
}

#[test]
fn an_import_is_undone_by_a_later_command() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("state");
    let data = data.to_str().context("a path of text")?;
    let file = fixture("freckle.csv");
    let output = waybill(&["import", file.to_str().context("a path of text")?, "--data", data])?;
    let report = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(0), "{report}");
    for said in ["freckle", "rows          3", "3 h 00 min 00 s", "Somebody Else", "cargo run -- revert 1 --data"] {
        assert!(report.contains(said), "{said:?} is missing in\n{report}");
    }
    let undone = waybill(&["revert", "1", "--data", data])?;
    let report = String::from_utf8(undone.stdout)?;
    assert_eq!(undone.status.code(), Some(0), "{report}");
    assert!(report.contains("rolled_back") && report.contains("entries  removed 3"), "{report}");
    Ok(())
}

#[test]
fn the_exit_status_tells_how_it_went() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| -> anyhow::Result<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let toggl = std::fs::read_to_string(fixture("toggl.csv"))?;
    let some = write("some.csv", &toggl.replace("00:15:00,,", "soon,,"))?;
    let (code, told) = imported(&some, &["--memory"])?;
    assert_eq!((code, &told["counts"]["failed"], &told["status"]), (Some(1), &json!(1), &json!("partially_complete")));
    assert_eq!(told["errors"][0]["line"], 5);
    let open = write("open.csv", "date,person,project,minutes,tags\n3/4/2026,Demo User,Garden,30,a\n")?;
    let (code, told) = imported(&open, &["--memory"])?;
    assert_eq!((code, &told["status"]), (Some(2), &json!("unsupported")));
    assert!(told["reasons"][0].as_str().is_some_and(|reason| reason.contains("date_order")), "{told}");
    let (code, told) = imported(&open, &["--memory", "--date-order", "dmy"])?;
    assert_eq!((code, &told["status"]), (Some(0), &json!("complete")));
    for wrong in [["import", "nothing.csv"], ["revert", "7"]] {
        let output = waybill(&[&wrong[..], &["--memory"]].concat())?;
        assert_eq!(output.status.code(), Some(2));
        assert!(!output.stderr.is_empty());
    }
    Ok(())
}

#[test]
fn a_refused_table_is_read_by_the_options_that_are_suggested() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("mine.csv");
    std::fs::write(&path, "Datum;Dauer (h);Chef's Projekt\n13.03.2026;1,5;Garten\n")?;
    let file = path.to_str().context("a path of text")?;
    let output = waybill(&["detect", file])?;
    assert_eq!(output.status.code(), Some(2));
    let report = String::from_utf8(output.stdout)?;
    let options = r"--map 'Datum=date' --map 'Dauer (h)=hours' --map 'Chef'\''s Projekt=project'";
    assert!(report.contains(&format!("may be read   {options}")), "{report}");
    assert!(report.contains("100 of 100  \"Datum\" as date: the name says so; 1 of 1 cells are dates"), "{report}");
    let told: Value = serde_json::from_slice(&waybill(&["detect", file, "--json"])?.stdout)?;
    assert_eq!(told["suggested_mapping"]["mapping"]["Dauer (h)"], "hours");
    let (code, told) = imported(&path, &["--memory"])?;
    assert_eq!((code, &told["suggested_mapping"]["mapping"]["Datum"]), (Some(2), &json!("date")));
    let maps = ["--map", "Datum=date", "--map", "Dauer (h)=hours", "--map", "Chef's Projekt=project"];
    let (code, told) = imported(&path, &[&["--memory"], &maps[..]].concat())?;
    assert_eq!((code, &told["seconds"]), (Some(0), &json!(5400)));
    Ok(())
}

#[test]
fn detect_tells_what_a_file_is_and_shows_its_first_rows() -> anyhow::Result<()> {
    let file = fixture("toggl.csv");
    let file = file.to_str().context("a path of text")?;
    let output = waybill(&["detect", file, "--json"])?;
    assert_eq!(output.status.code(), Some(0));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let said = ["format", "encoding", "delimiter", "date_order", "decimal_mark", "rows", "reasons"];
    let expected = [json!("toggl"), json!("utf-8"), json!(","), json!("ymd"), json!("."), json!(5), json!([])];
    assert_eq!(said.map(|name| told[name].clone()), expected);
    let best = &told["candidates"][0];
    assert_eq!(best["format"], "toggl");
    assert!(best["score"].as_u64() > Some(50) && best["evidence"].is_array(), "{best}");

    let report = String::from_utf8(waybill(&["detect", file])?.stdout)?;
    for said in
        ["toggl, 5 rows", "encoding      utf-8", "commas", "line 2", "by \"demo@example.com\"", "project \"Website\""]
    {
        assert!(report.contains(said), "{said:?} is missing in\n{report}");
    }
    Ok(())
}

#[test]
fn detect_tells_why_a_file_is_refused_and_what_settles_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| -> anyhow::Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_str().context("a path of text")?.to_owned())
    };
    let open = write("open.csv", "date,person,minutes,tags\n3/4/2026,Jo,30,a\n")?;
    let output = waybill(&["detect", &open, "--json"])?;
    assert_eq!(output.status.code(), Some(2));
    let told: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((&told["format"], &told["rows"], &told["encoding"]), (&json!(null), &json!(null), &json!("utf-8")));
    assert!(told["reasons"][0].as_str().is_some_and(|reason| reason.contains("`date_order`")), "{told}");
    assert_eq!(told["candidates"][0]["format"], "freckle");
    let report = waybill(&["detect", &open])?;
    assert_eq!(report.status.code(), Some(2));
    assert!(String::from_utf8(report.stdout)?.contains("refused       date: \"3/4/2026\" on line 2"));
    assert_eq!(waybill(&["detect", &open, "--date-order", "dmy"])?.status.code(), Some(0));
    for wrong in
        [&["nothing.csv"][..], &["."], &[open.as_str(), "--date-order", "ydm"], &[open.as_str(), "--map", "date"]]
    {
        let output = waybill(&[&["detect"], wrong].concat())?;
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{wrong:?}");
    }
    Ok(())
}

#[test]
fn any_table_is_detected_and_imported_by_a_mapping() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "Wann;Wie lange;Wer;Was;A=B\n4.3.2026;1,5;Demo User;Mauer;x\n31.3.2026;0,25;Demo User;;\n")?;
    let file = path.to_str().context("a path of text")?;
    assert_eq!(waybill(&["detect", file])?.status.code(), Some(2));
    let maps = [
        "--map",
        "Wann=date",
        "--map",
        "wie lange=hours",
        "--map",
        "Wer=person",
        "--map",
        "Was=text",
        "--map",
        "A=B=task",
    ];
    let output = waybill(&[&["detect", file, "--json"], &maps[..]].concat())?;
    let told: Value = serde_json::from_slice(&output.stdout)?;
    let said = ["format", "rows", "date_order", "decimal_mark"].map(|name| told[name].clone());
    assert_eq!(said, [json!("table"), json!(2), json!("dmy"), json!(",")]);
    let (code, told) = imported(&path, &[&maps[..], &["--memory"]].concat())?;
    assert_eq!((code, &told["format"], &told["seconds"]), (Some(0), &json!("table"), &json!(6300)));

    let (code, told) = imported(&path, &["--map", "Wann=date", "--map", "Dauer=hours", "--memory"])?;
    assert_eq!((code, &told["status"]), (Some(2), &json!("unsupported")));
    let reason = told["reasons"][0].as_str().unwrap_or_default();
    assert!(reason.contains("no column \"Dauer\"") && reason.contains("found \"Wann\", \"Wie lange\""), "{reason}");
    let wrong = waybill(&["import", file, "--map", "Wann=when", "--memory"])?;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr)?.contains("unknown field \"when\": known are date, start"));
    Ok(())
}

#[test]
fn a_later_command_reads_a_file_by_the_mapping_of_an_earlier_one_and_says_so() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("table.csv");
    std::fs::write(&path, "Wann;Wie lange;Wer\n4.3.2026;1,5;Demo User\n31.3.2026;0,25;Demo User\n")?;
    let data = folder.path().join("state");
    let data = ["--data", data.to_str().context("a path of text")?];
    let maps = ["--map", "Wann=date", "--map", "Wie lange=hours", "--map", "Wer=person"];
    let (code, told) = imported(&path, &[&maps[..], &data].concat())?;
    assert_eq!((code, &told["mapping"]["remembered"]), (Some(0), &json!(null)));
    let (code, told) = imported(&path, &[&data[..], &["--duplicates", "skip"]].concat())?;
    assert_eq!((code, &told["format"], &told["duplicates"]), (Some(0), &json!("table"), &json!(2)));
    assert_eq!(told["mapping"]["remembered"]["import"], 1);
    let file = path.to_str().context("a path of text")?;
    let report = String::from_utf8(waybill(&[&["import", file], &data[..]].concat())?.stdout)?;
    assert!(report.contains("read by the mapping that import 1 was made with, remembered for this header"), "{report}");
    let (code, told) = imported(&path, &[&data[..], &["--map", "none"]].concat())?;
    assert_eq!((code, &told["status"]), (Some(2), &json!("unsupported")));
    let both = waybill(&[&["import", file, "--map", "none"], &maps[..], &data].concat())?;
    assert_eq!(both.status.code(), Some(2));
    assert!(String::from_utf8(both.stderr)?.contains("or none alone"));
    Ok(())
}

#[test]
fn people_are_made_users_where_it_is_asked_for() -> anyhow::Result<()> {
    let file = fixture("freckle.csv");
    let (code, told) = imported(&file, &["--memory", "--autocreate-users", "--fallback-user", "none"])?;
    assert_eq!((code, &told["unknown_users"], &told["counts"]["created"]), (Some(0), &json!([]), &json!(3)));
    Ok(())
}

#[test]
fn a_load_run_tells_latencies_by_endpoint_and_leaves_nothing_behind() -> anyhow::Result<()> {
    let output = waybill(&["load", "--clients", "10", "--seconds", "4", "--pause", "20", "--json"])?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let told: Value = serde_json::from_slice(&output.stdout).with_context(|| said.clone())?;
    assert_eq!(output.status.code(), Some(0), "{said}{told}");
    let count = |endpoint: &str, what: &str| {
        let rows = told["endpoints"].as_array().into_iter().flatten();
        rows.filter(|row| row["endpoint"] == endpoint).filter_map(|row| row[what].as_u64()).sum::<u64>()
    };
    let uploads = ["POST /v2/imports (form)", "POST /v2/imports (multipart)", "POST /api/v1/imports"];
    let made: u64 = uploads.map(|endpoint| count(endpoint, "2xx")).iter().sum();
    assert!(made > 0, "{told}");
    assert_eq!(count("DELETE /v2/entries/:id", "2xx"), count("POST /v2/entries", "2xx"));
    assert_eq!(told["process"].as_array().map(Vec::len), Some(3));
    assert_eq!(told["faults"], json!([]));
    Ok(())
}

/// Starts a server which sends the same answer to every request, on a connection of its own.
fn answers(answer: &'static str) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let respond = move |mut stream: TcpStream| -> std::io::Result<()> {
        let (mut reader, mut length, mut line) = (BufReader::new(stream.try_clone()?), 0, String::new());
        while reader.read_line(&mut line)? > 2 {
            let header = line.to_ascii_lowercase();
            let value = header.strip_prefix("content-length:").and_then(|value| value.trim().parse().ok());
            length = value.unwrap_or(length);
            line.clear();
        }
        std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
        write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client which has closed its connection needs no answer.
            std::thread::spawn(move || respond(stream).ok());
        }
    });
    Ok(url)
}

#[test]
fn a_load_run_fails_on_a_500_and_not_on_a_service_that_asks_for_patience() -> anyhow::Result<()> {
    for (answer, code, counted) in [
        ("500 Internal Server Error", 1, "5xx"),
        ("503 Service Unavailable", 1, "5xx"),
        ("503 Service Unavailable\r\nretry-after: 1", 0, "busy"),
    ] {
        let url = answers(answer)?;
        let output = waybill(&[
            "load",
            "--url",
            &url,
            "--token",
            "demo",
            "--clients",
            "3",
            "--seconds",
            "2",
            "--pause",
            "100",
            "--json",
        ])?;
        assert_eq!(output.status.code(), Some(code), "{answer}: {}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout)?;
        let rows = told["endpoints"].as_array().into_iter().flatten();
        assert!(rows.filter_map(|row| row[counted].as_u64()).sum::<u64>() > 0, "{told}");
    }
    Ok(())
}

/// Runs a command which must succeed, and parses its output as JSON.
fn json_of(arguments: &[&str]) -> anyhow::Result<Value> {
    let output = waybill(arguments)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    anyhow::ensure!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).context(said)
}

#[test]
fn an_account_its_users_and_tokens_are_made_from_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().to_str().context("a path of text")?;
    let at = ["--data", data, "--json"];
    let made = json_of(&[&["account", "create", "--name", "North", "--email", "kim@example.com"][..], &at].concat())?;
    assert_eq!(made, json!({ "account": 3, "name": "North", "user": 1, "email": "kim@example.com" }));
    let added = json_of(&[&["user", "add", "--account", "3", "--email", "lee@example.com"][..], &at].concat())?;
    assert_eq!(added["user"], 2);
    let create = ["token", "create", "--account", "3", "--name", "Lee's laptop", "--user", "lee@example.com"];
    let token = json_of(&[&create[..], &["--days", "30"], &at].concat())?;
    assert_eq!((&token["user"], &token["scopes"]), (&json!(2), &json!(["import", "workspace"])));
    let (text, id) = (token["token"].as_str().context("a text")?, token["id"].as_str().context("an id")?);

    let file = fixture("toggl.csv");
    let import = ["import", file.to_str().context("a path")?, "--token", text, "--autocreate-users"];
    assert_eq!(json_of(&[&import[..], &at].concat())?["status"], "complete");

    let rotated = json_of(&[&["token", "rotate", id, "--account", "3"][..], &at].concat())?;
    let refused = waybill(&[&import[..], &at].concat())?;
    assert!(!refused.status.success(), "a token that was replaced is still taken");
    let listed = json_of(&[&["token", "list", "--account", "3"][..], &at].concat())?;
    let states: Vec<_> = listed.as_array().into_iter().flatten().map(|token| token["has_ended"] == true).collect();
    assert_eq!(states, [true, false]);
    assert!(listed[0]["last_used"].is_string() && !listed.to_string().contains(text), "{listed}");
    let new = rotated["id"].as_str().context("an id")?;
    assert_eq!(json_of(&[&["token", "revoke", new, "--account", "3"][..], &at].concat())?, json!({ "revoked": new }));

    for (wrong, said) in [
        (&["token", "create", "--account", "9", "--name", "x"][..], "there is no account 9"),
        (&["token", "create", "--account", "3", "--name", "x", "--user", "8"], "account 3 has no user 8"),
        (&["token", "revoke", "0123", "--account", "3"], "the account has no token 0123"),
        (&["user", "add", "--account", "3", "--email", "kim@example.com"], "email is taken"),
        (&["user", "add", "--account", "3", "--email", "kim"], "is not an e-mail address"),
    ] {
        let output = waybill(&[wrong, &at].concat())?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(said), "{wrong:?}: {error}");
    }
    Ok(())
}
