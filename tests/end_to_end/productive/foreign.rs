//! The ids of another organization are not there, on every route.

use reqwest::Method;
use serde_json::{Value, json};
use waybill::system::OTHER_TOKEN;

use super::{JSON_API, import_data, made, resource, run, sent, tables};
use crate::stack::Stack;

/// Every route of the door with an id. A new route belongs here.
const ROUTES: [(Method, &str); 14] = [
    (Method::GET, "/imports/{id}"),
    (Method::PATCH, "/imports/{id}"),
    (Method::POST, "/imports/{id}/import"),
    (Method::PATCH, "/imports/{id}/revert"),
    (Method::GET, "/companies/{id}"),
    (Method::PATCH, "/companies/{id}"),
    (Method::DELETE, "/companies/{id}"),
    (Method::PATCH, "/companies/{id}/archive"),
    (Method::PATCH, "/companies/{id}/restore"),
    (Method::GET, "/people/{id}"),
    (Method::PATCH, "/people/{id}"),
    (Method::DELETE, "/people/{id}"),
    (Method::PATCH, "/people/{id}/archive"),
    (Method::PATCH, "/people/{id}/restore"),
];

#[tokio::test]
async fn nothing_of_another_organization_is_there_whatever_the_id() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let rows = json!({ "company": [{ "name": "Quay" }], "person": [{ "company": "Quay", "first_name": "Kim", "email": "kim@example.com" }] });
    run(&stack, &rows).await?;
    made(&stack, &json!({ "company": [{ "name": "Dock" }] })).await?;
    let people = super::all(&stack, "/people?filter[is_user]=false").await?;
    let companies = super::all(&stack, "/companies?filter[name]=Quay").await?;
    let before = tables(&stack).await?;
    let own: Vec<String> = super::ids(&people).into_iter().chain(super::ids(&companies)).collect();
    let odd = ["3", "0", "-1", "01", "1000000001", "18446744073709551616", "x", "1e3"];
    let all_ids: Vec<&str> = own.iter().map(String::as_str).chain(odd).collect();
    // An import of the same number may be made by the other organization, which has none.
    for (method, route) in &ROUTES {
        let imports = route.starts_with("/imports").then_some(["1", "2"]).into_iter().flatten();
        for id in all_ids.iter().copied().chain(imports) {
            let path = format!("/api/v2{}", route.replace("{id}", id));
            let request = stack.bare(method.clone(), &path).header("X-Auth-Token", OTHER_TOKEN);
            let request = request.header("X-Organization-Id", "2");
            let request = match (method.as_str(), route.starts_with("/imports")) {
                ("PATCH" | "POST", true) => {
                    request.header("Content-Type", JSON_API).body(import_data(&rows).to_string())
                }
                ("PATCH", false) => {
                    let kind = if route.starts_with("/people") { "people" } else { "companies" };
                    request.header("Content-Type", JSON_API).body(resource(kind, &json!({})).to_string())
                }
                _ => request,
            };
            let answer = sent(&stack, request).await?;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        }
    }
    // A company of another organization cannot be given to a person.
    let mut body = resource("people", &json!({ "first_name": "Sam" }));
    body["data"]["relationships"] =
        json!({ "company": { "data": { "type": "companies", "id": super::ids(&companies)[0] } } });
    let request = stack.bare(Method::POST, "/api/v2/people").header("X-Auth-Token", OTHER_TOKEN);
    let request = request.header("X-Organization-Id", "2").header("Content-Type", JSON_API).body(body.to_string());
    let answer = sent(&stack, request).await?;
    answer.expect(422)?;
    assert_eq!(answer.json()["errors"][0]["detail"], Value::from("must exist"));
    for (after, before) in tables(&stack).await?.iter().zip(&before) {
        assert_eq!(crate::dump::differences(after, before), [""; 0]);
    }
    Ok(())
}
