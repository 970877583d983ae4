//! Tests of bad input, which gets a clear answer in Noko's error shape and leaves nothing half done.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::files::{TOGGL, one};
use crate::stack::{Answer, Stack};

/// The fields in a 422 answer, each with its error code.
fn named(answer: &Answer) -> anyhow::Result<Vec<(String, String)>> {
    let body = answer.expect(422)?;
    assert_eq!(body["message"], "Validation Failed", "{body}");
    let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
    Ok(body["errors"].as_array().into_iter().flatten().map(|e| (text(e, "field"), text(e, "code"))).collect())
}

fn field(name: &str, code: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), code.to_owned())]
}

async fn nothing_was_made(stack: &Stack) -> anyhow::Result<()> {
    assert_eq!(stack.get("/v2/imports").await?.expect(200)?, json!([]));
    Ok(())
}

#[tokio::test]
async fn files_that_are_no_export_are_refused_with_what_was_seen() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01".as_slice();
    let cases: [(&[u8], &str); 5] = [
        (b"", "empty"),
        (png, "PNG"),
        (b"just some words\nand some more\n", "one column"),
        (b"name,colour\nrose,red\n", "name"),
        (b"Start date,Start time,User\n2026-01-02,09:00:00,Somebody\n", "uration"),
    ];
    for (file, said) in cases {
        let answer = stack.post(file, &[]).await?;
        assert_eq!(named(&answer)?, field("file", "invalid_file"));
        let message = answer.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(said), "{message:?} does not tell of {said:?}");
    }
    nothing_was_made(&stack).await
}

#[tokio::test]
async fn a_bad_row_is_that_rows_error_and_the_others_go_on() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    let mut file = TOGGL.to_owned();
    let row = |date: &str, duration: &str| {
        format!("Demo User,demo@example.com,,,,Bad,No,{date},09:00:00,2026-03-05,10:00:00,{duration},,\r\n")
    };
    file.push_str("Demo User,demo@example.com,too,few\r\n");
    file.push_str(&row("2026-02-30", "01:00:00"));
    file.push_str(
        "Demo User,demo@example.com,,,,\"two\r\nlines\",No,2026-03-05,09:00:00,2026-03-05,10:00:00,soon,,\r\n",
    );
    file.push_str("Demo User,demo@example.com,,,,More,No,2026-03-05,09:00:00,2026-03-05,10:00:00,01:00:00,,,,,x\r\n");
    file.push_str(&row("2026-03-06", "02:00:00"));
    let id = stack.import(file.as_bytes(), &[]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let errors = details["line_errors"].as_array().cloned().unwrap_or_default();
    let lines: Vec<_> = errors.iter().map(|error| error["line"].clone()).collect();
    assert_eq!(lines, [7, 8, 9, 11]);
    assert_eq!(errors[0]["fields"], json!(["Demo User", "demo@example.com", "too", "few"]));
    for (error, said) in errors.iter().zip(["has 4 cells", "2026-02-30", "soon", "17"]) {
        let message = error["error"].as_str().unwrap_or_default();
        assert!(message.contains(said), "{message:?} does not name {said:?}");
    }
    assert_eq!((&details["entries_imported"], &details["entries_discarded"]), (&json!(6), &json!(4)));
    let native = stack.native(id).await?;
    assert_eq!(native["status"], "partially_complete");
    assert_eq!(native["errors"][2]["row"], 8);
    assert_eq!(native["errors"][2]["column"], "Duration");
    Ok(())
}

#[tokio::test]
async fn a_file_whose_rows_all_fail_imports_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let header = TOGGL.lines().next().unwrap_or_default();
    let file = format!("{header}\r\nDemo User,too,few\r\n");
    let answer = stack.post(file.as_bytes(), &[]).await?;
    let id = answer.expect(202)?["id"].as_u64().unwrap_or_default();
    stack.idle().await?;
    let import = stack.native(id).await?;
    assert_eq!((&import["status"], &import["counts"]["failed"]), (&json!("failed"), &json!(1)));
    Ok(())
}

#[tokio::test]
async fn a_name_of_two_users_is_the_rows_error() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for email in ["first@example.com", "second@example.com"] {
        let user = json!({ "email": email, "first_name": "Kim", "last_name": "Twice" });
        stack.send(Method::POST, "/v2/users/", &user).await?.expect(201)?;
    }
    let file =
        "Date,Person,Project,Minutes,Tags\n2026-01-05,kim  TWICE,Garden,30,a\n2026-01-06,Demo User,Garden,30,a\n";
    let id = stack.import(file.as_bytes(), &[]).await?;
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let message = details["line_errors"][0]["error"].as_str().unwrap_or_default();
    assert!(message.contains("(2, 3)"), "{message:?} does not name both users");
    assert_eq!(details["entries_imported"], 1);
    Ok(())
}

