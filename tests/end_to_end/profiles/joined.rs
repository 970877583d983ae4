//! The join of a file with what stands: by lookups and by scans alike, in shares, again after a stop, and at the price which the
//! import tells.

use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ChunkNo, ImportId};
use shared::load::load;
use shared::plan::plan;
use shared::services::Services;
use shared::store::Table;

use super::{Harbour, id_of};
use crate::faults::Faults;
use crate::native::{of_user, post};
use crate::postman::Postman;
use crate::stack::Stack;

pub(super) const ACCOUNT: AccountId = AccountId(1);

fn update(key: &str) -> Value {
    json!({ "action": "update", "key_fields": [key] })
}

/// The way to the records, as the import tells with its price.
fn way(import: &Value) -> String {
    import["cost"]["search"].as_str().unwrap_or_default().to_owned()
}

/// Makes an import in a stack without delivery, and returns its id. Nothing is planned yet.
pub(super) async fn made(harbour: &Harbour, source: &str, options: &Value) -> anyhow::Result<ImportId> {
    let mut asked = json!({ "type": "ProfileImport", "database": harbour.database, "source": source });
    for (name, value) in options.as_object().into_iter().flatten() {
        asked[name] = value.clone();
    }
    let request = of_user(&harbour.stack, Method::POST, "/imports").json(&asked);
    let made = harbour.stack.answer(request).await?.expect(202)?;
    made["id"].as_u64().map(ImportId).context("no id")
}

#[tokio::test]
async fn an_indexed_key_and_a_number_are_looked_up_and_another_key_takes_a_scan() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let mut ids = Vec::new();
    for (email, name) in [("ada@example.com", "Ada"), ("bea@example.com", "Bea"), ("cy@example.com", "Cy")] {
        ids.push(harbour.profile(&json!({ "Email": email, "Name": name, "Points": "7" })).await?);
    }
    let by_number = format!("ID,City\n{},Delft\n{},Delft\n5,Delft\n", ids[2], ids[0]);
    for (key, file, search, outcomes) in [
        (
            "Email",
            "Email,City\nADA@example.com ,Breda\nno@example.com,Breda\n",
            "lookups",
            ["updated", "skipped no_match"],
        ),
        ("Name", "Name,City\nada,Leiden\nDora,Leiden\n", "scan", ["updated", "skipped no_match"]),
        ("ID", by_number.as_str(), "lookups", ["updated", "updated"]),
        ("Points", "Points,City\n0,Assen\n8,Assen\n", "scan", ["skipped no_match", "skipped no_match"]),
    ] {
        let import = harbour.import(file, &update(key)).await?;
        assert_eq!(
            (way(&import).as_str(), &harbour.outcomes(&import).await?[..2]),
            (search, &outcomes.map(str::to_owned)[..]),
            "{key}"
        );
    }
    let import = harbour.import("Email\nada@example.com\n", &json!({})).await?;
    assert_eq!(way(&import), "nothing");
    assert!(import["cost"]["load"]["write_units"].as_f64() > Some(1.0), "{}", import["cost"]);
    Ok(())
}

#[tokio::test]
async fn lookups_and_scans_find_what_imports_made_and_what_their_undo_kept() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let rows = |name: &str| (0..5).map(|n| format!("p{n}@example.com,P{n},{name}\n")).collect::<String>();
    let file = |city: &str| format!("Email,Name,City\n{}", rows(city));
    let first = harbour.import(&file("Delft"), &json!({})).await?;
    for (key, city) in [("Email", "Breda"), ("Name", "Leiden")] {
        let import = harbour.import(&file(city), &update(key)).await?;
        assert_eq!(harbour.outcomes(&import).await?, ["updated"; 5], "{key}");
        harbour.undo(&import).await?;
    }
    harbour.edit(id_of(&first, 2), &json!({ "City": "Assen" })).await?;
    harbour.undo(&first).await?;
    for key in ["Email", "Name"] {
        let import = harbour.import(&file("Gouda"), &update(key)).await?;
        let expected = ["skipped no_match", "updated", "skipped no_match", "skipped no_match", "skipped no_match"];
        assert_eq!(harbour.outcomes(&import).await?, expected, "{key}");
        assert_eq!(harbour.rows(&import).await?[1]["record_id"], json!(id_of(&first, 2)), "{key}");
        harbour.undo(&import).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_index_of_a_field_with_few_values_is_given_up_for_a_scan() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let file: String = (0..90).map(|n| format!("all@example.com,P{n}\n")).collect();
    harbour.import(&format!("Email,Name\n{file}"), &json!({})).await?;
    let mut options = update("Email");
    options["matches"] = json!("all");
    let import = harbour.import("Email,City\nall@example.com,Delft\n", &options).await?;
    assert_eq!((way(&import).as_str(), harbour.outcomes(&import).await?), ("scan", vec!["updated".to_owned()]));
    let read = import["cost"]["join"]["read_units"].as_f64().unwrap_or_default();
    assert!(read < 60.0, "{read} units, and 90 profiles one by one cost more");
    Ok(())
}

