//! Tests of the Copernica door: databases with their schema, profiles and subprofiles.

mod conventions;
mod foreign;
mod imports;
mod lists;
mod profiles;
mod races;
mod schema;
mod stories;
mod subprofiles;
mod views;

use anyhow::{Context, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::stack::{Answer, Stack};

/// A request of account 1's user to a path such as `/databases`, with a body of JSON unless `body` is null.
pub fn asking(stack: &Stack, method: Method, path: &str, body: &Value) -> RequestBuilder {
    let request = stack.bare(method, &format!("/v3{path}")).header("Authorization", "Bearer demo");
    match body {
        Value::Null => request,
        body => request.header("Content-Type", "application/json").body(body.to_string()),
    }
}

/// Sends a request, and checks what every answer of the door has: a client error is 400 with a message, and a body has the
/// content type without a charset.
pub async fn sent(stack: &Stack, request: RequestBuilder) -> anyhow::Result<Answer> {
    let answer = stack.answer(request).await?;
    ensure!(answer.headers.contains_key("x-request-id"), "no request id");
    ensure!([200, 201, 204, 400].contains(&answer.status.as_u16()), "{}: {}", answer.status, answer.text);
    if answer.status == 201 || answer.status == 204 {
        ensure!(answer.text.is_empty(), "a body: {}", answer.text);
    } else {
        let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok());
        ensure!(kind == Some("application/json"), "{kind:?}: {}", answer.text);
    }
    if answer.status == 400 {
        let body = answer.json();
        let members = body.as_object().map(|members| members.keys().cloned().collect::<Vec<_>>());
        ensure!(members == Some(vec!["error".to_owned()]), "{body}");
        ensure!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    }
    Ok(answer)
}

pub async fn send(stack: &Stack, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
    sent(stack, asking(stack, method, path, body)).await
}

pub async fn get(stack: &Stack, path: &str) -> anyhow::Result<Value> {
    send(stack, Method::GET, path, &Value::Null).await?.expect(200)
}

/// The message of the error with which a request is answered.
pub async fn refused(stack: &Stack, method: Method, path: &str, body: &Value) -> anyhow::Result<String> {
    let answer = send(stack, method, path, body).await?.expect(400)?;
    Ok(answer["error"]["message"].as_str().context("no message")?.to_owned())
}

/// Creates something, and returns its id.
pub async fn made(stack: &Stack, path: &str, body: &Value) -> anyhow::Result<u64> {
    let answer = send(stack, Method::POST, path, body).await?;
    answer.expect(201)?;
    let id = answer.headers.get("x-created").context("no id")?.to_str()?;
    ensure!(id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    Ok(id.parse()?)
}

/// Changes something.
pub async fn put(stack: &Stack, path: &str, body: &Value) -> anyhow::Result<()> {
    send(stack, Method::PUT, path, body).await?.expect(204).map(drop)
}

/// Deletes something, and returns what the answer says was deleted.
pub async fn delete(stack: &Stack, path: &str) -> anyhow::Result<String> {
    let answer = send(stack, Method::DELETE, path, &json!([])).await?;
    answer.expect(204)?;
    Ok(answer.headers.get("x-deleted").context("nothing was deleted")?.to_str()?.to_owned())
}

/// The ids of a schema for tests of profiles.
pub struct Shop {
    pub database: u64,
    pub collection: u64,
}

/// Makes the database `Shop` with fields of several types, two interests and the collection `Orders`.
pub async fn shop(stack: &Stack) -> anyhow::Result<Shop> {
    let database = made(stack, "/databases", &json!({ "name": "Shop" })).await?;
    let of_database = format!("/database/{database}");
    for (name, kind, value) in [
        ("Email", "email", ""),
        ("LastName", "text", ""),
        ("Birthdate", "empty_date", ""),
        ("ANumber", "integer", "-1"),
        ("Colour", "select", "red\nblue*\ngreen"),
    ] {
        made(stack, &format!("{of_database}/fields"), &json!({ "name": name, "type": kind, "value": value })).await?;
    }
    for name in ["Sailing", "Tea"] {
        made(stack, &format!("{of_database}/interests"), &json!({ "name": name })).await?;
    }
    let collection = made(stack, &format!("{of_database}/collections"), &json!({ "name": "Orders" })).await?;
    for (name, kind, value) in [("Score", "integer", "-1"), ("ActionTime", "empty_datetime", "")] {
        let body = json!({ "name": name, "type": kind, "value": value });
        made(stack, &format!("/collection/{collection}/fields"), &body).await?;
    }
    Ok(Shop { database, collection })
}

/// A document as pretty text in which random secrets and ids of hand numbers are replaced.
pub fn shown(mut value: Value) -> String {
    fn hide(value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, value)| match value {
                Value::String(text) if name == "secret" => {
                    let is_plain = text.len() == 28 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                    *text = if is_plain { "28 digits".to_owned() } else { format!("chosen: {text}") };
                }
                value => hide(value),
            }),
            Value::Array(items) => items.iter_mut().for_each(hide),
            _ => {}
        }
    }
    hide(&mut value);
    format!("{value:#}")
}
