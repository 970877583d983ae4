//! Tests of the size of answers. Lambda allows 6 MB, measured on the body's form within Lambda's own response.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::stack::{Answer, Stack};

/// Largest body in bytes, as Lambda counts them. The body is a JSON string there, so quotes
/// and backslashes are escaped.
const MOST: usize = 5_000_000;

fn size(answer: &Answer) -> usize {
    let escaped = answer.text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    answer.text.len() + escaped
}

/// Sends a request, checks that the answer fits, and returns the answer with its size.
async fn fitting(stack: &Stack, request: RequestBuilder) -> anyhow::Result<(Answer, usize)> {
    let answer = stack.answer(request).await?;
    let size = size(&answer);
    assert!(size < MOST, "{size} bytes: {}", answer.text.chars().take(300).collect::<String>());
    Ok((answer, size))
}

fn native(stack: &Stack, path: &str) -> RequestBuilder {
    stack.bare(Method::GET, path).header("Authorization", "Token demo")
}

/// Follows the `next` links of a list, checks that each page fits, and returns all ids with the number of pages.
async fn walked(stack: &Stack, path: &str) -> anyhow::Result<(Vec<u64>, usize)> {
    let (mut ids, mut pages) = (Vec::new(), 0);
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let (answer, _) = fitting(stack, stack.request(Method::GET, &path)).await?;
        let items = answer.expect(200)?.as_array().cloned().unwrap_or_default();
        ids.extend(items.iter().filter_map(|item| item["id"].as_u64()));
        next = answer.links().get("next").cloned();
        pages += 1;
    }
    Ok((ids, pages))
}

