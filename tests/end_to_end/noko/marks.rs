//! Tests of approved and invoiced entries, archived projects, and deactivated users.

use reqwest::Method;
use serde_json::{Value, json};

use crate::dump::differences;
use crate::files::TOGGL;
use crate::invariants::at_rest;
use crate::stack::{Answer, Stack};

async fn put(stack: &Stack, path: &str, body: &Value) -> anyhow::Result<Answer> {
    stack.send(Method::PUT, path, body).await
}

fn code(answer: &Answer) -> anyhow::Result<Value> {
    Ok(answer.expect(422)?["errors"][0]["code"].clone())
}

#[tokio::test]
async fn an_approved_entry_is_locked_and_goes_with_its_import_all_the_same() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let import = stack.import(TOGGL.as_bytes(), &[]).await?;
    let path = "/v2/entries/1000000001";
    put(&stack, &format!("{path}/approved"), &json!({})).await?.expect(204)?;
    let shown = stack.get(path).await?.expect(200)?;
    assert_eq!(shown["approved_by"]["id"], 1);
    assert!(shown["approved_at"].is_string());
    assert_eq!(code(&put(&stack, &format!("{path}/approved"), &json!({})).await?)?, "already_approved");
    assert_eq!(code(&put(&stack, path, &json!({ "minutes": 1 })).await?)?, "approved_and_locked");
    assert_eq!(code(&stack.delete(path).await?)?, "approved_and_locked");
    for (query, count) in [
        ("approved_by_ids=1", 1),
        ("approved_by_ids=2", 0),
        ("approved_at_from=2000-01-01", 1),
        ("approved_at_to=2000-01-01", 0),
    ] {
        assert_eq!(stack.pages(&format!("/v2/entries?{query}")).await?.len(), count, "{query}");
    }
    // In a request for several entries, the approved and the missing entries are skipped.
    let ids = json!({ "entry_ids": [1_000_000_001_u64, "1000000002", 7], "approved_at": "2026-05-06T10:00:00Z" });
    put(&stack, "/v2/entries/approved", &ids).await?.expect(204)?;
    assert_eq!(stack.get("/v2/entries/1000000002").await?.json()["approved_at"], "2026-05-06T10:00:00Z");
    assert_eq!(stack.get(path).await?.json()["approved_at"], shown["approved_at"]);
    put(&stack, "/v2/entries/unapproved", &json!({ "entry_ids": [1_000_000_002_u64] })).await?.expect(204)?;
    put(&stack, &format!("{path}/unapproved"), &json!({})).await?.expect(204)?;
    put(&stack, path, &json!({ "minutes": 1 })).await?.expect(200)?;
    put(&stack, &format!("{path}/approved"), &json!({ "approved_at": null })).await?.expect(204)?;
    put(&stack, "/v2/entries/9/approved", &json!({})).await?.expect(404)?;
    at_rest(&stack).await?;
    stack.undo(import).await?;
    at_rest(&stack).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn entries_marked_as_invoiced_count_and_are_not_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let import = stack.import(crate::files::toggl(120, 2, 3).as_bytes(), &[("type", "toggl")]).await?;
    let ids: Vec<u64> = (1..=120).map(|row| import * 1_000_000_000 + row).collect();
    let body = json!({ "entry_ids": ids, "date": "2026-05-06" });
    put(&stack, "/v2/entries/marked_as_invoiced", &body).await?.expect(204)?;
    at_rest(&stack).await?;
    for project in stack.pages("/v2/projects").await? {
        assert_eq!((&project["invoiced_minutes"], &project["minutes"]), (&json!(60), &json!(60)));
    }
    let path = format!("/v2/entries/{}", ids[0]);
    assert_eq!(stack.get(&path).await?.json()["invoiced_at"], "2026-05-06T00:00:00Z");
    assert_eq!(code(&stack.delete(&path).await?)?, "invoiced");
    for (query, count) in
        [("invoiced=true", 120), ("invoiced_at_from=2026-05-06&invoiced_at_to=2026-05-06", 120), ("invoiced=false", 0)]
    {
        assert_eq!(stack.pages(&format!("/v2/entries?{query}&per_page=50")).await?.len(), count, "{query}");
    }
    put(&stack, &format!("{path}/marked_as_invoiced"), &json!({ "date": null })).await?.expect(204)?;
    stack.delete(&path).await?.expect(204)?;
    let other = format!("/v2/entries/{}/marked_as_invoiced", ids[1]);
    assert_eq!(code(&put(&stack, &other, &json!({})).await?)?, "missing_field");
    let many: Vec<u64> = (1..=1001).collect();
    let many = json!({ "entry_ids": many, "date": "2026-05-06" });
    assert_eq!(code(&put(&stack, "/v2/entries/marked_as_invoiced", &many).await?)?, "invalid");
    at_rest(&stack).await?;
    stack.undo(import).await?;
    at_rest(&stack).await
}

