//! Tests which pass the sample events under `events/` unchanged to the handlers.

use anyhow::Context;
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::SqsEvent;
use lambda_http::request::LambdaRequest;
use lambda_http::{LambdaEvent, Service};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::events::Record;

use crate::dump::differences;
use crate::files::TOGGL;
use crate::invariants::{event_schema, wrong_event};
use crate::stack::Stack;

fn sample<T: DeserializeOwned>(name: &str) -> anyhow::Result<T> {
    let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).with_context(|| path.clone())?;
    serde_json::from_str(&text).with_context(|| path)
}

#[tokio::test]
async fn the_sample_events_take_an_import_from_its_upload_to_its_undo() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let functions = stack.functions();
    let before = stack.workspace().await?;
    let asked = json!({ "upload": true, "file_size": TOGGL.len(), "file_name": "toggl.csv" });
    let request = stack.bare(reqwest::Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    let made = stack.answer(request.json(&asked)).await?.expect(201)?;
    stack.put(&made, TOGGL.into()).await?.expect(200)?;
    assert_eq!(stack.native(1).await?["status"], "new");

    let object: SqsEvent = sample("s3-object-created")?;
    assert_eq!(parser::handle(&functions.parser, object).await.batch_item_failures.len(), 0);
    assert_eq!(stack.native(1).await?["status"], "complete");
    // Each repeated message finds its work done.
    let start: SqsEvent = sample("sqs-start")?;
    assert_eq!(parser::handle(&functions.parser, start).await.batch_item_failures.len(), 0);
    let run: SqsEvent = sample("sqs-run")?;
    assert_eq!(parser::handle(&functions.parser, run).await.batch_item_failures.len(), 0);
    let load: SqsEvent = sample("sqs-load")?;
    assert_eq!(loader::handle(&functions.loader, load).await.batch_item_failures.len(), 0);
    assert_eq!(stack.native(1).await?["counts"]["created"], 5);
    let tick: EventBridgeEvent = sample("sweep-schedule")?;
    assert_eq!(tick.detail_type, "Scheduled Event");
    let swept = sweep::handle(&stack.functions().sweep).await?;
    assert_eq!(swept.open, 0);

    stack.delete("/v2/imports/1").await?.expect(204)?;
    assert_eq!(sweep::handle(&stack.functions().sweep).await?.open, 1);
    let revert: SqsEvent = sample("sqs-revert")?;
    assert_eq!(revert::handle(&functions.revert, revert).await.batch_item_failures.len(), 0);
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

/// Lets the API answer a sample request, and returns the status and the body.
async fn answered(stack: &Stack, name: &str) -> anyhow::Result<(u64, Value)> {
    let request: LambdaRequest = sample(name)?;
    call(stack, request).await
}

/// Has the API answer a request; its status and its body.
async fn call(stack: &Stack, request: LambdaRequest) -> anyhow::Result<(u64, Value)> {
    let mut function = api::gateway::function(api::router(stack.functions().api.clone()));
    let answer = function.call(LambdaEvent::new(request, lambda_http::Context::default())).await?;
    let answer = serde_json::to_value(&answer)?;
    let body = answer["body"].as_str().unwrap_or_default();
    Ok((answer["statusCode"].as_u64().context("no status")?, serde_json::from_str(body).unwrap_or_default()))
}

#[tokio::test]
async fn the_sample_requests_make_imports_in_every_way_and_the_sample_messages_end_them() -> anyhow::Result<()> {
    // Each chunk has a single row, so the import has the two chunks of the sample batch.
    let stack = Stack::by_hand(1).await?;
    let functions = stack.functions();
    for (name, id, status) in [("api-create-form", 1, 202), ("api-create-multipart", 2, 202), ("api-upload", 3, 201)] {
        let (answered, body) = answered(&stack, name).await?;
        assert_eq!((answered, body["id"].as_u64()), (status, Some(id)), "{name}: {body}");
    }
    assert!(stack.native(3).await?["upload"]["url"].is_null(), "the address is told once");

    let start: SqsEvent = sample("sqs-start")?;
    assert_eq!(parser::handle(&functions.parser, start).await.batch_item_failures.len(), 0);
    // The batch has five messages. A message cannot be read, and two messages concern missing chunks, so
    // they count as done.
    let batch: SqsEvent = sample("sqs-load-batch")?;
    let failed = loader::handle(&functions.loader, batch).await.batch_item_failures;
    let unreadable = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb69";
    assert!(failed.iter().any(|failure| failure.item_identifier == unreadable), "{failed:?}");
    assert_eq!(stack.native(1).await?["counts"]["created"], 2);
    let settle: SqsEvent = sample("sqs-settle")?;
    assert_eq!(loader::handle(&functions.loader, settle).await.batch_item_failures.len(), 0);
    assert_eq!(stack.native(1).await?["status"], "complete");

    assert_eq!(answered(&stack, "api-delete").await?.0, 204);
    // The undo cannot end before the second chunk is undone, for which no sample exists.
    for name in ["sqs-undo", "sqs-revert", "sqs-release"] {
        let message: SqsEvent = sample(name)?;
        assert_eq!(revert::handle(&functions.revert, message).await.batch_item_failures.len(), 0, "{name}");
        assert_eq!(stack.native(1).await?["status"], "rolling_back", "{name}");
    }
    let mut rest: Value = sample("sqs-revert")?;
    rest["Records"][0]["body"] = json!("{\"v\":1,\"revert\":{\"account\":1,\"import\":1,\"chunk\":1}}");
    let rest: SqsEvent = serde_json::from_value(rest)?;
    assert_eq!(revert::handle(&functions.revert, rest).await.batch_item_failures.len(), 0);
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    // The remaining imports wait for their start or for their file.
    assert_eq!(stack.get("/v2/entries").await?.expect(200)?, json!([]));
    assert_eq!(stack.get("/v2/projects").await?.expect(200)?, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_message_that_cannot_be_read_fails_alone() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    let mut event: Value = sample("sqs-load")?;
    let mut bad = event["Records"][0].clone();
    bad["messageId"] = json!("bad");
    bad["body"] = json!("{\"v\":1,\"dance\":{}}");
    let good = event["Records"][0].clone();
    event["Records"] = json!([bad, good]);
    shared::plan::plan(&stack.functions().parser, shared::id::AccountId(1), shared::id::ImportId(1)).await?;
    let answer = loader::handle(&stack.functions().loader, serde_json::from_value(event)?).await;
    let failed: Vec<_> = answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
    assert_eq!(failed, ["bad"]);
    Ok(())
}

#[tokio::test]
async fn the_sample_api_event_is_answered_as_api_gateway_asks() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let (status, imports) = answered(&stack, "api-list-imports").await?;
    assert_eq!(status, 200, "{imports}");
    assert_eq!(imports[0]["entries"], 5);
    assert!(imports[0]["url"].as_str().is_some_and(|url| url.starts_with("https://")), "{imports}");
    Ok(())
}

#[tokio::test]
async fn the_sample_event_of_a_drop_makes_and_loads_an_import() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let files = &stack.system.services().files;
    files.put("inbox/1/toggl/Stunden März (2).csv", TOGGL.into()).await?;
    let dropped: SqsEvent = sample("s3-dropped")?;
    assert_eq!(parser::handle(&stack.functions().parser, dropped).await.batch_item_failures.len(), 0);
    assert_eq!(stack.native(1).await?["status"], "complete");
    assert!(files.head("outbox/1/Stunden März (2).csv.1.report.json").await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_request_to_a_host_that_no_url_can_have_is_answered() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let mut event: Value = sample("api-list-imports")?;
    for (host, base) in [
        ("abc.execute-api.127.0.0.1:4566", "https://abc.execute-api.127.0.0.1:4566/"),
        ("api.example.com", "https://api.example.com/"),
        ("a.b:99999", "https://a.b:99999/"),
        ("[::1", "https://localhost/"),
        ("x y", "https://localhost/"),
        ("", "https://localhost/"),
    ] {
        event["headers"]["host"] = json!(host);
        event["headers"]["x-waybill-sent-host"] = json!("evil.example");
        event["requestContext"]["domainName"] = json!(host);
        let (status, imports) = call(&stack, serde_json::from_value(event.clone())?).await?;
        assert_eq!(status, 200, "{host} {imports}");
        assert!(imports[0]["url"].as_str().is_some_and(|url| url.starts_with(base)), "{host} {imports}");
    }
    Ok(())
}

#[test]
fn the_sample_records_of_the_outbox_become_an_event_of_this_version_and_one_of_the_version_before() -> anyhow::Result<()>
{
    let records: Vec<Record> = sample("pipe-records")?;
    let events = serde_json::to_value(notifier::events(records, "https://api.example.com")?)?;
    let [now, before] = [0, 1].map(|number| &events[number]);
    assert_eq!(wrong_event(&event_schema()?, now)?, [""; 0]);
    assert_eq!((&now["version"], &now["type"]), (&json!("1"), &json!("Import Completed")));
    assert_eq!((&before["version"], &before["type"]), (&json!("0"), &json!("Import Rollback Started")));
    Ok(())
}

#[tokio::test]
async fn the_sample_message_of_a_webhook_that_is_not_there_is_done() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let message: notifier::Payload = sample("sqs-deliver")?;
    let answer = notifier::handle(&stack.functions().notifier, message, "https://api.example.com").await?;
    assert_eq!(serde_json::to_value(answer)?, json!({ "batchItemFailures": [] }));
    Ok(())
}

#[test]
fn a_record_that_cannot_be_read_fails_its_batch_and_is_named() -> anyhow::Result<()> {
    let mut batch: Vec<Value> = sample("pipe-records")?;
    batch[1]["dynamodb"]["NewImage"]["v"]["N"] = json!("2");
    let records: Vec<Record> = serde_json::from_value(json!(batch))?;
    let refused = notifier::events(records, "https://api.example.com").map_err(|error| error.to_string());
    assert!(refused.as_ref().is_err_and(|error| error.contains("A#1#I#1 001790000009000#rolling_back")), "{refused:?}");
    Ok(())
}
