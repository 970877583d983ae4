//! Imports one after another, edits by hand between them, and undos in any order.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::native::of_user;

fn upsert() -> Value {
    json!({ "action": "update or add", "key_fields": ["Email"] })
}

#[tokio::test]
async fn a_later_import_stands_when_the_one_before_is_undone_and_its_own_undo_restores_past_it() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "By hand" })).await?;
    let before = harbour.workspace().await?;
    let first = harbour.import("Email,Name\nada@example.com,First\n", &upsert()).await?;
    let second = harbour.import("Email,Name\nada@example.com,Second\n", &upsert()).await?;
    let undone = harbour.undo(&first).await?;
    assert_eq!((&undone["changes_kept"], &undone["restored"]), (&json!(1), &json!(0)), "{undone}");
    assert_eq!(harbour.shown(ada).await?, "ada@example.com|Second|Utrecht|0");
    harbour.undo(&second).await?;
    assert_eq!(harbour.shown(ada).await?, "ada@example.com|By hand|Utrecht|0");
    harbour.is_as_but_for_times(&before).await
}

#[tokio::test]
async fn an_edit_by_hand_stands_and_the_other_fields_are_restored() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "Old", "City": "Delft" })).await?;
    let import = harbour.import("Email,Name,City\nada@example.com,New,Breda\n", &upsert()).await?;
    harbour.edit(ada, &json!({ "City": "Leiden" })).await?;
    let undone = harbour.undo(&import).await?;
    assert_eq!(undone["changes_kept"], json!(1), "{undone}");
    assert_eq!(harbour.shown(ada).await?, "ada@example.com|Old|Leiden|0");
    Ok(())
}

#[tokio::test]
async fn a_profile_that_people_edited_stays_when_its_import_is_undone() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let import = harbour.import("Email,Name\nada@example.com,Ada\nbea@example.com,Bea\n", &json!({})).await?;
    harbour.edit(id_of(&import, 1), &json!({ "City": "Leiden" })).await?;
    let undone = harbour.undo(&import).await?;
    assert_eq!(
        (&undone["removed"], &undone["kept"]),
        (&json!(1), &json!([{ "kind": "profile", "id": id_of(&import, 1) }]))
    );
    assert_eq!(harbour.shown(id_of(&import, 1)).await?, "ada@example.com|Ada|Leiden|0");
    // The kept profile is found by its key.
    let again = harbour.import("Email,Name\nADA@example.com,Ada B\n", &upsert()).await?;
    assert_eq!(harbour.outcomes(&again).await?, ["updated"]);
    Ok(())
}

#[tokio::test]
async fn two_imports_at_once_with_one_key_give_one_profile_and_the_later_wins() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let before = harbour.workspace().await?;
    let mut imports = Vec::new();
    for name in ["First", "Second"] {
        let mut asked = upsert();
        asked["type"] = json!("ProfileImport");
        asked["database"] = json!("harbour");
        asked["source"] = json!(format!("Email,Name\nada@example.com,{name}\n"));
        let request = of_user(&harbour.stack, Method::POST, "/imports").json(&asked);
        imports.push(harbour.stack.answer(request).await?.expect(202)?);
    }
    harbour.stack.idle().await?;
    let outcomes = [harbour.outcomes(&imports[0]).await?, harbour.outcomes(&imports[1]).await?];
    assert_eq!(outcomes, [["created"], ["updated"]]);
    assert_eq!(harbour.shown(id_of(&imports[0], 1)).await?, "ada@example.com|Second|Utrecht|0");
    harbour.undo(&imports[0]).await?;
    assert_eq!(harbour.shown(id_of(&imports[0], 1)).await?, "ada@example.com|Second|Utrecht|0");
    harbour.undo(&imports[1]).await?;
    harbour.is_as(&before).await
}
