//! Tests of lanes, in which imports that must not run at the same time take turns.

use std::time::Duration;

use futures::future::try_join_all;
use serde_json::{Value, json};
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Asker, Duplicates, Import, ImportType, Lane, NewImport, Options, Origin, Status};
use shared::import::{create, start, store_body};
use shared::plan::plan;
use shared::revert;
use shared::services::Services;
use shared::store::Table;

use crate::faults::Faults;
use crate::files::TOGGL;
use crate::invariants::at_rest;
use crate::postman::Postman;
use crate::stack::Stack;

const ACCOUNT: AccountId = AccountId(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A way in which a file comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Body,
    Upload,
    Drop,
}

/// A file of people, one for each name. A small chunk makes a file of several chunks of three names.
fn people(names: &[&str]) -> String {
    let rows = names.iter().map(|name| format!("{name},Example,{name}@example.org,Orchard\n"));
    format!("First name,Last name,Email,Company\n{}", rows.collect::<String>())
}

fn file_of(import_type: ImportType) -> String {
    match import_type {
        ImportType::TimeEntries => TOGGL.to_owned(),
        ImportType::Contacts => people(&["ada", "ben", "cleo"]),
        ImportType::Profiles => "Email\nada@example.com\nben@example.com\ncleo@example.com\n".to_owned(),
    }
}

/// Makes an import of a type by a way, with its file in the bucket unless the file is to be uploaded.
async fn made(stack: &Stack, import_type: ImportType, way: Way, autostart: bool) -> anyhow::Result<Import> {
    let services = &stack.functions().api;
    let file = file_of(import_type);
    let token = shared::lease::nonce();
    let origin = match way {
        Way::Body => Origin::Body { token },
        Way::Upload => Origin::Awaited { token },
        Way::Drop => {
            let key = format!("inbox/1/auto/{token}.csv");
            stack.system.services().files.put(&key, file.clone().into()).await?;
            Origin::Dropped { object: stack.system.services().files.head(&key).await?, sequencer: token }
        }
    };
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type,
        options: Options { autostart, duplicates: Duplicates::Skip, ..Options::default() },
        file_name: "file.csv".to_owned(),
        note: None,
        origin,
        once: None,
    };
    let maker = if way == Way::Drop { &stack.functions().parser } else { services };
    let import = create(maker, &new).await?;
    if way == Way::Body {
        store_body(services, &import, file.into()).await?;
    }
    Ok(import)
}

async fn uploaded(stack: &Stack, import: &Import) -> anyhow::Result<()> {
    let key = import.awaits.as_deref().expect("an awaited file");
    stack.system.services().files.put(key, file_of(import.import_type).into()).await?;
    Ok(())
}

async fn started(services: &Services, id: u64) -> anyhow::Result<()> {
    let import = Import::find(services, ACCOUNT, ImportId(id)).await?;
    start(services, &import, &Asker::from("user 1")).await?;
    Ok(())
}

/// All places of all lanes in order, for example `contacts#0000002: 1` for import 1 at place 2.
async fn places(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let items = stack.dump(Table::Imports).await?.into_iter();
    let turns = items.filter(|((pk, _), _)| pk == "A#1#turns");
    let import = |item: &shared::store::Item| item["import"].as_n().cloned().unwrap_or_default();
    Ok(turns.map(|((_, sk), item)| format!("{sk}: {}", import(&item))).collect())
}

async fn status(stack: &Stack, id: u64) -> anyhow::Result<Status> {
    Ok(Import::find(stack.system.services(), ACCOUNT, ImportId(id)).await?.status)
}

/// The imports which the visible messages of the work queue start, in order.
fn called(postman: &Postman) -> Vec<Value> {
    let bodies = std::iter::from_fn(|| {
        let letter = postman.take("WorkQueue")?;
        postman.delete(&letter);
        serde_json::from_str::<Value>(&letter.message.body).ok()
    });
    bodies.map(|body| body["start"]["import"].clone()).collect()
}

