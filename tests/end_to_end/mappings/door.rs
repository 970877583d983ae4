//! Tests of the endpoint `/api/v1/mappings`, which lists, renames and deletes remembered mappings.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};
use waybill::system::OTHER_TOKEN;

use super::{TABLE, imported, mapping, other_mapping, told};
use crate::stack::Stack;

fn asking(stack: &Stack, token: &str, method: Method, path: &str) -> RequestBuilder {
    stack.bare(method, &format!("/api/v1/mappings{path}")).header("Authorization", format!("Token {token}"))
}

async fn list(stack: &Stack, query: &str) -> anyhow::Result<Value> {
    stack.answer(asking(stack, "demo", Method::GET, query)).await?.expect(200)
}

/// A table with a header of its own, and the options for its import.
fn table(number: usize) -> (String, Value) {
    let column = format!("Note {number}");
    let file = format!("When,Took,{column}\n2026-03-02,90,Tea\n");
    (file, json!({ "mapping": { "When": "date", "Took": "minutes", column: "text" } }))
}

#[tokio::test]
async fn a_mapping_is_listed_named_and_forgotten() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    assert_eq!(
        list(&stack, "").await?,
        json!({
            "start_cursor": null, "next_cursor": null, "per_page": 50, "estimated_remaining_count": 0,
            "filtered_by": [], "sorted_by": [{ "id": "desc" }], "records": [],
        })
    );
    let first = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    let record = list(&stack, "").await?["records"][0].clone();
    let id = record["id"].clone();
    let expected = json!({
        "id": id, "name": null, "header": ["When", "Took", "Whose", "What"], "mapping": mapping(), "import": 1,
        "confirmed_by": null, "since": first["completed_at"],
    });
    assert_eq!(record, expected);
    assert!(id.as_u64().is_some_and(|id| id < 1 << 53));
    let one = format!("/{id}");
    assert_eq!(stack.answer(asking(&stack, "demo", Method::GET, &one)).await?.expect(200)?, expected);
    let next = imported(&stack, TABLE, json!({})).await?;
    assert_eq!(next["mapping"]["remembered"]["id"], id);

    let named = json!({ "name": "  The agency's sheet " });
    for method in [Method::PATCH, Method::PUT] {
        let renamed = stack.answer(asking(&stack, "demo", method, &one).json(&named)).await?.expect(200)?;
        assert_eq!(renamed["name"], "The agency's sheet");
    }
    // The mapping keeps its name after another import has changed its columns.
    imported(&stack, TABLE, json!({ "mapping": other_mapping() })).await?;
    let record = stack.answer(asking(&stack, "demo", Method::GET, &one)).await?.expect(200)?;
    assert_eq!([&record["name"], &record["import"]], [&json!("The agency's sheet"), &json!(3)]);
    assert_eq!(record["mapping"], other_mapping());
    let nameless = json!({ "name": null });
    let renamed = stack.answer(asking(&stack, "demo", Method::PATCH, &one).json(&nameless)).await?.expect(200)?;
    assert_eq!(renamed["name"], Value::Null);

    stack.answer(asking(&stack, "demo", Method::DELETE, &one)).await?.expect(204)?;
    for method in [Method::GET, Method::DELETE] {
        stack.answer(asking(&stack, "demo", method, &one)).await?.expect(404)?;
    }
    assert_eq!(list(&stack, "").await?["records"], json!([]));
    assert_eq!(told(&imported(&stack, TABLE, json!({})).await?)[0], "unsupported");
    // The undo of an import does not restore a deleted mapping. The next import with this mapping lets
    // it be remembered again.
    stack.undo(3).await?;
    stack.undo(1).await?;
    assert_eq!(list(&stack, "").await?["records"], json!([]));
    let again = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    let record = list(&stack, "").await?["records"][0].clone();
    assert_eq!([&record["id"], &record["import"], &record["name"]], [&id, &again["id"], &Value::Null]);
    Ok(())
}

#[tokio::test]
async fn an_undone_import_that_another_confirms_is_shown_with_it() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    imported(&stack, TABLE, json!({})).await?;
    stack.undo(1).await?;
    let record = list(&stack, "").await?["records"][0].clone();
    assert_eq!([&record["import"], &record["confirmed_by"]], [&json!(1), &json!(2)]);
    stack.undo(2).await?;
    assert_eq!(list(&stack, "").await?["records"], json!([]));
    Ok(())
}

