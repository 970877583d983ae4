//! Databases, fields, collections and interests by hand.

use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, RecordId};
use shared::store::Table;

use super::{delete, get, made, put, refused, send, shop, shown};
use crate::stack::Stack;

#[tokio::test]
async fn a_database_is_shown_with_all_of_its_parts() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let database = get(&stack, &format!("/database/{}", shop.database)).await?;
    insta::assert_snapshot!("database", shown(database.clone()));
    let list = get(&stack, "/databases").await?;
    assert_eq!(list["data"], json!([database]));
    for part in ["fields", "interests", "collections"] {
        let list = get(&stack, &format!("/database/{}/{part}", shop.database)).await?;
        assert_eq!((&list["data"], &list["total"]), (&database[part]["data"], &database[part]["total"]));
    }
    assert_eq!(get(&stack, &format!("/collection/{}", shop.collection)).await?, database["collections"]["data"][0]);
    assert_eq!(get(&stack, "/interest/1").await?, database["interests"]["data"][0]);
    // The order of the members is the vendor's.
    let text = send(&stack, Method::GET, "/databases?limit=0", &Value::Null).await?.text;
    assert_eq!(text, r#"{"start":0,"limit":0,"count":0,"data":[],"total":1}"#);
    let text = send(&stack, Method::GET, &format!("/database/{}/fields?limit=1", shop.database), &Value::Null).await?;
    insta::assert_snapshot!("fields_as_sent", text.text);
    Ok(())
}

#[tokio::test]
async fn databases_are_found_by_id_and_by_name() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let body = json!({ "name": " My  Customers ", "description": "All", "archived": "yes" });
    let id = made(&stack, "/databases/", &body).await?;
    for path in [format!("/database/{id}"), "/database/my customers".into(), "/database/MY%20CUSTOMERS/".into()] {
        let database = get(&stack, &path).await?;
        assert_eq!(database["ID"], json!(id.to_string()), "{path}");
        assert_eq!((&database["name"], &database["archived"]), (&json!("My Customers"), &json!(true)));
    }
    put(&stack, &format!("/database/{id}"), &json!({ "name": "Clients", "archived": 0 })).await?;
    assert_eq!(
        refused(&stack, Method::GET, "/database/My Customers", &Value::Null).await?,
        "No database with supplied ID"
    );
    let database = get(&stack, "/database/clients").await?;
    assert_eq!((&database["description"], &database["archived"]), (&json!("All"), &json!(false)));
    // The former name is free again, and a change of case alone is no conflict.
    made(&stack, "/databases", &json!({ "name": "My Customers" })).await?;
    put(&stack, &format!("/database/{id}"), &json!({ "name": "CLIENTS" })).await?;
    assert_eq!(delete(&stack, "/database/clients").await?, format!("database {id}"));
    assert_eq!(get(&stack, "/databases").await?["total"], 1);
    Ok(())
}

#[tokio::test]
async fn names_are_unique_and_wrong_properties_are_named() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let of = format!("/database/{}", shop.database);
    let other = made(&stack, "/databases", &json!({ "name": "Other" })).await?;
    let before = stack.workspace().await?;
    let long = "x".repeat(501);
    for (method, path, body, word) in [
        (Method::POST, "/databases".to_owned(), json!({ "name": "SHOP" }), "name is taken"),
        (Method::PUT, format!("/database/{other}"), json!({ "name": "shop" }), "name is taken"),
        (Method::POST, "/databases".to_owned(), json!({}), "name must not be empty"),
        (Method::POST, "/databases".to_owned(), json!({ "name": "12" }), "name must not be a number"),
        (Method::POST, "/databases".to_owned(), json!({ "name": long }), "name must have at most 500 bytes"),
        (Method::POST, "/databases".to_owned(), json!({ "name": ["x"] }), "name must be a text"),
        (Method::POST, format!("{of}/fields"), json!({ "name": "EMAIL" }), "name is taken"),
        (Method::POST, format!("{of}/fields"), json!({ "name": "a=b" }), "name must not have any of"),
        (Method::POST, format!("{of}/fields"), json!({ "name": "a", "type": "colour" }), "type must be one of integer"),
        (Method::POST, format!("{of}/fields"), json!({ "name": "a", "length": -1 }), "length must be a whole number"),
        (Method::PUT, format!("{of}/field/email"), json!({ "name": "lastname" }), "name is taken"),
        (Method::POST, format!("{of}/collections"), json!({ "name": "orders" }), "name is taken"),
        (Method::POST, format!("{of}/collections"), json!({ "name": "Old Orders" }), "letters, digits and underscores"),
        (Method::POST, format!("{of}/interests"), json!({ "name": "tea" }), "name is taken"),
        (Method::PUT, "/interest/1".to_owned(), json!({ "name": "Tea" }), "name is taken"),
    ] {
        let said = refused(&stack, method.clone(), &path, &body).await?;
        assert!(said.starts_with("Invalid data provided: ") && said.contains(word), "{method} {path} {body}: {said}");
    }
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    // The same name is fine in another table.
    made(&stack, &format!("/collection/{}/fields", shop.collection), &json!({ "name": "Email" })).await?;
    made(&stack, &format!("/database/{other}/collections"), &json!({ "name": "Orders" })).await?;
    Ok(())
}

