//! Profiles by hand: created, read, changed and removed.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{asking, delete, get, made, put, refused, send, sent, shop, shown};
use crate::stack::Stack;

#[tokio::test]
async fn a_profile_is_shown_as_the_vendor_shows_one() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let body = json!({ "tonky": { "nothing": "not" }, "secret": "ignored", "fields": { "wonky": 3, "laSTNAme": "Quay", "Birthdate": "1974-04-27" }, "interests": ["TEA", "Golf"] });
    let id = made(&stack, &profiles, &body).await?;
    let profile = get(&stack, &format!("/profile/{id}")).await?;
    insta::assert_snapshot!("profile", shown(profile.clone()));
    let list = get(&stack, &format!("{profiles}/bogus/path")).await?;
    assert_eq!(list["data"], json!([profile]));
    let text = send(&stack, Method::GET, &format!("/profile/{id}/fields/bogus/1"), &Value::Null).await?.text;
    assert_eq!(text, r#"{"Email":"","LastName":"Quay","Birthdate":"1974-04-27","ANumber":"-1","Colour":"blue"}"#);
    let text = send(&stack, Method::GET, &format!("/profile/{id}/interests"), &Value::Null).await?.text;
    assert_eq!(text, r#"{"start":0,"limit":100,"count":1,"data":["Tea"],"total":1}"#);
    let short = get(&stack, &format!("{profiles}?dataonly=1")).await?["data"][0].clone();
    let members: Vec<&String> = short.as_object().into_iter().flatten().map(|(name, _)| name).collect();
    assert_eq!(members, ["ID", "fields", "interests", "modified", "secret"]);
    Ok(())
}

#[tokio::test]
async fn values_are_converted_and_never_refused() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    for (given, stored) in [
        (json!({ "ANumber": "12 apples" }), json!({ "ANumber": "12" })),
        (json!({ "ANumber": -1.9 }), json!({ "ANumber": "-1" })),
        (json!({ "ANumber": null }), json!({ "ANumber": "0" })),
        (json!({ "ANumber": true, "anumber": "8" }), json!({ "ANumber": "8" })),
        (json!({ "ANumber": "9", "anumber": "" }), json!({ "ANumber": "0" })),
        (json!({ "Email": "no address" }), json!({ "Email": "no address" })),
        (json!({ "Birthdate": "not a day" }), json!({ "Birthdate": "" })),
        (json!({ "Colour": "red" }), json!({ "Colour": "red" })),
        (json!({ "Colour": "RED" }), json!({ "Colour": "" })),
        (json!({ "LastName": " Quay " }), json!({ "LastName": " Quay " })),
        (json!({ "LastName": ["x"] }), json!({ "LastName": "" })),
        (json!({ "ANumber": [], "Birthdate": { "x": 1 } }), json!({ "ANumber": "0", "Birthdate": "" })),
    ] {
        let id = made(&stack, &profiles, &json!({ "fields": given })).await?;
        let fields = get(&stack, &format!("/profile/{id}/fields")).await?;
        for (name, value) in stored.as_object().into_iter().flatten() {
            assert_eq!(fields[name], *value, "{given}");
        }
    }
    let quay = made(&stack, &profiles, &json!({ "fields": { "LastName": "Quay" } })).await?;
    put(&stack, &format!("/profile/{quay}"), &json!({ "fields": { "LastName": ["x"] } })).await?;
    assert_eq!(get(&stack, &format!("/profile/{quay}/fields")).await?["LastName"], "");
    let large = json!({ "fields": { "LastName": "x".repeat(300_000) } });
    assert!(refused(&stack, Method::POST, &profiles, &large).await?.starts_with("Invalid data provided: "));
    Ok(())
}

#[tokio::test]
async fn modified_moves_with_a_value_and_not_with_the_secret() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let body = json!({ "fields": { "LastName": "Quay" } });
    let id = made(&stack, &format!("/database/{}/profiles", shop.database), &body).await?;
    let path = format!("/profile/{id}");
    let clock = &stack.system.services().clock;
    let mut before = get(&stack, &path).await?;
    let first_secret = before["secret"].clone();
    for (change, moves) in [
        (json!({ "fields": { "ANumber": -1.9, "notafield": 100 }, "create": true }), false),
        (json!({ "fields": "bogus" }), false),
        (json!({ "interests": [] }), false),
        (json!({ "secret": "a~\"b" }), false),
        (json!({ "secret": "" }), false),
        (json!({ "fields": { "LASTNAME": "ignored", "lastname": "" } }), true),
        (json!({ "interests": { "Tea": "yes" } }), true),
        (json!({ "interests": { "Tea": true } }), false),
        (json!({ "fields": { "ANumber": "5" }, "secret": "s" }), true),
    ] {
        clock.turn(Duration::from_secs(2));
        let tables = stack.workspace().await?;
        put(&stack, &path, &change).await?;
        let after = get(&stack, &path).await?;
        assert_eq!(after["modified"] != before["modified"], moves, "{change}");
        let is_written = crate::dump::differences(&stack.workspace().await?, &tables) != [""; 0];
        assert_eq!(is_written, after != before, "{change}");
        before = after;
    }
    assert_ne!(before["secret"], first_secret);
    assert_eq!((&before["secret"], &before["fields"]["ANumber"]), (&json!("s"), &json!("5")));
    let created = before["created"].clone();
    assert_ne!(created, before["modified"]);
    // The values alone.
    clock.turn(Duration::from_secs(2));
    put(&stack, &format!("{path}/fields"), &json!({ "LastName": "Dock" })).await?;
    let after = get(&stack, &path).await?;
    assert_eq!((&after["fields"]["LastName"], &after["created"]), (&json!("Dock"), &created));
    assert_ne!(after["modified"], before["modified"]);
    Ok(())
}

