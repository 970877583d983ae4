//! Tests of the field `project_name`, and of the project to which a name alone refers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::files::{TOGGL, one, toggl};
use crate::stack::Stack;

/// The project of a new entry which is created with this name.
async fn named(stack: &Stack, name: &str) -> anyhow::Result<Value> {
    let entry = json!({ "date": "2026-05-05", "minutes": 5, "project_name": name });
    Ok(stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?["project"].clone())
}

/// The id of the client's project with the given name.
async fn of_client(stack: &Stack, client: &str, name: &str) -> anyhow::Result<Value> {
    let projects = stack.pages("/v2/projects").await?;
    let is_it = |project: &&Value| project["name"] == name && project["group"]["name"] == client;
    Ok(projects.iter().find(is_it).map(|project| project["id"].clone()).unwrap_or_default())
}

#[tokio::test]
async fn a_project_of_a_client_is_found_by_its_name_and_no_second_one_is_made() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let before = stack.pages("/v2/projects").await?.len();
    let cranes = stack.pages("/v2/projects?name=cranes").await?[0].clone();
    assert!(cranes["group"].is_object());
    for name in ["Cranes", " cranes ", "CRANES"] {
        assert_eq!(named(&stack, name).await?["id"], cranes["id"], "{name:?}");
    }
    let edited = stack.send(Method::PUT, "/v2/entries/1000000001", &json!({ "project_name": "cranes" })).await?;
    assert_eq!(edited.expect(200)?["project"]["id"], cranes["id"]);
    // An id takes precedence over a name. The name counts if the id is null, and null alone means no project.
    let entry = |fields: Value| {
        let mut body = json!({ "date": "2026-05-05", "minutes": 5 });
        body.as_object_mut().into_iter().for_each(|body| body.extend(fields.as_object().cloned().unwrap_or_default()));
        body
    };
    for (fields, project) in [
        (json!({ "project_id": cranes["id"], "project_name": "Other" }), &cranes["id"]),
        (json!({ "project_id": null, "project_name": "cranes" }), &cranes["id"]),
        (json!({ "project_id": null }), &Value::Null),
        (json!({ "project_name": null }), &Value::Null),
    ] {
        let made = stack.send(Method::POST, "/v2/entries", &entry(fields.clone())).await?.expect(201)?;
        assert_eq!(made["project"].get("id").unwrap_or(&Value::Null), project, "{fields}");
    }
    assert_eq!(stack.pages("/v2/projects").await?.len(), before);
    // A renamed project is found by its present name.
    let path = format!("/v2/projects/{}", cranes["id"]);
    stack.send(Method::PUT, &path, &json!({ "name": "Lifts" })).await?.expect(200)?;
    assert_eq!(named(&stack, "lifts").await?["id"], cranes["id"]);
    assert_ne!(named(&stack, "cranes").await?["id"], cranes["id"]);
    assert_eq!(stack.pages("/v2/projects").await?.len(), before + 1);
    Ok(())
}

#[tokio::test]
async fn of_several_projects_of_one_name_the_rule_says_which_is_meant() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    for client in ["Quay", "Shed", "Alder"] {
        stack.import(one(client, "Website", "").as_bytes(), &[]).await?;
        // The clock is turned, so the first import's project is the oldest by a clear margin.
        stack.system.services().clock.turn(std::time::Duration::from_secs(60));
    }
    let ids = [
        of_client(&stack, "Quay", "Website").await?,
        of_client(&stack, "Shed", "Website").await?,
        of_client(&stack, "Alder", "Website").await?,
    ];
    let set = async |id: &Value, change: Value| {
        stack.send(Method::PUT, &format!("/v2/projects/{id}"), &change).await?.expect(200)
    };
    // The name refers to the oldest enabled project.
    assert_eq!(named(&stack, "Website").await?["id"], ids[0]);
    set(&ids[0], json!({ "enabled": false })).await?;
    assert_eq!(named(&stack, "Website").await?["id"], ids[1]);
    // An entry which already has a project of this name keeps the project.
    let shed = stack.send(Method::PUT, "/v2/entries/3000000001", &json!({ "project_name": "website" })).await?;
    assert_eq!(shed.expect(200)?["project"]["id"], ids[2]);
    // A project without a client takes precedence, as long as the project is enabled.
    let bare = json!({ "name": "website" });
    let bare = stack.send(Method::POST, "/v2/projects", &bare).await?.expect(201)?["id"].clone();
    assert_eq!(named(&stack, "Website").await?["id"], bare);
    set(&bare, json!({ "enabled": false })).await?;
    assert_eq!(named(&stack, "Website").await?["id"], ids[1]);
    // If no project of the name is enabled, the name still finds a project.
    for id in &ids {
        set(id, json!({ "enabled": false })).await?;
    }
    assert_eq!(named(&stack, "Website").await?["id"], bare);
    assert_eq!(stack.pages("/v2/projects").await?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_new_name_that_many_give_at_once_is_one_project() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let before = stack.pages("/v2/projects").await?.len();
    let all = futures::future::try_join_all((0..16).map(|n| named(&stack, if n % 2 == 0 { "Dam" } else { "dam" })));
    let ids: std::collections::BTreeSet<_> = all.await?.iter().map(|project| project["id"].to_string()).collect();
    assert_eq!((ids.len(), stack.pages("/v2/projects").await?.len()), (1, before + 1));
    let dam = stack.pages("/v2/projects?name=dam").await?;
    assert_eq!(dam[0]["entries"], 16);
    Ok(())
}

#[tokio::test]
async fn a_name_costs_a_page_of_the_list_of_projects_at_most() -> anyhow::Result<()> {
    let stack = Stack::start(400).await?;
    stack.import(toggl(400, 400, 1).as_bytes(), &[]).await?;
    stack.send(Method::POST, "/v2/projects", &json!({ "name": "Bare" })).await?.expect(201)?;
    let seven = stack.pages("/v2/projects?name=project+77").await?[0]["id"].clone();
    let read = || stack.system.services().store.consumed().read;
    let entry = async |name: &str, project: Value| {
        let before = read();
        let entry = json!({ "date": "2026-05-05", "minutes": 5, name: project });
        stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
        anyhow::Ok(read() - before)
    };
    // The first entry of a project creates a reference, which later entries find.
    entry("project_id", seven.clone()).await?;
    entry("project_name", json!("bare")).await?;
    let by_id = entry("project_id", seven).await?;
    let (bare, client) =
        (entry("project_name", json!("bare")).await?, entry("project_name", json!("Project 77")).await?);
    let before = read();
    stack.get("/v2/projects?name=nowhere").await?.expect(200)?;
    let list = read() - before;
    println!("units: by id {by_id}, of no client {bare}, of a client {client}; the list of 401 projects {list}");
    assert!((bare - by_id).abs() <= 2.0 && client - by_id <= list + 2.0, "{by_id} {bare} {client} {list}");
    Ok(())
}
