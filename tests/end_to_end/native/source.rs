//! Tests of the way to an import's file.

use anyhow::Context;
use reqwest::Method;
use reqwest::header::{CACHE_CONTROL, CONTENT_DISPOSITION, LOCATION};
use reqwest::redirect::Policy;
use serde_json::json;

use super::{get, stored};
use crate::files::TOGGL;
use crate::stack::Stack;

#[tokio::test]
async fn the_source_leads_to_the_file_as_it_came_for_a_while() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let client = waybill::http_client::loopback().redirect(Policy::none()).build()?;
    let asking = |method: Method, id: u64| {
        let url = format!("{}/api/v1/imports/{id}/source", stack.system.url());
        client.request(method, url).header("Authorization", "Token demo")
    };
    let name = "Zeiten \"März\".csv";
    let asked = json!({ "upload": true, "file_size": TOGGL.len(), "file_name": name });
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&asked);
    let made = stack.answer(request).await?.expect(201)?;
    let id = made["id"].as_u64().context("an import without an id")?;
    // The file has not arrived yet.
    let early = get(&stack, &format!("/imports/{id}/source")).await?.expect(404)?;
    assert_eq!(early["detail"], "The file of the import has not arrived");
    stack.put(&made, TOGGL.into()).await?.expect(200)?;
    stack.idle().await?;
    for method in [Method::GET, Method::HEAD] {
        let answer = asking(method, id).send().await?;
        assert_eq!((answer.status().as_u16(), &answer.headers()[CACHE_CONTROL]), (303, &"no-store".parse()?));
        let location = answer.headers()[LOCATION].to_str()?.to_owned();
        assert!(location.contains("X-Amz-Expires=300"), "{location}");
        assert_eq!(answer.text().await?, "");
        let file = client.get(location).send().await?;
        let said = file.headers()[CONTENT_DISPOSITION].to_str()?.to_owned();
        assert_eq!(said, "attachment; filename=\"Zeiten _M_rz_.csv\"; filename*=UTF-8\'\'Zeiten%20%22M%C3%A4rz%22.csv");
        assert_eq!(file.bytes().await?, TOGGL);
    }
    // An undone import keeps its file.
    stack.undo(id).await?;
    assert_eq!(asking(Method::GET, id).send().await?.status(), 303);
    let (files, source) = (&stack.system.services().files, stored(&stack, id).await?.source.context("no source")?);
    files.put(&source.key, "another file".into()).await?;
    stack.idle().await?;
    let replaced = get(&stack, &format!("/imports/{id}/source")).await?.expect(404)?;
    assert_eq!(replaced["detail"], "The file of the import was replaced by another file");
    files.delete(&source.key).await?;
    let gone = get(&stack, &format!("/imports/{id}/source")).await?.expect(404)?;
    assert_eq!(gone["detail"], "The file of the import was deleted");
    Ok(())
}

#[tokio::test]
async fn the_file_of_a_drop_is_found_where_it_was_dropped() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket());
    put.key("inbox/1/auto/folder/March.csv").body(TOGGL.as_bytes().to_vec().into()).send().await?;
    stack.idle().await?;
    assert!(stored(&stack, 1).await?.is_dropped());
    let file = get(&stack, "/imports/1/source").await?;
    assert_eq!((file.status.as_u16(), file.text.as_str()), (200, TOGGL));
    Ok(())
}