#[tokio::test]
async fn interests_are_added_and_replaced() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let id = made(&stack, &format!("/database/{}/profiles", shop.database), &json!({})).await?;
    let path = format!("/profile/{id}/interests");
    for (method, body, after) in [
        (Method::POST, json!({ "interests": ["tea", "Golf"] }), json!(["Tea"])),
        (Method::POST, json!({ "interests": ["Sailing"] }), json!(["Sailing", "Tea"])),
        (Method::POST, json!({ "Tea": "no" }), json!(["Sailing"])),
        (Method::PUT, json!({ "interests": ["Tea"] }), json!(["Tea"])),
        (Method::PUT, json!({ "Tea": 0, "Sailing": 1 }), json!(["Sailing"])),
        (Method::PUT, json!({ "interests": [] }), json!([])),
    ] {
        send(&stack, method.clone(), &path, &body).await?.expect(204)?;
        assert_eq!(get(&stack, &path).await?["data"], after, "{method} {body}");
    }
    Ok(())
}

#[tokio::test]
async fn a_removed_profile_is_shown_empty_and_stands_in_no_list() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let body = json!({ "fields": { "LastName": "Quay" }, "interests": ["Tea"] });
    let id = made(&stack, &profiles, &body).await?;
    let other = made(&stack, &profiles, &body).await?;
    let path = format!("/profile/{id}");
    let before = get(&stack, &path).await?;
    stack.system.services().clock.turn(Duration::from_secs(60));
    assert_eq!(delete(&stack, &path).await?, format!("profile {id}"));
    let mut removed = get(&stack, &path).await?;
    insta::assert_snapshot!("removed_profile", shown(removed.clone()));
    for member in ["fields", "interests", "removed"] {
        removed[member] = before[member].clone();
    }
    assert_eq!(removed, before);
    let list = get(&stack, &profiles).await?;
    assert_eq!((&list["total"], &list["data"][0]["ID"]), (&json!(1), &json!(other.to_string())));
    assert_eq!(get(&stack, &format!("/database/{}/profileids", shop.database)).await?, json!([other.to_string()]));
    let already = "This profile has already been removed";
    assert_eq!(refused(&stack, Method::DELETE, &path, &json!([])).await?, already);
    assert_eq!(refused(&stack, Method::DELETE, &format!("{path}/bogus"), &json!([])).await?, already);
    // A change would be lost in silence.
    assert_eq!(refused(&stack, Method::PUT, &path, &json!({ "fields": { "LastName": "x" } })).await?, already);
    let message = refused(&stack, Method::POST, &format!("{path}/subprofiles/Orders"), &json!({})).await?;
    assert_eq!(message, "Subprofile could not be created");
    Ok(())
}

#[tokio::test]
async fn profiles_are_deleted_by_a_list_of_ids() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(made(&stack, &profiles, &json!({})).await?);
    }
    let elsewhere = made(&stack, "/databases", &json!({ "name": "Elsewhere" })).await?;
    let stranger = made(&stack, &format!("/database/{elsewhere}/profiles"), &json!({})).await?;
    let body = json!({ "profiles": [ids[0], stranger] });
    assert_eq!(refused(&stack, Method::DELETE, &profiles, &body).await?, "No entity with supplied ID");
    assert_eq!(get(&stack, &profiles).await?["total"], 4);
    // An id may be there twice, or removed already.
    delete(&stack, &format!("/profile/{}", ids[2])).await?;
    let body = json!({ "profiles": [ids[0], ids[2].to_string(), ids[0], ids[3]] });
    let answer = send(&stack, Method::DELETE, &profiles, &body).await?;
    answer.expect(204)?;
    assert_eq!(answer.headers["x-deleted"].to_str()?, format!("profiles {},{}", ids[0], ids[3]));
    let list = get(&stack, &profiles).await?;
    assert_eq!((&list["total"], &list["data"][0]["ID"]), (&json!(1), &json!(ids[1].to_string())));
    Ok(())
}

#[tokio::test]
async fn all_profiles_that_match_are_changed_or_one_is_made() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    for (name, number) in [("Quay", 1), ("Dock", 2), ("quay", 3)] {
        made(&stack, &profiles, &json!({ "fields": { "LastName": name, "ANumber": number } })).await?;
    }
    let change = json!({ "fields": { "Email": "q@example.com" } });
    put(&stack, &format!("{profiles}?fields[]=LastName==QUAY&fields[]=ANumber>0"), &change).await?;
    let emails = async || {
        let list = get(&stack, &profiles).await?;
        let email = |profile: &Value| profile["fields"]["Email"].as_str().unwrap_or_default().to_owned();
        anyhow::Ok(list["data"].as_array().into_iter().flatten().map(email).collect::<Vec<_>>())
    };
    assert_eq!(emails().await?, ["q@example.com", "", "q@example.com"]);
    // Nobody matches.
    put(&stack, &format!("{profiles}?fields[]=LastName==Pier"), &change).await?;
    assert_eq!(emails().await?.len(), 3);
    let create = asking(&stack, Method::PUT, &format!("{profiles}?fields[]=LastName==Pier&create=1"), &change);
    let answer = sent(&stack, create).await?;
    answer.expect(201)?;
    let id = answer.headers["x-created"].to_str()?;
    let made = get(&stack, &format!("/profile/{id}")).await?;
    assert_eq!(made["fields"]["Email"], "q@example.com");
    // A condition that cannot be read must not change everything.
    for condition in ["bogus==1", "LastName", "LastName=Quay", ""] {
        let path = format!("{profiles}?fields[]={condition}");
        assert!(
            refused(&stack, Method::PUT, &path, &change).await?.starts_with("Invalid data provided"),
            "{condition}"
        );
    }
    Ok(())
}
