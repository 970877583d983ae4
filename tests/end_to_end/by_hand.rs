//! Tests of entries, projects, tags and users made by hand, on which the rules of the undo depend.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ChunkNo, ImportId};
use shared::load::load;
use shared::plan::plan;

use crate::files::TOGGL;
use crate::stack::Stack;

fn totals(project: &Value) -> [Value; 3] {
    ["entries", "minutes", "billable_minutes"].map(|name| project[name].clone())
}

#[tokio::test]
async fn totals_follow_imports_edits_deletions_and_undos() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let website = stack.pages("/v2/projects?name=website").await?;
    let orchard = website.iter().find(|project| project["group"]["name"] == "Orchard").cloned().unwrap_or_default();
    let path = format!("/v2/projects/{}", orchard["id"]);
    assert_eq!(totals(&orchard), [json!(2), json!(150), json!(60)]);

    let by_hand = json!({ "date": "2026-03-05", "minutes": 30, "project_id": orchard["id"], "billable": true });
    let entry = stack.send(Method::POST, "/v2/entries/", &by_hand).await?.expect(201)?;
    assert_eq!(totals(&stack.get(&path).await?.expect(200)?), [json!(3), json!(180), json!(90)]);
    let edited = json!({ "minutes": 45, "billable": false });
    stack.send(Method::PUT, &format!("/v2/entries/{}", entry["id"]), &edited).await?.expect(200)?;
    assert_eq!(totals(&stack.get(&path).await?.expect(200)?), [json!(3), json!(195), json!(60)]);
    stack.delete("/v2/entries/1000000001").await?.expect(204)?;
    assert_eq!(totals(&stack.get(&path).await?.expect(200)?), [json!(2), json!(135), json!(0)]);
    stack.get("/v2/entries/1000000001").await?.expect(404)?;
    assert_eq!(stack.pages(&format!("/v2/imports/{id}/entries?per_page=1")).await?.len(), 4);
    stack.undo(id).await?;
    assert_eq!(totals(&stack.get(&path).await?.expect(200)?), [json!(1), json!(45), json!(0)]);
    Ok(())
}

#[tokio::test]
async fn participants_are_those_whose_entries_a_project_has() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let kim = json!({ "email": "kim@example.com", "first_name": "Kim" });
    let kim = stack.send(Method::POST, "/v2/users", &kim).await?.expect(201)?;
    let head = "Date,Person,Email,Minutes,Project,Description\n";
    let row = |email: &str, project: &str| format!("2026-05-04,x,{email},30,{project},y\n");
    let (demo_row, kim_row) = (row("demo@example.com", "Pond"), row("kim@example.com", "Pond"));
    let file = format!("{head}{demo_row}{demo_row}{kim_row}{}", row("kim@example.com", "Shed"));
    let id = stack.import(file.as_bytes(), &[]).await?;
    let named = async |project: &str| -> anyhow::Result<Vec<Value>> {
        let projects = stack.pages(&format!("/v2/projects?name={project}")).await?;
        Ok(projects[0]["participants"].as_array().into_iter().flatten().map(|user| user["email"].clone()).collect())
    };
    assert_eq!(named("pond").await?, ["demo@example.com", "kim@example.com"]);
    assert_eq!(named("shed").await?, ["kim@example.com"]);
    // A participant is a short form of the user, so each of its fields must equal the user's field.
    let told = stack.pages("/v2/projects?name=shed").await?[0]["participants"][0].clone();
    assert!(
        told.as_object().is_some_and(|told| told.len() > 5 && told.iter().all(|(name, value)| kim[name] == *value))
    );
    // A person creates an entry by hand, and assigns an entry to another user.
    let by_hand = json!({ "date": "2026-05-05", "minutes": 5, "project_name": "Barn" });
    let entry = stack.send(Method::POST, "/v2/entries", &by_hand).await?.expect(201)?;
    assert_eq!(named("barn").await?, ["demo@example.com"]);
    let path = format!("/v2/entries/{}", entry["id"]);
    stack.send(Method::PUT, &path, &json!({ "user_id": kim["id"] })).await?.expect(200)?;
    assert!(named("barn").await?.contains(&json!("kim@example.com")));
    let imported = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    let path = format!("/v2/entries/{}", imported[0]["id"]);
    stack.send(Method::PUT, &path, &json!({ "user_id": 1 })).await?.expect(200)?;
    assert_eq!(named("shed").await?, ["demo@example.com", "kim@example.com"]);
    stack.undo(id).await?;
    assert_eq!(stack.pages("/v2/projects").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_is_being_undone_counts_no_more_and_what_is_running_not_yet() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    let (account, import) = (AccountId(1), ImportId(1));
    plan(&stack.functions().parser, account, import).await?;
    load(&stack.functions().loader, account, import, ChunkNo(0)).await?;
    let edited = json!({ "minutes": 45 });
    stack.send(Method::PUT, "/v2/entries/1000000001", &edited).await?.expect(200)?;
    for project in stack.pages("/v2/projects").await? {
        assert_eq!(totals(&project), [json!(0), json!(0), json!(0)]);
        assert_eq!(project["import"]["id"], 1);
    }
    load(&stack.functions().loader, account, import, ChunkNo(1)).await?;
    let counted: u64 =
        stack.pages("/v2/projects").await?.iter().filter_map(|project| project["entries"].as_u64()).sum();
    assert_eq!(counted, 4);
    // The undo is requested, but the revert function has not started yet.
    stack.delete("/v2/imports/1").await?.expect(204)?;
    for list in ["projects", "tags"] {
        let things = stack.pages(&format!("/v2/{list}")).await?;
        assert!(!things.is_empty());
        for thing in things {
            assert_eq!((&thing["entries"], &thing["import"]), (&json!(0), &Value::Null));
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_minutes_shown_sent_back_change_no_seconds() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let shown = stack.get("/v2/entries/1000000003").await?.expect(200)?;
    assert_eq!(shown["minutes"], 60);
    let unchanged = stack.send(Method::PUT, "/v2/entries/1000000003", &json!({ "minutes": 60 })).await?.expect(200)?;
    assert_eq!(unchanged, shown);
    let id = AttributeValue::N("1000000003".to_owned());
    let workspace = stack.workspace().await?;
    let entry = workspace.values().find(|item| item.get("id") == Some(&id));
    assert_eq!(entry.map(|entry| entry["seconds"].clone()), Some(AttributeValue::N("3615".to_owned())));
    Ok(())
}

#[tokio::test]
async fn a_renamed_project_keeps_its_id_and_its_old_name_is_free() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let first = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Garden" })).await?.expect(201)?;
    let path = format!("/v2/projects/{}", first["id"]);
    stack.send(Method::PUT, &path, &json!({ "name": "Orchard" })).await?.expect(200)?;
    assert_eq!(stack.get(&path).await?.expect(200)?["name"], "Orchard");
    let taken = stack.send(Method::POST, "/v2/projects", &json!({ "name": " ORCHARD " })).await?.expect(422)?;
    assert_eq!(taken["errors"][0]["code"], "already_exists");
    let second = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Garden" })).await?.expect(201)?;
    assert_ne!(first["id"], second["id"]);
    let entry = json!({ "date": "2026-01-01", "minutes": 1, "project_name": "orchard" });
    let entry = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    assert_eq!(entry["project"]["id"], first["id"]);
    stack.delete(&path).await?.expect(422)?;
    stack.delete(&format!("/v2/entries/{}", entry["id"])).await?.expect(204)?;
    stack.delete(&path).await?.expect(204)?;
    stack.delete(&format!("/v2/projects/{}", second["id"])).await?.expect(204)?;
    assert_eq!(stack.get("/v2/projects").await?.expect(200)?, json!([]));
    let third = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Orchard" })).await?.expect(201)?;
    assert_eq!(third["name"], "Orchard");
    Ok(())
}

#[tokio::test]
async fn what_holds_entries_cannot_be_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let project = stack.pages("/v2/projects").await?[0]["id"].clone();
    let body = stack.delete(&format!("/v2/projects/{project}")).await?.expect(422)?;
    let expected = json!({
        "message": "Unable to be deleted",
        "errors": [{ "resource": "Project", "field": "entries", "code": "dependent" }],
    });
    assert_eq!(body, expected);
    stack.delete("/v2/users/1").await?.expect(422)?;
    Ok(())
}

