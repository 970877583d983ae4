//! Tests of request ids, headers and log lines which accompany an answer.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use lambda_http::Service;
use reqwest::Method;
use serde_json::{Value, json};

use crate::faults::{Fault, Faults};
use crate::files::{TOGGL, toggl};
use crate::function::{Function, REQUEST_ID};
use crate::logged::Lines;
use crate::stack::Stack;

const NOKO: [(&str, &str); 2] = [("x-nokotoken", "demo"), ("user-agent", "tests")];

#[tokio::test]
async fn a_failure_is_one_line_of_the_log_with_the_id_that_the_answer_has() -> anyhow::Result<()> {
    let lines = Lines::keep();
    let stack = Stack::by_hand(1000).await?;
    let faults = Faults::default();
    let function = Function::of(faults.connect(&stack.system)?.api);
    let cases = [
        ("Query", "GET", "/v2/tags?noko_token=demo&name=secret", 503, json!(1)),
        ("GetItem", "GET", "/api/v1/imports/1", 503, json!(null)),
    ];
    for (operation, method, path, status, account) in cases {
        faults.plan(move |_, asked| (asked == operation).then_some(Fault::Throttled));
        let before = lines.all().len();
        let headers = [("user-agent", "tests"), ("authorization", "Token demo")];
        let headers = if path.contains("noko_token") { &headers[..1] } else { &headers[..] };
        let answer = function.call(method, path, headers, None).await?;
        assert_eq!((&answer["statusCode"], &answer["headers"]["x-request-id"]), (&json!(status), &json!(REQUEST_ID)));
        assert_eq!(answer["headers"]["retry-after"], "2");
        let new = lines.all().split_off(before);
        assert_eq!(new.len(), 1, "{new:#?}");
        let (line, fields) = (&new[0], &new[0]["fields"]);
        assert_eq!((&line["level"], &fields["message"]), (&json!("ERROR"), &json!("a request failed")));
        assert_eq!((&fields["request_id"], &fields["method"]), (&json!(REQUEST_ID), &json!(method)));
        assert_eq!((&fields["path"], &fields["status"]), (&json!(path.split('?').next()), &json!(status)));
        assert_eq!(fields["account"], account, "{line}");
        assert!(fields["why"].as_str().is_some_and(|why| why.contains("hrottl")), "{line}");
        assert!(!line.to_string().contains("secret") && !line.to_string().contains("demo"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn an_item_that_cannot_be_read_is_500_in_both_doors_and_says_nothing_of_us() -> anyhow::Result<()> {
    let lines = Lines::keep();
    let stack = Stack::by_hand(1000).await?;
    stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    let services = stack.system.services();
    let spoilt = shared::store::Write::update(
        shared::store::keys::import(shared::id::AccountId(1), shared::id::ImportId(1)),
        "SET #status = :odd",
    );
    services.store.write(spoilt.bind(":odd", "dancing")).await?;
    let function = Function::of(stack.functions().api.clone());
    for (path, headers) in [("/v2/imports/1", &NOKO[..]), ("/api/v1/imports/1", &[("authorization", "Token demo")][..])]
    {
        let answer = function.call("GET", path, headers, None).await?;
        assert_eq!(answer["statusCode"], 500);
        assert!(!answer["body"].to_string().contains("dancing"), "{answer}");
        assert_eq!(answer["headers"]["retry-after"], Value::Null);
    }
    let accounts: Vec<_> = lines.all().iter().map(|line| line["fields"]["account"].clone()).collect();
    assert_eq!(accounts, [1, 1]);
    Ok(())
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_whatever_the_caller_sends() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let paths = ["/v2/imports", "/v2/imports/", "/v2/nothing", "/", "/api/v1/nothing", "/api/v1/imports/9", "/v2/"];
    let mut ids = Vec::new();
    for path in paths {
        for method in [Method::GET, Method::PUT, Method::OPTIONS] {
            let request = stack.request(method, path).header("X-Request-Id", "mine");
            let answer = stack.answer(request).await?;
            ids.push(answer.headers["x-request-id"].to_str()?.to_owned());
        }
    }
    assert!(ids.iter().all(|id| id != "mine" && id.len() == 32), "{ids:?}");
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all);
    Ok(())
}

#[tokio::test]
async fn who_is_not_known_is_told_how_to_say_it() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for path in ["/v2/imports", "/v2/entries/1", "/api/v1/imports/1"] {
        for token in [None, Some("Bearer guess")] {
            let request = stack.bare(Method::GET, path);
            let request = token.into_iter().fold(request, |request, token| request.header("Authorization", token));
            let answer = stack.answer(request).await?;
            answer.expect(401)?;
            let challenge = answer.headers["www-authenticate"].to_str()?;
            assert!(challenge.contains("Bearer realm="), "{challenge}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn links_lead_to_no_place_that_a_header_made_up() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let host = stack.system.url().trim_start_matches("http://").to_owned();
    let url = async |name: &str, value: &str| -> anyhow::Result<String> {
        let request = stack.request(Method::GET, "/v2/imports/1").header(name, value);
        Ok(stack.answer(request).await?.expect(200)?["url"].as_str().unwrap_or_default().to_owned())
    };
    for (proxy, scheme) in
        [("https", "https"), ("HTTPS, http", "https"), ("http", "http"), ("javascript", "http"), ("", "http")]
    {
        assert_eq!(url("X-Forwarded-Proto", proxy).await?, format!("{scheme}://{host}/v2/imports/1"), "{proxy:?}");
    }
    for odd in ["evil@example.com", "a/b", "\"><script>", "a b"] {
        let mut router = api::router(stack.functions().api.clone());
        let request = Request::builder().uri("/v2/imports/1").header("host", odd).header("x-forwarded-proto", "gopher");
        let request = request.header("x-nokotoken", "demo").header("user-agent", "tests").body(Body::empty())?;
        let answer = router.call(request).await?;
        let body: Value = serde_json::from_slice(&to_bytes(answer.into_body(), usize::MAX).await?)?;
        let url = body["url"].as_str().unwrap_or_default();
        assert!(url.starts_with("http://") && !url.contains(odd), "{odd:?} gives {url}");
    }
    Ok(())
}

#[tokio::test]
async fn a_source_url_is_a_web_address() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for odd in [
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.com",
        "www.example.com",
        "http://",
        " http://a",
        "http://a b",
    ] {
        let entry = json!({ "date": "2026-01-01", "minutes": 5, "source_url": odd });
        let refused = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(422)?;
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!("source_url"), &json!("invalid"))
        );
    }
    for fine in [json!("https://example.com/ä?x=1"), json!("HTTP://example.com"), json!(""), json!(null)] {
        let entry = json!({ "date": "2026-01-01", "minutes": 5, "source_url": fine });
        let made = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
        assert_eq!(made["source_url"], if fine == "" { json!(null) } else { fine });
    }
    Ok(())
}

#[tokio::test]
async fn a_page_of_another_origin_may_ask_the_api() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    // The function is called as on AWS, because the local gate refuses pages of other origins.
    let function = Function::of(stack.functions().api.clone());
    let preflight = [
        ("origin", "https://example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-nokotoken"),
    ];
    let answer = function.call("OPTIONS", "/v2/imports", &preflight, None).await?;
    assert_eq!(answer["statusCode"], 200);
    let header = |name: &str| answer["headers"][name].as_str().unwrap_or_default();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("POST"));
    assert!(header("access-control-allow-headers").contains("x-nokotoken"));
    let asked = [NOKO[0], NOKO[1], ("origin", "https://example.com")];
    let answer = function.call("GET", "/v2/imports", &asked, None).await?;
    assert_eq!(answer["headers"]["access-control-allow-origin"], "*");
    assert!(answer["headers"]["access-control-expose-headers"].as_str().is_some_and(|names| names.contains("link")));
    Ok(())
}

