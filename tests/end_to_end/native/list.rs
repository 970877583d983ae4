//! Tests of the list's wire form, and of the price of its pages.

use reqwest::Method;
use serde_json::{Value, json};
use shared::import::{Change, Status, transition};
use shared::plan::plan;
use waybill::system::OTHER_TOKEN;

use super::{ACCOUNT, asking, make, page, stored};
use crate::files::TOGGL;
use crate::function::Function;
use crate::stack::Stack;

#[tokio::test]
async fn the_envelope_is_the_seeds() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    assert_eq!(
        page(&stack, "").await?,
        json!({
            "start_cursor": null, "next_cursor": null, "per_page": 50, "estimated_remaining_count": 0,
            "filtered_by": [], "sorted_by": [{ "id": "desc" }], "records": [],
        })
    );
    let loaded = stack.upload(TOGGL.into()).await?;
    plan(&stack.functions().parser, ACCOUNT, shared::id::ImportId(loaded)).await?;
    make(&stack, 1_000).await?;
    make(&stack, 1_000).await?;
    let query = "?filter[status][include]=new,complete&filter[created_at][gte]=2026-01-01\
                 &filter[updated_at][lt]=2030-01-01T00:00:00Z&sort[updated_at]=asc&per_page=2";
    let mut first = page(&stack, query).await?;
    let cursor = first["next_cursor"].as_str().unwrap_or_default().to_owned();
    first["next_cursor"] = json!("[cursor]");
    insta::assert_json_snapshot!("imports_first_page", first);
    let mut last = page(&stack, &format!("?start_cursor={cursor}")).await?;
    assert_eq!(last["start_cursor"], cursor.as_str());
    last["start_cursor"] = json!("[cursor]");
    insta::assert_json_snapshot!("imports_last_page", last);
    Ok(())
}

#[tokio::test]
async fn requests_of_known_clients_are_answered() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for _ in 0..5 {
        make(&stack, 1_000).await?;
    }
    let bare = |query: &str| stack.bare(Method::GET, &format!("/api/v1/imports{query}"));
    // A client for Python sends the body `null` with each GET; others send further headers.
    for (headers, body) in [
        (vec![("Authorization", "Token demo"), ("Account-Token", "1")], Some("null")),
        (vec![("Authorization", "Token token=\"demo\""), ("X-Api-Version", "2024-03-15")], None),
        (vec![("Authorization", "bearer demo"), ("X-Client-Name", "x"), ("Account-Token", "")], Some("[]")),
        (vec![("Authorization", "TOKEN token=demo"), ("X-Client-Platform", "x")], Some("{")),
    ] {
        let mut request = bare("?per_page=2");
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let list = stack.answer(request).await?.expect(200)?;
        assert_eq!(list["records"].as_array().map(Vec::len), Some(2), "{headers:?}");
    }
    // Another client sends the cursor as it is, with `per_page` alone.
    let query = "?per_page=2&sort[created_at]=asc&filter[status][include]=new";
    let cursor = page(&stack, query).await?["next_cursor"].as_str().unwrap_or_default().to_owned();
    let next = page(&stack, &format!("?start_cursor={cursor}&per_page=100")).await?;
    let ids: Vec<_> = next["records"].as_array().into_iter().flatten().map(|record| record["id"].clone()).collect();
    assert_eq!((ids, &next["sorted_by"]), (vec![json!(3), json!(4), json!(5)], &json!([{ "created_at": "asc" }])));
    assert_eq!((&next["next_cursor"], &next["per_page"]), (&Value::Null, &json!(100)));
    assert_eq!(page(&stack, "?start_cursor=&per_page=2").await?["start_cursor"], Value::Null);
    // The same through Lambda.
    let function = Function::of(stack.functions().api.clone());
    let headers = [("authorization", "Token demo"), ("content-type", "application/json")];
    let answer = function.call("GET", "/api/v1/imports?filter[status][include]=new&per_page=2", &headers, Some("null"));
    let answer = answer.await?;
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
    assert_eq!((&answer["statusCode"], &body["estimated_remaining_count"]), (&json!(200), &json!(5)));
    let head = stack.bare(Method::HEAD, "/api/v1/imports").header("Authorization", "Token demo");
    let head = stack.answer(head).await?;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    Ok(())
}

