//! Tests of imports which are stopped and resumed.

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::json;
use shared::id::{ChunkNo, ImportId};
use shared::import::{Counts, Status, resume};
use shared::ledger::Chunk;
use shared::load::load;
use shared::memory::Memory;
use shared::plan::plan;
use shared::services::Services;
use shared::settle::stop::cancel;
use shared::store::Table;
use waybill::system::Functions;

use super::{ACCOUNT, history, of_user, post, stored};
use crate::dump::{Dump, differences, note_by_note, timeless};
use crate::faults::{Fault, Faults};
use crate::files::toggl;
use crate::invariants::{World, at_rest};
use crate::kill::TINY;
use crate::postman::{LONG, Postman, hand_over};
use crate::stack::Stack;
use crate::world::Draw;

const IMPORT: ImportId = ImportId(1);
const SEEDS: u64 = 24;

/// Twenty-six rows in nine chunks, with a bad row and rows of an unknown person.
fn file() -> String {
    let mut lines: Vec<_> = toggl(26, 5, 4).lines().map(str::to_owned).collect();
    lines[8] = lines[8].replace("2026-01-", "2026-02-3");
    for line in &mut lines[12..14] {
        *line = line.replace("Demo User,demo@example.com", "Nobody,nobody@example.com");
    }
    lines.join("\n") + "\n"
}

async fn sent() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(3).await?;
    stack.post(file().as_bytes(), &[("fallback_user", "null")]).await?.expect(202)?;
    Ok(stack)
}

/// The tables Imports and Workspace without times, the history, and the marks of rounds.
async fn picture(stack: &Stack) -> anyhow::Result<[Dump; 2]> {
    let mut imports = stack.dump(Table::Imports).await?;
    imports.retain(|(_, sk), _| sk != "source" && !sk.starts_with("history#"));
    let mut both = [note_by_note(timeless(imports))?, timeless(stack.workspace().await?)];
    for item in both.iter_mut().flat_map(|dump| dump.values_mut()) {
        for name in ["round", "place", "source", "sequence"] {
            item.remove(name);
        }
    }
    Ok(both)
}

