//! The oracle of the stories: all recorded writes to the profiles of a database, replayed without those of undone imports.
//!
//! The oracle knows the promises of the documentation and nothing of tables, chunks, images or versions. A write is
//! recorded when somebody makes it: a value that is there already is no write.

use std::collections::{BTreeMap, BTreeSet};

/// The values of a profile by name. Interests are named `interest.NAME` and have the value `yes`, or none.
pub type Values = BTreeMap<String, String>;

/// A writer: an import, or people.
pub type By = Option<u64>;

/// A write to a profile.
#[derive(Clone, Debug)]
enum Wrote {
    Made(Values),
    Set(String, String),
    Deleted,
}

/// All writes so far, and the undone imports.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    writes: Vec<(By, u64, Wrote)>,
    undone: BTreeSet<u64>,
}

/// A row of a file: the cells by the name of the column; a column may be absent.
pub type Row = BTreeMap<String, String>;

/// What an import of rows is told to do.
#[derive(Clone, Debug)]
pub struct Wish {
    pub action: &'static str,
    pub key: Option<&'static str>,
    pub ignores_empty: bool,
    /// Whether profiles which no row matches are removed.
    pub removes: bool,
}

/// The numbers of rows by outcome, of those which are not 0.
pub type Outcomes = BTreeMap<&'static str, u64>;

impl Replay {
    /// The profiles that people can see, by id.
    pub fn profiles(&self) -> BTreeMap<u64, Values> {
        let stands = |by: &By| by.is_none_or(|import| !self.undone.contains(&import));
        let mut seen: BTreeMap<u64, (bool, bool, Values)> = BTreeMap::new();
        for (by, id, wrote) in &self.writes {
            match wrote {
                Wrote::Made(values) => drop(seen.insert(*id, (stands(by), false, values.clone()))),
                Wrote::Set(name, value) if stands(by) => {
                    let (held, _, values) = seen.get_mut(id).expect("a profile is made before it is changed");
                    *held = true;
                    values.insert(name.clone(), value.clone());
                }
                Wrote::Deleted if stands(by) => {
                    seen.get_mut(id).expect("a profile is made before it is deleted").1 = true;
                }
                Wrote::Set(..) | Wrote::Deleted => {}
            }
        }
        seen.into_iter().filter(|(_, (held, gone, _))| *held && !gone).map(|(id, (.., values))| (id, values)).collect()
    }

    /// Notes a profile made by people.
    pub fn made_by_hand(&mut self, id: u64, values: Values) {
        self.writes.push((None, id, Wrote::Made(values)));
    }

    /// Notes values that people gave a profile. A value which the profile has already is no write.
    pub fn changed_by_hand(&mut self, id: u64, values: &Values) {
        let before = self.profiles().remove(&id).expect("people edit profiles that they see");
        self.note_changes(None, id, &before, values);
    }

    /// Notes a profile deleted by people.
    pub fn deleted_by_hand(&mut self, id: u64) {
        self.writes.push((None, id, Wrote::Deleted));
    }

    /// Notes an undone import.
    pub fn undo(&mut self, import: u64) {
        self.undone.insert(import);
    }

    /// Notes the writes of an import with these rows, and tells the outcomes.
    pub fn import(&mut self, import: u64, wish: &Wish, rows: &[Row], defaults: &Values) -> Outcomes {
        let mut outcomes = Outcomes::new();
        // Rows act on the profiles as they were before the import: no row finds a profile that the import itself made.
        let standing = self.profiles();
        let missing = if wish.removes { missing(wish, rows, &standing) } else { Some(Vec::new()) };
        let Some(missing) = missing else { return outcomes };
        for at in 0..rows.len() {
            let outcome = self.row(import, wish, (at, rows), &standing, defaults);
            *outcomes.entry(outcome).or_default() += 1;
        }
        // A row that failed may have meant any of them.
        if !outcomes.contains_key("failed") && !missing.is_empty() {
            outcomes.insert("removed_missing", missing.len() as u64);
            self.writes.extend(missing.into_iter().map(|id| (Some(import), id, Wrote::Deleted)));
        }
        outcomes
    }

