//! Index items: written by people and imports, made and dropped when a field gets or loses its index.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::copernica::{delete, get, put};

/// The time after which no function is at work that read the database before, and a minute.
pub(super) const LONG: Duration = Duration::from_secs(1020);

impl Harbour {
    /// The id of a field of the database.
    pub(super) async fn field(&self, name: &str) -> anyhow::Result<u64> {
        let fields = get(&self.stack, &format!("/database/{}/fields", self.database)).await?;
        let id = |field: &Value| (field["name"] == name).then(|| field["ID"].as_str()?.parse().ok()).flatten();
        Ok(fields["data"].as_array().into_iter().flatten().find_map(id).expect("a field"))
    }

    /// The profiles in the index of a field, in order.
    async fn in_index(&self, field: u64) -> anyhow::Result<Vec<u64>> {
        let of_field = format!("A#1#ix#{}#{field}#", self.database);
        let keys = self.workspace().await?.into_keys().filter(|(pk, _)| pk.starts_with(&of_field));
        let mut ids: Vec<u64> = keys.filter_map(|(_, sk)| sk.trim_start_matches('0').parse().ok()).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    async fn sweep_later(&self) -> anyhow::Result<()> {
        self.stack.system.services().clock.turn(LONG);
        sweep::handle(&self.stack.functions().sweep).await?;
        Ok(())
    }

    async fn give_index(&self, field: u64, index: bool) -> anyhow::Result<()> {
        put(&self.stack, &format!("/database/{}/field/{field}", self.database), &json!({ "index": index })).await
    }
}

#[tokio::test]
async fn every_value_of_an_indexed_field_has_an_item_as_long_as_it_stands() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let email = harbour.field("Email").await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let file = "Email,Name\nbea@example.com,Bea\n,Nobody\nADA@example.com,Ada\n";
    let import = harbour.import(file, &json!({ "action": "add" })).await?;
    let [bea, eda] = [1, 3].map(|row| id_of(&import, row));
    assert_eq!(harbour.in_index(email).await?, [bea, eda, ada]);
    // Both have the same key, and one of them gets another.
    let before = harbour.workspace().await?;
    harbour.edit(ada, &json!({ "Email": "nobody@example.com" })).await?;
    harbour.edit(ada, &json!({ "Email": "ada@example.com" })).await?;
    harbour.is_as_but_for_times(&before).await?;
    harbour.edit(ada, &json!({ "Email": "" })).await?;
    assert_eq!(harbour.in_index(email).await?, [bea, eda]);
    delete(&harbour.stack, &format!("/profile/{bea}")).await?;
    assert_eq!(harbour.in_index(email).await?, [eda]);
    harbour.undo(&import).await?;
    assert_eq!(harbour.in_index(email).await?, [0_u64; 0]);
    Ok(())
}

#[tokio::test]
async fn a_field_that_gets_an_index_is_looked_up_once_all_records_are_in_it() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let name = harbour.field("Name").await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "Ada" })).await?;
    let file = "Email,Name\nbea@example.com,Bea\ncleo@example.com,\nada@example.com, ADA \n";
    let import = harbour.import(file, &json!({ "action": "add" })).await?;
    let [bea, cleo, other] = [1, 2, 3].map(|row| id_of(&import, row));
    let options = json!({ "action": "delete", "key_fields": ["Email"] });
    let deletion = harbour.import("Email\nbea@example.com\n", &options).await?;
    harbour.give_index(name, true).await?;
    assert_eq!(harbour.in_index(name).await?, [0_u64; 0]);
    // Whoever writes from now on puts the items.
    harbour.edit(cleo, &json!({ "Name": "Cleo" })).await?;
    assert_eq!(harbour.in_index(name).await?, [cleo]);
    // Functions may still be at work that read the database before.
    sweep::handle(&harbour.stack.functions().sweep).await?;
    assert_eq!(harbour.in_index(name).await?, [cleo]);
    let update = json!({ "action": "update", "key_fields": ["Name"], "matches": "all" });
    let found = harbour.import("Name,City\nada,Delft\n", &update).await?;
    assert_eq!(harbour.outcomes(&found).await?, ["updated"]);
    harbour.undo(&found).await?;

    harbour.sweep_later().await?;
    assert_eq!(harbour.in_index(name).await?, [bea, cleo, other, ada]);
    let found = harbour.import("Name,City\nada,Delft\nBEA,Delft\n", &update).await?;
    assert_eq!(harbour.outcomes(&found).await?, ["updated", "skipped no_match"]);
    assert_eq!(
        (harbour.shown(ada).await?, harbour.shown(other).await?),
        ("ada@example.com|ada|Delft|0".to_owned(), "ada@example.com|ada|Delft|0".to_owned())
    );
    // What the deletion hid is in the index when it comes back.
    harbour.undo(&deletion).await?;
    let found = harbour.import("Name,City\nBEA,Delft\n", &update).await?;
    assert_eq!(harbour.outcomes(&found).await?, ["updated"]);

    harbour.give_index(name, false).await?;
    harbour.edit(cleo, &json!({ "Name": "Klea" })).await?;
    harbour.sweep_later().await?;
    assert_eq!(harbour.in_index(name).await?, [0_u64; 0]);
    Ok(())
}

