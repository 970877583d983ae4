//! Subprofiles by hand.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{asking, delete, get, made, put, refused, send, sent, shop, shown};
use crate::stack::Stack;

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().into_iter().flatten().filter_map(|item| item["ID"].as_str()).collect()
}

#[tokio::test]
async fn a_subprofile_belongs_to_a_profile_and_to_a_collection() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let (first, second) = (made(&stack, &profiles, &json!({})).await?, made(&stack, &profiles, &json!({})).await?);
    let body = json!({ "wonky": "yes", "Score": 3, "score": 6, "actIONTime": "2020-04-27 14:15:34" });
    let a = made(&stack, &format!("/profile/{first}/subprofiles/{}", shop.collection), &body).await?;
    let b = made(&stack, &format!("/profile/{first}/subprofiles/oRDERs"), &body).await?;
    let c = made(&stack, &format!("/profile/{second}/subprofiles/Orders/bogus/path"), &json!([])).await?;
    let subprofile = get(&stack, &format!("/subprofile/{a}")).await?;
    insta::assert_snapshot!("subprofile", shown(subprofile.clone()));
    let of_collection = get(&stack, &format!("/collection/{}/subprofiles", shop.collection)).await?;
    assert_eq!(ids(&of_collection), [a.to_string(), b.to_string(), c.to_string()]);
    assert_eq!(of_collection["data"][0], subprofile);
    assert_eq!(
        (&of_collection["total"], &of_collection["data"][2]["fields"]),
        (&json!(3), &json!({ "Score": "-1", "ActionTime": "" }))
    );
    let of_first = get(&stack, &format!("/profile/{first}/subprofiles/Orders/bogus")).await?;
    assert_eq!(ids(&of_first), [a.to_string(), b.to_string()]);
    let all = get(&stack, &format!("/collection/{}/subprofileids", shop.collection)).await?;
    assert_eq!(all, json!([a.to_string(), b.to_string(), c.to_string()]));
    let short = get(&stack, &format!("/collection/{}/subprofiles?dataonly=true&limit=1", shop.collection)).await?;
    let members: Vec<&String> = short["data"][0].as_object().into_iter().flatten().map(|(name, _)| name).collect();
    assert_eq!(members, ["ID", "fields", "modified", "profile", "secret"]);
    put(&stack, &format!("/subprofile/{c}"), &json!({ "fields": { "Score": "8 points" }, "secret": "mine" })).await?;
    put(&stack, &format!("/subprofile/{c}/fields/"), &json!({ "ActionTime": "2021-01-02 03:04:05" })).await?;
    let changed = get(&stack, &format!("/subprofile/{c}")).await?;
    assert_eq!(changed["fields"], json!({ "Score": "8", "ActionTime": "2021-01-02 03:04:05" }));
    assert_eq!((&changed["secret"], &changed["profile"]), (&json!("mine"), &json!(second.to_string())));
    assert_eq!(get(&stack, &format!("/subprofile/{c}/fields")).await?, changed["fields"]);
    Ok(())
}

#[tokio::test]
async fn subprofiles_go_with_their_profile() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let (first, second) = (made(&stack, &profiles, &json!({})).await?, made(&stack, &profiles, &json!({})).await?);
    let mut made_of = Vec::new();
    for profile in [first, first, first, second] {
        made_of.push(made(&stack, &format!("/profile/{profile}/subprofiles/Orders"), &json!({ "Score": 1 })).await?);
    }
    let list = format!("/collection/{}/subprofiles", shop.collection);
    let clock = &stack.system.services().clock;
    clock.turn(Duration::from_secs(60));
    assert_eq!(delete(&stack, &format!("/subprofile/{}", made_of[0])).await?, format!("subprofile {}", made_of[0]));
    let own = get(&stack, &format!("/subprofile/{}", made_of[0])).await?;
    assert_eq!(own["fields"], json!({ "Score": "", "ActionTime": "" }));
    assert_eq!(get(&stack, &list).await?["total"], 3);
    clock.turn(Duration::from_secs(60));
    let before = stack.workspace().await?;
    delete(&stack, &format!("/profile/{first}")).await?;
    // Only the profile's item is written.
    let written = crate::dump::differences(&stack.workspace().await?, &before);
    assert!(written.iter().all(|line| line.contains("#profile#")), "{written:?}");
    let left = get(&stack, &list).await?;
    assert_eq!((ids(&left), &left["total"]), (vec![made_of[3].to_string().as_str()], &json!(1)));
    let others = get(&stack, &format!("/collection/{}/subprofileids", shop.collection)).await?;
    assert_eq!(others, json!([made_of[3].to_string()]));
    assert_eq!(get(&stack, &format!("/profile/{first}/subprofiles/Orders")).await?["total"], 0);
    let profile = get(&stack, &format!("/profile/{first}")).await?;
    let with_it = get(&stack, &format!("/subprofile/{}", made_of[1])).await?;
    assert_eq!((&with_it["removed"], &with_it["fields"]["Score"]), (&profile["removed"], &json!("")));
    assert_ne!(get(&stack, &format!("/subprofile/{}", made_of[0])).await?["removed"], profile["removed"]);
    for id in &made_of[..3] {
        for path in [format!("/subprofile/{id}"), format!("/subprofile/{id}/bogus")] {
            let message = refused(&stack, Method::DELETE, &path, &json!([])).await?;
            assert_eq!(message, "This subprofile has already been removed");
        }
        let message = refused(&stack, Method::PUT, &format!("/subprofile/{id}"), &json!({ "secret": "x" })).await?;
        assert_eq!(message, "This subprofile has already been removed");
    }
    Ok(())
}

#[tokio::test]
async fn all_subprofiles_that_match_are_changed_or_one_is_made() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let (first, second) = (made(&stack, &profiles, &json!({})).await?, made(&stack, &profiles, &json!({})).await?);
    for (profile, score) in [(first, 1), (first, 2), (second, 2)] {
        made(&stack, &format!("/profile/{profile}/subprofiles/Orders"), &json!({ "Score": score })).await?;
    }
    let list = format!("/collection/{}/subprofiles", shop.collection);
    let scores = async || {
        let list = get(&stack, &list).await?;
        let score = |item: &Value| item["fields"]["Score"].as_str().unwrap_or_default().to_owned();
        anyhow::Ok(list["data"].as_array().into_iter().flatten().map(score).collect::<Vec<_>>())
    };
    put(&stack, &format!("/profile/{first}/subprofiles/Orders?fields[]=Score==2"), &json!({ "Score": 5 })).await?;
    assert_eq!(scores().await?, ["1", "5", "2"]);
    put(&stack, &format!("{list}?fields[]=Score<3"), &json!({ "Score": 7 })).await?;
    assert_eq!(scores().await?, ["7", "5", "7"]);
    let path = format!("/profile/{second}/subprofiles/Orders?fields[]=Score==5&create=true");
    let answer = sent(&stack, asking(&stack, Method::PUT, &path, &json!({ "fields": { "Score": 9 } }))).await?;
    answer.expect(201)?;
    let made = get(&stack, &format!("/subprofile/{}", answer.headers["x-created"].to_str()?)).await?;
    assert_eq!((&made["profile"], &made["fields"]["Score"]), (&json!(second.to_string()), &json!("9")));
    // A subprofile of no profile cannot be made.
    send(&stack, Method::PUT, &format!("{list}?fields[]=Score==99&create=1"), &json!({ "Score": 1 }))
        .await?
        .expect(204)?;
    assert_eq!(scores().await?, ["7", "5", "7", "9"]);
    Ok(())
}