#[tokio::test]
async fn an_import_takes_its_place_when_it_is_started() -> anyhow::Result<()> {
    use ImportType::{Contacts, TimeEntries};
    // Type, way, autostart: status and place when made, and the place once the file is there and somebody started it.
    let cases = [
        (TimeEntries, Way::Body, true, Status::Queued, None, None),
        (TimeEntries, Way::Body, false, Status::New, None, None),
        (TimeEntries, Way::Upload, true, Status::New, None, None),
        (TimeEntries, Way::Drop, true, Status::Queued, Some("entries#0000001: 1"), Some("entries#0000001: 1")),
        (Contacts, Way::Body, true, Status::Queued, Some("contacts#0000001: 1"), Some("contacts#0000001: 1")),
        (Contacts, Way::Body, false, Status::New, None, Some("contacts#0000002: 1")),
        (Contacts, Way::Upload, true, Status::New, None, Some("contacts#0000002: 1")),
        (Contacts, Way::Upload, false, Status::New, None, Some("contacts#0000002: 1")),
        (Contacts, Way::Drop, true, Status::Queued, Some("contacts#0000001: 1"), Some("contacts#0000001: 1")),
    ];
    for (import_type, way, autostart, status, place, later) in cases {
        let case = format!("{import_type} {way:?} {autostart}");
        let stack = Stack::by_hand(1).await?;
        let import = made(&stack, import_type, way, autostart).await?;
        assert_eq!(import.status, status, "{case}");
        assert_eq!(import.lane(), Lane::of(import_type, &import.options, way == Way::Drop), "{case}");
        assert_eq!(places(&stack).await?, Vec::from_iter(place), "{case}");
        if way == Way::Upload {
            uploaded(&stack, &import).await?;
        }
        plan(&stack.functions().parser, ACCOUNT, ImportId(1)).await?;
        if !autostart {
            assert_eq!(self::status(&stack, 1).await?, Status::New, "{case}");
            assert_eq!(places(&stack).await?, [""; 0], "{case}");
            started(&stack.functions().api, 1).await?;
        }
        assert_eq!(places(&stack).await?, Vec::from_iter(later), "{case}");
        Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(self::status(&stack, 1).await?, Status::Complete, "{case}");
        // Every place is given up, and the number drawn for a place is never an import's.
        let next = made(&stack, TimeEntries, Way::Body, true).await?;
        assert_eq!(next.id.0, if place == later { 2 } else { 3 }, "{case}");
        Postman::of(&stack.system).drain_all(stack.functions(), &Faults::default()).await;
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_lane_of_contacts_is_worked_off_in_the_order_of_the_starts() -> anyhow::Result<()> {
    let stack = Stack::by_hand(2).await?;
    let postman = Postman::of(&stack.system);
    made(&stack, ImportType::Contacts, Way::Body, false).await?;
    made(&stack, ImportType::Contacts, Way::Body, true).await?;
    made(&stack, ImportType::Contacts, Way::Upload, true).await?;
    made(&stack, ImportType::TimeEntries, Way::Drop, true).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(1)).await?;
    started(&stack.functions().api, 1).await?;
    assert_eq!(places(&stack).await?, ["contacts#0000002: 2", "contacts#0000005: 1", "entries#0000004: 4"]);
    uploaded(&stack, &Import::find(stack.system.services(), ACCOUNT, ImportId(3)).await?).await?;
    for id in 1..=4 {
        plan(&stack.functions().parser, ACCOUNT, ImportId(id)).await?;
    }
    // The first in each lane is planned, whatever order the messages came in.
    let statuses = async || {
        let mut statuses = Vec::new();
        for id in 1..=4 {
            statuses.push(status(&stack, id).await?.name());
        }
        anyhow::Ok(statuses)
    };
    assert_eq!(statuses().await?, ["queued", "processing", "queued", "processing"]);
    let expected = ["contacts#0000002: 2", "contacts#0000005: 1", "contacts#0000006: 3", "entries#0000004: 4"];
    assert_eq!(places(&stack).await?, expected);
    // An undo takes no lane, and the import behind does not wait for an import which was never planned.
    let first = Import::find(stack.system.services(), ACCOUNT, ImportId(1)).await?;
    revert::ask(&stack.functions().api, &first, "user 1").await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(statuses().await?, ["rolled_back", "complete", "complete", "complete"]);
    at_rest(&stack).await
}

#[tokio::test]
async fn many_imports_at_once_stand_in_line_each_at_a_place_of_its_own() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let postman = Postman::of(&stack.system);
    let one = |n: u64| made(&stack, ImportType::Contacts, Way::Body, !n.is_multiple_of(3));
    try_join_all((0..20).map(one)).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let held: Vec<_> = {
        let imports = stack.dump(Table::Imports).await?.into_iter().filter(|((_, sk), _)| sk == "import");
        let imports = imports.map(|(_, item)| shared::store::decode::<Import>(item)).collect::<Result<Vec<_>, _>>()?;
        imports.into_iter().filter(|import| import.status == Status::New).map(|import| import.id.0).collect()
    };
    assert_eq!(held.len(), 7);
    try_join_all(held.iter().map(|&id| started(&stack.functions().api, id))).await?;
    assert_eq!(places(&stack).await?.len(), 7);
    postman.drain_all(stack.functions(), &Faults::default()).await;
    at_rest(&stack).await
}

