//! Tests of imports that wait until somebody starts them.

use futures::future::join_all;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shared::import::Status;
use shared::queue::Message;

use super::{ACCOUNT, outcome, send, stored};
use crate::faults::Faults;
use crate::files::TOGGL;
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

#[tokio::test]
async fn a_held_import_waits_for_its_start_in_every_way() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let form = Form::new().part("file", Part::bytes(TOGGL.as_bytes().to_vec())).text("autostart", "false");
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    let made = stack.answer(request.multipart(form)).await?.expect(202)?;
    assert_eq!(made["status"], "new");
    send(&stack, "/imports", &json!({ "source": TOGGL, "autostart": false })).await?.expect(202)?;
    stack.upload_as(TOGGL.into(), json!({ "autostart": false })).await?;
    stack.idle().await?;
    for id in 1..=3 {
        let import = stored(&stack, id).await?;
        assert!(import.status == Status::New && import.source.is_some() && !import.awaits_file(), "{import:?}");
        let started = send(&stack, &format!("/imports/{id}/start"), &Value::Null).await?.expect(202)?;
        assert_ne!(started["status"], "new");
        stack.idle().await?;
        assert_eq!(outcome(&stack, id).await?, ("complete".to_owned(), 5));
        let late = send(&stack, &format!("/imports/{id}/start"), &json!({})).await?.expect(409)?;
        assert!(late["detail"].as_str().is_some_and(|detail| detail.contains("complete")), "{late}");
    }
    Ok(())
}

#[tokio::test]
async fn two_starts_at_once_start_once() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let postman = Postman::of(&stack.system);
    send(&stack, "/imports", &json!({ "source": TOGGL, "autostart": false })).await?.expect(202)?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(stored(&stack, 1).await?.status, Status::New);
    // The sweep leaves the import alone, however long it waits.
    for _ in 0..20 {
        stack.system.services().clock.turn(LONG);
        sweep::handle(&stack.functions().sweep).await?;
    }
    assert!(postman.is_empty());
    let starts = join_all((0..8).map(|_| send(&stack, "/imports/1/start", &Value::Null))).await;
    for start in starts {
        start?.expect(202)?;
    }
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    let queued: Vec<shared::import::HistoryLine> = stack
        .system
        .services()
        .store
        .read_all(shared::store::keys::histories(ACCOUNT, shared::id::ImportId(1)))
        .await?;
    assert_eq!(queued.iter().filter(|line| line.status == Status::Queued).count(), 1, "{queued:?}");
    Ok(())
}

#[tokio::test]
async fn a_start_whose_message_is_lost_goes_on_by_the_sweep() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let postman = Postman::of(&stack.system);
    send(&stack, "/imports", &json!({ "source": TOGGL, "autostart": false })).await?.expect(202)?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    send(&stack, "/imports/1/start", &Value::Null).await?.expect(202)?;
    postman.lose_everything();
    stack.system.services().clock.turn(LONG);
    sweep::handle(&stack.functions().sweep).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    Ok(())
}

#[tokio::test]
async fn a_start_before_the_file_is_there_is_kept() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let postman = Postman::of(&stack.system);
    let asked = json!({ "upload": true, "file_size": TOGGL.len(), "autostart": false });
    let made = send(&stack, "/imports", &asked).await?.expect(201)?;
    let reason = json!({ "reason": "the month is over" });
    assert_eq!(send(&stack, "/imports/1/start", &reason).await?.expect(202)?["status"], "new");
    // A second start changes nothing.
    send(&stack, "/imports/1/start", &json!({ "reason": "again" })).await?.expect(202)?;
    // A parser that read the import before the start does not hold the import any more.
    postman.drain_all(stack.functions(), &Faults::default()).await;
    stack.put(&made, TOGGL.into()).await?.expect(200)?;
    stack.functions().api.queues.send(&Message::Start { account: ACCOUNT, import: shared::id::ImportId(1) }).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    // The history has the person and the reason, although a parser made the change.
    let lines = super::get(&stack, "/imports/1/history").await?.expect(200)?;
    let queued = &lines["records"][1];
    assert_eq!(
        (&queued["status"], &queued["by"], &queued["reason"]),
        (&json!("queued"), &json!("user 1"), &reason["reason"])
    );
    // A cancelled import is not started.
    send(&stack, "/imports", &asked).await?.expect(201)?;
    send(&stack, "/imports/2/cancel", &Value::Null).await?.expect(202)?;
    send(&stack, "/imports/2/start", &Value::Null).await?.expect(409)?;
    Ok(())
}
