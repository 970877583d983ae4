//! Imports of profiles through the native door: what each action does, what the undo leaves, and who gets the last word.

mod actions;
mod deletions;
mod edited_schema;
mod follow_ups;
mod indexed;
mod joined;
mod listed;
mod matrix;
mod options;
mod order;
mod pets;
mod remove_missing;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use serde_json::{Value, json};

use crate::copernica::{get, made, put};
use crate::dump::{Dump, differences};
use crate::native::{of_user, scan_all};
use crate::stack::Stack;

/// A stack with the database `Harbour`: an indexed address, three further fields, two interests, and the collection `Pets`.
pub struct Harbour {
    pub stack: Stack,
    pub database: u64,
    pets: u64,
}

impl Harbour {
    pub async fn start(rows_per_chunk: u32) -> anyhow::Result<Self> {
        Self::on(Stack::start(rows_per_chunk).await?).await
    }

    /// Makes the database on a stack.
    pub async fn on(stack: Stack) -> anyhow::Result<Self> {
        let database = made(&stack, "/databases", &json!({ "name": "Harbour" })).await?;
        let fields = format!("/database/{database}/fields");
        for field in [
            json!({ "name": "Email", "type": "email", "index": true }),
            json!({ "name": "Name", "type": "text" }),
            json!({ "name": "City", "type": "text", "value": "Utrecht" }),
            json!({ "name": "Points", "type": "integer" }),
        ] {
            made(&stack, &fields, &field).await?;
        }
        for name in ["Tea", "Sailing"] {
            made(&stack, &format!("/database/{database}/interests"), &json!({ "name": name })).await?;
        }
        let pets = made(&stack, &format!("/database/{database}/collections"), &json!({ "name": "Pets" })).await?;
        for name in ["Name", "Kind"] {
            made(&stack, &format!("/collection/{pets}/fields"), &json!({ "name": name, "type": "text" })).await?;
        }
        Ok(Self { stack, database, pets })
    }

    /// Makes a profile by hand, and returns its id.
    pub async fn profile(&self, fields: &Value) -> anyhow::Result<u64> {
        made(&self.stack, &format!("/database/{}/profiles", self.database), &json!({ "fields": fields })).await
    }

    /// Makes a subprofile by hand, and returns its id.
    pub async fn pet(&self, profile: u64, fields: &Value) -> anyhow::Result<u64> {
        made(&self.stack, &format!("/profile/{profile}/subprofiles/{}", self.pets), fields).await
    }

    async fn edit(&self, profile: u64, fields: &Value) -> anyhow::Result<()> {
        put(&self.stack, &format!("/profile/{profile}"), &json!({ "fields": fields })).await
    }

    /// Imports a text with further options, waits for the end, and returns the import.
    pub async fn import(&self, source: &str, options: &Value) -> anyhow::Result<Value> {
        let mut asked = json!({ "type": "ProfileImport", "database": self.database, "source": source });
        for (name, value) in options.as_object().into_iter().flatten() {
            asked[name] = value.clone();
        }
        let request = of_user(&self.stack, Method::POST, "/imports").json(&asked);
        let made = self.stack.answer(request).await?.expect(202)?;
        self.stack.idle().await?;
        let import = self.stack.native(made["id"].as_u64().context("no id")?).await?;
        ensure!(import["status"] != "unsupported", "{}", import["reasons"]);
        Ok(import)
    }

    /// Undoes an import, and returns what the undo says of itself.
    pub async fn undo(&self, import: &Value) -> anyhow::Result<Value> {
        let id = import["id"].as_u64().context("no id")?;
        self.stack.revert(id).await?;
        Ok(self.stack.native(id).await?["undone"].clone())
    }

    /// The outcome of each row with its code, in words such as `created` and `skipped no_match`.
    async fn outcomes(&self, import: &Value) -> anyhow::Result<Vec<String>> {
        let told = |row: &Value| match row["code"].as_str() {
            Some(code) => format!("{} {code}", row["outcome"].as_str().unwrap_or_default()),
            None => row["outcome"].as_str().unwrap_or_default().to_owned(),
        };
        Ok(self.rows(import).await?.iter().map(told).collect())
    }

    /// The results of all rows.
    pub async fn rows(&self, import: &Value) -> anyhow::Result<Vec<Value>> {
        scan_all(&self.stack, &format!("/imports/{}/results", import["id"]), "", 50).await
    }

    /// The fields of a profile as its door shows them, in the order of the schema, for example `a@b.example Ada Utrecht 0`.
    pub async fn shown(&self, profile: u64) -> anyhow::Result<String> {
        let profile = get(&self.stack, &format!("/profile/{profile}")).await?;
        if profile["removed"] != json!(false) && profile["removed"] != json!("") {
            return Ok("removed".to_owned());
        }
        Ok(["Email", "Name", "City", "Points"].map(|name| profile["fields"][name].as_str().unwrap_or("?")).join("|"))
    }

    /// The interests of a profile.
    async fn interests(&self, profile: u64) -> anyhow::Result<Value> {
        Ok(get(&self.stack, &format!("/profile/{profile}")).await?["interests"].clone())
    }

    /// The records, index items and schema, without the marks of who wrote last, which no undo takes back.
    async fn workspace(&self) -> anyhow::Result<Dump> {
        let mut dump = self.stack.workspace().await?;
        dump.retain(|(pk, _), _| ["#profile#", "#subprofile#", "#ix#", "#schema"].iter().any(|part| pk.contains(part)));
        for ((pk, _), item) in &mut dump {
            let is_record = pk.contains("#profile#") || pk.contains("#subprofile#");
            if is_record || pk.contains("#ix#") {
                for mark in ["version", "by", "undone_at"] {
                    item.remove(mark);
                }
                if matches!(item.get("writers"), Some(AttributeValue::M(writers)) if writers.is_empty()) {
                    item.remove("writers");
                }
            }
        }
        Ok(dump)
    }

    /// Fails unless the workspace equals an earlier one.
    async fn is_as(&self, before: &Dump) -> anyhow::Result<()> {
        let found = differences(&self.workspace().await?, before);
        ensure!(found.is_empty(), "{}", found.join("\n"));
        Ok(())
    }

    /// The same without the times of the last changes: a record that somebody else has changed since has the time of its undo.
    async fn is_as_but_for_times(&self, before: &Dump) -> anyhow::Result<()> {
        let mut found = differences(&self.workspace().await?, before);
        found.retain(|line| !line.contains(" updated_at: "));
        ensure!(found.is_empty(), "{}", found.join("\n"));
        Ok(())
    }
}

/// The id of the record which a row of an import made.
fn id_of(import: &Value, row: u64) -> u64 {
    import["id"].as_u64().unwrap_or_default() * 1_000_000_000 + row
}
