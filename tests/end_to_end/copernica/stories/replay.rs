//! The oracle of the stories: all recorded writes to the records of a database, replayed without those of undone imports.
//!
//! The oracle knows the promises of the documentation and nothing of tables, chunks, images or versions. A write is
//! recorded when somebody makes it: a value that is there already is no write. [`super::rows`] tells the writes of an import.
//!
//! - A record stands as long as somebody who stands has made or changed it.
//! - A profile stands as well as long as somebody who stands has made or changed a subprofile of it: a subprofile is seen with
//!   its profile alone.
//! - A removed profile hides its subprofiles.

use std::collections::{BTreeMap, BTreeSet};

/// The texts of a record as stored, by column; an empty text is the same as none.
pub type Values = BTreeMap<String, String>;

/// A writer: an import, or people.
pub type By = Option<u64>;

/// A table of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Profile,
    Subprofile,
}

/// The name of a record: the profile and the subprofile which a row made have the same id.
pub type RecordName = (Sort, u64);

/// A write to a record.
#[derive(Clone, Debug)]
pub enum Wrote {
    /// The record made, with its values, and for a subprofile with its profile.
    Made(Values, Option<u64>),
    Set(String, String),
    Deleted,
}

/// A recorded write.
#[derive(Clone, Debug)]
pub struct Written {
    pub by: By,
    /// The row of the import, from 1; 0 for people.
    pub row: u64,
    pub record: RecordName,
    pub wrote: Wrote,
}

/// A record in a replay.
#[derive(Clone, Debug, Default)]
pub struct Replayed {
    /// The profile of a subprofile.
    pub parent: Option<u64>,
    pub values: Values,
    is_held: bool,
    is_deleted: bool,
}

impl Replayed {
    /// `true` for a record that stands and is not deleted, whether or not its profile can be seen.
    pub fn stands(&self) -> bool {
        self.is_held && !self.is_deleted
    }
}

/// All writes so far, and the undone imports.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pub(super) writes: Vec<Written>,
    undone: BTreeSet<u64>,
}

/// The report of an undo: the numbers of removed records and of rows by the fate of their changes, and the records that
/// stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub removed: u64,
    pub kept: BTreeSet<RecordName>,
    pub fates: BTreeMap<&'static str, u64>,
}

/// The fate of a row's change or deletion; of several the last in this order is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Restored,
    BroughtBack,
    ChangesKept,
    Gone,
}

impl Replay {
    fn stands(&self, by: By) -> bool {
        by.is_none_or(|import| !self.undone.contains(&import))
    }

    /// All records that were ever made, without the writes of undone imports.
    pub fn records(&self) -> BTreeMap<RecordName, Replayed> {
        let mut records: BTreeMap<RecordName, Replayed> = BTreeMap::new();
        for Written { by, record, wrote, .. } in &self.writes {
            let stands = self.stands(*by);
            if let Wrote::Made(values, parent) = wrote {
                let made = Replayed { parent: *parent, values: values.clone(), is_held: stands, is_deleted: false };
                records.insert(*record, made);
            }
            let written = records.get_mut(record).expect("a record is made before it is changed");
            match wrote {
                _ if !stands => continue,
                Wrote::Deleted => {
                    written.is_deleted = true;
                    continue;
                }
                Wrote::Made(..) => {}
                Wrote::Set(column, value) => {
                    written.is_held = true;
                    written.values.insert(column.clone(), value.clone());
                }
            }
            if let Some(parent) = written.parent {
                records.get_mut(&(Sort::Profile, parent)).expect("a profile is made before its subprofiles").is_held =
                    true;
            }
        }
        records
    }

    /// The records of a table that people can see, by id.
    pub fn seen(&self, sort: Sort) -> BTreeMap<u64, Replayed> {
        let all = self.records();
        let is_seen = |record: &Replayed| {
            record.stands() && record.parent.is_none_or(|parent| all[&(Sort::Profile, parent)].stands())
        };
        let of_sort = all.iter().filter(|((of, _), record)| *of == sort && is_seen(record));
        of_sort.map(|((_, id), record)| (*id, record.clone())).collect()
    }

    /// Notes a record made by people.
    pub fn made_by_hand(&mut self, record: RecordName, values: Values, parent: Option<u64>) {
        self.writes.push(Written { by: None, row: 0, record, wrote: Wrote::Made(values, parent) });
    }

