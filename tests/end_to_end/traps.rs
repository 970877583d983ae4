//! Traps that others fell into, and those of our own making: each a test of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_lambda_events::s3::S3Event;
use parser::Trigger;
use reqwest::Method;
use serde_json::json;
use shared::entity::by_hand::entries::{self, EntryInput, ProjectInput};
use shared::entity::by_hand::things::{self, ThingInput, UserInput};
use shared::id::{AccountId, ChunkNo, EntryId, ImportId, Row, ThingId};
use shared::import::{Import, Status};
use shared::load::{Loaded, load};
use shared::plan::plan;
use shared::queue::Message;
use shared::revert;
use shared::services::Services;
use shared::store::keys::Kind;
use tokio::sync::watch;

use crate::faults::{Fault, Faults, Gate};
use crate::files::{one, toggl};
use crate::invariants::{World, at_rest};
use crate::postman::{LONG, Postman};
use crate::stack::{Dump, Stack, differences};

const ACCOUNT: AccountId = AccountId(1);
const IMPORT: ImportId = ImportId(1);
const USER: ThingId = ThingId(1);

/// A request that is made to wait.
struct Hold {
    faults: Faults,
    let_go: watch::Sender<bool>,
    held: Arc<AtomicU64>,
}

/// A worker whose n-th request waits until it is let go.
fn hold_at(n: u64) -> Hold {
    let (let_go, gone) = watch::channel(false);
    let (count, held) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let waiting = Arc::clone(&held);
    let gate: Gate = Arc::new(move |_: &str| {
        let mut gone = gone.clone();
        let waits = count.fetch_add(1, Ordering::Relaxed) + 1 == n;
        let waiting = Arc::clone(&waiting);
        Box::pin(async move {
            if waits {
                waiting.store(1, Ordering::Relaxed);
                let _ = gone.wait_for(|gone| *gone).await;
            }
            Box::new(()) as Box<dyn Send>
        })
    });
    Hold { faults: Faults::behind(gate), let_go, held }
}

impl Hold {
    /// Runs `work` until its request waits; false, if it ends before.
    async fn until_held<T>(&self, work: &mut (impl Future<Output = T> + Unpin)) -> bool {
        loop {
            tokio::select! {
                biased;
                _ = &mut *work => return false,
                () = tokio::task::yield_now() => {}
            }
            if self.held.load(Ordering::Relaxed) == 1 {
                return true;
            }
        }
    }
}

/// A stack whose first import of so many rows (three a chunk, over three projects and two tags) is queued.
async fn queued(rows: u64) -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(3).await?;
    stack.post(toggl(rows, 3, 2).as_bytes(), &[]).await?.expect(202)?;
    Postman::of(&stack.system).lose_everything();
    Ok(stack)
}

/// Likewise, and planned; its messages are lost.
async fn planned(rows: u64) -> anyhow::Result<Stack> {
    let stack = queued(rows).await?;
    plan(stack.system.services(), ACCOUNT, IMPORT).await?;
    Postman::of(&stack.system).lose_everything();
    Ok(stack)
}

/// Plans and loads by a worker with these faults; the workspace that it leaves.
async fn imported(stack: &Stack, faults: &Faults) -> anyhow::Result<Dump> {
    let worker = faults.connect(&stack.system);
    let postman = Postman::of(&stack.system);
    stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
    postman.drain_all(&worker, faults).await;
    assert_eq!(stack.native(1).await?["status"], "complete");
    at_rest(stack).await?;
    stack.workspace().await
}

