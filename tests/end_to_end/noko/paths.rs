//! Tests of paths, tokens and errors at the Noko door.

use reqwest::Method;
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};

use crate::files::TOGGL;
use crate::stack::Stack;

/// Every path with an answer to GET, on a stack with a single import.
async fn paths(stack: &Stack) -> anyhow::Result<Vec<String>> {
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let mut paths: Vec<String> =
        ["imports", "entries", "projects", "expenses", "tags", "users", "groups", "users/1", "entries/1000000001"]
            .map(|path| format!("/v2/{path}"))
            .to_vec();
    for sub in ["", "/status", "/details", "/report", "/entries", "/tags", "/projects"] {
        paths.push(format!("/v2/imports/1{sub}"));
    }
    for kind in ["projects", "tags", "groups"] {
        paths.push(format!("/v2/{kind}/{}", stack.pages(&format!("/v2/{kind}")).await?[0]["id"]));
    }
    Ok(paths)
}

#[tokio::test]
async fn every_path_is_the_same_with_a_slash_at_its_end_and_answers_to_head() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    for path in paths(&stack).await? {
        let bare = stack.get(&path).await?.expect(200)?;
        assert_eq!(stack.get(&format!("{path}/")).await?.expect(200)?, bare, "{path}");
        for path in [path.clone(), format!("{path}/")] {
            let head = stack.answer(stack.request(Method::HEAD, &path)).await?;
            assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""), "{path}");
        }
    }
    let list = stack.get("/v2/imports/1/entries/?per_page=2").await?;
    let head = stack.answer(stack.request(Method::HEAD, "/v2/imports/1/entries/?per_page=2")).await?;
    assert_eq!(head.links(), list.links());
    assert!(head.links().contains_key("last"));
    let created = stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    stack.delete(&format!("/v2/imports/{}/", created["id"])).await?.expect(204)?;
    Ok(())
}

#[tokio::test]
async fn a_scope_opens_its_own_half_of_the_door() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let paths = paths(&stack).await?;
    for (token, scope) in [("imports-only", Scope::Import), ("workspace-only", Scope::Workspace)] {
        let principal = Principal { account: AccountId(1), user: ThingId(1), scopes: vec![scope] };
        grant(stack.system.services(), token, &principal).await?;
        for path in &paths {
            let answer = stack.answer(stack.bare(Method::GET, path).header("X-NokoToken", token)).await?;
            if path.starts_with("/v2/imports") == (scope == Scope::Import) {
                answer.expect(200)?;
            } else {
                let forbidden = json!({ "message": "The token does not have the permission for this" });
                assert_eq!(answer.expect(403)?, forbidden, "{path} with {token}");
            }
        }
    }
    let entry = json!({ "date": "2026-05-04", "minutes": 1 });
    for (method, path) in [(Method::POST, "/v2/entries"), (Method::PUT, "/v2/users/1"), (Method::DELETE, "/v2/tags/1")]
    {
        let request = stack.bare(method, path).header("X-NokoToken", "imports-only").json(&entry);
        stack.answer(request).await?.expect(403)?;
    }
    let post = stack.bare(Method::POST, "/v2/imports").header("X-NokoToken", "workspace-only");
    stack.answer(post).await?.expect(403)?;
    let delete = stack.bare(Method::DELETE, "/v2/imports/1").header("X-NokoToken", "workspace-only");
    stack.answer(delete).await?.expect(403)?;
    Ok(())
}

#[tokio::test]
async fn the_first_token_counts_and_a_wrong_one_is_no_token() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let get = |path: &str| stack.bare(Method::GET, path);
    let wrong = [
        get("/v2/imports").header("X-FreckleToken", "guess"),
        get("/v2/imports").header("X-NokoToken", ""),
        get("/v2/imports").bearer_auth("guess"),
        get("/v2/imports").basic_auth("guess", Some("demo")),
        get("/v2/imports").header("Authorization", "Basic %%%"),
        get("/v2/imports").header("Authorization", "Digest demo"),
        get("/v2/imports?access_token="),
        get("/v2/imports?token=demo"),
        get("/v2/imports?noko_token=demo").header("X-NokoToken", "guess"),
    ];
    for request in wrong {
        assert_eq!(stack.answer(request).await?.expect(401)?, json!({ "message": "Requires authentication" }));
    }
    let basic = get("/v2/imports").basic_auth("demo", None::<&str>);
    assert_eq!(stack.answer(basic).await?.expect(200)?, json!([]));
    Ok(())
}

#[tokio::test]
async fn without_a_user_agent_nothing_is_answered() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let refused = json!({ "message": "The User-Agent header is missing" });
    for path in paths(&stack).await? {
        let request = stack.bare(Method::GET, &path).header("User-Agent", "").header("X-NokoToken", "demo");
        assert_eq!(stack.answer(request).await?.expect(400)?, refused, "{path}");
    }
    for (method, path) in [(Method::GET, "/v2/nope"), (Method::GET, "/v2/"), (Method::DELETE, "/v2/imports")] {
        let request = stack.bare(method.clone(), path).header("User-Agent", "").header("X-NokoToken", "demo");
        assert_eq!(stack.answer(request).await?.expect(400)?, refused, "{path}");
        let answer = stack.answer(stack.request(method, path)).await?;
        assert!([404, 405].contains(&answer.status.as_u16()) && answer.json()["message"].is_string(), "{path}");
    }
    // The request is refused even if the header is completely absent.
    let url = format!("{}/v2/imports", stack.system.url());
    let answer = waybill::http_client::loopback().build()?.get(url).header("X-NokoToken", "demo").send().await?;
    assert_eq!(answer.status().as_u16(), 400);
    assert_eq!(answer.json::<Value>().await?, refused);
    Ok(())
}
