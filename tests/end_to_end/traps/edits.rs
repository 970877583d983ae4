//! Tests of edits by hand during an import.

use reqwest::Method;
use serde_json::json;
use shared::edit::entries;
use shared::edit::input::{EntryInput, ProjectInput};
use shared::edit::things::{self, ThingInput};
use shared::id::{ChunkNo, EntryId, Row, ThingId};
use shared::import::{Import, Status};
use shared::ledger::hold::Ended;
use shared::load::load;
use shared::store::keys::Kind;
use shared::things::note::Note;

use crate::dump::differences;
use crate::faults::Faults;
use crate::files::one;
use crate::invariants::at_rest;
use crate::stack::Stack;

use super::{ACCOUNT, IMPORT, USER, hold_at, imported, planned, undo};

#[tokio::test]
async fn a_project_gets_its_old_name_back() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let before = stack.workspace().await?;
    let made = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Garden" })).await?.expect(201)?;
    let path = format!("/v2/projects/{}", made["id"]);
    for name in ["Orchard", "Garden", "Meadow", "Orchard", "Garden"] {
        let renamed = stack.send(Method::PUT, &path, &json!({ "name": name })).await?.expect(200)?;
        assert_eq!(renamed["name"], name);
        at_rest(&stack).await?;
    }
    let taken = stack.send(Method::POST, "/v2/projects", &json!({ "name": "garden" })).await?.expect(422)?;
    assert_eq!(taken["errors"][0]["code"], "already_exists");
    stack.delete(&path).await?.expect(204)?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn two_names_that_lie_in_each_others_places_get_a_reference_each() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1).await?;
    let services = stack.system.services();
    let named = |name: &str| ThingInput { name: Some(name.to_owned()), ..ThingInput::default() };
    // The project "Garden" is renamed, so under its new name it still has the place of "Garden". The new project
    // "Garden" gets the next place.
    let old = things::create(&stack.functions().api, ACCOUNT, Kind::Project, &named("Garden")).await?;
    things::update(services, ACCOUNT, Kind::Project, old.id, &named("Orchard")).await?;
    let new = things::create(&stack.functions().api, ACCOUNT, Kind::Project, &named("Garden")).await?;
    assert_ne!(old.id, new.id);
    // The file has a row for each project, and each row has a chunk of its own.
    let garden = one("", "Garden", "a");
    let file = format!("{}{}\n", one("", "Orchard", "a"), garden.lines().nth(1).unwrap_or_default());
    stack.post(file.as_bytes(), &[]).await?.expect(202)?;
    imported(&stack, &Faults::default()).await?;
    for (project, name) in [(old.id, "Orchard"), (new.id, "Garden")] {
        let shown = stack.get(&format!("/v2/projects/{project}")).await?.expect(200)?;
        assert_eq!((&shown["name"], &shown["entries"]), (&json!(name), &json!(1)));
        stack.delete(&format!("/v2/projects/{project}")).await?.expect(422)?;
    }
    Ok(())
}

#[tokio::test]
async fn entries_made_at_once_on_a_new_project_are_all_made() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let named = ThingInput { name: Some("Garden".to_owned()), ..ThingInput::default() };
    let project = things::create(&stack.functions().api, ACCOUNT, Kind::Project, &named).await?;
    let input =
        EntryInput { project: Some(Some(ProjectInput::Id(project.id))), seconds: Some(60), ..EntryInput::default() };
    let made = (0..5).map(|_| entries::create(&stack.functions().api, ACCOUNT, USER, &input));
    futures::future::try_join_all(made).await?;
    at_rest(&stack).await?;
    assert_eq!(stack.get(&format!("/v2/projects/{}", project.id)).await?.expect(200)?["entries"], 5);
    Ok(())
}

#[tokio::test]
async fn an_edit_by_hand_between_the_chunks_is_in_the_totals() -> anyhow::Result<()> {
    let stack = planned(6).await?;
    let services = stack.system.services();
    load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?;
    let entry = EntryId::of(IMPORT, Row(1));
    let input = EntryInput { seconds: Some(7200), project: Some(None), ..EntryInput::default() };
    entries::update(services, ACCOUNT, entry, &input).await?;
    entries::delete(services, ACCOUNT, EntryId::of(IMPORT, Row(2))).await?;
    load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(1)).await?;
    assert_eq!(Import::find(services, ACCOUNT, IMPORT).await?.status, Status::Complete);
    at_rest(&stack).await
}

#[tokio::test]
async fn a_name_that_somebody_takes_first_does_not_keep_others_from_being_made_with_it() -> anyhow::Result<()> {
    for n in 1.. {
        let stack = planned(6).await?;
        let hold = hold_at(n);
        let slow = hold.faults.connect(&stack.system)?;
        let mut loading = Box::pin(load(&slow.loader, ACCOUNT, IMPORT, ChunkNo(0)));
        if !hold.until_held(&mut loading).await {
            assert!(n > 10, "{n}");
            return Ok(());
        }
        // The chunk names the tags 0 and 1, and a tag with another spelling of 1 exists now.
        let named = ThingInput { name: Some("TAG 1".to_owned()), ..ThingInput::default() };
        let taken = things::create(&stack.functions().api, ACCOUNT, Kind::Tag, &named).await;
        hold.let_go.send(true)?;
        assert_eq!(loading.await?, Ended::Done, "{n}");
        assert_eq!(load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(1)).await?, Ended::Done, "{n}");
        at_rest(&stack).await?;
        if let Ok(tag) = taken {
            let shown = stack.get(&format!("/v2/tags/{}", tag.id)).await?.expect(200)?;
            assert_eq!(shown["name"], "TAG 1", "{n}");
        }
        assert_eq!(stack.get("/v2/tags").await?.json().as_array().map(Vec::len), Some(2), "{n}");
    }
    Ok(())
}

#[tokio::test]
async fn a_project_that_is_noted_with_two_clients_keeps_no_import_from_settling() -> anyhow::Result<()> {
    let before = Stack::by_hand(3).await?.workspace().await?;
    let stack = planned(6).await?;
    let services = stack.system.services();
    load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(0)).await?;
    // The note has the state of a project which was moved between the note of a dead loader and the
    // note of an edit.
    let project = stack.pages("/v2/projects").await?[0]["id"].as_u64().map(ThingId).expect("an id");
    let note = Note { kind: Kind::Project, id: project, client: Some(ThingId(77)) };
    Note::put_all(services, ACCOUNT, IMPORT, &[note]).await?;
    load(&stack.functions().loader, ACCOUNT, IMPORT, ChunkNo(1)).await?;
    assert_eq!(Import::find(services, ACCOUNT, IMPORT).await?.status, Status::Complete);
    at_rest(&stack).await?;
    undo(&stack).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}
