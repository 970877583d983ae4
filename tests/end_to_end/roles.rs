//! Tests of roles: the template lists exactly the permissions which each function needs.
//!
//! Every test shows that no permission is missing, because [`Stack`] fails at its end if a role refused a
//! request. The tests here show that no permission is superfluous: in a few systems, the functions
//! together use every permission.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::json;
use shared::id::{AccountId, ChunkNo, ImportId};
use shared::import::Import;
use shared::load::load;
use shared::plan::plan;
use shared::services::Services;
use shared::settle::stop::cancel;
use waybill::template::{Permission, Template};

use crate::copernica::asking;
use crate::faults::{Faults, Gate};
use crate::files::{TOGGL, toggl};
use crate::kill::TINY;
use crate::native::site::{Reply, Site};
use crate::postman::{LONG, Postman, arrive, dropped};
use crate::profiles::Harbour;
use crate::stack::Stack;
use crate::webhooks::Hooks;
use crate::webhooks::receiver::Receiver;

const ACCOUNT: AccountId = AccountId(1);

/// The used permissions of each function.
#[derive(Default)]
struct Used(BTreeMap<String, BTreeSet<Permission>>);

impl Used {
    fn by(&mut self, stack: &Stack) {
        for (function, guard) in stack.system.guards() {
            self.0.entry(function.clone()).or_default().extend(guard.used());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_role_lists_a_permission_that_nothing_uses() -> anyhow::Result<()> {
    let mut used = Used::default();
    used.by(&Box::pin(files_come_and_go()).await?);
    used.by(&Box::pin(people_edit()).await?);
    used.by(&Box::pin(profiles_change()).await?);
    used.by(&Box::pin(a_field_gets_and_loses_its_index()).await?);
    used.by(&Box::pin(drops_end_in_every_way()).await?);
    used.by(&Box::pin(the_end_takes_steps()).await?);
    used.by(&Box::pin(loaders_meet_people()).await?);
    used.by(&Box::pin(messages_are_lost()).await?);
    used.by(&Box::pin(an_import_is_stopped_while_it_is_unpacked()).await?);
    used.by(&Box::pin(files_are_fetched()).await?);
    used.by(&Box::pin(a_schedule_runs()).await?);
    used.by(&Box::pin(webhooks_come_and_fail()).await?);
    let mut unused = Vec::new();
    for function in Template::embedded()?.functions.values() {
        let used = used.0.remove(&function.name).unwrap_or_default();
        let left = function.role.permissions.iter().filter(|permission| !used.contains(permission));
        unused.extend(left.map(|permission| format!("{}: {permission}", function.role.name)));
    }
    assert!(unused.is_empty(), "listed and not used:\n{}", unused.join("\n"));
    Ok(())
}

/// A file in which the fourth of five rows cannot be parsed.
fn with_a_bad_row() -> Vec<u8> {
    let mut lines: Vec<_> = TOGGL.lines().map(str::to_owned).collect();
    lines[4] = lines[4].replace("2026-", "2026-99-");
    (lines.join("\n") + "\n").into_bytes()
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

async fn put(stack: &Stack, key: &str, file: Vec<u8>) -> anyhow::Result<()> {
    let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket()).key(key);
    put.body(file.into()).send().await?;
    Ok(())
}

/// Sends files by every way, with one chunk and with several, packed and unpacked. Some rows fail, people look at
/// the failed rows, and every import is undone.
async fn files_come_and_go() -> anyhow::Result<Stack> {
    let stack = Stack::start(3).await?;
    let bad = with_a_bad_row();
    let sent = stack.import(&bad, &[]).await?;
    let uploaded = stack.upload(bad.clone()).await?;
    stack.upload(gzip(&bad)?).await?;
    stack.idle().await?;
    // The loader aborts an import of several chunks, and the parser an import of one.
    let header = TOGGL.lines().next().unwrap_or_default();
    for file in [bad.clone(), format!("{header}\nDemo User,too,few\n").into_bytes()] {
        let id = stack.upload_as(file, json!({ "on_error": "abort" })).await?;
        stack.idle().await?;
        assert_eq!(stack.native(id).await?["status"], "failed");
    }
    put(&stack, "inbox/1/toggl/bad.csv", bad).await?;
    stack.idle().await?;
    for import in stack.pages("/v2/imports?type=toggl").await? {
        stack.get(&format!("/v2/imports/{}/details", import["id"])).await?.expect(200)?;
    }
    for query in ["filter[status][include]=complete", "sort[updated_at]=asc", "sort[created_at]=desc"] {
        let list = stack.bare(Method::GET, &format!("/api/v1/imports?{query}"));
        stack.answer(list.header("Authorization", "Token demo")).await?.expect(200)?;
    }
    // The objects are deleted, and the failed rows are still shown from the ledger.
    for id in [sent, uploaded] {
        let source = Import::find(stack.system.services(), ACCOUNT, ImportId(id)).await?.source.context("no source")?;
        stack.system.services().files.delete(&source.key).await?;
        stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    }
    for import in stack.pages("/v2/imports").await? {
        stack.undo(import["id"].as_u64().unwrap_or_default()).await?;
    }
    Ok(stack)
}

/// Edits imported entries and things, and merges and deletes things.
async fn people_edit() -> anyhow::Result<Stack> {
    let stack = Stack::start(100).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let edit = json!({ "description": "now #urgent #new" });
    stack.send(Method::PUT, "/v2/entries/1000000001", &edit).await?.expect(200)?;
    let projects = stack.pages("/v2/projects").await?;
    let project = format!("/v2/projects/{}", projects[0]["id"]);
    stack.send(Method::PUT, &project, &json!({ "name": "Another name" })).await?.expect(200)?;
    let entry = json!({ "date": "2026-06-01", "minutes": 10, "description": "#design" });
    let by_hand = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    let tags = stack.pages("/v2/tags").await?;
    let into = format!("/v2/tags/{}/merge", tags[0]["id"]);
    stack.send(Method::PUT, &into, &json!({ "tag_id": tags[1]["id"] })).await?.expect(204)?;
    stack.delete(&format!("/v2/entries/{}", by_hand["id"])).await?.expect(204)?;
    stack.undo(1).await?;
    // The door loads a small import of contacts within the request.
    let people = json!({ "company": [{ "name": "Quay" }], "person": [{ "company": "Quay", "first_name": "Kim" }] });
    crate::productive::run(&stack, &people).await?;
    Ok(stack)
}

/// Changes the indexed value of a profile by a file of one chunk, which the parser loads.
async fn profiles_change() -> anyhow::Result<Stack> {
    let harbour = Harbour::start(2).await?;
    harbour.profile(&json!({ "Name": "Ada", "Email": "ada@example.com" })).await?;
    // The parser loads the file of one chunk, and the loader the file of two.
    for (file, action) in
        [("Name,Email\nAda,lovelace@example.com\n", "update"), ("Name,City\nAda,Delft\nBea,\nCy,\n", "update or add")]
    {
        let options = json!({ "action": action, "key_fields": ["Name"], "followups": true });
        let import = harbour.import(file, &options).await?;
        harbour.undo(&import).await?;
    }
    Ok(harbour.stack)
}

/// Gives a field an index and takes the index off. The sweep makes the index items, while somebody edits the field, and drops
/// them.
async fn a_field_gets_and_loses_its_index() -> anyhow::Result<Stack> {
    let harbour = Harbour::on(Stack::by_hand(100).await?).await?;
    let ada = harbour.profile(&json!({ "Name": "Ada" })).await?;
    let field = format!("/database/{}/field/Name", harbour.database);
    let path = format!("/profile/{ada}/fields");
    let edit = |nth: u32| asking(&harbour.stack, Method::PUT, &path, &json!({ "Name": format!("Eda {nth}") }));
    let edits = Mutex::new((0..20).map(edit).collect::<Vec<_>>());
    let gate: Gate = Arc::new(move |operation: &str| {
        let edit = (operation == "UpdateItem").then(|| edits.lock().expect("unpoisoned").pop()).flatten();
        Box::pin(async move {
            if let Some(edit) = edit {
                edit.send().await.expect("an answer");
            }
            Box::new(()) as Box<dyn Send>
        })
    });
    let sweeper = Faults::behind(gate).connect(&harbour.stack.system)?.sweep;
    for index in [true, false] {
        crate::copernica::put(&harbour.stack, &field, &json!({ "index": index })).await?;
        harbour.stack.system.services().clock.turn(Duration::from_secs(1020));
        sweep::handle(&sweeper).await?;
    }
    Ok(harbour.stack)
}

/// Puts a file into the inbox, and passes S3's message to the parser. The stack's chunks have two rows.
async fn drop_file(stack: &Stack, name: &str, file: &str) -> anyhow::Result<()> {
    let key = format!("inbox/1/toggl/{name}.csv");
    put(stack, &key, file.into()).await?;
    arrive(&stack.functions().parser, dropped(&key, "", name)).await
}

/// Ends drops in every possible way. Each end calls the next drop and writes the report.
async fn drops_end_in_every_way() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(2).await?;
    let (postman, services) = (Postman::of(&stack.system), stack.system.services());
    for name in ["a", "b", "c"] {
        drop_file(&stack, name, TOGGL).await?;
    }
    let cancelled = stack.bare(Method::POST, "/api/v1/imports/1/cancel").header("Authorization", "Token demo");
    stack.answer(cancelled).await?.expect(202)?;
    // The second drop is in progress when it is undone.
    let start = postman.next().context("the second is not called")?;
    assert!(postman.deliver(&start, stack.functions()).await);
    stack.delete("/v2/imports/2").await?.expect(204)?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    // The loader settles the first drop. The parser settles the second drop, whose only chunk it loads itself.
    let row = TOGGL.lines().take(2).collect::<Vec<_>>().join("\n");
    for (name, file) in [("d", TOGGL), ("e", &row), ("f", &row)] {
        drop_file(&stack, name, file).await?;
    }
    postman.drain_all(stack.functions(), &Faults::default()).await;
    // The sweep gives up a drop which stands still, while another drop waits for it.
    for name in ["g", "h"] {
        drop_file(&stack, name, &toggl(6, 3, 2)).await?;
        postman.lose_everything();
    }
    load(&stack.functions().loader, ACCOUNT, ImportId(7), ChunkNo(0)).await?;
    for _ in 0..20 {
        services.clock.turn(Duration::from_secs(3_700));
        sweep::handle(&stack.functions().sweep).await?;
        postman.lose_everything();
    }
    assert_eq!(stack.native(7).await?["status"], "incomplete");
    // An unreadable message is delayed instead of deleted.
    stack.system.queues().send("ArrivalQueue", "?", None)?;
    let unreadable = postman.take("ArrivalQueue").context("it is not visible")?;
    assert!(!postman.deliver(&unreadable, stack.functions()).await);
    Ok(stack)
}

/// Ends an import of many names and many chunks in steps, each of which calls the next step.
async fn the_end_takes_steps() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(1).await?;
    let postman = Postman::of(&stack.system);
    let tiny = stack.functions().clone().map(|services| Services { portions: TINY, ..services });
    stack.post(toggl(120, 6, 9).as_bytes(), &[]).await?.expect(202)?;
    postman.drain_all(&tiny, &Faults::default()).await;
    assert_eq!(stack.native(1).await?["status"], "complete");
    stack.delete("/v2/imports/1").await?.expect(204)?;
    postman.drain_all(&tiny, &Faults::default()).await;
    // A cancelled import with this many chunks is settled by a loader.
    stack.post(toggl(120, 6, 9).as_bytes(), &[]).await?.expect(202)?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(2)).await?;
    let cancelled = stack.bare(Method::POST, "/api/v1/imports/2/cancel").header("Authorization", "Token demo");
    stack.answer(cancelled).await?.expect(202)?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    Ok(stack)
}

