//! Requests at once: of edits that exclude each other one is made, and none is lost.

use std::collections::BTreeSet;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{delete, get, made, put, send, shop};
use crate::stack::Stack;

#[tokio::test]
async fn of_equal_names_at_once_one_wins() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let of = format!("/database/{}", shop.database);
    let paths = [
        "/databases".to_owned(),
        format!("{of}/fields"),
        format!("{of}/collections"),
        format!("{of}/interests"),
        format!("/collection/{}/fields", shop.collection),
    ];
    for path in paths {
        let body = json!({ "name": "Twin" });
        let answers = join_all((0..8).map(|_| send(&stack, Method::POST, &path, &body))).await;
        let mut statuses = Vec::new();
        for answer in answers {
            let answer = answer?;
            assert!(answer.status == 201 || answer.text.contains("name is taken"), "{path}: {}", answer.text);
            statuses.push(answer.status.as_u16());
        }
        assert_eq!(statuses.iter().filter(|&&status| status == 201).count(), 1, "{path}: {statuses:?}");
        let twins = get(&stack, &path).await?;
        let twins = twins["data"].as_array().into_iter().flatten().filter(|part| part["name"] == "Twin").count();
        assert_eq!(twins, 1, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn different_edits_of_a_database_at_once_are_all_made() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let database = made(&stack, "/databases", &json!({ "name": "Busy" })).await?;
    let of = format!("/database/{database}");
    let bodies: Vec<(String, Value)> = (0..12)
        .map(|at| {
            let part = ["fields", "collections", "interests"][at % 3];
            (format!("{of}/{part}"), json!({ "name": format!("Part{at}") }))
        })
        .collect();
    for id in join_all(bodies.iter().map(|(path, body)| made(&stack, path, body))).await {
        id?;
    }
    let shown = get(&stack, &of).await?;
    for part in ["fields", "collections", "interests"] {
        let ids: BTreeSet<&str> =
            shown[part]["data"].as_array().into_iter().flatten().filter_map(|part| part["ID"].as_str()).collect();
        assert_eq!(ids.len(), 4, "{part}: {shown:#}");
    }
    Ok(())
}

#[tokio::test]
async fn changes_of_a_profile_at_once_are_all_made_and_it_is_removed_once() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let id = made(&stack, &profiles, &json!({})).await?;
    let path = format!("/profile/{id}");
    let bodies = [
        json!({ "fields": { "LastName": "Quay" } }),
        json!({ "fields": { "ANumber": 7 } }),
        json!({ "fields": { "Email": "q@example.com" } }),
        json!({ "interests": { "Tea": 1 } }),
        json!({ "interests": { "Sailing": 1 } }),
        json!({ "secret": "s" }),
    ];
    for done in join_all(bodies.iter().map(|body| put(&stack, &path, body))).await {
        done?;
    }
    let profile = get(&stack, &path).await?;
    assert_eq!((&profile["fields"]["LastName"], &profile["fields"]["ANumber"]), (&json!("Quay"), &json!("7")));
    assert_eq!((&profile["interests"], &profile["secret"]), (&json!(["Sailing", "Tea"]), &json!("s")));
    let nothing = json!([]);
    let removals = join_all((0..5).map(|_| send(&stack, Method::DELETE, &path, &nothing))).await;
    let mut statuses = Vec::new();
    for removal in removals {
        statuses.push(removal?.status.as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400, 400, 400, 400]);
    assert_eq!(get(&stack, &profiles).await?["total"], 0);
    Ok(())
}

#[tokio::test]
async fn nothing_is_made_in_a_database_that_is_deleted_meanwhile() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let before = stack.workspace().await?;
    let database = made(&stack, "/databases", &json!({ "name": "Doomed" })).await?;
    let of = format!("/database/{database}");
    let (fields, body) = (format!("{of}/fields"), json!({ "name": "Late" }));
    let (gone, late) = tokio::join!(delete(&stack, &of), send(&stack, Method::POST, &fields, &body));
    gone?;
    let late = late?;
    assert!(late.status == 201 || late.status == 400, "{}", late.text);
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}
