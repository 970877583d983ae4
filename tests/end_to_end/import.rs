//! Tests of the way from a file to its entries.

use reqwest::Method;
use serde_json::json;

use crate::files::{FRECKLE, TOGGL, TOGGL_SECONDS, toggl};
use crate::stack::Stack;

#[tokio::test]
async fn a_toggl_file_becomes_entries_with_projects_and_tags() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let answer = stack.post(TOGGL.as_bytes(), &[("type", "auto")]).await?;
    let made = answer.expect(202)?;
    assert_eq!(made["status"], "in_progress");
    let status_url = format!("{}/v2/imports/1/status", stack.system.url());
    assert_eq!(answer.headers["location"], status_url.as_str());
    stack.idle().await?;

    assert_eq!(stack.get(&status_url).await?.expect(200)?, json!({ "status": "complete" }));
    let import = stack.get("/v2/imports/1").await?.expect(200)?;
    let created = ["type", "entries", "projects", "tags"].map(|name| import[name].clone());
    assert_eq!(created, [json!("toggl"), json!(5), json!(3), json!(3)]);
    let native = stack.native(1).await?;
    assert_eq!(native["status"], "complete");
    assert_eq!(native["seconds"], TOGGL_SECONDS);

    let entries = stack.pages("/v2/imports/1/entries?per_page=2").await?;
    let texts: Vec<_> = entries.iter().map(|entry| entry["description"].as_str().unwrap_or_default()).collect();
    let expected = ["Look at the cranes", "Mail", "Move the pages", "Talk, with \"quotes\"", "Sketch the start page"];
    assert_eq!(texts, expected);
    let first = &entries[4];
    assert_eq!(first["id"], 1_000_000_001_u64);
    assert_eq!(first["date"], "2026-03-02");
    assert_eq!(first["minutes"], 60);
    assert_eq!(first["project"]["name"], "Website");
    let tags: Vec<_> = first["tags"].as_array().into_iter().flatten().map(|tag| tag["name"].clone()).collect();
    assert_eq!(tags, ["design", "research"]);
    // Two projects named "Website" of different clients remain two projects.
    let projects = stack.pages("/v2/imports/1/projects").await?;
    let mut names: Vec<_> = projects
        .iter()
        .map(|project| format!("{}/{}", project["group"]["name"], project["name"]).replace('"', ""))
        .collect();
    names.sort();
    assert_eq!(names, ["Harbour/Cranes", "Harbour/Website", "Orchard/Website"]);
    Ok(())
}

#[tokio::test]
async fn a_freckle_file_brings_hashtags_and_names_those_it_does_not_know() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = stack.import(FRECKLE.as_bytes(), &[]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    assert_eq!(
        details,
        json!({
            "entries_with_unknown_users": 1, "unknown_users": ["Somebody Else"], "line_errors": [],
            "unknown_projects": [], "entries_discarded": 0, "entries_imported": 3,
        })
    );
    let entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    let billable: Vec<_> = entries.iter().map(|entry| entry["billable"].clone()).collect();
    // The second entry is unbillable because of its tag, and the third entry is billable because of its column.
    assert_eq!(billable, [json!(false), json!(false), json!(true)]);
    assert_eq!(stack.get(&format!("/v2/imports/{id}/report")).await?.expect(200)?, details);
    Ok(())
}

#[tokio::test]
async fn fallback_user_absent_null_and_a_value_are_three_things() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let other = json!({ "email": "other.person@example.com", "first_name": "Other" });
    let other = stack.send(Method::POST, "/v2/users", &other).await?.expect(201)?["id"].clone();

    let absent = stack.import(FRECKLE.as_bytes(), &[]).await?;
    let null = stack.import(FRECKLE.as_bytes(), &[("fallback_user", "null")]).await?;
    let value = stack.import(FRECKLE.as_bytes(), &[("fallback_user", &other.to_string())]).await?;
    let mut shown = Vec::new();
    for id in [absent, null, value] {
        let import = stack.get(&format!("/v2/imports/{id}")).await?.expect(200)?;
        let entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
        let users: Vec<_> = entries.iter().map(|entry| entry["user"]["id"].clone()).collect();
        shown.push((import["fallback_user"]["id"].clone(), users));
    }
    let me = json!(1);
    assert_eq!(shown[0], (me.clone(), vec![me.clone(), me.clone(), me.clone()]));
    assert_eq!(shown[1], (json!(null), vec![me.clone(), me.clone()]));
    assert_eq!(shown[2], (other.clone(), vec![other, me.clone(), me]));
    let details = stack.get(&format!("/v2/imports/{null}/details")).await?.expect(200)?;
    assert_eq!((&details["entries_discarded"], &details["entries_imported"]), (&json!(1), &json!(2)));
    Ok(())
}

#[tokio::test]
async fn tags_and_projects_stay_out_when_they_are_not_wanted() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let known = json!({ "name": "Cranes", "group_name": "Harbour" });
    stack.send(Method::POST, "/v2/projects", &known).await?.expect(201)?;
    let options = [("import_tags", "false"), ("autocreate_projects", "false")];
    let id = stack.import(TOGGL.as_bytes(), &options).await?;
    let entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    assert!(entries.iter().all(|entry| entry["tags"] == json!([])));
    let named: Vec<_> = entries.iter().map(|entry| entry["project"]["name"].clone()).collect();
    assert_eq!(named, [json!("Cranes"), json!(null), json!(null), json!(null), json!(null)]);
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    assert_eq!(details["unknown_projects"], json!(["Website"]));
    assert_eq!(details["entries_imported"], 5);
    Ok(())
}

#[tokio::test]
async fn a_header_alone_is_an_import_of_no_rows() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let header = TOGGL.lines().next().unwrap_or_default();
    let id = stack.import(header.as_bytes(), &[]).await?;
    let import = stack.native(id).await?;
    assert_eq!((&import["status"], &import["rows"]), (&json!("complete"), &json!(0)));
    stack.undo(id).await
}

#[tokio::test]
async fn a_form_carries_the_file_percent_encoded_under_either_spelling() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let body: String = TOGGL.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for content_type in ["application/x-www-form-urlencoded", "application/x-ww-form-urlencoded"] {
        let request = stack.request(Method::POST, "/v2/imports").header("Content-Type", content_type);
        let made = stack.answer(request.body(format!("type=toggl&file={body}"))).await?.expect(202)?;
        stack.idle().await?;
        let import = stack.get(&format!("/v2/imports/{}", made["id"])).await?.expect(200)?;
        assert_eq!(import["entries"], 5);
    }
    Ok(())
}

#[tokio::test]
async fn a_file_of_any_size_goes_straight_to_s3() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = stack.upload(toggl(2500, 3, 3).into_bytes()).await?;
    stack.idle().await?;
    let import = stack.native(id).await?;
    assert_eq!(import["status"], "complete");
    assert_eq!(import["counts"]["created"], 2500);
    assert_eq!(import["seconds"], 150_000);
    Ok(())
}
