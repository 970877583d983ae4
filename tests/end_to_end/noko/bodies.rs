//! Tests of the answers' bodies, whose keys and types are compared with the contract value by value.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::door::blank;
use crate::files::{FRECKLE, TOGGL};
use crate::stack::Stack;

/// An answer's body with the port and the times blanked.
async fn body(stack: &Stack, path: &str) -> anyhow::Result<Value> {
    let mut body = stack.get(path).await?.expect(200)?;
    blank(&mut body, stack.system.url());
    Ok(body)
}

#[tokio::test]
async fn lists_are_arrays_of_what_one_is_alone() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[("fallback_user", "null")]).await?;
    for path in ["imports", "imports/1/entries", "imports/1/tags", "imports/1/projects", "entries", "tags", "projects"]
    {
        let list = stack.pages(&format!("/v2/{path}")).await?;
        assert!(!list.is_empty(), "{path}");
        let kind = path.rsplit('/').next().unwrap_or_default();
        for item in list {
            let alone = stack.get(&format!("/v2/{kind}/{}", item["id"])).await?.expect(200)?;
            assert_eq!(item, alone, "{path}");
            assert_eq!(stack.get(item["url"].as_str().unwrap_or_default()).await?.expect(200)?, alone);
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_list_has_the_contracts_bodies() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[("fallback_user", "null")]).await?;
    let one = |path: &str| format!("/v2/{path}per_page=1");
    insta::assert_json_snapshot!("imports", body(&stack, &one("imports?")).await?);
    insta::assert_json_snapshot!("import_entries", body(&stack, &one("imports/1/entries?billable=no&")).await?);
    insta::assert_json_snapshot!("import_tags", body(&stack, &one("imports/1/tags?name=outside&")).await?);
    insta::assert_json_snapshot!("import_projects", body(&stack, &one("imports/1/projects?name=cranes&")).await?);
    insta::assert_json_snapshot!("users", body(&stack, &one("users?")).await?);
    let mut groups = body(&stack, "/v2/groups").await?;
    groups.as_array_mut().into_iter().for_each(|groups| groups.sort_by_key(|group| group["name"].to_string()));
    insta::assert_json_snapshot!("groups", groups);
    Ok(())
}

#[tokio::test]
async fn entries_and_projects_by_hand_have_the_contracts_bodies() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let project = json!({
        "name": "Pond", "group_name": "Garden", "billable": false, "enabled": false, "stepping": 15,
        "color_hex": "#00ff00", "budget_minutes": 90,
    });
    let project = stack.send(Method::POST, "/v2/projects", &project).await?;
    let location = project.headers["location"].to_str()?.to_owned();
    let project = project.expect(201)?;
    assert_eq!(location, project["url"].as_str().unwrap_or_default());
    let entry = json!({
        "date": "2026-05-04", "minutes": 60, "project_id": project["id"], "description": "Dig #spade",
        "source_url": "https://example.com/1", "billable": false,
    });
    let entry = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    insta::assert_json_snapshot!("entry_by_hand", body(&stack, &format!("/v2/entries/{}", entry["id"])).await?);
    insta::assert_json_snapshot!("project_by_hand", body(&stack, &format!("/v2/projects/{}", project["id"])).await?);
    let tag = entry["tags"][0]["id"].clone();
    insta::assert_json_snapshot!("tag_by_hand", body(&stack, &format!("/v2/tags/{tag}")).await?);
    Ok(())
}

#[tokio::test]
async fn an_import_that_is_being_made_status_and_details_have_the_contracts_bodies() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let file = format!("{FRECKLE}2026-13-05,bob,Fence,30,paint,no\n");
    let fields = [("fallback_user", "null"), ("autocreate_projects", "false"), ("date_order", "ymd")];
    let mut created = stack.post(file.as_bytes(), &fields).await?.expect(202)?;
    blank(&mut created, stack.system.url());
    insta::assert_json_snapshot!("created_import_without_fallback", created);
    assert_eq!(body(&stack, "/v2/imports/1/status").await?, json!({ "status": "in_progress" }));
    insta::assert_json_snapshot!("import_in_progress", body(&stack, "/v2/imports/1").await?);
    for path in ["details", "report"] {
        let answer = stack.get(&format!("/v2/imports/1/{path}")).await?;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    }
    shared::plan::plan(&stack.functions().parser, shared::id::AccountId(1), shared::id::ImportId(1)).await?;
    assert_eq!(body(&stack, "/v2/imports/1/status").await?, json!({ "status": "complete" }));
    insta::assert_json_snapshot!("details", body(&stack, "/v2/imports/1/details").await?);
    assert_eq!(body(&stack, "/v2/imports/1/report").await?, body(&stack, "/v2/imports/1/details").await?);
    Ok(())
}

#[tokio::test]
async fn every_error_has_the_vendors_shape() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let mut errors = BTreeMap::new();
    let mut told = async |name: &'static str, request: reqwest::RequestBuilder| {
        let answer = stack.answer(request).await?;
        errors.insert(name, json!({ "status": answer.status.as_u16(), "body": answer.json() }));
        anyhow::Ok(())
    };
    let post = |path: &str| stack.request(Method::POST, path);
    let upload = |form: Form| post("/v2/imports").multipart(form);
    let file = |text: &str| Form::new().part("file", Part::bytes(text.as_bytes().to_vec()).file_name("a.csv"));
    told("400 hash", post("/v2/tags").json(&json!([1]))).await?;
    told("400 json", post("/v2/tags").body("{")).await?;
    told("400 content type", post("/v2/imports").header("Content-Type", "text/csv").body("x")).await?;
    told("401", stack.bare(Method::GET, "/v2/imports")).await?;
    told("404", stack.request(Method::GET, "/v2/imports/7")).await?;
    told("405", stack.request(Method::PUT, "/v2/imports")).await?;
    told("422 missing_field", upload(Form::new().text("type", "toggl"))).await?;
    told("422 missing", upload(file(TOGGL).text("fallback_user", "9"))).await?;
    told("422 invalid", upload(file(TOGGL).text("type", "clockify"))).await?;
    told("422 invalid_file", upload(file("a,b\n1,2\n"))).await?;
    told("422 invalid_field_delimiter", upload(file(TOGGL).text("field_delimeter", "x"))).await?;
    told("422 filter", stack.request(Method::GET, "/v2/imports?user=me")).await?;
    let tag = json!({ "name": "dev" });
    stack.send(Method::POST, "/v2/tags", &tag).await?.expect(201)?;
    told("422 already_exists", post("/v2/tags").json(&tag)).await?;
    told("422 too many tags", {
        let words: String = (0..21).map(|n| format!("#tag{n} ")).collect();
        post("/v2/entries").json(&json!({ "date": "2026-01-01", "minutes": 1, "description": words }))
    })
    .await?;
    told("422 too large", upload(file(&"x".repeat(4 * 1024 * 1024 + 1)))).await?;
    insta::assert_json_snapshot!("errors", errors);
    Ok(())
}
