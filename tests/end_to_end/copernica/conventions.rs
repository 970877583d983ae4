//! What holds at every path: tokens, bodies, paths and methods, and that every error of a client is 400.

use reqwest::Method;
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{asking, get, made, put, refused, send, sent, shop};
use crate::stack::Stack;

#[tokio::test]
async fn a_token_comes_in_the_query_in_a_header_or_in_a_form() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let get = |path: &str| stack.bare(Method::GET, &format!("/v3{path}"));
    for request in [
        get("/databases?access_token=demo"),
        get("/databases/?access_token=other&access_token=demo"),
        get("/databases").header("Authorization", "Bearer demo"),
        get("/databases").header("Authorization", "bearer demo"),
    ] {
        sent(&stack, request).await?.expect(200)?;
    }
    let form = stack.bare(Method::POST, "/v3/databases").header("Content-Type", "application/x-www-form-urlencoded");
    sent(&stack, form.body("access_token=demo&name=Forms")).await?.expect(201)?;
    for request in [
        get("/databases"),
        get("/databases?access_token="),
        get("/databases?access_token=nobody"),
        get("/nowhere?access_token=nobody"),
        get("/databases").header("Authorization", "Token demo"),
        get("/databases").header("X-NokoToken", "demo"),
    ] {
        let answer = sent(&stack, request).await?;
        assert_eq!(answer.text, r#"{"error":{"message":"Invalid access token"}}"#);
    }
    Ok(())
}