#[tokio::test]
async fn fields_that_are_wrong_are_named_all_at_once() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let post = |fields: &'static [(&'static str, &'static str)]| stack.post(TOGGL.as_bytes(), fields);
    assert_eq!(named(&post(&[("type", "clockify")]).await?)?, field("type", "invalid"));
    assert_eq!(named(&post(&[("fallback_user", "77")]).await?)?, field("fallback_user", "missing"));
    assert_eq!(named(&post(&[("fallback_user", "me")]).await?)?, field("fallback_user", "invalid"));
    let delimiter = post(&[("field_delimeter", "x")]).await?;
    assert_eq!(named(&delimiter)?, field("field_delimeter", "invalid_field_delimiter"));
    let several = named(&post(&[("type", "x"), ("import_tags", "perhaps"), ("date_order", "ydm")]).await?)?;
    assert_eq!(several.len(), 3, "{several:?}");
    let no_file = stack.request(Method::POST, "/v2/imports").multipart(Form::new().text("type", "toggl"));
    assert_eq!(named(&stack.answer(no_file).await?)?, field("file", "missing_field"));
    nothing_was_made(&stack).await
}

#[tokio::test]
async fn bodies_that_are_no_form_are_400() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for content_type in ["application/json", "text/csv", "multipart/form-data"] {
        let request = stack.request(Method::POST, "/v2/imports").header("Content-Type", content_type).body("{}");
        let body = stack.answer(request).await?.expect(400)?;
        assert!(body["message"].is_string(), "{body}");
    }
    let nothing = stack.answer(stack.request(Method::POST, "/v2/imports")).await?.expect(400)?;
    assert!(nothing["message"].as_str().is_some_and(|message| message.contains("Content-Type")), "{nothing}");
    let broken = stack.send(Method::POST, "/v2/tags", &json!(["no", "hash"])).await?.expect(400)?;
    assert_eq!(broken, json!({ "message": "Body should be JSON Hash" }));
    let request = stack.request(Method::POST, "/v2/tags").body("{");
    assert_eq!(stack.answer(request).await?.expect(400)?, json!({ "message": "JSON Parsing Error" }));
    Ok(())
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_with_the_way_around_it() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let big = vec![b'x'; 4 * 1024 * 1024 + 1];
    let part = Part::bytes(big.clone()).file_name("big.csv");
    let multipart = stack.request(Method::POST, "/v2/imports").multipart(Form::new().part("file", part));
    let form = stack.request(Method::POST, "/v2/imports").header("Content-Type", "application/x-www-form-urlencoded");
    for request in [multipart, form.body([b"file=".as_slice(), &big, &big].concat())] {
        let body = stack.answer(request).await?.expect(422)?;
        assert_eq!(body["errors"][0]["code"], "too_large");
        let message = body["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains("4 MB") && message.contains("\"upload\": true"), "{message}");
    }
    nothing_was_made(&stack).await
}

#[tokio::test]
async fn tokens_lead_to_their_own_account_only() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = stack.import(one("Orchard", "Website", "design").as_bytes(), &[]).await?;
    let project = stack.pages("/v2/projects").await?[0]["id"].clone();
    let paths = [
        format!("/v2/imports/{id}"),
        format!("/v2/imports/{id}/entries"),
        "/v2/entries/1000000001".to_owned(),
        format!("/v2/projects/{project}"),
    ];
    for path in &paths {
        stack.get(path).await?.expect(200)?;
        let none = stack.answer(stack.bare(Method::GET, path)).await?.expect(401)?;
        assert_eq!(none, json!({ "message": "Requires authentication" }));
        let wrong = stack.bare(Method::GET, path).header("X-NokoToken", "guess");
        stack.answer(wrong).await?.expect(401)?;
        let other = stack.bare(Method::GET, path).header("X-NokoToken", "other");
        assert_eq!(stack.answer(other).await?.expect(404)?, json!({ "message": "Not Found" }));
    }
    let undo = stack.bare(Method::DELETE, &paths[0]).header("X-FreckleToken", "other");
    stack.answer(undo).await?.expect(404)?;
    let list = stack.bare(Method::GET, "/v2/imports").bearer_auth("other");
    assert_eq!(stack.answer(list).await?.expect(200)?, json!([]));
    let native = stack.bare(Method::GET, "/api/v1/imports/1").header("Authorization", "Token other");
    assert_eq!(stack.answer(native).await?.expect(404)?["status"], 404);
    stack.get(&paths[0]).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn ids_that_are_none_and_paths_that_lead_nowhere_are_404() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for path in ["/v2/imports/99", "/v2/imports/x", "/v2/entries/5", "/v2/entries/0", "/v2/projects/7", "/v2/nothing"] {
        assert_eq!(stack.get(path).await?.expect(404)?, json!({ "message": "Not Found" }), "{path}");
    }
    stack.delete("/v2/imports/99").await?.expect(404)?;
    let answer = stack.send(Method::PATCH, "/v2/imports", &json!({})).await?;
    assert!(answer.expect(405)?["message"].is_string());
    let no_agent = stack.bare(Method::GET, "/v2/imports").header("User-Agent", "").header("X-NokoToken", "demo");
    assert!(stack.answer(no_agent).await?.expect(400)?["message"].is_string());
    Ok(())
}