async fn undo(stack: &Stack) -> anyhow::Result<()> {
    let services = stack.system.services();
    let import = Import::find(services, ACCOUNT, IMPORT).await?;
    revert::ask(services, &import, "user 1").await?;
    Postman::of(&stack.system).drain_all(services, &Faults::default()).await;
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    Ok(())
}

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
        // Every third request: whatever it is, it is tried again within the call.
        faults.plan(move |n, _| (n % 3 == 0).then_some(fault));
        let worker = faults.connect(&stack.system);
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
    // DynamoDB refuses a batch that names a key twice; so does the embedded one.
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
async fn a_project_gets_its_old_name_back() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let before = stack.workspace().await?;
    let made = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Garden" })).await?.expect(201)?;
    let path = format!("/v2/projects/{}", made["id"]);
    for name in ["Orchard", "Garden", "Meadow", "Orchard", "Garden"] {
        let renamed = stack.send(Method::PUT, &path, &json!({ "name": name })).await?.expect(200)?;
        assert_eq!(renamed["name"], name);
        at_rest(&stack).await?;
    }
    let taken = stack.send(Method::POST, "/v2/projects", &json!({ "name": "garden" })).await?.expect(422)?;
    assert_eq!(taken["errors"][0]["code"], "already_exists");
    stack.delete(&path).await?.expect(204)?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

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
        let slow = hold.faults.connect(&stack.system);
        let mut first = Box::pin(postman.deliver(&letter, &slow));
        if !hold.until_held(&mut first).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        // The message is seen again, the lease is over, and another worker does it all.
        services.clock.turn(Duration::from_secs(121));
        postman.drain_all(services, &Faults::default()).await;
        hold.let_go.send(true)?;
        first.await;
        postman.drain_all(services, &Faults::default()).await;
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
    let slow = hold.faults.connect(&stack.system);
    let mut working = Box::pin(load(&slow, ACCOUNT, IMPORT, ChunkNo(0)));
    assert!(hold.until_held(&mut working).await);
    for _ in 0..12 {
        services.queues.send(&message(0)).await?;
        assert!(postman.drain(services, &Faults::default()).await);
        services.clock.turn(Duration::from_secs(5));
    }
    hold.let_go.send(true)?;
    assert_eq!(working.await?, Loaded::Done);
    services.queues.send(&message(1)).await?;
    postman.drain_all(services, &Faults::default()).await;
    assert_eq!(postman.dead(), 0);
    assert_eq!(stack.native(1).await?["status"], "complete");
    at_rest(&stack).await
}

#[tokio::test]
async fn an_object_replaced_midway_stops_the_import_and_what_was_loaded_is_counted() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let before = stack.workspace().await?;
    stack.post(toggl(9, 3, 2).as_bytes(), &[]).await?.expect(202)?;
    let services = stack.system.services();
    plan(services, ACCOUNT, IMPORT).await?;
    assert_eq!(load(services, ACCOUNT, IMPORT, ChunkNo(1)).await?, Loaded::Done);
    let source = Import::find(services, ACCOUNT, IMPORT).await?.source.expect("its file");
    services.files.put(&source.key, toggl(9, 2, 3).into_bytes().into()).await?;
    Postman::of(&stack.system).drain_all(services, &Faults::default()).await;
    let import = stack.native(1).await?;
    assert_eq!(import["status"], "incomplete");
    assert_eq!(import["reasons"], json!(["the file was replaced while it was imported"]));
    assert_eq!((&import["counts"]["created"], &import["counts"]["pending"]), (&json!(3), &json!(6)));
    at_rest(&stack).await?;
    undo(&stack).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

fn object_created(key: &str) -> anyhow::Result<Trigger> {
    let event = json!({ "Records": [{ "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "eventTime": "2026-01-01T00:00:00.000Z", "awsRegion": "us-east-1", "userIdentity": {}, "requestParameters": {},
        "responseElements": {}, "s3": { "bucket": {}, "object": { "key": key } } }] });
    Ok(Trigger::Objects(serde_json::from_value::<S3Event>(event)?))
}

