//! Tests of the events that leave the service: their delivery to a consumer, their order and their shape.

pub mod consumer;

use std::collections::BTreeSet;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use shared::events::DISABLED;
use shared::import::Status;
use shared::store::Table;
use waybill::system::Options;

use crate::files::{TOGGL, toggl};
use crate::invariants::{disabled_schema, event_schema, wrong_event};
use crate::stack::Stack;
use consumer::{Consumer, Reply, has_taken, in_order};

/// Starts a system which delivers its events to the consumer.
async fn start(consumer: &Consumer, rows_per_chunk: u32) -> anyhow::Result<Stack> {
    let events = Some(waybill::events::consumer(&consumer.url).map_err(anyhow::Error::msg)?);
    Stack::with(Options { rows_per_chunk, events, ..Options::default() }).await
}

/// Posts to a path of the native door, and returns the answer's body.
async fn post(stack: &Stack, path: &str, body: &Value, status: u16) -> anyhow::Result<Value> {
    let request = stack.bare(Method::POST, &format!("/api/v1{path}")).header("Authorization", "Token demo");
    stack.answer(request.json(body)).await?.expect(status)
}

/// A file in which every row, or every second row, has a date that is none.
fn spoilt(every: usize) -> String {
    let rows = TOGGL.lines().enumerate();
    let spoil = |(row, line): (usize, &str)| match row > 0 && row % every == 0 {
        true => line.replace("2026-", "2026-99-") + "\n",
        false => line.to_owned() + "\n",
    };
    rows.map(spoil).collect()
}

