//! Imports by this door: their parameters, their errors, their documents. What the rows become is tested with profiles.

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};
use shared::store::Table;

use super::{asking, get, made, put, refused, send, sent, shop};
use crate::stack::Stack;

/// Rows that fit the database `Shop`.
const ROWS: &str = "Email,LastName\nrobin@example.com,Quay\nkim@example.com,Mole\n";

/// The parameters of an import that waits for its start, with others beside or in their place.
fn parameters(others: &Value) -> Value {
    let mut body = json!({ "database": "shop", "source": ROWS, "delimiter": ",", "autostart": false });
    for (name, value) in others.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn an_import_is_made_by_post_and_put_and_shown_as_the_vendor_shows_it() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let body = parameters(&json!({ "name": "Members", "keyFields": ["Email"] }));
    let answer = send(&stack, Method::POST, "/imports/", &body).await?;
    answer.expect(201)?;
    assert_eq!(answer.headers["x-created"], "1");
    let location = answer.headers["location"].to_str()?.to_owned();
    assert!(location.ends_with("/v3/import/1"), "{location}");
    assert_eq!(
        get(&stack, "/import/1").await?,
        json!({
            "ID": "1",
            "name": "Members",
            "type": "update or add",
            "status": "ready for start",
            "totallines": "0",
            "processedLines": "0",
            "lastrun": false,
            "nextrun": false,
            "lasterror": false,
        })
    );
    // The other ways to write the same.
    let by_id = parameters(&json!({ "database": shop.database, "action": "add", "name": "" }));
    send(&stack, Method::PUT, "/imports", &by_id).await?.expect(201)?;
    let form =
        "database=Shop&keyFields%5B%5D=email&action=Update&autostart=0&source%5B0%5D%5BEmail%5D=kim%40example.com";
    let request = stack.bare(Method::POST, "/v3/imports?access_token=demo").body(form);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    sent(&stack, request).await?.expect(201)?;
    let list = get(&stack, "/imports?limit=2").await?;
    let line = |import: &Value| format!("{} {} {}", import["ID"], import["name"], import["type"]);
    let lines: Vec<String> = list["data"].as_array().context("no data")?.iter().map(line).collect();
    assert_eq!(lines, [r#""3" "import" "update""#, r#""2" "import" "add""#]);
    assert_eq!((&list["start"], &list["count"], &list["total"]), (&json!(0), &json!(2), &json!(3)));
    Ok(())
}

#[tokio::test]
async fn an_import_without_its_rows_is_named_by_its_address_without_the_secret() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    shop(&stack).await?;
    let location = "https://files.example.com/members/2026.csv?signature=secret";
    let body = json!({ "database": "shop", "location": location, "autostart": false });
    let id = made(&stack, "/imports", &body).await?;
    let import = get(&stack, &format!("/import/{id}")).await?;
    assert_eq!(import["name"], "https://files.example.com/members/2026.csv");
    assert_eq!(import["type"], "add");
    Ok(())
}

#[tokio::test]
async fn a_wrong_parameter_is_named_and_nothing_is_left_behind() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    shop(&stack).await?;
    let before = stack.dump(Table::Imports).await?;
    for (others, said) in [
        (json!({ "database": null }), "No database with supplied ID"),
        (json!({ "database": 99 }), "No database with supplied ID"),
        (json!({ "database": ["shop"] }), "database must be a text"),
        (json!({ "action": "add or update" }), "add, update, update or add, ignore or add, delete"),
        (json!({ "action": "update" }), "keyFields is needed"),
        (json!({ "action": "delete", "keyFields": [] }), "keyFields is needed"),
        (json!({ "keyFields": ["Phone"] }), "keyFields names \"Phone\""),
        (json!({ "keyFields": ["interest.Tea"] }), "an interest cannot be a key"),
        (json!({ "keyFields": ["Orders.Score"] }), "has no such column"),
        (json!({ "keyFields": [["Email"]] }), "keyFields must be a list"),
        (json!({ "keyFields": ["ID"] }), "has no such column"),
        (json!({ "action": "delete", "keyFields": ["Email"], "deleteTarget": "subprofile" }), "field of a collection"),
        (json!({ "deleteTarget": "database" }), "deleteTarget \"database\" is none of"),
        (json!({ "delimiter": "|" }), "delimiter must be"),
        (json!({ "delimiter": null }), "delimiter is needed"),
        (json!({ "delimiter": ";" }), "delimiter does not fit"),
        (json!({ "format": "xml" }), "format must be csv or json"),
        (json!({ "format": "json" }), "source is no JSON"),
        (json!({ "source": "" }), "location or source is needed"),
        (json!({ "location": "https://example.com/a.csv" }), "one of them is taken"),
        (json!({ "source": null, "location": "ftp://example.com/a.csv" }), "location is not https"),
        (json!({ "source": null, "location": "https://127.0.0.1/a.csv" }), "not public"),
        (json!({ "source": [[1]] }), "source must be an array of objects"),
        (json!({ "source": [{ "Unknown": 1 }] }), "no column is a field of the database"),
        (json!({ "source": "<html><body>Sign in</body></html>" }), "source:"),
        (json!({ "removeMissing": true }), "removeMissing needs"),
        (json!({ "removeMissing": 1, "keyFields": ["Email"], "action": "delete" }), "removeMissing belongs to"),
    ] {
        let message = refused(&stack, Method::POST, "/imports", &parameters(&others)).await?;
        assert!(message.contains(said), "{others}: {message}");
    }
    for (method, path) in [
        (Method::DELETE, "/imports"),
        (Method::DELETE, "/import/1"),
        (Method::GET, "/import/1/revert"),
        (Method::PUT, "/import/1"),
        (Method::POST, "/import/x/revert"),
        (Method::GET, "/import/999"),
        (Method::GET, "/import"),
    ] {
        refused(&stack, method, path, &Value::Null).await?;
    }
    assert_eq!(crate::dump::differences(&stack.dump(Table::Imports).await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn imports_need_the_scope_of_imports_however_the_path_is_written() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    shop(&stack).await?;
    for (token, scope) in [("importer", Scope::Import), ("profiles", Scope::Profiles), ("reader", Scope::Read)] {
        let principal = Principal { account: AccountId(1), user: ThingId(1), scopes: vec![scope] };
        grant(stack.system.services(), token, &principal).await?;
    }
    for (token, writes, reads) in [("importer", 201, 200), ("profiles", 400, 400), ("reader", 400, 200)] {
        for path in ["imports", "%69mports", "imports/"] {
            let at = |method| stack.bare(method, &format!("/v3/{path}?access_token={token}"));
            sent(&stack, at(Method::POST).json(&parameters(&json!({})))).await?.expect(writes)?;
            sent(&stack, at(Method::GET)).await?.expect(reads)?;
        }
    }
    let databases = stack.bare(Method::GET, "/v3/databases?access_token=importer");
    sent(&stack, databases).await?.expect(400)?;
    Ok(())
}

#[tokio::test]
async fn an_import_is_undone_by_this_door_and_twice_is_once() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    shop(&stack).await?;
    let id = made(&stack, "/imports", &parameters(&json!({}))).await?;
    let revert = format!("/import/{id}/revert");
    send(&stack, Method::POST, &revert, &json!([])).await?.expect(204)?;
    stack.idle().await?;
    put(&stack, &revert, &json!([])).await?;
    stack.idle().await?;
    assert_eq!(get(&stack, &format!("/import/{id}")).await?["status"], "undone");
    Ok(())
}

#[tokio::test]
async fn a_repeated_request_makes_one_import() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    shop(&stack).await?;
    let once = |body: &Value| asking(&stack, Method::POST, "/imports", body).header("Idempotency-Key", "k");
    for _ in 0..2 {
        let answer = sent(&stack, once(&parameters(&json!({})))).await?;
        answer.expect(201)?;
        assert_eq!(answer.headers["x-created"], "1");
    }
    let other = sent(&stack, once(&parameters(&json!({ "name": "Another" })))).await?.expect(400)?;
    assert!(other["error"]["message"].as_str().is_some_and(|said| said.contains("Idempotency-Key")), "{other}");
    Ok(())
}

