//! Tests of items and messages of other versions: a deployment replaces the functions one after another.

use shared::id::ChunkNo;
use shared::import::{Import, Status};
use shared::queue::Message;
use shared::store::{Key, Write, keys};

use super::{ACCOUNT, IMPORT, imported, planned, undo};
use crate::faults::Faults;
use crate::files::toggl;
use crate::invariants::at_rest;
use crate::postman::{Postman, hand_over};
use crate::stack::Stack;

async fn set_version(stack: &Stack, key: Key, version: u64) -> anyhow::Result<()> {
    let write = Write::update(key, "SET #v = :v").bind(":v", version);
    stack.system.services().store.write(write).await?;
    Ok(())
}

#[tokio::test]
async fn a_newer_import_or_chunk_is_left_to_a_newer_function_and_no_message_dies_of_it() -> anyhow::Result<()> {
    for key in [keys::import(ACCOUNT, IMPORT), keys::chunk(ACCOUNT, IMPORT, ChunkNo(0))] {
        let stack = planned(6).await?;
        let (postman, services) = (Postman::of(&stack.system), stack.system.services());
        set_version(&stack, key.clone(), 2).await?;
        services.queues.send(&Message::Load { account: ACCOUNT, import: IMPORT, chunk: ChunkNo(0) }).await?;
        assert!(postman.drain(stack.functions(), &Faults::default()).await, "{key:?}: a message failed");
        assert_eq!(postman.dead(), 0);
        set_version(&stack, key, 1).await?;
        assert_eq!(Import::find(services, ACCOUNT, IMPORT).await?.status, Status::Processing);
        services.queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "complete");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_newer_message_is_left_and_an_unknown_one_fails() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let postman = Postman::of(&stack.system);
    stack.system.services().queues.send(&Message::Load { account: ACCOUNT, import: IMPORT, chunk: ChunkNo(0) }).await?;
    let mut letter = postman.next().expect("the message");
    for (body, succeeds) in [(r#"{"v":2,"load_all":[1,2]}"#, true), (r#"{"v":0}"#, false), ("hello", false)] {
        letter.message.body = body.to_owned();
        assert_eq!(hand_over(&letter, stack.functions()).await, succeeds, "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn an_import_of_the_version_before_is_shown_settled_and_undone() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let before = stack.workspace().await?;
    stack.post(toggl(6, 3, 2).as_bytes(), &[]).await?.expect(202)?;
    Postman::of(&stack.system).lose_everything();
    imported(&stack, &Faults::default()).await?;
    let import = keys::import(ACCOUNT, IMPORT);
    let services = stack.system.services();
    services.store.write(Write::update(import, "REMOVE #sealed, #dropped, #lane")).await?;
    let shown = stack.native(1).await?;
    assert_eq!((&shown["status"], &shown["counts"]["created"]), (&"complete".into(), &6.into()));
    assert!(Import::find(services, ACCOUNT, IMPORT).await?.is_folded());
    undo(&stack).await?;
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}
