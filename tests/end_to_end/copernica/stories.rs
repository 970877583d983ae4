//! Random stories of a database, told to the running system and to an oracle ([`replay`]): imports of every action with and
//! without subprofiles, records made, edited and deleted by hand, with their interests, changes of the schema, also of the types
//! of fields and while an import is loaded ([`delivery`]), and undos in any order, alone and two at once.
//!
//! After each event the profiles and subprofiles that people see are those of the oracle, with all of their values; an import
//! counts its rows by outcome like the oracle; and an undo tells what the oracle tells. In the end every import is undone, and
//! the tables hold nothing that has no reason to be there ([`leftovers`]).
//!
//! `WAYBILL_STORIES=n` tells n stories, and `WAYBILL_STORY=s` repeats the story of a seed and prints its events.

mod column_type;
mod columns;
mod delivery;
mod interests;
mod leftovers;
mod replay;
mod rows;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::store::Table;

use super::{delete, made, put, send};
use crate::postman::Postman;
use crate::stack::Stack;
use crate::world::Draw;
use column_type::ColumnType;
use columns::{Column, defaults};
use replay::{RecordName, Replay, Sort, Values};
use rows::{Row, Wish};
use shown::told;

/// The number of stories in a plain `cargo test`.
const STORIES: u64 = 250;
/// The number of events in a story before the undo of everything.
const EVENTS: u64 = 14;
/// The rows of a chunk, few enough that most files have several chunks.
const ROWS_PER_CHUNK: u32 = 2;

/// A story under way.
struct Story {
    stack: Stack,
    /// Delivers the messages, or `None` in a running system, which delivers them by itself.
    postman: Option<Postman>,
    draw: Draw,
    database: u64,
    collection: u64,
    /// The fields of the database and of its collection, and the interests.
    columns: Vec<Column>,
    /// Whether the database is deleted, with all of its records.
    is_deleted: bool,
    replay: Replay,
    /// The imports that are not undone.
    imports: Vec<u64>,
    /// All imports.
    all_imports: BTreeSet<u64>,
    events: Vec<String>,
}

impl Story {
    async fn begin(seed: u64) -> anyhow::Result<Self> {
        let mut draw = Draw(seed);
        let by_hand = draw.one_in(3);
        let stack = if by_hand { Stack::by_hand(ROWS_PER_CHUNK).await? } else { Stack::start(ROWS_PER_CHUNK).await? };
        let postman = by_hand.then(|| Postman::of(&stack.system));
        let database = made(&stack, "/databases", &json!({ "name": "Members" })).await?;
        let collections = format!("/database/{database}/collections");
        let collection = made(&stack, &collections, &json!({ "name": "Pets" })).await?;
        let (replay, imports, events) = (Replay::default(), Vec::new(), Vec::new());
        let (columns, is_deleted, all_imports) = (Vec::new(), false, BTreeSet::new());
        let mut story = Self {
            stack,
            postman,
            draw,
            database,
            collection,
            columns,
            is_deleted,
            replay,
            imports,
            all_imports,
            events,
        };
        story.make_first_fields().await?;
        story.make_first_interests().await?;
        Ok(story)
    }

    async fn tell(&mut self) -> anyhow::Result<()> {
        let before = [self.places(Table::Workspace).await?, self.places(Table::Imports).await?];
        for _ in 0..EVENTS {
            if self.is_deleted {
                break;
            }
            self.pass_a_moment();
            match self.draw.below(15) {
                0 => self.make_profile().await?,
                1 => self.make_subprofile().await?,
                2 => self.edit(Sort::Profile).await?,
                3 => self.edit(Sort::Subprofile).await?,
                4 => {
                    let sort = if self.draw.one_in(3) { Sort::Subprofile } else { Sort::Profile };
                    self.remove(sort).await?;
                }
                5 | 6 => self.change_schema().await?,
                7..=9 => {
                    let both = self.draw.one_in(3);
                    self.undo(if both { 2 } else { 1 }).await?;
                }
                10 => self.edit_interests().await?,
                _ => self.import().await?,
            }
            self.compare().await?;
        }
        if !self.is_deleted && self.draw.one_in(8) {
            self.delete_database().await?;
        }
        while !self.imports.is_empty() {
            let both = self.draw.one_in(2);
            self.undo(if both { 2 } else { 1 }).await?;
            self.compare().await?;
        }
        self.build_indexes().await?;
        self.compare_leftovers(&before[0]).await?;
        self.compare_imports(&before[1]).await
    }

