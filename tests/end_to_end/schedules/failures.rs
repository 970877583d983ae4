//! Tests of runs that fail, and of what becomes of the schedule.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{HOUR, Proof, Workshop, complete, hours};
use crate::native::site::Reply;

/// The reason of the last run.
async fn reason(workshop: &Workshop) -> anyhow::Result<String> {
    let shown = workshop.shown().await?;
    let run = &shown["last_run"];
    assert_eq!((&run["outcome"], &run["import"]), (&json!("failed"), &Value::Null), "{shown}");
    Ok(run["reason"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_server_in_trouble_fails_the_run_with_its_reason_and_the_next_run_goes_on() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    for (trouble, said) in [
        (Reply::status(404), "https://files.example.com/exports/hours.csv: the server answered 404"),
        (Reply::status(503), "the server answered 503"),
        (Reply::Cut(Vec::new()), "broke off"),
        (Reply::Silent(Vec::new()), "took too long"),
        (Reply::to("https://127.0.0.1/"), "not public"),
    ] {
        workshop.file().trouble = Some(trouble);
        workshop.next_run().await?;
        let reason = reason(&workshop).await?;
        assert!(reason.contains(said) && !reason.contains("secret"), "{reason}");
    }
    workshop.site.resolves("files.example.com", &[&["10.0.0.1"]]);
    workshop.next_run().await?;
    assert!(reason(&workshop).await?.contains("not public"));
    workshop.site.resolves("files.example.com", &[&["93.184.215.14"]]);
    assert_eq!(workshop.shown().await?["failures"], 6);
    workshop.file().trouble = None;
    workshop.publish(&hours("planing"));
    workshop.next_run().await?;
    assert_eq!(workshop.imports().await?, [complete(5), complete(1)]);
    assert_eq!(workshop.shown().await?["failures"], 0);
    Ok(())
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_failure_and_not_a_change() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Nothing).await?;
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    let cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n".to_vec();
    workshop.file().trouble = Some(Reply::Cut(cut));
    workshop.next_run().await?;
    assert!(reason(&workshop).await?.contains("broke off"));
    assert_eq!(workshop.imports().await?, [complete(5)]);
    workshop.file().trouble = None;
    workshop.next_run().await?;
    assert_eq!(workshop.outcomes().await?, ["unchanged", "failed", "imported 1"]);
    Ok(())
}

#[tokio::test]
async fn a_failing_schedule_is_tried_once_a_day_until_it_succeeds() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    workshop.file().trouble = Some(Reply::status(404));
    workshop.schedule(json!({})).await?;
    workshop.tick().await?;
    for _ in 1..10 {
        workshop.next_run().await?;
    }
    let shown = workshop.shown().await?;
    assert_eq!((&shown["state"], &shown["failures"], workshop.requests()), (&json!("failing"), &json!(10), 10));
    for _ in 1..24 {
        workshop.next_run().await?;
    }
    assert_eq!(workshop.requests(), 0);
    workshop.next_run().await?;
    assert_eq!(workshop.requests(), 1);
    workshop.file().trouble = None;
    workshop.turn(Duration::from_secs(24 * 3600));
    workshop.tick().await?;
    workshop.requests();
    assert_eq!(workshop.shown().await?["state"], "active");
    workshop.next_run().await?;
    assert_eq!((workshop.requests(), workshop.imports().await?), (1, vec![complete(5)]));
    Ok(())
}

#[tokio::test]
async fn a_deactivated_or_deleted_user_fails_the_run_before_any_request() -> anyhow::Result<()> {
    let workshop = Workshop::open(Proof::Etag).await?;
    let stack = &workshop.stack;
    let user = stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let user = user["id"].as_u64().unwrap_or_default();
    let scopes = vec![shared::account::Scope::Import];
    let principal = shared::account::Principal { account: super::ACCOUNT, user: shared::id::ThingId(user), scopes };
    shared::account::grant(stack.system.services(), "kim", &principal).await?;
    let body = json!({ "name": "Kim's", "every": "PT1H", "import": { "location": super::URL } });
    let request = stack.bare(Method::POST, "/api/v1/schedules").header("Authorization", "Token kim").json(&body);
    stack.answer(request).await?.expect(201)?;
    workshop.tick().await?;
    assert_eq!((workshop.imports().await?, workshop.requests()), (vec![complete(5)], 2));
    stack.send(Method::PUT, &format!("/v2/users/{user}/deactivate"), &json!({})).await?.expect(204)?;
    workshop.next_run().await?;
    assert_eq!((reason(&workshop).await?, workshop.requests()), (format!("user {user} is deactivated"), 0));
    Ok(())
}

#[tokio::test]
async fn a_deleted_database_fails_the_run_before_any_request() -> anyhow::Result<()> {
    let (workshop, database) = Workshop::of_profiles().await?;
    assert_eq!((workshop.imports().await?, workshop.requests()), (vec![complete(1)], 2));
    let delete =
        crate::copernica::asking(&workshop.stack, Method::DELETE, &format!("/database/{database}"), &json!({}));
    assert!(delete.send().await?.status().is_success());
    workshop.turn(HOUR);
    workshop.tick().await?;
    assert_eq!((reason(&workshop).await?, workshop.requests()), (format!("database {database} does not exist"), 0));
    Ok(())
}
