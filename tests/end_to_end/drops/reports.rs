//! Tests of reports which must not overwrite each other, and of reports which cannot be written.

use std::time::Duration;

use shared::store::Table;
use waybill::system::Functions;

use super::{drop_file, put};
use crate::faults::{Fault, Faults};
use crate::files::TOGGL;
use crate::invariants::at_rest;
use crate::logged::Logged;
use crate::outbox;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::Stack;

/// Lets the outbox refuse every report.
fn refuse(faults: &Faults) {
    faults.plan(|_, operation| (operation == "S3 PUT outbox").then_some(Fault::Refused));
}

async fn tell(stack: &Stack, worker: &Functions, key: &str) -> anyhow::Result<()> {
    put(stack, key, TOGGL.as_bytes(), &[]).await?;
    let object = stack.system.services().files.head(key).await?;
    arrive(&worker.parser, dropped(key, &object.etag, "01")).await?;
    Ok(())
}

/// Number of imports at which the sweep still looks.
async fn open(stack: &Stack) -> anyhow::Result<usize> {
    Ok(stack.dump(Table::Imports).await?.into_values().filter(|item| item.contains_key("open")).count())
}

#[tokio::test]
async fn files_of_one_name_have_a_report_each() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for key in ["inbox/1/toggl/a.csv", "inbox/1/auto/a.csv", "inbox/1/auto/a.csv"] {
        drop_file(&stack, key, TOGGL.as_bytes(), &[]).await?;
    }
    for value in ["one", "two", "two"] {
        drop_file(&stack, "inbox/1/auto/a.csv", TOGGL.as_bytes(), &[("colour", value)]).await?;
    }
    let reports = outbox::reports(&stack).await?;
    let keys: Vec<_> = reports.keys().map(String::as_str).collect();
    assert_eq!(keys[..3], [1, 2, 3].map(|id| format!("outbox/1/a.csv.{id}.report.json")));
    assert_eq!(keys.len(), 6);
    assert!(keys[3..].iter().all(|key| key.starts_with("outbox/1/a.csv.refused-")), "{keys:?}");
    assert_eq!(reports["outbox/1/a.csv.1.report.json"]["source"]["key"], "inbox/1/toggl/a.csv");
    Ok(())
}

#[tokio::test]
async fn an_outbox_that_refuses_every_report_holds_no_drop_up() -> anyhow::Result<()> {
    let stack = Stack::by_hand(2).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    let worker = faults.connect(&stack.system)?;
    refuse(&faults);
    for name in ["a", "b", "c"] {
        tell(&stack, &worker, &format!("inbox/1/toggl/{name}.csv")).await?;
    }
    let (_, log) = Logged::of(postman.drain_all(&worker, &faults)).await;
    assert!(log.iter().any(|line| line.contains("report was not written") && line.contains("import=1")), "{log:?}");
    for id in 1..=3 {
        assert_eq!(stack.native(id).await?["status"], "complete", "import {id}");
    }
    at_rest(&stack).await?;
    assert_eq!(postman.dead(), 0);
    // The sweep repeats the attempt at growing intervals, and finally gives up.
    let tries = || faults.log().iter().filter(|line| line.starts_with("S3 PUT outbox")).count();
    let before = tries();
    let (mut looks, mut log) = (0, Vec::new());
    while open(&stack).await? > 0 {
        looks += 1;
        assert!(looks < 1000, "the report is tried for ever");
        stack.system.services().clock.turn(Duration::from_secs(60));
        let (swept, said) = Logged::of(sweep::handle(&worker.sweep)).await;
        swept?;
        log.extend(said);
        postman.drain_all(&worker, &faults).await;
    }
    assert!(looks > 400, "given up after {looks} minutes");
    assert_eq!(tries() - before, 3 * 13);
    assert_eq!(log.iter().filter(|line| line.contains("given up")).count(), 3, "{log:?}");
    assert!(outbox::reports(&stack).await?.is_empty());
    // An undo is a new end of the import, and gets a report of its own.
    faults.none();
    stack.delete("/v2/imports/2").await?.expect(204)?;
    postman.drain_all(&worker, &faults).await;
    let reports = outbox::reports(&stack).await?;
    assert_eq!(
        reports.into_iter().map(|(key, report)| (key, report["status"].clone())).collect::<Vec<_>>(),
        [("outbox/1/b.csv.2.report.json".to_owned(), "rolled_back".into())]
    );
    Ok(())
}

#[tokio::test]
async fn a_report_is_written_when_the_outbox_takes_it_again() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    let worker = faults.connect(&stack.system)?;
    refuse(&faults);
    tell(&stack, &worker, "inbox/1/toggl/a.csv").await?;
    sweep::handle(&worker.sweep).await?;
    faults.none();
    // The second sweep comes too early, so it does not repeat the attempt.
    sweep::handle(&worker.sweep).await?;
    assert!(outbox::reports(&stack).await?.is_empty());
    stack.system.services().clock.turn(LONG);
    sweep::handle(&worker.sweep).await?;
    assert_eq!(outbox::reports(&stack).await?["outbox/1/a.csv.1.report.json"]["status"], "complete");
    assert_eq!(open(&stack).await?, 0);
    assert!(postman.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_drop_whose_refusal_cannot_be_told_is_told_when_its_event_comes_again() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system)?;
    refuse(&faults);
    assert!(tell(&stack, &worker, "inbox/1/timecamp/a.csv").await.is_err());
    // The next drop does not wait for a drop without a report.
    tell(&stack, &worker, "inbox/1/toggl/b.csv").await?;
    assert_eq!(stack.native(1).await?["status"], "complete");
    faults.none();
    tell(&stack, &worker, "inbox/1/timecamp/a.csv").await?;
    assert_eq!(outbox::reports(&stack).await?.len(), 1);
    Ok(())
}
