//! The vendor's examples, each sent and compared: key sets at every depth, JSON types, and every fixed value.
//!
//! The fixture has the requests and the shapes of the examples with values of our own. Ids, times, names, addresses and hosts
//! are compared by type, everything else by value. A mutation check takes each key of each answer away once, and the
//! comparison has to notice.

use std::collections::BTreeSet;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use super::{asking, import_data, resource, send, sent};
use crate::stack::Stack;

/// The members that are compared by type.
const FREE: [&str; 7] = ["id", "creator_id", "first_name", "last_name", "email", "name", "role_id"];

fn exchanges() -> Vec<Value> {
    serde_json::from_str(include_str!("../fixtures/productive/exchanges.json")).expect("the fixture is JSON")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The path and the query of a link.
fn without_host(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    text.split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()))
        .unwrap_or(text.to_owned())
}

/// The differences between what is expected and what was answered, with their places.
fn compare(expected: &Value, found: &Value, place: &str, wrong: &mut Vec<String>) {
    if kind(expected) != kind(found) {
        return wrong.push(format!("{place} is {} instead of {}", kind(found), kind(expected)));
    }
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let keys: BTreeSet<_> = expected.keys().chain(found.keys()).collect();
            for key in keys {
                let place = format!("{place}/{key}");
                match (expected.get(key), found.get(key)) {
                    (Some(expected), Some(found)) => compare(expected, found, &place, wrong),
                    (expected, _) => {
                        wrong.push(format!("{place} is {}", if expected.is_some() { "missing" } else { "new" }))
                    }
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                wrong.push(format!("{place} has {} items instead of {}", found.len(), expected.len()));
            }
            let items = expected.iter().zip(found).enumerate();
            items.for_each(|(at, (expected, found))| compare(expected, found, &format!("{place}/{at}"), wrong));
        }
        _ => {
            let name = place.rsplit('/').next().unwrap_or_default();
            let is_free = FREE.contains(&name) || name.ends_with("_at");
            let is_same = match place.contains("/links/") {
                true => without_host(expected) == without_host(found),
                false => expected == found,
            };
            if !is_free && !is_same {
                wrong.push(format!("{place} is {found} instead of {expected}"));
            }
        }
    }
}

fn differences(expected: &Value, found: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    compare(expected, found, "", &mut wrong);
    wrong
}

/// The pointers to all members of objects within a value.
fn members(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                found.push((place.to_owned(), name.clone()));
                members(inner, &format!("{place}/{name}"), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, inner)| members(inner, &format!("{place}/{at}"), found));
        }
        _ => {}
    }
}

/// Makes an import as the example has one before its request: no sample, as if it came from elsewhere.
async fn prepared(stack: &Stack, company: &str) -> anyhow::Result<String> {
    let attributes = json!({ "import_data": json!({ "company": [{ "name": company }] }).to_string(), "sample": null });
    let made = send(stack, Method::POST, "/imports", &resource("imports", &attributes)).await?.expect(201)?;
    Ok(made["data"]["id"].as_str().context("no id")?.to_owned())
}

#[tokio::test]
async fn every_example_of_the_vendor_is_answered_in_its_shape() -> anyhow::Result<()> {
    let mut checked = 0;
    for exchange in exchanges() {
        let name = exchange["name"].as_str().context("no name")?;
        let stack = Stack::start(1000).await?;
        let mut id = String::new();
        match name {
            "a list" => {
                for company in ["A", "B", "C"] {
                    id = prepared(&stack, company).await?;
                }
            }
            "a changed import" | "a change without data" => {
                let body = import_data(&json!({ "company": [{ "name": "A" }] }));
                let made = send(&stack, Method::POST, "/imports", &body).await?;
                id = made.expect(201)?["data"]["id"].as_str().context("no id")?.to_owned();
            }
            "a reverted import" => {
                id = prepared(&stack, "A").await?;
                send(&stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null).await?.expect(200)?;
            }
            _ => id = prepared(&stack, "A").await?,
        }
        let method = Method::from_bytes(exchange["method"].as_str().context("no method")?.as_bytes())?;
        let path = exchange["path"].as_str().context("no path")?.replace("{id}", &id);
        let accept =
            "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5";
        let request = asking(&stack, method, &path, &exchange["request"]).header("Accept", accept);
        // The examples name the content type of requests without a body too.
        let request = match exchange["request"] {
            Value::Null => request.header("Content-Type", super::JSON_API),
            _ => request,
        };
        let answer = sent(&stack, request).await?;
        assert_eq!(json!(answer.status.as_u16()), exchange["status"], "{name}: {}", answer.text);
        let (expected, found) = (&exchange["response"], answer.json());
        assert_eq!(differences(expected, &found), [""; 0], "{name}: {found:#}");
        let mut all = Vec::new();
        members(&found, "", &mut all);
        for (place, member) in all {
            let mut mutated = found.clone();
            let object = mutated.pointer_mut(&place).and_then(Value::as_object_mut).context("an object")?;
            object.remove(&member);
            assert!(!differences(expected, &mutated).is_empty(), "{name}: nobody misses {place}/{member}");
            checked += 1;
        }
    }
    assert!(checked > 500, "only {checked} members are compared");
    Ok(())
}

#[test]
fn the_comparison_tells_types_values_and_lengths() {
    let expected = json!({ "id": "1", "code": "a", "list": [1, 2], "made_at": "x", "none": null });
    let with = |name: &str, value: Value| {
        let mut found = expected.clone();
        found[name] = value;
        differences(&expected, &found).len()
    };
    assert_eq!((with("id", json!("2")), with("made_at", json!("y")), with("code", json!("a"))), (0, 0, 0));
    for (name, value) in [
        ("id", json!(1)),
        ("code", json!("b")),
        ("list", json!([1])),
        ("list", json!([1, 3])),
        ("made_at", Value::Null),
        ("none", json!("x")),
        ("more", json!(1)),
    ] {
        assert_eq!(with(name, value.clone()), 1, "{name} {value}");
    }
}