/// Loads chunks with different spellings of new people, the later spelling first, and a chunk
/// whose file is deleted.
async fn loaders_meet_people() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(1).await?;
    let asked = json!({ "autocreate_users": true, "fallback_user": null });
    let file = "date,person,email,minutes,description\n2026-05-01,Jo Field,jo@example.com,30,Worked\n\
                2026-05-01,Jo Meadow,jo@example.com,30,Worked\n2026-05-02,Ash,,30,Worked\n2026-05-03,Ash,,30,Worked\n";
    stack.upload_as(file.into(), asked).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(1)).await?;
    for chunk in [1, 0, 2] {
        load(&stack.functions().loader, ACCOUNT, ImportId(1), ChunkNo(chunk)).await?;
    }
    let users = stack.pages("/v2/users").await?;
    assert!(users.iter().any(|user| user["last_name"] == "Field"), "{users:?}");
    let source = Import::find(stack.system.services(), ACCOUNT, ImportId(1)).await?.source.context("no source")?;
    stack.system.services().files.delete(&source.key).await?;
    load(&stack.functions().loader, ACCOUNT, ImportId(1), ChunkNo(3)).await?;
    assert_eq!(stack.native(1).await?["status"], "incomplete");
    Ok(stack)
}

/// Loses every message once, and lets the sweep send the message again.
async fn messages_are_lost() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(2).await?;
    let postman = Postman::of(&stack.system);
    let again = async || {
        for _ in 0..3 {
            postman.lose_everything();
            stack.system.services().clock.turn(LONG);
            sweep::handle(&stack.functions().sweep).await?;
        }
        let letter = postman.next().context("the sweep sent nothing")?;
        assert!(postman.deliver(&letter, stack.functions()).await);
        anyhow::Ok(())
    };
    stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    again().await?;
    again().await?;
    stack.delete("/v2/imports/1").await?.expect(204)?;
    let undo = postman.next().context("nobody is to undo it")?;
    assert!(postman.deliver(&undo, stack.functions()).await);
    again().await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(stack.native(1).await?["status"], "rolled_back");
    Ok(stack)
}

