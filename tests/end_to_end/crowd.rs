//! Tests of simultaneous requests: numbers, claims and objects while hundreds of imports are created at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use futures::StreamExt;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{
    Import, ImportError, ImportType, NewImport, Options, Origin, Roll, RollOf, Status, create, create_or_find,
};
use shared::plan::plan;
use shared::services::Services;
use shared::store::Table;

use crate::faults::{Fault, Faults};
use crate::files::{TOGGL, one};
use crate::function::Function;
use crate::postman::{LONG, Postman};
use crate::stack::{Answer, Stack};

const ACCOUNT: AccountId = AccountId(1);

fn new(token: u64, once: Option<shared::import::Once>) -> NewImport {
    NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type: ImportType::TimeEntries,
        options: Options::of_user(ThingId(1)),
        file_name: "file.csv".to_owned(),
        note: None,
        origin: Origin::Body { token: token.to_string() },
        once,
    }
}

/// Keys of all objects in the bucket.
async fn objects(stack: &Stack) -> anyhow::Result<BTreeSet<String>> {
    let mut pages =
        stack.system.s3().list_objects_v2().bucket(stack.system.services().files.bucket()).into_paginator().send();
    let mut keys = BTreeSet::new();
    while let Some(page) = pages.next().await {
        keys.extend(page?.contents().iter().filter_map(|object| Some(object.key()?.to_owned())));
    }
    Ok(keys)
}

/// Keys of all objects to which an import item refers.
async fn referred(stack: &Stack) -> anyhow::Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for item in stack.dump(Table::Imports).await?.into_values() {
        if let Some(AttributeValue::S(awaits)) = item.get("awaits") {
            keys.insert(awaits.clone());
        }
        if let Some(AttributeValue::M(source)) = item.get("source") {
            keys.extend(source.get("key").and_then(|key| key.as_s().ok()).cloned());
        }
    }
    Ok(keys)
}

/// Checks that every object in the bucket belongs to an import.
async fn every_object_has_its_import(stack: &Stack) -> anyhow::Result<()> {
    let (objects, referred) = (objects(stack).await?, referred(stack).await?);
    assert_eq!(objects.difference(&referred).collect::<Vec<_>>(), [""; 0]);
    Ok(())
}

async fn post(stack: &Stack, key: Option<String>) -> anyhow::Result<Answer> {
    let form =
        Form::new().part("file", Part::bytes(one("Orchard", "Website", "design").into_bytes()).file_name("a.csv"));
    let request = stack.request(Method::POST, "/v2/imports/").multipart(form);
    stack.answer(key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key))).await
}

/// Posts a file in the way of a client which retries after a 503. Returns the import's id and the
/// number of 503 answers.
async fn post_again(stack: &Stack) -> anyhow::Result<(u64, usize)> {
    for told in 0..5 {
        let answer = post(stack, None).await?;
        if answer.status != 503 {
            return Ok((answer.expect(202)?["id"].as_u64().unwrap_or_default(), told));
        }
        anyhow::ensure!(answer.headers.contains_key("retry-after"), "{answer:?}");
    }
    anyhow::bail!("five times 503")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_uploads_at_once_are_all_accepted_within_seconds() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let start = Instant::now();
    let sent = futures::future::join_all((0..500).map(|_| post_again(&stack))).await;
    let took = start.elapsed();
    let (mut numbers, mut turned_away) = (BTreeSet::new(), 0);
    for sent in sent {
        let (number, told) = sent?;
        numbers.insert(number);
        turned_away += told;
    }
    println!("500 uploads at once were accepted in {took:.1?}, {turned_away} of them after a 503");
    assert_eq!(numbers.len(), 500);
    // Requests are turned away only on a machine which is busy with other work, because their time is up. Each
    // refused request may waste a number.
    assert!(turned_away > 0 || numbers == (1..=500).collect(), "{numbers:?}");
    assert!(turned_away < 50 && took < Duration::from_secs(60), "{turned_away} turned away, {took:?}");
    every_object_has_its_import(&stack).await?;
    assert_eq!(objects(&stack).await?.len(), 500);
    let last = numbers.last().copied().unwrap_or_default();
    assert!(stack.pages("/v2/imports?per_page=200").await?.len() as u64 <= last);
    Ok(())
}

