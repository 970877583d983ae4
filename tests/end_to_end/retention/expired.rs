//! Tests of undos and readers after DynamoDB has deleted before-images and tombstones.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::store::{Key, Table};

use super::Desk;
use crate::copernica;
use crate::dump::differences;

/// Three imports give the profile another name, each on a day of its own, and the first two are undone. Before the third is undone,
/// the time of the first is over.
async fn three_names(desk: &Desk) -> anyhow::Result<[u64; 3]> {
    let turn = |days: u64| desk.services().clock.turn(Duration::from_secs(days * 24 * 3600));
    let first = desk.rename("First").await?;
    turn(1);
    let second = desk.rename("Second").await?;
    turn(2);
    let third = desk.rename("Third").await?;
    turn(1);
    desk.undo(first).await?;
    desk.undo(second).await?;
    assert_eq!(desk.harbour.shown(desk.ada).await?, "ada@example.com|Third|Utrecht|0");
    desk.turn_past(first, 1).await?;
    Ok([first, second, third])
}

#[tokio::test]
async fn a_field_whose_former_value_has_expired_is_kept_and_named() -> anyhow::Result<()> {
    let desk = Desk::open("7").await?;
    let [first, _, third] = three_names(&desk).await?;
    // DynamoDB deletes the images.
    let images = desk.images(first).await?;
    assert!(!images.is_empty());
    desk.services().store.delete_all(images).await?;
    let undone = desk.undo(third).await?;
    let told = ["restored", "changes_kept", "gone", "expired"].map(|name| undone[name].clone());
    assert_eq!(told, [0, 0, 0, 1].map(Value::from), "{undone}");
    assert_eq!(desk.harbour.shown(desk.ada).await?, "ada@example.com|Third|Utrecht|0");
    let rows = desk.harbour.rows(&json!({ "id": third })).await?;
    assert_eq!(rows.iter().map(|row| &row["undo"]).collect::<Vec<_>>(), ["expired"]);
    // The kept value is people's: the undo of a later import gives it back.
    let fourth = desk.rename("Fourth").await?;
    assert_eq!(desk.harbour.shown(desk.ada).await?, "ada@example.com|Fourth|Utrecht|0");
    assert_eq!(desk.undo(fourth).await?["restored"], 1);
    assert_eq!(desk.harbour.shown(desk.ada).await?, "ada@example.com|Third|Utrecht|0");
    Ok(())
}

#[tokio::test]
async fn a_field_is_restored_past_undone_imports_whose_images_are_there() -> anyhow::Result<()> {
    let desk = Desk::open("7").await?;
    let before = desk.workspace().await?;
    let [.., third] = three_names(&desk).await?;
    let undone = desk.undo(third).await?;
    assert_eq!((&undone["restored"], undone.get("expired")), (&json!(1), None), "{undone}");
    let mut left = differences(&desk.workspace().await?, &before);
    // Others have changed the profile since, so the time of its last change is that of an undo.
    left.retain(|line| !line.contains(" updated_at: "));
    assert_eq!(left, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_deleted_profile_whose_tombstone_has_expired_is_like_one_that_never_was() -> anyhow::Result<()> {
    let desk = Desk::open("7").await?;
    let stack = &desk.harbour.stack;
    let tom = desk.harbour.pet(desk.ada, &json!({ "Name": "Tom" })).await?;
    desk.import(&desk.profiles("Email\nada@example.com\n", "delete")).await?;
    let removed = copernica::get(stack, &format!("/profile/{}", desk.ada)).await?;
    assert_ne!(removed["removed"], json!(false));
    // DynamoDB deletes the tombstone.
    let workspace = stack.workspace().await?;
    let tombstones = workspace.values().filter(|item| item.contains_key("gone"));
    let tombstones: Vec<_> = tombstones.map(|item| Key::of(Table::Workspace, item)).collect();
    assert_eq!(tombstones.len(), 1);
    desk.services().store.delete_all(tombstones).await?;
    let profile = copernica::refused(stack, Method::GET, &format!("/profile/{}", desk.ada), &Value::Null).await?;
    assert_eq!(profile, "No entity with supplied ID");
    let pet = copernica::refused(stack, Method::GET, &format!("/subprofile/{tom}"), &Value::Null).await?;
    assert_eq!(pet, "No subprofile with supplied ID");
    // The index item of the address leads to nothing.
    let again = desk.rename("Again").await?;
    let counts = desk.harbour.stack.native(again).await?["counts"].clone();
    assert_eq!((&counts["created"], &counts["updated"]), (&json!(1), &json!(0)), "{counts}");
    Ok(())
}
