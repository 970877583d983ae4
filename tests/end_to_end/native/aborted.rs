//! Tests of imports which are aborted at their first failed row (`on_error=abort`).

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::load::load;
use shared::memory::Memory;
use shared::plan::plan;
use shared::queue::Message;
use shared::services::Services;
use shared::store::Table;

use super::{ACCOUNT, history, of_user, page, post};
use crate::dump::{Dump, differences};
use crate::faults::{Fault, Faults};
use crate::files::toggl;
use crate::invariants::at_rest;
use crate::outbox;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::Stack;
use crate::traps::hold_at;

/// The import which is aborted, after one which stands.
const ABORTED: ImportId = ImportId(2);

/// Twelve rows of which the row `bad` has a day that no month has.
fn file(bad: usize) -> Vec<u8> {
    let mut lines: Vec<_> = toggl(12, 5, 3).lines().map(str::to_owned).collect();
    lines[bad] = lines[bad].replace("2026-01-", "2026-02-3");
    (lines.join("\n") + "\n").into_bytes()
}

/// A stack with an import that stands, and a second import which names the same projects and is to be aborted, with the
/// tables before the second import was made.
async fn before(bad: usize) -> anyhow::Result<(Stack, [Dump; 2])> {
    let stack = Stack::by_hand(3).await?;
    stack.post(toggl(4, 2, 2).as_bytes(), &[]).await?.expect(202)?;
    let postman = Postman::of(&stack.system);
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let standing = others(&stack, ABORTED).await?;
    stack.upload_as(file(bad), json!({ "on_error": "abort", "autocreate_users": true })).await?;
    Ok((stack, standing))
}

async fn start(stack: &Stack) -> anyhow::Result<()> {
    let message = Message::Start { account: ACCOUNT, import: ABORTED };
    Ok(stack.system.services().queues.send(&message).await?)
}

/// The tables Imports and Workspace without the record of an import: its number, its partitions, its claim and its line on
/// the roll.
async fn others(stack: &Stack, import: ImportId) -> anyhow::Result<[Dump; 2]> {
    let mut imports = stack.dump(Table::Imports).await?;
    let own = format!("A#{ACCOUNT}#I#{import}");
    imports
        .retain(|(pk, sk), _| *pk != own && !pk.starts_with(&format!("{own}#")) && sk != "source" && sk != "imports");
    for ((pk, _), item) in &mut imports {
        if pk.ends_with("#roll") {
            item.retain(|name, _| name[1..] != import.to_string());
        }
    }
    Ok([imports, stack.workspace().await?])
}

/// Fails unless the import was aborted, and nothing of it is left but its own record.
async fn is_aborted(stack: &Stack, standing: &[Dump; 2]) -> anyhow::Result<Value> {
    let import = stack.native(ABORTED.0).await?;
    anyhow::ensure!(import["status"] == "failed", "{import}");
    for (one, other) in others(stack, ABORTED).await?.iter().zip(standing) {
        let differ = differences(one, other);
        anyhow::ensure!(differ.is_empty(), "{differ:#?}");
    }
    let counts = import["counts"].as_object().into_iter().flatten().filter_map(|(_, rows)| rows.as_u64());
    anyhow::ensure!(import["rows"] == counts.sum::<u64>(), "{import}");
    at_rest(stack).await?;
    Ok(import)
}

#[tokio::test]
async fn an_aborted_import_leaves_everything_as_before_and_names_the_first_error() -> anyhow::Result<()> {
    let (stack, standing) = before(8).await?;
    start(&stack).await?;
    let postman = Postman::of(&stack.system);
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let import = is_aborted(&stack, &standing).await?;
    let reason = import["reasons"][0].as_str().unwrap_or_default();
    assert!(reason.starts_with("row 8 on line 9 failed: "), "{reason}");
    assert_eq!((&import["errors"][0]["row"], &import["projects"], &import["tags"]), (&json!(8), &json!(0), &json!(0)));
    assert!(import["completed_at"].is_string() && import["reverted_at"].is_string(), "{import}");
    let removed = import["counts"]["created"].clone();
    assert_eq!(import["undone"], json!({ "chunks": 4, "removed": removed, "kept": [] }));
    let entries = stack.pages(&format!("/v2/imports/{ABORTED}/entries")).await?;
    assert_eq!(entries, Vec::<Value>::new());
    // It is in the Noko door's list of imports, as an import without entries.
    let listed = stack.pages("/v2/imports").await?;
    let listed: Vec<_> = listed.iter().map(|import| (&import["id"], &import["entries"])).collect();
    assert_eq!(listed.len(), 2, "{listed:?}");
    // An aborted import is no conflict for an undo, which finds nothing left; it cannot be cancelled or resumed.
    for action in ["cancel", "resume"] {
        let problem = post(&stack, &format!("/imports/{ABORTED}/{action}"), 409).await?;
        assert_eq!(problem["status_now"], "failed");
    }
    post(&stack, &format!("/imports/{ABORTED}/revert"), 202).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(stack.native(ABORTED.0).await?["status"], "rolled_back");
    let told = [
        "new user 1",
        "queued parser",
        "processing parser",
        "rolling_back loader",
        "failed revert",
        "rolling_back user 1",
        "rolled_back revert",
    ];
    assert_eq!(history(&stack, ABORTED.0).await?, told);
    for (one, other) in others(&stack, ABORTED).await?.iter().zip(&standing) {
        assert_eq!(differences(one, other), [""; 0]);
    }
    at_rest(&stack).await
}

