//! The follow-ups of an import: a message for each record to which the import or its undo wrote.

use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::copernica::made;
use crate::postman::Postman;

/// The follow-ups that wait, each as type, row and record, in the order of rows and types.
fn taken(harbour: &Harbour) -> anyhow::Result<Vec<(String, u64, u64)>> {
    let mut taken = Vec::new();
    for body in Postman::of(&harbour.stack.system).follow_ups() {
        let body: Value = serde_json::from_str(&body)?;
        let number = |name: &str| body[name].as_u64().unwrap_or_default();
        let kind = if body["profile"].is_null() { "subprofile" } else { "profile" };
        let word = body["type"].as_str().unwrap_or_default();
        anyhow::ensure!(word.starts_with(&format!("{kind}.")), "{body}");
        anyhow::ensure!(number("id") == number("import") * 1_000_000_000 + number("row"), "{body}");
        anyhow::ensure!((number("v"), number("account"), number("database")) == (1, 1, harbour.database), "{body}");
        taken.push((word.to_owned(), number("row"), number(kind)));
    }
    taken.sort_by_key(|(word, row, _)| (*row, word.clone()));
    Ok(taken)
}

const FILE: &str = "Email,Name,Pets.Name\n\
                    ada@example.com,Ada,Tom\n\
                    bea@example.com,Bea,Rex\n\
                    bea@example.com,Bea,Kim\n\
                    cy@example.com,Cy,\n\
                    not an address,Dee,\n";

#[tokio::test]
async fn each_record_to_which_an_import_or_its_undo_wrote_gives_a_message() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let tom = harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
    let cy = harbour.profile(&json!({ "Email": "cy@example.com", "Name": "Cy" })).await?;
    let before = harbour.workspace().await?;
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"], "followups": true });
    let import = harbour.import(FILE, &options).await?;
    let outcomes = harbour.outcomes(&import).await?;
    assert_eq!(outcomes, ["updated", "created", "created", "unchanged", "failed invalid_email"], "{cy}, {tom}");
    let said = |word: &str, row: u64, record: u64| (word.to_owned(), row, record);
    let (leader, rex, kim) = (id_of(&import, 3), id_of(&import, 2), id_of(&import, 3));
    assert_eq!(
        taken(&harbour)?,
        [
            said("profile.updated", 1, ada),
            said("subprofile.created", 2, rex),
            said("profile.created", 3, leader),
            said("subprofile.created", 3, kim),
        ]
    );
    harbour.edit(leader, &json!({ "City": "Delft" })).await?;
    harbour.undo(&import).await?;
    // The profile to which somebody wrote stays, and its subprofiles go.
    assert_eq!(
        taken(&harbour)?,
        [said("profile.restored", 1, ada), said("subprofile.removed", 2, rex), said("subprofile.removed", 3, kim)]
    );
    assert!(harbour.is_as(&before).await.is_err(), "the edited profile stays");
    Ok(())
}

#[tokio::test]
async fn a_deletion_and_its_undo_give_messages_and_an_import_without_the_option_gives_none() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let file = "Email\nnobody@example.com\nada@example.com\n";
    let silent = json!({ "action": "delete", "key_fields": ["Email"] });
    let import = harbour.import(file, &silent).await?;
    harbour.undo(&import).await?;
    assert_eq!(taken(&harbour)?, []);
    let telling = json!({ "action": "delete", "key_fields": ["Email"], "followups": true });
    let import = harbour.import(file, &telling).await?;
    assert_eq!(taken(&harbour)?, [("profile.removed".to_owned(), 2, ada)]);
    harbour.undo(&import).await?;
    assert_eq!(taken(&harbour)?, [("profile.restored".to_owned(), 2, ada)]);
    Ok(())
}

#[tokio::test]
async fn an_import_of_the_copernica_door_gives_messages() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let body = json!({
        "database": harbour.database, "followups": "true", "delimiter": ",", "source": "Email\nada@example.com\n",
    });
    let import = made(&harbour.stack, "/imports", &body).await?;
    harbour.stack.idle().await?;
    assert_eq!(taken(&harbour)?, [("profile.created".to_owned(), 1, import * 1_000_000_000 + 1)]);
    Ok(())
}

#[tokio::test]
async fn a_record_removed_as_missing_and_its_return_give_messages_with_a_row_behind_the_file() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let mut missing = Vec::new();
    harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    for name in ["bea", "cy", "dan"] {
        missing.push(harbour.profile(&json!({ "Email": format!("{name}@example.com") })).await?);
    }
    let options = json!({
        "action": "update", "key_fields": ["Email"], "remove_missing": true, "remove_missing_share": 1, "followups": true,
    });
    let import = harbour.import("Email\nada@example.com\n", &options).await?;
    let told = |word: &str| (3..).zip(&missing).map(|(row, &id)| (word.to_owned(), row, id)).collect::<Vec<_>>();
    assert_eq!(taken(&harbour)?, told("profile.removed"), "{import}");
    harbour.undo(&import).await?;
    assert_eq!(taken(&harbour)?, told("profile.restored"));
    Ok(())
}

#[tokio::test]
async fn a_profile_which_is_only_held_for_a_new_subprofile_gives_no_message() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    harbour.import("Email\nada@example.com\n", &json!({})).await?;
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"], "followups": true });
    let import = harbour.import("Email,Pets.Name\nada@example.com,Tom\n", &options).await?;
    let tom = id_of(&import, 1);
    assert_eq!(taken(&harbour)?, [("subprofile.created".to_owned(), 1, tom)]);
    harbour.undo(&import).await?;
    assert_eq!(taken(&harbour)?, [("subprofile.removed".to_owned(), 1, tom)]);
    Ok(())
}