#[tokio::test]
async fn an_undo_leaves_no_item_of_a_field_that_was_deleted_before_the_sweep_came() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let email = harbour.field("Email").await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "Ada" })).await?;
    let keys = json!({ "action": "update or add", "key_fields": ["Name"] });
    let import = harbour.import("Email,Name\nnew@example.com,Ada\nbea@example.com,Bea\n", &keys).await?;
    assert_eq!(harbour.in_index(email).await?, [id_of(&import, 2), ada]);
    delete(&harbour.stack, &format!("/database/{}/field/{email}", harbour.database)).await?;
    let undone = harbour.undo(&import).await?;
    assert_eq!(harbour.in_index(email).await?, [0_u64; 0]);
    // The former address of the first profile cannot be seen any more.
    assert_eq!((&undone["gone"], &undone["restored"]), (&json!(1), &json!(0)), "{undone}");
    assert_eq!(harbour.rows(&import).await?[0]["undo"], "gone");
    Ok(())
}

#[tokio::test]
async fn a_field_that_has_lost_its_index_gets_no_further_items() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let email = harbour.field("Email").await?;
    let keys = json!({ "action": "update or add", "key_fields": ["Name"] });
    let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Name": "Ada" })).await?;
    harbour.give_index(email, false).await?;
    assert_eq!(harbour.in_index(email).await?, [ada]);
    let import = harbour.import("Email,Name\nnew@example.com,Ada\nbea@example.com,Bea\n", &keys).await?;
    harbour.profile(&json!({ "Email": "cleo@example.com" })).await?;
    assert_eq!(harbour.in_index(email).await?, [0_u64; 0]);
    harbour.undo(&import).await?;
    harbour.edit(ada, &json!({ "Email": "third@example.com" })).await?;
    assert_eq!(harbour.in_index(email).await?, [0_u64; 0]);
    harbour.give_index(email, true).await?;
    harbour.sweep_later().await?;
    assert_eq!(harbour.in_index(email).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_edit_leaves_no_item_of_the_former_type_of_a_field() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let name = harbour.field("Name").await?;
    harbour.give_index(name, true).await?;
    let ada = harbour.profile(&json!({ "Name": "Ada" })).await?;
    let field = format!("/database/{}/field/{name}", harbour.database);
    put(&harbour.stack, &field, &json!({ "type": "integer" })).await?;
    harbour.edit(ada, &json!({ "Name": "12" })).await?;
    harbour.sweep_later().await?;
    assert_eq!(harbour.in_index(name).await?, [ada]);
    harbour.edit(ada, &json!({ "Name": "0" })).await?;
    assert_eq!(harbour.in_index(name).await?, [0_u64; 0]);
    Ok(())
}

#[tokio::test]
async fn a_record_is_found_by_what_people_see_in_an_indexed_field_of_another_type() -> anyhow::Result<()> {
    for (before, stored, after, key) in [
        ("text", "07", "integer", "7"),
        ("text", "7 Elm Street", "integer", "7"),
        ("float", "1.5", "integer", "1"),
        ("text", "5 March 2024", "date", "2024-03-05"),
        ("date", "2024-03-05", "datetime", "2024-03-05 00:00:00"),
        ("datetime", "2024-03-05 14:00:00", "text", "2024-03-05 14:00:00"),
    ] {
        let harbour = Harbour::start(2).await?;
        let field = harbour.field("Name").await?;
        let path = format!("/database/{}/field/{field}", harbour.database);
        put(&harbour.stack, &path, &json!({ "type": before, "index": true })).await?;
        let ada = harbour.profile(&json!({ "Name": stored })).await?;
        put(&harbour.stack, &path, &json!({ "type": after })).await?;
        harbour.sweep_later().await?;
        let update = json!({ "action": "update", "key_fields": ["Name"] });
        let import = harbour.import(&format!("Name,City\n{key},Delft\n"), &update).await?;
        assert_eq!(import["cost"]["search"], "lookups", "{before} to {after}");
        assert_eq!(harbour.outcomes(&import).await?, ["updated"], "{stored:?}, from {before} to {after}");
        assert_eq!(harbour.in_index(field).await?, [ada], "{before} to {after}");
        // Nothing of a text that is no value of the type is left.
        put(&harbour.stack, &path, &json!({ "index": false })).await?;
        harbour.sweep_later().await?;
        assert_eq!(harbour.in_index(field).await?, [0_u64; 0], "{before} to {after}");
    }
    Ok(())
}
