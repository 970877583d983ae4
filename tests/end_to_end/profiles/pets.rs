//! Files with columns of a collection: each row has a subprofile, and rows of one profile share it.

use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::copernica::get;

/// A subprofile as `profile name kind`.
async fn pet(harbour: &Harbour, id: u64) -> anyhow::Result<String> {
    let pet = get(&harbour.stack, &format!("/subprofile/{id}")).await?;
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    Ok([&pet["profile"], &pet["fields"]["Name"], &pet["fields"]["Kind"]].map(text).join("|"))
}

#[tokio::test]
async fn rows_of_a_new_profile_share_it_and_each_has_its_own_subprofile() -> anyhow::Result<()> {
    for action in ["add", "update or add"] {
        let harbour = Harbour::start(2).await?;
        let before = harbour.workspace().await?;
        let file = "Email,Name,Pets.Name,Pets.Kind\n\
                    ada@example.com,Ada,Tom,cat\n\
                    bea@example.com,Bea,Rex,dog\n\
                    ada@example.com,Ada,Ant,ant\n\
                    bea@example.com,Bea,,\n";
        let options = json!({ "action": action, "key_fields": ["Email", "Pets.Name"] });
        let import = harbour.import(file, &options).await?;
        assert_eq!(import["status"], "complete", "{import}");
        let outcomes = harbour.outcomes(&import).await?;
        assert!(outcomes[..3].iter().all(|outcome| outcome == "created"), "{action}: {outcomes:?}");
        let profiles = harbour.stack.workspace().await?.into_keys().filter(|(pk, _)| pk.contains("#profile#")).count();
        assert_eq!(profiles, 2, "{action}: one for each key");
        let tom = pet(&harbour, id_of(&import, 1)).await?;
        let ant = pet(&harbour, id_of(&import, 3)).await?;
        let (owner, _) = tom.split_once('|').unwrap_or_default();
        assert_eq!(
            (tom.as_str(), ant.as_str()),
            (&*format!("{owner}|Tom|cat"), &*format!("{owner}|Ant|ant")),
            "{action}"
        );
        assert_eq!(harbour.shown(owner.parse()?).await?, "ada@example.com|Ada|Utrecht|0", "{action}");
        harbour.undo(&import).await?;
        harbour.is_as(&before).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_subprofile_is_changed_or_made_under_the_profile_which_stands() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let tom = harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
    let before = harbour.workspace().await?;
    let file = "Email,Name,Pets.Name,Pets.Kind\n\
                ada@example.com,Ada,TOM,cat\n\
                ada@example.com,Ada,Ant,ant\n\
                ada@example.com,Ada B,Rex,dog\n";
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] });
    let import = harbour.import(file, &options).await?;
    assert_eq!(harbour.outcomes(&import).await?, ["updated", "created", "created"]);
    assert_eq!(harbour.shown(ada).await?, "ada@example.com|Ada B|Utrecht|0");
    assert_eq!(pet(&harbour, tom).await?, format!("{ada}|TOM|cat"));
    assert_eq!(pet(&harbour, id_of(&import, 2)).await?, format!("{ada}|Ant|ant"));
    assert_eq!(pet(&harbour, id_of(&import, 3)).await?, format!("{ada}|Rex|dog"));
    harbour.undo(&import).await?;
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_profile_stays_for_the_subprofiles_of_others_when_its_import_is_undone() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let before = harbour.workspace().await?;
    let first = harbour.import("Email,Name\nada@example.com,Ada\n", &json!({})).await?;
    let ada = id_of(&first, 1);
    let options = json!({ "action": "ignore or add", "key_fields": ["Email", "Pets.Name"] });
    let file = "Email,Pets.Name\nada@example.com,Tom\nada@example.com,Ant\n";
    let second = harbour.import(file, &options).await?;
    assert_eq!(harbour.outcomes(&second).await?, ["created", "created"]);
    let undone = harbour.undo(&first).await?;
    assert_eq!(undone["kept"], json!([{ "kind": "profile", "id": ada }]), "{undone}");
    assert_eq!(harbour.shown(ada).await?, "ada@example.com|Ada|Utrecht|0");
    assert_eq!(pet(&harbour, id_of(&second, 1)).await?, format!("{ada}|Tom|"));
    harbour.undo(&second).await?;
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_row_may_change_a_profile_and_a_subprofile_of_the_same_number() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] });
    let first = harbour.import("Email,Name,Pets.Name,Pets.Kind\nada@example.com,Ada,Tom,cat\n", &options).await?;
    let before = harbour.workspace().await?;
    let second = harbour.import("Email,Name,Pets.Name,Pets.Kind\nada@example.com,Bea,Tom,dog\n", &options).await?;
    assert_eq!(harbour.outcomes(&second).await?, ["updated"]);
    let (profile, id) = (harbour.shown(id_of(&first, 1)).await?, id_of(&first, 1));
    assert_eq!((profile, pet(&harbour, id).await?), ("ada@example.com|Bea|Utrecht|0".into(), format!("{id}|Tom|dog")));
    harbour.undo(&second).await?;
    harbour.is_as(&before).await
}
