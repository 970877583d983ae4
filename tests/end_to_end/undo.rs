//! Tests of the undo, after which the workspace equals the workspace before the import.

use reqwest::Method;
use serde_json::json;

use crate::dump::differences;
use crate::files::{TOGGL, one, toggl};
use crate::stack::Stack;

#[tokio::test]
async fn the_workspace_after_an_undo_equals_the_one_before_the_import_item_by_item() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    assert!(stack.workspace().await?.len() > before.len() + 10);
    stack.undo(id).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    assert_eq!(stack.native(id).await?["undone"], json!({ "chunks": 3, "removed": 5, "kept": [] }));
    for path in ["", "/entries", "/status", "/details"] {
        stack.get(&format!("/v2/imports/{id}{path}")).await?.expect(404)?;
    }
    stack.delete(&format!("/v2/imports/{id}")).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn an_entry_edited_by_hand_goes_with_its_import() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let made = stack.send(Method::POST, "/v2/projects", &json!({ "name": "By hand" })).await?.expect(201)?;
    let before = stack.workspace().await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let change = json!({ "minutes": 90, "project_id": made["id"], "description": "Edited #design" });
    stack.send(Method::PUT, "/v2/entries/1000000002", &change).await?.expect(200)?;
    let project = stack.get(&format!("/v2/projects/{}", made["id"])).await?.expect(200)?;
    assert_eq!((&project["entries"], &project["minutes"]), (&json!(1), &json!(90)));
    stack.undo(id).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_project_and_a_tag_with_an_entry_from_elsewhere_stay_and_go_with_it() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let projects = stack.pages(&format!("/v2/imports/{id}/projects?name=cranes")).await?;
    let by_hand = json!({ "date": "2026-06-01", "minutes": 5, "project_id": projects[0]["id"], "tags": ["outside"] });
    let entry = stack.send(Method::POST, "/v2/entries", &by_hand).await?.expect(201)?;
    stack.undo(id).await?;

    let kept = stack.native(id).await?["undone"]["kept"].clone();
    let kinds: Vec<_> = kept.as_array().into_iter().flatten().map(|kept| kept["kind"].clone()).collect();
    assert_eq!(kinds, ["client", "project", "tag"]);
    let names = |list: Vec<serde_json::Value>| list.into_iter().map(|thing| thing["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names(stack.pages("/v2/projects").await?), ["Cranes"]);
    assert_eq!(names(stack.pages("/v2/tags").await?), ["outside"]);
    assert_eq!(names(stack.pages("/v2/groups").await?), ["Harbour"]);
    assert_eq!(stack.pages("/v2/projects").await?[0]["import"], json!(null));

    stack.delete(&format!("/v2/entries/{}", entry["id"])).await?.expect(204)?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn two_imports_that_share_a_project_are_undone_in_either_order() -> anyhow::Result<()> {
    for first_undone in [0, 1] {
        let stack = Stack::start(2).await?;
        let before = stack.workspace().await?;
        let mine = one("Orchard", "Website", "design");
        let ids = [stack.import(mine.as_bytes(), &[]).await?, stack.import(TOGGL.as_bytes(), &[]).await?];
        let after_both = stack.pages("/v2/projects").await?.len();
        assert_eq!(after_both, 3);
        stack.undo(ids[first_undone]).await?;
        let website = stack.pages("/v2/projects?name=website").await?;
        assert!(website.iter().any(|project| project["group"]["name"] == "Orchard"), "{website:?}");
        stack.undo(ids[1 - first_undone]).await?;
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn an_import_in_progress_is_stopped_and_undone() -> anyhow::Result<()> {
    let stack = Stack::start(10).await?;
    let before = stack.workspace().await?;
    let id = stack.post(toggl(2000, 7, 5).as_bytes(), &[]).await?.expect(202)?["id"].clone();
    stack.delete(&format!("/v2/imports/{id}")).await?.expect(204)?;
    stack.get(&format!("/v2/imports/{id}")).await?.expect(404)?;
    stack.idle().await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_import_that_found_nothing_new_is_undone_without_touching_what_was_there() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let before = stack.workspace().await?;
    let second = stack.import(TOGGL.as_bytes(), &[]).await?;
    let import = stack.get(&format!("/v2/imports/{second}")).await?.expect(200)?;
    assert_eq!((&import["entries"], &import["projects"], &import["tags"]), (&json!(5), &json!(0), &json!(0)));
    stack.undo(second).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_client_goes_with_its_last_project_whoever_takes_that_away() -> anyhow::Result<()> {
    for by in ["deletion", "move"] {
        let stack = Stack::start(2).await?;
        let id = stack.import(TOGGL.as_bytes(), &[]).await?;
        let before = stack.pages("/v2/groups").await?.len();
        let by_hand = json!({ "name": "Later", "group_name": "Orchard" });
        let project = stack.send(Method::POST, "/v2/projects", &by_hand).await?.expect(201)?;
        stack.undo(id).await?;
        assert_eq!((before, stack.pages("/v2/groups").await?.len()), (2, 1));
        let path = format!("/v2/projects/{}", project["id"]);
        match by {
            "deletion" => drop(stack.delete(&path).await?.expect(204)?),
            _ => drop(stack.send(Method::PUT, &path, &json!({ "group_name": null })).await?.expect(200)?),
        }
        assert_eq!(stack.pages("/v2/groups").await?, Vec::<serde_json::Value>::new(), "{by}");
    }
    Ok(())
}

#[tokio::test]
async fn an_import_beside_a_renamed_project_leaves_no_trace_on_it() -> anyhow::Result<()> {
    let stack = Stack::start(1).await?;
    let garden = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Garden" })).await?.expect(201)?;
    let path = format!("/v2/projects/{}", garden["id"]);
    stack.send(Method::PUT, &path, &json!({ "name": "Orchard" })).await?.expect(200)?;
    let before = stack.workspace().await?;
    // The first chunk names the project by its new name, and the second chunk names another project
    // by the old name.
    let row = |project: &str| one("", project, "").lines().nth(1).unwrap_or_default().to_owned();
    let file = format!("{}{}\n", one("", "Orchard", ""), row("Garden"));
    let id = stack.import(file.as_bytes(), &[]).await?;
    let entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    let projects: Vec<_> = entries.iter().map(|entry| entry["project"]["name"].clone()).collect();
    assert_eq!(projects, ["Garden", "Orchard"]);
    for project in stack.pages("/v2/projects").await? {
        assert_eq!(project["entries"], 1, "{project}");
    }
    stack.undo(id).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    stack.send(Method::PUT, &path, &json!({ "name": "Garden" })).await?.expect(200)?;
    Ok(())
}