#[tokio::test]
async fn parts_are_changed_and_deleted() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let of = format!("/database/{}", shop.database);
    let id = made(
        &stack,
        &format!("{of}/profiles"),
        &json!({ "fields": { "ANumber": "12", "LastName": "Quay" }, "interests": ["Tea"] }),
    )
    .await?;
    let profile = format!("/profile/{id}");
    // A renamed field keeps its values; a field of another type shows them as values of that type.
    put(&stack, &format!("{of}/field/ANumber"), &json!({ "name": "Count", "displayed": false, "index": true })).await?;
    assert_eq!(get(&stack, &profile).await?["fields"]["Count"], "12");
    put(&stack, &format!("{of}/field/Count"), &json!({ "type": "date" })).await?;
    assert_eq!(get(&stack, &profile).await?["fields"]["Count"], "0000-00-00");
    put(&stack, &format!("{of}/field/Count"), &json!({ "type": "text" })).await?;
    assert_eq!(get(&stack, &profile).await?["fields"]["Count"], "12");
    let field = get(&stack, &format!("{of}/fields")).await?["data"][3].clone();
    assert_eq!((&field["name"], &field["displayed"], &field["index"]), (&json!("Count"), &json!(false), &json!(true)));
    let id = field["ID"].as_str().unwrap_or_default().to_owned();
    assert_eq!(delete(&stack, &format!("{of}/field/{id}")).await?, format!("field {id}"));
    let fields = get(&stack, &profile).await?["fields"].clone();
    assert_eq!(fields, json!({ "Email": "", "LastName": "Quay", "Birthdate": "", "Colour": "blue" }));
    put(&stack, "/interest/2", &json!({ "name": "Green tea", "group": "Drinks" })).await?;
    assert_eq!(get(&stack, &profile).await?["interests"], json!(["Green tea"]));
    assert_eq!(delete(&stack, "/interest/2").await?, "interest 2");
    assert_eq!(get(&stack, &profile).await?["interests"], json!([]));
    put(&stack, &format!("/collection/{}", shop.collection), &json!({ "name": "Purchases" })).await?;
    assert_eq!(get(&stack, &of).await?["collections"]["data"][0]["name"], "Purchases");
    // What changes nothing writes nothing.
    let before = stack.workspace().await?;
    put(&stack, &of, &json!({ "name": "Shop" })).await?;
    put(&stack, &format!("/collection/{}", shop.collection), &json!({ "name": "Purchases" })).await?;
    put(&stack, &format!("{of}/field/Email"), &json!({ "type": "email" })).await?;
    put(&stack, "/interest/1", &json!({ "group": "" })).await?;
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_deleted_database_leaves_nothing_behind() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let other = made(&stack, "/databases", &json!({ "name": "Other" })).await?;
    let kept = made(&stack, &format!("/database/{other}/profiles"), &Value::Null).await?;
    let before = (stack.workspace().await?, stack.dump(Table::Imports).await?);
    let shop = shop(&stack).await?;
    let mut ids = Vec::new();
    for _ in 0..30 {
        let id = made(&stack, &format!("/database/{}/profiles", shop.database), &Value::Null).await?;
        ids.push(made(&stack, &format!("/profile/{id}/subprofiles/orders"), &Value::Null).await?);
        ids.push(id);
    }
    delete(&stack, &format!("/profile/{}", ids[1])).await?;
    assert_eq!(delete(&stack, &format!("/database/{}", shop.database)).await?, format!("database {}", shop.database));
    let after = (stack.workspace().await?, stack.dump(Table::Imports).await?);
    assert_eq!(crate::dump::differences(&after.0, &before.0), [""; 0]);
    // Numbers are not given out twice, so counters stay.
    let counters: Vec<_> = after.1.keys().filter(|key| !before.1.contains_key(*key)).map(|key| &key.1).collect();
    assert!(counters.iter().all(|sk| sk.starts_with("schema#") || sk.starts_with("hand#")), "{counters:?}");
    for path in ["/database/2", "/collection/1", "/interest/1"] {
        refused(&stack, Method::GET, path, &Value::Null).await?;
    }
    refused(&stack, Method::GET, &format!("/profile/{}", ids[3]), &Value::Null).await?;
    assert_eq!(refused(&stack, Method::DELETE, "/database/2", &Value::Null).await?, "No database with supplied ID");
    assert_eq!(get(&stack, &format!("/profile/{kept}")).await?["ID"], json!(kept.to_string()));
    Ok(())
}

#[tokio::test]
async fn an_interrupted_deletion_of_a_database_goes_on() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let before = stack.workspace().await?;
    let shop = shop(&stack).await?;
    let id = made(&stack, &format!("/database/{}/profiles", shop.database), &Value::Null).await?;
    let services = stack.system.services();
    let database = shared::id::OwnerId(shop.database);
    shared::schema::databases::hide(services, AccountId(1), database).await?;
    refused(&stack, Method::GET, &format!("/database/{database}"), &Value::Null).await?;
    refused(&stack, Method::GET, &format!("/profile/{}", RecordId(id)), &Value::Null).await?;
    made(&stack, "/databases", &json!({ "name": "Shop" })).await?;
    delete(&stack, "/database/2").await?;
    delete(&stack, &format!("/database/{database}")).await?;
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}
