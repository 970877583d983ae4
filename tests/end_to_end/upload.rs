//! Tests of files which clients upload straight to S3.

use anyhow::Context;
use serde_json::json;

use crate::files::TOGGL;
use crate::stack::Stack;

#[tokio::test]
async fn a_presigned_url_takes_a_file_once_and_the_import_goes_by_that_one() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let asked = json!({ "upload": true, "file_size": TOGGL.len(), "file_name": "toggl.csv" });
    let request = stack.bare(reqwest::Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    let made = stack.answer(request.json(&asked)).await?.expect(201)?;
    assert_eq!(made["upload"]["headers"], json!({ "if-none-match": "*" }));
    stack.put(&made, TOGGL.into()).await?.expect(200)?;
    let other = TOGGL.replace("Website", "Wobsite");
    stack.put(&made, other.clone().into()).await?.expect(412)?;
    stack.idle().await?;
    stack.put(&made, other.into()).await?.expect(412)?;
    // Without the header the signature of the URL is not valid.
    let url = made["upload"]["url"].as_str().context("no URL")?;
    stack.answer(stack.bare(reqwest::Method::PUT, url).body(TOGGL)).await?.expect(403)?;
    let import = stack.native(1).await?;
    assert_eq!((&import["status"], &import["counts"]["created"]), (&json!("complete"), &json!(5)), "{import}");
    Ok(())
}
