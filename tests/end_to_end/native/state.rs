//! Tests of an import's state at the door: progress, validators, cancel, resume and history, with their bodies and problems.

use std::time::Duration;

use anyhow::Context;
use reqwest::Method;
use reqwest::header::{ETAG, IF_NONE_MATCH, RETRY_AFTER};
use serde_json::{Value, json};
use shared::id::ChunkNo;
use shared::load::load;
use shared::plan::plan;

use super::{ACCOUNT, history, make, of_user, post};
use crate::faults::Faults;
use crate::files::toggl;
use crate::postman::{LONG, Postman};
use crate::stack::{Answer, Stack};

/// Sends a file and plans its import, so that chunks wait to be loaded.
async fn planned(stack: &Stack, rows: u64) -> anyhow::Result<shared::id::ImportId> {
    let made = stack.post(toggl(rows, 2, 2).as_bytes(), &[]).await?.expect(202)?;
    let import = shared::id::ImportId(made["id"].as_u64().context("no id")?);
    plan(&stack.functions().parser, ACCOUNT, import).await?;
    Ok(import)
}

async fn shown(stack: &Stack, id: u64, validator: Option<&str>) -> anyhow::Result<Answer> {
    let request = of_user(stack, Method::GET, &format!("/imports/{id}"));
    let request = validator.into_iter().fold(request, |request, tag| request.header(IF_NONE_MATCH, tag));
    stack.answer(request).await
}

fn tag(answer: &Answer) -> anyhow::Result<String> {
    Ok(answer.headers.get(ETAG).context("no validator")?.to_str()?.to_owned())
}

fn wait(answer: &Answer) -> Option<u64> {
    answer.headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

#[tokio::test]
async fn progress_tells_the_pace_of_the_last_minute_and_the_time_left() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let clock = stack.system.services().clock.clone();
    make(&stack, 0).await?;
    let awaited = shown(&stack, 1, None).await?;
    let nothing = json!({ "rows_done": 0, "rows_known": null, "percent": null, "rows_per_second": null,
        "seconds_left": null });
    let body = awaited.expect(200)?;
    assert_eq!((&body["progress"], &body["file_size"], &body["note"]), (&nothing, &json!("0"), &json!(null)));
    assert_eq!((&body["file_name"], wait(&awaited)), (&json!("March.csv"), Some(10)));

    let import = planned(&stack, 300).await?;
    let progress = async || {
        let answer = shown(&stack, import.0, None).await?;
        let seconds = wait(&answer);
        anyhow::Ok((answer.expect(200)?["progress"].clone(), seconds))
    };
    // Nothing is loaded yet.
    let (first, seconds) = progress().await?;
    assert_eq!((&first["rows_known"], &first["percent"], seconds), (&json!(300), &json!(0.0), Some(2)));
    assert_eq!((&first["rows_per_second"], &first["seconds_left"]), (&json!(null), &json!(null)));
    // A chunk of ten rows every two seconds.
    for chunk in 0..5 {
        clock.turn(Duration::from_secs(2));
        load(&stack.functions().loader, ACCOUNT, import, ChunkNo(chunk)).await?;
    }
    let (steady, seconds) = progress().await?;
    assert_eq!((&steady["rows_done"], &steady["percent"]), (&json!(50), &json!(16.6)));
    assert_eq!((&steady["rows_per_second"], &steady["seconds_left"]), (&json!(5.0), &json!(50)));
    assert_eq!(seconds, Some(30));
    // The pace is that of the last minute: half of it stood still.
    clock.turn(Duration::from_secs(40));
    let (slow, _) = progress().await?;
    assert_eq!((&slow["rows_per_second"], &slow["seconds_left"]), (&json!(1.0), &json!(250)));
    clock.turn(Duration::from_secs(100));
    let (stuck, seconds) = progress().await?;
    assert_eq!((&stuck["rows_per_second"], &stuck["seconds_left"], seconds), (&json!(0.0), &json!(null), Some(2)));
    // Later the old slices are gone from the counters, and only the new rows count.
    load(&stack.functions().loader, ACCOUNT, import, ChunkNo(5)).await?;
    let (again, _) = progress().await?;
    let pace = again["rows_per_second"].as_f64().context("no pace")?;
    assert!((0.1..=0.2).contains(&pace), "{again}");
    for chunk in 6..30 {
        load(&stack.functions().loader, ACCOUNT, import, ChunkNo(chunk)).await?;
    }
    let done = shown(&stack, import.0, None).await?;
    assert_eq!(wait(&done), None);
    let progress = &done.expect(200)?["progress"];
    assert_eq!((&progress["percent"], &progress["rows_per_second"]), (&json!(100.0), &json!(null)));
    Ok(())
}

