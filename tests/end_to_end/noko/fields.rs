//! Tests of the fields in bodies: the vendor's present and older names, and the refusal of unknown names.

use reqwest::Method;
use serde_json::{Value, json};

use crate::dump::differences;
use crate::files::TOGGL;
use crate::stack::Stack;

const LISTS: [&str; 4] = ["entries", "projects", "tags", "users"];

/// A body which creates an item of the list.
fn body(list: &str) -> Value {
    match list {
        "entries" => json!({ "date": "2026-05-04", "minutes": 30, "project_name": "Shed", "description": "a #spade" }),
        "users" => json!({ "email": "kim@example.com" }),
        _ => json!({ "name": "Pond" }),
    }
}

fn resource(list: &str) -> &'static str {
    match list {
        "entries" => "Entry",
        "projects" => "Project",
        "tags" => "Tag",
        _ => "User",
    }
}

fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[name] = value;
    body
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused_by_its_name_and_nothing_is_made() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for list in LISTS {
        let path = format!("/v2/{list}");
        let made = stack.send(Method::POST, &path, &body(list)).await?.expect(201)?;
        let one = format!("{path}/{}", made["id"]);
        let before = stack.workspace().await?;
        let unknown = ["nonsense", "Name", "user_ids", "project_goals", "", "invoice_id"];
        for name in unknown {
            for value in [json!(1), Value::Null, json!({ "id": 1 })] {
                for (method, path) in [(Method::POST, &path), (Method::PUT, &one), (Method::PATCH, &one)] {
                    let sent = with(&body(list), name, value.clone());
                    let refused = stack.send(method, path, &sent).await?.expect(422)?;
                    let message = "is not a field of this endpoint";
                    let expected = json!([
                        { "resource": resource(list), "field": name, "code": "invalid", "message": message }
                    ]);
                    assert_eq!(refused["errors"], expected, "{list} {name}");
                }
            }
        }
        // A field which is shown but cannot be set is refused in the body of a new item.
        for name in ["id", "url", "created_at"] {
            let sent = with(&body(list), name, made[name].clone());
            let refused = stack.send(Method::POST, &path, &sent).await?.expect(422)?;
            assert_eq!(refused["errors"][0]["field"], name, "{list}");
        }
        assert_eq!(differences(&before, &stack.workspace().await?), [""; 0], "{list}");
    }
    // The answer stays small, however many unknown fields there are and however long their names are.
    let many: serde_json::Map<_, _> = (0..5000).map(|n| (format!("{n}{}", "x".repeat(500)), json!(1))).collect();
    let refused = stack.send(Method::POST, "/v2/tags", &many.into()).await?;
    assert_eq!((refused.status.as_u16(), refused.text.len() < 10_000), (422, true));
    Ok(())
}

#[tokio::test]
async fn a_form_with_a_field_that_nobody_knows_is_refused() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let refused = stack.post(TOGGL.as_bytes(), &[("dry_run", "true"), ("type", "toggl")]).await?.expect(422)?;
    let expected = json!([{
        "resource": "Import", "field": "dry_run", "code": "invalid", "message": "is not a field of this endpoint",
    }]);
    assert_eq!(refused["errors"], expected);
    assert_eq!(stack.get("/v2/imports").await?.expect(200)?, json!([]));
    Ok(())
}

/// Fields which change without an edit, so their values in a body are ignored instead of compared.
const MOVING: [&str; 8] = [
    "minutes",
    "billable_minutes",
    "unbillable_minutes",
    "invoiced_minutes",
    "remaining_minutes",
    "participants",
    "entries",
    "updated_at",
];

