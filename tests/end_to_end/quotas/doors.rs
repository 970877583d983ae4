//! The number of open imports and the size of a file on each door.

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::contact_form::data::ImportData;
use shared::quotas::{OwnQuotas, Quotas};
use waybill::system::Options;

use super::{all_that_is_stored, file_bytes, open_imports, set};
use crate::faults::Faults;
use crate::files::TOGGL;
use crate::native::{of_user, post, scan_all};
use crate::postman::Postman;
use crate::stack::Stack;
use crate::{copernica, productive};

/// Rows of profiles for the database `Shop`.
const ROWS: &str = "Email,LastName\nrobin@example.com,Quay\n";
/// The address of a file that nothing fetches here, because no message is delivered.
const URL: &str = "https://files.example.com/march.csv";

/// A way to make an import, with the sizes that its file has, as far as the request tells the size.
struct Way {
    name: &'static str,
    request: fn(&Stack) -> RequestBuilder,
    size: Option<usize>,
    /// The status of an answer to a file that is too large, and to one import too many.
    refused: [u16; 2],
}

fn form(file: &'static str) -> Form {
    Form::new().part("file", Part::bytes(file.as_bytes()).file_name("march.csv"))
}

fn native(stack: &Stack, body: &Value) -> RequestBuilder {
    of_user(stack, Method::POST, "/imports").json(body)
}

fn people() -> Value {
    let kim = json!({ "company": "Quay", "first_name": "Kim", "last_name": "Brook" });
    productive::import_data(&json!({ "company": [{ "name": "Quay" }], "person": [kim] }))
}

/// The size of the file into which the Productive door turns the rows of [`people`].
fn size_of_people() -> usize {
    let people = people();
    let rows = people["data"]["attributes"]["import_data"].as_str().unwrap_or_default();
    ImportData::read(rows).expect("rows").to_csv().len()
}

fn ways() -> [Way; 8] {
    [
        Way {
            name: "a form of /v2",
            request: |stack| stack.request(Method::POST, "/v2/imports/").multipart(form(TOGGL)),
            size: Some(TOGGL.len()),
            refused: [422, 429],
        },
        Way {
            name: "a form of /api/v1",
            request: |stack| of_user(stack, Method::POST, "/imports").multipart(form(TOGGL)),
            size: Some(TOGGL.len()),
            refused: [413, 429],
        },
        Way {
            name: "a source of /api/v1",
            request: |stack| native(stack, &json!({ "source": TOGGL })),
            size: Some(TOGGL.len()),
            refused: [413, 429],
        },
        Way {
            name: "an upload of /api/v1",
            request: |stack| native(stack, &json!({ "upload": true, "file_size": TOGGL.len() })),
            size: Some(TOGGL.len()),
            refused: [413, 429],
        },
        Way {
            name: "a location of /api/v1",
            request: |stack| native(stack, &json!({ "location": URL })),
            size: None,
            refused: [202, 429],
        },
        Way {
            name: "rows of /api/v2",
            request: |stack| productive::asking(stack, Method::POST, "/imports", &people()),
            size: Some(size_of_people()),
            refused: [413, 429],
        },
        Way {
            name: "a source of /v3",
            request: |stack| {
                let body = json!({ "database": "Shop", "source": ROWS, "delimiter": ",", "autostart": false });
                copernica::asking(stack, Method::POST, "/imports", &body)
            },
            size: Some(ROWS.len()),
            refused: [400, 400],
        },
        Way {
            name: "a location of /v3",
            request: |stack| {
                let body = json!({ "database": "Shop", "location": URL, "delimiter": ",", "autostart": false });
                copernica::asking(stack, Method::POST, "/imports", &body)
            },
            size: None,
            refused: [201, 400],
        },
    ]
}

/// Sends a request, and returns the status, the headers and the body of the answer.
async fn sent(stack: &Stack, request: RequestBuilder) -> anyhow::Result<(u16, HeaderMap, Value)> {
    let answer = stack.answer(request).await?;
    Ok((answer.status.as_u16(), answer.headers.clone(), answer.json()))
}

