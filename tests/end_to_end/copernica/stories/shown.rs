//! What people see of a story's records and of its undos, compared with the oracle.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use serde_json::Value;

use super::Story;
use super::column_type::ColumnType;
use super::columns::Column;
use super::replay::{Sort, Told, Values};
use crate::copernica::get;

impl Story {
    /// Compares the records that people see with those of the oracle.
    pub async fn compare(&mut self) -> anyhow::Result<()> {
        if self.is_deleted {
            return Ok(());
        }
        for sort in [Sort::Profile, Sort::Subprofile] {
            let seen = self.listed(sort).await?;
            let mut expected = BTreeMap::new();
            for (id, record) in self.replay.seen(sort) {
                expected.insert(id, (record.parent, self.shown_values(sort, &record.values)));
            }
            ensure!(seen == expected, "people see the {sort:?}s\n  {seen:?}\nand not\n  {expected:?}");
        }
        let Some(profile) = self.some_record(Sort::Profile) else { return Ok(()) };
        let path = format!("/profile/{profile}/subprofiles/{}?limit=1000", self.collection);
        let seen: BTreeSet<u64> = ids(&get(&self.stack, &path).await?)?.into_iter().collect();
        let all = self.replay.seen(Sort::Subprofile);
        let expected = all.iter().filter(|(_, record)| record.parent == Some(profile)).map(|(id, _)| *id);
        let expected: BTreeSet<u64> = expected.collect();
        ensure!(seen == expected, "profile {profile} has the subprofiles {seen:?}, not {expected:?}");
        Ok(())
    }

    /// The stored values of a record as people see them, in the columns that the schema has.
    fn shown_values(&self, sort: Sort, stored: &Values) -> Values {
        let of_table = self.columns.iter().filter(|column| column.sort == sort);
        let shown = of_table.map(|column| {
            let stored = stored.get(&column.slot).map_or("", String::as_str);
            (column.slot.clone(), column.kind.shown(stored))
        });
        shown.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The name in the oracle of the column with a name that people see.
    fn slot_of(&self, sort: Sort, name: &str, is_interest: bool) -> anyhow::Result<String> {
        let is_named = |column: &&Column| {
            column.sort == sort && column.name == name && (column.kind == ColumnType::Interest) == is_interest
        };
        Ok(self.columns.iter().find(is_named).with_context(|| format!("the column {name:?}"))?.slot.clone())
    }

    /// The records of a table as its list shows them, with their profile and values. The total of the list is their number.
    async fn listed(&self, sort: Sort) -> anyhow::Result<BTreeMap<u64, (Option<u64>, Values)>> {
        let path = match sort {
            Sort::Profile => format!("/database/{}/profiles?limit=1000", self.database),
            Sort::Subprofile => format!("/collection/{}/subprofiles?limit=1000", self.collection),
        };
        let page = get(&self.stack, &path).await?;
        let mut seen = BTreeMap::new();
        for (id, record) in ids(&page)?.into_iter().zip(page["data"].as_array().into_iter().flatten()) {
            let mut values = Values::new();
            for (name, value) in record["fields"].as_object().context("no fields")? {
                let value = value.as_str().context("no text")?;
                values.insert(self.slot_of(sort, name, false)?, value.to_owned());
            }
            for name in record["interests"].as_array().into_iter().flatten() {
                let name = name.as_str().context("no text")?;
                values.insert(self.slot_of(sort, name, true)?, "yes".to_owned());
            }
            values.retain(|_, value| !value.is_empty());
            let parent = record["profile"].as_str().map(str::parse).transpose()?;
            seen.insert(id, (parent, values));
        }
        let total = page["total"].as_u64().context("no total")?;
        ensure!(total == seen.len() as u64, "a list of {} {sort:?}s has the total {total}", seen.len());
        Ok(seen)
    }
}

/// The ids on a page of a list.
fn ids(page: &Value) -> anyhow::Result<Vec<u64>> {
    let all = page["data"].as_array().context("no data")?.iter();
    all.map(|record| Ok(record["ID"].as_str().context("no id")?.parse()?)).collect()
}

/// The report of the undo of an import.
pub fn told(undone: &Value) -> Told {
    let number = |word: &str| undone[word].as_u64().unwrap_or_default();
    let sort = |kind: &Value| if kind == "profile" { Sort::Profile } else { Sort::Subprofile };
    let kept = undone["kept"].as_array().into_iter().flatten();
    let kept = kept.filter_map(|kept| Some((sort(&kept["kind"]), kept["id"].as_u64()?)));
    let fates = ["restored", "brought_back", "changes_kept", "gone"];
    Told { removed: number("removed"), kept: kept.collect(), fates: fates.map(|word| (word, number(word))).into() }
}
