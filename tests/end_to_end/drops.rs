//! Tests of drops, which are files put directly into the bucket's inbox over S3.

mod arrivals;
mod contacts;
mod names;
mod reports;

use std::collections::BTreeMap;

use anyhow::Context;
use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use shared::id::{AccountId, ImportId};
use shared::import::{Import, Status};
use shared::revert;
use shared::services::Services;
use shared::store::Table;

use crate::dump::{Dump, differences};
use crate::faults::{Fault, Faults};
use crate::files::{TOGGL, TOGGL_SECONDS};
use crate::invariants::at_rest;
use crate::outbox;
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::stack::Stack;
use crate::world::Draw;

/// Puts a file into an account's inbox under the given key and metadata.
async fn put(stack: &Stack, key: &str, file: &[u8], metadata: &[(&str, &str)]) -> anyhow::Result<()> {
    let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket()).key(key);
    let put = metadata.iter().fold(put, |put, (name, value)| put.metadata(*name, *value));
    put.body(ByteStream::from(file.to_vec())).send().await?;
    Ok(())
}

async fn drop_file(stack: &Stack, key: &str, file: &[u8], metadata: &[(&str, &str)]) -> anyhow::Result<()> {
    put(stack, key, file, metadata).await?;
    stack.idle().await
}

/// The report of the latest import whose file has this name.
async fn report(stack: &Stack, file_name: &str) -> anyhow::Result<Value> {
    let reports = outbox::reports(stack).await?.into_values();
    let last = reports.filter(|report| report["file_name"] == file_name).max_by_key(|report| report["id"].as_u64());
    last.with_context(|| format!("{file_name} has no report"))
}

fn told(report: &Value) -> Value {
    let counts = &report["counts"];
    json!([report["status"], report["rows"], counts["created"], counts["skipped"], report["duplicates"]])
}

fn toggl(rows: impl IntoIterator<Item = (u32, &'static str)>) -> Vec<u8> {
    let mut file = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,\
        Duration,Tags\n"
        .to_owned();
    for (day, text) in rows {
        file.push_str(&format!(
            "Demo User,demo@example.com,Garden,Website,,{text},Yes,2026-03-{day:02},09:00:00,2026-03-{day:02},10:00:00,\
             01:00:00,design\n"
        ));
    }
    file.into_bytes()
}

#[tokio::test]
async fn a_file_in_the_inbox_is_imported_and_its_outcome_told() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    drop_file(&stack, "inbox/1/auto/march.csv", TOGGL.as_bytes(), &[]).await?;
    let report = report(&stack, "march.csv").await?;
    assert_eq!(told(&report), json!(["complete", 5, 5, 0, 0]));
    assert_eq!([&report["format"], &report["seconds"]], [&json!("toggl"), &json!(TOGGL_SECONDS)]);
    assert_eq!(report["source"]["key"], "inbox/1/auto/march.csv");
    let import = stack.native(1).await?;
    assert_eq!(import["counts"], report["counts"]);
    stack.undo(1).await?;
    assert_eq!(differences(&before, &stack.workspace().await?), Vec::<String>::new());
    assert_eq!(self::report(&stack, "march.csv").await?["status"], "rolled_back");
    Ok(())
}

#[tokio::test]
async fn the_same_bytes_again_are_a_new_import_that_skips_what_is_there() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    drop_file(&stack, "inbox/1/toggl/a.csv", TOGGL.as_bytes(), &[]).await?;
    let once = stack.workspace().await?;
    drop_file(&stack, "inbox/1/toggl/a.csv", TOGGL.as_bytes(), &[]).await?;
    // Each import holds a reference to its user, and an import without new entries holds no other reference.
    let others = |dump: Dump| Dump::from_iter(dump.into_iter().filter(|((pk, _), _)| !pk.contains("user")));
    assert_eq!(told(&report(&stack, "a.csv").await?), json!(["complete", 5, 0, 5, 5]));
    drop_file(&stack, "inbox/1/toggl/b.csv", TOGGL.as_bytes(), &[]).await?;
    assert_eq!(told(&report(&stack, "b.csv").await?), json!(["complete", 5, 0, 5, 5]));
    assert_eq!(differences(&others(once), &others(stack.workspace().await?)), Vec::<String>::new());
    // Entries of an undone import do not count as existing.
    stack.undo(1).await?;
    drop_file(&stack, "inbox/1/toggl/a.csv", TOGGL.as_bytes(), &[]).await?;
    assert_eq!(told(&report(&stack, "a.csv").await?), json!(["complete", 5, 5, 0, 0]));
    Ok(())
}

