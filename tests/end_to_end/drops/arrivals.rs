//! Tests of the queue in which S3's notifications about drops arrive.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use futures::future::try_join_all;
use serde_json::json;
use waybill::emulators::sqs::Depth;

use super::{put, toggl};
use crate::faults::{Fault, Faults};
use crate::files::TOGGL;
use crate::invariants::at_rest;
use crate::outbox;
use crate::postman::{Postman, dropped};
use crate::stack::Stack;

const QUEUE: &str = "ArrivalQueue";
const DEAD: &str = "ArrivalDeadLetters";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_files_dropped_at_once_are_imported_one_after_another() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    let before = stack.workspace().await?;
    // Each file repeats two days of the previous file, and contains the same row twice.
    let file = |n: u32| toggl([(n + 1, "Sketch"), (n + 2, "Sketch"), (n + 3, "Sketch"), (n + 3, "Sketch")]);
    let drops = (0..20).map(|n| {
        let (stack, file) = (&stack, file(n));
        async move { put(stack, &format!("inbox/1/toggl/{n}.csv"), &file, &[]).await }
    });
    try_join_all(drops).await?;
    rest(&stack).await?;
    let reports = outbox::reports(&stack).await?;
    assert_eq!(reports.len(), 20);
    let counted = |outcome: &str| -> u64 {
        reports.values().map(|report| report["counts"][outcome].as_u64().unwrap_or_default()).sum()
    };
    assert!(reports.values().all(|report| report["status"] == "complete" && report["rows"] == 4), "{reports:#?}");
    // Days 3 to 22 have two entries each, and days 1 and 2 have a single entry each, whatever the
    // order of the files.
    assert_eq!((counted("created"), counted("skipped")), (2 + 2 * 20, 80 - 42));
    at_rest(&stack).await?;
    for (name, queue) in dead_letters(&stack)? {
        assert_eq!(queue, Depth::default(), "{name}");
    }
    for id in 1..=20 {
        stack.undo(id).await?;
    }
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

/// Waits until no work is left. A drop which is called while its own arrival is handled is planned twice. The
/// second message of a chunk then waits for the end of a lease, so the clock is turned.
async fn rest(stack: &Stack) -> anyhow::Result<()> {
    for _ in 0..4 {
        if tokio::time::timeout(Duration::from_secs(25), stack.system.idle()).await.is_ok() {
            return Ok(());
        }
        stack.system.services().clock.turn(Duration::from_secs(121));
    }
    stack.idle().await
}

fn dead_letters(stack: &Stack) -> anyhow::Result<Vec<(String, Depth)>> {
    let queues = stack.system.queues();
    let names = queues.names("").into_iter().filter(|name| name.ends_with("DeadLetters"));
    names.map(|name| Ok((name.clone(), queues.depth(&name)?))).collect()
}

/// The body of the first message in an event.
fn body(event: SqsEvent) -> String {
    event.records.into_iter().find_map(|record| record.body).unwrap_or_default()
}

#[tokio::test]
async fn an_arrival_that_fails_comes_again_soon_and_one_that_died_can_be_sent_back() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    let (queues, clock) = (stack.system.queues(), &stack.system.services().clock);
    let worker = faults.connect(&stack.system)?;
    // The drop becomes no import, and its report cannot be written either.
    faults.plan(|_, operation| (operation == "S3 PUT outbox").then_some(Fault::Refused));
    put(&stack, "inbox/1/timecamp/a.csv", TOGGL.as_bytes(), &[]).await?;
    queues.send(QUEUE, &body(dropped("inbox/1/timecamp/a.csv", "", "01")), None)?;
    for wait in [30, 60, 120, 240, 480, 900, 900, 900, 900, 900] {
        assert!(!postman.deliver(&postman.next().expect("it is visible"), &worker).await);
        clock.turn(Duration::from_secs(wait - 1));
        assert!(postman.next().is_none(), "it came before {wait} s");
        clock.turn(Duration::from_secs(1));
    }
    // The queue moves a message to the dead letters instead of an eleventh receive.
    assert!(postman.next().is_none() && postman.is_empty());
    let [died] = <[_; 1]>::try_from(queues.take(DEAD, 10, None)?).map_err(|dead| anyhow::anyhow!("{dead:?}"))?;
    assert!(outbox::reports(&stack).await?.is_empty());
    faults.none();
    queues.send(QUEUE, &died.body, None)?;
    postman.drain_all(&worker, &faults).await;
    let reports = outbox::reports(&stack).await?;
    assert_eq!(reports.values().map(|report| &report["status"]).collect::<Vec<_>>(), [&json!("unsupported")]);
    Ok(())
}

#[tokio::test]
async fn the_test_message_of_s3_is_done_with_and_another_one_fails() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let postman = Postman::of(&stack.system);
    let queues = stack.system.queues();
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "waybill-local" });
    for (body, done) in [(test, true), (json!({ "Event": "s3:ObjectRemoved:Delete" }), false)] {
        queues.send(QUEUE, &body.to_string(), None)?;
        let letter = postman.next().expect("it is visible");
        assert_eq!(postman.deliver(&letter, stack.functions()).await, done, "{body}");
    }
    Ok(())
}