/// Faults of a crowded store: most transactions and many updates meet a conflict, and every
/// seventh request is throttled.
fn crowded() -> impl FnMut(u64, &str) -> Option<Fault> + Send {
    let mut transactions = 0;
    move |n, operation| {
        transactions += u64::from(operation == "TransactWriteItems");
        match operation {
            "TransactWriteItems" if transactions % 3 != 0 => Some(Fault::Conflict),
            "UpdateItem" if n % 5 == 0 => Some(Fault::Conflict),
            _ if n % 7 == 0 => Some(Fault::Throttled),
            _ => None,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn imports_that_are_made_at_once_get_their_numbers_through_conflicts_and_throttling() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let faults = Faults::default();
    let worker = faults.connect(&stack.system)?;
    faults.plan(crowded());
    let made = (0..200).map(|token| {
        let api = &worker.api;
        async move { create(api, &new(token, None)).await }
    });
    let made = futures::future::join_all(made).await.into_iter().collect::<Result<Vec<_>, ImportError>>()?;
    let numbers: BTreeSet<_> = made.iter().map(|import| import.id.0).collect();
    assert_eq!(numbers, (1..=200).collect());
    // A claim holds, so the repetition of a request finds the import which the first request created.
    for (token, import) in (0..).zip(&made).take(20) {
        let (again, made) = create_or_find(&worker.api, &new(token, None)).await?;
        assert_eq!((again.id, made), (import.id, false));
    }
    faults.none();
    assert_eq!(Roll::read(stack.system.services(), ACCOUNT, RollOf::Entries).await?.len(), 200);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_request_sent_fifty_times_at_once_is_one_import_and_a_gap_in_the_numbers_is_no_import() -> anyhow::Result<()>
{
    let stack = Stack::start(1000).await?;
    let sent = futures::future::join_all((0..50).map(|_| post(&stack, Some("same".to_owned())))).await;
    let mut ids = BTreeSet::new();
    for answer in sent {
        ids.insert(answer?.expect(202)?["id"].as_u64());
    }
    assert_eq!(ids.len(), 1);
    stack.idle().await?;
    assert_eq!(objects(&stack).await?.len(), 1);
    let last = stack.import(TOGGL.as_bytes(), &[("duplicates", "skip")]).await?;
    let listed = stack.pages("/v2/imports?per_page=1").await?;
    assert_eq!(listed.len(), 2, "{listed:?}");
    let entries = stack.pages("/v2/entries?per_page=2").await?;
    assert_eq!(entries.len(), 6);
    let first = ids.into_iter().next().flatten().unwrap_or_default();
    for gap in (1..=last).filter(|number| *number != first && *number != last) {
        stack.get(&format!("/v2/imports/{gap}")).await?.expect(404)?;
    }
    Ok(())
}

#[tokio::test]
async fn who_cannot_be_served_in_time_is_told_to_come_again_and_nothing_is_left() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let faults = Faults::default();
    let function = Function::of(faults.connect(&stack.system)?.api);
    let native = [("authorization", "Token demo"), ("content-type", "application/json")];
    let noko = [("x-nokotoken", "demo"), ("content-type", "application/x-www-form-urlencoded"), ("user-agent", "t")];
    let body = json!({ "upload": true, "file_size": 5 }).to_string();
    let form = format!("file={}", one("Orchard", "Website", "design").replace('\n', "%0A").replace(' ', "+"));
    for operation in ["TransactWriteItems", "UpdateItem", "GetItem"] {
        faults.plan(move |_, asked| (asked == operation).then_some(Fault::Throttled));
        for (path, headers, body) in
            [("/api/v1/imports", &native[..], body.as_str()), ("/v2/imports", &noko[..], form.as_str())]
        {
            let answer = function.call("POST", path, headers, Some(body)).await?;
            assert_eq!(answer["statusCode"], 503, "{operation}: {answer}");
            assert!(answer["headers"]["retry-after"].is_string(), "{answer}");
        }
    }
    faults.none();
    assert_eq!(objects(&stack).await?, BTreeSet::new());
    assert_eq!(stack.get("/v2/imports").await?.expect(200)?, json!([]));
    Ok(())
}

/// Posts a file through a worker whose n-th request fails by `fault`. With a key, the client repeats the request.
/// Returns true if the worker died.
async fn killed_at(n: u64, fault: Fault, key: Option<&str>) -> anyhow::Result<(Stack, bool)> {
    let stack = Stack::by_hand(1000).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    let worker = faults.connect(&stack.system)?;
    let function = Function::of(worker.api.clone());
    let mut headers = vec![("x-nokotoken", "demo"), ("user-agent", "t")];
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    headers.extend(key.map(|key| ("idempotency-key", key)));
    let form = format!("file={}", one("Orchard", "Website", "design").replace('\n', "%0A").replace(' ', "+"));
    faults.at(n, 1, fault);
    let died = faults.outlive(function.call("POST", "/v2/imports", &headers, Some(&form))).await.is_none();
    faults.none();
    if key.is_some() {
        let again = function.call("POST", "/v2/imports", &headers, Some(&form)).await?;
        assert_eq!(again["statusCode"], 202, "{fault:?} at {n}: {again}");
    }
    // The sweep runs until no import is open.
    for _ in 0..40 {
        stack.system.services().clock.turn(LONG);
        let open = sweep::handle(&worker.sweep).await?.open;
        postman.drain_all(&worker, &faults).await;
        if open == 0 {
            break;
        }
    }
    every_object_has_its_import(&stack).await?;
    Ok((stack, died))
}

async fn all(services: &Services) -> anyhow::Result<Vec<Import>> {
    let mut imports = Vec::new();
    for number in 1..10 {
        imports.extend(Import::get(services, ACCOUNT, ImportId(number)).await?);
    }
    Ok(imports)
}

#[tokio::test]
async fn a_door_that_dies_at_any_request_leaves_no_object_alone_and_no_import_waiting() -> anyhow::Result<()> {
    for fault in [Fault::DeathBefore, Fault::DeathAfter] {
        let mut unstored = 0;
        for n in 1.. {
            let (stack, died) = killed_at(n, fault, None).await?;
            let imports = all(stack.system.services()).await?;
            assert!(imports.len() <= 1);
            for import in imports {
                match import.status {
                    Status::Complete => assert_eq!(import.rows, Some(1)),
                    Status::Incomplete => {
                        unstored += 1;
                        assert_eq!(import.reason.as_deref(), Some("its file was never stored"), "{fault:?} at {n}");
                    }
                    other => panic!("{other} after {fault:?} at {n}"),
                }
            }
            let (stack, _) = killed_at(n, fault, Some("again")).await?;
            let imports = all(stack.system.services()).await?;
            assert_eq!(
                imports.iter().map(|import| (import.status, import.rows)).collect::<Vec<_>>(),
                [(Status::Complete, Some(1))]
            );
            if !died {
                break;
            }
        }
        assert_eq!(unstored, 1);
    }
    Ok(())
}

#[tokio::test]
async fn the_file_of_a_request_whose_import_was_stopped_meanwhile_is_not_taken_under_its_key() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let (services, user) = (stack.system.services(), ThingId(1));
    let file = one("Orchard", "Website", "design");
    let once = shared::import::Once::new(user, "k", &[file.as_bytes()]);
    let import = create(services, &new(1, Some(once))).await?;
    services.clock.turn(LONG);
    plan(&stack.functions().parser, ACCOUNT, import.id).await?;
    assert_eq!(Import::find(services, ACCOUNT, import.id).await?.status, Status::Incomplete);
    let form = Form::new().part("file", Part::bytes(file.into_bytes()).file_name("a.csv"));
    let request = stack.request(Method::POST, "/v2/imports").header("Idempotency-Key", "k").multipart(form);
    let refused = stack.answer(request).await?.expect(422)?;
    assert_eq!(refused["errors"][0]["field"], "Idempotency-Key");
    assert!(refused["errors"][0]["message"].as_str().is_some_and(|m| m.contains("another key")), "{refused}");
    assert_eq!(objects(&stack).await?, BTreeSet::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drops_that_come_at_once_get_numbers_in_the_order_in_which_they_get_in_line() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let services = stack.system.services();
    let drops: Vec<_> = (0..60).map(|n| format!("inbox/1/toggl/{n}.csv")).collect();
    let object = services.files.put(&drops[0], TOGGL.into()).await?;
    let made = drops.iter().enumerate().map(|(n, key)| {
        let object = shared::files::Object { key: key.clone(), ..object.clone() };
        let origin = Origin::Dropped { object, sequencer: n.to_string() };
        async move { create(services, &NewImport { origin, ..new(0, None) }).await }
    });
    // Requests at the doors take numbers at the same time.
    let bodies = (0..60).map(|token| async move { create(services, &new(token, None)).await });
    let (made, bodies) = futures::join!(futures::future::join_all(made), futures::future::join_all(bodies));
    let mut numbers = BTreeSet::new();
    for import in made.into_iter().chain(bodies) {
        numbers.insert(import?.id.0);
    }
    assert_eq!(numbers.len(), 120);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_a_thousand_running_imports_is_read_in_a_second() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1).await?;
    let services = stack.system.services();
    let made = futures::stream::iter(0..1000).map(|token| async move { create(services, &new(token, None)).await });
    let made: Vec<_> = made.buffer_unordered(50).collect().await;
    for import in made {
        let import = import?;
        // This state is left by the parser: twenty planned chunks, none of which is loaded.
        let running = shared::store::Write::update(
            shared::store::keys::import(ACCOUNT, import.id),
            "SET #status = :processing, #rows = :rows, #chunks = :chunks",
        );
        let running = running.bind(":processing", Status::Processing).bind(":rows", 20).bind(":chunks", 20);
        services.store.write(running).await?;
    }
    let before = services.store.consumed().read;
    let start = Instant::now();
    let list: Value = stack.get("/v2/imports?per_page=1000").await?.expect(200)?;
    let took = start.elapsed();
    assert_eq!(list.as_array().map(Vec::len), Some(1000));
    let units = services.store.consumed().read - before;
    println!("the list took {took:.1?} and {units} read units");
    // Each import costs reads of the index line, the import item, and all of its counters together.
    assert!(units < 3.0 * 1000.0, "{units} read units");
    assert!(took < Duration::from_secs(10), "{took:?}");
    Ok(())
}
