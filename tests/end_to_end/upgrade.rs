//! Work that functions of the version before left half way, finished by today's functions.
//!
//! `fixtures/version_7` holds two tables, the files and the waiting messages of four imports, written by the functions of the
//! last commit that packed values as version 7 (`.ci/upgrade --fixture FOLDER` writes them anew):
//!
//! | import | left | waits |
//! |---|---|---|
//! | 1, time entries | the first of two chunks loaded; 998 of its rows are skipped, for they name a person whom nobody knows | the load of the second chunk |
//! | 2, contacts | loaded; its undo asked for | the undo |
//! | 3, time entries | loaded | nothing |
//! | 4, time entries | its file stored | the start |

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::store::{Item, Table};

use crate::dump::{Dump, differences, timeless};
use crate::faults::Faults;
use crate::invariants::at_rest;
use crate::native::post;
use crate::postman::Postman;
use crate::stack::Stack;

/// An item in the form in which DynamoDB exports a table.
#[derive(Deserialize)]
struct Exported {
    #[serde(rename = "Item")]
    item: serde_dynamo::Item,
}

/// A message which waits in a queue.
#[derive(Deserialize)]
struct Waiting {
    queue: String,
    body: String,
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("end_to_end/fixtures/version_7").join(name)
}

/// The lines of a file of the fixture, each of them JSON.
fn lines<T: for<'de> Deserialize<'de>>(name: &str) -> anyhow::Result<Vec<T>> {
    let text = fs::read_to_string(fixture(name)).with_context(|| format!("{name} cannot be read"))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// A stack with the tables, files and messages of the fixture. The outbox is empty: its events were published long ago.
async fn left_behind() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(1000).await?;
    let services = stack.system.services();
    for (table, name) in [(Table::Imports, "imports.json"), (Table::Workspace, "workspace.json")] {
        let items = lines::<Exported>(name)?.into_iter().map(|exported| (table, Item::from(exported.item)));
        services.store.put_all(items.collect()).await?;
    }
    for (import, name) in [(1, "half.csv"), (2, "people.csv"), (3, "done.csv"), (4, "queued.csv")] {
        services.files.put(&format!("sources/1/{import}/{name}"), fs::read(fixture(name))?.into()).await?;
    }
    for Waiting { queue, body } in lines("messages.json")? {
        let queue = match queue.as_str() {
            "work" => "WorkQueue",
            "load" => "LoadQueue",
            "revert" => "RevertQueue",
            other => anyhow::bail!("{other} is no queue"),
        };
        stack.system.queues().send(queue, &body, None)?;
    }
    Ok(stack)
}

/// Status, and the numbers of rows which were created, skipped and removed.
async fn told(stack: &Stack, import: u64) -> anyhow::Result<Value> {
    let shown = stack.native(import).await?;
    Ok(json!([shown["status"], shown["counts"]["created"], shown["counts"]["skipped"], shown["undone"]["removed"]]))
}

/// The workspace without times.
async fn workspace(stack: &Stack) -> anyhow::Result<Dump> {
    Ok(timeless(stack.workspace().await?))
}

#[tokio::test]
async fn what_functions_of_the_version_before_left_half_way_is_finished_and_undone() -> anyhow::Result<()> {
    let empty = workspace(&Stack::by_hand(1000).await?).await?;
    let stack = left_behind().await?;
    let before = [told(&stack, 1).await?, told(&stack, 2).await?, told(&stack, 3).await?, told(&stack, 4).await?];
    let left = [
        json!(["processing", 2, 998, 0]),
        json!(["rolling_back", 5, 0, 0]),
        json!(["complete", 5, 0, 0]),
        json!(["queued", null, null, 0]),
    ];
    assert_eq!(before, left);

    let postman = Postman::of(&stack.system);
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let after = [told(&stack, 1).await?, told(&stack, 2).await?, told(&stack, 3).await?, told(&stack, 4).await?];
    let finished = [
        json!(["complete", 4, 999, 0]),
        json!(["rolled_back", 5, 0, 5]),
        json!(["complete", 5, 0, 0]),
        json!(["complete", 6, 0, 0]),
    ];
    assert_eq!(after, finished);

    for import in [4, 1, 3] {
        post(&stack, &format!("/imports/{import}/revert"), 202).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        ensure!(stack.native(import).await?["status"] == "rolled_back", "import {import} is not undone");
    }
    at_rest(&stack).await?;
    let mut found = differences(&workspace(&stack).await?, &empty);
    // The accounts and their users are those of the fixture.
    found.retain(|line| !line.contains(" created_at: "));
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}