#[tokio::test]
async fn an_export_that_overlaps_an_earlier_one_brings_only_what_is_new() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    let march = (1..=20).map(|day| (day, "Sketch"));
    drop_file(&stack, "inbox/1/toggl/first.csv", &toggl(march), &[]).await?;
    let later = (15..=30).rev().map(|day| (day, "Sketch"));
    drop_file(&stack, "inbox/1/toggl/second.csv", &toggl(later), &[]).await?;
    assert_eq!(told(&report(&stack, "second.csv").await?), json!(["complete", 16, 10, 6, 6]));
    // An entry which was deleted by hand does not count as existing.
    let entries = stack.pages("/v2/entries?per_page=100").await?;
    assert_eq!(entries.len(), 30);
    let gone = entries.iter().find(|entry| entry["date"] == "2026-03-18").map(|entry| entry["id"].clone());
    stack.delete(&format!("/v2/entries/{}", gone.unwrap_or_default())).await?.expect(204)?;
    drop_file(&stack, "inbox/1/toggl/third.csv", &toggl((1..=30).map(|day| (day, "Sketch"))), &[]).await?;
    assert_eq!(told(&report(&stack, "third.csv").await?), json!(["complete", 30, 1, 29, 29]));
    Ok(())
}

#[tokio::test]
async fn equal_rows_are_counted_wherever_they_stand_in_the_file() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    drop_file(&stack, "inbox/1/toggl/two.csv", &toggl([(3, "Tea"), (4, "Sketch"), (5, "Sketch"), (3, "Tea")]), &[])
        .await?;
    assert_eq!(told(&report(&stack, "two.csv").await?), json!(["complete", 4, 4, 0, 0]));
    // Two such entries exist, so two of the five rows count as existing.
    let five = toggl([(3, "Tea"), (3, "Tea"), (9, "Sketch"), (3, "Tea"), (3, "Tea"), (9, "Sketch"), (3, "Tea")]);
    drop_file(&stack, "inbox/1/toggl/five.csv", &five, &[]).await?;
    assert_eq!(told(&report(&stack, "five.csv").await?), json!(["complete", 7, 5, 2, 2]));
    drop_file(&stack, "inbox/1/toggl/again.csv", &five, &[]).await?;
    assert_eq!(told(&report(&stack, "again.csv").await?), json!(["complete", 7, 0, 7, 7]));
    Ok(())
}

