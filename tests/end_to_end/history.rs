//! Who is named in an import's history: the person, or the function that made the transition by itself.

use std::time::Duration;

use anyhow::Context;
use aws_lambda_events::sqs::SqsEvent;
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ChunkNo, ImportId};
use shared::import::{HistoryLine, Import};
use shared::queue::Message;
use shared::store::{decode, keys};

use crate::files::toggl;
use crate::stack::Stack;

/// Longer than a file is awaited.
const TOO_LATE: Duration = Duration::from_secs(3 * 3600);

/// A batch of one message.
fn event(message: &Message) -> anyhow::Result<SqsEvent> {
    Ok(serde_json::from_value(json!({ "Records": [{ "messageId": "1", "body": message.encode() }] }))?)
}

/// The lines of an import's history, such as `parser: processing`, by the alphabet: the clock of the tests stands.
async fn history(stack: &Stack, import: ImportId) -> anyhow::Result<Vec<String>> {
    let mut pages = stack.system.services().store.pages(keys::histories(AccountId(1), import));
    let mut lines = Vec::new();
    while let Some(items) = pages.next().await? {
        for item in items {
            let line: HistoryLine = decode(item)?;
            lines.push(format!("{}: {}", line.by, line.status));
        }
    }
    lines.sort();
    Ok(lines)
}

#[tokio::test]
async fn each_transition_names_the_function_that_made_it() -> anyhow::Result<()> {
    let stack = Stack::by_hand(5).await?;
    let functions = stack.functions();
    let (account, small, large) = (AccountId(1), ImportId(1), ImportId(2));
    for rows in [5, 10] {
        stack.post(toggl(rows, 1, 1).as_bytes(), &[]).await?.expect(202)?;
    }
    for import in [small, large] {
        let start = event(&Message::Start { account, import })?;
        assert!(parser::handle(&functions.parser, start).await.batch_item_failures.is_empty());
    }
    // A file of one chunk is loaded and settled by the parser itself.
    assert_eq!(history(&stack, small).await?, ["parser: complete", "parser: processing", "user 1: queued"]);
    for chunk in [0, 1].map(ChunkNo) {
        let load = event(&Message::Load { account, import: large, chunk })?;
        assert!(loader::handle(&functions.loader, load).await.batch_item_failures.is_empty());
    }
    assert_eq!(history(&stack, large).await?, ["loader: complete", "parser: processing", "user 1: queued"]);

    stack.delete("/v2/imports/1").await?.expect(204)?;
    let undo = event(&Message::Undo { account, import: small, by: "user 1".to_owned(), reason: None, aborts: false })?;
    assert!(revert::handle(&functions.revert, undo).await.batch_item_failures.is_empty());
    assert_eq!(
        history(&stack, small).await?,
        ["parser: complete", "parser: processing", "revert: rolled_back", "user 1: queued", "user 1: rolling_back"]
    );
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_given_up_names_the_function_that_gave_it_up() -> anyhow::Result<()> {
    let stack = Stack::by_hand(5).await?;
    let asked: Value = json!({ "upload": true, "file_size": 10, "file_name": "never.csv" });
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    stack.answer(request.json(&asked)).await?.expect(201)?;
    let services = stack.system.services();
    services.clock.turn(TOO_LATE);
    sweep::handle(&stack.functions().sweep).await?;
    assert_eq!(history(&stack, ImportId(1)).await?, ["sweep: incomplete", "user 1: new"]);

    // A file that is gone before its second chunk is loaded.
    let (functions, import) = (stack.functions(), ImportId(2));
    stack.upload(toggl(10, 1, 1).into_bytes()).await?;
    let start = event(&Message::Start { account: AccountId(1), import })?;
    assert!(parser::handle(&functions.parser, start).await.batch_item_failures.is_empty());
    let key = Import::find(services, AccountId(1), import).await?.awaits.context("no key for the file")?;
    services.files.delete(&key).await?;
    let load = event(&Message::Load { account: AccountId(1), import, chunk: ChunkNo(1) })?;
    assert!(loader::handle(&functions.loader, load).await.batch_item_failures.is_empty());
    assert_eq!(
        history(&stack, import).await?,
        ["loader: incomplete", "parser: processing", "parser: queued", "user 1: new"]
    );
    Ok(())
}