#[tokio::test]
async fn an_import_that_has_not_changed_is_answered_with_304_for_a_read() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let import = planned(&stack, 30).await?;
    let read = || stack.system.services().store.consumed().read;
    let units = async |tag: &str, status: u16| {
        let before = read();
        let answer = shown(&stack, import.0, Some(tag)).await?;
        assert_eq!(answer.status.as_u16(), status);
        anyhow::Ok((read() - before, answer))
    };
    let first = shown(&stack, import.0, None).await?;
    let running = tag(&first)?;
    assert!(running.starts_with("W/\""), "{running}");
    let (_, same) = units(&running, 304).await?;
    assert_eq!((same.text.as_str(), tag(&same)?, wait(&same)), ("", running.clone(), wait(&first)));
    load(&stack.functions().loader, ACCOUNT, import, ChunkNo(0)).await?;
    let (_, changed) = units(&running, 200).await?;
    let counted = tag(&changed)?;
    assert_ne!(counted, running);
    let (while_it_runs, _) = units(&counted, 304).await?;
    for chunk in [1, 2] {
        load(&stack.functions().loader, ACCOUNT, import, ChunkNo(chunk)).await?;
    }
    let (_, ended) = units(&counted, 200).await?;
    let last = tag(&ended)?;
    // A later moment changes nothing about an import that has ended.
    stack.system.services().clock.turn(LONG);
    let (at_the_end, _) = units(&last, 304).await?;
    let (whole, _) = units("\"another\"", 200).await?;
    println!("read units with the token: 304 while it runs {while_it_runs}, 304 at the end {at_the_end}, 200 {whole}");
    // The token's own price is that of a path which reads nothing else.
    let before = read();
    stack.answer(of_user(&stack, Method::GET, "/imports/x")).await?.expect(404)?;
    let token = read() - before;
    assert_eq!(at_the_end - token, 1.0, "an import is read once");
    assert!(while_it_runs - token <= 2.0, "the counters are a query more");
    // HEAD says the same without a body.
    let head = of_user(&stack, Method::HEAD, &format!("/imports/{}", import.0));
    let head = stack.answer(head).await?;
    assert_eq!((head.status.as_u16(), head.text.as_str(), tag(&head)?), (200, "", last.clone()));
    let head = of_user(&stack, Method::HEAD, &format!("/imports/{}", import.0)).header(IF_NONE_MATCH, &last);
    assert_eq!(stack.answer(head).await?.status.as_u16(), 304);
    // An undo is a change.
    post(&stack, &format!("/imports/{}/revert", import.0), 202).await?;
    units(&last, 200).await?;
    Ok(())
}

