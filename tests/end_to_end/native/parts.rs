//! Tests of uploads in parts, with sizes of some megabytes in place of gigabytes.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shared::files::UploadSizes;
use shared::id::ImportId;
use shared::plan::plan;
use shared::services::Services;

use super::{ACCOUNT, outcome, send, stored};
use crate::function::Function;
use crate::stack::Stack;

/// Sizes with which a few megabytes come in parts.
const SMALL: UploadSizes = UploadSizes { single: 1 << 20, part: 5 << 20, most: 1 << 30 };

/// A request to a door whose uploads are small.
async fn call(stack: &Stack, method: &str, path: &str, body: &Value) -> anyhow::Result<(u64, Value)> {
    let function = Function::of(Services { uploads: SMALL, ..stack.functions().api.clone() });
    let headers = [("authorization", "Token demo"), ("content-type", "application/json"), ("idempotency-key", "parts")];
    let answer = function.call(method, &format!("/api/v1{path}"), &headers, Some(&body.to_string())).await?;
    let text = answer["body"].as_str().unwrap_or_default();
    Ok((answer["statusCode"].as_u64().unwrap_or_default(), serde_json::from_str(text).unwrap_or_default()))
}

#[tokio::test]
async fn a_file_comes_in_parts_and_is_completed_once() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let file =
        format!("date,person,minutes,description\n2026-03-05,Demo User,30,dig\n{}", "\n".repeat(11 << 20)).into_bytes();
    let asked = json!({ "upload": true, "file_size": file.len() });
    // Equal requests at once name one upload.
    let made = join_all((0..5).map(|_| call(&stack, "POST", "/imports", &asked))).await;
    let made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    let begun = stored(&stack, 1).await?.parts.ok_or_else(|| anyhow::anyhow!("no parts"))?;
    for (status, made) in &made {
        assert_eq!((*status, &made["id"], &made["upload"]["part_count"]), (201, &json!(1), &json!(3)), "{made}");
        let url = made["upload"]["parts"][2]["url"].as_str().unwrap_or_default();
        assert!(url.contains(&begun.id) || url.contains("uploadId="), "{url}");
    }
    let upload = made[0].1["upload"].clone();
    assert_eq!((&upload["part_size"], &upload["next_parts"]), (&json!(5 << 20), &Value::Null), "{upload}");
    let complete = |parts: Value| {
        let stack = &stack;
        async move { call(stack, "POST", "/imports/1/upload/complete", &json!({ "parts": parts })).await }
    };
    let mut parts = Vec::new();
    let mut rest = file.as_slice();
    for part in upload["parts"].as_array().into_iter().flatten() {
        let size = usize::try_from(part["size"].as_u64().unwrap_or_default())?;
        let (this, behind) = rest.split_at(size);
        rest = behind;
        let put = stack.bare(Method::PUT, part["url"].as_str().unwrap_or_default()).body(this.to_vec());
        let put = stack.answer(put).await?;
        put.expect(200)?;
        parts.push(json!({ "part_number": part["part_number"], "etag": put.headers["etag"].to_str()? }));
    }
    assert!(rest.is_empty());
    for wrong in [json!([]), json!(parts[..2]), json!([parts[0], parts[1], parts[1]]), json!([1]), json!("x")] {
        assert_eq!(complete(wrong.clone()).await?.0, 400, "{wrong}");
    }
    let (status, more) = call(&stack, "GET", "/imports/1/upload/parts?from=3", &Value::Null).await?;
    assert_eq!((status, more["parts"].as_array().map(Vec::len)), (200, Some(1)), "{more}");
    for wrong in ["from=0", "from=4", "from=x", "to=1", "from=1&from=2"] {
        assert_eq!(
            call(&stack, "GET", &format!("/imports/1/upload/parts?{wrong}"), &Value::Null).await?.0,
            400,
            "{wrong}"
        );
    }
    parts.reverse();
    for _ in 0..2 {
        let (status, answer) = complete(json!(parts)).await?;
        assert_eq!(status, 202, "{answer}");
    }
    plan(&stack.functions().parser, ACCOUNT, ImportId(1)).await?;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 1));
    assert_eq!(complete(json!(parts)).await?.0, 202);
    assert_eq!(call(&stack, "GET", "/imports/1/upload/parts", &Value::Null).await?.0, 409);
    // An import whose file comes otherwise has no parts.
    let whole = send(&stack, "/imports", &json!({ "upload": true, "file_size": 10 })).await?.expect(201)?;
    let parts_of_whole = format!("/imports/{}/upload/parts", whole["id"]);
    assert_eq!(call(&stack, "GET", &parts_of_whole, &Value::Null).await?.0, 409);
    let large = json!({ "upload": true, "file_size": 50_u64 << 30 });
    let large = send(&stack, "/imports", &large).await?.expect(201)?;
    assert_eq!(
        (&large["upload"]["part_count"], large["upload"]["parts"].as_array().map(Vec::len)),
        (&json!(800), Some(100))
    );
    assert!(large["upload"]["next_parts"].as_str().is_some_and(|next| next.ends_with("/upload/parts?from=101")));
    send(&stack, "/imports", &json!({ "upload": true, "file_size": (50_u64 << 30) + 1 })).await?.expect(400)?;
    // A stopped import takes no file.
    let large = format!("/imports/{}", large["id"]);
    send(&stack, &format!("{large}/cancel"), &Value::Null).await?.expect(202)?;
    let late: Vec<_> = (1..=800).map(|number| json!({ "part_number": number, "etag": "x" })).collect();
    send(&stack, &format!("{large}/upload/complete"), &json!({ "parts": late })).await?.expect(409)?;
    Ok(())
}