/// Turns the clock by a minute at a time, with a sweep each time whose messages are lost, until `is_over`. Returns
/// the time that has passed.
async fn standing_still(stack: &Stack, is_over: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<Duration> {
    const STEP: Duration = Duration::from_secs(60);
    let postman = Postman::of(&stack.system);
    for step in 0..300 {
        if is_over().await? {
            return Ok(STEP * step);
        }
        postman.lose_everything();
        stack.system.services().clock.turn(STEP);
        sweep::handle(&stack.functions().sweep).await?;
    }
    anyhow::bail!("nothing has happened in five hours")
}

fn is_about_an_hour(time: Duration) -> bool {
    (HOUR..=HOUR + HOUR / 4).contains(&time)
}

#[tokio::test]
async fn an_import_that_holds_its_lane_and_stands_still_is_given_up_after_an_hour() -> anyhow::Result<()> {
    for (import_type, way, planned) in [
        (ImportType::Contacts, Way::Body, true),
        (ImportType::Contacts, Way::Body, false),
        (ImportType::TimeEntries, Way::Drop, true),
    ] {
        let case = format!("{import_type} {planned}");
        let stack = Stack::by_hand(1).await?;
        let postman = Postman::of(&stack.system);
        for _ in 0..2 {
            made(&stack, import_type, way, true).await?;
        }
        if planned {
            plan(&stack.functions().parser, ACCOUNT, ImportId(1)).await?;
            assert_eq!(status(&stack, 1).await?, Status::Processing, "{case}");
        }
        let is_given_up = async || Ok(status(&stack, 1).await? == Status::Incomplete);
        let time = standing_still(&stack, is_given_up).await?;
        assert!(is_about_an_hour(time), "{case}: {time:?}");
        // The next in line was never woken before, and has been called now.
        assert_eq!(status(&stack, 2).await?, Status::Queued, "{case}");
        assert_eq!(called(&postman), [json!(2)], "{case}");
        plan(&stack.functions().parser, ACCOUNT, ImportId(2)).await?;
        postman.drain_all(stack.functions(), &Faults::default()).await;
        assert_eq!(status(&stack, 2).await?, Status::Complete, "{case}");
        at_rest(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_undo_that_stands_still_gives_up_its_place_and_goes_on() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1).await?;
    let postman = Postman::of(&stack.system);
    for _ in 0..2 {
        made(&stack, ImportType::Contacts, Way::Body, true).await?;
    }
    plan(&stack.functions().parser, ACCOUNT, ImportId(1)).await?;
    let import = Import::find(stack.system.services(), ACCOUNT, ImportId(1)).await?;
    revert::ask(&stack.functions().api, &import, "user 1").await?;
    let is_called = async || Ok(places(&stack).await? == ["contacts#0000002: 2"]);
    let time = standing_still(&stack, is_called).await?;
    assert!(is_about_an_hour(time), "{time:?}");
    assert_eq!(status(&stack, 1).await?, Status::RollingBack);
    assert_eq!(called(&postman), [json!(2)]);
    plan(&stack.functions().parser, ACCOUNT, ImportId(2)).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(status(&stack, 2).await?, Status::Complete);
    stack.system.services().clock.turn(HOUR);
    sweep::handle(&stack.functions().sweep).await?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(status(&stack, 1).await?, Status::RolledBack);
    at_rest(&stack).await
}
