//! Deletions by a file, and their undo.

use serde_json::json;

use super::Harbour;
use crate::copernica::get;

#[tokio::test]
async fn a_deleted_profile_goes_with_its_subprofiles_and_comes_back_with_them() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "Ada" })).await?;
    let tom = harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
    let bea = harbour.profile(&json!({ "Email": "bea@example.com" })).await?;
    let secret = get(&harbour.stack, &format!("/profile/{ada}")).await?["secret"].clone();
    let before = harbour.workspace().await?;
    let file = "Email,Name\nada@example.com,ignored\nnobody@example.com,\n,nameless\nADA@example.com,\n";
    let import = harbour.import(file, &json!({ "action": "delete", "key_fields": ["Email"] })).await?;
    assert_eq!(
        harbour.outcomes(&import).await?,
        ["skipped same_key_later", "skipped no_match", "failed missing", "deleted"]
    );
    assert_eq!(
        (harbour.shown(ada).await?, harbour.shown(bea).await?),
        ("removed".into(), "bea@example.com||Utrecht|0".into())
    );
    let pet = get(&harbour.stack, &format!("/subprofile/{tom}")).await?;
    assert_eq!(pet["fields"]["Name"], "");
    let undone = harbour.undo(&import).await?;
    assert_eq!((&undone["brought_back"], &undone["removed"]), (&json!(1), &json!(0)), "{undone}");
    assert_eq!(harbour.rows(&import).await?[3]["undo"], "brought_back");
    assert_eq!(get(&harbour.stack, &format!("/profile/{ada}")).await?["secret"], secret);
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_subprofile_is_deleted_alone_if_it_is_the_target() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let tom = harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
    let ant = harbour.pet(ada, &json!({ "Name": "Ant" })).await?;
    let before = harbour.workspace().await?;
    let options = json!({ "action": "delete", "key_fields": ["Email", "Pets.Name"], "delete_target": "subprofile" });
    let import = harbour.import("Email,Pets.Name\nada@example.com,TOM\nada@example.com,Rex\n", &options).await?;
    assert_eq!(harbour.outcomes(&import).await?, ["deleted", "skipped no_match"]);
    assert_eq!(harbour.rows(&import).await?[0]["record_id"], json!(tom));
    assert_eq!(get(&harbour.stack, &format!("/subprofile/{tom}")).await?["fields"]["Name"], "");
    assert_eq!(get(&harbour.stack, &format!("/subprofile/{ant}")).await?["fields"]["Name"], "Ant");
    harbour.undo(&import).await?;
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_profile_that_people_delete_after_an_import_deleted_it_stays_deleted() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let options = json!({ "action": "update", "key_fields": ["Email"] });
    let update = harbour.import("Email,Name\nada@example.com,Ada\n", &options).await?;
    crate::copernica::delete(&harbour.stack, &format!("/profile/{ada}")).await?;
    let undone = harbour.undo(&update).await?;
    assert_eq!((&undone["gone"], &undone["restored"]), (&json!(1), &json!(0)), "{undone}");
    assert_eq!(harbour.shown(ada).await?, "removed");
    Ok(())
}
