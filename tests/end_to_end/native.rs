//! Tests of the native door: the ways in which files come, the list of imports, and an import's state, results, records,
//! errors and source.

mod aborted;
mod causes;
mod contact_updates;
mod contacts;
mod conventions;
mod cost;
mod cursors;
mod foreign;
mod keys;
mod lane;
mod list;
mod located;
pub mod location;
mod parts;
mod records;
mod results;
mod resumed;
mod scan;
mod seeds;
pub mod site;
mod source;
mod start;
mod state;
mod statuses;
mod ways;

use std::time::Duration;

use anyhow::Context;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Import, ImportType, NewImport, Options, Origin, create};

use crate::stack::{Answer, Stack};

const ACCOUNT: AccountId = AccountId(1);

/// A request for the list, with a query such as `?per_page=2`.
fn asking(stack: &Stack, query: &str) -> RequestBuilder {
    stack.bare(Method::GET, &format!("/api/v1/imports{query}")).header("Authorization", "Token demo")
}

/// A request of account 1's user to the door, to a path such as `/imports/1/cancel`.
pub fn of_user(stack: &Stack, method: Method, path: &str) -> RequestBuilder {
    stack.bare(method, &format!("/api/v1{path}")).header("Authorization", "Token demo")
}

/// Posts nothing to a path, and checks the status of the answer.
pub async fn post(stack: &Stack, path: &str, status: u16) -> anyhow::Result<Value> {
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

/// The answer to a GET of a path below `/api/v1` with the token of account 1.
async fn get(stack: &Stack, path: &str) -> anyhow::Result<Answer> {
    let request = stack.bare(Method::GET, &format!("/api/v1{path}")).header("Authorization", "Token demo");
    stack.answer(request).await
}

/// The records of all pages of a list, with a query such as `sort[id]=desc`. Each page but the last is full, and counts the
/// records that are left.
pub async fn scan_all(stack: &Stack, path: &str, query: &str, per_page: usize) -> anyhow::Result<Vec<Value>> {
    let (mut records, mut left) = (Vec::new(), Vec::new());
    let mut next = Some(format!("{path}?per_page={per_page}&{query}"));
    while let Some(path_of_page) = next {
        let page = get(stack, &path_of_page).await?.expect(200)?;
        let found = page["records"].as_array().cloned().context("no records")?;
        left.push((records.len(), page["estimated_remaining_count"].as_u64().context("no count")?));
        next = page["next_cursor"].as_str().map(|cursor| format!("{path}?per_page={per_page}&start_cursor={cursor}"));
        anyhow::ensure!(found.len() == per_page || next.is_none(), "a short page of {query} is not the last: {page}");
        records.extend(found);
    }
    for (before, count) in left {
        let there = (records.len() - before).min(500);
        anyhow::ensure!(count == there as u64, "{query}: {count} counted behind {before}, {there} there");
    }
    Ok(records)
}

/// Makes an import that awaits its file, and turns the clock by some milliseconds.
async fn make(stack: &Stack, milliseconds: u64) -> anyhow::Result<Import> {
    let services = stack.system.services();
    services.clock.turn(Duration::from_millis(milliseconds));
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type: ImportType::TimeEntries,
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
