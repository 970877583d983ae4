//! Imports which remove what no row of their file matches: exactly the right records, none by a file that is no complete list,
//! and all of them back by the undo.

mod stopped;
mod unfit;

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::copernica::get;
use crate::dump::{Dump, differences};
use crate::native::{of_user, scan_all};

/// Options of an import which updates by address, and removes every profile that is missing, with others beside or in their
/// place.
fn removal(others: &Value) -> Value {
    let mut options =
        json!({ "action": "update", "key_fields": ["Email"], "remove_missing": true, "remove_missing_share": 1 });
    for (name, value) in others.as_object().into_iter().flatten() {
        options[name] = value.clone();
    }
    options
}

impl Harbour {
    /// Makes profiles by hand with these addresses, the name of each being the part before the `@`.
    async fn people(&self, addresses: &[&str]) -> anyhow::Result<Vec<u64>> {
        let mut ids = Vec::new();
        for address in addresses {
            let name = address.split('@').next().unwrap_or_default();
            ids.push(self.profile(&json!({ "Email": address, "Name": name })).await?);
        }
        Ok(ids)
    }

    /// The records, index items and schema as stored.
    async fn stored_records(&self) -> anyhow::Result<Dump> {
        let mut dump = self.stack.workspace().await?;
        dump.retain(|(pk, _), _| ["#profile#", "#subprofile#", "#ix#", "#schema"].iter().any(|part| pk.contains(part)));
        Ok(dump)
    }

    /// Fails unless the records, index items and schema are exactly as they were.
    async fn is_untouched(&self, before: &Dump) -> anyhow::Result<()> {
        let found = differences(&self.stored_records().await?, before);
        ensure!(found.is_empty(), "{}", found.join("\n"));
        Ok(())
    }

    /// The ids of the records which an import removed, with their type and fate.
    async fn removed(&self, import: &Value) -> anyhow::Result<Vec<Value>> {
        scan_all(&self.stack, &format!("/imports/{}/removed", import["id"]), "", 2).await
    }

    /// The ids of all profiles that people see.
    async fn standing(&self) -> anyhow::Result<Vec<u64>> {
        let list = get(&self.stack, &format!("/database/{}/profiles?limit=1000", self.database)).await?;
        let ids =
            list["data"].as_array().into_iter().flatten().filter_map(|profile| profile["ID"].as_str()?.parse().ok());
        let mut ids: Vec<u64> = ids.collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

fn ids(removed: &[Value]) -> Vec<u64> {
    removed.iter().filter_map(|record| record["id"].as_u64()).collect()
}

fn sorted(ids: &[u64]) -> Vec<u64> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn exactly_the_profiles_which_no_row_matches_are_removed_and_the_undo_brings_them_back() -> anyhow::Result<()> {
    for (action, outcomes, made) in [
        ("update", ["updated", "unchanged", "skipped same_key_later", "unchanged", "skipped no_match"], None),
        ("update or add", ["updated", "unchanged", "skipped same_key_later", "unchanged", "created"], Some(5)),
        (
            "ignore or add",
            ["skipped match_kept", "skipped match_kept", "skipped same_key_later", "skipped match_kept", "created"],
            Some(5),
        ),
    ] {
        let harbour = Harbour::start(2).await?;
        let hand =
            harbour.people(&["ada@example.com", "bea@example.com", "cy@example.com", "", "ada@example.com"]).await?;
        let [ada, bea, cy, nameless, other_ada] = hand[..] else { panic!("five profiles") };
        let first = harbour.import("Email,Name\ndan@example.com,dan\neve@example.com,eve\n", &json!({})).await?;
        let (dan, eve) = (id_of(&first, 1), id_of(&first, 2));
        let before = harbour.workspace().await?;
        // Rows that yield protect as well, and so does each of several matches.
        let file = "Email,Name\nADA@example.com,Ada\ndan@example.com,dan\nbea@example.com,no\nbea@example.com,bea\n\
                    new@example.com,Nel\n";
        let import = harbour.import(file, &removal(&json!({ "action": action }))).await?;
        assert_eq!(import["status"], "complete", "{action}: {import}");
        assert_eq!(harbour.outcomes(&import).await?, outcomes, "{action}");
        assert_eq!(import["counts"]["removed_missing"], 3, "{action}: {import}");
        assert_eq!(import["chunks"], json!({ "planned": 5, "committed": 5 }), "{action}: {import}");
        assert_eq!(import["cost"]["search"], "scan", "{action}: {import}");
        let removed = harbour.removed(&import).await?;
        assert_eq!(ids(&removed), sorted(&[cy, nameless, eve]), "{action}: {removed:?}");
        assert!(removed.iter().all(|record| record["type"] == "profile" && record["undo"].is_null()), "{removed:?}");
        let made = made.map(|row| id_of(&import, row));
        let standing: Vec<u64> = [ada, bea, other_ada, dan].into_iter().chain(made).collect();
        assert_eq!(harbour.standing().await?, sorted(&standing), "{action}");
        let undone = harbour.undo(&import).await?;
        assert_eq!((&undone["brought_back"], &undone["gone"]), (&json!(3), &json!(0)), "{action}: {undone}");
        harbour.is_as(&before).await?;
        let removed = harbour.removed(&import).await?;
        assert!(removed.len() == 3 && removed.iter().all(|record| record["undo"] == "brought_back"), "{removed:?}");
    }
    Ok(())
}

#[tokio::test]
async fn with_a_key_of_a_collection_the_subprofiles_of_matching_profiles_are_removed_and_no_profile()
-> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let [ada, bea, cy] = harbour.people(&["ada@example.com", "bea@example.com", "cy@example.com"]).await?[..] else {
        panic!("three profiles")
    };
    let mut pets = Vec::new();
    for (profile, name) in [(ada, "Tom"), (ada, "Rex"), (ada, ""), (bea, "Ant"), (cy, "Pip"), (cy, "Tom")] {
        pets.push(harbour.pet(profile, &json!({ "Name": name, "Kind": "pet" })).await?);
    }
    let before = harbour.workspace().await?;
    let file = "Email,Pets.Name,Pets.Kind\nada@example.com,TOM,cat\nada@example.com,New,dog\ncy@example.com,,\n\
                ada@example.com,,\n";
    let options = removal(&json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] }));
    let import = harbour.import(file, &options).await?;
    assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!("complete"), &json!(4)), "{import}");
    let removed = harbour.removed(&import).await?;
    assert_eq!(ids(&removed), sorted(&[pets[1], pets[2], pets[4], pets[5]]));
    assert!(removed.iter().all(|record| record["type"] == "subprofile"), "{removed:?}");
    assert_eq!(harbour.standing().await?, sorted(&[ada, bea, cy]));
    let list = get(&harbour.stack, &format!("/collection/{}/subprofiles", harbour.pets)).await?;
    let mut names: Vec<String> = list["data"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pet| format!("{} {}", pet["fields"]["Name"], pet["fields"]["Kind"]))
        .collect();
    names.sort_unstable();
    assert_eq!(names, [r#""Ant" "pet""#, r#""New" "dog""#, r#""TOM" "cat""#]);
    let undone = harbour.undo(&import).await?;
    assert_eq!(undone["brought_back"], 4, "{undone}");
    harbour.is_as(&before).await
}

#[tokio::test]
async fn a_profile_goes_with_its_subprofiles_and_comes_back_with_them() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let [ada, bea] = harbour.people(&["ada@example.com", "bea@example.com"]).await?[..] else { panic!("two") };
    let tom = harbour.pet(bea, &json!({ "Name": "Tom" })).await?;
    let before = harbour.workspace().await?;
    let import = harbour.import("Email\nada@example.com\n", &removal(&json!({}))).await?;
    assert_eq!(harbour.standing().await?, [ada]);
    assert_eq!(get(&harbour.stack, &format!("/subprofile/{tom}")).await?["fields"]["Name"], "");
    harbour.undo(&import).await?;
    assert_eq!(get(&harbour.stack, &format!("/subprofile/{tom}")).await?["fields"]["Name"], "Tom");
    harbour.is_as(&before).await
}

