//! Tests of the Productive door: imports, companies and people.
//!
//! Every document that the door answers to these tests is written to `target/jsonapi`, where `.ci/jsonapi` validates all of
//! them.

mod companions;
mod conventions;
mod cost;
mod foreign;
mod imports;
mod lists;
mod races;
mod rows;
mod seed;
mod states;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::stack::{Answer, Stack};

/// The content type of JSON:API.
pub const JSON_API: &str = "application/vnd.api+json";

/// A request of account 1's user to the door, to a path such as `/imports`, with a body unless `body` is null.
pub fn asking(stack: &Stack, method: Method, path: &str, body: &Value) -> RequestBuilder {
    let path = if path.starts_with("http") { path.to_owned() } else { format!("/api/v2{path}") };
    let request = stack.bare(method, &path).header("X-Auth-Token", "demo").header("X-Organization-Id", "1");
    match body {
        Value::Null => request,
        body => request.header("Content-Type", JSON_API).body(body.to_string()),
    }
}

/// Sends a request, checks what every answer of the door has, and keeps the document for the validator.
pub async fn sent(stack: &Stack, request: RequestBuilder) -> anyhow::Result<Answer> {
    let answer = stack.answer(request).await?;
    anyhow::ensure!(answer.headers.contains_key("x-request-id"), "no request id");
    if !answer.text.is_empty() {
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        anyhow::ensure!(kind == Some("application/vnd.api+json; charset=utf-8"), "{kind:?}: {}", answer.text);
        keep(&answer.text)?;
    }
    Ok(answer)
}

/// Writes a document to `target/jsonapi`.
fn keep(document: &str) -> anyhow::Result<()> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/jsonapi");
    std::fs::create_dir_all(&folder)?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Ok(std::fs::write(folder.join(format!("{}-{number}.json", std::process::id())), document)?)
}

pub async fn get(stack: &Stack, path: &str) -> anyhow::Result<Answer> {
    sent(stack, asking(stack, Method::GET, path, &Value::Null)).await
}

pub async fn send(stack: &Stack, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
    sent(stack, asking(stack, method, path, body)).await
}

/// A document with a resource of these attributes.
pub fn resource(kind: &str, attributes: &Value) -> Value {
    json!({ "data": { "type": kind, "attributes": attributes } })
}

/// A body with rows, given as the object inside of the text.
pub fn import_data(rows: &Value) -> Value {
    resource("imports", &json!({ "import_data": rows.to_string() }))
}

/// Makes an import of rows, and returns its id.
pub async fn made(stack: &Stack, rows: &Value) -> anyhow::Result<String> {
    let made = send(stack, Method::POST, "/imports", &import_data(rows)).await?.expect(201)?;
    Ok(made["data"]["id"].as_str().context("an import without an id")?.to_owned())
}

/// Makes and runs an import of rows, and returns its id once everything is loaded.
pub async fn run(stack: &Stack, rows: &Value) -> anyhow::Result<String> {
    let id = made(stack, rows).await?;
    send(stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null).await?.expect(200)?;
    stack.idle().await?;
    let import = get(stack, &format!("/imports/{id}")).await?.expect(200)?;
    anyhow::ensure!(import["data"]["attributes"]["processed_at"].is_string(), "{import:#}");
    Ok(id)
}

/// All resources of a list, by the links from page to page.
pub async fn all(stack: &Stack, path: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = get(stack, &path).await?.expect(200)?;
        all.extend(page["data"].as_array().cloned().context("no data")?);
        next = page["links"]["next"].as_str().map(str::to_owned);
    }
    Ok(all)
}

/// The value of an attribute in each resource.
pub fn each(resources: &[Value], attribute: &str) -> Vec<Value> {
    resources.iter().map(|resource| resource["attributes"][attribute].clone()).collect()
}

/// The ids of resources.
pub fn ids(resources: &[Value]) -> Vec<String> {
    resources.iter().map(|resource| resource["id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The contacts of the account, without its users, by full name.
pub async fn contacts(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let people = all(stack, "/people?filter[person_type]=2").await?;
    let name = |person: &Value| {
        let part = |part| person["attributes"][part].as_str().unwrap_or_default().to_owned();
        format!("{} {}", part("first_name"), part("last_name")).trim().to_owned()
    };
    Ok(people.iter().map(name).collect())
}

/// The names of the companies of the account, without its own.
pub async fn companies(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let companies = all(stack, "/companies").await?;
    let names = companies.iter().filter(|company| company["id"] != "1").map(|company| &company["attributes"]["name"]);
    let mut names: Vec<String> = names.map(|name| name.as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    Ok(names)
}

/// The error objects of an answer, as code and detail.
pub fn errors(answer: &Answer) -> Vec<(String, Value)> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| (error["code"].as_str().unwrap_or_default().to_owned(), error["detail"].clone()))
        .collect()
}

/// The dumps of both tables, without what differs by time.
pub async fn tables(stack: &Stack) -> anyhow::Result<[crate::dump::Dump; 2]> {
    Ok([stack.dump(shared::store::Table::Imports).await?, stack.workspace().await?])
}