/// Fails unless the counts shown obey the law and equal the sum over the ledger pages as stored.
async fn conserved(stack: &Stack, id: u64) -> anyhow::Result<()> {
    let import = stack.native(id).await?;
    let mut pages = Counts::default();
    let own = format!("A#{ACCOUNT}#I#{id}");
    for ((pk, sk), item) in stack.dump(Table::Imports).await? {
        if pk == own && sk.starts_with("chunk#") {
            let page = Chunk::decode(item)?.page;
            pages = page.iter().fold(pages, |sum, page| sum.plus(&Counts::of(page)));
        }
    }
    let Some(rows) = import["rows"].as_u64() else { return Ok(()) };
    let mut left = rows;
    for (outcome, number) in pages.outcomes() {
        ensure!(import["counts"][outcome] == number, "{outcome} is {number} by the pages: {import}");
        left -= number;
    }
    ensure!(import["counts"]["pending"] == left, "{left} rows are left by the pages: {import}");
    let wrong = World::read(stack).await?.violations();
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

fn another_process(worker: Functions) -> Functions {
    worker.map(|services| Services { memory: Memory::default(), ..services })
}

/// Lives through cancels, resumes, deaths and messages which come twice, in the order of a seed, until the import is
/// complete. Returns how often the import was resumed.
async fn live(stack: &Stack, seed: u64) -> anyhow::Result<u32> {
    let (postman, faults, mut draw) = (Postman::of(&stack.system), Faults::default(), Draw(seed));
    let mut worker = faults.connect(&stack.system)?;
    if draw.one_in(2) {
        worker = worker.map(|services| Services { portions: TINY, ..services });
    }
    let clock = &stack.system.services().clock;
    for deeds in 0.. {
        ensure!(deeds < 2_000, "it does not come to an end");
        let import = stored(stack, IMPORT.0).await?;
        if import.status == Status::PartiallyComplete {
            break;
        }
        let disturbed = deeds < 60 && draw.one_in(3);
        if disturbed {
            let fault = if draw.one_in(2) { Fault::DeathBefore } else { Fault::DeathAfter };
            faults.at(1 + draw.below(25), 1, fault);
        }
        let work = async {
            match draw.below(if deeds < 60 { 12 } else { 8 }) {
                0..=5 => {
                    let Some(letter) = postman.next() else {
                        clock.turn(LONG);
                        sweep::handle(&worker.sweep).await?;
                        return Ok(());
                    };
                    // One of three messages comes again.
                    match draw.one_in(3) {
                        true => drop(hand_over(&letter, &worker).await),
                        false => drop(postman.deliver(&letter, &worker).await),
                    }
                }
                6 => clock.turn(LONG),
                8..=9 => drop(cancel(&worker.api, &import, "user 1").await),
                _ => drop(resume(&worker.api, &import, &"user 1".into()).await),
            }
            anyhow::Ok(())
        };
        if faults.outlive(Box::pin(work)).await.transpose()?.is_none() {
            worker = another_process(worker);
        }
        faults.none();
        conserved(stack, IMPORT.0).await?;
    }
    postman.drain_all(&worker, &faults).await;
    Ok(stored(stack, IMPORT.0).await?.round)
}

#[tokio::test]
async fn whatever_is_cancelled_resumed_killed_and_delivered_twice_ends_as_if_it_had_not_been() -> anyhow::Result<()> {
    let undisturbed = {
        let stack = sent().await?;
        Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(stack.native(1).await?["status"], "partially_complete");
        picture(&stack).await?
    };
    let mut rounds = 0;
    for seed in 1..=SEEDS {
        let stack = sent().await?;
        rounds += live(&stack, seed).await.with_context(|| format!("seed {seed}"))?;
        let disturbed = picture(&stack).await?;
        // An end in steps stores the list of things made in blocks, which is compared by `at_rest`.
        let is_made = |line: &String| line.contains("\"made");
        for (one, other) in disturbed.iter().zip(&undisturbed) {
            let differ: Vec<_> = differences(one, other).into_iter().filter(|line| !is_made(line)).collect();
            assert_eq!(differ, [""; 0], "seed {seed}");
        }
        at_rest(&stack).await.with_context(|| format!("seed {seed}"))?;
    }
    println!("{SEEDS} imports were resumed {rounds} times");
    assert!(u64::from(rounds) > SEEDS / 2, "{rounds}");
    Ok(())
}

#[tokio::test]
async fn a_resume_killed_at_any_request_goes_on_when_the_sweep_comes_by() -> anyhow::Result<()> {
    let mut undisturbed = None;
    for n in 0.. {
        let stack = sent().await?;
        let services = stack.system.services();
        let (postman, faults) = (Postman::of(&stack.system), Faults::default());
        plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
        for chunk in [0, 4] {
            load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(chunk)).await?;
        }
        post(&stack, "/imports/1/cancel", 202).await?;
        postman.lose_everything();
        at_rest(&stack).await?;
        let worker = faults.connect(&stack.system)?;
        if n > 0 {
            faults.at(n, 1, if n % 2 == 0 { Fault::DeathBefore } else { Fault::DeathAfter });
        }
        let import = stored(&stack, 1).await?;
        let asked = faults.outlive(Box::pin(resume(&worker.api, &import, &"user 1".into()))).await;
        let mut survived = asked.is_some();
        if survived {
            // The import rests first.
            survived = postman.drain(&worker, &faults).await;
            services.clock.turn(LONG);
            survived = survived && postman.drain(&worker, &faults).await;
        }
        faults.none();
        let worker = another_process(worker);
        if stored(&stack, 1).await?.status == Status::Incomplete {
            // The client got no answer and asks again.
            post(&stack, "/imports/1/resume", 202).await?;
        }
        if !survived {
            postman.lose_everything();
        }
        for _ in 0..6 {
            services.clock.turn(LONG);
            sweep::handle(&worker.sweep).await?;
            postman.drain_all(&worker, &faults).await;
        }
        let picture = picture(&stack).await?;
        at_rest(&stack).await.with_context(|| format!("killed at {n}"))?;
        match &undisturbed {
            None => undisturbed = Some(picture),
            Some(undisturbed) => {
                for (one, other) in picture.iter().zip(undisturbed) {
                    assert_eq!(differences(one, other), [""; 0], "killed at {n}");
                }
            }
        }
        if n > 0 && survived {
            assert!(n > 40, "{n}");
            return Ok(());
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_stop_before_the_load_is_resumed_where_it_was() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    // As `new`, without a file: awaited again, and the file may have arrived meanwhile.
    let asked = json!({ "upload": true, "file_size": file().len(), "file_name": "late.csv" });
    let made = stack.answer(of_user(&stack, Method::POST, "/imports").json(&asked)).await?.expect(201)?;
    post(&stack, "/imports/1/cancel", 202).await?;
    assert_eq!(post(&stack, "/imports/1/resume", 202).await?["status"], "new");
    post(&stack, "/imports/1/cancel", 202).await?;
    stack.put(&made, file().into()).await?.expect(200)?;
    post(&stack, "/imports/1/resume", 202).await?;
    postman.drain_all(stack.functions(), &faults).await;
    assert_eq!(stack.native(1).await?["status"], "partially_complete");
    // As `queued`, before its plan.
    stack.post(file().as_bytes(), &[]).await?.expect(202)?;
    post(&stack, "/imports/2/cancel", 202).await?;
    let resumed = post(&stack, "/imports/2/resume", 202).await?;
    assert_eq!((&resumed["status"], &resumed["rows"]), (&json!("queued"), &json!(null)));
    postman.drain_all(stack.functions(), &faults).await;
    assert_eq!(stack.native(2).await?["status"], "partially_complete");
    assert_eq!(
        history(&stack, 2).await?,
        ["queued user 1", "incomplete user 1", "queued user 1", "processing parser", "partially_complete loader"]
    );
    // The time for an upload is over, whether the import was cancelled or given up.
    for _ in 0..2 {
        stack.answer(of_user(&stack, Method::POST, "/imports").json(&asked)).await?.expect(201)?;
    }
    post(&stack, "/imports/3/cancel", 202).await?;
    stack.system.services().clock.turn(std::time::Duration::from_secs(3 * 3600));
    sweep::handle(&stack.functions().sweep).await?;
    for id in [3, 4] {
        let problem = post(&stack, &format!("/imports/{id}/resume"), 409).await?;
        assert_eq!(problem["status_now"], "incomplete");
        let said = "cannot be resumed: the time for the upload of its file is over";
        assert_eq!(problem["detail"], format!("import {id} {said}"));
    }
    // The file is gone.
    stack.post(file().as_bytes(), &[]).await?.expect(202)?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(5)).await?;
    post(&stack, "/imports/5/cancel", 202).await?;
    let source = stored(&stack, 5).await?.source.context("no file")?;
    stack.system.services().files.delete(&source.key).await?;
    let problem = post(&stack, "/imports/5/resume", 409).await?;
    assert_eq!(problem["detail"], "import 5 cannot be resumed: its file is gone");
    at_rest(&stack).await
}

#[tokio::test]
async fn an_import_given_up_by_the_sweep_is_resumed_and_not_given_up_at_once() -> anyhow::Result<()> {
    let stack = sent().await?;
    let services = stack.system.services();
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    for _ in 0..20 {
        postman.lose_everything();
        services.clock.turn(std::time::Duration::from_secs(3_700));
        sweep::handle(&stack.functions().sweep).await?;
    }
    assert_eq!(stack.native(1).await?["status"], "incomplete");
    postman.lose_everything();
    post(&stack, "/imports/1/resume", 202).await?;
    services.clock.turn(LONG);
    // A parser starts the import again, and its messages are lost once more.
    plan(&stack.functions().parser, ACCOUNT, IMPORT).await?;
    postman.lose_everything();
    services.clock.turn(LONG);
    sweep::handle(&stack.functions().sweep).await?;
    assert_eq!(stack.native(1).await?["status"], "processing");
    postman.drain_all(stack.functions(), &faults).await;
    assert_eq!(stack.native(1).await?["status"], "partially_complete");
    at_rest(&stack).await
}
