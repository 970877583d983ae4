//! Files with columns of a collection: each row has a subprofile, and rows of one profile share it.

use serde_json::{Value, json};
use shared::plan::plan;

use super::joined::{ACCOUNT, made};
use super::{Harbour, id_of};
use crate::copernica::{delete, get, put};
use crate::faults::Faults;
use crate::postman::Postman;
use crate::stack::Stack;

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

#[tokio::test]
async fn a_profile_stays_for_the_subprofile_that_people_changed() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let options = json!({ "action": "add", "key_fields": ["Email", "Pets.Name"] });
    let first = harbour
        .import("Email,Pets.Name,Pets.Kind\nada@example.com,Tom,cat\nbea@example.com,Rex,dog\n", &options)
        .await?;
    let (ada, bea) = (id_of(&first, 1), id_of(&first, 2));
    let fields = format!("/subprofile/{ada}/fields");
    put(&harbour.stack, &fields, &json!({ "Kind": "lynx" })).await?;
    put(&harbour.stack, &fields, &json!({ "Kind": "puma" })).await?;
    put(&harbour.stack, &format!("/subprofile/{bea}/fields"), &json!({ "Kind": "dog" })).await?;
    harbour.undo(&first).await?;
    assert_eq!(harbour.shown(ada).await?, "ada@example.com||Utrecht|0");
    assert_eq!(pet(&harbour, ada).await?, format!("{ada}|Tom|puma"));
    // A value that the subprofile has already changes nothing.
    let list = get(&harbour.stack, &format!("/database/{}/profiles", harbour.database)).await?;
    assert_eq!(list["total"], 1, "{list}");
    Ok(())
}

#[tokio::test]
async fn a_profile_stays_for_the_subprofile_that_an_import_changed_and_goes_with_that_import() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let before = harbour.workspace().await?;
    let file = |kinds: [&str; 3]| {
        let rows = [("ada", "Tom"), ("ada", "Rex"), ("bea", "Ant")].into_iter().zip(kinds);
        let rows = rows.map(|((name, pet), kind)| format!("{name}@example.com,{pet},{kind}\n"));
        format!("Email,Pets.Name,Pets.Kind\n{}", rows.collect::<String>())
    };
    let keys = ["Email", "Pets.Name"];
    let first = harbour.import(&file(["cat", "dog", "ant"]), &json!({ "action": "add", "key_fields": keys })).await?;
    let update = json!({ "action": "update", "key_fields": keys });
    let second = harbour.import(&file(["lynx", "wolf", "ant"]), &update).await?;
    assert_eq!(harbour.outcomes(&second).await?, ["updated", "updated", "unchanged"]);
    let undone = harbour.undo(&first).await?;
    let ada = id_of(&first, 1);
    assert_eq!(
        undone["kept"],
        json!([
            { "kind": "profile", "id": ada },
            { "kind": "subprofile", "id": ada },
            { "kind": "subprofile", "id": ada + 1 },
        ]),
        "{undone}"
    );
    assert_eq!(harbour.shown(ada).await?, "ada@example.com||Utrecht|0");
    assert_eq!(
        (pet(&harbour, ada).await?, pet(&harbour, ada + 1).await?),
        (format!("{ada}|Tom|lynx"), format!("{ada}|Rex|wolf"))
    );
    harbour.undo(&second).await?;
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_row_which_only_makes_a_subprofile_restores_nothing_in_its_undo() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    harbour.import("Email,Name\nada@example.com,Ada\n", &json!({})).await?;
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] });
    let second = harbour.import("Email,Pets.Name\nada@example.com,Tom\nada@example.com,Ant\n", &options).await?;
    let third = harbour.import("Email,Pets.Name\nada@example.com,Rex\n", &options).await?;
    for import in [second, third] {
        let undone = harbour.undo(&import).await?;
        let told = ["restored", "brought_back", "changes_kept", "gone"].map(|word| undone[word].as_u64());
        assert_eq!(told, [Some(0); 4], "{undone}");
        assert!(harbour.rows(&import).await?.iter().all(|row| row["undo"].is_null()));
    }
    Ok(())
}

#[tokio::test]
async fn rows_whose_profile_people_delete_before_the_load_make_one_profile_together() -> anyhow::Result<()> {
    let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] });
    let file = "Email,Pets.Name\nada@example.com,Tom\nada@example.com,Ant\nbea@example.com,Rex\n";
    let import = made(&harbour, file, &options).await?;
    plan(&harbour.stack.functions().parser, ACCOUNT, import).await?;
    delete(&harbour.stack, &format!("/profile/{ada}")).await?;
    Postman::of(&harbour.stack.system).drain_all(harbour.stack.functions(), &Faults::default()).await;
    let [tom, ant] = [1, 2].map(|row| import.0 * 1_000_000_000 + row);
    assert_eq!(harbour.shown(ant).await?, "ada@example.com||Utrecht|0");
    assert_eq!((pet(&harbour, tom).await?, pet(&harbour, ant).await?), (format!("{ant}|Tom|"), format!("{ant}|Ant|")));
    Ok(())
}
