//! Tests of leases, and of messages which arrive twice, late, or while another worker holds the lease.

use std::time::Duration;

use shared::edit::users::{self, UserInput};
use shared::id::{ChunkNo, ThingId};
use shared::ledger::hold::Ended;
use shared::load::load;
use shared::plan::plan;
use shared::queue::Message;
use shared::services::Services;
use shared::sweep::{Others, sweep};

use crate::dump::differences;
use crate::faults::{Fault, Faults};
use crate::files::toggl;
use crate::invariants::{World, at_rest};
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

use super::{ACCOUNT, IMPORT, hold_at, imported, planned, queued};

#[tokio::test]
async fn a_message_whose_visibility_runs_out_while_it_is_worked_on_changes_nothing() -> anyhow::Result<()> {
    let whole = imported(&queued(6).await?, &Faults::default()).await?;
    for n in 1.. {
        let stack = planned(6).await?;
        let services = stack.system.services();
        let postman = Postman::of(&stack.system);
        for chunk in [0, 1] {
            services.queues.send(&Message::Load { account: ACCOUNT, import: IMPORT, chunk: ChunkNo(chunk) }).await?;
        }
        let letter = postman.next().expect("a message was sent");
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut first = Box::pin(postman.deliver(&letter, &slow));
        if !hold.until_held(&mut first).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        // The message becomes visible again, the lease ends, and another worker repeats the whole chunk.
        services.clock.turn(Duration::from_secs(121));
        postman.drain_all(stack.functions(), &Faults::default()).await;
        hold.let_go.send(true)?;
        first.await;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "complete", "{n}");
        assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0], "{n}");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn duplicates_under_a_live_lease_drive_no_healthy_chunk_into_the_dead_letters() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let services = stack.system.services();
    let postman = Postman::of(&stack.system);
    let message = |chunk| Message::Load { account: ACCOUNT, import: IMPORT, chunk: ChunkNo(chunk) };
    let hold = hold_at(8);
    let slow = hold.faults.connect(&stack.system)?;
    let mut working = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(0)));
    assert!(hold.until_held(&mut working).await);
    for _ in 0..12 {
        services.queues.send(&message(0)).await?;
        assert!(postman.drain(stack.functions(), &Faults::default()).await);
        services.clock.turn(Duration::from_secs(5));
    }
    hold.let_go.send(true)?;
    assert_eq!(working.await?, Ended::Done);
    services.queues.send(&message(1)).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(postman.dead(), 0);
    assert_eq!(stack.native(1).await?["status"], "complete");
    at_rest(&stack).await
}

#[tokio::test]
async fn who_has_the_state_alone_need_not_wait_for_the_leases_of_the_dead() -> anyhow::Result<()> {
    let whole = imported(&queued(9).await?, &Faults::default()).await?;
    let stack = planned(9).await?;
    let services = stack.system.services();
    let postman = Postman::of(&stack.system);
    let begun = services.clock.now_ms();
    for chunk in 0..2 {
        let hold = hold_at(4);
        let dead = hold.faults.connect(&stack.system)?;
        let mut working = Box::pin(load(&dead.loader, ACCOUNT, IMPORT, ChunkNo(chunk)));
        assert!(hold.until_held(&mut working).await);
    }
    postman.lose_everything();
    assert_eq!(sweep(&stack.functions().sweep, Others::MayWork).await?.woken, 0);
    let swept = sweep(&stack.functions().sweep, Others::Gone).await?;
    assert_eq!((swept.open, swept.woken, swept.awaiting), (1, 1, 0));
    assert!(postman.drain(stack.functions(), &Faults::default()).await && postman.is_empty());
    assert_eq!(stack.native(1).await?["status"], "complete");
    assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0]);
    // The clock stood still, so no lease ended by time.
    assert_eq!(services.clock.now_ms(), begun);
    at_rest(&stack).await
}

#[tokio::test]
async fn an_undo_is_not_held_up_by_the_leases_of_the_dead_either() -> anyhow::Result<()> {
    let stack = planned(9).await?;
    let postman = Postman::of(&stack.system);
    let hold = hold_at(4);
    let dead = hold.faults.connect(&stack.system)?;
    let mut working = Box::pin(load(&dead.loader, ACCOUNT, IMPORT, ChunkNo(1)));
    assert!(hold.until_held(&mut working).await);
    stack.delete("/v2/imports/1").await?.expect(204)?;
    drop(working);
    postman.lose_everything();
    assert_eq!(sweep(&stack.functions().sweep, Others::Gone).await?.woken, 1);
    assert!(postman.drain(stack.functions(), &Faults::default()).await && postman.is_empty());
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    at_rest(&stack).await
}