    fn row(
        &mut self,
        import: u64,
        wish: &Wish,
        (at, rows): (usize, &[Row]),
        standing: &BTreeMap<u64, Values>,
        defaults: &Values,
    ) -> &'static str {
        let row = &rows[at];
        if row.values().all(String::is_empty) {
            return "failed";
        }
        let key = wish.key.and_then(|key| key_of(row, key));
        let adds = wish.action.contains("add");
        if wish.action == "add" || (key.is_none() && adds) {
            return self.make(import, at, row, wish, defaults);
        }
        let (Some(name), Some(key)) = (wish.key, key) else { return "failed" };
        let same = |other: &&Row| key_of(other, name).as_ref() == Some(&key);
        if rows[at + 1..].iter().any(|other| same(&other)) {
            return "skipped";
        }
        // Of the earlier rows with the same key, the last cell that is not empty stands in for an empty or absent cell.
        let mut cells = row.clone();
        if wish.ignores_empty {
            for earlier in rows[..at].iter().filter(same).rev() {
                for (name, cell) in earlier.iter().filter(|(_, cell)| !cell.is_empty()) {
                    let own = cells.entry(name.clone()).or_default();
                    if own.is_empty() {
                        own.clone_from(cell);
                    }
                }
            }
        }
        let met = standing.iter().find(|(_, values)| key_of(values, name).as_ref() == Some(&key));
        match (wish.action, met) {
            ("update" | "update or add", Some((&id, before))) => {
                let cells = given(&cells, wish.ignores_empty);
                if self.note_changes(Some(import), id, before, &cells) { "updated" } else { "unchanged" }
            }
            ("delete", Some((&id, _))) => {
                self.writes.push((Some(import), id, Wrote::Deleted));
                "deleted"
            }
            ("update or add" | "ignore or add", None) => self.make(import, at, &cells, wish, defaults),
            _ => "skipped",
        }
    }

    fn make(&mut self, import: u64, at: usize, cells: &Row, wish: &Wish, defaults: &Values) -> &'static str {
        let mut values = defaults.clone();
        values.extend(given(cells, wish.ignores_empty));
        values.retain(|_, value| !value.is_empty());
        self.writes.push((Some(import), import * 1_000_000_000 + at as u64 + 1, Wrote::Made(values)));
        "created"
    }

    fn note_changes(&mut self, by: By, id: u64, before: &Values, values: &Values) -> bool {
        let differ = |(name, value): &(&String, &String)| before.get(*name).map_or("", String::as_str) != *value;
        let changes: Vec<_> = values.iter().filter(differ).collect();
        let is_changed = !changes.is_empty();
        let noted = changes.into_iter().map(|(name, value)| (by, id, Wrote::Set(name.clone(), value.clone())));
        self.writes.extend(noted);
        is_changed
    }
}

/// The profiles which no row matches, or `None` for a file that is not loaded because it is no list of the profiles: no row
/// has a key, or none matches. A file with a row that cannot be read is loaded.
fn missing(wish: &Wish, rows: &[Row], standing: &BTreeMap<u64, Values>) -> Option<Vec<u64>> {
    let name = wish.key?;
    let keys: BTreeSet<String> = rows.iter().filter_map(|row| key_of(row, name)).collect();
    let matches = |values: &Values| key_of(values, name).is_some_and(|key| keys.contains(&key));
    let is_list = !keys.is_empty() && (standing.is_empty() || standing.values().any(matches));
    let has_unread = rows.iter().any(|row| row.values().all(String::is_empty));
    let missing = standing.iter().filter(|(_, values)| !matches(values)).map(|(id, _)| *id);
    (is_list || has_unread).then(|| missing.collect())
}

/// The values that cells give: none for an empty cell, if empty cells are ignored. An interest has the value `yes` or none.
fn given(cells: &Row, ignores_empty: bool) -> Values {
    let value = |(name, cell): (&String, &String)| {
        let is_no = name.starts_with("interest.") && cell == "no";
        (name.clone(), if is_no { String::new() } else { cell.clone() })
    };
    cells.iter().filter(|(_, cell)| !(ignores_empty && cell.is_empty())).map(value).collect()
}

/// The key of a row or a profile as keys are compared: without case and outer blanks. An empty key matches nothing.
fn key_of(values: &BTreeMap<String, String>, name: &str) -> Option<String> {
    values.get(name).map(|value| value.trim().to_lowercase()).filter(|key| !key.is_empty())
}
