//! Tests of requests which a client repeats under the same `Idempotency-Key`.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};

use crate::files::TOGGL;
use crate::stack::{Answer, Stack};

/// Posts a file under a key, with the token of a user.
async fn post_once(stack: &Stack, token: &str, key: &str, file: &str, tags: &str) -> anyhow::Result<Answer> {
    let part = Part::bytes(file.as_bytes().to_vec()).file_name("a.csv");
    let form = Form::new().text("import_tags", tags.to_owned()).part("file", part);
    let request = stack.bare(Method::POST, "/v2/imports").header("X-NokoToken", token).header("Idempotency-Key", key);
    stack.answer(request.multipart(form)).await
}

#[tokio::test]
async fn a_request_that_is_sent_again_under_its_key_is_the_same_import() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let other = stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let user = ThingId(other["id"].as_u64().unwrap_or_default());
    let principal = Principal { account: AccountId(1), user, scopes: vec![Scope::Import] };
    grant(stack.system.services(), "kim", &principal).await?;

    let first = post_once(&stack, "demo", "a", TOGGL, "yes").await?;
    stack.idle().await?;
    let again = post_once(&stack, "demo", "a", TOGGL, "yes").await?;
    assert_eq!((again.status, again.json()), (first.status, first.expect(202)?));
    let changed = TOGGL.replace("Demo", "Dema");
    for (file, tags) in [(TOGGL, "no"), (changed.as_str(), "yes")] {
        let refused = post_once(&stack, "demo", "a", file, tags).await?.expect(422)?;
        assert_eq!(refused["errors"][0]["field"], "Idempotency-Key");
    }
    post_once(&stack, "demo", "  ", TOGGL, "yes").await?.expect(400)?;
    // The test sends another key of the same user, and the same key of another user.
    assert_eq!(post_once(&stack, "demo", "b", TOGGL, "yes").await?.expect(202)?["id"], 2);
    let others = post_once(&stack, "kim", "a", TOGGL, "yes").await?.expect(202)?;
    assert_eq!((&others["id"], &others["user"]["id"]), (&json!(3), &other["id"]));
    // A repeated request does not revive an undone import.
    stack.idle().await?;
    stack.undo(1).await?;
    assert_eq!(post_once(&stack, "demo", "a", TOGGL, "yes").await?.expect(202)?["id"], 1);
    stack.get("/v2/imports/1").await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_sent_many_times_at_once_is_one_import_of_one_object() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let sent = (0..6).map(|_| post_once(&stack, "demo", "c", TOGGL, "yes"));
    let all = futures::future::try_join_all(sent).await?;
    let first = all[0].expect(202)?;
    for answer in &all {
        assert_eq!(answer.expect(202)?, first);
    }
    stack.idle().await?;
    assert_eq!(stack.pages("/v2/imports").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_upload_that_is_asked_for_again_is_the_same_until_its_file_is_there() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let ask = async |size: usize| {
        let body = json!({ "upload": true, "file_name": "a.csv", "file_size": size });
        let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
        stack.answer(request.header("Idempotency-Key", "u").json(&body)).await
    };
    let first = ask(TOGGL.len()).await?.expect(201)?;
    let again = ask(TOGGL.len()).await?.expect(201)?;
    assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("new")));
    ask(5).await?.expect(422)?;
    stack.put(&again, TOGGL.into()).await?.expect(200)?;
    stack.idle().await?;
    let done = ask(TOGGL.len()).await?.expect(201)?;
    assert_eq!((&done["id"], &done["status"], &done["upload"]), (&first["id"], &json!("new"), &Value::Null));
    Ok(())
}