/// Stops an import while its table is unpacked. The uploaded parts of the table are deleted, and so is the object
/// of a refused table.
async fn an_import_is_stopped_while_it_is_unpacked() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(1000).await?;
    let header = b"date,person,project,minutes,description\n2026-03-05,Demo User,Garden,30,dig\n".to_vec();
    stack.post(&gzip(&[header, vec![b'\n'; 9 << 20]].concat())?, &[]).await?.expect(202)?;
    let (api, stopped) = (stack.functions().api.clone(), Arc::new(AtomicBool::new(false)));
    let gate: Gate = Arc::new(move |operation: &str| {
        let (api, stops) = (api.clone(), operation == "S3 PUT unpacked" && !stopped.swap(true, Ordering::Relaxed));
        Box::pin(async move {
            if stops {
                let import = Import::find(&api, ACCOUNT, ImportId(1)).await.expect("it is there");
                cancel(&api, &import, "user 1").await.expect("it is under way");
            }
            Box::new(()) as Box<dyn Send>
        })
    });
    let parser = Faults::behind(gate).connect(&stack.system)?.parser;
    Box::pin(plan(&parser, ACCOUNT, ImportId(1))).await?;
    assert_eq!(stack.native(1).await?["status"], "incomplete");
    stack.upload(gzip(b"name,colour\nrose,red\n")?).await?;
    Box::pin(plan(&stack.functions().parser, ACCOUNT, ImportId(2))).await?;
    assert_eq!(stack.native(2).await?["status"], "unsupported");
    Ok(stack)
}