/// Cancels every open import of account 1.
async fn end_all(stack: &Stack) -> anyhow::Result<()> {
    for status in ["new", "queued"] {
        for import in scan_all(stack, "/imports", &format!("filter[status][include]={status}"), 100).await? {
            post(stack, &format!("/imports/{}/cancel", import["id"]), 202).await?;
        }
    }
    Ok(())
}

async fn with_a_shop() -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(1000).await?;
    copernica::shop(&stack).await?;
    Ok(stack)
}

/// The answer of a door to a refusal by a quota.
fn answer_to(way: &Way, code: &str, quota: &str, most: usize, detail: &str) -> Value {
    let (status, is_of_many) = (way.refused[usize::from(quota == "open_imports")], quota == "open_imports");
    match way.name.rsplit(' ').next().unwrap_or_default() {
        "/v2" if is_of_many => {
            json!({ "message": detail, "errors": [{ "resource": "Import", "field": "base", "code": code }] })
        }
        "/v2" => {
            let error = json!({ "resource": "Import", "field": "file", "code": "too_large", "message": detail });
            json!({ "message": "Validation Failed", "errors": [error] })
        }
        "/api/v1" => {
            let title = if is_of_many { "Too Many Requests" } else { "Payload Too Large" };
            let mut problem = json!({
                "status": status, "title": title, "detail": detail, "instance": "/api/v1/imports",
                "code": code, "quota": quota, "most": most,
            });
            if is_of_many {
                problem["error"] = json!(detail);
            }
            problem
        }
        "/api/v2" => {
            let status = status.to_string();
            json!({ "errors": [{ "status": status, "code": code, "title": "Quota Exceeded", "detail": detail }] })
        }
        _ => json!({ "error": { "message": format!("Quota exceeded: {detail}") } }),
    }
}

