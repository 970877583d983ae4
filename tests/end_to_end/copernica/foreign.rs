//! The ids of another account are not there, on every route.

use reqwest::Method;
use serde_json::{Value, json};
use waybill::system::OTHER_TOKEN;

use super::{made, sent, shop};
use crate::stack::Stack;

/// Every path of the door with an id, with the message for an id that is not there.
const ROUTES: [(&str, &str); 29] = [
    ("/database/{database}", "No database with supplied ID"),
    ("/database/shop", "No database with supplied ID"),
    ("/database/{database}/fields", "No database with supplied ID"),
    ("/database/{database}/field/1", "No database with supplied ID"),
    ("/database/{database}/collections", "No database with supplied ID"),
    ("/database/{database}/interests", "No database with supplied ID"),
    ("/database/{database}/profiles", "No database with supplied ID"),
    ("/database/{database}/profileids", "No database with supplied ID"),
    ("/collection/{collection}", "No collection with given ID"),
    ("/collection/{collection}/fields", "No collection with given ID"),
    ("/collection/{collection}/field/6", "No collection with given ID"),
    ("/collection/{collection}/subprofiles", "No collection with given ID"),
    ("/collection/{collection}/subprofileids", "No collection with given ID"),
    ("/interest/1", "No interest with supplied ID"),
    ("/database/{database}/views", "No database with supplied ID"),
    ("/view/1", "No view with supplied ID"),
    ("/view/1/views", "No view with supplied ID"),
    ("/view/1/rules", "No view with supplied ID"),
    ("/view/1/profiles", "No view with supplied ID"),
    ("/view/1/rebuild", "No view with supplied ID"),
    ("/rule/1", "No rule with supplied ID"),
    ("/rule/1/conditions", "No rule with supplied ID"),
    ("/condition/Field/1", "No condition with supplied ID"),
    ("/profile/{profile}", "No entity with supplied ID"),
    ("/profile/{profile}/fields", "No entity with supplied ID"),
    ("/profile/{profile}/interests", "No entity with supplied ID"),
    ("/profile/{profile}/subprofiles/{collection}", "No entity with supplied ID"),
    ("/subprofile/{subprofile}", "No subprofile with supplied ID"),
    ("/subprofile/{subprofile}/fields", "No subprofile with supplied ID"),
];

#[tokio::test]
async fn nothing_of_another_account_is_there_whatever_the_method() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let body = json!({ "fields": { "LastName": "Quay" } });
    let profile = made(&stack, &format!("/database/{}/profiles", shop.database), &body).await?;
    let subprofile = made(&stack, &format!("/profile/{profile}/subprofiles/Orders"), &json!({ "Score": 4 })).await?;
    made(&stack, &format!("/database/{}/views", shop.database), &json!({ "name": "Quays" })).await?;
    made(&stack, "/view/1/rules", &json!({})).await?;
    made(&stack, "/rule/1/conditions", &json!({ "type": "Field", "field": "LastName", "value": "Quay" })).await?;
    let before = stack.workspace().await?;
    for (route, message) in ROUTES {
        let path = route.replace("{database}", &shop.database.to_string());
        let path = path.replace("{collection}", &shop.collection.to_string());
        let path = path.replace("{profile}", &profile.to_string());
        let path = path.replace("{subprofile}", &subprofile.to_string());
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let request = stack.bare(method.clone(), &format!("/v3{path}?access_token={OTHER_TOKEN}&fields[]=id>0"));
            let request = match method {
                Method::GET => request,
                _ => request.json(&json!({ "name": "Mine", "fields": { "LastName": "Mine" }, "profiles": [profile] })),
            };
            let answer = sent(&stack, request).await?;
            assert_eq!(answer.json()["error"]["message"], Value::from(message), "{method} {path}: {}", answer.text);
        }
    }
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    // An account of its own has the same numbers and names.
    let request = stack.bare(Method::POST, &format!("/v3/databases?access_token={OTHER_TOKEN}"));
    let answer = sent(&stack, request.json(&json!({ "name": "Shop" }))).await?;
    answer.expect(201)?;
    assert_eq!(answer.headers["x-created"], "1");
    let list = stack.bare(Method::GET, &format!("/v3/database/shop/profiles?access_token={OTHER_TOKEN}"));
    assert_eq!(sent(&stack, list).await?.expect(200)?["total"], 0);
    Ok(())
}
