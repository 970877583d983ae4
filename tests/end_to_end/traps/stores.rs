//! Tests of errors and missing answers from the stores, and of late events.

use std::time::Duration;

use serde_json::json;
use shared::id::{ChunkNo, ImportId};
use shared::import::Import;
use shared::ledger::hold::Ended;
use shared::load::load;
use shared::plan::plan;
use shared::queue::Message;
use shared::revert;

use crate::dump::differences;
use crate::faults::{Fault, Faults};
use crate::files::toggl;
use crate::invariants::at_rest;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::Stack;

use super::{ACCOUNT, IMPORT, imported, planned, queued, undo};

#[tokio::test]
async fn what_a_batch_left_undone_is_not_taken_for_done() -> anyhow::Result<()> {
    let whole = imported(&queued(30).await?, &Faults::default()).await?;
    let faults = Faults::default();
    faults.plan(|_, operation| operation.contains("Batch").then_some(Fault::Partly));
    let stack = queued(30).await?;
    let parts = imported(&stack, &faults).await?;
    assert!(faults.log().iter().filter(|line| line.ends_with("Partly")).count() > 10);
    assert_eq!(differences(&whole, &parts), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn throttling_and_conflicts_are_waited_out() -> anyhow::Result<()> {
    let whole = imported(&queued(9).await?, &Faults::default()).await?;
    for fault in [Fault::Throttled, Fault::Conflict, Fault::Lost, Fault::Unanswered] {
        let stack = queued(9).await?;
        let faults = Faults::default();
        // Every third request fails, and the same call retries the request successfully.
        faults.plan(move |n, _| (n % 3 == 0).then_some(fault));
        let worker = faults.connect(&stack.system)?;
        let postman = Postman::of(&stack.system);
        stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
        let mut failed = 0;
        while let Some(letter) = postman.next() {
            failed += u32::from(!postman.deliver(&letter, &worker).await);
        }
        assert_eq!((failed, &stack.native(1).await?["status"]), (0, &json!("complete")), "{fault:?}");
        assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0], "{fault:?}");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_spellings_and_repetitions_of_a_name_are_one_key_of_a_batch() -> anyhow::Result<()> {
    // DynamoDB refuses a batch which names the same key twice, and the embedded DynamoDB does so too.
    let stack = Stack::by_hand(1000).await?;
    let header = toggl(0, 1, 1);
    let row = "Demo User,demo@example.com,Client,Project,,E,Yes,2026-01-01,09:00:00,2026-01-01,09:01:00,00:01:00,";
    let spelled = row.replace("Client,Project", "CLIENT, project ").replace("demo@", "Demo@");
    let file = format!("{header}{row}\"a, A,  a\"\n{spelled}\"A, b, a, B\"\n");
    stack.post(file.as_bytes(), &[]).await?.expect(202)?;
    let faults = Faults::default();
    imported(&stack, &faults).await?;
    assert_eq!(stack.native(1).await?["tags"], 2);
    Ok(())
}

#[tokio::test]
async fn the_last_commits_answer_is_lost_and_the_import_settles_all_the_same() -> anyhow::Result<()> {
    let whole = imported(&queued(6).await?, &Faults::default()).await?;
    let stack = planned(6).await?;
    let services = stack.system.services();
    assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?, Ended::Done);
    let faults = Faults::default();
    // Once the chunk's entries are written, every transaction takes effect without an answer, and so
    // do the SDK's retries.
    let worker = faults.connect(&stack.system)?;
    let postman = Postman::of(&stack.system);
    services.queues.send(&Message::Load { account: ACCOUNT, import: IMPORT, chunk: ChunkNo(1) }).await?;
    let mut puts = 0;
    faults.plan(move |_, operation| {
        puts += u32::from(operation == "BatchWriteItem");
        (puts >= 1 && operation == "TransactWriteItems").then_some(Fault::Unanswered)
    });
    let letter = postman.next().expect("a message was sent");
    assert!(!postman.deliver(&letter, &worker).await);
    assert_eq!(stack.native(1).await?["counts"]["pending"], 0);
    assert_eq!(stack.native(1).await?["status"], "processing");
    services.clock.turn(LONG);
    postman.drain_all(stack.functions(), &faults).await;
    assert_eq!(stack.native(1).await?["status"], "complete");
    assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0]);
    at_rest(&stack).await
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_known_again_and_not_waited_for() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system)?;
    for chunk in [0, 1] {
        faults.at(1, 1, Fault::Unanswered);
        assert_eq!(load(&worker.loader, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, Ended::Done);
    }
    let import = Import::find(&worker.api, ACCOUNT, IMPORT).await?;
    revert::ask(&worker.api, &import, "user 1").await?;
    for chunk in [0, 1] {
        // The first request reads the import, and the second request is the fence.
        faults.at(2, 1, Fault::Unanswered);
        assert_eq!(revert::revert(&worker.revert, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, Ended::Done);
    }
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    Ok(())
}

#[tokio::test]
async fn an_object_replaced_midway_stops_the_import_and_what_was_loaded_is_counted() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let before = stack.workspace().await?;
    stack.post(toggl(9, 3, 2).as_bytes(), &[]).await?.expect(202)?;
    let services = stack.system.services();
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(1)).await?, Ended::Done);
    let source = Import::find(services, ACCOUNT, IMPORT).await?.source.expect("its file");
    services.files.put(&source.key, toggl(9, 2, 3).into_bytes().into()).await?;
    Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
    let import = stack.native(1).await?;
    assert_eq!(import["status"], "incomplete");
    assert_eq!(import["reasons"], json!(["the file was replaced while it was imported"]));
    assert_eq!((&import["counts"]["created"], &import["counts"]["pending"]), (&json!(3), &json!(6)));
    at_rest(&stack).await?;
    undo(&stack).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_s3_event_that_is_late_by_a_day_finds_its_work_done() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let services = stack.system.services();
    let before = stack.workspace().await?;
    let id = stack.upload(toggl(9, 3, 2).into_bytes()).await?;
    let key = Import::find(services, ACCOUNT, ImportId(id)).await?.awaits.expect("a key");
    services.clock.turn(LONG);
    sweep::handle(&stack.functions().sweep).await?;
    let postman = Postman::of(&stack.system);
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(stack.native(id).await?["status"], "complete");
    let done = stack.workspace().await?;
    for expected in [&done, &before] {
        services.clock.turn(Duration::from_secs(24 * 3600));
        arrive(&stack.functions().parser, dropped(&key, "", "1")).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(differences(&stack.workspace().await?, expected), [""; 0]);
        if *expected == done {
            undo(&stack).await?;
        }
    }
    Ok(())
}
