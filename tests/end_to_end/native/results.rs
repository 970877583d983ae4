//! Tests of an import's results, the outcome of each row.

use std::collections::BTreeSet;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::load::load;
use shared::plan::plan;
use waybill::system::OTHER_TOKEN;

use super::{ACCOUNT, get, make, post, scan_all};
use crate::files::toggl;
use crate::stack::Stack;

/// The outcome that a row of [`mixed`] has.
fn outcome(row: u64) -> &'static str {
    match row {
        row if row % 7 == 3 => "failed",
        row if row % 5 == 4 => "skipped",
        _ => "created",
    }
}

/// A file with rows that cannot be read, and rows of a person whom the account does not know.
pub fn mixed(rows: u64) -> Vec<u8> {
    let file = toggl(rows, 3, 3);
    let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
    for (row, line) in (1..).zip(lines.iter_mut().skip(1)) {
        match outcome(row) {
            "failed" => *line = line.replacen("2026-", "2026-99-", 1),
            "skipped" => *line = line.replace("Demo User,demo@", "Some Body,nobody@"),
            _ => {}
        }
    }
    (lines.join("\n") + "\n").into_bytes()
}

/// The rows of a result.
fn rows(results: &[Value]) -> Vec<u64> {
    results.iter().filter_map(|result| result["row_number"].as_u64()).collect()
}

#[tokio::test]
async fn each_row_has_its_result_in_both_directions_under_every_filter() -> anyhow::Result<()> {
    let stack = Stack::start(5).await?;
    let id = stack.upload_as(mixed(38), json!({ "format": "toggl", "fallback_user": null })).await?;
    stack.idle().await?;
    let path = format!("/imports/{id}/results");
    let status = |row| match outcome(row) {
        "failed" => "error",
        "skipped" => "unaffected",
        other => other,
    };
    let filters: [(&str, &[&str], &[&str]); 8] = [
        ("", &[], &[]),
        ("filter[status][include]=error", &["error"], &[]),
        ("filter[status][include]=unaffected,error", &["unaffected", "error"], &[]),
        ("filter[outcome][include]=skipped", &[], &["skipped"]),
        (
            "filter[outcome][include]=created,failed&filter[status][include]=created",
            &["created"],
            &["created", "failed"],
        ),
        ("filter[outcome][include]=skipped&filter[status][include]=error", &["error"], &["skipped"]),
        ("filter[status][include]=pending", &["pending"], &[]),
        ("filter[outcome][include]=updated,unchanged,deleted", &[], &["updated", "unchanged", "deleted"]),
    ];
    for (filter, statuses, outcomes) in filters {
        for (sort, ascending) in [("", true), ("&sort[id]=asc", true), ("&sort[id]=desc", false)] {
            let passes = |row: &u64| {
                (statuses.is_empty() || statuses.contains(&status(*row)))
                    && (outcomes.is_empty() || outcomes.contains(&outcome(*row)))
            };
            let mut expected: Vec<u64> = (1..=38).filter(passes).collect();
            if !ascending {
                expected.reverse();
            }
            for per_page in [2, 7, 100] {
                let results = scan_all(&stack, &path, &format!("{filter}{sort}"), per_page).await?;
                assert_eq!(rows(&results), expected, "{filter}{sort} {per_page}");
            }
        }
    }
    let first = get(&stack, &format!("{path}?per_page=4&filter[status][include]=created,error,unaffected")).await?;
    let mut first = first.expect(200)?;
    crate::door::blank(&mut first, stack.system.url());
    first["next_cursor"] = json!("[cursor]");
    insta::assert_json_snapshot!("results_first_page", first);
    // The path that the vendor's newest page spells, in the same words.
    let alias = |path: &str| stack.bare(Method::GET, path).header("Authorization", "Token demo");
    let query = "?per_page=3&filter[outcome][include]=failed";
    let (own, other) = (get(&stack, &format!("{path}{query}")).await?, alias(&format!("/api{path}{query}")));
    assert_eq!(stack.answer(other).await?.expect(200)?, own.expect(200)?);
    let wrong = stack.bare(Method::POST, &format!("/api{path}")).header("Authorization", "Token demo");
    assert_eq!(stack.answer(wrong).await?.expect(405)?["instance"], format!("/api{path}"));
    assert_eq!(stack.answer(alias("/api/imports/99/results")).await?.expect(404)?["status"], 404);
    // After an undo the rows keep their outcomes, and lead to no record.
    let before = scan_all(&stack, &path, "", 100).await?;
    stack.undo(id).await?;
    let after = scan_all(&stack, &path, "", 100).await?;
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((&before["outcome"], &before["message"]), (&after["outcome"], &after["message"]));
        assert_eq!(after["record_id"], Value::Null);
    }
    assert_eq!(before.len(), after.len());
    Ok(())
}

