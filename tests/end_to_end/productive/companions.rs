//! Companies and people: created, changed, archived and deleted by hand, with every wrong attribute told at once.

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use super::{each, errors, get, resource, run, send};
use crate::stack::{Answer, Stack};

async fn company(stack: &Stack, name: &str) -> anyhow::Result<String> {
    let made =
        send(stack, Method::POST, "/companies", &resource("companies", &json!({ "name": name }))).await?.expect(201)?;
    made["data"]["id"].as_str().map(str::to_owned).context("a company without an id")
}

fn person(company: &str, attributes: &Value) -> Value {
    let mut body = resource("people", attributes);
    body["data"]["relationships"] = json!({ "company": { "data": { "type": "companies", "id": company } } });
    body
}

/// The attributes that an answer tells wrong, with the details.
fn wrong(answer: &Answer) -> Vec<(String, String)> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    errors.iter().map(|error| (text(&error["source"]["pointer"]), text(&error["detail"]))).collect()
}

#[tokio::test]
async fn a_company_is_created_changed_archived_and_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let attributes = json!({
        "name": " Quay  Works ", "description": "Cranes", "due_days": 14, "default_currency": "eur",
        "tag_list": ["port", "port", " big "], "custom_fields": { "12": "x" },
    });
    let made = send(&stack, Method::POST, "/companies", &resource("companies", &attributes)).await?.expect(201)?;
    let shown = &made["data"]["attributes"];
    assert_eq!(shown["name"], "Quay Works");
    assert_eq!((&shown["due_days"], &shown["default_currency"]), (&json!(14), &json!("EUR")));
    assert_eq!((&shown["tag_list"], &shown["custom_fields"]), (&json!(["port", "big"]), &json!({ "12": "x" })));
    let path = format!("/companies/{}", made["data"]["id"].as_str().context("no id")?);
    assert_eq!(get(&stack, &path).await?.expect(200)?["data"], made["data"]);

    // A client sends back what it was shown, with a change.
    let mut back = made.clone();
    back["data"]["attributes"]["description"] = Value::Null;
    back["data"]["attributes"]["name"] = json!("Dock");
    let changed = send(&stack, Method::PATCH, &path, &json!({ "data": back["data"] })).await?.expect(200)?;
    assert_eq!(changed["data"]["attributes"]["name"], "Dock");
    assert!(changed["data"]["attributes"]["description"].is_null());

    let archived = send(&stack, Method::PATCH, &format!("{path}/archive"), &Value::Null).await?.expect(200)?;
    assert!(archived["data"]["attributes"]["archived_at"].is_string());
    let again = send(&stack, Method::PATCH, &format!("{path}/archive"), &Value::Null).await?.expect(200)?;
    assert_eq!(again["data"], archived["data"]);
    let restored = send(&stack, Method::PATCH, &format!("{path}/restore"), &Value::Null).await?.expect(200)?;
    assert!(restored["data"]["attributes"]["archived_at"].is_null());

    send(&stack, Method::DELETE, &path, &Value::Null).await?.expect(204)?;
    get(&stack, &path).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_person_is_created_changed_archived_and_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let before = stack.workspace().await?;
    let (quay, dock) = (company(&stack, "Quay").await?, company(&stack, "Dock").await?);
    let body = person(&quay, &json!({ "first_name": "Robin", "last_name": "Example", "email": "Robin@example.com" }));
    let made = send(&stack, Method::POST, "/people?include=company", &body).await?.expect(201)?;
    assert_eq!(made["included"][0]["id"], json!(quay));
    let path = format!("/people/{}", made["data"]["id"].as_str().context("no id")?);

    // Some clients name the company by an attribute.
    let edit = resource("people", &json!({ "company_id": dock.parse::<u64>()?, "title": "Cook", "tag_list": ["vip"] }));
    let changed = send(&stack, Method::PATCH, &path, &edit).await?.expect(200)?;
    assert_eq!(changed["data"]["relationships"]["company"]["data"]["id"], json!(dock));
    assert_eq!(changed["data"]["attributes"]["title"], "Cook");

    let in_use = send(&stack, Method::DELETE, &format!("/companies/{dock}"), &Value::Null).await?;
    in_use.expect(422)?;
    let detail = "Cannot delete record because dependent people exist";
    assert_eq!(wrong(&in_use), [("data".to_owned(), detail.to_owned())]);
    send(&stack, Method::DELETE, &format!("/companies/{quay}"), &Value::Null).await?.expect(204)?;

    for (action, is_archived) in [("archive", true), ("archive", true), ("restore", false)] {
        let shown = send(&stack, Method::PATCH, &format!("{path}/{action}"), &Value::Null).await?.expect(200)?;
        assert_eq!(shown["data"]["attributes"]["archived_at"].is_string(), is_archived, "{action}");
    }
    send(&stack, Method::DELETE, &path, &Value::Null).await?.expect(204)?;
    get(&stack, &path).await?.expect(404)?;
    send(&stack, Method::DELETE, &format!("/companies/{dock}"), &Value::Null).await?.expect(204)?;
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn every_wrong_attribute_has_an_error_object_all_at_once() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let quay = company(&stack, "Quay").await?;
    let taken = person(&quay, &json!({ "first_name": "Kim", "email": "kim@example.com" }));
    send(&stack, Method::POST, "/people", &taken).await?.expect(201)?;
    let at = |name: &str, detail: &str| (format!("data/attributes/{name}"), detail.to_owned());
    let cases = [
        (
            "/people",
            resource("people", &json!({})),
            vec![at("first_name", "can't be blank"), at("company", "can't be blank")],
        ),
        (
            "/people",
            person("17", &json!({ "first_name": "", "email": "KIM@example.com" })),
            vec![
                at("first_name", "can't be blank"),
                at("email", "has already been taken"),
                at("company", "must exist"),
            ],
        ),
        (
            "/people",
            person(&quay, &json!({ "first_name": "x".repeat(501), "email": "no address" })),
            vec![at("first_name", "is invalid"), at("email", "is invalid")],
        ),
        // The user of the token has this address.
        (
            "/people",
            person(&quay, &json!({ "first_name": "D", "email": "demo@example.com" })),
            vec![at("email", "has already been taken")],
        ),
        (
            "/people",
            person(&quay, &json!({ "first_name": 7, "tag_list": "vip", "custom_fields": [] })),
            vec![at("first_name", "is invalid"), at("tag_list", "is invalid"), at("custom_fields", "is invalid")],
        ),
        ("/companies", resource("companies", &json!({})), vec![at("name", "can't be blank")]),
        (
            "/companies",
            resource("companies", &json!({ "name": " QUAY ", "default_currency": "euro" })),
            vec![at("name", "has already been taken"), at("default_currency", "is invalid")],
        ),
        (
            "/companies",
            resource("companies", &json!({ "name": null, "due_days": -1 })),
            vec![at("due_days", "is invalid")],
        ),
    ];
    for (path, body, expected) in cases {
        let answer = send(&stack, Method::POST, path, &body).await?;
        answer.expect(422)?;
        assert_eq!(wrong(&answer), expected, "{body}");
    }
    let unknown = send(
        &stack,
        Method::POST,
        "/companies",
        &resource("companies", &json!({ "name": "A", "vat": "1", "fax": "2" })),
    )
    .await?;
    unknown.expect(400)?;
    assert_eq!(errors(&unknown).len(), 2);
    assert_eq!(errors(&unknown)[1].0, "unsupported_attribute");
    Ok(())
}

