//! The size of files that come after the answer of a door: from an address, and as drops.

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use waybill::system::Options;

use super::{file_bytes, open_imports, set};
use crate::files::TOGGL;
use crate::native::site::{Reply, Site};
use crate::outbox;
use crate::stack::Stack;

async fn drop_file(stack: &Stack, key: &str) -> anyhow::Result<()> {
    let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket()).key(key);
    put.body(ByteStream::from(TOGGL.as_bytes().to_vec())).send().await?;
    stack.idle().await
}

/// Makes an import with an address, and returns its status and reasons at the end.
async fn fetched(stack: &Stack, path: &str) -> anyhow::Result<(Value, Value)> {
    let body = json!({ "location": format!("https://files.example.com/{path}") });
    let request = crate::native::of_user(stack, reqwest::Method::POST, "/imports").json(&body);
    let made = stack.answer(request).await?.expect(202)?;
    stack.idle().await?;
    let import = stack.native(made["id"].as_u64().unwrap_or_default()).await?;
    Ok((import["status"].clone(), import["reasons"].clone()))
}

#[tokio::test]
async fn a_fetched_file_may_have_as_many_bytes_as_the_quota_announced_or_not() -> anyhow::Result<()> {
    let site = Site::open(|head, _| match head.starts_with("GET /announced") {
        true => Reply::file(TOGGL),
        false => Reply::open_ended(TOGGL),
    })
    .await?;
    let stack = Stack::with(Options { fetcher: site.fetcher(), ..Options::default() }).await?;
    for path in ["announced", "open"] {
        for most in [TOGGL.len() + 1, TOGGL.len()] {
            set(&stack, 1, file_bytes(most)).await?;
            assert_eq!(fetched(&stack, path).await?.0, "complete", "{path} {most}");
        }
        let most = TOGGL.len() - 1;
        set(&stack, 1, file_bytes(most)).await?;
        let reason = format!(
            "the file was not fetched from https://files.example.com/{path}: the file has more than {most} bytes, the \
             most that a file of this account may have"
        );
        assert_eq!(fetched(&stack, path).await?, (json!("incomplete"), json!([reason])), "{path}");
    }
    // Six fetches and no retry of the two that were refused.
    assert_eq!(site.heads().len(), 6);
    Ok(())
}

#[tokio::test]
async fn a_dropped_file_above_the_quota_of_bytes_makes_no_import_and_a_report() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for (most, name) in [(TOGGL.len() + 1, "a.csv"), (TOGGL.len(), "b.csv"), (TOGGL.len() - 1, "c.csv")] {
        set(&stack, 1, file_bytes(most)).await?;
        drop_file(&stack, &format!("inbox/1/toggl/{name}")).await?;
    }
    // The quota is that of one account.
    drop_file(&stack, "inbox/2/toggl/d.csv").await?;
    let reports = outbox::reports(&stack).await?;
    let ended: Vec<_> = reports.iter().map(|(key, report)| (key.as_str(), &report["status"])).collect();
    let [a, b, (refused, unsupported), d] = ended[..] else { panic!("{ended:?}") };
    assert_eq!(
        [a, b],
        [("outbox/1/a.csv.1.report.json", &json!("complete")), ("outbox/1/b.csv.2.report.json", &json!("complete"))]
    );
    assert_eq!(d, ("outbox/2/d.csv.1.report.json", &json!("complete")));
    assert!(refused.starts_with("outbox/1/c.csv.refused-") && unsupported == "unsupported", "{ended:?}");
    let size = TOGGL.len();
    let reason =
        format!("file is too large: the file has {size} bytes, and a file of this account may have {}", size - 1);
    assert_eq!(reports[refused]["reasons"], json!([reason]));
    Ok(())
}

#[tokio::test]
async fn drops_above_the_quota_of_open_imports_wait_in_their_lane_and_are_all_loaded() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    set(&stack, 1, open_imports(1)).await?;
    for name in ["a", "b", "c"] {
        let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket());
        let put = put.key(format!("inbox/1/toggl/{name}.csv"));
        put.body(ByteStream::from(TOGGL.as_bytes().to_vec())).send().await?;
    }
    stack.idle().await?;
    let reports = outbox::reports(&stack).await?;
    assert_eq!(reports.values().map(|report| &report["status"]).collect::<Vec<_>>(), ["complete"; 3]);
    Ok(())
}