    fn word(&mut self, words: &[&'static str]) -> String {
        (*self.draw.of(words).expect("there are words")).to_owned()
    }

    /// A key field of a table: mostly the first.
    fn key_of(&mut self, sort: Sort) -> Column {
        let fields = self.fields_of(sort);
        let field = if self.draw.one_in(3) { self.draw.of(&fields) } else { fields.first() };
        field.expect("a table has fields").clone()
    }

    /// Some columns of a table with the key's first, and values of them for each of `count` rows; a row may lack a column.
    fn cells(&mut self, sort: Sort, key: &Column, count: usize) -> Vec<Values> {
        let others = self.columns.iter().filter(|column| column.sort == sort && column.slot != key.slot).cloned();
        let others: Vec<Column> = others.filter(|_| !self.draw.one_in(3)).collect();
        let rows = 0..count;
        rows.map(|_| {
            let mut cells = Values::from([(key.slot.clone(), self.value(key))]);
            for column in &others {
                if !self.draw.one_in(6) {
                    cells.insert(column.slot.clone(), self.value(column));
                }
            }
            cells
        })
        .collect()
    }

    async fn import(&mut self) -> anyhow::Result<()> {
        let action = *self.draw.of(&["add", "update", "update or add", "ignore or add", "delete"]).expect("an action");
        let key = self.key_of(Sort::Profile);
        let subkey = if self.draw.one_in(2) { Some(self.key_of(Sort::Subprofile)) } else { None };
        let wish = Wish {
            action,
            key: key.slot.clone(),
            subkey: subkey.as_ref().map(|column| column.slot.clone()),
            of_subprofiles: action == "delete" && subkey.is_some() && self.draw.one_in(2),
            ignores_empty: self.draw.one_in(3),
            removes: !matches!(action, "add" | "delete") && self.draw.one_in(3),
        };
        let count = 1 + usize::try_from(self.draw.below(5))?;
        let profiles = self.cells(Sort::Profile, &key, count);
        let subprofiles: Vec<Option<Values>> = match &subkey {
            Some(subkey) => self.cells(Sort::Subprofile, subkey, count).into_iter().map(Some).collect(),
            None => vec![None; count],
        };
        let rows: Vec<Row> =
            profiles.into_iter().zip(subprofiles).map(|(profile, subprofile)| Row { profile, subprofile }).collect();
        let keys: Vec<String> =
            [Some(&key), subkey.as_ref()].into_iter().flatten().map(|column| self.heading(&column.slot)).collect();
        let body = json!({
            "database": self.database, "action": action, "keyFields": keys, "ignoreEmptyFields": wish.ignores_empty,
            "removeMissing": wish.removes, "format": "json", "source": self.source(&rows),
            "deleteTarget": if wish.of_subprofiles { "subprofile" } else { "profile" },
        });
        let import = made(&self.stack, "/imports", &body).await?;
        self.events.push(format!("import {import}: {wish:?} {rows:?}"));
        self.imports.push(import);
        self.all_imports.insert(import);
        let pinned = self.load().await?;
        if self.is_deleted {
            return Ok(());
        }
        let expected = self.replay.import(import, &wish, &rows, &pinned);
        let shown = self.stack.native(import).await?;
        let words = ["created", "updated", "unchanged", "skipped", "deleted", "failed", "removed_missing"];
        let outcomes = words.map(|word| (word, shown["counts"][word].as_u64().unwrap_or_default()));
        let outcomes: BTreeMap<_, _> = outcomes.into_iter().filter(|(_, count)| *count > 0).collect();
        ensure!(outcomes == expected, "import {import} counts {outcomes:?}, not {expected:?}: {shown}");
        Ok(())
    }

    /// The heading of a column in a file.
    fn heading(&self, slot: &str) -> String {
        let column = self.columns.iter().find(|column| column.slot == slot).expect("a file has columns of the schema");
        match (column.kind, column.sort) {
            (ColumnType::Interest, _) => format!("interest.{}", column.name),
            (_, Sort::Profile) => column.name.clone(),
            (_, Sort::Subprofile) => format!("Pets.{}", column.name),
        }
    }

    /// The rows as an array of objects.
    fn source(&self, rows: &[Row]) -> Value {
        let object = |row: &Row| {
            let cells = row.profile.iter().chain(row.subprofile.iter().flatten());
            Value::Object(cells.map(|(slot, cell)| (self.heading(slot), json!(cell))).collect())
        };
        rows.iter().map(object).collect()
    }

    /// Values for some fields of a table, by the names which the door knows, and as stored by the names of the oracle.
    fn given(&mut self, sort: Sort) -> (Map<String, Value>, Values) {
        let columns = self.fields_of(sort);
        let columns: Vec<Column> = columns.into_iter().filter(|_| !self.draw.one_in(3)).collect();
        let values: Vec<(Column, String)> =
            columns.into_iter().map(|column| (column.clone(), self.value(&column))).collect();
        let named = values.iter().map(|(column, value)| (column.name.clone(), json!(value))).collect();
        (named, values.into_iter().map(|(column, value)| (column.slot, column.kind.by_hand(&value))).collect())
    }

    /// The values of a new record with these among them.
    fn new_values(&self, sort: Sort, given: Values) -> Values {
        let mut values = defaults(&self.columns, sort);
        values.extend(given);
        values.retain(|_, value| !value.is_empty());
        values
    }

    async fn make_profile(&mut self) -> anyhow::Result<()> {
        let (fields, mut given) = self.given(Sort::Profile);
        let interests = self.interests().into_iter().filter(|_| self.draw.one_in(3)).collect::<Vec<_>>();
        given.extend(interests.iter().map(|interest| (interest.slot.clone(), "yes".to_owned())));
        let names: Vec<&str> = interests.iter().map(|interest| interest.name.as_str()).collect();
        let path = format!("/database/{}/profiles", self.database);
        let id = made(&self.stack, &path, &json!({ "fields": fields, "interests": names })).await?;
        self.events.push(format!("profile {id} made by hand: {given:?}"));
        self.replay.made_by_hand((Sort::Profile, id), self.new_values(Sort::Profile, given), None);
        Ok(())
    }

    async fn make_subprofile(&mut self) -> anyhow::Result<()> {
        let Some(profile) = self.some_record(Sort::Profile) else { return Ok(()) };
        let (fields, given) = self.given(Sort::Subprofile);
        let path = format!("/profile/{profile}/subprofiles/{}", self.collection);
        let id = made(&self.stack, &path, &Value::Object(fields)).await?;
        self.events.push(format!("subprofile {id} of profile {profile} made by hand: {given:?}"));
        self.replay.made_by_hand((Sort::Subprofile, id), self.new_values(Sort::Subprofile, given), Some(profile));
        Ok(())
    }

    /// A record of a table that people see, or `None` if there is none.
    fn some_record(&mut self, sort: Sort) -> Option<u64> {
        let all: Vec<u64> = self.replay.seen(sort).into_keys().collect();
        self.draw.of(&all).copied()
    }

    async fn edit(&mut self, sort: Sort) -> anyhow::Result<()> {
        let Some(id) = self.some_record(sort) else { return Ok(()) };
        let column = self.draw.of(&self.fields_of(sort)).expect("a table has fields").clone();
        let value = self.value(&column);
        put(&self.stack, &format!("{}/fields", path_of((sort, id))), &json!({ (column.name.as_str()): value })).await?;
        self.events.push(format!("{sort:?} {id} edited by hand: {} is {value:?}", column.slot));
        let before = self.replay.values_of((sort, id)).remove(&column.slot).unwrap_or_default();
        let value = column.kind.by_hand(&value);
        // A value which people see already leaves a text alone that was stored while the field had another type.
        if column.kind.shown(&value) != column.kind.shown(&before) {
            self.replay.changed_by_hand((sort, id), &Values::from([(column.slot, value)]));
        }
        Ok(())
    }

    async fn remove(&mut self, sort: Sort) -> anyhow::Result<()> {
        let Some(id) = self.some_record(sort) else { return Ok(()) };
        delete(&self.stack, &path_of((sort, id))).await?;
        self.events.push(format!("{sort:?} {id} deleted by hand"));
        self.replay.deleted_by_hand((sort, id));
        Ok(())
    }

    /// Deletes the database. The imports are left, and their undos find nothing.
    async fn delete_database(&mut self) -> anyhow::Result<()> {
        delete(&self.stack, &format!("/database/{}", self.database)).await?;
        self.events.push("database deleted".to_owned());
        (self.is_deleted, self.replay) = (true, Replay::default());
        Ok(())
    }

    /// Undoes imports, all at once. An import that is undone alone tells what the oracle tells; of two at once each may meet
    /// the other as standing or as undone.
    async fn undo(&mut self, count: usize) -> anyhow::Result<()> {
        let mut undone = Vec::new();
        while undone.len() < count && !self.imports.is_empty() {
            let at = usize::try_from(self.draw.below(self.imports.len() as u64))?;
            undone.push(self.imports.swap_remove(at));
        }
        let expected = match undone[..] {
            [import] if !self.is_deleted => Some(self.replay.told(import, &self.slots())),
            _ => None,
        };
        for &import in &undone {
            send(&self.stack, Method::POST, &format!("/import/{import}/revert"), &Value::Null).await?.expect(204)?;
            self.replay.undo(import);
        }
        self.events.push(format!("undone: {undone:?}"));
        self.rest().await?;
        for import in undone {
            let shown = self.stack.native(import).await?;
            ensure!(shown["status"] == "rolled_back", "import {import} is {} after its undo", shown["status"]);
            let told = told(&shown["undone"]);
            ensure!(
                expected.as_ref().is_none_or(|expected| told == *expected),
                "the undo of import {import} tells {told:?}, not {expected:?}: {}",
                shown["undone"]
            );
        }
        Ok(())
    }
}

/// The path of a record at the door.
fn path_of((sort, id): RecordName) -> String {
    match sort {
        Sort::Profile => format!("/profile/{id}"),
        Sort::Subprofile => format!("/subprofile/{id}"),
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