#[tokio::test]
async fn what_is_shown_is_sent_back_unchanged_or_is_refused() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(TOGGL.as_bytes(), &[("autocreate_users", "yes")]).await?;
    for list in LISTS {
        stack.send(Method::POST, &format!("/v2/{list}"), &body(list)).await?.expect(201)?;
        for shown in stack.pages(&format!("/v2/{list}")).await? {
            let path = format!("/v2/{list}/{}", shown["id"]);
            stack.send(Method::PUT, &path, &shown).await?.expect(200)?;
            for name in shown.as_object().into_iter().flatten().map(|(name, _)| name) {
                let sent = with(&json!({}), name, json!({ "id": 77 }));
                let answer = stack.send(Method::PUT, &path, &sent).await?;
                // The minutes of an entry can be set, while the minutes of a project are a sum.
                if MOVING.contains(&name.as_str()) && (list, name.as_str()) != ("entries", "minutes") {
                    answer.expect(200)?;
                } else {
                    assert_eq!(answer.expect(422)?["errors"][0]["field"], *name, "{list}");
                }
            }
            let mut again = stack.get(&path).await?.expect(200)?;
            again["updated_at"] = shown["updated_at"].clone();
            assert_eq!(again, shown);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_project_takes_the_present_names_and_the_older_ones() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let pond = json!({ "name": "Pond", "group_name": "Garden" });
    let group = stack.send(Method::POST, "/v2/projects", &pond).await?.expect(201)?["group"].clone();
    let newer = json!({
        "name": "Lake", "project_group_id": group["id"], "billing_increment": 30, "color": "ff9898",
        "budgeted_minutes": 90,
    });
    let made = stack.send(Method::POST, "/v2/projects", &newer).await?.expect(201)?;
    let told = |project: &Value, names: [&str; 6]| names.map(|name| project[name].clone());
    let names = ["billing_increment", "stepping", "color", "color_hex", "budgeted_minutes", "budget_minutes"];
    let expected = [json!(30), json!(30), json!("#ff9898"), json!("#ff9898"), json!(90), json!(90)];
    assert_eq!((told(&made, names), &made["group"]), (expected, &group));
    let path = format!("/v2/projects/{}", made["id"]);
    // The project is sent back with a change in only one of two spellings, so the change takes effect.
    for (name, value) in [
        ("billing_increment", json!(15)),
        ("stepping", json!(5)),
        ("color", json!("#000000")),
        ("color_hex", json!("#111111")),
        ("budgeted_minutes", Value::Null),
        ("budget_minutes", json!(5)),
    ] {
        let shown = stack.get(&path).await?.expect(200)?;
        let changed = stack.send(Method::PUT, &path, &with(&shown, name, value.clone())).await?.expect(200)?;
        let other = names[names.iter().position(|other| *other == name).unwrap_or_default() ^ 1];
        assert_eq!((&changed[name], &changed[other]), (&value, &value), "{name}");
    }
    // Two different changes of the same field are refused instead of guessed.
    for (one, other, values) in [
        ("billing_increment", "stepping", [json!(20), json!(10)]),
        ("color", "color_hex", [json!("#222222"), json!("#333333")]),
        ("budgeted_minutes", "budget_minutes", [json!(1), json!(2)]),
        ("project_group_id", "project_group", [group["id"].clone(), Value::Null]),
        ("project_group_id", "group_name", [group["id"].clone(), json!("Garden")]),
    ] {
        let sent = with(&json!({}), one, values[0].clone());
        let refused = stack.send(Method::PUT, &path, &with(&sent, other, values[1].clone())).await?.expect(422)?;
        assert!([one, other].map(Value::from).contains(&refused["errors"][0]["field"]), "{one} {other}");
    }
    let no_group = stack.send(Method::PUT, &path, &json!({ "project_group_id": 77 })).await?.expect(422)?;
    let expected = json!([{ "resource": "Project", "field": "project_group_id", "code": "missing" }]);
    assert_eq!(no_group["errors"], expected);
    let left = stack.send(Method::PUT, &path, &json!({ "project_group_id": null })).await?.expect(200)?;
    assert_eq!(left["group"], Value::Null);
    let older = stack.send(Method::PUT, &path, &json!({ "project_group": group["id"] })).await?.expect(200)?;
    assert_eq!(older["group"], group);
    Ok(())
}

#[tokio::test]
async fn users_have_roles_and_entries_their_user_under_either_name() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let kim = stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    assert_eq!((&kim["role"], &kim["state"]), (&json!("leader"), &json!("active")));
    let path = format!("/v2/users/{}", kim["id"]);
    for (role, shown) in [("contractor", "contractor"), ("admin", "supervisor"), ("member", "leader")] {
        let changed = stack.send(Method::PUT, &path, &json!({ "role": role })).await?.expect(200)?;
        assert_eq!(changed["role"], shown);
        assert_eq!(stack.get(&path).await?.expect(200)?["role"], shown);
    }
    // A client sends this value if it was given no role.
    stack.send(Method::PUT, &path, &json!({ "role": null })).await?.expect(200)?;
    for wrong in [json!({ "role": "owner" }), json!({ "state": "disabled" })] {
        stack.send(Method::PUT, &path, &wrong).await?.expect(422)?;
    }
    for name in ["user_id", "user"] {
        let sent = with(&json!({ "date": "2026-05-04", "minutes": 1 }), name, kim["id"].clone());
        let made = stack.send(Method::POST, "/v2/entries", &sent).await?.expect(201)?;
        assert_eq!(made["user"]["id"], kim["id"], "{name}");
    }
    Ok(())
}
