//! Tests of dropped files of contacts.

use serde_json::{Value, json};

use super::{drop_file, report};
use crate::dump::differences;
use crate::files::TOGGL;
use crate::stack::Stack;

const CONTACTS: &str = include_str!("../fixtures/contacts.csv");

/// The type, the status, and the numbers of created and skipped rows in a report.
fn told(report: &Value) -> Value {
    let counts = &report["counts"];
    json!([report["type"], report["status"], counts["created"], counts["skipped"]])
}

#[tokio::test]
async fn the_folder_the_metadata_or_the_file_says_that_a_drop_has_contacts() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    drop_file(&stack, "inbox/1/contacts/a.csv", CONTACTS.as_bytes(), &[]).await?;
    let first = report(&stack, "a.csv").await?;
    assert_eq!(told(&first), json!(["ContactImport", "partially_complete", 4, 1]), "{first}");
    // A drop skips who stands.
    drop_file(&stack, "inbox/1/auto/b.csv", CONTACTS.as_bytes(), &[("type", "ContactImport")]).await?;
    assert_eq!(told(&report(&stack, "b.csv").await?), json!(["ContactImport", "partially_complete", 0, 5]));
    drop_file(&stack, "inbox/1/auto/c.csv", CONTACTS.as_bytes(), &[]).await?;
    assert_eq!(told(&report(&stack, "c.csv").await?), json!(["ContactImport", "partially_complete", 0, 5]));
    drop_file(&stack, "inbox/1/auto/d.csv", TOGGL.as_bytes(), &[]).await?;
    assert_eq!(told(&report(&stack, "d.csv").await?), json!(["TimeEntryImport", "complete", 5, 0]));
    for id in 1..=4 {
        stack.revert(id).await?;
    }
    assert_eq!(differences(&before, &stack.workspace().await?), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_drop_changes_people_if_its_metadata_or_its_side_car_says_so() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    drop_file(&stack, "inbox/1/contacts/a.csv", b"Name,Email\nRobin,robin@example.com\nLee Ash,\n", &[]).await?;
    let before = stack.workspace().await?;
    let changes = b"Name,Email,Company\nRobin Quay,robin@example.com,Alder\nLee Ash,,\nMo,mo@example.com,\n";
    drop_file(&stack, "inbox/1/contacts/b.csv", changes, &[("update-policy", "overwrite")]).await?;
    let told = report(&stack, "b.csv").await?;
    // The person without an address is compared by name, as in each drop.
    assert_eq!(
        json!([told["status"], told["counts"]["updated"], told["counts"]["created"], told["counts"]["skipped"]]),
        json!(["complete", 1, 1, 1]),
        "{told}"
    );
    stack.revert(2).await?;
    let left = |(pk, _): &(String, String)| !pk.contains("#person#");
    let without_people =
        |dump: crate::dump::Dump| crate::dump::Dump::from_iter(dump.into_iter().filter(|(key, _)| left(key)));
    assert_eq!(differences(&without_people(before), &without_people(stack.workspace().await?)), [""; 0]);
    drop_file(&stack, "inbox/1/contacts/c.csv.options.json", br#"{"update_policy": "skip"}"#, &[]).await?;
    drop_file(&stack, "inbox/1/contacts/c.csv", changes, &[]).await?;
    let told = report(&stack, "c.csv").await?;
    assert_eq!(
        json!([told["counts"]["created"], told["counts"]["skipped"], told["duplicates"]]),
        json!([1, 2, 1]),
        "{told}"
    );
    let wrong = [("update-policy", "fill_empty"), ("duplicates", "skip")];
    drop_file(&stack, "inbox/1/contacts/d.csv", changes, &wrong).await?;
    let why = report(&stack, "d.csv").await?["reasons"].to_string();
    assert!(why.contains("duplicates=skip") && why.contains("update_policy=fill_empty"), "{why}");
    Ok(())
}

#[tokio::test]
async fn a_drop_of_contacts_takes_no_option_of_time_entries_and_no_type_against_its_folder() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    drop_file(&stack, "inbox/1/contacts/a.csv", CONTACTS.as_bytes(), &[("import-tags", "false")]).await?;
    let why = report(&stack, "a.csv").await?["reasons"].to_string();
    assert!(why.contains("import_tags belongs to an import of time entries"), "{why}");
    drop_file(&stack, "inbox/1/toggl/b.csv", TOGGL.as_bytes(), &[("type", "ContactImport")]).await?;
    let why = report(&stack, "b.csv").await?["reasons"].to_string();
    assert!(why.contains("type says ContactImport, and the folder"), "{why}");
    Ok(())
}