#[tokio::test]
async fn an_archived_project_keeps_its_entries_as_they_are() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    let import = stack.import(TOGGL.as_bytes(), &[]).await?;
    let entry = stack.get("/v2/entries/1000000001").await?.expect(200)?;
    let project = format!("/v2/projects/{}", entry["project"]["id"]);
    put(&stack, &format!("{project}/archive"), &json!({})).await?.expect(204)?;
    assert_eq!(stack.get(&project).await?.json()["enabled"], false);
    for path in ["/v2/entries/1000000001/approved", "/v2/entries/1000000001/unapproved"] {
        assert_eq!(code(&put(&stack, path, &json!({})).await?)?, "archived_project");
    }
    assert_eq!(code(&stack.delete("/v2/entries/1000000001").await?)?, "archived_project");
    let empty = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Empty" })).await?.expect(201)?;
    let path = format!("/v2/projects/{}/archive", empty["id"]);
    assert_eq!(code(&put(&stack, &path, &json!({})).await?)?, "deletable");
    // In a request for several projects, the projects which do not allow the change are skipped.
    let ids = json!({ "project_ids": [entry["project"]["id"], empty["id"], 7] });
    put(&stack, "/v2/projects/unarchive", &ids).await?.expect(204)?;
    put(&stack, "/v2/projects/archive", &ids).await?.expect(204)?;
    assert_eq!(stack.get(&project).await?.json()["enabled"], false);
    put(&stack, "/v2/projects/delete", &ids).await?.expect(204)?;
    stack.get(&format!("/v2/projects/{}", empty["id"])).await?.expect(404)?;
    stack.get(&project).await?.expect(200)?;
    stack.undo(import).await?;
    stack.get(&project).await?.expect(404)?;
    at_rest(&stack).await
}

#[tokio::test]
async fn a_deactivated_user_keeps_what_is_theirs_and_is_let_in_no_more() -> anyhow::Result<()> {
    use shared::account::{Principal, Scope, grant};
    use shared::id::{AccountId, ThingId};
    let stack = Stack::start(3).await?;
    let kim = stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let user = ThingId(kim["id"].as_u64().unwrap_or_default());
    let scopes = vec![Scope::Import, Scope::Workspace];
    grant(stack.system.services(), "kim", &Principal { account: AccountId(1), user, scopes }).await?;
    let path = format!("/v2/users/{user}");
    let as_kim = async || {
        let request = stack.bare(Method::GET, "/v2/current_user").header("Authorization", "token kim");
        anyhow::Ok(stack.answer(request).await?.status.as_u16())
    };
    assert_eq!(code(&put(&stack, &format!("{path}/deactivate"), &json!({})).await?)?, "deletable");
    let entry = json!({ "date": "2026-06-01", "minutes": 10, "user_id": user });
    let entry = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    assert_eq!(as_kim().await?, 200);
    put(&stack, &format!("{path}/deactivate"), &json!({})).await?.expect(204)?;
    assert_eq!(as_kim().await?, 401);
    assert_eq!(stack.get(&format!("/v2/entries/{}", entry["id"])).await?.json()["user"]["id"], kim["id"]);
    assert_eq!(code(&put(&stack, &path, &json!({ "first_name": "Kim" })).await?)?, "deactivated");
    put(&stack, &format!("{path}/activate"), &json!({})).await?.expect(204)?;
    assert_eq!(code(&put(&stack, &format!("{path}/activate"), &json!({})).await?)?, "not_deactivated");
    assert_eq!(as_kim().await?, 200);
    assert_eq!(code(&put(&stack, "/v2/users/1/deactivate", &json!({})).await?)?, "authenticated_user");
    put(&stack, &format!("{path}/give_access_to_projects"), &json!({ "project_ids": [1] })).await?.expect(204)?;
    let revoked = put(&stack, &format!("{path}/revoke_access_to_all_projects"), &json!({})).await?;
    assert_eq!(code(&revoked)?, "can_access_all_projects");
    at_rest(&stack).await
}
