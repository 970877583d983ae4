//! Tests of the native door: the list of imports, and the ways in which files come.

mod foreign;
mod keys;
mod list;
mod location;
mod parts;
mod scan;
pub mod site;
mod start;
mod ways;

use std::time::Duration;

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Import, NewImport, Options, Origin, create};

use crate::stack::{Answer, Stack};

const ACCOUNT: AccountId = AccountId(1);

/// A request for the list, with a query such as `?per_page=2`.
fn asking(stack: &Stack, query: &str) -> RequestBuilder {
    stack.bare(Method::GET, &format!("/api/v1/imports{query}")).header("Authorization", "Token demo")
}

async fn page(stack: &Stack, query: &str) -> anyhow::Result<Value> {
    stack.answer(asking(stack, query)).await?.expect(200)
}

/// Makes an import that awaits its file, and turns the clock by some milliseconds.
async fn make(stack: &Stack, milliseconds: u64) -> anyhow::Result<Import> {
    let services = stack.system.services();
    services.clock.turn(Duration::from_millis(milliseconds));
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        options: Options::of_user(ThingId(1)),
        file_name: "March.csv".to_owned(),
        note: None,
        origin: Origin::Awaited { token: shared::lease::nonce() },
        once: None,
    };
    Ok(create(services, &new).await?)
}

/// The import as it is stored.
async fn stored(stack: &Stack, id: u64) -> anyhow::Result<Import> {
    Import::get(stack.system.services(), ACCOUNT, ImportId(id)).await?.context("no such import")
}

/// Posts JSON to a path of the door, such as `/imports`.
async fn send(stack: &Stack, path: &str, body: &Value) -> anyhow::Result<Answer> {
    let request = stack.bare(Method::POST, &format!("/api/v1{path}")).header("Authorization", "Token demo");
    stack.answer(request.json(body)).await
}

/// The status of an import, and the number of entries it created.
async fn outcome(stack: &Stack, id: u64) -> anyhow::Result<(String, u64)> {
    let import = stack.native(id).await?;
    let created = import["counts"]["created"].as_u64().unwrap_or_default();
    Ok((import["status"].as_str().unwrap_or_default().to_owned(), created))
}
