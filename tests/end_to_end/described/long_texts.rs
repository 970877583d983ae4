//! Texts longer than any key or item of the tables, in every place of a request where a text may stand: the path, each parameter,
//! and each member of the body, as the document describes them. An answer of 5xx would tell a client to try again for ever.

use anyhow::Context;
use serde_json::{Map, Value};

use super::requests::World;
use super::{Operation, document, operations, posting, schema};
use crate::productive::JSON_API;
use crate::stack::{Answer, Stack};

/// Longer than a sort key (1,024 bytes), and longer than a partition key (2,048 bytes) once an account stands before it.
const KEYS: [usize; 2] = [1_100, 2_040];
/// Longer than an item (400 KB).
const ITEM: usize = 450_000;
/// The deepest members of a body which get a text.
const DEEP: usize = 4;

/// Sends a request with the tokens of all doors.
async fn sent(stack: &Stack, operation: &Operation, path: &str, body: &Value) -> anyhow::Result<Answer> {
    let mut request = stack.bare(operation.method.clone(), path).header("User-Agent", "tests");
    request =
        request.header("X-NokoToken", "demo").header("Authorization", "Token demo").header("X-Auth-Token", "demo");
    request = request.header("X-Organization-Id", "1");
    let kind = if path.starts_with("/api/v2/") { JSON_API } else { "application/json" };
    if !body.is_null() {
        request = request.header("Content-Type", kind).body(body.to_string());
    }
    stack.answer(request).await
}

/// The members of a body which may be a text, as lists of names: those which the schema has, and those of the body itself.
fn members(document: &Value, told: &Value, body: &Value) -> anyhow::Result<Vec<Vec<String>>> {
    let mut found = Vec::new();
    in_schema(document, told, &mut Vec::new(), &mut found)?;
    in_body(body, &mut Vec::new(), &mut found);
    found.sort();
    found.dedup();
    Ok(found)
}

fn in_schema(document: &Value, told: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) -> anyhow::Result<()> {
    let told = schema::resolved(document, told)?;
    for choice in ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|word| told[word].as_array()).flatten() {
        in_schema(document, choice, at, found)?;
    }
    let is_text =
        told["type"] == "string" || told["type"].as_array().is_some_and(|types| types.contains(&"string".into()));
    if is_text && !at.is_empty() {
        found.push(at.clone());
    }
    let members = told["properties"].as_object().filter(|_| at.len() < DEEP);
    for (name, member) in members.into_iter().flatten() {
        at.push(name.clone());
        in_schema(document, member, at, found)?;
        at.pop();
    }
    Ok(())
}

fn in_body(body: &Value, at: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let members: Vec<(String, &Value)> = match body {
        Value::String(_) => return found.push(at.clone()),
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), member)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => return,
    };
    for (name, member) in members {
        at.push(name);
        in_body(member, at, found);
        at.pop();
    }
}

/// The body with a text as a member.
fn with(mut body: Value, at: &[String], text: String) -> Value {
    let mut place = &mut body;
    for name in at {
        place = match place {
            Value::Array(items) => &mut items[name.parse::<usize>().expect("a place in the list")],
            other => {
                if !other.is_object() {
                    *other = Value::Object(Map::new());
                }
                &mut other[name.as_str()]
            }
        };
    }
    *place = Value::String(text);
    body
}

/// A long text which is no number and no name of anything.
fn long(bytes: usize) -> String {
    "c".repeat(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_long_text_in_a_request_is_a_failure_of_the_server() -> anyhow::Result<()> {
    let stack = posting().await?;
    let document = document(&stack).await?;
    let world = World::found(&stack).await?;
    let (mut seen, mut failed) = (0, Vec::new());
    for operation in operations(&document)? {
        let (path, body) = world.succeeding(&operation).await?;
        let mut requests = Vec::new();
        // The path, a part in braces at a time.
        let parts: Vec<&str> = operation.path.split('/').collect();
        for bytes in KEYS {
            for (place, _) in parts.iter().enumerate().filter(|(_, part)| part.starts_with('{')) {
                let mut own: Vec<String> =
                    path.split('?').next().unwrap_or_default().split('/').map(str::to_owned).collect();
                own[place] = long(bytes);
                requests.push((own.join("/"), body.clone(), format!("{} of {bytes} bytes in the path", parts[place])));
            }
            let parameters = operation.get("/parameters").and_then(Value::as_array).into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
                let name = parameter["name"].as_str().context("a parameter without a name")?;
                let join = if path.contains('?') { '&' } else { '?' };
                let path = format!("{path}{join}{name}={}", long(bytes));
                requests.push((path, body.clone(), format!("?{name} of {bytes} bytes")));
            }
        }
        let contents = operation.get("/requestBody/content").and_then(Value::as_object);
        let told = contents.and_then(|contents| contents.iter().find(|(kind, _)| kind.contains("json")));
        if let Some((_, told)) = told {
            for at in members(&document, &told["schema"], &body)? {
                for bytes in KEYS.into_iter().chain([ITEM]) {
                    let of = format!("{} of {bytes} bytes in the body", at.join("."));
                    requests.push((path.clone(), with(body.clone(), &at, long(bytes)), of));
                }
            }
        }
        for (path, body, of) in requests {
            let answer = sent(&stack, &operation, &path, &body).await?;
            seen += 1;
            if answer.status.is_server_error() {
                failed.push(format!("{} {}: {of}: {}", operation.method, operation.path, answer.status));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {seen}:\n{}", failed.len(), failed.join("\n"));
    assert!(seen > 1_500, "only {seen} requests were made");
    Ok(())
}