#[tokio::test]
async fn users_have_one_address_each_and_are_found_by_new_ones() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let kim = json!({ "email": "Kim@Example.com", "first_name": "Kim", "last_name": "Stone" });
    let made = stack.send(Method::POST, "/v2/users", &kim).await?.expect(201)?;
    let again = stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(422)?;
    assert_eq!(again["errors"][0]["code"], "already_exists");
    let path = format!("/v2/users/{}", made["id"]);
    stack.send(Method::PATCH, &path, &json!({ "email": "stone@example.com" })).await?.expect(200)?;
    stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let file = TOGGL.replace("demo@example.com", "STONE@example.com");
    let id = stack.import(file.as_bytes(), &[("fallback_user", "")]).await?;
    let entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    assert!(entries.len() == 5 && entries.iter().all(|entry| entry["user"]["id"] == made["id"]));
    Ok(())
}

#[tokio::test]
async fn wrong_fields_of_an_entry_are_named() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let empty = stack.send(Method::POST, "/v2/entries", &json!({})).await?.expect(422)?;
    let fields: Vec<_> = empty["errors"].as_array().into_iter().flatten().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["date", "minutes"]);
    let wrong = json!({ "date": "2026-13-01", "minutes": "many", "project_id": 5, "user_id": 99 });
    let wrong = stack.send(Method::POST, "/v2/entries", &wrong).await?.expect(422)?;
    assert_eq!(wrong["errors"][0], json!({ "resource": "Entry", "field": "date", "code": "invalid" }));
    let missing = json!({ "date": "2026-01-01", "minutes": 5, "user_id": 99 });
    let missing = stack.send(Method::POST, "/v2/entries", &missing).await?.expect(422)?;
    assert_eq!(missing["errors"][0], json!({ "resource": "Entry", "field": "user_id", "code": "missing" }));
    Ok(())
}

#[tokio::test]
async fn a_project_whose_entries_are_all_deleted_by_hand_can_be_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let project = stack.pages("/v2/projects?name=cranes").await?[0]["id"].clone();
    let path = format!("/v2/projects/{project}");
    stack.delete(&path).await?.expect(422)?;
    stack.delete("/v2/entries/1000000005").await?.expect(204)?;
    stack.delete(&path).await?.expect(204)?;
    stack.undo(id).await?;
    assert_eq!(stack.pages("/v2/projects").await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn the_first_entries_of_a_project_made_at_once_all_stand() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let project = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Garden" })).await?.expect(201)?;
    let entry = json!({ "date": "2026-01-01", "minutes": 10, "project_id": project["id"], "tags": ["a", "b"] });
    let posts = (0..8).map(|_| stack.send(Method::POST, "/v2/entries", &entry));
    for answer in futures::future::try_join_all(posts).await? {
        answer.expect(201)?;
    }
    let project = stack.get(&format!("/v2/projects/{}", project["id"])).await?.expect(200)?;
    assert_eq!(totals(&project), [json!(8), json!(80), json!(80)]);
    assert_eq!(stack.pages("/v2/entries").await?.len(), 8);
    Ok(())
}