#[tokio::test]
async fn ids_in_paths_have_one_spelling() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    for id in ["+1", "01", "1.0", "%201", "1%20", "-1", "18446744073709551616"] {
        stack.get(&format!("/v2/imports/{id}")).await?.expect(404)?;
        stack.delete(&format!("/v2/imports/{id}")).await?.expect(404)?;
        let native = stack.bare(Method::GET, &format!("/api/v1/imports/{id}")).header("Authorization", "Token demo");
        stack.answer(native).await?.expect(404)?;
    }
    Ok(())
}

/// Imports, undos and edits meet each other here. Conditions which do not hold are normal in such a
/// run, so nothing warns.
#[tokio::test]
async fn a_usual_run_writes_no_warning() -> anyhow::Result<()> {
    let lines = Lines::keep();
    let stack = Stack::start(10).await?;
    let file = toggl(200, 12, 8);
    let sent = futures::future::join_all((0..6).map(|_| stack.post(file.as_bytes(), &[]))).await;
    for answer in sent {
        answer?.expect(202)?;
    }
    let again = futures::future::join_all((0..4).map(|_| async {
        let part = reqwest::multipart::Part::bytes(TOGGL.as_bytes().to_vec()).file_name("a.csv");
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = stack.request(Method::POST, "/v2/imports").header("Idempotency-Key", "k").multipart(form);
        stack.answer(request).await
    }))
    .await;
    for answer in again {
        answer?.expect(202)?;
    }
    stack.idle().await?;
    stack.upload(toggl(30, 3, 3).into_bytes()).await?;
    stack.idle().await?;
    stack.undo(1).await?;
    let tag = json!({ "name": "once" });
    stack.send(Method::POST, "/v2/tags", &tag).await?.expect(201)?;
    stack.send(Method::POST, "/v2/tags", &tag).await?.expect(422)?;
    assert_eq!(lines.all(), [Value::Null; 0]);
    Ok(())
}
