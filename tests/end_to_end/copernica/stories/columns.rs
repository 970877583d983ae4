//! The columns of a story's database and of its collection, and the changes of the schema during the story.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::Story;
use super::replay::{Sort, Values};
use crate::copernica::{delete, made, put};

/// The names of columns; a deleted or renamed column leaves its name to another one.
const NAMES: [&str; 7] = ["Email", "Name", "City", "Visits", "Kind", "Street", "Club"];
/// The most columns of a table.
const MOST: usize = 6;
/// The fewest columns of a table, so that a file has a key and something to write.
const FEWEST: usize = 2;
/// The time after which no function is at work that read the schema before, and a minute.
const LONG: Duration = Duration::from_secs(1020);

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name of the column in the oracle, which stays when the column is renamed, for example `Name.2`.
    pub slot: String,
    pub sort: Sort,
    pub id: u64,
    pub name: String,
    pub default: String,
    pub index: bool,
    words: &'static [&'static str],
}

/// The type, the default, the index and the words of a column at the beginning of a story.
type Traits = (&'static str, &'static str, bool, &'static [&'static str]);

const EMAILS: &[&str] = &["a@example.com", "A@example.com", "b@example.com", "c@example.com", "d@example.com", ""];
const CITIES: &[&str] = &["Ghent", "Delft", "Breda", ""];

/// The columns at the beginning.
const FIRST: [(Sort, &str, Traits); 6] = [
    (Sort::Profile, "Email", ("email", "", true, EMAILS)),
    (Sort::Profile, "Name", ("text", "", false, &["Robin", "Kim", "Sam", ""])),
    (Sort::Profile, "City", ("text", "Ghent", true, CITIES)),
    (Sort::Profile, "Visits", ("text", "", false, &["1", "2", ""])),
    (Sort::Subprofile, "Name", ("text", "", true, &["Tom", "TOM", "Rex", "Ant", ""])),
    (Sort::Subprofile, "Kind", ("text", "pet", false, &["cat", "dog", "pet", ""])),
];

impl Story {
    /// Makes the columns with which the story begins.
    pub async fn make_first_columns(&mut self) -> anyhow::Result<()> {
        for (sort, name, traits) in FIRST {
            self.make_column(sort, name, traits).await?;
        }
        let interests = format!("/database/{}/interests", self.database);
        made(&self.stack, &interests, &json!({ "name": "Tea" })).await.map(drop)
    }

    async fn make_column(
        &mut self,
        sort: Sort,
        name: &str,
        (kind, default, index, words): Traits,
    ) -> anyhow::Result<()> {
        let body = json!({ "name": name, "type": kind, "value": default, "index": index });
        let id = made(&self.stack, &format!("{}/fields", self.table(sort)), &body).await?;
        let (slot, name, default) = (format!("{name}.{id}"), name.to_owned(), default.to_owned());
        self.columns.push(Column { slot, sort, id, name, default, index, words });
        Ok(())
    }

    fn table(&self, sort: Sort) -> String {
        match sort {
            Sort::Profile => format!("/database/{}", self.database),
            Sort::Subprofile => format!("/collection/{}", self.collection),
        }
    }

    /// The columns of a table.
    pub fn columns_of(&self, sort: Sort) -> Vec<Column> {
        self.columns.iter().filter(|column| column.sort == sort).cloned().collect()
    }

    /// The names of all columns in the oracle.
    pub fn slots(&self) -> BTreeSet<String> {
        let interest = ["interest.Tea".to_owned()];
        self.columns.iter().map(|column| column.slot.clone()).chain(interest).collect()
    }

    /// The values of a new record of each table.
    pub fn defaults(&self) -> [Values; 2] {
        [Sort::Profile, Sort::Subprofile].map(|sort| {
            let with_default = self.columns.iter().filter(|column| column.sort == sort && !column.default.is_empty());
            with_default.map(|column| (column.slot.clone(), column.default.clone())).collect()
        })
    }

    /// A value of a column; often one that other records have, so values are confirmed, changed and changed back.
    pub fn value(&mut self, column: &Column) -> String {
        self.word(column.words)
    }

    /// Adds, renames or deletes a column, or gives it another default, or an index, or takes the index.
    pub async fn change_schema(&mut self) -> anyhow::Result<()> {
        let sort = if self.draw.one_in(3) { Sort::Subprofile } else { Sort::Profile };
        let of_table = self.columns_of(sort);
        let is_free = |name: &&&str| of_table.iter().all(|column| column.name != **name);
        let free: Vec<&str> = NAMES.iter().filter(is_free).copied().collect();
        let name = *self.draw.of(&free).expect("there are more names than columns");
        let column = self.draw.of(&of_table).expect("a table has columns").clone();
        let path = format!("{}/field/{}", self.table(sort), column.id);
        let place = self.columns.iter().position(|one| one.id == column.id).expect("the column is there");
        match self.draw.below(6) {
            0 if of_table.len() < MOST => {
                let (default, index) = (if self.draw.one_in(3) { "Delft" } else { "" }, self.draw.one_in(3));
                self.make_column(sort, name, ("text", default, index, CITIES)).await?;
                self.events.push(format!("column {name} added to {sort:?}, default {default:?}, index {index}"));
            }
            1 => {
                put(&self.stack, &path, &json!({ "name": name })).await?;
                name.clone_into(&mut self.columns[place].name);
                self.events.push(format!("column {} is now {name}", column.slot));
            }
            2 => {
                let default = self.value(&column);
                put(&self.stack, &path, &json!({ "value": default })).await?;
                self.events.push(format!("column {} has the default {default:?}", column.slot));
                self.columns[place].default = default;
            }
            3 if of_table.len() > FEWEST => {
                delete(&self.stack, &path).await?;
                self.columns.remove(place);
                self.events.push(format!("column {} deleted", column.slot));
            }
            _ => {
                put(&self.stack, &path, &json!({ "index": !column.index })).await?;
                self.columns[place].index = !column.index;
                self.events.push(format!("column {} has an index: {}", column.slot, !column.index));
            }
        }
        if self.draw.one_in(3) { self.build_indexes().await } else { Ok(()) }
    }

    /// Lets the sweep make and delete the index items for which changes of the schema have asked.
    pub async fn build_indexes(&mut self) -> anyhow::Result<()> {
        self.stack.system.services().clock.turn(LONG);
        sweep::handle(&self.stack.functions().sweep).await?;
        self.events.push("the sweep has built the indexes".to_owned());
        Ok(())
    }
}
