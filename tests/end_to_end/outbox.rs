//! Access to the reports of dropped files.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stack::Stack;

/// All reports in the outbox, by object key.
pub async fn reports(stack: &Stack) -> anyhow::Result<BTreeMap<String, Value>> {
    let files = &stack.system.services().files;
    let mut reports = BTreeMap::new();
    let list = stack.system.s3().list_objects_v2().bucket(files.bucket()).prefix("outbox/");
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        for key in page?.contents().iter().filter_map(|object| object.key()) {
            let object = files.head(key).await?;
            let report = serde_json::from_slice(&files.range(&object, 0..object.size).await?)?;
            reports.insert(key.to_owned(), report);
        }
    }
    Ok(reports)
}

/// Deletes all reports from the outbox.
pub async fn forget(stack: &Stack) -> anyhow::Result<()> {
    for key in reports(stack).await?.into_keys() {
        let bucket = stack.system.services().files.bucket();
        stack.system.s3().delete_object().bucket(bucket).key(key).send().await?;
    }
    Ok(())
}
