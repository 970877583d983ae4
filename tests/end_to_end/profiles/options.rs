//! The options of imports of profiles at the native door, in drops, and the schema which an import pins.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::native::of_user;

#[tokio::test]
async fn options_that_do_not_fit_are_refused_and_nothing_is_made() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    for (options, field) in [
        (json!({ "database": null }), "database"),
        (json!({ "database": "nowhere" }), "database"),
        (json!({ "database": 99 }), "database"),
        (json!({ "action": "update" }), "key_fields"),
        (json!({ "action": "upsert" }), "action"),
        (json!({ "key_fields": ["Email", "Shoe size"] }), "key_fields"),
        (json!({ "key_fields": ["interest.Tea"] }), "key_fields"),
        (json!({ "remove_missing": true, "key_fields": ["Email"], "action": "delete" }), "remove_missing"),
        (json!({ "remove_missing": true }), "remove_missing"),
        (json!({ "remove_missing_share": 0.5, "key_fields": ["Email"] }), "remove_missing_share"),
        (json!({ "duplicates": "skip" }), "duplicates"),
        (json!({ "key_fields": ["Name"] }), "source"),
    ] {
        let mut asked =
            json!({ "type": "ProfileImport", "database": harbour.database, "source": "Email\nada@example.com\n" });
        asked
            .as_object_mut()
            .into_iter()
            .for_each(|asked| asked.extend(options.as_object().cloned().unwrap_or_default()));
        let answer = harbour.stack.answer(of_user(&harbour.stack, Method::POST, "/imports").json(&asked)).await?;
        assert!(answer.status == 400 || answer.status == 422, "{options}: {} {}", answer.status, answer.text);
        assert!(answer.json()["errors"][field].is_array(), "{options}: {}", answer.text);
    }
    let list = harbour.stack.answer(of_user(&harbour.stack, Method::GET, "/imports")).await?.expect(200)?;
    assert_eq!(list["records"].as_array().map(Vec::len), Some(0), "{list}");
    Ok(())
}

#[tokio::test]
async fn an_import_shows_its_options_and_its_records() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let file = "Email,interest.Tea\nada@example.com,yes\n";
    let import = harbour.import(file, &json!({ "key_fields": ["Email"] })).await?;
    assert_eq!(import["type"], "ProfileImport");
    assert_eq!(import["profiles"]["database"], json!(harbour.database));
    assert_eq!(import["profiles"]["action"], "update or add");
    assert!(import["cost"].is_object(), "{import}");
    let records: Value = harbour
        .stack
        .answer(of_user(&harbour.stack, Method::GET, &format!("/imports/{}/records", import["id"])))
        .await?
        .expect(200)?;
    let record = &records["records"][0];
    assert_eq!((&record["type"], &record["id"]), (&json!("profile"), &json!(id_of(&import, 1))), "{records}");
    assert_eq!(record["fields"]["Email"], "ada@example.com");
    assert_eq!(record["interests"], json!(["Tea"]));
    Ok(())
}

#[tokio::test]
async fn a_file_of_profiles_is_dropped_with_its_options() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let files = &harbour.stack.system.services().files;
    let options = json!({ "database": "Harbour", "key_fields": "Email" }).to_string();
    files.put("inbox/1/profiles/people.csv.options.json", options.into()).await?;
    files.put("inbox/1/profiles/people.csv", "Email,Name\nada@example.com,Ada\n".into()).await?;
    harbour.stack.idle().await?;
    let import = harbour.stack.native(1).await?;
    assert_eq!((&import["type"], &import["status"]), (&json!("ProfileImport"), &json!("complete")), "{import}");
    assert_eq!(harbour.shown(id_of(&import, 1)).await?, "ada@example.com|Ada|Utrecht|0");
    Ok(())
}
