//! Tests of imports with very many different tags and projects, which are settled and undone in steps
//! and listed by page.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::import::{Import, Status};
use shared::portions::Portions;
use shared::queue::Message;
use shared::services::Services;
use shared::settle::settle;
use shared::store::Table;
use shared::{id, revert};
use waybill::system::Functions;

use crate::dump::{differences, timeless};
use crate::files::{one, toggl};
use crate::invariants;
use crate::postman::{LONG, Postman};
use crate::stack::Stack;

const ACCOUNT: id::AccountId = id::AccountId(1);

/// Limits so small that a thousand names take several windows and many invocations.
const SMALL: Portions = Portions {
    names_at_once: 700,
    names_a_step: 200,
    notes_a_step: 3,
    made_a_block: 64,
    entries_a_page: 64,
    ledger_reads_a_page: 1,
    time: Duration::ZERO,
};

/// A stack without delivery, its postman, and a worker with the small limits.
async fn stack(rows_per_chunk: u32) -> anyhow::Result<(Stack, Postman, Functions)> {
    let stack = Stack::by_hand(rows_per_chunk).await?;
    let postman = Postman::of(&stack.system);
    let worker = another(&stack, SMALL)?;
    Ok((stack, postman, worker))
}

/// A worker in another process, which shares nothing but the stores with the first worker.
fn another(stack: &Stack, portions: Portions) -> anyhow::Result<Functions> {
    Ok(stack.system.connect(|config| config)?.map(|services| Services { portions, ..services }))
}

/// Delivers at most `most` messages, and returns the number of messages of each kind.
async fn deliver(postman: &Postman, worker: &Functions, most: usize) -> BTreeMap<String, usize> {
    let mut delivered: BTreeMap<String, usize> = BTreeMap::new();
    while delivered.values().sum::<usize>() < most {
        let Some(letter) = postman.next() else {
            if postman.is_empty() {
                break;
            }
            worker.api.clock.turn(LONG);
            continue;
        };
        let body: Value = serde_json::from_str(&letter.message.body).expect("a message is JSON");
        let kind = body.as_object().into_iter().flatten().map(|(name, _)| name.clone()).find(|name| name != "v");
        *delivered.entry(kind.expect("a message has a kind")).or_default() += 1;
        assert!(postman.deliver(&letter, worker).await, "{body}");
    }
    delivered
}

async fn import(stack: &Stack, number: u64) -> anyhow::Result<Import> {
    Ok(Import::find(stack.system.services(), ACCOUNT, id::ImportId(number)).await?)
}

/// Posts a file, and returns the id of its import.
async fn post(stack: &Stack, file: &str) -> anyhow::Result<u64> {
    let made = stack.post(file.as_bytes(), &[]).await?.expect(202)?;
    made["id"].as_u64().ok_or_else(|| anyhow::anyhow!("no id"))
}

fn ids(things: &[Value]) -> Vec<u64> {
    things.iter().filter_map(|thing| thing["id"].as_u64()).collect()
}

#[tokio::test]
async fn an_import_of_many_names_is_settled_listed_and_undone_in_steps() -> anyhow::Result<()> {
    let (stack, postman, worker) = stack(100).await?;
    // Some names of the second file exist already, and stay after the undo.
    let old = post(&stack, &toggl(40, 4, 40)).await?;
    deliver(&postman, &worker, usize::MAX).await;
    let before = stack.workspace().await?;

    let id = post(&stack, &toggl(2_400, 300, 1_200)).await?;
    let delivered = deliver(&postman, &worker, usize::MAX).await;
    assert!((7..=12).contains(&delivered["settle"]), "1,500 names in steps of 200: {delivered:?}");
    invariants::at_rest(&stack).await?;
    let shown = stack.native(id).await?;
    assert_eq!(
        (&shown["status"], &shown["projects"], &shown["tags"]),
        (&json!("complete"), &json!(296), &json!(1_160))
    );

    // Each page of each size is checked, and so are the totals of each tag.
    let tags = stack.pages(&format!("/v2/imports/{id}/tags?per_page=1000")).await?;
    assert_eq!((tags.len(), tags.iter().all(|tag| tag["entries"] == 2)), (1_160, true));
    assert!(ids(&tags).is_sorted_by(|one, other| one > other));
    let (small, all) = (stack.get(&format!("/v2/imports/{id}/tags?per_page=7&page=31")).await?, ids(&tags));
    assert_eq!(ids(small.expect(200)?.as_array().map_or(&[][..], Vec::as_slice)), all[210..217]);
    assert!(small.links()["last"].contains("page=166"), "{:?}", small.links());
    let projects = stack.pages(&format!("/v2/imports/{id}/projects?per_page=100")).await?;
    assert_eq!((projects.len(), projects.iter().all(|project| project["entries"] == 8)), (296, true));
    let found = stack.pages(&format!("/v2/imports/{id}/tags?name=tag+11")).await?;
    assert_eq!(found.len(), 110, "tag 11 is older; 110 to 119 and 1100 to 1199 are its own, with an entry of each");

    undo(&stack, &postman, &worker, id).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    undo(&stack, &postman, &worker, old).await
}

