//! The columns of a story's database and of its collection, and the changes of the schema during the story.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::Story;
use super::column_type::ColumnType;
use super::replay::{Sort, Values};
use crate::copernica::{delete, made, put};

/// The names of fields; a deleted or renamed field leaves its name to another one.
const NAMES: [&str; 7] = ["Email", "Name", "City", "Visits", "Kind", "Street", "Club"];
/// The most fields of a table.
const MOST: usize = 6;
/// The fewest fields of a table, so that a file has a key and something to write.
const FEWEST: usize = 2;
/// The time after which no function is at work that read the schema before, and a minute.
const LONG: Duration = Duration::from_secs(1020);

/// A column: a field, or an interest.
#[derive(Clone, Debug)]
pub struct Column {
    /// The name of the column in the oracle, which stays when the column is renamed, for example `Name.2` or `interest.1`.
    pub slot: String,
    pub sort: Sort,
    pub id: u64,
    pub name: String,
    pub kind: ColumnType,
    /// The default as people gave it, whatever the type.
    pub default: String,
    pub index: bool,
    pub words: &'static [&'static str],
}

/// The type, the default, the index and the words of a field at the beginning of a story.
type Traits = (ColumnType, &'static str, bool, &'static [&'static str]);

const CITIES: &[&str] = &["Ghent", "Delft", "Breda", ""];

/// The fields at the beginning.
const FIRST: [(Sort, &str, Traits); 6] = [
    (Sort::Profile, "Email", (ColumnType::Email, "", true, ColumnType::Email.words())),
    (Sort::Profile, "Name", (ColumnType::Text, "", false, &["Robin", "Kim", "Sam", ""])),
    (Sort::Profile, "City", (ColumnType::Text, "Ghent", true, CITIES)),
    (Sort::Profile, "Visits", (ColumnType::Text, "", false, &["1", "2", ""])),
    (Sort::Subprofile, "Name", (ColumnType::Text, "", true, &["Tom", "TOM", "Rex", "Ant", ""])),
    (Sort::Subprofile, "Kind", (ColumnType::Text, "pet", false, &["cat", "dog", "pet", ""])),
];

/// The values of a new record of a table.
pub fn defaults(columns: &[Column], sort: Sort) -> Values {
    let of_table = columns.iter().filter(|column| column.sort == sort);
    let defaults = of_table.map(|column| (column.slot.clone(), column.kind.by_hand(&column.default)));
    defaults.filter(|(_, value)| !value.is_empty()).collect()
}

impl Story {
    /// Makes the fields with which the story begins.
    pub async fn make_first_fields(&mut self) -> anyhow::Result<()> {
        for (sort, name, traits) in FIRST {
            self.make_field(sort, name, traits).await?;
        }
        Ok(())
    }

    async fn make_field(
        &mut self,
        sort: Sort,
        name: &str,
        (kind, default, index, words): Traits,
    ) -> anyhow::Result<()> {
        let body = json!({ "name": name, "type": kind.word(), "value": default, "index": index });
        let id = made(&self.stack, &format!("{}/fields", self.table(sort)), &body).await?;
        let (slot, name, default) = (format!("{name}.{id}"), name.to_owned(), default.to_owned());
        self.columns.push(Column { slot, sort, id, name, kind, default, index, words });
        Ok(())
    }

    fn table(&self, sort: Sort) -> String {
        match sort {
            Sort::Profile => format!("/database/{}", self.database),
            Sort::Subprofile => format!("/collection/{}", self.collection),
        }
    }

    /// The fields of a table.
    pub fn fields_of(&self, sort: Sort) -> Vec<Column> {
        let is_field = |column: &&Column| column.sort == sort && column.kind != ColumnType::Interest;
        self.columns.iter().filter(is_field).cloned().collect()
    }

    /// The names of all columns in the oracle.
    pub fn slots(&self) -> BTreeSet<String> {
        self.columns.iter().map(|column| column.slot.clone()).collect()
    }

    /// A value of a column; often one that other records have, so values are confirmed, changed and changed back.
    pub fn value(&mut self, column: &Column) -> String {
        self.word(column.words)
    }

    /// Adds, renames or deletes a column, or gives it another type or default, or an index, or takes the index.
    pub async fn change_schema(&mut self) -> anyhow::Result<()> {
        if self.draw.one_in(4) {
            return self.change_interests().await;
        }
        let sort = if self.draw.one_in(3) { Sort::Subprofile } else { Sort::Profile };
        let of_table = self.fields_of(sort);
        let is_free = |name: &&&str| of_table.iter().all(|column| column.name != **name);
        let free: Vec<&str> = NAMES.iter().filter(is_free).copied().collect();
        let name = *self.draw.of(&free).expect("there are more names than fields");
        let column = self.draw.of(&of_table).expect("a table has fields").clone();
        let path = format!("{}/field/{}", self.table(sort), column.id);
        let place = self.columns.iter().position(|one| one.slot == column.slot).expect("the field is there");
        match self.draw.below(8) {
            0 if of_table.len() < MOST => {
                let (default, index) = (if self.draw.one_in(3) { "Delft" } else { "" }, self.draw.one_in(3));
                self.make_field(sort, name, (ColumnType::Text, default, index, CITIES)).await?;
                self.events.push(format!("field {name} added to {sort:?}, default {default:?}, index {index}"));
            }
            1 => {
                put(&self.stack, &path, &json!({ "name": name })).await?;
                name.clone_into(&mut self.columns[place].name);
                self.events.push(format!("field {} is now {name}", column.slot));
            }
            2 => {
                let default = self.value(&column);
                put(&self.stack, &path, &json!({ "value": default })).await?;
                self.events.push(format!("field {} has the default {default:?}", column.slot));
                self.columns[place].default = default;
            }
            3 if of_table.len() > FEWEST => {
                delete(&self.stack, &path).await?;
                self.columns.remove(place);
                self.events.push(format!("field {} deleted", column.slot));
            }
            4 | 5 => {
                let kind = *self.draw.of(&[ColumnType::Text, ColumnType::Integer, ColumnType::Date]).expect("a type");
                put(&self.stack, &path, &json!({ "type": kind.word() })).await?;
                self.events.push(format!("field {} has the type {}", column.slot, kind.word()));
                (self.columns[place].kind, self.columns[place].words) = (kind, kind.words());
            }
            _ => {
                put(&self.stack, &path, &json!({ "index": !column.index })).await?;
                self.columns[place].index = !column.index;
                self.events.push(format!("field {} has an index: {}", column.slot, !column.index));
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