#[tokio::test]
async fn an_s3_event_that_is_late_by_a_day_finds_its_work_done() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let services = stack.system.services();
    let before = stack.workspace().await?;
    let id = stack.upload(toggl(9, 3, 2).into_bytes()).await?;
    let key = Import::find(services, ACCOUNT, ImportId(id)).await?.awaits.expect("a key");
    services.clock.turn(LONG);
    sweep::handle(services).await?;
    let postman = Postman::of(&stack.system);
    postman.drain_all(services, &Faults::default()).await;
    assert_eq!(stack.native(id).await?["status"], "complete");
    let done = stack.workspace().await?;
    for expected in [&done, &before] {
        services.clock.turn(Duration::from_secs(24 * 3600));
        parser::handle(services, object_created(&key)?).await?;
        postman.drain_all(services, &Faults::default()).await;
        assert_eq!(differences(&stack.workspace().await?, expected), [""; 0]);
        if *expected == done {
            undo(&stack).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_undo_asked_while_a_loader_runs_leaves_nothing_wherever_the_loader_is() -> anyhow::Result<()> {
    for n in 1.. {
        let stack = Stack::by_hand(3).await?;
        let before = stack.workspace().await?;
        stack.post(toggl(6, 3, 2).as_bytes(), &[]).await?.expect(202)?;
        let services = stack.system.services();
        let postman = Postman::of(&stack.system);
        plan(services, ACCOUNT, IMPORT).await?;
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system);
        let mut loading = Box::pin(load(&slow, ACCOUNT, IMPORT, ChunkNo(0)));
        if !hold.until_held(&mut loading).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        let import = Import::find(services, ACCOUNT, IMPORT).await?;
        revert::ask(services, &import, "user 1").await?;
        assert!(postman.drain(services, &Faults::default()).await);
        hold.let_go.send(true)?;
        loading.await?;
        postman.drain_all(services, &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "rolled_back", "{n}");
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{n}");
    }
    Ok(())
}

#[tokio::test]
async fn the_last_commits_answer_is_lost_and_the_import_settles_all_the_same() -> anyhow::Result<()> {
    let whole = imported(&queued(6).await?, &Faults::default()).await?;
    let stack = planned(6).await?;
    let services = stack.system.services();
    assert_eq!(load(services, ACCOUNT, IMPORT, ChunkNo(0)).await?, Loaded::Done);
    let faults = Faults::default();
    // The last transaction but one, the settling, and all that the SDK tries.
    let worker = faults.connect(&stack.system);
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
    postman.drain_all(services, &faults).await;
    assert_eq!(stack.native(1).await?["status"], "complete");
    assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0]);
    at_rest(&stack).await
}

#[tokio::test]
async fn a_sweep_that_meets_a_slow_but_living_worker_does_no_harm() -> anyhow::Result<()> {
    let whole = imported(&queued(9).await?, &Faults::default()).await?;
    for n in [2, 4, 6, 8, 10] {
        let stack = planned(9).await?;
        let services = stack.system.services();
        let postman = Postman::of(&stack.system);
        assert_eq!(load(services, ACCOUNT, IMPORT, ChunkNo(0)).await?, Loaded::Done);
        sweep::handle(services).await?;
        services.clock.turn(Duration::from_secs(100));
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system);
        let mut working = Box::pin(load(&slow, ACCOUNT, IMPORT, ChunkNo(1)));
        assert!(hold.until_held(&mut working).await);
        services.clock.turn(Duration::from_secs(60));
        assert_eq!(sweep::handle(services).await?.woken, 1);
        assert!(postman.drain(services, &Faults::default()).await);
        hold.let_go.send(true)?;
        assert_eq!(working.await?, Loaded::Done);
        postman.drain_all(services, &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "complete");
        assert_eq!(differences(&whole, &stack.workspace().await?), [""; 0], "{n}");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_known_again_and_not_waited_for() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system);
    for chunk in [0, 1] {
        faults.at(1, 1, Fault::Unanswered);
        assert_eq!(load(&worker, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, Loaded::Done);
    }
    let import = Import::find(&worker, ACCOUNT, IMPORT).await?;
    revert::ask(&worker, &import, "user 1").await?;
    for chunk in [0, 1] {
        // The import is read first; the fence is the second request.
        faults.at(2, 1, Fault::Unanswered);
        assert_eq!(revert::revert(&worker, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, revert::Reverted::Done);
    }
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    Ok(())
}

#[tokio::test]
async fn a_single_chunk_whose_loader_died_is_loaded_when_the_lease_is_over_without_a_sweep() -> anyhow::Result<()> {
    let stack = queued(2).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system);
    let postman = Postman::of(&stack.system);
    stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
    faults.plan(|_, operation| (operation == "BatchWriteItem").then_some(Fault::DeathAfter));
    assert!(!postman.drain(&worker, &faults).await);
    faults.none();
    // The start comes again while the dead worker's lease still stands.
    stack.system.services().queues.send(&Message::Start { account: ACCOUNT, import: IMPORT }).await?;
    assert!(postman.drain(&worker, &faults).await);
    stack.system.services().clock.turn(Duration::from_secs(121));
    assert!(postman.drain(&worker, &faults).await);
    assert_eq!(stack.native(1).await?["status"], "complete");
    Ok(())
}

