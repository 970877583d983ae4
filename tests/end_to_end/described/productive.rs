//! A request for each documented operation and status of the Productive door.

use std::sync::atomic::Ordering;

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::Operation;
use super::requests::{NOTHING, POWERLESS, World, within};
use crate::productive::{JSON_API, asking, import_data, resource};
use crate::stack::Answer;

/// A token, a path and a body, which statuses change.
struct Asked {
    token: Option<&'static str>,
    path: String,
    body: Value,
}

/// Sends a request that gives the status, and returns the answer.
pub async fn answer(world: &World<'_>, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
    let plain = operation.path.replace("{id}", "1");
    match status {
        413 => return within(&world.healthy, operation, &plain, vec![b' '; 5 << 20]).await,
        500 => return within(&world.failing, operation, &plain, "").await,
        503 => return within(&world.busy, operation, &plain, "").await,
        _ => {}
    }
    let mut asked = Asked { token: Some("demo"), path: plain, body: Value::Null };
    let mut headers = Vec::new();
    match status {
        400 => asked.path.push_str("?nonsense=1"),
        401 => asked.token = None,
        403 => asked.token = Some(POWERLESS),
        404 => {
            asked.path = operation.path.replace("{id}", &NOTHING.to_string());
            asked.body = body(world, operation);
        }
        406 => headers.push(("Accept", "application/vnd.api+json; ext=bulk")),
        415 => headers.push(("Content-Type", "text/plain")),
        409 => asked = conflicting(world, operation).await?,
        422 => asked = refused(world, operation).await?,
        200..300 => asked = good(world, operation).await?,
        _ => bail!("tests/end_to_end/described/productive.rs knows no request for it"),
    }
    let mut request = world.stack.bare(operation.method.clone(), &asked.path).header("X-Organization-Id", "1");
    if let Some(token) = asked.token {
        request = request.header("X-Auth-Token", token);
    }
    let request = match status {
        415 => request.body("data"),
        _ => with_body(request, &asked.body),
    };
    world.stack.answer(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))).await
}

fn with_body(request: RequestBuilder, body: &Value) -> RequestBuilder {
    match body {
        Value::Null => request,
        body => request.header("Content-Type", JSON_API).body(body.to_string()),
    }
}

/// The type of the path's resources.
fn kind(operation: &Operation) -> &str {
    operation.path.split('/').nth(3).unwrap_or_default()
}

fn name(world: &World<'_>) -> String {
    format!("Company {}", world.made.fetch_add(1, Ordering::Relaxed))
}

/// A body with which an operation succeeds, or null for an operation without a body.
fn body(world: &World<'_>, operation: &Operation) -> Value {
    if operation.get("/requestBody").is_none() || operation.path.ends_with("/import") {
        return Value::Null;
    }
    match kind(operation) {
        "imports" => import_data(&json!({ "company": [{ "name": name(world) }] })),
        "companies" => resource("companies", &json!({ "name": name(world) })),
        _ => resource("people", &json!({ "first_name": "Robin" })),
    }
}

/// Creates a resource, and returns its id.
async fn made(world: &World<'_>, kind: &str, body: &Value) -> anyhow::Result<String> {
    let request = asking(world.stack, Method::POST, &format!("/{kind}"), body);
    let made = world.stack.answer(request).await?.expect(201)?;
    made["data"]["id"].as_str().map(str::to_owned).context("a resource without an id")
}

async fn company(world: &World<'_>) -> anyhow::Result<String> {
    made(world, "companies", &resource("companies", &json!({ "name": name(world) }))).await
}

/// A body for a new person of a new company.
async fn person(world: &World<'_>) -> anyhow::Result<Value> {
    let company: u64 = company(world).await?.parse()?;
    Ok(resource("people", &json!({ "first_name": "Robin", "company_id": company })))
}

async fn import(world: &World<'_>, is_run: bool) -> anyhow::Result<String> {
    let id = made(world, "imports", &import_data(&json!({ "company": [{ "name": name(world) }] }))).await?;
    if is_run {
        let request = asking(world.stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null);
        world.stack.answer(request).await?.expect(200)?;
    }
    Ok(id)
}

/// A request that succeeds.
async fn good(world: &World<'_>, operation: &Operation) -> anyhow::Result<Asked> {
    let is_new = operation.method == Method::POST && !operation.path.contains("{id}");
    let mut body = body(world, operation);
    let id = match kind(operation) {
        _ if !operation.path.contains("{id}") => String::new(),
        "imports" => import(world, operation.path.ends_with("/revert")).await?,
        "companies" => company(world).await?,
        _ => made(world, "people", &person(world).await?).await?,
    };
    if is_new && kind(operation) == "people" {
        body = person(world).await?;
    }
    Ok(Asked { token: Some("demo"), path: operation.path.replace("{id}", &id), body })
}

/// The path and the body of a request that succeeds.
pub async fn succeeding(world: &World<'_>, operation: &Operation) -> anyhow::Result<(String, Value)> {
    let Asked { path, body, .. } = good(world, operation).await?;
    Ok((path, body))
}

/// A request of another state, or with another resource than the path's.
async fn conflicting(world: &World<'_>, operation: &Operation) -> anyhow::Result<Asked> {
    let mut asked = good(world, operation).await?;
    if kind(operation) == "imports" && operation.path.contains("{id}") {
        let id = import(world, !operation.path.ends_with("/revert")).await?;
        asked.path = operation.path.replace("{id}", &id);
    } else {
        asked.body["data"]["type"] = json!("tasks");
    }
    Ok(asked)
}

/// A request whose attributes are wrong, or that would change the account's own company or a user.
async fn refused(world: &World<'_>, operation: &Operation) -> anyhow::Result<Asked> {
    let mut asked = good(world, operation).await?;
    match kind(operation) {
        "imports" => asked.body = resource("imports", &json!({})),
        kind if operation.get("/requestBody").is_some() => {
            asked.body = resource(kind, &json!({ "name": "", "first_name": "" }));
            let other = if kind == "people" { "name" } else { "first_name" };
            if let Some(attributes) = asked.body["data"]["attributes"].as_object_mut() {
                attributes.remove(other);
            }
        }
        _ => asked.path = operation.path.replace("{id}", "1"),
    }
    Ok(asked)
}
