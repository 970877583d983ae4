//! Tests of the envelope, with a sample of each type in `events/out`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use shared::events::DISABLED;
use shared::import::Status;

use super::*;

/// The environment variable by which this test writes the samples instead of comparing them.
const RENEW: &str = "WAYBILL_RENEW_EVENTS";

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../events/out"))
}

/// The item of a change to a status, with the number of the change, its author, its reason and the counts of the import.
fn stored(status: Status, sequence: u64) -> Value {
    let at = 1_790_000_000_000 + sequence * 1_250;
    let (by, reason) = match status {
        Status::New | Status::Queued => ("user 1", None),
        Status::RollingBack => ("user 1", Some("the wrong month")),
        Status::RolledBack => ("revert", None),
        Status::Incomplete => ("user 1", Some("it was cancelled")),
        Status::Unsupported => ("parser", Some("the file cannot be read, or can be read in more than one way")),
        Status::Failed | Status::Complete | Status::PartiallyComplete => ("loader", None),
        Status::Processing => ("parser", None),
    };
    let rows = (!matches!(status, Status::New | Status::Queued | Status::Unsupported)).then_some(4);
    let (created, failed, removed) = match status {
        Status::Complete | Status::RollingBack => (4, 0, 0),
        Status::PartiallyComplete => (3, 1, 0),
        Status::Failed => (0, 4, 0),
        Status::Incomplete => (2, 0, 0),
        Status::RolledBack => (4, 0, 4),
        Status::New | Status::Queued | Status::Processing | Status::Unsupported => (0, 0, 0),
    };
    let number = |number: u64| json!({ "N": number.to_string() });
    let text = |text: &str| json!({ "S": text });
    let mut item = json!({
        "pk": text("A#1#I#7"),
        "sk": text(&format!("{at:015}#{status}")),
        "v": number(1),
        "type": text(status.event()),
        "id": text(&format!("1-7-{at}-{status}")),
        "account": number(1),
        "import": number(7),
        "sequence": number(sequence),
        "import_type": text("TimeEntryImport"),
        "status": text(status.name()),
        "file_name": text("March.csv"),
        "counts": { "M": { "created": number(created), "failed": number(failed), "removed": number(removed) } },
        "by": text(by),
        "created_at": number(1_790_000_001_250),
        "at": number(at),
        "expires": number(1_791_209_600),
    });
    if let Some(rows) = rows {
        item["rows"] = number(rows);
    }
    if let Some(reason) = reason {
        item["reason"] = text(reason);
    }
    item
}

/// The item of a webhook that has failed for five days.
fn stored_disabling() -> Value {
    json!({
        "pk": { "S": "A#1#W#3" },
        "sk": { "S": "001790432000000#disabled" },
        "v": { "N": "1" },
        "id": { "S": "1-webhook-3-1790432000000-disabled" },
        "account": { "N": "1" },
        "webhook": { "N": "3" },
        "host": { "S": "hooks.example.com" },
        "reason": { "S": "failing" },
        "failing_since": { "N": "1790000000000" },
        "at": { "N": "1790432000000" },
        "expires": { "N": "1791641600" },
    })
}

fn sample(item: Value) -> Value {
    let record = json!({ "eventName": "INSERT", "dynamodb": { "NewImage": item } });
    let record = serde_json::from_value(record).expect("a record of a stream");
    let events = notifier::events(vec![record], "https://abc123.execute-api.us-east-1.amazonaws.com");
    envelope(&events.expect("an event")[0])
}

#[test]
fn there_is_a_sample_of_each_type() -> anyhow::Result<()> {
    let steps = [
        (Status::New, 1),
        (Status::Queued, 2),
        (Status::Processing, 3),
        (Status::Complete, 4),
        (Status::PartiallyComplete, 4),
        (Status::Failed, 4),
        (Status::Incomplete, 4),
        (Status::Unsupported, 3),
        (Status::RollingBack, 5),
        (Status::RolledBack, 6),
    ];
    assert_eq!(steps.map(|(status, _)| status), Status::ALL);
    let mut names = Vec::new();
    let items = steps.map(|(status, sequence)| (status.event(), stored(status, sequence)));
    for (event, item) in items.into_iter().chain([(DISABLED, stored_disabling())]) {
        let name = format!("{}.json", event.to_lowercase().replace(' ', "-"));
        let (path, text) = (folder().join(&name), format!("{:#}\n", sample(item)));
        if std::env::var_os(RENEW).is_some() {
            fs::create_dir_all(folder())?;
            fs::write(&path, &text)?;
        }
        assert_eq!(fs::read_to_string(&path)?, text, "{name}; {RENEW}=1 renews the samples");
        names.push(name);
    }
    let there = fs::read_dir(folder())?.map(|file| Ok(file?.file_name().to_string_lossy().into_owned()));
    let mut there = there.collect::<anyhow::Result<Vec<_>>>()?;
    there.sort();
    names.sort();
    assert_eq!(there, names);
    Ok(())
}

#[test]
fn a_consumer_is_reached_by_http_or_https_alone() {
    for url in ["http://127.0.0.1:9000/events", "https://hooks.example.com/?key=1"] {
        assert_eq!(consumer(url).map(String::from).as_deref(), Ok(url));
    }
    for other in ["ftp://example.com", "127.0.0.1:9000", "/events", "", "file:///tmp/events"] {
        assert!(consumer(other).is_err_and(|why| why.contains("http")), "{other}");
    }
}
