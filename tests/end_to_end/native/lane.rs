//! Tests of dropped files which are stopped and resumed: their places in the line of the account's drops.

use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::import::resume;
use shared::load::load;
use shared::plan::plan;

use super::{ACCOUNT, post, stored};
use crate::faults::Faults;
use crate::files::toggl;
use crate::invariants::{World, at_rest};
use crate::outbox;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::Stack;
use crate::traps::hold_at;

const IMPORT: ImportId = ImportId(1);

/// The places in line, the first place first.
async fn line(stack: &Stack) -> anyhow::Result<Vec<u64>> {
    Ok(World::read(stack).await?.turns.iter().map(|turn| turn.1.0).collect())
}

/// Puts a file into the inbox, and passes S3's message to the parser.
async fn drop_file(stack: &Stack, name: &str, file: &str) -> anyhow::Result<()> {
    let key = format!("inbox/1/toggl/{name}.csv");
    let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket()).key(&key);
    put.body(file.as_bytes().to_vec().into()).send().await?;
    arrive(&stack.functions().parser, dropped(&key, "", name)).await
}

/// The imports which the visible messages of the work queue start.
fn called(postman: &Postman) -> Vec<Value> {
    let bodies = std::iter::from_fn(|| {
        let letter = postman.take("WorkQueue")?;
        postman.delete(&letter);
        serde_json::from_str::<Value>(&letter.message.body).ok()
    });
    bodies.map(|body| body["start"]["import"].clone()).collect()
}

#[tokio::test]
async fn a_cancelled_drop_leaves_the_line_and_calls_the_next_only_if_it_was_the_first() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let postman = Postman::of(&stack.system);
    for name in ["a", "b", "c", "d"] {
        drop_file(&stack, name, &toggl(6, 2, 2)).await?;
    }
    called(&postman);
    // The second waits in line, and the first is being loaded.
    post(&stack, "/imports/2/cancel", 202).await?;
    assert_eq!((line(&stack).await?, called(&postman)), (vec![1, 3, 4], vec![]));
    // The first has no loader at work, so it leaves at once.
    post(&stack, "/imports/1/cancel", 202).await?;
    assert_eq!((line(&stack).await?, called(&postman)), (vec![3, 4], vec![json!(3)]));
    // The first comes back at the end of the line, with a number of its own.
    post(&stack, "/imports/1/resume", 202).await?;
    assert_eq!((line(&stack).await?, called(&postman)), (vec![3, 4, 5], vec![json!(3)]));
    drop_file(&stack, "e", &toggl(6, 2, 2)).await?;
    assert_eq!(line(&stack).await?, [3, 4, 5, 6]);
    postman.lose_everything();
    for _ in 0..4 {
        stack.system.services().clock.turn(LONG);
        sweep::handle(&stack.functions().sweep).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
    }
    assert_eq!(line(&stack).await?, [0; 0]);
    let reports = outbox::reports(&stack).await?;
    let mut told: Vec<_> = reports.values().map(|report| (report["id"].clone(), report["status"].clone())).collect();
    told.sort_by_key(|(id, _)| id.as_u64());
    let expected = [(1, "complete"), (2, "incomplete"), (3, "complete"), (4, "complete"), (6, "complete")];
    assert_eq!(told, expected.map(|(id, status)| (json!(id), json!(status))));
    at_rest(&stack).await
}

#[tokio::test]
async fn a_drop_whose_loader_is_at_work_leaves_the_line_when_the_loader_has_ended() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let postman = Postman::of(&stack.system);
    for name in ["a", "b"] {
        drop_file(&stack, name, &toggl(6, 2, 2)).await?;
    }
    postman.lose_everything();
    let hold = hold_at(4);
    let slow = hold.faults.connect(&stack.system)?;
    let mut loading = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(0)));
    assert!(hold.until_held(&mut loading).await);
    post(&stack, "/imports/1/cancel", 202).await?;
    assert!(called(&postman).is_empty());
    // An import which has not left the line keeps its place.
    post(&stack, "/imports/1/resume", 202).await?;
    assert_eq!((stored(&stack, 1).await?.place, called(&postman)), (None, vec![json!(1)]));
    post(&stack, "/imports/1/cancel", 202).await?;
    hold.let_go.send(true)?;
    loading.await?;
    assert_eq!(called(&postman), [json!(2)]);
    // The rows which that loader brought are there already for the next drop.
    plan(&stack.functions().parser, ACCOUNT, ImportId(2)).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let second = stack.native(2).await?;
    assert_eq!((&second["counts"]["created"], &second["duplicates"]), (&json!(3), &json!(3)));
    at_rest(&stack).await
}

#[tokio::test]
async fn a_resumed_drop_leaves_out_what_others_brought_meanwhile() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let postman = Postman::of(&stack.system);
    // Two equal rows in the first chunk, and the same row twice in the second.
    let rows: Vec<_> = toggl(6, 2, 2).lines().map(str::to_owned).collect();
    let twice = [0, 1, 1, 2, 1, 1, 3].map(|row| rows[row].clone()).join("\n");
    for name in ["a", "b"] {
        drop_file(&stack, name, &twice).await?;
    }
    postman.lose_everything();
    load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?;
    post(&stack, "/imports/1/cancel", 202).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(2)).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let second = stack.native(2).await?;
    assert_eq!((&second["counts"]["created"], &second["duplicates"]), (&json!(3), &json!(3)), "{second}");
    post(&stack, "/imports/1/resume", 202).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let first = stack.native(1).await?;
    assert_eq!(first["status"], "complete");
    assert_eq!((&first["counts"]["created"], &first["duplicates"]), (&json!(3), &json!(3)), "{first}");
    at_rest(&stack).await
}

#[tokio::test]
async fn a_resume_during_which_the_last_loader_ends_takes_a_new_place() -> anyhow::Result<()> {
    for n in 1.. {
        let stack = Stack::by_hand(3).await?;
        let postman = Postman::of(&stack.system);
        for name in ["a", "b"] {
            drop_file(&stack, name, &toggl(6, 2, 2)).await?;
        }
        postman.lose_everything();
        let (loader, resumer) = (hold_at(4), hold_at(n));
        let (slow, slower) = (loader.faults.connect(&stack.system)?, resumer.faults.connect(&stack.system)?);
        let mut loading = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(0)));
        assert!(loader.until_held(&mut loading).await);
        post(&stack, "/imports/1/cancel", 202).await?;
        // The resume reads an import whose loader is at work, and waits before its n-th request.
        let (import, asker) = (stored(&stack, 1).await?, "user 1".into());
        let mut resuming = Box::pin(resume(&slower.api, &import, &asker));
        if !resumer.until_held(&mut resuming).await {
            assert!(n > 2, "{n}");
            return Ok(());
        }
        loader.let_go.send(true)?;
        loading.await?;
        resumer.let_go.send(true)?;
        resuming.await?;
        // The import stands behind the second drop, or kept its place because the resume came before the loader's end.
        let is_first = stored(&stack, 1).await?.place.is_none();
        assert_eq!(line(&stack).await?, if is_first { [1, 2] } else { [2, 3] }, "held at {n}");
        for _ in 0..4 {
            stack.system.services().clock.turn(LONG);
            sweep::handle(&stack.functions().sweep).await?;
            postman.drain_all(stack.functions(), &Faults::default()).await;
        }
        assert_eq!(line(&stack).await?, [0; 0], "held at {n}");
        for id in 1..=2 {
            assert_eq!(stack.native(id).await?["status"], "complete", "held at {n}");
        }
        at_rest(&stack).await?;
    }
    Ok(())
}