#[tokio::test]
async fn wrong_requests_are_answered_in_the_seeds_shapes() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for _ in 0..3 {
        make(&stack, 1_000).await?;
    }
    let cursor = page(&stack, "?per_page=2").await?["next_cursor"].as_str().unwrap_or_default().to_owned();
    let flipped = format!("{}{}", if cursor.starts_with('A') { "B" } else { "A" }, &cursor[1..]);
    for (query, field) in [
        (format!("?start_cursor={cursor}&sort[id]=asc"), "start_cursor"),
        (format!("?start_cursor={cursor}&filter[status][include]=new"), "start_cursor"),
        (format!("?start_cursor={flipped}"), "start_cursor"),
        ("?start_cursor=nonsense".to_owned(), "start_cursor"),
        ("?per_page=1".to_owned(), "per_page"),
        ("?filters[status][include]=new".to_owned(), "filters[status][include]"),
        ("?q[status_eq]=new".to_owned(), "q[status_eq]"),
        ("?filter[status][include]=done".to_owned(), "filter[status][include]"),
        ("?filter[created_at][lt]=soon".to_owned(), "filter[created_at][lt]"),
        ("?sort[status]=asc".to_owned(), "sort[status]"),
    ] {
        let wrong = stack.answer(asking(&stack, &query)).await?.expect(400)?;
        assert!(
            wrong["errors"][field][0].is_string() && wrong.as_object().map(serde_json::Map::len) == Some(1),
            "{wrong}"
        );
    }
    // The cursor of an account is of no use to another account.
    let theirs = |query: &str| {
        stack
            .bare(Method::GET, &format!("/api/v1/imports{query}"))
            .header("Authorization", format!("Token {OTHER_TOKEN}"))
    };
    stack.answer(theirs(&format!("?start_cursor={cursor}"))).await?.expect(400)?;
    assert_eq!(stack.answer(theirs("")).await?.expect(200)?["records"], json!([]));
    let unknown = stack.bare(Method::GET, "/api/v1/imports?x=1").header("Authorization", "Token nobody");
    for (request, status) in [(unknown, 401), (theirs("").header("Account-Token", "1"), 403)] {
        let problem = stack.answer(request).await?.expect(status)?;
        assert_eq!(
            (&problem["status"], &problem["instance"]),
            (&json!(status), &json!("/api/v1/imports")),
            "{problem}"
        );
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
    }
    let missing = stack.bare(Method::GET, "/api/v1/imports/77").header("Authorization", "Token demo");
    assert_eq!(stack.answer(missing).await?.expect(404)?["instance"], "/api/v1/imports/77");
    Ok(())
}

/// The read units of the `n`-th page, from 1, with the number of its records.
async fn units_of_page(stack: &Stack, query: &str, n: usize) -> anyhow::Result<(f64, usize)> {
    let mut path = format!("?{query}");
    for _ in 1..n {
        let cursor = page(stack, &path).await?["next_cursor"].as_str().unwrap_or_default().to_owned();
        assert!(!cursor.is_empty(), "{query} has fewer than {n} pages");
        path = format!("?start_cursor={cursor}&per_page=10");
    }
    let before = stack.system.services().store.consumed().read;
    let records = page(stack, &path).await?["records"].as_array().map_or(0, Vec::len);
    Ok((stack.system.services().store.consumed().read - before, records))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_the_same_wherever_it_lies_and_however_rare_its_status_is() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for n in 1..=800 {
        let import = make(&stack, 10).await?;
        if n % 20 == 0 {
            transition(stack.system.services(), &import, Status::Incomplete, Change::none()).await?;
        }
    }
    for (query, late) in [
        ("per_page=10", 25),
        ("per_page=10&sort[id]=asc", 25),
        ("per_page=10&sort[created_at]=asc&filter[created_at][gte]=2026-01-01", 25),
        ("per_page=10&sort[updated_at]=desc", 25),
        ("per_page=10&filter[status][include]=new", 20),
        ("per_page=10&filter[status][include]=incomplete", 4),
        ("per_page=10&filter[status][include]=incomplete,failed&sort[updated_at]=asc", 4),
    ] {
        let (second, records) = units_of_page(&stack, query, 2).await?;
        let (far, records_far) = units_of_page(&stack, query, late).await?;
        println!("{query}: page 2 {second}, page {late} {far} read units");
        assert_eq!((records, records_far), (10, 10), "{query}");
        assert!((far - second).abs() < second / 5.0, "{query}: page 2 costs {second}, page {late} {far}");
        assert!(second < 60.0, "{query}: {second}");
    }
    // A filter on the time of making is searched once, on the first page.
    let middle = shared::inbox::shown::time(stored(&stack, 400).await?.created_at);
    let query = format!("per_page=10&sort[id]=asc&filter[created_at][gte]={middle}");
    let (first, records) = units_of_page(&stack, &query, 1).await?;
    println!("first page from the middle: {first} read units");
    assert!(records == 10 && first < 60.0, "{first}");
    assert_eq!(page(&stack, &format!("?{query}")).await?["records"][0]["id"], 400);
    Ok(())
}
