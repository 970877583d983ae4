//! The conventions around the documents: tokens, organizations, content negotiation, unknown paths and methods.

use reqwest::Method;
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};
use waybill::system::OTHER_TOKEN;

use super::{JSON_API, asking, errors, get, import_data, resource, sent};
use crate::stack::Stack;

#[tokio::test]
async fn a_token_and_its_own_organization_are_needed() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let of = |scopes: &[Scope]| Principal { account: AccountId(1), user: ThingId(1), scopes: scopes.to_vec() };
    grant(stack.system.services(), "imports-only", &of(&[Scope::Import])).await?;
    grant(stack.system.services(), "contacts-only", &of(&[Scope::Contacts])).await?;
    grant(stack.system.services(), "reader", &of(&[Scope::Read])).await?;
    let unauthenticated = json!({ "errors": [{
        "status": "401", "code": "invalid_auth_token", "title": "Unauthenticated", "detail": "You are not authenticated",
    }] });
    let denied = json!({ "errors": [{
        "status": "403", "code": "no_person", "title": "Access Denied",
        "detail": "You are not authorized to access this resource",
    }] });
    let ask = |method: Method, path: &str, headers: &[(&str, &str)]| {
        let request = stack.bare(method, &format!("/api/v2{path}"));
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    };
    let (token, organization) = ("X-Auth-Token", "X-Organization-Id");
    for headers in [
        &[][..],
        &[(token, "demo")],
        &[(organization, "1")],
        &[(token, ""), (organization, "1")],
        &[(token, "nobody"), (organization, "1")],
    ] {
        for path in ["/imports", "/companies", "/people", "/imports/1"] {
            let answer = sent(&stack, ask(Method::GET, path, headers)).await?;
            assert_eq!(answer.expect(401)?, unauthenticated, "{headers:?}");
            assert!(answer.headers.contains_key("www-authenticate"));
        }
    }
    for (name, organization_id, method, path, status) in [
        ("demo", "2", Method::GET, "/imports", 403),
        ("demo", "x", Method::GET, "/imports", 403),
        ("demo", "01", Method::GET, "/imports", 403),
        (OTHER_TOKEN, "1", Method::GET, "/people", 403),
        ("imports-only", "1", Method::GET, "/imports", 200),
        ("imports-only", "1", Method::GET, "/people", 403),
        ("imports-only", "1", Method::GET, "/companies", 403),
        ("contacts-only", "1", Method::GET, "/people", 200),
        ("contacts-only", "1", Method::GET, "/imports", 403),
        ("reader", "1", Method::GET, "/imports", 200),
        ("reader", "1", Method::GET, "/people", 200),
        ("reader", "1", Method::DELETE, "/people/1", 403),
    ] {
        let answer = sent(&stack, ask(method, path, &[(token, name), (organization, organization_id)])).await?;
        assert_eq!(answer.status, status, "{name} {organization_id} {path}");
        if status == 403 {
            assert_eq!(answer.json(), denied);
        }
    }
    Ok(())
}

#[tokio::test]
async fn content_is_negotiated() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let browser = "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5";
    for (accept, status) in [
        (browser, 200),
        ("*/*", 200),
        (JSON_API, 200),
        ("application/json", 200),
        ("application/vnd.api+json; charset=utf-8", 406),
        ("application/vnd.api+json; charset=utf-8, application/vnd.api+json", 200),
        ("application/vnd.api+json; ext=bulk, */*", 406),
    ] {
        let answer =
            sent(&stack, asking(&stack, Method::GET, "/imports", &Value::Null).header("Accept", accept)).await?;
        assert_eq!(answer.status, status, "{accept}");
    }
    let body = import_data(&json!({ "company": [{ "name": "Quay" }] })).to_string();
    for (content_type, status) in [
        (Some(JSON_API), 201),
        (Some("application/vnd.api+json; charset=utf-8"), 201),
        (Some("application/json"), 415),
        (Some("application/vnd.api+json; ext=bulk"), 415),
        (None, 415),
    ] {
        let request = asking(&stack, Method::POST, "/imports", &Value::Null).body(body.clone());
        let request = match content_type {
            Some(content_type) => request.header("Content-Type", content_type),
            None => request,
        };
        let answer = sent(&stack, request).await?;
        assert_eq!(answer.status, status, "{content_type:?}: {}", answer.text);
    }
    // A GET is never refused for a content type, nor for a body.
    let get = asking(&stack, Method::GET, "/imports", &Value::Null).header("Content-Type", "text/plain").body("null");
    sent(&stack, get).await?.expect(200)?;
    // The vendor's command line asks for the extension in both headers.
    const BULK: &str = "application/vnd.api+json; ext=bulk";
    for accept in ["*/*", BULK] {
        let bulk = asking(&stack, Method::POST, "/people", &Value::Null).body("{\"data\": []}");
        let bulk = sent(&stack, bulk.header("Content-Type", BULK).header("Accept", accept)).await?;
        bulk.expect(415)?;
        assert!(bulk.text.contains("/api/v2/imports"), "{}", bulk.text);
    }
    Ok(())
}