#[tokio::test]
async fn the_list_goes_by_keyset_pages() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for number in 0..7 {
        let (file, asked) = table(number);
        imported(&stack, &file, asked).await?;
    }
    let all = list(&stack, "").await?["records"].as_array().cloned().unwrap_or_default();
    let ids: Vec<u64> = all.iter().filter_map(|record| record["id"].as_u64()).collect();
    assert!(ids.len() == 7 && ids.is_sorted_by(|one, other| one > other), "{ids:?}");
    let (mut walked, mut query) = (Vec::new(), "?per_page=2&sort[id]=asc".to_owned());
    loop {
        let page = list(&stack, &query).await?;
        assert_eq!(page["sorted_by"], json!([{ "id": "asc" }]));
        assert_eq!(page["estimated_remaining_count"], 7 - walked.len());
        walked.extend(page["records"].as_array().into_iter().flatten().filter_map(|record| record["id"].as_u64()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("?per_page=2&start_cursor={next}");
    }
    walked.reverse();
    assert_eq!(walked, ids);
    let cursor = list(&stack, "?per_page=2").await?["next_cursor"].as_str().unwrap_or_default().to_owned();
    for (query, field) in [
        (format!("?start_cursor={cursor}&sort[id]=asc"), "start_cursor"),
        ("?start_cursor=nonsense".to_owned(), "start_cursor"),
        ("?per_page=1".to_owned(), "per_page"),
        ("?filter[name]=x".to_owned(), "filter[name]"),
    ] {
        let wrong = stack.answer(asking(&stack, "demo", Method::GET, &query)).await?.expect(400)?;
        assert!(wrong["errors"][field].is_array(), "{query}: {wrong}");
    }
    // A cursor from another account is refused.
    let theirs = asking(&stack, OTHER_TOKEN, Method::GET, &format!("?start_cursor={cursor}"));
    stack.answer(theirs).await?.expect(400)?;
    Ok(())
}

#[tokio::test]
async fn errors_have_the_doors_shape_and_nobody_sees_what_is_anothers() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    let id = list(&stack, "").await?["records"][0]["id"].clone();
    let (one, name) = (format!("/{id}"), json!({ "name": "x" }));
    for (body, field, said) in [
        (json!({ "name": " " }), "name", "blank"),
        (json!({ "name": "x".repeat(201) }), "name", "200"),
        (json!({ "name": 7 }), "name", "a text or null"),
        (json!({}), "name", "missing"),
        (json!({ "name": "x", "mapping": {} }), "mapping", "cannot be changed"),
        (json!(["x"]), "body", ""),
    ] {
        let wrong = stack.answer(asking(&stack, "demo", Method::PATCH, &one).json(&body)).await?.expect(400)?;
        assert!(wrong["errors"][field][0].as_str().is_some_and(|reason| reason.contains(said)), "{body}: {wrong}");
    }
    for path in ["/0", "/x", &format!("/0{id}"), &format!("/+{id}"), &format!("{one}/x")] {
        let missing = stack.answer(asking(&stack, "demo", Method::GET, path)).await?.expect(404)?;
        assert_eq!(missing["status"], 404, "{path}");
    }
    stack.answer(asking(&stack, "demo", Method::POST, "")).await?.expect(405)?;
    stack.answer(asking(&stack, "demo", Method::POST, &one)).await?.expect(405)?;

    let workspace = Principal { account: AccountId(1), user: ThingId(1), scopes: vec![Scope::Workspace] };
    grant(stack.system.services(), "workspace-only", &workspace).await?;
    for (token, status) in [("workspace-only", 403), ("nobody", 401), (OTHER_TOKEN, 404)] {
        for method in [Method::GET, Method::PATCH, Method::PUT, Method::DELETE] {
            stack.answer(asking(&stack, token, method, &one).json(&name)).await?.expect(status)?;
        }
    }
    // This token permits reading only.
    let reader = Principal { scopes: vec![Scope::Read], ..workspace };
    grant(stack.system.services(), "reader", &reader).await?;
    for path in ["", one.as_str()] {
        stack.answer(asking(&stack, "reader", Method::GET, path)).await?.expect(200)?;
    }
    for method in [Method::PATCH, Method::PUT, Method::DELETE] {
        stack.answer(asking(&stack, "reader", method, &one).json(&name)).await?.expect(403)?;
    }
    for (token, status) in [("workspace-only", 403), ("nobody", 401)] {
        stack.answer(asking(&stack, token, Method::GET, "")).await?.expect(status)?;
    }
    let theirs = stack.answer(asking(&stack, OTHER_TOKEN, Method::GET, "")).await?.expect(200)?;
    assert_eq!(theirs["records"], json!([]));
    assert_eq!(list(&stack, "").await?["records"][0]["name"], Value::Null);
    Ok(())
}
