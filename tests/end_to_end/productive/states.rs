//! The state machine: every request in every status of an import.

use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ImportId};
use shared::import::Status;
use shared::store::{Write, keys};

use super::{errors, get, import_data, made, send};
use crate::stack::Stack;

/// The expected answers to a change, a run and a revert: a status and the code of the error.
fn expected(status: Status) -> [(u16, &'static str); 3] {
    const DONE: (u16, &str) = (409, "import_already_processed");
    match status {
        Status::New => [(200, ""), (200, ""), (409, "import_not_processed")],
        Status::Queued | Status::Processing | Status::Failed | Status::Unsupported => {
            [DONE, DONE, (409, "import_not_processed")]
        }
        Status::Complete | Status::PartiallyComplete | Status::Incomplete => [DONE, DONE, (200, "")],
        Status::RollingBack | Status::RolledBack => [DONE, DONE, (409, "import_already_reverted")],
    }
}

/// The members of an import's times that have a value.
fn told(status: Status) -> &'static [&'static str] {
    match status {
        Status::New => &[],
        Status::Queued | Status::Processing => &["started_at"],
        Status::Complete | Status::PartiallyComplete => &["started_at", "processed_at"],
        Status::Failed | Status::Incomplete | Status::Unsupported => &["started_at", "failed_at"],
        Status::RollingBack => &["started_at", "processed_at"],
        Status::RolledBack => &["started_at", "processed_at", "reverted_at"],
    }
}

/// Gives an import a status and the times that such an import has, past all rules.
async fn force(stack: &Stack, id: &str, status: Status) -> anyhow::Result<()> {
    let key = keys::import(AccountId(1), ImportId(id.parse()?));
    let has_ended = status.is_settled() || status.is_gone();
    let mut set = "SET #status = :status, #started_at = :at".to_owned();
    if has_ended {
        set.push_str(", #completed_at = :at");
    }
    if status == Status::RolledBack {
        set.push_str(", #reverted_at = :at");
    }
    let write = Write::update(key, &set).bind(":status", status).bind(":at", 1_790_000_000_000_i64);
    stack.system.services().store.write(write).await?;
    Ok(())
}

#[tokio::test]
async fn every_request_in_every_status_has_its_answer() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let rows = |at: usize| json!({ "company": [{ "name": format!("Company {at}") }] });
    let mut at = 0;
    for status in Status::ALL {
        for (request, (expected, code)) in expected(status).into_iter().enumerate() {
            at += 1;
            let id = made(&stack, &rows(at)).await?;
            if status != Status::New {
                force(&stack, &id, status).await?;
            }
            let shown = get(&stack, &format!("/imports/{id}")).await?.expect(200)?;
            let attributes = shown["data"]["attributes"].as_object().cloned().unwrap_or_default();
            let times = ["started_at", "processed_at", "reverted_at", "failed_at"];
            let has: Vec<&str> =
                times.into_iter().filter(|time| attributes.get(*time).is_some_and(Value::is_string)).collect();
            assert_eq!(has, told(status), "{status}: {attributes:?}");
            assert_eq!(attributes.contains_key("failed_at"), told(status).contains(&"failed_at"), "{status}");
            let (method, path, body) = match request {
                0 => (Method::PATCH, format!("/imports/{id}"), import_data(&rows(at + 1000))),
                1 => (Method::POST, format!("/imports/{id}/import"), Value::Null),
                _ => (Method::PATCH, format!("/imports/{id}/revert"), Value::Null),
            };
            // The body of a run is not looked at unless the state allows the run.
            let body = if request == 1 && expected == 409 { json!({ "data": { "attributes": {} } }) } else { body };
            let answer = send(&stack, method.clone(), &path, &body).await?;
            assert_eq!(answer.status, expected, "{status} {method} {path}: {}", answer.text);
            if expected == 409 {
                assert_eq!(errors(&answer)[0].0, code, "{status} {method} {path}");
            }
        }
    }
    Ok(())
}
