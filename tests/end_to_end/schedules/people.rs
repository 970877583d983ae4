//! Tests of what people do to a schedule: pause, change, run, delete, and the account's end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use shared::schedules::{ScheduleChange, change, remove, run};

use super::{ACCOUNT, FIRST, HOUR, Proof, Workshop, complete, hours};
use crate::faults::{Faults, Gate};
use crate::native::location::with;

#[tokio::test]
async fn a_paused_schedule_does_not_run_unless_a_person_asks() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    workshop.requests();
    // The message of a run that was due before the pause finds the pause.
    workshop.turn(HOUR);
    sweep::handle(&workshop.functions.sweep).await?;
    let paused = workshop.send(Method::PATCH, "/schedules/1", &json!({ "paused": true })).await?.expect(200)?;
    assert_eq!((&paused["state"], &paused["next_at"]), (&json!("paused"), &Value::Null));
    workshop.deliver().await?;
    workshop.next_run().await?;
    assert_eq!((workshop.outcomes().await?, workshop.requests()), (vec!["imported 1".to_owned()], 0));
    let asked = workshop.send(Method::POST, "/schedules/1/run", &Value::Null).await?.expect(202)?;
    assert_eq!((&asked["state"], asked["next_at"].is_string()), (&json!("paused"), true));
    workshop.deliver().await?;
    assert_eq!(workshop.outcomes().await?, ["unchanged", "imported 1"]);
    assert_eq!(workshop.shown().await?["next_at"], Value::Null);
    workshop.send(Method::PATCH, "/schedules/1", &json!({ "paused": false })).await?.expect(200)?;
    workshop.next_run().await?;
    assert_eq!(workshop.outcomes().await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_lost_message_of_a_run_that_a_person_asked_for_is_sent_again() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({ "starts_at": "2099-01-01T00:00:00Z" })).await?;
    workshop.tick().await?;
    assert_eq!(workshop.requests(), 0);
    workshop.send(Method::POST, "/schedules/1/run", &Value::Null).await?.expect(202)?;
    workshop.postman.lose_everything();
    workshop.tick().await?;
    assert_eq!(workshop.outcomes().await?, ["imported 1"]);
    assert_eq!(workshop.shown().await?["next_at"], "2099-01-01T00:00:00.000Z");
    Ok(())
}

#[tokio::test]
async fn a_deleted_schedule_keeps_its_imports_and_makes_no_further_one() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    workshop.publish(&hours("planing"));
    workshop.turn(HOUR);
    sweep::handle(&workshop.functions.sweep).await?;
    workshop.send(Method::DELETE, "/schedules/1", &Value::Null).await?.expect(204)?;
    workshop.send(Method::DELETE, "/schedules/1", &Value::Null).await?.expect(404)?;
    workshop.deliver().await?;
    assert_eq!(workshop.imports().await?, [complete(5)]);
    assert_eq!(workshop.stack.native(1).await?["schedule"], 1);
    Ok(())
}

#[tokio::test]
async fn a_change_while_a_run_is_under_way_is_kept_and_a_deletion_makes_no_import() -> anyhow::Result<()> {
    for (deletes, imports) in [(true, vec![complete(5)]), (false, vec![complete(5), complete(1)])] {
        let workshop = Workshop::open(Proof::Etag).await?;
        workshop.schedule(json!({})).await?;
        workshop.tick().await?;
        workshop.publish(&hours("planing"));
        workshop.turn(HOUR);
        let (api, happened) = (workshop.functions.api.clone(), Arc::new(AtomicBool::new(false)));
        let gate: Gate = Arc::new(move |operation: &str| {
            let (api, is_time) =
                (api.clone(), operation == "TransactWriteItems" && !happened.swap(true, Ordering::Relaxed));
            Box::pin(async move {
                if is_time && deletes {
                    remove(&api, ACCOUNT, FIRST).await.expect("an answer");
                } else if is_time {
                    let name = ScheduleChange { name: Some("Renamed".to_owned()), ..ScheduleChange::default() };
                    change(&api, ACCOUNT, FIRST, &name).await.expect("an answer");
                }
                Box::new(()) as Box<dyn Send>
            })
        });
        let parser = with(&Faults::behind(gate).connect(&workshop.stack.system)?, &workshop.site).parser;
        let due = workshop.stored().await?.due.expect("it is due");
        run(&parser, ACCOUNT, FIRST, due).await?;
        workshop.deliver().await?;
        assert_eq!(workshop.imports().await?, imports);
        if !deletes {
            assert_eq!(workshop.shown().await?["name"], "Renamed");
            // The first try had drawn a number.
            assert_eq!(workshop.outcomes().await?, ["imported 3", "imported 1"]);
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_account_sees_and_runs_its_own_schedules_only() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    let other = |method: Method, path: &str| {
        workshop.stack.bare(method, &format!("/api/v1{path}")).header("Authorization", "Token other")
    };
    for (method, path) in [
        (Method::GET, "/schedules/1"),
        (Method::GET, "/schedules/1/runs"),
        (Method::POST, "/schedules/1/run"),
        (Method::DELETE, "/schedules/1"),
    ] {
        workshop.stack.answer(other(method, path)).await?.expect(404)?;
    }
    let change = other(Method::PATCH, "/schedules/1").json(&json!({ "name": "Mine" }));
    workshop.stack.answer(change).await?.expect(404)?;
    let list = workshop.stack.answer(other(Method::GET, "/schedules")).await?.expect(200)?;
    assert_eq!(list["records"], json!([]));
    Ok(())
}
