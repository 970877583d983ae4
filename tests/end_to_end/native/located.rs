//! Tests of imports with an address that are held, stopped and resumed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use shared::import::Status;
use waybill::system::Options;

use super::location::{URL, with};
use super::site::{Reply, Site};
use super::{outcome, post, send, stored};
use crate::faults::Faults;
use crate::files::TOGGL;
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

#[tokio::test]
async fn a_resumed_import_fetches_its_file_again() -> anyhow::Result<()> {
    let is_there = Arc::new(AtomicBool::new(false));
    let published = Arc::clone(&is_there);
    let site = Site::open(move |_, _| match is_there.load(Ordering::Relaxed) {
        true => Reply::file(TOGGL),
        false => Reply::status(404),
    })
    .await?;
    let stack = Stack::with(Options { fetcher: site.fetcher(), ..Options::default() }).await?;
    send(&stack, "/imports", &json!({ "location": URL })).await?.expect(202)?;
    stack.idle().await?;
    assert_eq!(stack.native(1).await?["status"], "incomplete");
    published.store(true, Ordering::Relaxed);
    send(&stack, "/imports/1/resume", &json!({ "reason": "published now" })).await?.expect(202)?;
    stack.idle().await?;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    assert_eq!((stored(&stack, 1).await?.fetches, site.heads().len()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn a_held_import_fetches_its_file_and_waits() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::file(TOGGL)).await?;
    let stack = Stack::by_hand(1000).await?;
    let (postman, functions) = (Postman::of(&stack.system), with(stack.functions(), &site));
    send(&stack, "/imports", &json!({ "location": URL, "autostart": false })).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    let import = stored(&stack, 1).await?;
    assert!(import.status == Status::New && import.source.is_some(), "{import:?}");
    send(&stack, "/imports/1/start", &Value::Null).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    assert_eq!(site.dialled().len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_held_import_that_is_resumed_after_hours_is_not_given_up_as_an_upload() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::file(TOGGL)).await?;
    let stack = Stack::by_hand(1000).await?;
    let (postman, functions) = (Postman::of(&stack.system), with(stack.functions(), &site));
    send(&stack, "/imports", &json!({ "location": URL, "autostart": false })).await?.expect(202)?;
    post(&stack, "/imports/1/cancel", 202).await?;
    postman.lose_everything();
    stack.system.services().clock.turn(Duration::from_secs(3 * 3600));
    assert_eq!(post(&stack, "/imports/1/resume", 202).await?["status"], "new");
    // The message is lost, so the sweep wakes the import.
    postman.lose_everything();
    stack.system.services().clock.turn(LONG);
    sweep::handle(&stack.functions().sweep).await?;
    postman.drain_all(&functions, &Faults::default()).await;
    let import = stored(&stack, 1).await?;
    assert!(import.status == Status::New && import.source.is_some(), "{import:?}");
    post(&stack, "/imports/1/start", 202).await?;
    postman.drain_all(&functions, &Faults::default()).await;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    Ok(())
}