#[tokio::test]
async fn a_token_needs_the_scope_and_read_reads_alone() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let scopes = [("contacts", Scope::Contacts), ("reader", Scope::Read), ("profiles", Scope::Profiles)];
    for (token, scope) in scopes {
        let principal = Principal { account: AccountId(1), user: ThingId(1), scopes: vec![scope] };
        grant(stack.system.services(), token, &principal).await?;
    }
    for (token, reads, writes) in [("contacts", 400, 400), ("reader", 200, 400), ("profiles", 200, 201)] {
        let at = |method, path: &str| stack.bare(method, &format!("/v3{path}?access_token={token}"));
        let read = sent(&stack, at(Method::GET, "/databases")).await?;
        read.expect(reads)?;
        let write = sent(&stack, at(Method::POST, "/databases").json(&json!({ "name": token }))).await?;
        write.expect(writes)?;
        for answer in [read, write].iter().filter(|answer| answer.status == 400) {
            assert!(answer.text.contains("No permission"), "{}", answer.text);
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_error_of_a_client_is_400() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let of = format!("/database/{}", shop.database);
    let profile = made(&stack, &format!("{of}/profiles"), &json!({})).await?;
    let nothing = Value::Null;
    for (method, path, message) in [
        (Method::GET, "".to_owned(), "Invalid method"),
        (Method::GET, "/".to_owned(), "Invalid method"),
        (Method::GET, "/bogus".to_owned(), "Invalid method"),
        (Method::GET, format!("/PROFILE/{profile}"), "Invalid method"),
        (Method::PATCH, of.clone(), "Invalid method"),
        (Method::DELETE, "/databases".to_owned(), "Invalid method"),
        (Method::POST, "/identity".to_owned(), "Invalid method"),
        (Method::GET, "/consumption".to_owned(), "Invalid method"),
        (Method::POST, "/imports".to_owned(), "No database with supplied ID"),
        (Method::GET, "/import/1".to_owned(), "No entity with supplied ID"),
        (Method::GET, format!("{of}/bogus"), "Invalid method"),
        (Method::GET, format!("{of}//0"), "Invalid method"),
        (Method::GET, format!("{of}/field/1"), "Invalid method"),
        (Method::DELETE, format!("{of}/fields"), "Invalid method"),
        (Method::DELETE, format!("{of}/profiles"), "Invalid method"),
        (Method::POST, format!("{of}/profileids"), "Invalid method"),
        (Method::GET, format!("/profile/{profile}/bogus"), "Invalid method"),
        (Method::DELETE, format!("/profile/{profile}/fields"), "Invalid method"),
        (Method::DELETE, format!("/collection/{}", shop.collection), "Invalid method"),
        (Method::GET, "/database".to_owned(), "Invalid request, element 1 is missing in 'directory' path"),
        (Method::DELETE, "/profile//".to_owned(), "Invalid request, element 1 is missing in 'directory' path"),
        (Method::PUT, format!("{of}/field"), "Invalid request, element 3 is missing in 'directory' path"),
        (
            Method::GET,
            format!("/profile/{profile}/subprofiles"),
            "Invalid request, element 3 is missing in 'directory' path",
        ),
        (Method::GET, "/database/0/profiles".to_owned(), "No database with supplied ID"),
        (Method::GET, "/database//profiles".to_owned(), "No database with supplied ID"),
        (Method::DELETE, "/database/99".to_owned(), "No database with supplied ID"),
        (Method::PUT, "/database/-1/bogus".to_owned(), "No database with supplied ID"),
        (Method::GET, "/collection/0/subprofiles".to_owned(), "No collection with given ID"),
        (Method::POST, "/profile/1/interests".to_owned(), "No entity with supplied ID"),
        (Method::GET, "/profile/fields".to_owned(), "No entity with supplied ID"),
        (Method::GET, "/subprofile/0".to_owned(), "No subprofile with supplied ID"),
        (Method::GET, "/interest/0".to_owned(), "No interest with supplied ID"),
        (Method::PUT, format!("{of}/field/999"), "No field with supplied ID"),
        (Method::POST, format!("/profile/{profile}/subprofiles/99"), "Subprofile could not be created"),
        (Method::POST, format!("/profile/{profile}/subprofiles/bogus/path"), "Subprofile could not be created"),
        (Method::GET, format!("/profile/{profile}/subprofiles/99"), "No collection with given ID"),
        (Method::GET, format!("{of}/profiles?start=10001"), ""),
        (Method::GET, format!("{of}/profileids?after=x"), ""),
    ] {
        let said = refused(&stack, method.clone(), &path, &nothing).await?;
        assert!(said == message || message.is_empty(), "{method} {path}: {said}");
    }
    for (method, path, body) in [
        (Method::POST, format!("{of}/profiles"), json!({ "fields": true })),
        (Method::POST, format!("{of}/profiles/bogus"), json!({ "fields": "blah" })),
        (Method::PUT, format!("{of}/profiles"), json!({ "fields": { "LastName": "x" } })),
        (Method::PUT, format!("/profile/{profile}/interests"), json!({ "interests": "Tea" })),
    ] {
        assert_eq!(refused(&stack, method, &path, &body).await?, "Invalid data provided", "{path}");
    }
    for (kind, body) in [
        ("application/json", "{"),
        ("application/json", "\"x\""),
        ("application/json", "[1]"),
        ("text/csv", "a,b"),
        ("multipart/form-data; boundary=x", "--x--"),
    ] {
        let request = asking(&stack, Method::POST, "/databases", &Value::Null);
        let answer = sent(&stack, request.header("Content-Type", kind).body(body)).await?;
        assert_eq!(answer.json()["error"]["message"], "Invalid data provided", "{kind} {body}");
    }
    let large = asking(&stack, Method::POST, "/databases", &Value::Null).body(vec![b' '; 5 << 20]);
    sent(&stack, large).await?.expect(400)?;
    Ok(())
}

#[tokio::test]
async fn a_text_that_cannot_be_stored_is_refused_and_the_longest_one_is_stored() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let of = format!("/database/{}", shop.database);
    let view = made(&stack, &format!("{of}/views"), &json!({ "name": "All" })).await?;
    let rule = made(&stack, &format!("/view/{view}/rules"), &json!({})).await?;
    let interest = made(&stack, &format!("{of}/interests"), &json!({ "name": "Chess" })).await?;
    let text = |bytes: usize| "c".repeat(bytes);
    let condition =
        |value: String| json!({ "type": "Field", "field": "Email", "comparison": "equals", "value": value });
    for (method, path, most, body) in [
        (Method::PUT, of.clone(), 500, &(|name| json!({ "name": name })) as &dyn Fn(String) -> Value),
        (Method::PUT, of.clone(), 10_000, &|text| json!({ "description": text })),
        (Method::POST, format!("{of}/views"), 10_000, &|text| json!({ "name": "Some", "description": text })),
        (Method::PUT, format!("/view/{view}"), 10_000, &|text| json!({ "description": text })),
        (Method::POST, format!("/view/{view}/rules"), 500, &|name| json!({ "name": name })),
        (Method::PUT, format!("/rule/{rule}"), 500, &|name| json!({ "name": name })),
        (Method::POST, format!("/rule/{rule}/conditions"), 5_000, &condition),
        (Method::POST, format!("{of}/interests"), 500, &|group| json!({ "name": "Rowing", "group": group })),
        (Method::PUT, format!("/interest/{interest}"), 500, &|group| json!({ "group": group })),
    ] {
        for bytes in [most + 1, 1_020, 450_000].into_iter().filter(|bytes| *bytes > most) {
            let message = refused(&stack, method.clone(), &path, &body(text(bytes))).await?;
            assert!(message.starts_with("Invalid data provided: "), "{method} {path}, {bytes} bytes: {message}");
        }
        let answer = send(&stack, method.clone(), &path, &body(text(most))).await?;
        assert!(answer.status.is_success(), "{method} {path}, {most} bytes: {}", answer.text);
    }
    let unknown = "No database with supplied ID";
    for bytes in [501, 1_020, 2_040] {
        let named = format!("/database/{}", text(bytes));
        assert_eq!(refused(&stack, Method::GET, &named, &Value::Null).await?, unknown);
        assert_eq!(refused(&stack, Method::DELETE, &named, &json!([])).await?, unknown);
        let import = json!({ "database": text(bytes), "source": [{ "Email": "kim@example.com" }] });
        assert_eq!(refused(&stack, Method::POST, "/imports", &import).await?, unknown);
    }
    Ok(())
}

