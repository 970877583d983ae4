//! Tests of the native door: the list of imports, and an import's state.

mod aborted;
mod list;
mod resumed;
mod scan;
mod state;
mod statuses;

use std::time::Duration;

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Import, NewImport, Options, Origin, create};

use crate::stack::Stack;

const ACCOUNT: AccountId = AccountId(1);

/// A request for the list, with a query such as `?per_page=2`.
fn asking(stack: &Stack, query: &str) -> RequestBuilder {
    stack.bare(Method::GET, &format!("/api/v1/imports{query}")).header("Authorization", "Token demo")
}

/// A request of account 1's user to the door, to a path such as `/imports/1/cancel`.
fn of_user(stack: &Stack, method: Method, path: &str) -> RequestBuilder {
    stack.bare(method, &format!("/api/v1{path}")).header("Authorization", "Token demo")
}

/// Posts nothing to a path, and checks the status of the answer.
async fn post(stack: &Stack, path: &str, status: u16) -> anyhow::Result<Value> {
    stack.answer(of_user(stack, Method::POST, path)).await?.expect(status)
}

/// The history of an import, as `status by`.
async fn history(stack: &Stack, id: u64) -> anyhow::Result<Vec<String>> {
    let path = format!("/imports/{id}/history?per_page=100");
    let page = stack.answer(of_user(stack, Method::GET, &path)).await?.expect(200)?;
    let records = page["records"].as_array().context("no records")?;
    let line = |record: &Value| format!("{} {}", record["status"], record["by"]).replace('"', "");
    Ok(records.iter().map(line).collect())
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
        origin: Origin::Awaited { token: shared::lease::nonce() },
        once: None,
    };
    Ok(create(services, &new).await?)
}

/// The import as it is stored.
async fn stored(stack: &Stack, id: u64) -> anyhow::Result<Import> {
    Import::get(stack.system.services(), ACCOUNT, ImportId(id)).await?.context("no such import")
}