#[tokio::test]
async fn every_change_of_every_import_is_delivered_in_order_in_the_documented_shape() -> anyhow::Result<()> {
    let consumer = Consumer::open(|_, _| Reply::Status(204)).await?;
    let stack = start(&consumer, 2).await?;
    let source = |text: &str| json!({ "source": text, "format": "toggl", "file_name": "March.csv" });
    for text in [TOGGL.to_owned(), spoilt(2), spoilt(1)] {
        post(&stack, "/imports", &source(&text), 202).await?;
        stack.idle().await?;
    }
    stack.revert(1).await?;
    // An upload that no format reads.
    stack.upload(b"name,colour\nrose,red\n".to_vec()).await?;
    stack.idle().await?;
    // An import is cancelled before its start, resumed and started.
    let held = json!({ "source": TOGGL, "autostart": false });
    post(&stack, "/imports", &held, 202).await?;
    for step in ["cancel", "resume", "start"] {
        // Two parsers of one import at once would have the test wait for the end of a lease.
        stack.idle().await?;
        post(&stack, &format!("/imports/5/{step}"), &json!({}), 202).await?;
    }
    stack.idle().await?;
    // An import is aborted at its first failed row.
    let aborted = json!({ "source": spoilt(2), "format": "toggl", "on_error": "abort" });
    post(&stack, "/imports", &aborted, 202).await?;
    stack.idle().await?;

    let expected = [
        (1, &["queued", "processing", "complete", "rolling_back", "rolled_back"][..]),
        (2, &["queued", "processing", "partially_complete"]),
        (3, &["queued", "processing", "failed"]),
        (4, &["new", "queued", "unsupported"]),
        (5, &["new", "incomplete", "new", "queued", "processing", "complete"]),
        (6, &["queued", "processing", "rolling_back", "failed"]),
    ];
    let is_complete =
        |deliveries: &[consumer::Delivered]| deliveries.len() >= expected.iter().map(|(_, all)| all.len()).sum();
    let deliveries = consumer.until(is_complete).await?;
    let (schema, mut types) = (event_schema()?, BTreeSet::new());
    for (import, statuses) in expected {
        let events = in_order(&deliveries, import, &[])?;
        assert_eq!(events.iter().map(|event| &event["status"]).collect::<Vec<_>>(), statuses, "import {import}");
        let shown = stack.native(import).await?;
        for event in &events {
            assert_eq!(wrong_event(&schema, event)?, [""; 0]);
            assert_eq!(event["created_at"], shown["created_at"]);
            assert!(event["actor"].as_str().is_some_and(|actor| !actor.contains('@')), "{event}");
            let url = event["url"].as_str().context("no URL")?;
            let answer = stack.answer(stack.bare(Method::GET, url).header("Authorization", "Token demo")).await?;
            assert_eq!(answer.expect(200)?["id"], import);
            types.insert(event["type"].as_str().unwrap_or_default().to_owned());
        }
        // The last event has the counts that the door shows.
        let last = &events[events.len() - 1]["counts"];
        for outcome in ["created", "updated", "unchanged", "skipped", "deleted", "failed"] {
            assert_eq!(last[outcome], shown["counts"][outcome], "{outcome} of import {import}");
        }
        assert_eq!(last["rows"], shown["rows"]);
        assert_eq!(last["undone"]["removed"], shown["undone"]["removed"]);
    }
    assert_eq!(types, Status::ALL.map(|status| status.event().to_owned()).into());
    // The consumer has everything, so nothing is left in the outbox.
    assert!(stack.dump(Table::Events).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn actor_reason_and_file_name_are_told_and_no_cell_of_the_file() -> anyhow::Result<()> {
    let consumer = Consumer::open(|_, _| Reply::Status(200)).await?;
    let stack = start(&consumer, 1000).await?;
    let bad = TOGGL.replace("2026-", "2026-SECRET-");
    let asked = json!({ "source": bad, "format": "toggl", "file_name": "March.csv", "on_error": "abort" });
    post(&stack, "/imports", &asked, 202).await?;
    stack.upload(b"SECRET,colour\nrose,red\n".to_vec()).await?;
    stack.idle().await?;
    post(&stack, "/imports/1/revert", &json!({ "reason": "the wrong month" }), 202).await?;
    let is_over = |all: &[consumer::Delivered]| has_taken(all, 1, "rolled_back") && has_taken(all, 2, "unsupported");
    let deliveries = consumer.until(is_over).await?;
    let told = |event: &Value| ["status", "actor", "reason", "file_name"].map(|name| event[name].clone());
    let [first, second] = [1, 2].map(|import| in_order(&deliveries, import, &[]));
    let (first, second) = (first?, second?);
    let file = "March.csv";
    assert_eq!(
        first.iter().map(told).collect::<Vec<_>>(),
        [
            json!(["queued", "user 1", null, file]),
            json!(["processing", "parser", null, file]),
            json!(["rolling_back", "parser", "a row failed, so everything is undone", file]),
            json!(["failed", "revert", null, file]),
            json!(["rolling_back", "user 1", "the wrong month", file]),
            json!(["rolled_back", "revert", null, file]),
        ]
        .map(|told| serde_json::from_value::<[Value; 4]>(told).expect("four members"))
    );
    let refused = "the file cannot be read, or can be read in more than one way";
    assert_eq!(
        second.last().map(told),
        Some(["unsupported".into(), "parser".into(), refused.into(), "entries.csv".into()])
    );
    for delivered in &deliveries {
        assert!(!delivered.body.contains("SECRET"), "{}", delivered.body);
    }
    Ok(())
}

#[tokio::test]
async fn an_event_that_is_not_taken_comes_again_before_the_next_of_its_import_and_holds_up_no_other()
-> anyhow::Result<()> {
    // The second event of import 1 is refused until import 2 is complete, and then twice more.
    let consumer = Consumer::open(|event, before| {
        let is_held = event["import"] == 1 && event["sequence"] == 2;
        let refusals = before.iter().filter(|delivered| !delivered.taken && has_taken(before, 2, "complete"));
        let refused = is_held && (!has_taken(before, 2, "complete") || refusals.count() < 3);
        Reply::Status(if refused { 500 } else { 200 })
    })
    .await?;
    let stack = start(&consumer, 2).await?;
    let first = stack.import(TOGGL.as_bytes(), &[]).await?;
    consumer.until(|deliveries| deliveries.iter().any(|delivered| !delivered.taken)).await?;
    let second = stack.import(toggl(5, 1, 1).as_bytes(), &[]).await?;
    let deliveries = consumer.until(|all| has_taken(all, first, "complete")).await?;
    for import in [first, second] {
        let statuses: Vec<_> =
            in_order(&deliveries, import, &[])?.iter().map(|event| event["status"].clone()).collect();
        assert_eq!(statuses, ["queued", "processing", "complete"], "import {import}");
    }
    let refused = deliveries.iter().filter(|delivered| !delivered.taken);
    assert!(refused.clone().count() >= 3, "{refused:?}");
    for delivered in refused {
        let event = delivered.event();
        assert_eq!((&event["import"], &event["sequence"]), (&json!(first), &json!(2)));
    }
    let taken: Vec<_> =
        deliveries.iter().filter(|delivered| delivered.taken).map(|delivered| delivered.event()).collect();
    assert_eq!(taken.len(), 6, "each event is taken once: {taken:#?}");
    Ok(())
}

#[tokio::test]
async fn the_samples_of_each_type_fit_the_schema_and_the_envelope_of_the_event_bus() -> anyhow::Result<()> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/out");
    let (schema, disabled) = (event_schema()?, disabled_schema()?);
    for file in std::fs::read_dir(folder)? {
        let path = file?.path();
        let sample: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        let event = &sample["detail"];
        let schema = if event["type"] == DISABLED { &disabled } else { &schema };
        assert_eq!(wrong_event(schema, event)?, [""; 0], "{}", path.display());
        assert_eq!((&sample["detail-type"], &sample["source"]), (&event["type"], &json!("waybill")));
        let bus: aws_lambda_events::eventbridge::EventBridgeEvent = serde_json::from_value(sample.clone())?;
        assert_eq!(bus.detail_type, event["type"]);
    }
    Ok(())
}
