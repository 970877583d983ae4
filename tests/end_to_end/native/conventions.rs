//! Tests of conventions that hold on each path of the door: bodies, content types, cross-origin requests and limits.

use axum::http::StatusCode;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};

use super::{get, make};
use crate::function::Function;
use crate::stack::Stack;

#[tokio::test]
async fn bodies_of_get_head_and_delete_are_ignored() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    make(&stack, 0).await?;
    let bodies = [
        ("application/json", "null"),
        ("application/json", "[]"),
        ("application/json", "{\"sort[id]\":"),
        ("application/x-www-form-urlencoded", "per_page=1&start_cursor=x"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file"),
        ("multipart/form-data", "no boundary"),
        ("nonsense", "\u{0}"),
    ];
    let paths = [
        ("/imports", 200),
        ("/imports/1", 200),
        ("/imports/1/results", 200),
        ("/imports/1/records", 200),
        ("/imports/1/errors", 200),
        ("/imports/1/source", 404),
        ("/limits", 200),
        ("/mappings", 200),
        ("/mappings/5", 404),
    ];
    for (content_type, body) in bodies {
        for (path, status) in paths {
            let url = format!("/api/v1{path}");
            for method in [Method::GET, Method::HEAD] {
                let request = stack.bare(method.clone(), &url).header("Authorization", "Token demo");
                let answer = stack.answer(request.header(CONTENT_TYPE, content_type).body(body)).await?;
                assert_eq!(answer.status.as_u16(), status, "{method} {path} with {body:?}");
            }
        }
        let delete = stack.bare(Method::DELETE, "/api/v1/mappings/5").header("Authorization", "Token demo");
        let answer = stack.answer(delete.header(CONTENT_TYPE, content_type).body(body)).await?;
        assert_eq!(answer.expect(404)?["status"], 404, "{body:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_problem_has_the_content_type_for_which_the_client_asks() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    for (accept, said) in [
        (None, "application/json"),
        (Some("*/*"), "application/json"),
        (Some("application/problem+json"), "application/problem+json"),
        (Some("application/json, application/problem+json"), "application/problem+json"),
        (Some("application/json, application/problem+json;q=0.8"), "application/json"),
    ] {
        for (path, method) in
            [("/api/v1/imports/7", Method::GET), ("/api/v1/nothing", Method::GET), ("/api/v1/limits", Method::DELETE)]
        {
            let mut request = stack.bare(method, path).header("Authorization", "Token demo");
            if let Some(accept) = accept {
                request = request.header("Accept", accept);
            }
            let answer = stack.answer(request).await?;
            assert_eq!(answer.headers[CONTENT_TYPE], said, "{path} {accept:?}");
            let members: Vec<_> =
                answer.json().as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
            assert_eq!(members, ["detail", "instance", "status", "title"], "{path} {accept:?}");
        }
        // The errors of fields are no problem objects.
        let mut request = stack.bare(Method::GET, "/api/v1/imports?per_page=1").header("Authorization", "Token demo");
        if let Some(accept) = accept {
            request = request.header("Accept", accept);
        }
        assert_eq!(stack.answer(request).await?.headers[CONTENT_TYPE], "application/json");
    }
    Ok(())
}

#[tokio::test]
async fn too_many_requests_are_answered_in_the_shape_of_the_door() -> anyhow::Result<()> {
    let answer = api::refusal("/api/v1/imports", StatusCode::TOO_MANY_REQUESTS, "Too many requests at once");
    assert_eq!((answer.status(), &answer.headers()[RETRY_AFTER]), (StatusCode::TOO_MANY_REQUESTS, &"2".parse()?));
    let body: Value = serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 10_000).await?)?;
    let detail = "Too many requests at once";
    assert_eq!(
        body,
        json!({
            "status": 429, "title": "Too Many Requests", "detail": detail, "error": detail,
            "instance": "/api/v1/imports",
        })
    );
    Ok(())
}

#[tokio::test]
async fn a_page_of_another_origin_may_send_and_read_the_headers_of_the_door() -> anyhow::Result<()> {
    // Through Lambda, because the local process lets no page of another origin in.
    let stack = Stack::by_hand(100).await?;
    let function = Function::of(stack.functions().api.clone());
    let words = |answer: &Value, header: &str| -> Vec<String> {
        let value = answer["headers"][header].as_str().unwrap_or_default();
        value.split(',').map(|word| word.trim().to_owned()).collect()
    };
    let asked =
        "account-token,authorization,idempotency-key,if-none-match,x-api-version,x-client-name,x-client-platform";
    let headers = [
        ("origin", "https://example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", asked),
    ];
    let preflight = function.call("OPTIONS", "/api/v1/imports", &headers, None).await?;
    let allowed = words(&preflight, "access-control-allow-headers");
    assert!(asked.split(',').all(|name| allowed.iter().any(|allowed| allowed == name)), "{preflight}");
    let headers = [("origin", "https://example.com"), ("authorization", "Token demo")];
    let answer = function.call("GET", "/api/v1/imports", &headers, None).await?;
    let exposed = words(&answer, "access-control-expose-headers");
    for name in ["etag", "location", "retry-after", "x-request-id"] {
        assert!(exposed.iter().any(|exposed| exposed == name), "{answer}");
    }
    Ok(())
}

#[tokio::test]
async fn the_limits_are_told() -> anyhow::Result<()> {
    let stack = Stack::by_hand(100).await?;
    let mut limits = get(&stack, "/limits").await?.expect(200)?;
    // Of the clock; tests/end_to_end/quotas has a clock that stands still.
    limits["quotas"]["day_ends_at"] = "a time".into();
    insta::assert_json_snapshot!("limits", limits);
    stack.answer(stack.bare(Method::GET, "/api/v1/limits")).await?.expect(401)?;
    Ok(())
}
