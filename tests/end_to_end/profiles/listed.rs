//! Lists, views and looked-up profiles among what imports and people made.

use serde_json::{Value, json};

use super::{Harbour, id_of};
use crate::copernica::{delete, get, made, send};
use reqwest::Method;

impl Harbour {
    /// The ids of a list of profiles or subprofiles of the door, and its total.
    async fn listed(&self, path: &str) -> anyhow::Result<(Vec<u64>, Value)> {
        let list = get(&self.stack, path).await?;
        let ids = list["data"].as_array().into_iter().flatten().filter_map(|one| one["ID"].as_str()?.parse().ok());
        Ok((ids.collect(), list["total"].clone()))
    }

    /// Holds the pages and the total of the list of profiles against the ids, which are all that people see.
    async fn lists(&self, ids: &[u64]) -> anyhow::Result<()> {
        let path = format!("/database/{}/profiles", self.database);
        for limit in 1..=ids.len() + 1 {
            for start in 0..=ids.len() {
                let (page, total) = self.listed(&format!("{path}?start={start}&limit={limit}&total=true")).await?;
                let expected: Vec<u64> = ids.iter().copied().skip(start).take(limit).collect();
                assert_eq!((page, total), (expected, json!(ids.len())), "{start} {limit}");
            }
        }
        let all = get(&self.stack, &format!("/database/{}/profileids", self.database)).await?;
        assert_eq!(all, json!(ids.iter().map(u64::to_string).collect::<Vec<_>>()));
        for &after in ids {
            let path = format!("/database/{}/profileids?after={after}", self.database);
            let behind: Vec<String> = ids.iter().filter(|id| **id > after).map(u64::to_string).collect();
            assert_eq!(get(&self.stack, &path).await?, json!(behind), "{after}");
        }
        Ok(())
    }
}

const FILE: &str = "Email,Name\na@example.com,A\nb@example.com,B\nc@example.com,C\nd@example.com,D\ne@example.com,E\n";

#[tokio::test]
async fn a_list_has_what_imports_and_people_made_until_it_is_deleted_or_undone() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let bea = harbour.profile(&json!({ "Email": "bea@example.com" })).await?;
    let first = harbour.import(FILE, &json!({ "action": "add" })).await?;
    let second = harbour.import(FILE, &json!({ "action": "add" })).await?;
    let of = |import: &Value, rows: &[u64]| rows.iter().map(|row| id_of(import, *row)).collect::<Vec<_>>();
    let all = [of(&first, &[1, 2, 3, 4, 5]), of(&second, &[1, 2, 3, 4, 5]), vec![ada, bea]].concat();
    harbour.lists(&all).await?;

    // Another database of the account has a list of its own.
    let other = made(&harbour.stack, "/databases", &json!({ "name": "Other" })).await?;
    assert_eq!(harbour.listed(&format!("/database/{other}/profiles?total=true")).await?, (vec![], json!(0)));

    delete(&harbour.stack, &format!("/profile/{}", id_of(&first, 3))).await?;
    let left = [of(&first, &[1, 2, 4, 5]), of(&second, &[1, 2, 3, 4, 5]), vec![ada, bea]].concat();
    harbour.lists(&left).await?;

    let options = json!({ "action": "delete", "key_fields": ["Email"], "matches": "all" });
    let deletion = harbour.import("Email\na@example.com\nbea@example.com\n", &options).await?;
    harbour.lists(&[of(&first, &[2, 4, 5]), of(&second, &[2, 3, 4, 5]), vec![ada]].concat()).await?;
    harbour.undo(&deletion).await?;
    harbour.lists(&left).await?;

    // A profile which people changed stays when its import is undone.
    harbour.edit(id_of(&second, 4), &json!({ "Name": "Dora" })).await?;
    harbour.undo(&second).await?;
    let kept = [of(&first, &[1, 2, 4, 5]), of(&second, &[4]), vec![ada, bea]].concat();
    harbour.lists(&kept).await?;
    delete(&harbour.stack, &format!("/profile/{}", id_of(&second, 4))).await?;
    harbour.undo(&first).await?;
    harbour.lists(&[ada, bea]).await
}

