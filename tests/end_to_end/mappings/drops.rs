//! Tests of remembered mappings for files which are dropped into the bucket.

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};

use super::{TABLE, mapping, said, told};
use crate::outbox;
use crate::stack::Stack;

/// Drops a file, waits for the end, and returns the latest report about a file of this name.
async fn dropped(stack: &Stack, key: &str, file: &str, metadata: &[(&str, &str)]) -> anyhow::Result<Value> {
    let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket()).key(key);
    let put = metadata.iter().fold(put, |put, (name, value)| put.metadata(*name, *value));
    put.body(ByteStream::from(file.as_bytes().to_vec())).send().await?;
    stack.idle().await?;
    let name = key.rsplit('/').next().unwrap_or_default();
    let reports = outbox::reports(stack).await?.into_values().filter(|report| report["file_name"] == name);
    Ok(reports.max_by_key(|report| report["id"].as_u64()).unwrap_or_default())
}

#[tokio::test]
async fn a_drop_is_read_by_the_mapping_of_the_drop_before_it() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    assert_eq!(told(&dropped(&stack, "inbox/1/auto/a.csv", TABLE, &[]).await?), json!(["unsupported", null, null]));
    let options = json!({ "mapping": mapping() }).to_string();
    dropped(&stack, "inbox/1/auto/march.csv.options.json", &options, &[]).await?;
    let march = dropped(&stack, "inbox/1/auto/march.csv", TABLE, &[]).await?;
    assert_eq!(told(&march), json!(["complete", "table", null]));

    // The rows count as existing, whatever the origin of their mapping.
    let april = format!("{TABLE}2026-04-01,15,Demo User,Milk\n");
    let april = dropped(&stack, "inbox/1/auto/april.csv", &april, &[]).await?;
    assert_eq!(told(&april), json!(["complete", "table", march["id"]]));
    assert_eq!((&april["duplicates"], &april["counts"]["created"]), (&json!(2), &json!(1)));
    assert!(said(&april).contains(&format!("import {} was made with", march["id"])), "{april}");

    // A folder which names a format takes precedence. The object's metadata or the side-car
    // can exclude any mapping.
    let named = dropped(&stack, "inbox/1/toggl/may.csv", TABLE, &[]).await?;
    assert_eq!(told(&named)[0], "unsupported");
    let none = dropped(&stack, "inbox/1/auto/june.csv", TABLE, &[("mapping", "none")]).await?;
    assert_eq!((told(&none)[0].clone(), said(&none)), (json!("unsupported"), String::new()));
    dropped(&stack, "inbox/1/auto/july.csv.options.json", "{\"mapping\": \"none\"}", &[]).await?;
    assert_eq!(told(&dropped(&stack, "inbox/1/auto/july.csv", TABLE, &[]).await?)[0], "unsupported");
    let outranked = dropped(&stack, "inbox/1/auto/july.csv", TABLE, &[("mapping", &mapping().to_string())]).await?;
    assert_eq!(told(&outranked), json!(["complete", "table", null]));
    Ok(())
}

#[tokio::test]
async fn drops_that_come_at_once_are_read_by_what_those_before_them_said() -> anyhow::Result<()> {
    let stack = Stack::by_hand(2).await?;
    let files = &stack.system.services().files;
    let said_so = mapping().to_string();
    let mut events = Vec::new();
    for (name, metadata) in [("a.csv", Some(said_so)), ("b.csv", None), ("c.csv", None)] {
        let key = format!("inbox/1/auto/{name}");
        let put = stack.system.s3().put_object().bucket(files.bucket()).key(&key);
        let put = metadata.into_iter().fold(put, |put, value| put.metadata("mapping", value));
        put.body(ByteStream::from(TABLE.as_bytes().to_vec())).send().await?;
        events.push((key.clone(), files.head(&key).await?.etag));
    }
    for (key, etag) in &events {
        crate::postman::arrive(&stack.functions().parser, crate::postman::dropped(key, etag, "01")).await?;
    }
    let (postman, faults) = (crate::postman::Postman::of(&stack.system), crate::faults::Faults::default());
    Box::pin(postman.drain_all(stack.functions(), &faults)).await;
    for (id, from) in [(1, Value::Null), (2, json!(1)), (3, json!(1))] {
        assert_eq!(told(&stack.native(id).await?), json!(["complete", "table", from]));
    }
    Ok(())
}
