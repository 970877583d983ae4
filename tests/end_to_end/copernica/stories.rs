//! Random stories of a database, told to the running system and to an oracle ([`replay`]): imports of every action, edits and
//! deletions by hand, and undos in any order, alone and two at once.
//!
//! After each event the profiles that people see are those of the oracle, with all of their values, and an import counts
//! its rows by outcome like the oracle. In the end every import is undone, and the index items of the table are those of
//! the profiles that are left.
//!
//! `WAYBILL_STORIES=n` tells n stories, and `WAYBILL_STORY=s` repeats the story of a seed and prints its events.

mod replay;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use shared::store::Table;

use super::{delete, get, made, put, send};
use crate::stack::Stack;
use crate::world::Draw;
use replay::{Replay, Row, Values, Wish};

/// The number of stories in a plain `cargo test`.
const STORIES: u64 = 200;
/// The number of events in a story before the undo of everything.
const EVENTS: u64 = 12;
/// The rows of a chunk, few enough that most files have several chunks.
const ROWS_PER_CHUNK: u32 = 2;
/// The columns of a file beside the key.
const COLUMNS: [&str; 4] = ["Name", "City", "Visits", "interest.Tea"];

/// A story under way.
struct Story {
    stack: Stack,
    draw: Draw,
    database: u64,
    replay: Replay,
    /// The imports that are not undone.
    imports: Vec<u64>,
    events: Vec<String>,
}

impl Story {
    async fn begin(seed: u64) -> anyhow::Result<Self> {
        let stack = Stack::start(ROWS_PER_CHUNK).await?;
        let database = made(&stack, "/databases", &json!({ "name": "Members" })).await?;
        let fields = format!("/database/{database}/fields");
        for (name, kind, value, index) in
            [("Email", "email", "", true), ("Name", "text", "", false), ("City", "text", "Ghent", true)]
        {
            let field = json!({ "name": name, "type": kind, "value": value, "index": index });
            made(&stack, &fields, &field).await?;
        }
        made(&stack, &fields, &json!({ "name": "Visits", "type": "text" })).await?;
        made(&stack, &format!("/database/{database}/interests"), &json!({ "name": "Tea" })).await?;
        let (replay, imports, events) = (Replay::default(), Vec::new(), Vec::new());
        Ok(Self { stack, draw: Draw(seed), database, replay, imports, events })
    }

    async fn tell(&mut self) -> anyhow::Result<()> {
        for _ in 0..EVENTS {
            match self.draw.below(8) {
                0 => self.make().await?,
                1 => self.edit().await?,
                2 if self.draw.one_in(2) => self.remove().await?,
                3 | 4 => {
                    let both = self.draw.one_in(3);
                    self.undo(if both { 2 } else { 1 }).await?;
                }
                _ => self.import().await?,
            }
            self.compare().await?;
        }
        while !self.imports.is_empty() {
            let both = self.draw.one_in(2);
            self.undo(if both { 2 } else { 1 }).await?;
            self.compare().await?;
        }
        self.compare_index().await
    }

    fn defaults() -> Values {
        Values::from([("City".to_owned(), "Ghent".to_owned())])
    }

