//! Tests with real files from a folder beside the checkout, which are skipped in a fresh clone.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::stack::Stack;

/// Path of each file, with the expected format, number of rows and number of seconds.
const SAMPLES: [(&str, &str, u64, u64); 8] = [
    ("toggl/2017-02-anonymised.csv", "toggl", 45, 518_359),
    ("toggl/2021-pt-anonymised.csv", "toggl", 5, 108_605),
    ("toggl/natecostello-input.csv", "toggl", 49, 211_582),
    ("toggl/opentickly-issue84-classic-duration.csv", "toggl", 1, 1_105),
    ("toggl/solidtime-test1.csv", "toggl", 2, 3_601),
    ("toggl/timba-2022.csv", "toggl", 11, 38_700),
    ("toggl/tuttle-test.csv", "toggl", 29, 152_400),
    ("freckle/freckle-2011-6col.csv", "freckle", 6, 28_800),
];

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    folder.is_dir().then_some(folder)
}

#[tokio::test]
async fn the_samples_give_exactly_their_rows_and_sums_over_both_ways_in() -> anyhow::Result<()> {
    let Some(folder) = samples() else {
        return Ok(());
    };
    let stack = Stack::start(7).await?;
    for (name, format, rows, seconds) in SAMPLES {
        let file = std::fs::read(folder.join(name))?;
        let posted = stack.import(&file, &[]).await?;
        let uploaded = stack.upload(file).await?;
        stack.idle().await?;
        for id in [posted, uploaded] {
            let import = stack.native(id).await?;
            let told = ["format", "rows", "seconds", "status"].map(|name| import[name].clone());
            assert_eq!(told, [json!(format), json!(rows), json!(seconds), json!("complete")], "{name}");
        }
    }
    let help = std::fs::read(folder.join("freckle/noko-help-example-anonymised.csv"))?;
    let refused = stack.post(&help, &[]).await?.expect(422)?;
    let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("date_order"), "{message}");
    let id = stack.import(&help, &[("date_order", "mdy")]).await?;
    let import = stack.native(id).await?;
    assert_eq!([&import["rows"], &import["seconds"]], [&json!(3), &json!(12_600)]);
    // A refused upload becomes unsupported, with the same reasons.
    let id = stack.upload(help).await?;
    stack.idle().await?;
    let import: Value = stack.native(id).await?;
    assert_eq!(import["status"], "unsupported");
    assert!(import["reasons"].to_string().contains("date_order"), "{import}");
    Ok(())
}
