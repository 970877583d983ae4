//! Tests of cursors over HTTP: whatever is not the cursor of the very query is refused by its name.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::json;
use sha2::Sha256;
use shared::store::keys::digest;
use waybill::system::OTHER_TOKEN;

use super::results::mixed;
use super::{ACCOUNT, get, make};
use crate::stack::Stack;

/// The letters of a cursor, in the order of their values.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The cursor in which one bit of what the letters spell is another.
fn flips(cursor: &str) -> Vec<String> {
    let mut flipped = Vec::new();
    for (at, letter) in cursor.char_indices() {
        let value = LETTERS.find(letter).unwrap_or_default();
        for bit in 0..6 {
            let other = &LETTERS[value ^ (1 << bit)..][..1];
            flipped.push(format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]));
        }
    }
    flipped
}

#[tokio::test]
async fn damaged_and_foreign_cursors_are_refused_by_the_name_of_the_field() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    for _ in 0..4 {
        make(&stack, 1_000).await?;
    }
    let id = stack.upload_as(mixed(30), json!({ "format": "toggl", "fallback_user": null })).await?;
    let other = stack.upload_as(mixed(30), json!({ "format": "toggl", "fallback_user": null })).await?;
    stack.idle().await?;
    let refused = async |token: &str, path: &str, query: &str| -> anyhow::Result<()> {
        let request = stack.bare(Method::GET, &format!("/api/v1{path}?{query}"));
        let wrong = stack.answer(request.header("Authorization", format!("Token {token}"))).await?.expect(400)?;
        assert_eq!(wrong, json!({ "errors": { "start_cursor": ["does not belong to this query"] } }), "{path} {query}");
        Ok(())
    };
    let results = format!("/imports/{id}/results");
    let lists = [
        ("/imports".to_owned(), "filter[status][include]=new,complete,partially_complete&sort[updated_at]=asc"),
        (results.clone(), "filter[status][include]=created,error&sort[id]=desc"),
        (format!("/imports/{id}/records"), "sort[id]=desc"),
    ];
    let mut cursors = Vec::new();
    for (path, query) in &lists {
        let page = get(&stack, &format!("{path}?per_page=2&{query}")).await?.expect(200)?;
        let cursor = page["next_cursor"].as_str().context("a single page")?.to_owned();
        assert!(cursor.len() <= 512 && cursor.chars().all(|letter| LETTERS.contains(letter)), "{cursor}");
        for flipped in flips(&cursor) {
            refused("demo", path, &format!("start_cursor={flipped}")).await?;
        }
        for length in 1..cursor.len() {
            refused("demo", path, &format!("start_cursor={}", &cursor[..length])).await?;
        }
        for longer in [format!("{cursor}A"), format!("A{cursor}"), cursor.repeat(2), "A".repeat(600)] {
            refused("demo", path, &format!("start_cursor={longer}")).await?;
        }
        // The cursor itself is taken, alone and with its own filter and sort, also with another page size.
        for beside in [String::new(), format!("&{query}"), "&per_page=77".to_owned()] {
            get(&stack, &format!("{path}?start_cursor={cursor}{beside}")).await?.expect(200)?;
        }
        cursors.push((path.clone(), cursor));
    }
    for (path, cursor) in &cursors {
        let elsewhere = cursors.iter().map(|(path, _)| path).filter(|other| *other != path);
        for list in elsewhere.chain([&"/mappings".to_owned(), &format!("/imports/{other}/results")]) {
            refused("demo", list, &format!("start_cursor={cursor}")).await?;
        }
        refused("demo", path, &format!("start_cursor={cursor}&sort[id]=asc")).await?;
    }
    let (_, cursor) = &cursors[0];
    refused(OTHER_TOKEN, "/imports", &format!("start_cursor={cursor}")).await?;
    for beside in ["filter[status][include]=new", "filter[created_at][gt]=2026-01-01", "sort[updated_at]=desc"] {
        refused("demo", "/imports", &format!("start_cursor={cursor}&{beside}")).await?;
    }
    let (_, cursor) = &cursors[1];
    for beside in ["filter[status][include]=created", "filter[outcome][include]=created,failed"] {
        refused("demo", &results, &format!("start_cursor={cursor}&{beside}")).await?;
    }
    Ok(())
}

/// A cursor of the list of imports in which another version stands, sealed with the key of the deployment.
fn of_version(version: u8, cursor: &str, bucket: &str) -> anyhow::Result<String> {
    let mut content = URL_SAFE_NO_PAD.decode(cursor)?;
    content.truncate(content.len() - 16);
    content[0] = version;
    let key = digest(&[b"cursors", bucket.as_bytes()]);
    let mut seal = Hmac::<Sha256>::new_from_slice(key.as_bytes())?;
    for part in [b"imports\0", &ACCOUNT.0.to_be_bytes()[..], &content] {
        seal.update(part);
    }
    content.extend_from_slice(&seal.finalize().into_bytes()[..16]);
    Ok(URL_SAFE_NO_PAD.encode(content))
}

#[tokio::test]
async fn a_cursor_of_another_version_has_expired() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for _ in 0..4 {
        make(&stack, 1).await?;
    }
    let page = get(&stack, "/imports?per_page=2&sort[updated_at]=asc").await?.expect(200)?;
    let cursor = page["next_cursor"].as_str().context("a single page")?;
    let version = URL_SAFE_NO_PAD.decode(cursor)?[0];
    let bucket = stack.system.services().files.bucket();
    assert_eq!(of_version(version, cursor, bucket)?, cursor);
    for other in (0..version).chain([version + 1, 255]) {
        let query = format!("/imports?start_cursor={}", of_version(other, cursor, bucket)?);
        let wrong = get(&stack, &query).await?.expect(400)?;
        assert_eq!(wrong, json!({ "errors": { "start_cursor": ["has expired"] } }), "{other}");
    }
    Ok(())
}

#[tokio::test]
async fn a_connector_that_sends_the_raw_cursor_and_a_page_size_alone_reads_every_import_once() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for _ in 0..237 {
        make(&stack, 1).await?;
    }
    // A connector for spreadsheets reads the first page without parameters, and then joins path, page size and cursor
    // without encoding any of them.
    let base = format!("{}/api/v1/imports", stack.system.url());
    let (mut url, mut ids, mut pages) = (base.clone(), Vec::new(), Vec::new());
    loop {
        let request = stack
            .bare(Method::GET, &url)
            .header("Accept", "application/json")
            .header("Content-Type", "application/json")
            .header("Authorization", "Token demo")
            .header("Account-Token", "1")
            .header("X-Api-Version", "2024-03-15")
            .header("X-Client-Name", "data_connector")
            .header("X-Client-Platform", "fleetio_power_query_connector");
        let page = stack.answer(request).await?.expect(200)?;
        let records = page["records"].as_array().cloned().context("no records")?;
        pages.push(records.len());
        ids.extend(records.iter().filter_map(|record| record["id"].as_u64()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        url = format!("{base}?per_page=100&start_cursor={cursor}");
    }
    assert_eq!(ids, (1..=237).rev().collect::<Vec<_>>());
    assert_eq!(pages, [50, 100, 87]);
    Ok(())
}