/// Builds a file in which every second row fails. The cells are long, and grow when JSON escapes them.
fn long_rows(rows: u64) -> String {
    let text = "\\".repeat(9_000);
    let row = |n: u64| {
        let date = if n.is_multiple_of(2) { "2026-03-04" } else { "soon" };
        format!("{date},Demo User,5,{text}{n}\n")
    };
    "date,person,minutes,description\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_and_a_list_of_long_rows_fit_and_lose_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = stack.upload_as(long_rows(1000).into_bytes(), json!({ "format": "freckle" })).await?;
    stack.idle().await?;
    assert_eq!(stack.native(id).await?["counts"]["created"], 500);

    let (details, took) = fitting(&stack, stack.request(Method::GET, &format!("/v2/imports/{id}/details"))).await?;
    let errors = details.expect(200)?["line_errors"].as_array().cloned().unwrap_or_default();
    println!("a report of 500 errors in rows of 9 KB takes {took} bytes");
    assert_eq!(errors.len(), 500);
    let cell = errors[0]["fields"][3].as_str().unwrap_or_default();
    assert!(cell.ends_with('…') && cell.chars().count() == 200, "{cell}");
    fitting(&stack, native(&stack, &format!("/api/v1/imports/{id}"))).await?;

    let expected: Vec<u64> = (1..=1000).rev().filter(|row| row % 2 == 1).map(|row| id * 1_000_000_000 + row).collect();
    for path in [
        format!("/v2/imports/{id}/entries?per_page=1000"),
        "/v2/entries?per_page=1000".to_owned(),
        "/v2/entries?per_page=1000&user_ids=1".to_owned(),
        "/v2/entries?per_page=300&billable=true".to_owned(),
        format!("/v2/imports/{id}/entries?per_page=500&page=1&description=%5C"),
    ] {
        let (ids, pages) = walked(&stack, &path).await?;
        assert!(pages > 3, "{path} took {pages} pages");
        assert_eq!(ids, expected, "{path}");
    }
    // A page which was cut because of its size cannot tell the number of the last page.
    let first = stack.get("/v2/entries?per_page=1000").await?.links();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["next"]);
    let second = stack.get(&first["next"]).await?.links();
    assert_eq!(second.keys().collect::<Vec<_>>(), ["first", "next"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_of_imports_and_by_hand_are_walked_through_over_every_border() -> anyhow::Result<()> {
    let stack = Stack::start(7).await?;
    let mut expected = Vec::new();
    for import in 1..=3 {
        let text = "\u{1}".repeat(90_000);
        let row = |n: u64| format!("2026-03-{:02},Demo User,5,{text}{n}\n", n % 28 + 1);
        let file = "date,person,minutes,description\n".to_owned() + &(0..20).map(row).collect::<String>();
        let id = stack.import(file.as_bytes(), &[("type", "freckle")]).await?;
        assert_eq!(id, import);
        expected.extend((1..=20).map(|row| id * 1_000_000_000 + row));
    }
    for _ in 0..20 {
        let entry = json!({ "date": "2026-01-01", "minutes": 5, "description": "\u{1}".repeat(99_000) });
        let made = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
        expected.extend(made["id"].as_u64());
    }
    // Some entries from the middle of chunks are deleted.
    for row in [3, 9, 10] {
        let id = 2_000_000_000 + row;
        stack.delete(&format!("/v2/entries/{id}")).await?.expect(204)?;
        expected.retain(|other| *other != id);
    }
    expected.sort_unstable_by(|a, b| b.cmp(a));
    for path in ["/v2/entries?per_page=1000", "/v2/entries?per_page=13", "/v2/entries?per_page=40&user_ids=1"] {
        let (ids, pages) = walked(&stack, path).await?;
        assert!(pages >= 6, "{path} took {pages} pages");
        assert_eq!(ids, expected, "{path}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_things_with_long_names_and_many_participants_fit_and_lose_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mut file = "User,Email,Client,Project,Start date,Start time,Duration,Tags\n".to_owned();
    for row in 0..5_000 {
        let (user, project) = (row % 200, row / 200);
        let long = |kind: &str, n: u64| format!("{kind} {n:03} {}", "\\".repeat(200));
        let (name, client, project) = (long("Person", user), long("Client", project % 3), long("Project", project));
        let tag = long("tag", user);
        file += &format!("{name},p{user}@example.com,{client},{project},2026-03-04,09:00:00,00:01:00,{tag}\n");
    }
    stack.upload_as(file.into_bytes(), json!({ "format": "toggl", "autocreate_users": true })).await?;
    stack.idle().await?;
    let mut largest = 0;
    for path in ["/v2/projects", "/v2/tags", "/v2/users", "/v2/groups", "/v2/imports", "/v2/imports/1/tags"] {
        let (all, _) = walked(&stack, &format!("{path}?per_page=50")).await?;
        let (few, pages) = walked(&stack, &format!("{path}?per_page=1000")).await?;
        assert_eq!(few, all, "{path}");
        largest = largest.max(pages);
    }
    assert!(largest > 1, "no list was too long for one answer");
    let (projects, pages) = walked(&stack, "/v2/imports/1/projects?per_page=1000").await?;
    assert!(projects.len() == 25 && pages > 1, "{} projects on {pages} pages", projects.len());
    for id in [projects[0].to_string(), format!("{}/", projects[0])] {
        fitting(&stack, stack.request(Method::GET, &format!("/v2/projects/{id}"))).await?;
    }
    fitting(&stack, native(&stack, "/api/v1/imports/1")).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_names_and_refused_files_fit() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mut file = "date,person,minutes,project\n".to_owned();
    for row in 0..6_000 {
        file += &format!("2026-03-04,{row:05} {0},5,{row:05} {0}\n", "\\".repeat(70));
    }
    let fields = [("type", "freckle"), ("create_projects", "no")];
    let id = stack.import(file.as_bytes(), &fields).await?;
    let (details, took) = fitting(&stack, stack.request(Method::GET, &format!("/v2/imports/{id}/details"))).await?;
    println!("a report of 6,000 unknown users and projects takes {took} bytes");
    let details = details.expect(200)?;
    assert!(details["unknown_users"].as_array().map_or(0, Vec::len) > 500);
    let errors = details["line_errors"].to_string();
    assert!(errors.contains("more unknown users or projects"), "{}", errors.chars().take(300).collect::<String>());
    fitting(&stack, native(&stack, &format!("/api/v1/imports/{id}"))).await?;

    // A header with very many unknown columns is sent both as a form and as an upload.
    let wide = (0..20_000).map(|n| format!("colour {n} \\\\\\\\")).collect::<Vec<_>>().join(",") + "\nred\n";
    let (refused, _) = fitting(
        &stack,
        stack
            .request(Method::POST, "/v2/imports")
            .multipart(Form::new().part("file", Part::bytes(wide.clone().into_bytes()).file_name("a.csv"))),
    )
    .await?;
    refused.expect(422)?;
    let id = stack.upload(wide.into_bytes()).await?;
    stack.idle().await?;
    let (shown, took) = fitting(&stack, native(&stack, &format!("/api/v1/imports/{id}"))).await?;
    println!("a refused file of 20,000 columns takes {took} bytes");
    assert_eq!(shown.expect(200)?["status"], "unsupported");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_do_not_send_back_what_they_were_sent() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    const FEW: usize = 300_000;
    let long = "y".repeat(3_500_000);
    let file = || Part::bytes(crate::files::TOGGL.as_bytes().to_vec()).file_name("a.csv");
    let mut requests = Vec::new();
    for field in
        ["type", "fallback_user", "import_tags", "field_delimiter", "encoding", "mapping", "sheet", "duplicates"]
    {
        let form = Form::new().text(field, long.clone()).part("file", file());
        requests.push(stack.request(Method::POST, "/v2/imports").multipart(form));
    }
    for name in ["format", "mapping", "sheet", "file_name", "nothing", "upload", "file_size"] {
        let mut body = json!({ "upload": true, "file_size": 5, "encoding": "none" });
        body[name] = json!(long);
        requests.push(stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&body));
    }
    let many: Value = (0..300_000).map(|n| (format!("a{n}"), json!(1))).collect();
    requests.push(stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&many));
    for path in ["/v2/tags", "/v2/projects", "/v2/users", "/v2/entries"] {
        let part = &long[..700_000];
        let body = json!({ "name": part, "email": part, "date": part, "minutes": part, "tags": [part] });
        requests.push(stack.request(Method::POST, path).json(&body));
    }
    let query = "x".repeat(20_000);
    for path in
        ["imports?type", "entries?from", "entries?tags", "projects?stepping", "tags?billable", "entries?per_page"]
    {
        requests.push(stack.request(Method::GET, &format!("/v2/{path}={query}")));
    }
    requests.push(stack.request(Method::GET, &format!("/v2/{query}")));
    for request in requests {
        let (answer, size) = fitting(&stack, request).await?;
        assert!(
            answer.status.is_client_error(),
            "{} {}",
            answer.status,
            answer.text.chars().take(200).collect::<String>()
        );
        assert!(size < FEW, "{size} bytes: {}", answer.text.chars().take(200).collect::<String>());
    }
    assert_eq!(stack.get("/v2/imports").await?.expect(200)?, json!([]));
    Ok(())
}
