//! The ids of another account are not there, on every route.

use reqwest::Method;
use serde_json::json;
use waybill::system::OTHER_TOKEN;

use super::send;
use crate::files::TOGGL;
use crate::stack::Stack;

/// Every route of the door with an id of an import, as method and path. A new route belongs here.
const OF_IMPORTS: [(Method, &str); 13] = [
    (Method::GET, "/imports/{id}"),
    (Method::HEAD, "/imports/{id}"),
    (Method::GET, "/imports/{id}/upload/parts"),
    (Method::POST, "/imports/{id}/upload/complete"),
    (Method::POST, "/imports/{id}/start"),
    (Method::POST, "/imports/{id}/cancel"),
    (Method::POST, "/imports/{id}/resume"),
    (Method::POST, "/imports/{id}/revert"),
    (Method::GET, "/imports/{id}/history"),
    (Method::GET, "/imports/{id}/results"),
    (Method::GET, "/imports/{id}/records"),
    (Method::GET, "/imports/{id}/errors"),
    (Method::GET, "/imports/{id}/source"),
];

/// Every route with an id of a mapping.
const OF_MAPPINGS: [(Method, &str); 4] = [
    (Method::GET, "/mappings/{id}"),
    (Method::PUT, "/mappings/{id}"),
    (Method::PATCH, "/mappings/{id}"),
    (Method::DELETE, "/mappings/{id}"),
];

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

    let imports = ["1", "2", "3", "4", "5", "0", "-1", "01", "1000000001", "18446744073709551616", "x"];
    let mappings = [mapping.as_str(), "1", "0", "x"];
    let routes = OF_IMPORTS.iter().flat_map(|route| imports.map(|id| (route, id)));
    let routes = routes.chain(OF_MAPPINGS.iter().flat_map(|route| mappings.map(|id| (route, id))));
    for ((method, path), id) in routes {
        let path = format!("/api/v1{}", path.replace("{id}", id));
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