#[tokio::test]
async fn each_door_refuses_an_import_above_the_quota_of_open_imports_and_stores_nothing() -> anyhow::Result<()> {
    let stack = with_a_shop().await?;
    set(&stack, 1, open_imports(2)).await?;
    let detail =
        "the account may have 2 imports at once that have not ended; send the file again when one of them has ended";
    for way in &ways() {
        let request = || (way.request)(&stack).header("Idempotency-Key", way.name);
        for _ in 0..2 {
            let (status, ..) = sent(&stack, (way.request)(&stack)).await?;
            assert!((200..300).contains(&status), "{}: {status}", way.name);
        }
        let before = all_that_is_stored(&stack).await?;
        let (status, headers, body) = sent(&stack, request()).await?;
        let expected = answer_to(way, "quota_exceeded", "open_imports", 2, detail);
        assert_eq!((status, &body), (way.refused[1], &expected), "{}", way.name);
        let retry = headers.get(RETRY_AFTER).and_then(|seconds| seconds.to_str().ok());
        assert_eq!(retry, (status == 429).then_some("30"), "{}", way.name);
        assert!(all_that_is_stored(&stack).await? == before, "{}: something was stored", way.name);
        // The key was not taken by the refused request, and the import that it makes later is found again over the quota.
        end_all(&stack).await?;
        for _ in 0..2 {
            let (status, ..) = sent(&stack, request()).await?;
            assert!((200..300).contains(&status), "{}: {status}", way.name);
            let (status, ..) = sent(&stack, native(&stack, &json!({ "location": URL }))).await?;
            assert!([202, 429].contains(&status), "{status}");
        }
        end_all(&stack).await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_door_takes_a_file_up_to_the_quota_of_bytes_and_no_larger_one() -> anyhow::Result<()> {
    let stack = with_a_shop().await?;
    for way in &ways() {
        let Some(size) = way.size else { continue };
        for most in [size + 1, size] {
            set(&stack, 1, file_bytes(most)).await?;
            let (status, _, body) = sent(&stack, (way.request)(&stack).header("Idempotency-Key", way.name)).await?;
            assert!((200..300).contains(&status), "{} {most}: {status} {body}", way.name);
        }
        set(&stack, 1, file_bytes(size - 1)).await?;
        let before = all_that_is_stored(&stack).await?;
        let (status, headers, body) = sent(&stack, (way.request)(&stack)).await?;
        let detail = format!("the file has {size} bytes, and a file of this account may have {}", size - 1);
        let expected = answer_to(way, "quota_exceeded", "file_bytes", size - 1, &detail);
        assert_eq!((status, &body), (way.refused[0], &expected), "{}", way.name);
        assert!(!headers.contains_key(RETRY_AFTER), "{}", way.name);
        // A repeated request finds the import that was made under a larger quota.
        let (status, ..) = sent(&stack, (way.request)(&stack).header("Idempotency-Key", way.name)).await?;
        assert!((200..300).contains(&status), "{}: {status}", way.name);
        assert!(all_that_is_stored(&stack).await? == before, "{}: something was stored", way.name);
    }
    Ok(())
}

#[tokio::test]
async fn rows_that_replace_those_of_an_import_have_the_same_quota_of_bytes() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let id = productive::made(&stack, &json!({ "company": [{ "name": "Pier" }] })).await?;
    let rows = people();
    let change = || productive::send(&stack, Method::PATCH, "/imports/1", &rows);
    assert_eq!(id, "1");
    set(&stack, 1, file_bytes(size_of_people() - 1)).await?;
    let before = all_that_is_stored(&stack).await?;
    assert_eq!(productive::errors(&change().await?)[0].0, "quota_exceeded");
    let run = || productive::send(&stack, Method::POST, "/imports/1/import", &rows);
    assert_eq!(productive::errors(&run().await?)[0].0, "quota_exceeded");
    assert!(all_that_is_stored(&stack).await? == before, "something was stored");
    set(&stack, 1, file_bytes(size_of_people())).await?;
    change().await?.expect(200)?;
    run().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn an_import_is_open_until_it_has_ended_and_while_it_is_undone() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    set(&stack, 1, open_imports(1)).await?;
    set(&stack, 2, open_imports(1)).await?;
    let make = || async { Ok::<_, anyhow::Error>(sent(&stack, native(&stack, &json!({ "source": TOGGL }))).await?.0) };
    assert_eq!((make().await?, make().await?), (202, 429));
    // Another account has a quota of its own.
    let of_another = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token other");
    assert_eq!(sent(&stack, of_another.json(&json!({ "source": TOGGL }))).await?.0, 202);
    postman.drain_all(stack.functions(), &faults).await;
    assert_eq!((stack.native(1).await?["status"].clone(), make().await?), (json!("complete"), 202));
    postman.drain_all(stack.functions(), &faults).await;
    post(&stack, "/imports/1/revert", 202).await?;
    assert_eq!(make().await?, 429);
    postman.drain_all(stack.functions(), &faults).await;
    assert_eq!(make().await?, 202);
    // No quota of the account's own, and none of the stack's.
    set(&stack, 1, open_imports(0)).await?;
    assert_eq!((make().await?, make().await?), (202, 202));
    Ok(())
}

#[tokio::test]
async fn an_account_without_quotas_of_its_own_has_those_of_the_stack() -> anyhow::Result<()> {
    let quotas = Quotas { open_imports: 1.into(), ..Quotas::default() };
    let clock = Clock::standing_at(1_790_000_000_000);
    let stack = Stack::with(Options { quotas, workers: 0, clock, ..Options::default() }).await?;
    let make = || async { Ok::<_, anyhow::Error>(sent(&stack, native(&stack, &json!({ "location": URL }))).await?.0) };
    assert_eq!((make().await?, make().await?), (202, 429));
    set(&stack, 1, open_imports(2)).await?;
    assert_eq!((make().await?, make().await?), (202, 429));
    set(&stack, 1, OwnQuotas::default()).await?;
    assert_eq!(make().await?, 429);
    set(&stack, 1, open_imports(0)).await?;
    assert_eq!(make().await?, 202);
    let limits = stack.answer(of_user(&stack, Method::GET, "/limits")).await?.expect(200)?;
    assert_eq!((&limits["open_imports"], &limits["quotas"]["open_imports_left"]), (&Value::Null, &Value::Null));
    Ok(())
}