#[tokio::test]
async fn the_users_and_their_company_are_shown_and_never_changed_from_here() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    run(&stack, &json!({ "company": [{ "name": "Quay" }], "person": [{ "company": "Quay", "first_name": "Kim" }] }))
        .await?;
    let before = super::tables(&stack).await?;
    let people = super::all(&stack, "/people").await?;
    assert_eq!(each(&people, "is_user"), [json!(true), json!(false)]);
    assert_eq!(people[0]["relationships"]["company"]["data"], json!({ "type": "companies", "id": "1" }));
    let own = get(&stack, "/companies/1").await?.expect(200)?;
    assert_eq!(own["data"]["attributes"]["name"], "Demo");
    for (method, path) in [
        (Method::PATCH, "/companies/1"),
        (Method::DELETE, "/companies/1"),
        (Method::PATCH, "/companies/1/archive"),
        (Method::PATCH, "/companies/1/restore"),
        (Method::PATCH, "/people/1"),
        (Method::DELETE, "/people/1"),
        (Method::PATCH, "/people/1/archive"),
        (Method::PATCH, "/people/1/restore"),
    ] {
        let answer = send(&stack, method.clone(), path, &Value::Null).await?;
        assert_eq!(answer.status, 422, "{method} {path}: {}", answer.text);
        assert_eq!(wrong(&answer)[0].0, "data");
    }
    for (after, before) in super::tables(&stack).await?.iter().zip(&before) {
        assert_eq!(crate::dump::differences(after, before), [""; 0]);
    }
    Ok(())
}