#[tokio::test]
async fn rows_are_pending_until_their_chunk_is_committed() -> anyhow::Result<()> {
    let stack = Stack::by_hand(4).await?;
    let waiting = make(&stack, 0).await?.id;
    let none = get(&stack, &format!("/imports/{waiting}/results")).await?.expect(200)?;
    assert_eq!((&none["records"], &none["next_cursor"]), (&json!([]), &Value::Null));
    let id = stack.upload_as(mixed(18), json!({ "format": "toggl", "fallback_user": null })).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(id)).await?;
    let path = format!("/imports/{id}/results");
    let all: BTreeSet<u64> = (1..=18).collect();
    for (chunk, loaded) in [(None, 0..0), (Some(2), 8..12), (Some(0), 0..4), (Some(4), 16..18)] {
        if let Some(chunk) = chunk {
            load(&stack.functions().loader, ACCOUNT, ImportId(id), ChunkNo(chunk)).await?;
        }
        let results = scan_all(&stack, &path, "", 5).await?;
        assert_eq!(rows(&results), all.iter().copied().collect::<Vec<_>>());
        for result in
            results.iter().filter(|result| loaded.contains(&(result["row_number"].as_u64().unwrap_or_default() - 1)))
        {
            assert_eq!(result["outcome"], outcome(result["row_number"].as_u64().unwrap_or_default()), "{result}");
        }
        // A filter finds the same rows as a look at every row, also while rows get their outcomes.
        for word in ["pending", "created", "error"] {
            let mut found = Vec::new();
            let mut query = format!("?per_page=2&sort[id]=desc&filter[status][include]={word}");
            loop {
                let page = get(&stack, &format!("{path}{query}")).await?.expect(200)?;
                let records = page["records"].as_array().cloned().unwrap_or_default();
                let is_last = page["next_cursor"].is_null();
                assert!(records.len() == 2 || is_last, "{word}: {page}");
                found.extend(rows(&records));
                if is_last {
                    break;
                }
                query = format!("?per_page=2&start_cursor={}", page["next_cursor"].as_str().unwrap_or_default());
            }
            let expected: Vec<_> = results.iter().filter(|result| result["status"] == word).cloned().collect();
            let mut expected = rows(&expected);
            expected.reverse();
            assert_eq!(found, expected, "{word} after chunk {chunk:?}");
        }
    }
    Ok(())
}

/// The rows of the first page of a scan, and those of all pages behind it, which are read after `between`.
async fn scan_around(
    stack: &Stack,
    path: &str,
    query: &str,
    between: impl AsyncFnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<(Vec<u64>, Vec<Vec<u64>>)> {
    let shown = |page: &Value| page["records"].as_array().map(|records| rows(records)).context("no records");
    let mut page = get(stack, &format!("{path}?{query}")).await?.expect(200)?;
    let (first, mut behind) = (shown(&page)?, Vec::new());
    between().await?;
    while let Some(cursor) = page["next_cursor"].as_str() {
        page = get(stack, &format!("{path}?per_page=10&start_cursor={cursor}")).await?.expect(200)?;
        behind.push(shown(&page)?);
    }
    Ok((first, behind))
}

#[tokio::test]
async fn rows_that_get_an_outcome_between_pages_hide_no_others() -> anyhow::Result<()> {
    let stack = Stack::by_hand(4).await?;
    let planned = async || {
        let id = stack.upload_as(toggl(18, 3, 3).into_bytes(), json!({ "format": "toggl" })).await?;
        plan(&stack.functions().parser, ACCOUNT, ImportId(id)).await?;
        anyhow::Ok(id)
    };
    let load = async |import, chunks: &[u64]| {
        for &chunk in chunks {
            load(&stack.functions().loader, ACCOUNT, ImportId(import), ChunkNo(chunk)).await?;
        }
        anyhow::Ok(())
    };
    // Pending rows are shown, loaded, and no longer among the pending rows that the stopped import counts.
    let id = planned().await?;
    let (path, query) = (format!("/imports/{id}/results"), "per_page=4&filter[status][include]=pending");
    let scanned = scan_around(&stack, &path, query, async || {
        load(id, &[0, 1]).await?;
        post(&stack, &format!("/imports/{id}/cancel"), 202).await.map(drop)
    });
    assert_eq!(scanned.await?, ((1..=4).collect(), vec![(9..=18).collect()]));
    // Pending rows are passed over, and are among the rows that the complete import counts.
    let id = planned().await?;
    load(id, &[4, 1]).await?;
    let query = "per_page=3&sort[id]=desc&filter[status][include]=created";
    let path = format!("/imports/{id}/results");
    let scanned = scan_around(&stack, &path, query, async || load(id, &[0, 2, 3]).await);
    assert_eq!(scanned.await?, (vec![18, 17, 8], vec![(1..=7).rev().collect()]));
    Ok(())
}

#[tokio::test]
async fn results_and_their_kin_are_not_there_for_another_account() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let id = stack.upload_as(mixed(8), json!({ "format": "toggl" })).await?;
    stack.idle().await?;
    for path in ["results", "records", "errors", "source"] {
        let request = stack.bare(Method::GET, &format!("/api/v1/imports/{id}/{path}"));
        let problem =
            stack.answer(request.header("Authorization", format!("Token {OTHER_TOKEN}"))).await?.expect(404)?;
        assert_eq!(problem["instance"], format!("/api/v1/imports/{id}/{path}"));
        let unknown = get(&stack, &format!("/imports/77/{path}")).await?.expect(404)?;
        assert_eq!(unknown["detail"], problem["detail"]);
        stack.answer(stack.bare(Method::GET, &format!("/api/v1/imports/{id}/{path}"))).await?.expect(401)?;
    }
    for query in
        ["filter[status][include]=failed", "filter[outcome][include]=error", "sort[row_number]=asc", "per_page=1"]
    {
        let wrong = get(&stack, &format!("/imports/{id}/results?{query}")).await?.expect(400)?;
        let name = query.split_once('=').map_or("", |(name, _)| name);
        assert!(wrong["errors"][name][0].is_string(), "{wrong}");
    }
    Ok(())
}