#[tokio::test]
async fn bodies_may_be_forms_empty_lists_or_beside_the_point() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let profiles = format!("/database/{}/profiles", shop.database);
    let form = asking(&stack, Method::POST, &profiles, &Value::Null);
    let form = form.header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    let form = form.body("fields[LastName]=Quay&fields%5BANumber%5D=7&interests[]=Tea");
    let answer = sent(&stack, form).await?;
    answer.expect(201)?;
    let id = answer.headers["x-created"].to_str()?.to_owned();
    let location = answer.headers["location"].to_str()?;
    assert_eq!(location, format!("{}/v3/profile/{id}", stack.system.url()));
    assert_eq!(answer.headers["x-location"], location);
    let profile = get(&stack, &format!("/profile/{id}")).await?;
    assert_eq!((&profile["fields"]["LastName"], &profile["fields"]["ANumber"]), (&json!("Quay"), &json!("7")));
    assert_eq!(profile["interests"], json!(["Tea"]));
    // Clients that send JSON send an empty list for no parameters.
    for body in [json!([]), json!({}), Value::Null] {
        made(&stack, &profiles, &body).await?;
        put(&stack, &format!("/profile/{id}"), &body).await?;
    }
    // The body of a GET is not read.
    for body in ["null", "{", "x"] {
        sent(&stack, asking(&stack, Method::GET, &profiles, &Value::Null).body(body)).await?.expect(200)?;
    }
    let gone = asking(&stack, Method::DELETE, &format!("/profile/{id}"), &Value::Null).body("{");
    sent(&stack, gone).await?.expect(204)?;
    Ok(())
}

#[tokio::test]
async fn put_and_post_stand_for_each_other_where_only_one_is_known() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let answer = send(&stack, Method::PUT, "/databases", &json!({ "name": "Put" })).await?;
    answer.expect(201)?;
    let id = answer.headers["x-created"].to_str()?.to_owned();
    send(&stack, Method::POST, &format!("/database/{id}"), &json!({ "name": "Posted" })).await?.expect(204)?;
    send(&stack, Method::POST, &format!("/database/{id}"), &Value::Null).await?.expect(204)?;
    assert_eq!(get(&stack, &format!("/database/{id}")).await?["name"], "Posted");
    // These three have a PUT and a POST of their own.
    let profile = made(&stack, &format!("/database/{id}/profiles"), &Value::Null).await?;
    let orders = made(&stack, &format!("/database/{id}/collections"), &json!({ "name": "Orders" })).await?;
    refused(&stack, Method::PUT, &format!("/database/{id}/profiles"), &Value::Null).await?;
    refused(&stack, Method::PUT, &format!("/profile/{profile}/subprofiles/{orders}"), &Value::Null).await?;
    let message = refused(&stack, Method::POST, &format!("/collection/{orders}/subprofiles"), &Value::Null).await?;
    assert_eq!(message, "Invalid method");
    Ok(())
}

#[tokio::test]
async fn no_user_agent_is_needed_and_head_has_no_body() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let host = stack.system.url().trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&host).await?;
    let request = format!("GET /v3/databases?access_token=demo HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_ascii_lowercase().contains("\r\ncontent-type: application/json\r\n"), "{answer}");
    let head = stack.answer(asking(&stack, Method::HEAD, "/databases", &Value::Null)).await?;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    Ok(())
}

#[tokio::test]
async fn the_account_of_the_token_is_told() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let answer = send(&stack, Method::GET, "/identity", &Value::Null).await?;
    assert_eq!(answer.text, r#"{"id":"1","name":"Demo","company":"Demo"}"#);
    Ok(())
}