#[tokio::test]
async fn documents_that_cannot_be_taken_are_told() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for (path, body, status, code) in [
        ("/imports", "{".to_owned(), 400, "invalid_document"),
        ("/imports", "{}".to_owned(), 400, "invalid_document"),
        ("/imports", "[]".to_owned(), 400, "invalid_document"),
        ("/imports", json!({ "data": [] }).to_string(), 400, "invalid_document"),
        ("/imports", json!({ "data": { "attributes": 7 } }).to_string(), 400, "invalid_document"),
        ("/imports", json!({ "data": { "type": "people", "attributes": {} } }).to_string(), 409, "resource_mismatch"),
        ("/imports", json!({ "data": { "type": "imports", "id": "7" } }).to_string(), 403, "unsupported_client_id"),
        ("/imports", resource("imports", &json!({ "rows": 1 })).to_string(), 400, "unsupported_attribute"),
        ("/people", json!({ "data": { "type": "person" } }).to_string(), 409, "resource_mismatch"),
        ("/companies", String::new(), 422, "invalid_attribute"),
        ("/companies", " ".repeat(5 << 20), 413, "payload_too_large"),
    ] {
        let request = asking(&stack, Method::POST, path, &Value::Null).header("Content-Type", JSON_API).body(body);
        let answer = sent(&stack, request).await?;
        assert_eq!(answer.status, status, "{path} {}", answer.text);
        assert_eq!(errors(&answer)[0].0, code, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_shape_of_the_door() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let not_found = json!({ "errors": [{
        "status": "404", "code": "record_not_found", "title": "Record Not Found",
        "detail": "The requested record was not found",
    }] });
    for path in [
        "/nothing",
        "/imports/flatfile",
        "/imports/harvest_import",
        "/imports/7",
        "/people/7",
        "/companies/x",
        "/imports/%FF",
        "/",
    ] {
        let answer = get(&stack, path).await?;
        assert_eq!(answer.expect(404)?, not_found, "{path}");
    }
    for (method, path) in
        [(Method::DELETE, "/imports/1"), (Method::PUT, "/people/1"), (Method::GET, "/imports/1/import")]
    {
        let answer = sent(&stack, asking(&stack, method, path, &Value::Null)).await?;
        answer.expect(405)?;
        assert_eq!(errors(&answer)[0].0, "method_not_allowed");
    }
    let head = stack.answer(asking(&stack, Method::HEAD, "/imports", &Value::Null)).await?;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    Ok(())
}

#[tokio::test]
async fn times_and_features_are_those_of_the_accounts_settings() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let features = json!({ "webhooks": { "type": "switch", "available": false } });
    let settings = shared::account::Settings {
        time_zone: Some("Asia/Tokyo".to_owned()),
        features: features.as_object().cloned(),
        ..Default::default()
    };
    shared::account::settings::set(stack.system.services(), AccountId(1), &settings).await?;
    let shown = get(&stack, "/companies/1").await?.expect(200)?;
    assert_eq!(shown["meta"]["organization_features"], features);
    let created_at = shown["data"]["attributes"]["created_at"].as_str().unwrap_or_default();
    assert!(created_at.ends_with("+09:00"), "{created_at}");
    Ok(())
}