/// The user of account 1 with a name of its own, by hand.
async fn user(services: &Services, email: &str) -> anyhow::Result<ThingId> {
    let (first_name, last_name) = (Some("Kim".to_owned()), Some("Stone".to_owned()));
    let input = UserInput { email: Some(email.to_owned()), first_name, last_name };
    Ok(things::create_user(services, ACCOUNT, &input).await?.id)
}

#[tokio::test]
async fn rows_that_mean_something_else_on_the_second_try_leave_nothing_of_the_first() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let services = stack.system.services();
    let kim = user(services, "kim@example.com").await?;
    let file = toggl(6, 3, 2).replace("Demo User,demo@example.com", "Demo User,kim@example.com");
    stack.post(file.as_bytes(), &[("fallback_user", "")]).await?.expect(202)?;
    Postman::of(&stack.system).lose_everything();
    plan(services, ACCOUNT, IMPORT).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system);
    // Dies with all entries written, before the commit.
    faults.plan({
        let mut batches = 0;
        move |_, operation| {
            batches += u32::from(operation == "BatchWriteItem");
            (batches == 3 && operation == "TransactWriteItems").then_some(Fault::DeathBefore)
        }
    });
    assert!(faults.outlive(load(&worker, ACCOUNT, IMPORT, ChunkNo(0))).await.is_none(), "{:?}", faults.log());
    let address = UserInput { email: Some("stone@example.com".to_owned()), ..UserInput::default() };
    things::update_user(services, ACCOUNT, kim, &address).await?;
    services.clock.turn(LONG);
    for chunk in [0, 1] {
        assert_eq!(load(services, ACCOUNT, IMPORT, ChunkNo(chunk)).await?, Loaded::Done);
    }
    assert_eq!(stack.native(1).await?["counts"]["skipped"], 6);
    assert!(World::read(&stack).await?.entries.is_empty());
    at_rest(&stack).await
}

