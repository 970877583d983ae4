//! What the tables hold at the end of a story, when every import is undone: records which people made or changed with their
//! index items, and what tells of the imports.
//!
//! Before-images stay as long as their import, so that they belong to an import of the story is all that can be asked of them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use shared::id::{AccountId, OwnerId, RecordId};
use shared::records::{HAND_CHUNK, Record};
use shared::store::Table;
use shared::store::keys::{Key, RecordKind, index_item};

use super::replay::{RecordName, Replayed, Sort};
use super::{ROWS_PER_CHUNK, Story};

const ACCOUNT: AccountId = AccountId(1);

/// The key of an item in a table.
type Place = (String, String);

impl Story {
    /// The keys of all items of a table.
    pub async fn places(&self, table: Table) -> anyhow::Result<BTreeSet<Place>> {
        Ok(self.stack.dump(table).await?.into_keys().collect())
    }

    /// Compares the items of the workspace with the records of the oracle, and looks for anything else.
    pub async fn compare_leftovers(&self, before: &BTreeSet<Place>) -> anyhow::Result<()> {
        let found = self.places(Table::Workspace).await?;
        let (mut expected, mut allowed) = (BTreeSet::new(), BTreeSet::new());
        for (name, record) in &self.replay.records() {
            let is_deleted = self.replay.is_deleted_by_hand(*name);
            let place = self.place_of(*name);
            if is_deleted {
                // The tombstone of a record which an import made stays if the record was kept for people before.
                allowed.insert(place);
            } else if record.stands() {
                expected.insert(place);
                expected.extend(self.index_items_of(*name, record));
            }
        }
        // Columns come and go, and their table goes with the database.
        let is_schema = |place: &Place| place.0.contains("#schema") && !self.is_deleted;
        let is_of_story = |place: &&Place| !is_schema(place) && !before.contains(*place);
        let found: BTreeSet<Place> = found.iter().filter(is_of_story).cloned().collect();
        let lacking: Vec<_> = expected.difference(&found).collect();
        let left: Vec<_> =
            found.iter().filter(|place| !expected.contains(*place) && !allowed.contains(*place)).collect();
        ensure!(lacking.is_empty() && left.is_empty(), "left in the workspace: {left:?}, and lacking: {lacking:?}");
        Ok(())
    }

    fn place_of(&self, (sort, id): RecordName) -> Place {
        let kind = kind_of(sort);
        let rows = if RecordId(id).import().is_by_hand() { HAND_CHUNK } else { ROWS_PER_CHUNK };
        place(Record::key(ACCOUNT, kind, RecordId(id), rows))
    }

    fn index_items_of(&self, (sort, id): RecordName, record: &Replayed) -> Vec<Place> {
        let owner = OwnerId(if sort == Sort::Profile { self.database } else { self.collection });
        let item = |field: &str, value: &str| place(index_item(ACCOUNT, owner, field, value, RecordId(id)));
        let indexed = self.columns.iter().filter(|column| column.sort == sort && column.index);
        let of_values = indexed.filter_map(|column| {
            let value = column.kind.index_key(record.values.get(&column.slot)?)?;
            Some(item(&column.id.to_string(), &value))
        });
        let of_profile = record.parent.map(|profile| item("parent", &profile.to_string()));
        of_values.chain(of_profile).collect()
    }

    fn is_of_story(&self, import: &str) -> bool {
        import.parse().is_ok_and(|import| self.all_imports.contains(&import))
    }

    /// Looks for notes, plans, places in lanes and work in the table of imports, and compares the counters of records made by
    /// hand with the oracle.
    pub async fn compare_imports(&self, before: &BTreeSet<Place>) -> anyhow::Result<()> {
        let mut left = Vec::new();
        let mut counted: BTreeMap<Sort, u64> = BTreeMap::new();
        for (place, item) in self.stack.dump(Table::Imports).await? {
            let parts: Vec<&str> = place.0.split('#').collect();
            match parts[..] {
                ["A", "1", "I", import] if self.is_of_story(import) => {}
                ["A", "1", "I", import, "images", _] if self.is_of_story(import) => {}
                ["A", "1"] | ["A", "1", "roll", ..] => {}
                // The claim of an import's file, which expires.
                ["A", "1", "S", _] if item.contains_key("expires") => {}
                ["A", "1", "hand", kind, _] => {
                    let sort = if kind == "profile" { Sort::Profile } else { Sort::Subprofile };
                    let count = item.get("n").and_then(|n| n.as_n().ok()?.parse::<u64>().ok()).unwrap_or_default();
                    *counted.entry(sort).or_default() += count;
                }
                _ if before.contains(&place) => {}
                _ => left.push(place),
            }
        }
        ensure!(left.is_empty(), "left in the table of imports: {left:?}");
        counted.retain(|_, count| *count > 0);
        let mut expected: BTreeMap<Sort, u64> = BTreeMap::new();
        for ((sort, id), record) in self.replay.records() {
            if RecordId(id).import().is_by_hand() && record.stands() {
                *expected.entry(sort).or_default() += 1;
            }
        }
        ensure!(counted == expected, "the counters of records made by hand are {counted:?}, not {expected:?}");
        Ok(())
    }
}

fn place(key: Key) -> Place {
    (key.pk, key.sk)
}

fn kind_of(sort: Sort) -> RecordKind {
    match sort {
        Sort::Profile => RecordKind::Profile,
        Sort::Subprofile => RecordKind::Subprofile,
    }
}
