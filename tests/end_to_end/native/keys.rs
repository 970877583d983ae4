//! Tests of `Idempotency-Key`: a repeated request has one import and one answer, whatever dies between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::future::join_all;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{outcome, page, send};
use crate::faults::{Fault, Faults};
use crate::files::TOGGL;
use crate::function::Function;
use crate::postman::Postman;
use crate::stack::Stack;

/// Sends a request until an answer comes that is no failure of the server. Of the first tries some die at a request to a
/// store, before or after its effect.
async fn persistent(stack: &Stack, body: &str, seed: u64, deaths: &AtomicU64) -> anyhow::Result<Value> {
    let headers = [("authorization", "Token demo"), ("content-type", "application/json"), ("idempotency-key", "once")];
    for try_ in 0..8 {
        let faults = Faults::default();
        let function = Function::of(faults.connect(&stack.system)?.api);
        let at = (seed * 7 + try_ * 5) % 8 + 1;
        if try_ < 3 && !seed.is_multiple_of(5) {
            faults.at(at, 1, if seed.is_multiple_of(2) { Fault::DeathBefore } else { Fault::DeathAfter });
        }
        let call = function.call("POST", "/api/v1/imports", &headers, Some(body));
        match faults.outlive(call).await {
            None => {
                deaths.fetch_add(1, Ordering::Relaxed);
            }
            Some(answer) => {
                let answer = answer?;
                if answer["statusCode"].as_u64().unwrap_or_default() < 500 {
                    return Ok(
                        json!({ "status": answer["statusCode"], "body": answer["body"], "location": answer["headers"]["location"] }),
                    );
                }
            }
        }
    }
    anyhow::bail!("eight tries")
}

async fn fifty(body: Value, status: u64, entries: u64) -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let (body, deaths) = (body.to_string(), Arc::new(AtomicU64::new(0)));
    let answers = join_all((0..50).map(|seed| persistent(&stack, &body, seed, &deaths))).await;
    let mut answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let made: Value = serde_json::from_str(answers[0]["body"].as_str().unwrap_or_default())?;
    for answer in &mut answers {
        assert_eq!(answer["status"], status, "{answer}");
        // The signature of an address contains the time.
        let mut body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
        if let Some(url) = body.pointer_mut("/upload/url") {
            *url = json!(url.as_str().unwrap_or_default().split('?').next());
        }
        answer["body"] = body;
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(page(&stack, "").await?["records"].as_array().map(Vec::len), Some(1));
    let deaths = deaths.load(Ordering::Relaxed);
    println!("50 requests, {deaths} deaths");
    assert!(deaths > 5, "{deaths}");
    if status == 201 {
        stack.put(&made, TOGGL.into()).await?.expect(200)?;
        let arrived = shared::queue::Message::Start {
            account: super::ACCOUNT,
            import: shared::id::ImportId(made["id"].as_u64().unwrap_or_default()),
        };
        stack.functions().api.queues.send(&arrived).await?;
    }
    if entries > 0 {
        let postman = Postman::of(&stack.system);
        postman.drain_all(stack.functions(), &Faults::default()).await;
        let id = made["id"].as_u64().unwrap_or_default();
        assert_eq!(outcome(&stack, id).await?, ("complete".to_owned(), entries));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_equal_requests_at_once_make_one_import_of_a_source() -> anyhow::Result<()> {
    fifty(json!({ "source": TOGGL, "note": "once" }), 202, 5).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_equal_requests_at_once_make_one_import_of_an_upload() -> anyhow::Result<()> {
    fifty(json!({ "upload": true, "file_size": TOGGL.len() }), 201, 5).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_equal_requests_at_once_make_one_import_of_a_location() -> anyhow::Result<()> {
    fifty(json!({ "location": "https://files.example.com/a.csv?key=secret" }), 202, 0).await
}

#[tokio::test]
async fn the_first_answer_comes_again_and_other_content_is_refused() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let request = || {
        let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
        request.header("Idempotency-Key", "k".repeat(255))
    };
    let form = |file: &str, note: &str| {
        Form::new().text("note", note.to_owned()).part("file", Part::bytes(file.as_bytes().to_vec()).file_name("a.csv"))
    };
    let first = stack.answer(request().multipart(form(TOGGL, "x"))).await?;
    first.expect(202)?;
    stack.idle().await?;
    // The import is complete by now; the answer is the first answer nevertheless.
    let again = stack.answer(request().multipart(form(TOGGL, "x"))).await?;
    assert_eq!(
        (again.status, &again.text, &again.headers["location"]),
        (first.status, &first.text, &first.headers["location"])
    );
    for other in [form(TOGGL, "y"), form(&TOGGL.replace("Website", "Wobsite"), "x")] {
        let refused = stack.answer(request().multipart(other)).await?.expect(422)?;
        assert!(refused["errors"]["Idempotency-Key"][0].is_string(), "{refused}");
    }
    let other_way = stack.answer(request().json(&json!({ "source": TOGGL }))).await?.expect(422)?;
    assert!(other_way["errors"]["Idempotency-Key"][0].is_string(), "{other_way}");
    assert_eq!(page(&stack, "").await?["records"].as_array().map(Vec::len), Some(1));
    // The same import after its undo, and for another user another import.
    stack.undo(1).await?;
    assert_eq!(stack.answer(request().multipart(form(TOGGL, "x"))).await?.text, first.text);
    for key in ["", " ", &"k".repeat(256), "ключ"] {
        let wrong = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
        let wrong = wrong.header("Idempotency-Key", key.as_bytes()).json(&json!({ "source": TOGGL }));
        let wrong = stack.answer(wrong).await?.expect(400)?;
        assert!(wrong["errors"]["Idempotency-Key"][0].is_string(), "{key:?}: {wrong}");
    }
    let two = request().header("Idempotency-Key", "other").json(&json!({ "source": TOGGL }));
    stack.answer(two).await?.expect(400)?;
    // A refused request leaves the key free.
    let free = |body: Value| {
        let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
        stack.answer(request.header("Idempotency-Key", "free").json(&body))
    };
    free(json!({ "source": "name,colour\nrose,red\n" })).await?.expect(422)?;
    free(json!({ "source": TOGGL })).await?.expect(202)?;
    stack.idle().await?;
    // Without a key each request makes an import.
    send(&stack, "/imports", &json!({ "source": TOGGL })).await?.expect(202)?;
    stack.idle().await?;
    assert_eq!(page(&stack, "").await?["records"].as_array().map(Vec::len), Some(3));
    Ok(())
}