#[tokio::test]
async fn the_share_is_allowed_to_its_edge_on_the_native_door_and_the_copernica_door_has_none() -> anyhow::Result<()> {
    let harbour = Harbour::start(4).await?;
    let addresses: Vec<String> = (0..20).map(|n| format!("p{n}@example.com")).collect();
    let people = harbour.people(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let before = harbour.stored_records().await?;
    let file = |from: usize| format!("Email\n{}\n", addresses[from..].join("\n"));
    let tenth = json!({ "action": "update", "key_fields": ["Email"], "remove_missing": true });
    let import = harbour.import(&file(3), &tenth).await?;
    assert_eq!(import["status"], "failed", "{import}");
    let said = import["reasons"].to_string();
    assert!(said.contains("3 of the 20 profiles") && said.contains("remove_missing_share"), "{said}");
    assert_eq!((&import["counts"]["pending"], &import["counts"]["removed_missing"]), (&json!(17), &json!(0)));
    harbour.is_untouched(&before).await?;
    let import = harbour.import(&file(2), &tenth).await?;
    assert_eq!((&import["status"], &import["counts"]["removed_missing"]), (&json!("complete"), &json!(2)), "{import}");
    assert_eq!(import["profiles"]["remove_missing_share"], 0.1);
    assert_eq!(harbour.standing().await?, sorted(&people[2..]));
    harbour.undo(&import).await?;
    // The vendor's door removes whatever is missing.
    let body = json!({
        "database": "harbour", "action": "update", "keyFields": ["Email"], "removeMissing": "1", "delimiter": ",",
        "source": file(19),
    });
    let id = crate::copernica::made(&harbour.stack, "/imports", &body).await?;
    harbour.stack.idle().await?;
    assert_eq!(harbour.standing().await?, people[19..]);
    let import = harbour.stack.native(id).await?;
    assert_eq!(import["counts"]["removed_missing"], 19, "{import}");
    assert_eq!(get(&harbour.stack, &format!("/import/{id}")).await?["lasterror"], json!(false));
    harbour.undo(&import).await?;
    assert_eq!(harbour.standing().await?, sorted(&people));
    Ok(())
}

#[tokio::test]
async fn the_list_of_removed_records_is_read_both_ways_and_is_empty_without_a_removal() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let people = harbour.people(&["a@example.com", "b@example.com", "c@example.com", "d@example.com"]).await?;
    let import = harbour.import("Email\na@example.com\n", &removal(&json!({}))).await?;
    let path = format!("/imports/{}/removed", import["id"]);
    let forwards = ids(&scan_all(&harbour.stack, &path, "sort[id]=asc", 2).await?);
    let mut backwards = ids(&scan_all(&harbour.stack, &path, "sort[id]=desc", 2).await?);
    backwards.reverse();
    assert_eq!((&forwards, &backwards), (&sorted(&people[1..]), &forwards));
    let plain = harbour.import("Email\na@example.com\n", &json!({ "key_fields": ["Email"] })).await?;
    assert_eq!(harbour.removed(&plain).await?, Vec::<Value>::new());
    assert!(plain["counts"]["removed_missing"].is_null(), "{plain}");
    let wrong = of_user(&harbour.stack, Method::GET, &format!("{path}?filter[outcome][include]=failed"));
    harbour.stack.answer(wrong).await?.expect(400)?;
    Ok(())
}
