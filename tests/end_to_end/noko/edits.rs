//! Tests of edits by hand, above all of tags and their effect on entries.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use serde_json::{Value, json};

use crate::dump::differences;
use crate::files::TOGGL;
use crate::stack::Stack;

fn tags(entry: &Value) -> Vec<&str> {
    entry["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect()
}

/// Creates an entry of one minute with the given further fields.
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
async fn what_no_transaction_could_hold_is_refused_and_nothing_is_made_of_it() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let made = entry(&stack, json!({ "description": "before #kept" })).await?;
    let many: String = (0..21).map(|n| format!("#tag{n} ")).collect();
    let long = format!("#{}", "x".repeat(600));
    let grows = format!("#{}", "\u{fdfa}".repeat(100));
    let before = stack.workspace().await?;
    for description in [many, long, grows] {
        let path = format!("/v2/entries/{}", made["id"]);
        let fields = json!({ "description": description, "project_name": "Left Over" });
        let refused = stack.send(Method::PATCH, &path, &fields).await?.expect(422)?;
        let expected = json!([{ "resource": "Entry", "field": "description", "code": "invalid" }]);
        assert_eq!(refused["errors"], expected);
        assert_eq!(differences(&before, &stack.workspace().await?), [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn an_entry_of_as_many_tags_as_there_may_be_is_edited_and_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let tags = |from: usize| (from..from + 20).map(|n| format!("tag{n}")).collect::<Vec<_>>();
    stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let row = |tags: &[String]| format!("Demo User,2026-05-04,09:00:00,0:30:00,\"{}\"\n", tags.join(", "));
    let too_many = row(&[tags(0), vec!["one more".to_owned()]].concat());
    let file = format!("User,Start date,Start time,Duration,Tags\n{}{too_many}", row(&tags(0)));
    let id = stack.import(file.as_bytes(), &[]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    assert_eq!(details["line_errors"][0]["error"], "there are more than 20 tags");
    let imported = stack.get(&format!("/v2/imports/{id}/entries")).await?.expect(200)?[0].clone();
    let by_hand = entry(&stack, json!({ "tags": tags(0) })).await?;
    for made in [imported, by_hand] {
        let longer = edit(&stack, &made, json!({ "minutes": 7 })).await?;
        assert_eq!((longer["minutes"].as_u64(), longer["tags"].as_array().map(Vec::len)), (Some(7), Some(20)));
        // First some tags are replaced, and then all tags together with every other editable field.
        let some = [tags(5), vec!["new".to_owned()]].concat()[..20].to_vec();
        for wanted in [some, tags(100)] {
            let fields =
                json!({ "tags": wanted, "minutes": wanted.len() * 3, "user_id": 2, "project_name": wanted[0] });
            let other = edit(&stack, &made, fields).await?;
            assert_eq!(self::tags(&other), wanted);
        }
        stack.delete(&format!("/v2/entries/{}", made["id"])).await?.expect(204)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_read_can_be_sent_back_and_changes_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(TOGGL.as_bytes(), &[("autocreate_users", "yes")]).await?;
    entry(&stack, json!({ "description": "by hand", "source_url": "" })).await?;
    stack.send(Method::POST, "/v2/users", &json!({ "email": "nameless@example.com" })).await?.expect(201)?;
    for list in ["entries", "projects", "tags", "users"] {
        for shown in stack.pages(&format!("/v2/{list}")).await? {
            let path = format!("/v2/{list}/{}", shown["id"]);
            let sent = stack.send(Method::PUT, &path, &shown).await?.expect(200)?;
            let same = |body: &Value| {
                let mut body = body.clone();
                // Sending a user back counts as an edit, so the time of the update changes while
                // the remaining fields stay.
                body["updated_at"] = Value::Null;
                body
            };
            assert_eq!(same(&sent), same(&shown), "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn many_edits_of_one_entry_at_once_all_come_to_pass() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let made = entry(&stack, json!({ "description": "x #kept" })).await?;
    let edits = (2..=13).map(|minutes| edit(&stack, &made, json!({ "minutes": minutes })));
    for (edited, minutes) in futures::future::try_join_all(edits).await?.iter().zip(2..) {
        assert_eq!(edited["minutes"], minutes);
    }
    let workspace = stack.workspace().await?;
    let version = workspace.values().find_map(|item| item.get("seconds").and(item.get("version")));
    assert_eq!(version, Some(&AttributeValue::N("13".to_owned())));
    let tag = &stack.pages("/v2/tags").await?[0];
    assert_eq!(tag["entries"], 1);
    Ok(())
}

#[tokio::test]
async fn nobody_deletes_themselves() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.delete("/v2/users/1").await?.expect(422)?;
    entry(&stack, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn values_are_taken_as_they_are_written_elsewhere_and_days_in_one_way() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let made = entry(&stack, json!({ "minutes": 60.0, "user_id": null, "source_url": "" })).await?;
    assert_eq!((&made["minutes"], &made["source_url"], &made["user"]["id"]), (&json!(60), &Value::Null, &json!(1)));
    let tag = stack.send(Method::POST, "/v2/tags", &json!({ "name": "#vip*" })).await?.expect(201)?;
    assert_eq!((&tag["name"], &tag["billable"]), (&json!("vip"), &json!(false)));
    let twice = json!({ "date": "2026-05-04", "minutes": 60, "hours": 5 });
    let refused = stack.send(Method::POST, "/v2/entries", &twice).await?.expect(422)?;
    assert_eq!(refused["errors"], json!([{ "resource": "Entry", "field": "hours", "code": "invalid" }]));
    for day in ["20260101", "2026-01-01T10:00:00", "-000044-03-15", "1/2/2026"] {
        let fields = json!({ "date": day, "minutes": 1 });
        let wrong = stack.send(Method::POST, "/v2/entries", &fields).await?.expect(422)?;
        assert_eq!(wrong["errors"][0]["field"], "date", "{day}");
        stack.get(&format!("/v2/entries?from={day}")).await?.expect(422)?;
    }
    let by_import = stack.get("/v2/entries?imports=0,").await?.expect(200)?;
    assert_eq!(by_import, json!([]));
    // A missing project is missing, whatever the request contains.
    for path in ["/v2/projects/5", "/v2/projects/05", "/v2/projects/+5", "/v2/projects/%FF", "/v2/projects/x"] {
        let answer = stack.send(Method::PUT, path, &json!({ "name": 5 })).await?.expect(404)?;
        assert_eq!(answer["message"], "Not Found", "{path}");
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