#[tokio::test]
async fn subprofiles_of_imports_and_people_are_listed_with_their_profiles() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    let tom = harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
    let file = "Email,Pets.Name\nada@example.com,Rex\ngil@example.com,Pip\ngil@example.com,Pop\n";
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] });
    let import = harbour.import(file, &options).await?;
    // The last row of a profile writes the profile.
    let gil = id_of(&import, 3);
    let of_collection = format!("/collection/{}/subprofiles?total=true", harbour.pets);
    let [rex, pip, pop] = [1, 2, 3].map(|row| id_of(&import, row));
    assert_eq!(harbour.listed(&of_collection).await?, (vec![rex, pip, pop, tom], json!(4)));
    let of_profile = async |profile: u64| {
        let path = format!("/profile/{profile}/subprofiles/{}", harbour.pets);
        anyhow::Ok(harbour.listed(&path).await?.0)
    };
    assert_eq!((of_profile(ada).await?, of_profile(gil).await?), (vec![rex, tom], vec![pip, pop]));

    // People hold the profile by the subprofile that they make, so it stays when its import is undone.
    let sue = harbour.pet(gil, &json!({ "Name": "Sue" })).await?;
    delete(&harbour.stack, &format!("/subprofile/{pop}")).await?;
    harbour.undo(&import).await?;
    assert_eq!(harbour.listed(&of_collection).await?, (vec![tom, sue], json!(2)));
    assert_eq!((of_profile(ada).await?, of_profile(gil).await?), (vec![tom], vec![sue]));
    harbour.lists(&[gil, ada]).await?;
    delete(&harbour.stack, &format!("/profile/{gil}")).await?;
    assert_eq!(harbour.listed(&of_collection).await?, (vec![tom], json!(1)));
    Ok(())
}

#[tokio::test]
async fn a_view_holds_profiles_of_imports() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let import = harbour.import(FILE, &json!({ "action": "add" })).await?;
    let view =
        made(&harbour.stack, &format!("/database/{}/views", harbour.database), &json!({ "name": "All" })).await?;
    send(&harbour.stack, Method::POST, &format!("/view/{view}/rebuild"), &json!([])).await?.expect(204)?;
    let all: Vec<u64> = (1..=5).map(|row| id_of(&import, row)).collect();
    let of_view = format!("/view/{view}/profiles?total=true");
    assert_eq!(harbour.listed(&of_view).await?, (all.clone(), json!(5)));
    harbour.edit(id_of(&import, 2), &json!({ "Name": "Bo" })).await?;
    harbour.undo(&import).await?;
    assert_eq!(harbour.listed(&of_view).await?, (vec![all[1]], json!(1)));
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_deleted_database_is_left_in_the_workspace() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let ada = harbour.profile(&json!({ "Email": "ada@example.com" })).await?;
    harbour.pet(ada, &json!({ "Name": "Tom" })).await?;
    let file = "Email,Pets.Name\nada@example.com,Rex\ngil@example.com,Pip\ngil@example.com,Pop\n";
    let options = json!({ "action": "update or add", "key_fields": ["Email", "Pets.Name"] });
    harbour.import(file, &options).await?;
    let options = json!({ "action": "delete", "key_fields": ["Email"] });
    harbour.import("Email\ngil@example.com\n", &options).await?;
    delete(&harbour.stack, &format!("/database/{}", harbour.database)).await?;
    let left: Vec<String> = harbour.workspace().await?.into_keys().map(|(pk, sk)| format!("{pk} {sk}")).collect();
    let of_profiles =
        left.iter().filter(|key| ["#profile#", "#subprofile#", "#ix#"].iter().any(|word| key.contains(word)));
    assert_eq!(of_profiles.count(), 0, "{left:?}");
    Ok(())
}