/// Undoes an import in as many invocations as necessary.
async fn undo(stack: &Stack, postman: &Postman, worker: &Functions, id: u64) -> anyhow::Result<()> {
    stack.delete(&format!("/v2/imports/{id}")).await?.expect(204)?;
    let delivered = deliver(postman, worker, usize::MAX).await;
    assert_eq!(import(stack, id).await?.status, Status::RolledBack);
    if id > 1 {
        assert!(delivered["release"] > 5, "{delivered:?}");
    }
    invariants::at_rest(stack).await
}

#[tokio::test]
async fn tags_deleted_by_hand_are_counted_out_of_the_pages_of_a_long_list() -> anyhow::Result<()> {
    let (stack, postman, worker) = stack(100).await?;
    let id = post(&stack, &toggl(400, 2, 400)).await?;
    deliver(&postman, &worker, usize::MAX).await;
    let mut left = ids(&stack.pages(&format!("/v2/imports/{id}/tags?per_page=1000")).await?);
    assert_eq!(left.len(), 400);
    // The first tag, the last tag and some tags of a single block are deleted after their only entries.
    for at in [398, 200, 199, 198, 0] {
        let tag = left.remove(at);
        let entries = stack.pages(&format!("/v2/entries?tag_ids={tag}")).await?;
        stack.delete(&format!("/v2/entries/{}", entries[0]["id"])).await?.expect(204)?;
        stack.delete(&format!("/v2/tags/{tag}")).await?.expect(204)?;
    }
    let first = stack.get(&format!("/v2/imports/{id}/tags?per_page=30&page=7")).await?;
    assert_eq!(ids(first.expect(200)?.as_array().map_or(&[][..], Vec::as_slice)), left[180..210]);
    assert_eq!(ids(&stack.pages(&format!("/v2/imports/{id}/tags?per_page=90")).await?), left);
    invariants::at_rest(&stack).await
}

