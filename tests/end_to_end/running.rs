//! Tests of the answers about an import while the import runs.

use serde_json::Value;

use crate::files::toggl;
use crate::stack::Stack;

fn counted(import: &Value) -> Option<(u64, u64)> {
    let rows = import["rows"].as_u64()?;
    let counts = import["counts"].as_object()?;
    Some((rows, counts.values().filter_map(Value::as_u64).sum()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_obey_the_law_and_only_committed_chunks_are_seen_while_100_000_rows_run() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = stack.upload(toggl(100_000, 20, 20).into_bytes()).await?;
    let (mut polls, mut midway) = (0, 0);
    loop {
        let before = stack.native(id).await?;
        let entries = stack.get(&format!("/v2/imports/{id}/entries?per_page=100")).await?;
        let page = entries.expect(200)?;
        let after = stack.native(id).await?;
        for import in [&before, &after] {
            if let Some((rows, sum)) = counted(import) {
                assert_eq!(rows, sum, "{import}");
            }
        }
        // Listed entries belong to committed chunks, so their number is a whole number of chunks and
        // within the later counts.
        let listed = page.as_array().map_or(0, Vec::len) as u64;
        let created = |import: &Value| import["counts"]["created"].as_u64().unwrap_or_default();
        assert!(listed >= created(&before).min(100) && listed <= created(&after), "{listed} of {after}");
        let status = stack.get(&format!("/v2/imports/{id}/status")).await?.expect(200)?;
        let details = stack.get(&format!("/v2/imports/{id}/details")).await?;
        if status["status"] == "in_progress" {
            assert!(details.status == 204 || details.status == 200, "{details:?}");
        }
        polls += 1;
        midway += u32::from((1..100_000).contains(&created(&after)));
        if after["status"] == "complete" {
            break;
        }
    }
    assert!(polls > 5 && midway > 2, "{polls} polls, {midway} of them midway");
    let import = stack.native(id).await?;
    assert_eq!(import["counts"]["created"], 100_000);
    assert_eq!(import["seconds"], 6_000_000);
    Ok(())
}