#[tokio::test]
async fn skipped_rows_and_files_without_errors_are_not_aborted() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let unknown =
        String::from_utf8(toggl(6, 2, 2).into())?.replacen("Demo User,demo@example.com", "X,x@example.com", 2);
    let options = json!({ "on_error": "abort", "fallback_user": null });
    let id = stack.upload_as(unknown.into_bytes(), options).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(id)).await?;
    Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
    let import = stack.native(id).await?;
    assert_eq!((&import["status"], &import["counts"]["skipped"]), (&json!("complete"), &json!(2)));
    for (word, status) in [("skip", 201), ("abort", 201), ("stop", 400)] {
        let asked = json!({ "upload": true, "file_size": 1, "on_error": word });
        stack.answer(of_user(&stack, Method::POST, "/imports").json(&asked)).await?.expect(status)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_drop_is_aborted_by_its_metadata_and_the_next_in_line_goes_on() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let bucket = stack.system.services().files.bucket().to_owned();
    for (name, bad, on_error) in [("a", 5, "abort"), ("b", 5, "skip")] {
        let key = format!("inbox/1/toggl/{name}.csv");
        let put = stack.system.s3().put_object().bucket(&bucket).key(&key).metadata("on-error", on_error);
        put.body(file(bad).into()).send().await?;
        arrive(&stack.functions().parser, dropped(&key, "", name)).await?;
    }
    Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
    let reports = outbox::reports(&stack).await?;
    let told: BTreeMap<_, _> = reports.values().map(|report| (report["id"].as_u64(), &report["status"])).collect();
    assert_eq!(told, BTreeMap::from([(Some(1), &json!("failed")), (Some(2), &json!("partially_complete"))]));
    // The rows of the aborted drop are not there, so the next drop brings them.
    let second = stack.native(2).await?;
    assert_eq!((&second["counts"]["created"], &second["duplicates"]), (&json!(11), &json!(0)));
    assert_eq!(page(&stack, "?filter[status][include]=failed").await?["records"][0]["id"], 1);
    at_rest(&stack).await
}

#[tokio::test]
async fn an_abort_killed_at_any_request_ends_the_same() -> anyhow::Result<()> {
    for only_the_sweep in [false, true] {
        for n in (1..).step_by(if only_the_sweep { 3 } else { 1 }) {
            let (stack, standing) = before(2).await?;
            let (postman, faults) = (Postman::of(&stack.system), Faults::default());
            let worker = faults.connect(&stack.system)?;
            start(&stack).await?;
            faults.at(n, 1, if n % 2 == 0 { Fault::DeathBefore } else { Fault::DeathAfter });
            let survived = postman.drain(&worker, &faults).await;
            let log = faults.log();
            faults.none();
            let worker = worker.map(|services| Services { memory: Memory::default(), ..services });
            if only_the_sweep {
                postman.lose_everything();
            }
            for _ in 0..6 {
                stack.system.services().clock.turn(LONG);
                postman.drain_all(&worker, &faults).await;
                if only_the_sweep {
                    sweep::handle(&worker.sweep).await?;
                }
            }
            let ended = is_aborted(&stack, &standing).await;
            ended
                .map_err(|error| anyhow::anyhow!("killed at {n}, only the sweep {only_the_sweep}: {error}\n{log:?}"))?;
            if survived {
                assert!(n > 40, "{n}");
                break;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_undo_that_meets_an_abort_wins_and_a_cancel_wins_if_it_comes_first() -> anyhow::Result<()> {
    let mut seen = BTreeMap::new();
    for action in ["cancel", "revert"] {
        for n in 1.. {
            let (stack, standing) = before(2).await?;
            let postman = Postman::of(&stack.system);
            plan(&stack.functions().parser, ACCOUNT, ABORTED).await?;
            let hold = hold_at(n);
            let slow = hold.faults.connect(&stack.system)?;
            let mut loading = Box::pin(load(&slow.loader, ACCOUNT, ABORTED, ChunkNo(0)));
            let held = hold.until_held(&mut loading).await;
            let request = of_user(&stack, Method::POST, &format!("/imports/{ABORTED}/{action}"));
            let answer = stack.answer(request).await?;
            if held {
                hold.let_go.send(true)?;
                loading.await?;
            }
            postman.drain_all(stack.functions(), &Faults::default()).await;
            let status = stack.native(ABORTED.0).await?["status"].as_str().unwrap_or_default().to_owned();
            match (action, answer.status.as_u16(), status.as_str()) {
                // Whether the abort came first or not.
                ("revert", 202, "rolled_back") => {
                    for (one, other) in others(&stack, ABORTED).await?.iter().zip(&standing) {
                        assert_eq!(differences(one, other), [""; 0], "{n}");
                    }
                }
                ("cancel", 202, "incomplete") => {}
                ("cancel", 409, "failed") => drop(is_aborted(&stack, &standing).await?),
                other => panic!("{other:?} at {n}"),
            }
            at_rest(&stack).await?;
            if status == "incomplete" {
                // The failed row is met when the import goes on, if it was not met before.
                post(&stack, &format!("/imports/{ABORTED}/resume"), 202).await?;
                postman.drain_all(stack.functions(), &Faults::default()).await;
                is_aborted(&stack, &standing).await?;
            }
            *seen.entry((action, answer.status.as_u16())).or_insert(0) += 1;
            if !held {
                assert!(n > 10, "{n}");
                break;
            }
        }
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
    Ok(())
}