#[tokio::test]
async fn an_undo_overtakes_an_import_that_settles_in_steps() -> anyhow::Result<()> {
    let (stack, postman, worker) = stack(100).await?;
    let before = stack.workspace().await?;
    let id = post(&stack, &toggl(1_500, 10, 1_500)).await?;
    while !deliver(&postman, &worker, 1).await.contains_key("settle") {}
    assert_eq!(import(&stack, id).await?.status, Status::Processing);
    let settling = Message::Settle { account: ACCOUNT, import: id::ImportId(id) };
    stack.delete(&format!("/v2/imports/{id}")).await?.expect(204)?;
    deliver(&postman, &worker, usize::MAX).await;
    // A message which arrives late finds the import undone.
    stack.system.services().queues.send(&settling).await?;
    deliver(&postman, &worker, usize::MAX).await;
    assert_eq!(import(&stack, id).await?.status, Status::RolledBack);
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_import_of_many_chunks_that_is_cancelled_is_sealed_by_loaders_in_steps() -> anyhow::Result<()> {
    let (stack, postman, worker) = stack(50).await?;
    let before = stack.workspace().await?;
    let id = post(&stack, &toggl(1_500, 10, 1_500)).await?;
    // The delivery stops after the plan and twenty-five of thirty chunks.
    deliver(&postman, &worker, 26).await;
    let path = format!("/api/v1/imports/{id}/cancel");
    let cancel = stack.bare(Method::POST, &path).header("Authorization", "Token demo");
    stack.answer(cancel).await?.expect(202)?;
    assert!(!import(&stack, id).await?.is_sealed());
    let delivered = deliver(&postman, &worker, usize::MAX).await;
    assert!(delivered["settle"] > 5, "{delivered:?}");
    let import = import(&stack, id).await?;
    assert_eq!((import.status, import.tally.map(|tally| tally.tags)), (Status::Incomplete, Some(1_250)));
    invariants::at_rest(&stack).await?;
    undo(&stack, &postman, &worker, id).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn two_that_settle_and_let_go_at_once_leave_the_tables_of_one() -> anyhow::Result<()> {
    let mut pictures = Vec::new();
    for workers in [1, 2] {
        let (stack, postman, worker) = stack(100).await?;
        let id = post(&stack, &toggl(900, 30, 900)).await?;
        while !deliver(&postman, &worker, 1).await.contains_key("settle") {}
        let others: Vec<_> = (0..workers).map(|_| another(&stack, SMALL)).collect::<Result<_, _>>()?;
        while import(&stack, id).await?.status == Status::Processing {
            let now = import(&stack, id).await?;
            let now = &now;
            let settled =
                others.iter().map(|worker| async move { settle(&worker.loader, now, &worker.loader.begin()).await });
            futures::future::try_join_all(settled).await?;
        }
        postman.lose_everything();
        invariants::at_rest(&stack).await?;
        let mut picture = vec![timeless(stack.dump(Table::Imports).await?), timeless(stack.workspace().await?)];
        // The object key of the file is random, so it cannot be compared.
        picture[0].retain(|(pk, _), _| !pk.ends_with("#notes") && !pk.contains("#S#"));
        picture[0].values_mut().for_each(|item| drop(item.remove("source")));

        stack.delete(&format!("/v2/imports/{id}")).await?.expect(204)?;
        while !deliver(&postman, &worker, 1).await.contains_key("release") {}
        while import(&stack, id).await?.status == Status::RollingBack {
            let now = import(&stack, id).await?;
            let now = &now;
            let released = others
                .iter()
                .map(|worker| async move { revert::release(&worker.revert, now, &worker.revert.begin()).await });
            futures::future::try_join_all(released).await?;
        }
        invariants::at_rest(&stack).await?;
        picture.push(timeless(stack.workspace().await?));
        pictures.push(picture);
    }
    for (one, other) in pictures[0].iter().zip(&pictures[1]) {
        assert_eq!(differences(one, other), [""; 0]);
    }
    Ok(())
}

/// Two tasks in the same process take the messages as they arrive, so the next step's message may arrive before the
/// previous step has returned.
#[tokio::test]
async fn steps_follow_each_other_in_a_process_that_works_on_several_messages_at_once() -> anyhow::Result<()> {
    let (stack, postman, worker) = stack(100).await?;
    let id = post(&stack, &toggl(1_500, 10, 1_500)).await?;
    let (stack, postman, worker) = (&stack, &postman, &worker);
    let until = |wanted: Status| {
        let task = move || async move {
            while import(stack, id).await?.status != wanted {
                match postman.next() {
                    Some(letter) => assert!(postman.deliver(&letter, worker).await),
                    None => tokio::task::yield_now().await,
                }
            }
            Ok::<_, anyhow::Error>(())
        };
        tokio::time::timeout(Duration::from_secs(60), futures::future::try_join(task(), task()))
    };
    until(Status::Complete).await??;
    stack.delete(&format!("/v2/imports/{id}")).await?.expect(204)?;
    until(Status::RolledBack).await??;
    Ok(())
}

#[tokio::test]
async fn a_lost_message_of_an_import_that_settles_in_steps_is_sent_again_by_the_sweep() -> anyhow::Result<()> {
    let (stack, postman, worker) = stack(100).await?;
    post(&stack, &one("Orchard", "Website", "design")).await?;
    deliver(&postman, &worker, usize::MAX).await;
    let id = post(&stack, &toggl(1_500, 10, 1_500)).await?;
    while !deliver(&postman, &worker, 1).await.contains_key("settle") {}
    postman.lose_everything();
    let (mut sweeps, mut woken) = (0, 0);
    while import(&stack, id).await?.status == Status::Processing {
        stack.system.services().clock.turn(Duration::from_secs(60));
        woken += sweep::handle(&worker.sweep).await?.woken;
        deliver(&postman, &worker, 1).await;
        postman.lose_everything();
        sweeps += 1;
        assert!(sweeps < 60, "it does not settle");
    }
    // The sweep wakes no import which has moved since the previous sweep.
    assert!(woken >= 4 && woken < sweeps, "{woken} wakings in {sweeps} sweeps");
    invariants::at_rest(&stack).await
}

#[tokio::test]
async fn pages_of_a_long_list_read_a_page_wherever_it_lies() -> anyhow::Result<()> {
    let (stack, postman, _) = stack(1_000).await?;
    // The limits are the deployed limits, except for the time and the number of names in a step.
    let portions = Portions { time: Duration::ZERO, names_a_step: 2_500, ..Portions::default() };
    let worker = another(&stack, portions)?;
    let id = post(&stack, &toggl(6_000, 10, 6_000)).await?;
    deliver(&postman, &worker, usize::MAX).await;
    let store = &stack.system.services().store;
    for page in [1, 100, 200] {
        let before = store.consumed().read;
        let answer = stack.get(&format!("/v2/imports/{id}/tags?per_page=30&page={page}")).await?;
        let units = store.consumed().read - before;
        assert_eq!(answer.expect(200)?.as_array().map(Vec::len), Some(30));
        println!("page {page} of 6,000 tags: {units} read units");
        // The page costs a unit for each of thirty tags and their references, and a few units for token, import,
        // head, block and roll.
        assert!(units <= 60.0 + 16.0, "page {page} reads {units} units");
    }
    Ok(())
}
