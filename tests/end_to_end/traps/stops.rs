//! Tests of cancels and undos in the middle of work, and of remains which a later worker must remove.

use reqwest::Method;
use serde_json::json;
use shared::edit::entries;
use shared::edit::input::{EntryInput, ProjectInput};
use shared::edit::things::{self, ClientInput, ThingInput};
use shared::id::{ChunkNo, ThingId};
use shared::import::Import;
use shared::ledger::hold::Ended;
use shared::load::load;
use shared::plan::plan;
use shared::revert;
use shared::store::keys::Kind;

use crate::dump::differences;
use crate::faults::{Fault, Faults};
use crate::files::{one, toggl};
use crate::invariants::{World, at_rest};
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

use super::{ACCOUNT, IMPORT, USER, hold_at, imported, planned, undo};

#[tokio::test]
async fn an_undo_asked_while_a_loader_runs_leaves_nothing_wherever_the_loader_is() -> anyhow::Result<()> {
    for n in 1.. {
        let stack = Stack::by_hand(3).await?;
        let before = stack.workspace().await?;
        stack.post(toggl(6, 3, 2).as_bytes(), &[]).await?.expect(202)?;
        let services = stack.system.services();
        let postman = Postman::of(&stack.system);
        plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut loading = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(0)));
        if !hold.until_held(&mut loading).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        let import = Import::find(services, ACCOUNT, IMPORT).await?;
        revert::ask(&stack.functions().api, &import, "user 1").await?;
        assert!(postman.drain(stack.functions(), &Faults::default()).await);
        hold.let_go.send(true)?;
        loading.await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "rolled_back", "{n}");
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{n}");
    }
    Ok(())
}

/// Sends a request of account 1's user to the native door, and checks the status.
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
        plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
        assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?, Ended::Done);
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut loading = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(1)));
        if !hold.until_held(&mut loading).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        assert_eq!(ask(&stack, "/api/v1/imports/1/cancel", 202).await?["status"], "incomplete");
        assert!(postman.drain(stack.functions(), &Faults::default()).await);
        hold.let_go.send(true)?;
        loading.await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        // The request was held either before or after the chunk was claimed.
        let created = stack.native(1).await?["counts"]["created"].as_u64();
        assert!(created == Some(3) || created == Some(6) && n > 1, "{n}: {created:?}");
        assert_eq!(ask(&stack, "/api/v1/imports/1/cancel", 202).await?["reasons"], json!(["it was cancelled"]));
        at_rest(&stack).await?;
        services.clock.turn(LONG);
        sweep::handle(&stack.functions().sweep).await?;
        assert_eq!(sweep::handle(&stack.functions().sweep).await?.open, 0);
        undo(&stack).await?;
        ask(&stack, "/api/v1/imports/1/cancel", 409).await?;
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{n}");
    }
    Ok(())
}

#[tokio::test]
async fn a_project_is_not_deleted_under_a_loader_that_a_cancel_lets_finish() -> anyhow::Result<()> {
    let mut kept = 0;
    for n in 1.. {
        let stack = Stack::by_hand(3).await?;
        let before = stack.workspace().await?;
        stack.post(toggl(6, 1, 1).as_bytes(), &[]).await?.expect(202)?;
        let services = stack.system.services();
        plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut loading = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(0)));
        if !hold.until_held(&mut loading).await {
            assert!(n > 10 && kept > 0, "kept {kept} of {n} times");
            return Ok(());
        }
        let import = Import::find(services, ACCOUNT, IMPORT).await?;
        shared::settle::stop::cancel(&stack.functions().api, &import, "user 1").await?;
        for project in stack.pages("/v2/projects").await? {
            let answer = stack.delete(&format!("/v2/projects/{}", project["id"])).await?;
            kept += u32::from(answer.status == 422);
        }
        hold.let_go.send(true)?;
        loading.await?;
        Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
        at_rest(&stack).await?;
        undo(&stack).await?;
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{n}");
    }
    Ok(())
}