#[tokio::test]
async fn a_file_is_joined_in_shares_as_in_one() -> anyhow::Result<()> {
    let file = "Email,Name,City,Pets.Name,Pets.Kind\n\
                ada@example.com,Ada,,Tom,cat\n\
                bea@example.com,Bea,Delft,Rex,dog\n\
                ada@example.com,,Breda,tom,\n\
                cy@example.com,Cy,,Ant,ant\n\
                bea@example.com,,,Rex,\n\
                ada@example.com,,,Max,\n\
                ,Nobody,Assen,Mia,cat\n";
    let options = json!({
        "action": "update or add", "key_fields": ["Email", "Pets.Name"], "ignore_empty_fields": true
    });
    let mut told = Vec::new();
    for fingerprints_at_once in [1_000_000, 4] {
        let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
        let ada = harbour.profile(&json!({ "Email": "ada@example.com", "Points": "7" })).await?;
        harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
        let before = harbour.workspace().await?;
        let postman = Postman::of(&harbour.stack.system);
        let id = made(&harbour, file, &options).await?;
        let few = Services { fingerprints_at_once, ..harbour.stack.functions().parser.clone() };
        plan(&few, ACCOUNT, id).await?;
        postman.drain_all(harbour.stack.functions(), &Faults::default()).await;
        let import = harbour.stack.native(id.0).await?;
        let found = (harbour.outcomes(&import).await?, harbour.shown(ada).await?, harbour.workspace().await?.len());
        told.push(found);
        let of_import = format!("#I#{id}#plans#");
        let notes = || async {
            let items = harbour.stack.system.services().store.dump(Table::Imports).await?;
            let keys = items.iter().filter_map(|item| item.get("pk")?.as_s().ok());
            anyhow::Ok(keys.filter(|key| key.contains(&of_import)).count())
        };
        ensure!(notes().await? > 2, "the plans lie beside the chunks");
        post(&harbour.stack, &format!("/imports/{id}/revert"), 202).await?;
        postman.drain_all(harbour.stack.functions(), &Faults::default()).await;
        assert_eq!(notes().await?, 0, "the undo removes the plans");
        harbour.is_as(&before).await?;
    }
    assert_eq!(told[0], told[1]);
    let outcomes =
        ["skipped same_key_later", "skipped same_key_later", "updated", "created", "created", "created", "created"];
    assert_eq!(
        (told[0].0.clone(), told[0].1.as_str()),
        (outcomes.map(str::to_owned).to_vec(), "ada@example.com|Ada|Breda|7")
    );
    Ok(())
}