#[tokio::test]
async fn options_come_from_metadata_or_a_side_car() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let twice = [("duplicates", "create"), ("import-tags", "false"), ("fallback_user", "null")];
    drop_file(&stack, "inbox/1/auto/a.csv", TOGGL.as_bytes(), &[]).await?;
    drop_file(&stack, "inbox/1/auto/a.csv", TOGGL.as_bytes(), &twice).await?;
    assert_eq!(told(&report(&stack, "a.csv").await?), json!(["complete", 5, 5, 0, 0]));
    let tagged = stack.get("/v2/imports/2/tags").await?.expect(200)?;
    assert_eq!(tagged, json!([]));
    let freckle = "Date,Person,Minutes,Project,Description\n8/9/2026,Demo User,60,Website,Sketch\n";
    drop_file(&stack, "inbox/1/freckle/b.csv", freckle.as_bytes(), &[]).await?;
    assert_eq!(report(&stack, "b.csv").await?["status"], "unsupported");
    let options = json!({ "date_order": "mdy", "user": "demo@example.com" }).to_string();
    drop_file(&stack, "inbox/1/freckle/b.csv.options.json", options.as_bytes(), &[]).await?;
    drop_file(&stack, "inbox/1/freckle/b.csv", freckle.as_bytes(), &[]).await?;
    assert_eq!(told(&report(&stack, "b.csv").await?), json!(["complete", 1, 1, 0, 0]));
    // The side-car file has not become an import.
    stack.get("/v2/imports/5").await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn what_cannot_become_an_import_is_told_why() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    for (key, metadata, reason) in [
        ("inbox/1/timecamp/x.csv", vec![], "type unknown format \"timecamp\""),
        ("inbox/1/auto/x.csv", vec![("date_order", "sideways")], "date_order"),
        ("inbox/1/auto/x.csv", vec![("colour", "red")], "colour is not known"),
        ("inbox/1/auto/x.csv", vec![("user", "nobody@example.com")], "user is no user"),
        ("inbox/1/auto/x.csv", vec![("fallback-user", "77")], "fallback_user does not exist"),
    ] {
        outbox::forget(&stack).await?;
        drop_file(&stack, key, TOGGL.as_bytes(), &metadata).await?;
        let report = report(&stack, "x.csv").await?;
        assert_eq!([&report["id"], &report["status"]], [&Value::Null, &json!("unsupported")]);
        assert!(report["reasons"].to_string().replace('\\', "").contains(reason), "{report}");
    }
    drop_file(&stack, "inbox/1/auto/y.csv.options.json", b"date_order=mdy", &[]).await?;
    drop_file(&stack, "inbox/1/auto/y.csv", TOGGL.as_bytes(), &[]).await?;
    assert!(report(&stack, "y.csv").await?["reasons"].to_string().contains("no JSON object"));
    // A drop for an unknown account, or under a key without an account, gets no report.
    for key in ["inbox/77/auto/x.csv", "inbox/loose.csv", "inbox/x/auto/x.csv"] {
        drop_file(&stack, key, TOGGL.as_bytes(), &[]).await?;
    }
    stack.get("/v2/imports/1").await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn an_event_twice_is_one_import_and_one_of_a_replaced_object_is_none() -> anyhow::Result<()> {
    let stack = Stack::by_hand(2).await?;
    let services = stack.system.services();
    let key = "inbox/1/auto/a.csv";
    put(&stack, key, b"Date,Minutes\n", &[]).await?;
    let before = services.files.head(key).await?;
    put(&stack, key, TOGGL.as_bytes(), &[]).await?;
    let now = services.files.head(key).await?;
    arrive(&stack.functions().parser, dropped(key, &before.etag, "01")).await?;
    stack.get("/v2/imports/1").await?.expect(404)?;
    for _ in 0..3 {
        arrive(&stack.functions().parser, dropped(key, &now.etag, "02")).await?;
    }
    stack.get("/v2/imports/1").await?.expect(200)?;
    stack.get("/v2/imports/2").await?.expect(404)?;
    arrive(&stack.functions().parser, dropped(key, &now.etag, "03")).await?;
    stack.get("/v2/imports/2").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn drops_of_an_account_wait_for_each_other_in_the_order_they_came() -> anyhow::Result<()> {
    let stack = Stack::by_hand(2).await?;
    let services = stack.system.services();
    for (n, name) in ["a", "b", "c"].into_iter().enumerate() {
        let key = format!("inbox/1/toggl/{name}.csv");
        put(&stack, &key, TOGGL.as_bytes(), &[]).await?;
        arrive(&stack.functions().parser, dropped(&key, &services.files.head(&key).await?.etag, &n.to_string()))
            .await?;
    }
    let statuses = async || {
        let mut statuses = Vec::new();
        for id in 1..=3 {
            statuses.push(stack.native(id).await?["status"].as_str().unwrap_or_default().to_owned());
        }
        anyhow::Ok(statuses)
    };
    assert_eq!(statuses().await?, ["processing", "queued", "queued"]);
    // The sweep neither wakes nor gives up the waiting drop, as long as the first may still go on.
    for _ in 0..3 {
        services.clock.turn(crate::postman::LONG);
        sweep::handle(&stack.functions().sweep).await?;
    }
    assert_eq!(statuses().await?[1..], ["queued", "queued"]);
    // The middle drop is undone before its start, and the last drop does not wait for it.
    let postman = crate::postman::Postman::of(&stack.system);
    stack.delete("/v2/imports/2").await?.expect(204)?;
    postman.drain_all(stack.functions(), &crate::faults::Faults::default()).await;
    assert_eq!(statuses().await?, ["complete", "rolled_back", "complete"]);
    assert_eq!(told(&report(&stack, "c.csv").await?), json!(["complete", 5, 0, 5, 5]));
    let open: Vec<_> =
        stack.dump(Table::Imports).await?.into_values().filter(|item| item.contains_key("open")).collect();
    assert!(open.is_empty(), "{open:?}");
    Ok(())
}

/// Number of existing entries for each pair of date and text.
async fn standing(stack: &Stack) -> anyhow::Result<BTreeMap<(String, String), usize>> {
    let mut standing = BTreeMap::new();
    for entry in stack.pages("/v2/entries?per_page=1000").await? {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        *standing.entry((text("date"), text("description"))).or_default() += 1;
    }
    Ok(standing)
}

#[tokio::test]
async fn whatever_overlaps_a_drop_brings_exactly_what_is_missing() -> anyhow::Result<()> {
    const TEXTS: [&str; 3] = ["Tea", "Sketch", "Review"];
    for seed in 1..=6 {
        let mut draw = Draw(seed);
        let stack = Stack::start(3).await?;
        for step in 0..14 {
            let rows: Vec<(u32, &str)> = (0..=draw.below(12))
                .map(|_| (1 + draw.below(4) as u32, *draw.of(&TEXTS).expect("there are some")))
                .collect();
            let mut expected = standing(&stack).await?;
            match draw.below(6) {
                0 => {
                    let imports = stack.pages("/v2/imports").await?;
                    if let Some(import) = draw.of(&imports).and_then(|import| import["id"].as_u64()) {
                        stack.undo(import).await?;
                    }
                }
                1 => {
                    let entries = stack.pages("/v2/entries").await?;
                    if let Some(entry) = draw.of(&entries) {
                        stack.delete(&format!("/v2/entries/{}", entry["id"])).await?.expect(204)?;
                    }
                }
                2 => drop(stack.import(&toggl(rows), &[]).await?),
                _ => {
                    let mut wanted: BTreeMap<(String, String), usize> = BTreeMap::new();
                    for (day, text) in &rows {
                        *wanted.entry((format!("2026-03-{day:02}"), (*text).to_owned())).or_default() += 1;
                    }
                    let before: usize = expected.values().sum();
                    for (row, count) in wanted {
                        let stands = expected.entry(row).or_default();
                        *stands = count.max(*stands);
                    }
                    let missing = expected.values().sum::<usize>() - before;
                    let name = format!("{step}.csv");
                    drop_file(&stack, &format!("inbox/1/toggl/{name}"), &toggl(rows.clone()), &[]).await?;
                    assert_eq!(standing(&stack).await?, expected, "seed {seed}, step {step}");
                    let there = rows.len() - missing;
                    let told = told(&report(&stack, &name).await?);
                    assert_eq!(
                        told,
                        json!(["complete", rows.len(), missing, there, there]),
                        "seed {seed}, step {step}"
                    );
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn fingerprints_are_compared_in_shares_and_what_a_dead_plan_noted_is_forgotten() -> anyhow::Result<()> {
    let rows = [(3, "Tea"), (4, "Sketch"), (3, "Tea"), (5, "Review"), (6, "Tea"), (7, "Sketch"), (3, "Tea")];
    for n in 1.. {
        let stack = Stack::by_hand(2).await?;
        let postman = Postman::of(&stack.system);
        let few = |services: &Services| Services { fingerprints_at_once: 2, ..services.clone() };
        let services = few(&stack.functions().parser);
        let event = async |name: &str| {
            let key = format!("inbox/1/toggl/{name}.csv");
            anyhow::Ok(dropped(&key, &services.files.head(&key).await?.etag, name))
        };
        put(&stack, "inbox/1/toggl/a.csv", &toggl(rows), &[]).await?;
        arrive(&services, event("a").await?).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        // The file contains two new rows among the existing rows.
        let more = rows.into_iter().chain([(3, "Tea"), (9, "Tea")]);
        put(&stack, "inbox/1/toggl/b.csv", &toggl(more), &[]).await?;
        let faults = Faults::default();
        let worker = few(&faults.connect(&stack.system)?.parser);
        faults.at(n, 1, Fault::DeathBefore);
        let survived = faults.outlive(arrive(&worker, event("b").await?)).await.is_some();
        let planned = match Import::get(&services, AccountId(1), ImportId(2)).await? {
            Some(import) => import.status != Status::Queued,
            None => false,
        };
        // The first import is undone. If the second file is still to be planned, its rows are then new.
        let import = Import::find(&services, AccountId(1), ImportId(1)).await?;
        revert::ask(&stack.functions().api, &import, "user 1").await?;
        services.clock.turn(LONG);
        arrive(&services, event("b").await?).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        let expected = if planned { json!(["complete", 9, 2, 7, 7]) } else { json!(["complete", 9, 9, 0, 0]) };
        assert_eq!(told(&report(&stack, "b.csv").await?), expected, "{n}");
        at_rest(&stack).await?;
        if survived {
            assert!(planned && n > 20, "{n}");
            return Ok(());
        }
    }
    Ok(())
}
