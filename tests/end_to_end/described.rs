//! Tests of the OpenAPI document: every documented operation answers each of its documented statuses, in the documented
//! shape. [`requests`] has a request for each; a new operation or status without a request fails the test.

mod copernica;
mod crowded;
mod long_texts;
mod productive;
mod requests;
mod schedules;
pub mod schema;
mod webhooks;

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::Value;
use shared::fetch::Fetcher;
use waybill::system::Options;

use crate::stack::{Answer, Stack};
use requests::World;

/// An operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    method: Method,
    path: String,
    /// The operation as the document has it.
    told: Value,
}

impl Operation {
    /// The value of a member, by its JSON pointer.
    fn get(&self, pointer: &str) -> Option<&Value> {
        self.told.pointer(pointer)
    }
}

/// The document as the service serves it, without a token.
async fn document(stack: &Stack) -> anyhow::Result<Value> {
    stack.answer(stack.bare(Method::GET, "/api/v1/openapi.json")).await?.expect(200)
}

fn operations(document: &Value) -> anyhow::Result<Vec<Operation>> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().context("no paths")? {
        for (method, told) in item.as_object().context("no methods")? {
            let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())?;
            all.push(Operation { method, path: path.clone(), told: told.clone() });
        }
    }
    Ok(all)
}

/// Checks an answer against what the document says of an operation's status.
fn check(document: &Value, operation: &Operation, status: u16, answer: &Answer) -> anyhow::Result<()> {
    ensure!(answer.status.as_u16() == status, "is {} {}", answer.status, answer.text);
    let told = operation.get(&format!("/responses/{status}")).context("is not documented")?;
    let told = schema::resolved(document, told)?;
    let content = told["content"].as_object().and_then(|content| content.iter().next());
    let Some((documented, schema)) = content.and_then(|(kind, content)| Some((kind, content.get("schema")?))) else {
        ensure!(answer.text.is_empty(), "has a body: {}", answer.text);
        return Ok(());
    };
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok());
    ensure!(kind.map(|kind| kind.trim_end_matches("; charset=utf-8")) == Some(documented), "is {kind:?}");
    let body: Value = serde_json::from_str(&answer.text)?;
    let wrong = schema::wrong(document, schema, &body)?;
    ensure!(wrong.is_empty(), "{}\nin {body:#}", wrong.join("\n"));
    for name in told["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
        // A page that is alone has no links, and an import that has ended asks for no further look.
        let is_optional = name == "Link" || (name == "Retry-After" && status < 400);
        ensure!(is_optional || answer.headers.contains_key(name), "has no {name}");
    }
    Ok(())
}

/// A stack which posts to addresses on loopback, so that webhooks can be made.
async fn posting() -> anyhow::Result<Stack> {
    let fetcher = Fetcher::default().local();
    Stack::with(Options { rows_per_chunk: 100, fetcher, ..Options::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_gives_each_of_its_answers_in_the_documented_shape() -> anyhow::Result<()> {
    let stack = posting().await?;
    let document = document(&stack).await?;
    assert_eq!(document["openapi"], "3.1.0");
    let world = World::found(&stack).await?;
    let (mut seen, mut failed) = (0, Vec::new());
    for operation in operations(&document)? {
        let statuses = operation.get("/responses").and_then(Value::as_object).context("no responses")?;
        for status in statuses.keys() {
            let status: u16 = status.parse()?;
            let answer = match world.answer(&operation, status).await {
                Ok(answer) => check(&document, &operation, status, &answer),
                Err(error) => Err(error),
            };
            seen += 1;
            if let Err(error) = answer {
                failed.push(format!("{} {} {status}: {error:#}", operation.method, operation.path));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {seen}:\n{}", failed.len(), failed.join("\n"));
    assert!(seen > 500, "only {seen} answers are documented");
    Ok(())
}

#[tokio::test]
async fn ids_of_operations_differ_and_every_reference_leads_somewhere() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let document = document(&stack).await?;
    let mut ids = BTreeMap::new();
    for operation in operations(&document)? {
        let id = operation.get("/operationId").cloned().context("an operation without an id")?.to_string();
        assert!(!operation.get("/summary").is_none_or(Value::is_null), "{id} has no summary");
        if let Some(other) = ids.insert(id.clone(), operation.path.clone()) {
            panic!("{other} and {} are {id}", operation.path);
        }
        for tag in operation.get("/tags").and_then(Value::as_array).into_iter().flatten() {
            let known = document["tags"].as_array().is_some_and(|tags| tags.iter().any(|known| known["name"] == *tag));
            assert!(known, "{id} has the unknown tag {tag}");
        }
    }
    schema::check_references(&document, &document)
}

#[tokio::test]
async fn any_page_may_read_the_document() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let url = stack.system.url().to_owned();
    let request = stack.bare(Method::GET, "/api/v1/openapi.json").header("Origin", url);
    let answer = stack.answer(request).await?;
    answer.expect(200)?;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.headers["access-control-allow-origin"], "*");
    Ok(())
}

#[tokio::test]
async fn the_page_is_served_to_this_machine_alone() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let page = stack.answer(stack.bare(Method::GET, "/docs")).await?;
    assert!(page.status.is_success() && page.text.contains("swagger-initializer.js"), "{page:?}");
    let script = stack.answer(stack.bare(Method::GET, "/docs/swagger-initializer.js")).await?;
    assert!(script.text.contains("/api/v1/openapi.json"), "{script:?}");
    // A page whose name leads to this machine, and a page of another site.
    let elsewhere = stack.bare(Method::GET, "/docs/").header("Host", "evil.example");
    assert_eq!(stack.answer(elsewhere).await?.status, 421);
    let foreign = stack.bare(Method::GET, "/docs/").header("Origin", "https://evil.example");
    assert_eq!(stack.answer(foreign).await?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_path_that_is_no_text_leads_to_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for path in ["/api/v1/imports/%FF", "/api/v1/mappings/%C3%28", "/v2/imports/%FF", "/v2/entries/%FF"] {
        let request = stack.request(Method::GET, path).header("Authorization", "Token demo");
        let told = stack.answer(request).await?.expect(404)?;
        assert!(told["detail"].is_string() || told["message"].is_string(), "{path}: {told}");
    }
    Ok(())
}
