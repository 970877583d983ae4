//! Tests of an import's errors by cause.

use serde_json::{Value, json};
use shared::id::{ChunkNo, ImportId};
use shared::load::load;
use shared::plan::plan;
use shared::store::keys;

use super::{ACCOUNT, get, make};
use crate::files::toggl;
use crate::stack::Stack;

/// A file in which every third date and every fifth duration cannot be read, and every fourth person is unknown.
fn broken(rows: u64) -> Vec<u8> {
    let mut lines: Vec<String> = toggl(rows, 3, 3).lines().map(str::to_owned).collect();
    for (row, line) in (1_u64..).zip(lines.iter_mut().skip(1)) {
        if row % 3 == 0 {
            *line = line.replacen(",2026-", ",2026-99-", 1);
        } else if row % 5 == 0 {
            *line = line.replace(",00:01:00,", ",a while,");
        } else if row % 4 == 0 {
            *line = line.replace("Demo User,demo@", "Some Body,nobody@");
        }
    }
    (lines.join("\n") + "\n").into_bytes()
}

/// The counts of the causes, and of the reasons of skips.
fn counts(errors: &Value) -> (Vec<u64>, Vec<u64>) {
    let of = |list: &str| {
        let list = errors[list].as_array().cloned().unwrap_or_default();
        list.iter().filter_map(|cause| cause["count"].as_u64()).collect::<Vec<_>>()
    };
    (of("causes"), of("skips"))
}

#[tokio::test]
async fn errors_and_skips_are_counted_by_cause() -> anyhow::Result<()> {
    let stack = Stack::start(7).await?;
    let id = stack.upload_as(broken(120), json!({ "format": "toggl", "fallback_user": null })).await?;
    stack.idle().await?;
    let path = format!("/imports/{id}/errors");
    let errors = get(&stack, &path).await?.expect(200)?;
    insta::assert_json_snapshot!("errors_by_cause", errors);
    let shown = stack.native(id).await?;
    assert_eq!((&errors["failed"], &errors["skipped"]), (&shown["counts"]["failed"], &shown["counts"]["skipped"]));
    assert_eq!(counts(&errors).0.iter().sum::<u64>(), 40 + 16);
    // The same file once more: the rows that were created are there already.
    let again =
        stack.upload_as(broken(120), json!({ "format": "toggl", "fallback_user": null, "duplicates": "skip" })).await?;
    stack.idle().await?;
    let errors_again = get(&stack, &format!("/imports/{again}/errors")).await?.expect(200)?;
    assert_eq!(errors_again["causes"], errors["causes"]);
    assert_eq!(errors_again["skips"][0]["code"], "already_there");
    assert_eq!(counts(&errors_again).1, [48, 16]);
    // An import that settled before causes were stored is read from its ledger pages.
    let store = &stack.system.services().store;
    store.delete_all(vec![keys::found_apart(ACCOUNT, ImportId(id), "causes")]).await?;
    assert_eq!(get(&stack, &path).await?.expect(200)?, errors);
    // An undo keeps the errors, as it keeps the results.
    stack.undo(again).await?;
    assert_eq!(get(&stack, &format!("/imports/{again}/errors")).await?.expect(200)?, errors_again);
    Ok(())
}

#[tokio::test]
async fn errors_are_told_while_rows_are_loaded_and_are_complete_at_the_end() -> anyhow::Result<()> {
    let stack = Stack::by_hand(30).await?;
    let waiting = make(&stack, 0).await?.id;
    let none = get(&stack, &format!("/imports/{waiting}/errors")).await?.expect(200)?;
    assert_eq!((&none["failed"], &none["causes"], &none["complete"]), (&json!(0), &json!([]), &json!(false)));
    let id = stack.upload_as(broken(120), json!({ "format": "toggl", "fallback_user": null })).await?;
    plan(&stack.functions().parser, ACCOUNT, ImportId(id)).await?;
    for (loaded, chunk) in (1..).zip([2, 0, 3, 1]) {
        load(&stack.functions().loader, ACCOUNT, ImportId(id), ChunkNo(chunk)).await?;
        let errors = get(&stack, &format!("/imports/{id}/errors")).await?.expect(200)?;
        assert_eq!(errors["complete"], loaded == 4, "{errors}");
        assert_eq!(counts(&errors).0.iter().sum::<u64>(), errors["failed"].as_u64().unwrap_or_default());
        assert_eq!(counts(&errors).1.iter().sum::<u64>(), errors["skipped"].as_u64().unwrap_or_default());
        assert_eq!(errors["failed"], loaded * 14, "{errors}");
    }
    Ok(())
}