/// Fetches a file from a URL. A second file breaks off after its first part, which is deleted.
async fn files_are_fetched() -> anyhow::Result<Stack> {
    let site = Site::open(|_, number| match number {
        1 => Reply::file(TOGGL),
        _ => Reply::Cut([&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'\n'; 9 << 20]].concat()),
    })
    .await?;
    let stack = Stack::by_hand(1000).await?;
    let parser = Services { fetcher: site.fetcher(), ..stack.functions().parser.clone() };
    for id in [1, 2] {
        let asked = json!({ "location": "https://files.example.com/a.csv" });
        let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&asked);
        stack.answer(request).await?.expect(202)?;
        Box::pin(plan(&parser, ACCOUNT, ImportId(id))).await?;
    }
    assert_eq!(stack.native(1).await?["status"], "complete");
    Ok(stack)
}

/// Makes, changes, runs and deletes a schedule. The sweep finds the schedule in the index of open imports and schedules.
async fn a_schedule_runs() -> anyhow::Result<Stack> {
    let site = Site::open(|_, _| Reply::file(TOGGL)).await?;
    let stack = Stack::by_hand(1000).await?;
    let postman = Postman::of(&stack.system);
    let functions = crate::native::location::with(stack.functions(), &site);
    let asked = |method: Method, path: &str| {
        stack.bare(method, &format!("/api/v1/schedules{path}")).header("Authorization", "Token demo")
    };
    let order = json!({ "location": "https://files.example.com/a.csv" });
    let body = json!({ "name": "Hours", "every": "PT1H", "import": order });
    stack.answer(asked(Method::POST, "").json(&body)).await?.expect(201)?;
    stack.answer(asked(Method::POST, "/1/run")).await?.expect(202)?;
    postman.drain_all(&functions, &Faults::default()).await;
    stack.answer(asked(Method::PATCH, "/1").json(&json!({ "name": "Days" }))).await?.expect(200)?;
    stack.system.services().clock.turn(Duration::from_secs(3600));
    sweep::handle(&functions.sweep).await?;
    postman.drain_all(&functions, &Faults::default()).await;
    stack.answer(asked(Method::GET, "")).await?.expect(200)?;
    stack.answer(asked(Method::DELETE, "/1")).await?.expect(204)?;
    assert_eq!(stack.native(1).await?["status"], "complete");
    Ok(stack)
}