#[tokio::test]
async fn a_resumed_import_finds_what_another_import_made_meanwhile() -> anyhow::Result<()> {
    let harbour = Harbour::on(Stack::by_hand(2).await?).await?;
    let postman = Postman::of(&harbour.stack.system);
    let upsert = |key: &str| json!({ "action": "update or add", "key_fields": [key] });
    for (key, first, second) in [("Email", "a", "b"), ("Name", "c", "d")] {
        let row = |name: &str, city: &str| format!("{name}@example.com,{name},{city}\n");
        let header = "Email,Name,City\n";
        let file = format!("{header}{}{}{}", row(first, "Delft"), row("x", "Delft"), row(second, "Delft"));
        let id = made(&harbour, &file, &upsert(key)).await?;
        plan(&harbour.stack.functions().parser, ACCOUNT, id).await?;
        postman.lose_everything();
        load(&harbour.stack.functions().loader, ACCOUNT, id, ChunkNo(0)).await?;
        post(&harbour.stack, &format!("/imports/{id}/cancel"), 202).await?;
        postman.drain_all(harbour.stack.functions(), &Faults::default()).await;
        let other =
            made(&harbour, &format!("{header}{}{}", row(first, "Breda"), row(second, "Breda")), &upsert(key)).await?;
        postman.drain_all(harbour.stack.functions(), &Faults::default()).await;
        let outcomes = harbour.outcomes(&harbour.stack.native(other.0).await?).await?;
        assert_eq!(outcomes, ["updated", "created"], "{key}");
        post(&harbour.stack, &format!("/imports/{id}/resume"), 202).await?;
        postman.drain_all(harbour.stack.functions(), &Faults::default()).await;
        let import = harbour.stack.native(id.0).await?;
        assert_eq!(import["status"], "complete", "{import}");
        assert_eq!(harbour.outcomes(&import).await?[2], "updated", "{key}");
    }
    Ok(())
}

#[tokio::test]
async fn the_price_told_before_the_load_is_that_of_the_import_within_a_tenth() -> anyhow::Result<()> {
    let rows = 2_000;
    let harbour = Harbour::on(Stack::by_hand(1000).await?).await?;
    let postman = Postman::of(&harbour.stack.system);
    let store = &harbour.stack.system.services().store;
    let person = |n: u64, city: &str| format!("p{n}@example.com,Person {n},{city}\n");
    let file = |from: u64, city: &str| -> String {
        let rows = (from..from + rows).map(|n| person(n, city));
        format!("Email,Name,City\n{}", rows.collect::<String>())
    };
    // The second file matches half of the profiles, and finds nothing to change in a third of those.
    let second = (rows / 2..rows + rows / 2).map(|n| person(n, if n % 3 == 0 { "Delft" } else { "Breda" }));
    let second = format!("Email,Name,City\n{}", second.collect::<String>());
    for (name, file, options) in [
        ("add", file(0, "Delft"), json!({})),
        ("by another key", second, json!({ "action": "update or add", "key_fields": ["Name"] })),
        ("by an indexed key", file(rows / 2, "Assen"), json!({ "action": "update", "key_fields": ["Email"] })),
        ("unchanged", file(rows / 2, "Assen"), json!({ "action": "update or add", "key_fields": ["Name"] })),
        (
            "delete",
            format!("Email\n{}", (0..rows).map(|n| format!("p{n}@example.com\n")).collect::<String>()),
            json!({ "action": "delete", "key_fields": ["Email"] }),
        ),
        ("add again", file(0, "Delft"), json!({})),
        (
            "remove missing",
            file(rows / 2, "Delft"),
            json!({
                "action": "ignore or add", "key_fields": ["Name"], "remove_missing": true, "remove_missing_share": 1
            }),
        ),
    ] {
        // Records that were made at the moment of the join are not missing.
        harbour.stack.system.services().clock.turn(Duration::from_millis(5));
        let before = store.consumed();
        let id = made(&harbour, &file, &options).await?;
        plan(&harbour.stack.functions().parser, ACCOUNT, id).await?;
        postman.drain_all(harbour.stack.functions(), &Faults::default()).await;
        let after = store.consumed();
        let import = harbour.stack.native(id.0).await?;
        let cost = &import["cost"];
        let told = |units: &str| ["join", "load"].map(|step| cost[step][units].as_f64().unwrap_or_default());
        let (write, read) = (after.write - before.write, after.read - before.read);
        println!(
            "{name}: {} {:?} of {write:.0} written, {:?} of {read:.0} read; {}",
            cost["search"],
            told("write_units"),
            told("read_units"),
            import["counts"]
        );
        let is_near = |told: [f64; 2], spent: f64| (told[0] + told[1] - spent).abs() <= spent * 0.1 + 80.0;
        assert!(is_near(told("write_units"), write), "{name}: {cost} of {write} write units");
        assert!(is_near(told("read_units"), read), "{name}: {cost} of {read} read units");
    }
    Ok(())
}