#[tokio::test]
async fn two_names_that_lie_in_each_others_places_get_a_reference_each() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1).await?;
    let services = stack.system.services();
    let named = |name: &str| ThingInput { name: Some(name.to_owned()), ..ThingInput::default() };
    // "Garden" is renamed, so it lies where "Garden" belongs under another name; the new one lies further on.
    let old = things::create(services, ACCOUNT, Kind::Project, &named("Garden")).await?;
    things::update(services, ACCOUNT, Kind::Project, old.id, &named("Orchard")).await?;
    let new = things::create(services, ACCOUNT, Kind::Project, &named("Garden")).await?;
    assert_ne!(old.id, new.id);
    // One row of each, a chunk each.
    let garden = one("", "Garden", "a");
    let file = format!("{}{}\n", one("", "Orchard", "a"), garden.lines().nth(1).unwrap_or_default());
    stack.post(file.as_bytes(), &[]).await?.expect(202)?;
    imported(&stack, &Faults::default()).await?;
    for (project, name) in [(old.id, "Orchard"), (new.id, "Garden")] {
        let shown = stack.get(&format!("/v2/projects/{project}")).await?.expect(200)?;
        assert_eq!((&shown["name"], &shown["entries"]), (&json!(name), &json!(1)));
        stack.delete(&format!("/v2/projects/{project}")).await?.expect(422)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_client_of_an_undone_import_goes_with_its_last_project_however_that_goes() -> anyhow::Result<()> {
    for way in ["deleted", "moved", "emptied"] {
        let stack = Stack::by_hand(1000).await?;
        let services = stack.system.services();
        stack.post(one("Orchard", "Website", "").as_bytes(), &[]).await?.expect(202)?;
        imported(&stack, &Faults::default()).await?;
        let of_orchard = |name: &str| ThingInput {
            name: Some(name.to_owned()),
            client: Some(Some("orchard".to_owned())),
            ..ThingInput::default()
        };
        let mine = things::create(services, ACCOUNT, Kind::Project, &of_orchard("Mine")).await?;
        undo(&stack).await?;
        let clients = async || {
            let world = World::read(&stack).await?;
            anyhow::Ok(world.things.keys().filter(|(_, kind, _)| *kind == Kind::Client).count())
        };
        assert_eq!(clients().await?, 1, "its project by hand keeps the client");
        match way {
            "deleted" => things::delete(services, ACCOUNT, Kind::Project, mine.id).await?,
            "moved" => {
                let alone = ThingInput { client: Some(None), ..ThingInput::default() };
                things::update(services, ACCOUNT, Kind::Project, mine.id, &alone).await.map(drop)?;
            }
            _ => {
                let entry = EntryInput { project: Some(Some(ProjectInput::Id(mine.id))), ..EntryInput::default() };
                let entry = entries::create(services, ACCOUNT, USER, &entry).await?;
                entries::delete(services, ACCOUNT, entry.id).await?;
                things::delete(services, ACCOUNT, Kind::Project, mine.id).await?;
            }
        }
        assert_eq!(clients().await?, 0, "{way}");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn whoever_deletes_the_last_entry_of_an_orphan_and_dies_leaves_no_orphan() -> anyhow::Result<()> {
    for fault in [Fault::DeathBefore, Fault::DeathAfter] {
        for n in 1.. {
            let stack = Stack::by_hand(1000).await?;
            let services = stack.system.services();
            let before = stack.workspace().await?;
            stack.post(one("Orchard", "Website", "design").as_bytes(), &[]).await?.expect(202)?;
            imported(&stack, &Faults::default()).await?;
            let projects = stack.pages("/v2/projects").await?;
            let project = projects[0]["id"].as_u64().map(|id| ProjectInput::Id(ThingId(id)));
            let input =
                EntryInput { project: Some(project), tags: Some(vec!["design".to_owned()]), ..EntryInput::default() };
            let entry = entries::create(services, ACCOUNT, USER, &input).await?;
            undo(&stack).await?;
            let faults = Faults::default();
            let worker = faults.connect(&stack.system);
            faults.at(n, 1, fault);
            let survived = faults.outlive(entries::delete(&worker, ACCOUNT, entry.id)).await.is_some();
            at_rest(&stack).await?;
            match entries::delete(services, ACCOUNT, entry.id).await {
                Ok(()) | Err(shared::entity::by_hand::EditError::NotFound) => {}
                Err(error) => return Err(error.into()),
            }
            let mut after = stack.workspace().await?;
            after.retain(|(pk, _), _| !pk.contains("counter"));
            assert_eq!(differences(&after, &before), [""; 0], "{fault:?} at {n}");
            if survived {
                break;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn entries_made_at_once_on_a_new_project_are_all_made() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let services = stack.system.services();
    let named = ThingInput { name: Some("Garden".to_owned()), ..ThingInput::default() };
    let project = things::create(services, ACCOUNT, Kind::Project, &named).await?;
    let input =
        EntryInput { project: Some(Some(ProjectInput::Id(project.id))), seconds: Some(60), ..EntryInput::default() };
    let made = (0..5).map(|_| entries::create(services, ACCOUNT, USER, &input));
    futures::future::try_join_all(made).await?;
    at_rest(&stack).await?;
    assert_eq!(stack.get(&format!("/v2/projects/{}", project.id)).await?.expect(200)?["entries"], 5);
    Ok(())
}

#[tokio::test]
async fn an_edit_by_hand_between_the_chunks_is_in_the_totals() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let services = stack.system.services();
    load(services, ACCOUNT, IMPORT, ChunkNo(0)).await?;
    let entry = EntryId::of(IMPORT, Row(1));
    let input = EntryInput { seconds: Some(7200), project: Some(None), ..EntryInput::default() };
    entries::update(services, ACCOUNT, entry, &input).await?;
    entries::delete(services, ACCOUNT, EntryId::of(IMPORT, Row(2))).await?;
    load(services, ACCOUNT, IMPORT, ChunkNo(1)).await?;
    assert_eq!(Import::find(services, ACCOUNT, IMPORT).await?.status, Status::Complete);
    at_rest(&stack).await
}

/// A request of account 1's user to the native door.
async fn ask(stack: &Stack, path: &str, status: u16) -> anyhow::Result<serde_json::Value> {
    let request = stack.bare(Method::POST, path).header("Authorization", "Token demo");
    stack.answer(request).await?.expect(status)
}

#[tokio::test]
async fn a_cancel_really_stops_and_what_was_claimed_may_still_be_counted() -> anyhow::Result<()> {
    for n in 1.. {
        let stack = Stack::by_hand(3).await?;
        let before = stack.workspace().await?;
        stack.post(toggl(12, 3, 2).as_bytes(), &[]).await?.expect(202)?;
        let services = stack.system.services();
        let postman = Postman::of(&stack.system);
        plan(services, ACCOUNT, IMPORT).await?;
        assert_eq!(load(services, ACCOUNT, IMPORT, ChunkNo(0)).await?, Loaded::Done);
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system);
        let mut loading = Box::pin(load(&slow, ACCOUNT, IMPORT, ChunkNo(1)));
        if !hold.until_held(&mut loading).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        assert_eq!(ask(&stack, "/api/v1/imports/1/cancel", 202).await?["status"], "incomplete");
        assert!(postman.drain(services, &Faults::default()).await);
        hold.let_go.send(true)?;
        loading.await?;
        postman.drain_all(services, &Faults::default()).await;
        // Held before it was claimed, or afterwards.
        let created = stack.native(1).await?["counts"]["created"].as_u64();
        assert!(created == Some(3) || created == Some(6) && n > 1, "{n}: {created:?}");
        assert_eq!(ask(&stack, "/api/v1/imports/1/cancel", 202).await?["reasons"], json!(["it was cancelled"]));
        at_rest(&stack).await?;
        services.clock.turn(LONG);
        sweep::handle(services).await?;
        assert_eq!(sweep::handle(services).await?.open, 0);
        undo(&stack).await?;
        ask(&stack, "/api/v1/imports/1/cancel", 409).await?;
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{n}");
    }
    Ok(())
}

#[tokio::test]
async fn a_cancel_whose_loader_died_is_counted_by_the_sweep() -> anyhow::Result<()> {
    let stack = planned(9).await?;
    let services = stack.system.services();
    let faults = Faults::default();
    let worker = faults.connect(&stack.system);
    // Dies when its commit has taken effect, with the import cancelled while it was on its way.
    faults.plan({
        let mut batches = 0;
        move |_, operation| {
            batches += u32::from(operation == "BatchWriteItem");
            (batches == 3 && operation == "TransactWriteItems").then_some(Fault::DeathAfter)
        }
    });
    assert!(faults.outlive(load(&worker, ACCOUNT, IMPORT, ChunkNo(0))).await.is_none());
    let faults = Faults::default();
    let canceller = faults.connect(&stack.system);
    // The canceller dies as well, right after the import is stopped.
    faults.plan(|_, operation| (operation == "TransactWriteItems").then_some(Fault::DeathAfter));
    let import = Import::find(services, ACCOUNT, IMPORT).await?;
    assert!(faults.outlive(shared::import::cancel(&canceller, &import, "user 1")).await.is_none());
    services.clock.turn(LONG);
    assert_eq!(sweep::handle(services).await?.open, 1);
    assert_eq!(sweep::handle(services).await?.open, 0);
    assert_eq!(stack.native(1).await?["counts"]["created"], 3);
    at_rest(&stack).await
}

#[tokio::test]
async fn a_message_that_comes_at_the_very_end_of_a_lease_finds_it_over() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let services = stack.system.services();
    let dead = hold_at(3);
    let worker = dead.faults.connect(&stack.system);
    let mut loading = Box::pin(load(&worker, ACCOUNT, IMPORT, ChunkNo(0)));
    assert!(dead.until_held(&mut loading).await);
    drop(loading);
    let Loaded::Held(until) = load(services, ACCOUNT, IMPORT, ChunkNo(0)).await? else {
        anyhow::bail!("the dead worker's lease does not stand");
    };
    services.clock.turn(services.clock.until(until));
    assert_eq!(load(services, ACCOUNT, IMPORT, ChunkNo(0)).await?, Loaded::Done);
    Ok(())
}