/// Delivers events to a receiver that is gone, which disables the webhook. A test fails before, and is tried again by hand.
async fn webhooks_come_and_fail() -> anyhow::Result<Stack> {
    let receiver = Receiver::open(|requests| if requests.len() < 2 { (500, None) } else { (410, None) }).await?;
    let hooks = Hooks::start().await?;
    let (hook, _) = hooks.hook(&json!({ "url": receiver.url })).await?;
    hooks.import().await?;
    hooks.publish().await?;
    hooks.pass(Duration::from_secs(900)).await?;
    assert_eq!(hooks.show(&hook).await?["disabled"]["reason"], "gone");
    hooks.ask(Method::POST, &format!("{hook}/test"), None).await?.expect(202)?;
    hooks.ask(Method::DELETE, &hook, None).await?.expect(204)?;
    Ok(hooks.stack)
}

#[tokio::test]
async fn people_of_one_chunk_are_made_under_their_earliest_names_by_the_parser() -> anyhow::Result<()> {
    let stack = Stack::start(10).await?;
    let before = stack.workspace().await?;
    let file = "date,person,email,minutes,description\n2026-05-01,Jo Meadow,jo@example.com,30,Worked\n\
                2026-05-01,Jo Field,JO@example.com,30,Worked\n2026-05-02,Ash,,30,Worked\n2026-05-02,ASH,,30,Worked\n";
    let id = stack.upload_as(file.into(), json!({ "autocreate_users": true, "fallback_user": null })).await?;
    stack.idle().await?;
    assert_eq!(stack.native(id).await?["counts"]["created"], 4);
    let names: BTreeSet<_> = stack.pages("/v2/users").await?.iter().map(|user| user["last_name"].to_string()).collect();
    assert!(names.contains("\"Field\"") && !names.contains("\"Meadow\""), "{names:?}");
    stack.undo(id).await?;
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}