#[tokio::test]
async fn an_import_of_another_type_is_not_there() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = stack.import(crate::files::TOGGL.as_bytes(), &[]).await?;
    assert_eq!(
        refused(&stack, Method::GET, &format!("/import/{id}"), &Value::Null).await?,
        "No entity with supplied ID"
    );
    assert_eq!(
        refused(&stack, Method::POST, &format!("/import/{id}/revert"), &Value::Null).await?,
        "No entity with supplied ID"
    );
    assert_eq!(get(&stack, "/imports").await?["total"], 0);
    Ok(())
}

#[tokio::test]
async fn views_are_built_again_after_an_import_and_after_its_undo() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let view = made(&stack, &format!("/database/{}/views", shop.database), &json!({ "name": "All" })).await?;
    let members = format!("/view/{view}/profileids");
    for (rebuild, seen) in [("false", 0), ("true", 4)] {
        let source = json!([{ "Email": "kim@example.com" }, { "Email": "sam@example.com" }]);
        let import =
            made(&stack, "/imports", &json!({ "database": "shop", "rebuild": rebuild, "source": source })).await?;
        stack.idle().await?;
        assert_eq!(get(&stack, &members).await?.as_array().map(Vec::len), Some(seen), "{rebuild}");
        if seen > 0 {
            send(&stack, Method::POST, &format!("/import/{import}/revert"), &json!([])).await?.expect(204)?;
            stack.idle().await?;
            assert_eq!(get(&stack, &members).await?.as_array().map(Vec::len), Some(2));
        }
    }
    Ok(())
}