#[tokio::test]
async fn a_cancel_whose_loader_died_is_counted_by_the_sweep() -> anyhow::Result<()> {
    let stack = planned(9).await?;
    let services = stack.system.services();
    let faults = Faults::default();
    let worker = faults.connect(&stack.system)?;
    // The loader dies after its commit has taken effect, and the import is cancelled while the commit is in flight.
    faults.plan({
        let mut batches = 0;
        move |_, operation| {
            batches += u32::from(operation == "BatchWriteItem");
            (batches == 2 && operation == "TransactWriteItems").then_some(Fault::DeathAfter)
        }
    });
    assert!(faults.outlive(load(&worker.loader, ACCOUNT, IMPORT, ChunkNo(0))).await.is_none());
    let faults = Faults::default();
    let canceller = faults.connect(&stack.system)?;
    // The worker which cancels dies too, directly after the import has been stopped.
    faults.plan(|_, operation| (operation == "TransactWriteItems").then_some(Fault::DeathAfter));
    let import = Import::find(services, ACCOUNT, IMPORT).await?;
    assert!(faults.outlive(shared::settle::stop::cancel(&canceller.api, &import, "user 1")).await.is_none());
    services.clock.turn(LONG);
    assert_eq!(sweep::handle(&stack.functions().sweep).await?.open, 1);
    assert_eq!(sweep::handle(&stack.functions().sweep).await?.open, 0);
    assert_eq!(stack.native(1).await?["counts"]["created"], 3);
    at_rest(&stack).await
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
            client: Some(Some(ClientInput::Name("orchard".to_owned()))),
            ..ThingInput::default()
        };
        let mine = things::create(&stack.functions().api, ACCOUNT, Kind::Project, &of_orchard("Mine")).await?;
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
                let entry = entries::create(&stack.functions().api, ACCOUNT, USER, &entry).await?;
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
            let entry = entries::create(&stack.functions().api, ACCOUNT, USER, &input).await?;
            undo(&stack).await?;
            let faults = Faults::default();
            let worker = faults.connect(&stack.system)?;
            faults.at(n, 1, fault);
            let survived = faults.outlive(entries::delete(&worker.api, ACCOUNT, entry.id)).await.is_some();
            at_rest(&stack).await?;
            match entries::delete(services, ACCOUNT, entry.id).await {
                Ok(()) | Err(shared::edit::EditError::NotFound) => {}
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
async fn a_client_that_stays_is_named_whenever_the_undo_dies_in_between() -> anyhow::Result<()> {
    for n in 1.. {
        let stack = Stack::by_hand(1000).await?;
        let services = stack.system.services();
        stack.post(one("Orchard", "Website", "").as_bytes(), &[]).await?.expect(202)?;
        imported(&stack, &Faults::default()).await?;
        let mine = ThingInput {
            name: Some("Mine".to_owned()),
            client: Some(Some(ClientInput::Name("orchard".to_owned()))),
            ..ThingInput::default()
        };
        things::create(&stack.functions().api, ACCOUNT, Kind::Project, &mine).await?;
        let import = Import::find(services, ACCOUNT, IMPORT).await?;
        revert::ask(&stack.functions().api, &import, "user 1").await?;
        let faults = Faults::default();
        let worker = faults.connect(&stack.system)?;
        faults.at(n, 1, Fault::DeathBefore);
        let postman = Postman::of(&stack.system);
        let survived = postman.drain(&worker, &faults).await;
        services.clock.turn(LONG);
        postman.drain_all(stack.functions(), &Faults::default()).await;
        let shown = stack.native(1).await?;
        assert_eq!(
            (&shown["status"], shown["undone"]["kept"].as_array().map(Vec::len)),
            (&"rolled_back".into(), Some(1))
        );
        if survived {
            assert!(n > 8, "{n}");
            break;
        }
    }
    Ok(())
}