    /// The values of a record that people see.
    pub fn values_of(&self, record: RecordName) -> Values {
        self.records().remove(&record).expect("people edit records that they see").values
    }

    /// Notes values that people gave a record. A value which the record has already is no write.
    pub fn changed_by_hand(&mut self, record: RecordName, values: &Values) {
        let before = self.values_of(record);
        self.note_changes((None, 0), record, &before, values);
    }

    /// Notes a record deleted by people.
    pub fn deleted_by_hand(&mut self, record: RecordName) {
        self.writes.push(Written { by: None, row: 0, record, wrote: Wrote::Deleted });
    }

    /// `true` for a record that people deleted.
    pub fn is_deleted_by_hand(&self, record: RecordName) -> bool {
        let is_deletion = |written: &Written| {
            written.record == record && written.by.is_none() && matches!(written.wrote, Wrote::Deleted)
        };
        self.writes.iter().any(is_deletion)
    }

    /// Notes the changes of values which differ from those `before`. Returns whether there are any.
    pub fn note_changes(&mut self, (by, row): (By, u64), record: RecordName, before: &Values, values: &Values) -> bool {
        let differ = |(name, value): &(&String, &String)| before.get(*name).map_or("", String::as_str) != *value;
        let changes: Vec<_> = values.iter().filter(differ).collect();
        let is_changed = !changes.is_empty();
        let noted = changes.into_iter().map(|(name, value)| Wrote::Set(name.clone(), value.clone()));
        self.writes.extend(noted.map(|wrote| Written { by, row, record, wrote }));
        is_changed
    }

    /// Notes an undone import.
    pub fn undo(&mut self, import: u64) {
        self.undone.insert(import);
    }

    /// The report of the undo of an import that is undone alone. `columns` are those of the schema: the values of a
    /// column that was deleted cannot be given back.
    pub fn told(&self, import: u64, columns: &BTreeSet<String>) -> Told {
        let mut after = self.clone();
        after.undo(import);
        let records = after.records();
        let of_import = || self.writes.iter().filter(|written| written.by == Some(import));
        let made = of_import().filter(|written| matches!(written.wrote, Wrote::Made(..)));
        let made: BTreeSet<RecordName> = made.map(|written| written.record).collect();
        let deleted = made.iter().filter(|record| self.is_deleted_by_hand(**record)).count() as u64;
        let kept: Vec<RecordName> =
            made.iter().copied().filter(|name| records[name].is_held && !self.is_deleted_by_hand(*name)).collect();
        let mut rows: BTreeMap<u64, Fate> = BTreeMap::new();
        for written in of_import() {
            let is_there = records[&written.record].stands();
            let fate = match &written.wrote {
                Wrote::Made(..) => continue,
                _ if !is_there => Fate::Gone,
                Wrote::Deleted => Fate::BroughtBack,
                Wrote::Set(column, _) if !columns.contains(column) => Fate::Gone,
                Wrote::Set(column, _) if self.is_last(written, column) => Fate::Restored,
                Wrote::Set(..) => Fate::ChangesKept,
            };
            let strongest = rows.entry(written.row).or_insert(fate);
            *strongest = fate.max(*strongest);
        }
        let count = |fate: Fate| rows.values().filter(|of_row| **of_row == fate).count() as u64;
        let fates = [
            ("restored", Fate::Restored),
            ("brought_back", Fate::BroughtBack),
            ("changes_kept", Fate::ChangesKept),
            ("gone", Fate::Gone),
        ];
        Told {
            removed: made.len() as u64 - deleted - kept.len() as u64,
            kept: kept.into_iter().collect(),
            fates: fates.map(|(word, fate)| (word, count(fate))).into(),
        }
    }

    /// `true` if the last of the standing writes to a column of the record is that of the row.
    fn is_last(&self, of_row: &Written, column: &str) -> bool {
        let is_to_column = |written: &&Written| {
            written.record == of_row.record
                && self.stands(written.by)
                && matches!(&written.wrote, Wrote::Set(name, _) if name == column)
        };
        let last = self.writes.iter().rev().find(is_to_column);
        last.is_some_and(|last| (last.by, last.row) == (of_row.by, of_row.row))
    }
}
