//! Views: rules and conditions by hand, and the profiles that a build stores.

use std::time::Duration;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use super::{delete, get, made, put, refused, send, shop, shown};
use crate::stack::Stack;

fn ids(list: &Value) -> Vec<String> {
    let items = list["data"].as_array().into_iter().flatten();
    items.filter_map(|item| item["ID"].as_str().map(str::to_owned)).collect()
}

async fn rebuilt(stack: &Stack, view: u64) -> anyhow::Result<Vec<String>> {
    send(stack, Method::POST, &format!("/view/{view}/rebuild"), &json!([])).await?.expect(204)?;
    Ok(serde_json::from_value(get(stack, &format!("/view/{view}/profileids")).await?)?)
}

#[tokio::test]
async fn a_view_is_shown_with_its_rules_and_conditions() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let views = format!("/database/{}/views", shop.database);
    let view = made(&stack, &views, &json!({ "name": "Buyers", "description": "All buyers" })).await?;
    let below = made(&stack, &format!("/view/{view}/views"), &json!({ "name": "Good buyers" })).await?;
    let rule = made(&stack, &format!("/view/{view}/rules"), &json!({ "name": "First", "inversed": true })).await?;
    let of_rule = format!("/rule/{rule}/conditions");
    let field = json!({ "type": "Field", "field": "lastname", "comparison": "not equals", "other-field": "Email" });
    let field = made(&stack, &of_rule, &field).await?;
    let interest = made(
        &stack,
        &of_rule,
        &json!({ "type": "Interest", "interest": "tea", "match-mode": "match_profiles_without_interest" }),
    )
    .await?;
    insta::assert_snapshot!("view", shown(get(&stack, &format!("/view/{view}")).await?));
    insta::assert_snapshot!("rule", shown(get(&stack, &format!("/rule/{rule}")).await?));
    let rules = get(&stack, &format!("/view/{view}/rules")).await?;
    assert_eq!(rules["data"], json!([get(&stack, &format!("/rule/{rule}")).await?]));
    assert_eq!(ids(&get(&stack, &views).await?), [view.to_string()]);
    let nested = get(&stack, &format!("/view/{view}/views")).await?;
    assert_eq!((ids(&nested), &nested["data"][0]["parent-type"]), (vec![below.to_string()], &json!("view")));

    put(
        &stack,
        &format!("/condition/Field/{field}"),
        &json!({ "comparison": "contains", "value": "ua", "other-field": "" }),
    )
    .await?;
    put(&stack, &format!("/condition/interest/{interest}"), &json!({ "match-mode": "match_profiles_with_interest" }))
        .await?;
    put(&stack, &format!("/rule/{rule}"), &json!({ "disabled": "yes", "inversed": 0 })).await?;
    let rule_now = get(&stack, &format!("/rule/{rule}")).await?;
    assert_eq!(
        (&rule_now["disabled"], &rule_now["inversed"], &rule_now["name"]),
        (&json!(true), &json!(false), &json!("First"))
    );
    let condition = &rule_now["conditions"]["data"][0];
    assert_eq!((&condition["field"]["name"], &condition["comparison"]), (&json!("LastName"), &json!("contains")));
    assert_eq!((&condition["value"], &condition["other-field"]), (&json!("ua"), &json!(false)));
    let second = &rule_now["conditions"]["data"][1];
    assert_eq!(second["match-mode"], "match_profiles_with_interest");
    for (method, path, body, word) in [
        (Method::POST, of_rule.clone(), json!({ "type": "Fax" }), "type must be Field, Interest, Date or Change"),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Change", "change-type": "field" }),
            "change-type must be one of",
        ),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Date", "field": "Birthdate", "before-time": "soon" }),
            "before-time must be a time",
        ),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Date", "field": "Birthdate", "after-mutation": "x" }),
            "after-mutation is not supported",
        ),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Interest", "interest": "Tea", "match-mode": "x" }),
            "match-mode must be one of",
        ),
        (Method::POST, of_rule.clone(), json!({ "type": "Field" }), "field must be a field"),
        (Method::POST, of_rule.clone(), json!({ "type": "Field", "field": "x" }), "field must be a field"),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Field", "field": "Email", "comparison": "like" }),
            "comparison must be one of",
        ),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Field", "field": "Email", "comparison": "regexp", "value": "(a" }),
            "value must be a regular expression",
        ),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Field", "field": "Email", "comparison": "regexp", "other-field": "LastName" }),
            "other-field does not go with regexp",
        ),
        (
            Method::POST,
            of_rule.clone(),
            json!({ "type": "Interest", "interest": "Golf" }),
            "interest must be an interest",
        ),
        (Method::POST, views.clone(), json!({ "name": "BUYERS" }), "name is taken"),
        (Method::POST, views.clone(), json!({}), "name must not be empty"),
        (Method::DELETE, format!("/view/{view}"), json!([]), "the view Good buyers stands below it"),
        (
            Method::DELETE,
            format!("/database/{}/field/LastName", shop.database),
            json!([]),
            "a condition of rule 1 needs it",
        ),
        (Method::DELETE, "/interest/2".to_owned(), json!([]), "a condition of rule 1 needs it"),
    ] {
        let said = refused(&stack, method.clone(), &path, &body).await?;
        assert!(said.starts_with("Invalid data provided: ") && said.contains(word), "{method} {path}: {said}");
    }
    assert_eq!(
        refused(&stack, Method::DELETE, &format!("/condition/Field/{interest}"), &json!([])).await?,
        "No condition with supplied ID"
    );
    assert_eq!(delete(&stack, &format!("/condition/Interest/{interest}")).await?, format!("condition {interest}"));
    assert_eq!(delete(&stack, "/interest/2").await?, "interest 2");
    assert_eq!(delete(&stack, &format!("/rule/{rule}")).await?, format!("rule {rule}"));
    assert_eq!(delete(&stack, &format!("/view/{below}")).await?, format!("view {below}"));
    assert_eq!(delete(&stack, &format!("/view/{view}")).await?, format!("view {view}"));
    for path in [format!("/view/{view}"), format!("/rule/{rule}"), format!("/condition/Field/{field}")] {
        refused(&stack, Method::PUT, &path, &json!({})).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_profiles_of_a_view_are_those_of_its_last_build() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let mut all = Vec::new();
    for name in ["Quay", "Dock", "Quay", "Pier"] {
        all.push(made(&stack, &profiles, &json!({ "fields": { "LastName": name } })).await?.to_string());
    }
    let view = made(&stack, &format!("/database/{}/views", shop.database), &json!({ "name": "Quays" })).await?;
    let list = format!("/view/{view}/profiles");
    let shown = get(&stack, &format!("/view/{view}")).await?;
    assert_eq!((&shown["last-built"], &get(&stack, &list).await?["total"]), (&json!(false), &json!(0)));
    // Without rules the view holds everything.
    assert_eq!(rebuilt(&stack, view).await?, all);
    let rule = made(&stack, &format!("/view/{view}/rules"), &json!({})).await?;
    let condition = json!({ "type": "Field", "field": "LastName", "value": "quay" });
    made(&stack, &format!("/rule/{rule}/conditions"), &condition).await?;
    let first = get(&stack, &format!("/view/{view}")).await?["last-built"].clone();
    assert_eq!(ids(&get(&stack, &list).await?), all, "the rule counts from the next build on");
    stack.system.services().clock.turn(Duration::from_secs(60));
    assert_eq!(rebuilt(&stack, view).await?, [all[0].clone(), all[2].clone()]);
    assert_ne!(get(&stack, &format!("/view/{view}")).await?["last-built"], first);
    // A changed profile stays until the next build; a removed one is in no list.
    put(&stack, &format!("/profile/{}", all[0]), &json!({ "fields": { "LastName": "Dock" } })).await?;
    delete(&stack, &format!("/profile/{}", all[2])).await?;
    let page = get(&stack, &format!("{list}?fields[]=LastName==Dock")).await?;
    assert_eq!((ids(&page), &page["total"]), (vec![all[0].clone()], &json!(1)));
    assert_eq!(get(&stack, &list).await?["total"], 1);
    assert_eq!(rebuilt(&stack, view).await?, [""; 0]);
    // Beside the build, which is empty, the one before is stored.
    let stored = stack.workspace().await?;
    assert_eq!(stored.keys().filter(|(pk, _)| pk.contains("#members#")).count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_condition_on_changes_knows_when_a_profile_was_made_and_changed_last() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let clock = &stack.system.services().clock;
    let mut ids_made = Vec::new();
    let mut times = Vec::new();
    for name in ["Quay", "Dock", "Mole"] {
        let profile = json!({ "fields": { "LastName": name } });
        ids_made.push(made(&stack, &format!("/database/{}/profiles", shop.database), &profile).await?.to_string());
        let profile = get(&stack, &format!("/profile/{}", ids_made[ids_made.len() - 1])).await?;
        times.push(profile["created"].as_str().context("no time")?.to_owned());
        clock.turn(Duration::from_secs(3600));
    }
    // The first profile is edited after the making of all three.
    put(&stack, &format!("/profile/{}", ids_made[0]), &json!({ "fields": { "LastName": "Pier" } })).await?;
    let view = made(&stack, &format!("/database/{}/views", shop.database), &json!({ "name": "Changed" })).await?;
    let rule = made(&stack, &format!("/view/{view}/rules"), &json!({})).await?;
    let condition = made(&stack, &format!("/rule/{rule}/conditions"), &json!({ "type": "Change" })).await?;
    let [first, second, third] = [&ids_made[0], &ids_made[1], &ids_made[2]];
    for (body, held) in [
        (json!({ "change-type": "any" }), vec![first, second, third]),
        (json!({ "change-type": "none" }), vec![]),
        (json!({ "change-type": "edit" }), vec![first]),
        (json!({ "change-type": "noedit" }), vec![second, third]),
        (json!({ "change-type": "new", "after-time": times[0] }), vec![second, third]),
        (json!({ "change-type": "notnew" }), vec![first]),
        (json!({ "change-type": "new", "before-time": times[2] }), vec![second]),
        (json!({ "change-type": "any", "before-time": "", "after-time": times[2] }), vec![first]),
        (json!({ "change-type": "any", "after-time": "", "before-time": times[1] }), vec![first]),
    ] {
        put(&stack, &format!("/condition/Change/{condition}"), &body).await?;
        clock.turn(Duration::from_secs(1));
        assert_eq!(rebuilt(&stack, view).await?.iter().collect::<Vec<_>>(), held, "{body}");
    }
    let shown = get(&stack, &format!("/rule/{rule}")).await?;
    assert_eq!(shown["conditions"]["data"][0]["change-type"], "any", "{shown}");
    Ok(())
}

/// A condition of the oracle: the JSON that makes the condition, and a plain reading of it.
struct Asked {
    body: Value,
    fits: Box<dyn Fn(&Value) -> bool>,
}

fn conditions() -> Vec<Asked> {
    fn text(profile: &Value, name: &str) -> String {
        profile["fields"][name].as_str().unwrap_or_default().to_lowercase()
    }
    fn number(profile: &Value, name: &str) -> f64 {
        text(profile, name).trim().parse().unwrap_or(0.0)
    }
    let field = |field: &str, comparison: &str, value: &str| json!({ "type": "Field", "field": field, "comparison": comparison, "value": value });
    let mut all: Vec<Asked> = Vec::new();
    let mut add = |body: Value, fits: Box<dyn Fn(&Value) -> bool>| all.push(Asked { body, fits });
    add(field("LastName", "equals", "QUAY"), Box::new(|p| text(p, "LastName") == "quay"));
    add(field("LastName", "not equals", "Dock"), Box::new(|p| text(p, "LastName") != "dock"));
    add(field("LastName", "contains", "A"), Box::new(|p| text(p, "LastName").contains('a')));
    add(field("LastName", "not contains", "ck"), Box::new(|p| !text(p, "LastName").contains("ck")));
    add(field("LastName", "more", "m"), Box::new(|p| text(p, "LastName").as_str() > "m"));
    add(field("ANumber", "less", "5"), Box::new(|p| number(p, "ANumber") < 5.0));
    add(field("ANumber", "more", "-2"), Box::new(|p| number(p, "ANumber") > -2.0));
    add(field("ANumber", "equals", "12"), Box::new(|p| number(p, "ANumber") == 12.0));
    add(field("Email", "is_email", ""), Box::new(|p| text(p, "Email").contains('@')));
    add(field("LastName", "is-numeric", ""), Box::new(|p| text(p, "LastName").parse::<f64>().is_ok()));
    let starts = |p: &Value| ["q", "d"].iter().any(|letter| text(p, "LastName").starts_with(letter));
    add(field("LastName", "regexp", "^[QD]"), Box::new(starts));
    add(field("Birthdate", "less", "1990-01-01"), Box::new(|p| text(p, "Birthdate").as_str() < "1990-01-01"));
    let numeric =
        json!({ "type": "Field", "field": "LastName", "comparison": "more", "value": "9", "numeric-comparison": true });
    add(numeric, Box::new(|p| number(p, "LastName") > 9.0));
    let other = json!({ "type": "Field", "field": "LastName", "comparison": "equals", "other-field": "Colour" });
    add(other, Box::new(|p| text(p, "LastName") == text(p, "Colour")));
    let date = |period: Value| {
        let mut body = json!({ "type": "Date", "field": "Birthdate" });
        period.as_object().into_iter().flatten().for_each(|(name, value)| body[name] = value.clone());
        body
    };
    let period = date(json!({ "after-time": "1974-04-27 00:00:00", "before-time": "2001-12-31 00:00:01" }));
    add(period, Box::new(|p| ["1990-01-01", "2001-12-31"].contains(&text(p, "Birthdate").as_str())));
    let spring = date(
        json!({ "compare-mode": "ignoreyear", "after-time": "2020-03-01 00:00:00", "before-time": "2020-06-01 00:00:00" }),
    );
    add(spring, Box::new(|p| text(p, "Birthdate") == "1974-04-27"));
    let has = |p: &Value| p["interests"].as_array().is_some_and(|interests| interests.contains(&json!("Tea")));
    add(json!({ "type": "Interest", "interest": "Tea" }), Box::new(has));
    add(
        json!({ "type": "Interest", "interest": "Tea", "match-mode": "match_profiles_without_interest" }),
        Box::new(move |p| !has(p)),
    );
    all
}

#[tokio::test]
async fn selections_agree_with_a_naive_reading_of_300_profiles() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let mut seed = 11_u64;
    let mut below = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap_or_default() % bound
    };
    for _ in 0..300 {
        let fields = json!({
            "LastName": (["Quay", "dock", "", "10", "9", "red", "Marina"][below(7)]),
            "ANumber": (["-20", "-1", "4", "5", "12"][below(5)]),
            "Email": (["a@example.com", "none", ""][below(3)]),
            "Birthdate": (["1974-04-27", "1990-01-01", "", "2001-12-31"][below(4)]),
            "Colour": (["red", "blue", ""][below(3)]),
        });
        let interests: &[&str] = [&["Tea"][..], &[], &["Tea", "Sailing"]][below(3)];
        made(&stack, &profiles, &json!({ "fields": fields, "interests": interests })).await?;
    }
    let all = get(&stack, &format!("{profiles}?limit=1000")).await?["data"].as_array().cloned().unwrap_or_default();
    assert_eq!(all.len(), 300);
    let conditions = conditions();
    let (mut held, mut view_above, mut above): (usize, Option<u64>, Vec<bool>) = (0, None, vec![true; all.len()]);
    for number in 0..25 {
        // Every third view stands below the one before.
        let parent = if number % 3 == 0 { None } else { view_above };
        if parent.is_none() {
            above = vec![true; all.len()];
        }
        let path = match parent {
            Some(parent) => format!("/view/{parent}/views"),
            None => format!("/database/{}/views", shop.database),
        };
        let view = made(&stack, &path, &json!({ "name": format!("View {number}") })).await?;
        let mut rules = Vec::new();
        for _ in 0..below(3) {
            let (disabled, inversed) = (below(4) == 0, below(3) == 0);
            let body = json!({ "disabled": disabled, "inversed": inversed });
            let rule = made(&stack, &format!("/view/{view}/rules"), &body).await?;
            let chosen: Vec<usize> = (0..below(3)).map(|_| below(conditions.len())).collect();
            for &at in &chosen {
                made(&stack, &format!("/rule/{rule}/conditions"), &conditions[at].body).await?;
            }
            if !disabled {
                rules.push((inversed, chosen));
            }
        }
        let rule_fits = |(inversed, chosen): &(bool, Vec<usize>), profile: &Value| {
            chosen.iter().all(|&at| (conditions[at].fits)(profile)) != *inversed
        };
        let fits = |profile: &Value| rules.is_empty() || rules.iter().any(|rule| rule_fits(rule, profile));
        above = all.iter().zip(&above).map(|(profile, above)| *above && fits(profile)).collect();
        let expected: Vec<String> = all
            .iter()
            .zip(&above)
            .filter(|(_, is_in)| **is_in)
            .filter_map(|(profile, _)| profile["ID"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(rebuilt(&stack, view).await?, expected, "view {number} {rules:?}");
        held += expected.len();
        view_above = Some(view);
    }
    assert!((500..7000).contains(&held), "{held}");
    Ok(())
}

#[tokio::test]
async fn builds_at_once_leave_whole_builds() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let before = stack.workspace().await?;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(made(&stack, &format!("/database/{}/profiles", shop.database), &json!({})).await?.to_string());
    }
    let view = made(&stack, &format!("/database/{}/views", shop.database), &json!({ "name": "All" })).await?;
    let path = format!("/view/{view}/rebuild");
    let builds = (0..5).map(|_| send(&stack, Method::POST, &path, &Value::Null));
    for done in futures::future::join_all(builds).await {
        done?.expect(204)?;
    }
    assert_eq!(serde_json::from_value::<Vec<String>>(get(&stack, &format!("/view/{view}/profileids")).await?)?, all);
    assert_eq!(rebuilt(&stack, view).await?, all);
    let stored = stack.workspace().await?;
    assert_eq!(stored.keys().filter(|(pk, _)| pk.contains("#members#")).count(), 2);
    let other = made(&stack, "/databases", &json!({ "name": "Other" })).await?;
    delete(&stack, &format!("/database/{other}")).await?;
    delete(&stack, &format!("/view/{view}")).await?;
    let after = stack.workspace().await?;
    let is_left = |(pk, _): &&(String, String)| pk.contains("#members#") || pk.ends_with("#schema#2");
    assert_eq!(after.keys().filter(is_left).count(), 0);
    assert!(after.len() > before.len());
    Ok(())
}