#[tokio::test]
async fn an_upload_with_wrong_fields_names_each() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let asked = json!({
        "upload": true, "file_size": 10, "format": "clockify", "date_order": "ydm", "delimiter": "x", "encoding": "ebcdic",
    });
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&asked);
    let errors = stack.answer(request).await?.expect(400)?["errors"].clone();
    let named: Vec<_> = errors.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    assert_eq!(named, ["date_order", "delimiter", "encoding", "format"]);
    nothing_was_made(&stack).await
}

#[tokio::test]
async fn a_row_that_no_item_could_hold_is_that_rows_error() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let long = "x".repeat(400_000);
    let mut file = one("Orchard", "Website", "design");
    file.push_str(one("Orchard", "Website", "design").replace("One", &long).lines().nth(1).unwrap_or_default());
    file.push('\n');
    file.push_str(one("Orchard", &"y".repeat(2000), "design").lines().nth(1).unwrap_or_default());
    file.push('\n');
    let id = stack.import(file.as_bytes(), &[]).await?;
    let import = stack.native(id).await?;
    assert_eq!((&import["counts"]["created"], &import["counts"]["failed"]), (&json!(1), &json!(2)));
    let codes: Vec<_> = import["errors"].as_array().into_iter().flatten().map(|e| e["code"].clone()).collect();
    assert_eq!(codes, ["too_large", "too_large"]);
    Ok(())
}

#[tokio::test]
async fn what_is_too_much_by_hand_is_422_and_nothing_is_half_done() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let many: Vec<_> = (0..200).map(|n| format!("tag {n}")).collect();
    for (field, value) in [
        ("minutes", json!(200_000_000_000_000_000_u64)),
        ("description", json!("x".repeat(500_000))),
        ("tags", json!(many)),
        ("project_name", json!("y".repeat(3000))),
    ] {
        let mut entry = json!({ "date": "2026-01-01", "minutes": 5 });
        entry[field] = value;
        assert_eq!(named(&stack.send(Method::POST, "/v2/entries", &entry).await?)?, self::field(field, "invalid"));
    }
    let entry = json!({ "date": "2026-01-01", "minutes": 5, "project_name": "New", "user_id": 99 });
    stack.send(Method::POST, "/v2/entries", &entry).await?.expect(422)?;
    stack.send(Method::POST, "/v2/tags", &json!({ "name": "#" })).await?.expect(422)?;
    for path in ["/v2/projects", "/v2/tags", "/v2/entries"] {
        assert_eq!(stack.get(path).await?.expect(200)?, json!([]), "{path}");
    }
    Ok(())
}

/// The ledger page of a chunk is a single item, which may have at most 400 KB whatever the rows contain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_of_errors_and_unknown_names_as_long_as_can_be_is_committed() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let long = |n: u64| format!("{}{n}", "\u{1f600}".repeat(100));
    let rows = |count, row: &dyn Fn(u64) -> String| (0..count).map(row).collect::<String>();
    let column = "\u{1f600}".repeat(45);
    let header = format!("{column},person,minutes,project\n");
    let good = rows(9000, &|_| "2026-03-04,Demo User,5,Garden\n".to_owned());
    let unknown = rows(1000, &|n| format!("2026-03-04,{0},5,{0}\n", long(n)));
    let bad = rows(1000, &|n| format!("{},Demo User,5,Garden\n", long(n)));
    let mapping =
        json!({ &column: "date", "person": "person", "minutes": "minutes", "project": "project" }).to_string();
    let fields = [("mapping", mapping.as_str()), ("create_projects", "no")];
    let id = stack.import((header + &good + &unknown + &bad).as_bytes(), &fields).await?;
    let counts = stack.native(id).await?["counts"].clone();
    assert_eq!((&counts["created"], &counts["failed"]), (&json!(10_000), &json!(1000)), "{counts}");
    Ok(())
}