#[tokio::test]
async fn a_sweep_that_meets_a_slow_but_living_worker_does_no_harm() -> anyhow::Result<()> {
    let whole = imported(&queued(9).await?, &Faults::default()).await?;
    for n in [2, 4, 6, 8, 10] {
        let stack = planned(9).await?;
        let services = stack.system.services();
        let postman = Postman::of(&stack.system);
        assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?, Ended::Done);
        sweep::handle(&stack.functions().sweep).await?;
        services.clock.turn(Duration::from_secs(100));
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut working = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(1)));
        assert!(hold.until_held(&mut working).await);
        services.clock.turn(Duration::from_secs(60));
        assert_eq!(sweep::handle(&stack.functions().sweep).await?.woken, 1);
        assert!(postman.drain(stack.functions(), &Faults::default()).await);
        hold.let_go.send(true)?;
        assert_eq!(working.await?, Ended::Done);
        postman.drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "complete");
        assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0], "{n}");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_single_chunk_whose_loader_died_is_loaded_when_the_lease_is_over_without_a_sweep() -> anyhow::Result<()> {
    let stack = queued(2).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system)?;
    let postman = Postman::of(&stack.system);
    stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
    faults.plan(|_, operation| (operation == "BatchWriteItem").then_some(Fault::DeathAfter));
    assert!(!postman.drain(&worker, &faults).await);
    faults.none();
    // The start message returns while the dead worker's lease is still valid.
    stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
    assert!(postman.drain(&worker, &faults).await);
    stack.system.services().clock.turn(Duration::from_secs(121));
    assert!(postman.drain(&worker, &faults).await);
    assert_eq!(stack.native(1).await?["status"], "complete");
    Ok(())
}

#[tokio::test]
async fn a_message_that_comes_at_the_very_end_of_a_lease_finds_it_over() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let services = stack.system.services();
    let dead = hold_at(3);
    let worker = dead.faults.connect(&stack.system)?;
    let mut loading = Box::pin(load(&worker.loader, ACCOUNT, IMPORT, ChunkNo(0)));
    assert!(dead.until_held(&mut loading).await);
    drop(loading);
    let Ended::Held(until) = load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await? else {
        anyhow::bail!("the dead worker's lease does not stand");
    };
    services.clock.turn(services.clock.until(until));
    assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?, Ended::Done);
    Ok(())
}

/// Creates a user of account 1 by hand, with the given address.
async fn user(services: &Services, email: &str) -> anyhow::Result<ThingId> {
    let (first_name, last_name) = (Some("Kim".to_owned()), Some("Stone".to_owned()));
    let input = UserInput { email: Some(email.to_owned()), first_name, last_name, ..UserInput::default() };
    Ok(users::create(services, ACCOUNT, &input).await?.id)
}

#[tokio::test]
async fn rows_that_mean_something_else_on_the_second_try_leave_nothing_of_the_first() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let services = stack.system.services();
    let kim = user(services, "kim@example.com").await?;
    let file = toggl(6, 3, 2).replace("Demo User,demo@example.com", "Demo User,kim@example.com");
    stack.post(file.as_bytes(), &[("fallback_user", "")]).await?.expect(202)?;
    Postman::of(&stack.system).lose_everything();
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system)?;
    // The loader dies after it has written all entries, and before the commit.
    faults.plan({
        let mut batches = 0;
        move |_, operation| {
            batches += u32::from(operation == "BatchWriteItem");
            (batches == 3 && operation == "TransactWriteItems").then_some(Fault::DeathBefore)
        }
    });
    assert!(faults.outlive(load(&worker.loader, ACCOUNT, IMPORT, ChunkNo(0))).await.is_none(), "{:?}", faults.log());
    let address = UserInput { email: Some("stone@example.com".to_owned()), ..UserInput::default() };
    users::update(services, ACCOUNT, kim, &address).await?;
    services.clock.turn(LONG);
    for chunk in [0, 1] {
        assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, Ended::Done);
    }
    assert_eq!(stack.native(1).await?["counts"]["skipped"], 6);
    assert!(World::read(&stack).await?.entries.is_empty());
    at_rest(&stack).await
}