#[tokio::test]
async fn a_conflict_names_the_present_status_and_leaves_the_import_alone() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let import = planned(&stack, 10).await?;
    let id = import.0;
    assert_eq!(stack.native(id).await?["status"], "complete");
    for (action, status, done) in [("cancel", "complete", "cancelled"), ("resume", "complete", "resumed")] {
        let problem = post(&stack, &format!("/imports/{id}/{action}"), 409).await?;
        let expected = json!({
            "status": 409,
            "title": "Conflict",
            "detail": format!("The import is {status}, and cannot be {done}"),
            "instance": format!("/api/v1/imports/{id}/{action}"),
            "status_now": status,
        });
        assert_eq!(problem, expected);
    }
    assert_eq!(history(&stack, id).await?, ["queued user 1", "processing parser", "complete parser"]);
    for action in ["cancel", "resume", "revert", "history"] {
        let method = if action == "history" { Method::GET } else { Method::POST };
        for id in ["99", "x"] {
            let request = of_user(&stack, method.clone(), &format!("/imports/{id}/{action}"));
            stack.answer(request).await?.expect(404)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_reason_comes_as_json_or_as_a_form_and_stands_in_the_history() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    let postman = Postman::of(&stack.system);
    let id = planned(&stack, 30).await?.0;
    let to = |action: &str| of_user(&stack, Method::POST, &format!("/imports/{id}/{action}"));
    for wrong in [json!({ "dry_run": true }), json!({ "reason": 7 }), json!(["x"])] {
        let answer = stack.answer(to("cancel").json(&wrong)).await?.expect(400)?;
        assert!(answer["errors"].is_object(), "{answer}");
    }
    let cancelled = to("cancel").json(&json!({ "reason": "the wrong month" }));
    let cancelled = stack.answer(cancelled).await?.expect(202)?;
    assert_eq!(cancelled["reasons"], json!(["it was cancelled: the wrong month"]));
    let resumed = to("resume").header("Content-Type", "application/x-www-form-urlencoded").body("reason=the+right+one");
    let before = stack.system.services().store.consumed().write;
    let resumed = stack.answer(resumed).await?;
    let units = stack.system.services().store.consumed().write - before;
    println!("a resume takes {units} write units");
    assert!(units < 30.0, "{units}");
    // Edits by hand may be under way, so the load goes on half a minute later.
    assert_eq!(wait(&resumed), Some(30));
    let resumed = resumed.expect(202)?;
    assert_eq!((&resumed["status"], &resumed["reasons"]), (&json!("queued"), &json!([])));
    assert_eq!((&resumed["completed_at"], &resumed["progress"]["rows_known"]), (&json!(null), &json!(30)));
    postman.drain_all(stack.functions(), &Faults::default()).await;
    assert_eq!(stack.native(id).await?["status"], "complete");
    let long = "ä".repeat(600);
    let undone = to("revert").header("Content-Type", "text/plain").body(json!({ "reason": long }).to_string());
    stack.answer(undone).await?.expect(202)?;
    postman.drain_all(stack.functions(), &Faults::default()).await;
    let path = format!("/imports/{id}/history");
    let page = stack.answer(of_user(&stack, Method::GET, &path)).await?.expect(200)?;
    let records = page["records"].as_array().context("no records")?;
    let said: Vec<_> = records.iter().map(|record| (record["status"].as_str(), record["reason"].as_str())).collect();
    let cut = format!("{}…", "ä".repeat(499));
    let expected = [
        (Some("queued"), None),
        (Some("processing"), None),
        (Some("incomplete"), Some("the wrong month")),
        (Some("queued"), Some("the right one")),
        (Some("processing"), None),
        (Some("complete"), None),
        (Some("rolling_back"), Some(cut.as_str())),
        (Some("rolled_back"), None),
    ];
    assert_eq!(said, expected);
    let at: Vec<_> = records.iter().filter_map(|record| record["at"].as_str()).collect();
    assert!(at.is_sorted() && at.len() == expected.len(), "{at:?}");
    assert_eq!(records[2], json!({ "at": at[2], "status": "incomplete", "by": "user 1", "reason": "the wrong month" }));
    Ok(())
}

#[tokio::test]
async fn a_long_history_comes_in_pages_and_a_cursor_belongs_to_one_import() -> anyhow::Result<()> {
    let stack = Stack::by_hand(10).await?;
    for _ in 0..2 {
        make(&stack, 1).await?;
    }
    // The clock stands, and each change has a time of its own nevertheless.
    for _ in 0..20 {
        post(&stack, "/imports/1/cancel", 202).await?;
        post(&stack, "/imports/1/resume", 202).await?;
    }
    let page = async |query: String| -> anyhow::Result<Value> {
        stack.answer(of_user(&stack, Method::GET, &format!("/imports/1/history?per_page=7{query}"))).await?.expect(200)
    };
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let query = cursor.iter().map(|cursor| format!("&start_cursor={cursor}")).collect();
        let page = page(query).await?;
        assert_eq!(page["start_cursor"], json!(cursor));
        assert_eq!(page["estimated_remaining_count"], json!(41 - all.len()));
        assert_eq!((&page["filtered_by"], &page["sorted_by"]), (&json!([]), &json!([{ "at": "asc" }])));
        all.extend(page["records"].as_array().cloned().unwrap_or_default());
        let Some(next) = page["next_cursor"].as_str() else { break };
        assert!(next.len() <= 512 && next.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{next}");
        cursor = Some(next.to_owned());
    }
    let statuses: Vec<_> = all.iter().filter_map(|record| record["status"].as_str()).collect();
    let mut expected = vec!["new"];
    (0..20).for_each(|_| expected.extend(["incomplete", "new"]));
    assert_eq!(statuses, expected);
    let cursor = cursor.context("a single page")?;
    for path in [
        format!("/imports/2/history?start_cursor={cursor}"),
        format!("/imports?start_cursor={cursor}"),
        "/imports/1/history?start_cursor=x".to_owned(),
    ] {
        let wrong = stack.answer(of_user(&stack, Method::GET, &path)).await?.expect(400)?;
        assert_eq!(wrong["errors"]["start_cursor"], json!(["does not belong to this query"]), "{path}");
    }
    for query in ["sort[id]=asc", "per_page=1", "filter[status][include]=new"] {
        stack.answer(of_user(&stack, Method::GET, &format!("/imports/1/history?{query}"))).await?.expect(400)?;
    }
    Ok(())
}
