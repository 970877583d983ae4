//! Tests of the records that an import created.

use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::load::load;
use shared::plan::plan;

use super::results::mixed;
use super::{ACCOUNT, get, scan_all};
use crate::stack::Stack;

#[tokio::test]
async fn records_are_shown_as_they_are_now() -> anyhow::Result<()> {
    let stack = Stack::start(5).await?;
    let id = stack.upload_as(mixed(38), json!({ "format": "toggl", "fallback_user": null })).await?;
    stack.idle().await?;
    let (path, results) = (format!("/imports/{id}/records"), format!("/imports/{id}/results"));
    let created = scan_all(&stack, &results, "filter[status][include]=created", 100).await?;
    let ids = |list: &[Value], name: &str| list.iter().map(|record| record[name].clone()).collect::<Vec<_>>();
    for per_page in [2, 9, 100] {
        let mut records = scan_all(&stack, &path, "sort[id]=desc", per_page).await?;
        records.reverse();
        assert_eq!(ids(&records, "id"), ids(&created, "record_id"), "{per_page}");
        assert!(records.iter().all(|record| record["state"] == "imported" && record["type"] == "time_entry"));
    }
    let entry = |row: u64| id * 1_000_000_000 + row;
    let edit = json!({ "description": "Changed by hand", "minutes": 90 });
    stack.send(Method::PUT, &format!("/v2/entries/{}", entry(2)), &edit).await?.expect(200)?;
    stack.delete(&format!("/v2/entries/{}", entry(5))).await?.expect(204)?;
    let records = scan_all(&stack, &path, "", 100).await?;
    assert_eq!(ids(&records, "id"), ids(&created, "record_id"));
    for record in &records {
        let state = match record["row_number"].as_u64() {
            Some(2) => "edited",
            Some(5) => "deleted",
            _ => "imported",
        };
        assert_eq!(record["state"], state, "{record}");
    }
    let mut first = get(&stack, &format!("{path}?per_page=3")).await?.expect(200)?;
    crate::door::blank(&mut first, stack.system.url());
    first["next_cursor"] = json!("[cursor]");
    insta::assert_json_snapshot!("records_first_page", first);
    // An entry that was deleted by hand keeps its result, which tells what the row became.
    let result = get(&stack, &format!("{results}?per_page=5")).await?.expect(200)?["records"][4].clone();
    assert_eq!((&result["record_id"], &result["outcome"]), (&json!(entry(5)), &json!("created")));
    let wrong = get(&stack, &format!("{path}?filter[status][include]=created")).await?.expect(400)?;
    assert!(wrong["errors"]["filter[status][include]"][0].is_string(), "{wrong}");
    stack.undo(id).await?;
    assert_eq!(scan_all(&stack, &path, "", 100).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn only_records_of_committed_chunks_are_shown() -> anyhow::Result<()> {
    let stack = Stack::by_hand(4).await?;
    let id = stack.upload_as(mixed(18), json!({ "format": "toggl" })).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(id)).await?;
    let rows = async || -> anyhow::Result<Vec<u64>> {
        let page = get(&stack, &format!("/imports/{id}/records")).await?.expect(200)?;
        let records = page["records"].as_array().cloned().unwrap_or_default();
        Ok(records.iter().filter_map(|record| record["row_number"].as_u64()).collect())
    };
    assert_eq!(rows().await?, Vec::<u64>::new());
    load(&stack.functions().loader, ACCOUNT, ImportId(id), ChunkNo(2)).await?;
    assert_eq!(rows().await?, [9, 11, 12]);
    load(&stack.functions().loader, ACCOUNT, ImportId(id), ChunkNo(0)).await?;
    assert_eq!(rows().await?, [1, 2, 4, 9, 11, 12]);
    Ok(())
}
