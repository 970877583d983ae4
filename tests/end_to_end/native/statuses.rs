//! A test of the ten statuses: each is reached through the door, found by its filter, and told by its history.

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::ImportId;
use shared::plan::plan;

use super::{ACCOUNT, history, of_user, page, post};
use crate::faults::Faults;
use crate::files::TOGGL;
use crate::postman::Postman;
use crate::stack::Stack;

/// A step towards a status. Nothing happens by itself.
enum Step {
    /// The door is asked to upload a file, which never comes.
    Ask,
    /// The file is uploaded, with options.
    Upload(String, Value),
    /// A parser gets S3's event about the file.
    Event,
    /// All messages are delivered.
    Deliver,
    /// The door is asked for a change of status.
    Post(&'static str),
}

async fn take(stack: &Stack, step: Step, id: &mut u64) -> anyhow::Result<()> {
    match step {
        Step::Ask => {
            let asked = json!({ "upload": true, "file_size": 10, "file_name": "never.csv" });
            let made = stack.answer(of_user(stack, Method::POST, "/imports").json(&asked)).await?.expect(201)?;
            *id = made["id"].as_u64().context("no id")?;
        }
        Step::Upload(file, options) => *id = stack.upload_as(file.into(), options).await?,
        Step::Event => plan(&stack.functions().parser, ACCOUNT, ImportId(*id)).await?,
        Step::Deliver => Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await,
        Step::Post(action) => drop(post(stack, &format!("/imports/{id}/{action}"), 202).await?),
    }
    Ok(())
}

#[tokio::test]
async fn each_of_the_ten_statuses_is_reached_through_the_door_found_and_told() -> anyhow::Result<()> {
    let stack = Stack::by_hand(2).await?;
    let good = || Step::Upload(TOGGL.to_owned(), json!({}));
    let mut lines: Vec<_> = TOGGL.lines().map(str::to_owned).collect();
    lines[4] = lines[4].replace("2026-", "2026-99-");
    let bad = lines.join("\n");
    let header = TOGGL.lines().next().unwrap_or_default();
    let worse = format!("{header}\r\nDemo User,too,few\r\n");
    let (made, started) = (["new user 1"], ["new user 1", "queued parser", "processing parser"]);
    let told = |before: &[&str], then: &[&str]| [before, then].concat().join(", ");
    let cases = [
        ("new", vec![Step::Ask], told(&made, &[])),
        (
            "queued",
            vec![good(), Step::Event, Step::Post("cancel"), Step::Post("resume")],
            told(&started, &["incomplete user 1", "queued user 1"]),
        ),
        ("processing", vec![good(), Step::Event], told(&started, &[])),
        ("complete", vec![good(), Step::Event, Step::Deliver], told(&started, &["complete loader"])),
        (
            "partially_complete",
            vec![Step::Upload(bad.clone(), json!({})), Step::Event, Step::Deliver],
            told(&started, &["partially_complete loader"]),
        ),
        ("failed", vec![Step::Upload(worse, json!({})), Step::Event], told(&started, &["failed parser"])),
        ("incomplete", vec![good(), Step::Event, Step::Post("cancel")], told(&started, &["incomplete user 1"])),
        (
            "unsupported",
            vec![Step::Upload("name,colour\nrose,red\n".to_owned(), json!({})), Step::Event],
            told(&started[..2], &["unsupported parser"]),
        ),
        ("rolling_back", vec![good(), Step::Event, Step::Post("revert")], told(&started, &["rolling_back user 1"])),
        (
            "rolled_back",
            vec![good(), Step::Event, Step::Post("revert"), Step::Deliver],
            told(&started, &["rolling_back user 1", "rolled_back revert"]),
        ),
        (
            "failed",
            vec![Step::Upload(bad, json!({ "on_error": "abort" })), Step::Event, Step::Deliver],
            told(&started, &["rolling_back loader", "failed revert"]),
        ),
    ];
    for (status, steps, told) in cases {
        let mut id = 0;
        for step in steps {
            take(&stack, step, &mut id).await?;
        }
        let import = stack.native(id).await?;
        ensure!(import["status"] == status, "{import}");
        let found = page(&stack, &format!("?filter[status][include]={status}")).await?;
        let found: Vec<_> = found["records"].as_array().into_iter().flatten().map(|record| &record["id"]).collect();
        ensure!(found.first() == Some(&&json!(id)), "{status}: {found:?}");
        assert_eq!(history(&stack, id).await?.join(", "), told, "{status}");
        // Messages of this import do not disturb the next.
        Postman::of(&stack.system).lose_everything();
    }
    Ok(())
}
