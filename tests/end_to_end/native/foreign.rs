//! The ids of another account are not there, on every route.

use anyhow::Context;
use reqwest::Method;
use serde_json::json;
use waybill::system::OTHER_TOKEN;

use super::send;
use crate::files::TOGGL;
use crate::stack::Stack;

/// The operations of the door whose path has an id, as method and path, from the description. A GET counts as HEAD too.
async fn with_ids(stack: &Stack) -> anyhow::Result<Vec<(Method, String)>> {
    let document = stack.answer(stack.bare(Method::GET, "/api/v1/openapi.json")).await?.expect(200)?;
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        // The Productive door has tokens and errors of its own, and a test like this one.
        let is_native = path.starts_with("/api/") && !path.starts_with("/api/v2/");
        if !is_native || !path.contains("{id}") {
            continue;
        }
        for method in item.as_object().context("no methods")?.keys() {
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())?;
            if method == Method::GET {
                found.push((Method::HEAD, path.clone()));
            }
            found.push((method, path.clone()));
        }
    }
    Ok(found)
}

#[tokio::test]
async fn nothing_of_another_account_is_there_whatever_the_id() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mapping = json!({ "Day": "date", "Who": "person", "Min": "minutes" });
    let file = "Day,Who,Min\n2026-03-05,Demo User,30\n";
    send(&stack, "/imports", &json!({ "source": TOGGL })).await?.expect(202)?;
    send(&stack, "/imports", &json!({ "source": file, "mapping": mapping })).await?.expect(202)?;
    send(&stack, "/imports", &json!({ "source": TOGGL, "autostart": false })).await?.expect(202)?;
    send(&stack, "/imports", &json!({ "upload": true, "file_size": 10 })).await?.expect(201)?;
    stack.idle().await?;
    let mappings = stack.bare(Method::GET, "/api/v1/mappings").header("Authorization", "Token demo");
    let mappings = stack.answer(mappings).await?.expect(200)?;
    let mapping = mappings.pointer("/records/0/id").or(mappings.pointer("/0/id")).map(ToString::to_string);
    let mapping = mapping.unwrap_or_default().trim_matches('"').to_owned();
    assert!(!mapping.is_empty(), "{mappings}");
    let before = (stack.dump(shared::store::Table::Imports).await?, stack.workspace().await?);

    let routes = with_ids(&stack).await?;
    assert!(routes.len() > 20, "{routes:?}");
    let imports = ["1", "2", "3", "4", "5", "0", "-1", "01", "1000000001", "18446744073709551616", "x"];
    let mappings = [mapping.as_str(), "1", "0", "x"];
    let ids = |path: &str| if path.contains("/mappings/") { &mappings[..] } else { &imports[..] };
    let asked = routes.iter().flat_map(|(method, path)| ids(path).iter().map(move |id| (method, path, id)));
    for (method, path, id) in asked {
        let path = path.replace("{id}", id);
        let request = stack.bare(method.clone(), &path).header("Authorization", format!("Token {OTHER_TOKEN}"));
        let body = if path.contains("/mappings/") { json!({ "name": "theirs" }) } else { json!({}) };
        let answer = stack.answer(request.json(&body)).await?;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
    }
    let after = (stack.dump(shared::store::Table::Imports).await?, stack.workspace().await?);
    assert_eq!(crate::dump::differences(&after.0, &before.0), [""; 0]);
    assert_eq!(crate::dump::differences(&after.1, &before.1), [""; 0]);
    Ok(())
}
