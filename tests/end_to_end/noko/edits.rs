//! Edits by hand: tags, and what they do to entries.

use reqwest::Method;
use serde_json::{Value, json};

use crate::files::TOGGL;
use crate::stack::Stack;

fn tags(entry: &Value) -> Vec<&str> {
    entry["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect()
}

/// Sends an entry of one minute with these fields besides.
async fn entry(stack: &Stack, fields: Value) -> anyhow::Result<Value> {
    let mut body = json!({ "date": "2026-05-04", "minutes": 1 });
    body.as_object_mut().into_iter().for_each(|body| body.extend(fields.as_object().cloned().unwrap_or_default()));
    stack.send(Method::POST, "/v2/entries", &body).await?.expect(201)
}

async fn edit(stack: &Stack, entry: &Value, fields: Value) -> anyhow::Result<Value> {
    stack.send(Method::PUT, &format!("/v2/entries/{}", entry["id"]), &fields).await?.expect(200)
}

#[tokio::test]
async fn hashtags_by_hand_are_those_that_a_file_would_have() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let texts = [
        "C# and a#b, (#code-review) #v2.0. ##x http://example.com/#y #größe!",
        "#free* paint #Dev, then #dev again",
        "no tags at all",
    ];
    let mut file = "Date,Person,Minutes,Description\n".to_owned();
    for text in texts {
        file.push_str(&format!("2026-05-04,Demo User,1,\"{text}\"\n"));
    }
    let id = stack.import(file.as_bytes(), &[("type", "freckle")]).await?;
    let mut imported = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    imported.reverse();
    for (text, imported) in texts.into_iter().zip(imported) {
        let made = entry(&stack, json!({ "description": text })).await?;
        assert_eq!((tags(&made), &made["billable"]), (tags(&imported), &imported["billable"]), "{text}");
        let blank = entry(&stack, json!({})).await?;
        let edited = edit(&stack, &blank, json!({ "description": text })).await?;
        assert_eq!((tags(&edited), &edited["billable"]), (tags(&imported), &imported["billable"]), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_new_description_takes_its_hashtags_along_and_leaves_other_tags() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let imported = stack.get("/v2/entries/1000000001").await?.expect(200)?;
    assert_eq!(tags(&imported), ["design", "research"]);
    let same = edit(&stack, &imported, json!({ "description": imported["description"] })).await?;
    assert_eq!(same, imported);
    let first = edit(&stack, &imported, json!({ "description": "now #urgent" })).await?;
    assert_eq!(tags(&first), ["urgent", "design", "research"]);
    let second = edit(&stack, &first, json!({ "description": "now #calm and #research" })).await?;
    assert_eq!(tags(&second), ["calm", "research", "design"]);
    let third = edit(&stack, &second, json!({ "description": "" })).await?;
    assert_eq!((tags(&third), &third["description"]), (vec!["design"], &Value::Null));
    let given = edit(&stack, &third, json!({ "tags": ["#a", "b*"], "description": "with #c" })).await?;
    assert_eq!((tags(&given), &given["billable"]), (vec!["a", "b", "c"], &json!(false)));
    let none = edit(&stack, &given, json!({ "tags": [] })).await?;
    assert_eq!(tags(&none), Vec::<&str>::new());
    Ok(())
}

#[tokio::test]
async fn what_no_transaction_could_hold_is_refused_and_named() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let made = entry(&stack, json!({ "description": "before #kept" })).await?;
    let many: String = (0..31).map(|n| format!("#tag{n} ")).collect();
    let long = format!("#{}", "x".repeat(600));
    for description in [many, long] {
        let path = format!("/v2/entries/{}", made["id"]);
        let refused = stack.send(Method::PATCH, &path, &json!({ "description": description })).await?.expect(422)?;
        let expected = json!([{ "resource": "Entry", "field": "description", "code": "invalid" }]);
        assert_eq!(refused["errors"], expected);
        assert_eq!(stack.get(&path).await?.expect(200)?, made);
    }
    Ok(())
}

#[tokio::test]
async fn companions_are_made_read_edited_and_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let cases = [
        ("tags", json!({ "name": "#dev" }), json!({ "name": "Development", "billable": false })),
        ("projects", json!({ "name": "Pond" }), json!({ "name": "Lake", "group_name": "Garden", "stepping": 5 })),
        ("users", json!({ "email": "kim@example.com" }), json!({ "first_name": "Kim", "last_name": "Stone" })),
        ("entries", json!({ "date": "2026-05-04", "hours": "1.5" }), json!({ "minutes": 30, "project_name": "Lake" })),
    ];
    for (kind, input, change) in cases {
        let made = stack.send(Method::POST, &format!("/v2/{kind}/"), &input).await?.expect(201)?;
        let path = format!("/v2/{kind}/{}", made["id"]);
        assert_eq!(stack.get(&path).await?.expect(200)?, made);
        assert!(stack.pages(&format!("/v2/{kind}")).await?.contains(&made), "{kind}");
        for method in [Method::PUT, Method::PATCH] {
            let edited = stack.send(method, &path, &change).await?.expect(200)?;
            assert_eq!(stack.get(&path).await?.expect(200)?, edited);
            for (name, value) in change.as_object().into_iter().flatten() {
                let shown = match name.as_str() {
                    "group_name" => &edited["group"]["name"],
                    "project_name" => &edited["project"]["name"],
                    name => &edited[name],
                };
                assert_eq!(shown, value, "{kind} {name}");
            }
        }
        let deleted = stack.delete(&path).await?;
        assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""), "{kind}");
        stack.get(&path).await?.expect(404)?;
        stack.delete(&path).await?.expect(404)?;
        if kind == "projects" {
            stack.send(Method::POST, "/v2/projects", &json!({ "name": "Lake" })).await?.expect(201)?;
        }
    }
    Ok(())
}