    fn word(&mut self, words: &[&'static str]) -> String {
        (*self.draw.of(words).expect("there are words")).to_owned()
    }

    /// A value of a column; often one that other rows have, so values are confirmed, changed and changed back.
    fn value(&mut self, column: &str) -> String {
        match column {
            "Email" => {
                self.word(&["a@example.com", "A@example.com", "b@example.com", "c@example.com", "d@example.com", ""])
            }
            "Name" => self.word(&["Robin", "Kim", "Sam", ""]),
            "City" => self.word(&["Ghent", "Delft", "Breda", ""]),
            "Visits" => self.word(&["1", "2", ""]),
            _ => self.word(&["yes", "no", ""]),
        }
    }

    /// Some columns, with the key's first, and values for each of `rows` rows; a row may lack a column.
    fn rows(&mut self, key: &str) -> Vec<Row> {
        let columns: Vec<&str> = COLUMNS.into_iter().filter(|_| !self.draw.one_in(3)).collect();
        (0..=self.draw.below(5))
            .map(|_| {
                let mut row = Row::from([(key.to_owned(), self.value(key))]);
                for &column in columns.iter().filter(|column| **column != key) {
                    if !self.draw.one_in(6) {
                        row.insert(column.to_owned(), self.value(column));
                    }
                }
                row
            })
            .collect()
    }

    async fn import(&mut self) -> anyhow::Result<()> {
        let action = *self.draw.of(&["add", "update", "update or add", "ignore or add", "delete"]).expect("an action");
        let key = if self.draw.one_in(3) { "City" } else { "Email" };
        let removes = !matches!(action, "add" | "delete") && self.draw.one_in(3);
        let wish = Wish { action, key: Some(key), ignores_empty: self.draw.one_in(3), removes };
        let rows = self.rows(key);
        let body = json!({
            "database": self.database, "action": action, "keyFields": [key], "ignoreEmptyFields": wish.ignores_empty,
            "removeMissing": wish.removes, "format": "json", "source": rows,
        });
        let import = made(&self.stack, "/imports", &body).await?;
        self.events.push(format!("import {import}: {wish:?} {rows:?}"));
        self.stack.idle().await?;
        let expected = self.replay.import(import, &wish, &rows, &Self::defaults());
        self.imports.push(import);
        let counts = self.stack.native(import).await?["counts"].clone();
        let words = ["created", "updated", "unchanged", "skipped", "deleted", "failed", "removed_missing"];
        let outcomes = words.map(|word| (word, counts[word].as_u64().unwrap_or_default()));
        let outcomes: BTreeMap<_, _> = outcomes.into_iter().filter(|(_, count)| *count > 0).collect();
        ensure!(outcomes == expected, "import {import} counts {outcomes:?}, not {expected:?}: {counts}");
        Ok(())
    }

    async fn make(&mut self) -> anyhow::Result<()> {
        let fields: Values = ["Email", "Name", "City"].map(|name| (name.to_owned(), self.value(name))).into();
        let path = format!("/database/{}/profiles", self.database);
        let id = made(&self.stack, &path, &json!({ "fields": fields })).await?;
        self.events.push(format!("profile {id} made by hand: {fields:?}"));
        self.replay.made_by_hand(id, fields.into_iter().filter(|(_, value)| !value.is_empty()).collect());
        Ok(())
    }

    /// A profile that people see, or `None` if there is none.
    fn some_profile(&mut self) -> Option<u64> {
        let all: Vec<u64> = self.replay.profiles().into_keys().collect();
        self.draw.of(&all).copied()
    }

    async fn edit(&mut self) -> anyhow::Result<()> {
        let Some(id) = self.some_profile() else { return Ok(()) };
        let name = self.word(&["Email", "Name", "City", "Visits"]);
        let fields = Values::from([(name.clone(), self.value(&name))]);
        put(&self.stack, &format!("/profile/{id}/fields"), &json!(fields)).await?;
        self.events.push(format!("profile {id} edited by hand: {fields:?}"));
        self.replay.changed_by_hand(id, &fields);
        Ok(())
    }

    async fn remove(&mut self) -> anyhow::Result<()> {
        let Some(id) = self.some_profile() else { return Ok(()) };
        delete(&self.stack, &format!("/profile/{id}")).await?;
        self.events.push(format!("profile {id} deleted by hand"));
        self.replay.deleted_by_hand(id);
        Ok(())
    }

    /// Undoes imports, all at once.
    async fn undo(&mut self, count: usize) -> anyhow::Result<()> {
        let mut undone = Vec::new();
        while undone.len() < count && !self.imports.is_empty() {
            let at = usize::try_from(self.draw.below(self.imports.len() as u64))?;
            undone.push(self.imports.swap_remove(at));
        }
        for &import in &undone {
            send(&self.stack, Method::POST, &format!("/import/{import}/revert"), &Value::Null).await?.expect(204)?;
            self.replay.undo(import);
        }
        self.events.push(format!("undone: {undone:?}"));
        self.stack.idle().await?;
        for import in undone {
            let status = self.stack.native(import).await?["status"].clone();
            ensure!(status == "rolled_back", "import {import} is {status} after its undo");
        }
        Ok(())
    }

    /// Compares the profiles that people see with those of the oracle.
    async fn compare(&self) -> anyhow::Result<()> {
        let path = format!("/database/{}/profiles?limit=1000", self.database);
        let page = get(&self.stack, &path).await?;
        let mut seen = BTreeMap::new();
        for profile in page["data"].as_array().context("no profiles")? {
            let id: u64 = profile["ID"].as_str().context("no id")?.parse()?;
            let fields = profile["fields"].as_object().context("no fields")?.iter();
            let texts = fields.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
            let interests = profile["interests"].as_array().context("no interests")?.iter();
            let interests =
                interests.map(|name| (format!("interest.{}", name.as_str().unwrap_or_default()), "yes".to_owned()));
            seen.insert(id, texts.chain(interests).filter(|(_, value)| !value.is_empty()).collect::<Values>());
        }
        let mut expected = self.replay.profiles();
        expected.values_mut().for_each(|values| values.retain(|_, value| !value.is_empty()));
        ensure!(seen == expected, "people see\n  {seen:?}\nand not\n  {expected:?}");
        Ok(())
    }

    /// Compares the number of index items of each profile with the number of its indexed values.
    async fn compare_index(&self) -> anyhow::Result<()> {
        let mut found: BTreeMap<u64, usize> = BTreeMap::new();
        for (pk, sk) in self.stack.dump(Table::Workspace).await?.into_keys().filter(|(pk, _)| pk.contains("#ix#")) {
            let id = sk.trim_start_matches('0').parse().with_context(|| format!("the key {sk:?} of {pk:?}"))?;
            *found.entry(id).or_default() += 1;
        }
        let filled = |values: &Values| {
            ["Email", "City"].iter().filter(|name| values.get(**name).is_some_and(|text| !text.is_empty())).count()
        };
        let expected = self.replay.profiles().into_iter().map(|(id, values)| (id, filled(&values)));
        let expected: BTreeMap<u64, usize> = expected.filter(|(_, count)| *count > 0).collect();
        let ids: BTreeSet<_> =
            found.keys().chain(expected.keys()).filter(|id| found.get(id) != expected.get(id)).collect();
        ensure!(ids.is_empty(), "index items of {ids:?}: {found:?}, not {expected:?}");
        Ok(())
    }
}

fn number_in(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

async fn tell(seed: u64) -> Result<(), String> {
    let mut story = Story::begin(seed).await.map_err(|error| format!("story {seed} does not begin: {error:#}"))?;
    let told = story.tell().await;
    let events = story.events.join("\n");
    if number_in("WAYBILL_STORY").is_some() {
        println!("{events}");
    }
    told.map_err(|error| format!("story {seed} (replay with WAYBILL_STORY={seed}):\n{events}\n{error:#}"))
}

#[test]
fn stories_of_imports_edits_and_undos_equal_a_replay_of_their_writes() {
    let seeds: Vec<u64> = match number_in("WAYBILL_STORY") {
        Some(seed) => vec![seed],
        None => (1..=number_in("WAYBILL_STORIES").unwrap_or(STORIES)).collect(),
    };
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(story) = runtime.block_on(tell(seed)) {
                wrong.lock().expect("unpoisoned").push(story);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().expect("unpoisoned");
    println!("told {} stories", seeds.len());
    assert!(wrong.is_empty(), "{} of the stories went wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}
