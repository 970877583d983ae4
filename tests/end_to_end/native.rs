//! Tests of the native door's list of imports.

mod list;
mod scan;

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
