//! What an import of rows writes, by the rules of the documentation, for the oracle of the stories.
//!
//! Rows act on the records as they were before the import: no row finds a record that the import itself made. Cells are read by
//! the schema as it was when the import was planned, whatever people edit while the import is loaded.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Column, defaults};
use super::replay::{Replay, Replayed, Sort, Values, Written, Wrote};

/// A row of a file: the cells by column; a cell may be absent.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub profile: Values,
    /// The cells of the collection's columns, or `None` in a file without such columns.
    pub subprofile: Option<Values>,
}

/// The options of an import of rows.
#[derive(Clone, Debug)]
pub struct Wish {
    pub action: &'static str,
    /// The key field of the database.
    pub key: String,
    /// The key field of the collection, in a file with columns of the collection.
    pub subkey: Option<String>,
    /// Whether a deletion takes the subprofiles alone.
    pub of_subprofiles: bool,
    pub ignores_empty: bool,
    /// Whether records which no row matches are removed.
    pub removes: bool,
}

/// The numbers of rows by outcome, of those which are not 0.
pub type Outcomes = BTreeMap<&'static str, u64>;

/// The part of a row among those of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The row acts for its profile, and for its subprofile.
    Leads,
    /// The row acts for its subprofile; the row at this place writes the profile.
    Follows(usize),
    Yields,
    Fails,
}

/// An import under way.
struct Import<'i> {
    number: u64,
    wish: &'i Wish,
    rows: &'i [Row],
    profiles: BTreeMap<u64, Replayed>,
    subprofiles: BTreeMap<u64, Replayed>,
    /// The columns of the schema which the import has pinned.
    columns: &'i [Column],
}

impl Replay {
    /// Notes the writes of an import with these rows, which has pinned the `columns`, and tells the outcomes.
    pub fn import(&mut self, number: u64, wish: &Wish, rows: &[Row], columns: &[Column]) -> Outcomes {
        let (profiles, subprofiles) = (self.seen(Sort::Profile), self.seen(Sort::Subprofile));
        let import = Import { number, wish, rows, profiles, subprofiles, columns };
        let missing = if wish.removes { import.missing() } else { Some(Vec::new()) };
        let Some(missing) = missing else { return Outcomes::new() };
        let parts = import.parts();
        let mut outcomes = Outcomes::new();
        // The profile of a row that follows is made by the row that leads.
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|at| matches!(parts[*at], Part::Follows(_)));
        for at in order {
            let outcome = match parts[at] {
                Part::Yields => "skipped",
                Part::Fails => "failed",
                part => import.act(self, at, part),
            };
            *outcomes.entry(outcome).or_default() += 1;
        }
        // A row that failed may have meant any of them.
        if !outcomes.contains_key("failed") && !missing.is_empty() {
            outcomes.insert("removed_missing", missing.len() as u64);
            let row = |nth: usize| (rows.len() + 1 + nth) as u64;
            let removed = missing.into_iter().enumerate().map(|(nth, record)| (row(nth), record));
            let by = Some(number);
            self.writes.extend(removed.map(|(row, record)| Written { by, row, record, wrote: Wrote::Deleted }));
        }
        outcomes
    }
}

impl Import<'_> {
    fn adds(&self) -> bool {
        self.wish.action.contains("add")
    }

    fn column(&self, slot: &str) -> &Column {
        self.columns.iter().find(|column| column.slot == slot).expect("a file has columns of the schema")
    }

    fn key(&self, at: usize) -> Option<String> {
        self.key_of_cell(&self.rows[at].profile, &self.wish.key)
    }

    /// The key in a row's cells. An empty cell matches nothing, also where the column shows a 0.
    fn key_of_cell(&self, cells: &Values, slot: &str) -> Option<String> {
        let kind = self.column(slot).kind;
        let cell = cells.get(slot).filter(|cell| !cell.is_empty())?;
        kind.key(&kind.of_cell(cell)?)
    }

    /// The key of a record as rows compare it.
    fn key_of_record(&self, record: &Replayed, slot: &str) -> Option<String> {
        self.column(slot).kind.key(record.values.get(slot).map_or("", String::as_str))
    }

    /// The cells of the row's subprofile, unless all of them are empty.
    fn subprofile(&self, at: usize) -> Option<&Values> {
        self.rows[at].subprofile.as_ref().filter(|cells| !is_blank(cells))
    }

    fn subkey(&self, at: usize) -> Option<String> {
        self.key_of_cell(self.rows[at].subprofile.as_ref()?, self.wish.subkey.as_ref()?)
    }

    /// `true` for a row that cannot be read: all cells are empty, or a column cannot hold its cell. A deletion reads the cells of
    /// keys alone.
    fn is_unread(&self, at: usize) -> bool {
        let Row { profile, subprofile } = &self.rows[at];
        let is_key = |slot: &String| *slot == self.wish.key || Some(slot) == self.wish.subkey.as_ref();
        let read = profile.iter().chain(subprofile.iter().flatten());
        let mut is_bad = read.filter(|(slot, _)| self.wish.action != "delete" || is_key(slot));
        is_blank(profile) && subprofile.as_ref().is_none_or(is_blank)
            || is_bad.any(|(slot, cell)| self.column(slot).kind.of_cell(cell).is_none())
    }

    fn fails(&self, at: usize) -> bool {
        let finds = matches!(self.wish.action, "update" | "delete");
        let needs_subkey = match self.wish.action {
            "delete" => self.wish.subkey.is_some(),
            _ => self.subprofile(at).is_some(),
        };
        self.is_unread(at) || finds && (self.key(at).is_none() || needs_subkey && self.subkey(at).is_none())
    }

    /// The parts of all rows.
    fn parts(&self) -> Vec<Part> {
        let mut parts: Vec<Part> =
            (0..self.rows.len()).map(|at| if self.fails(at) { Part::Fails } else { Part::Leads }).collect();
        let has_subprofiles = self.wish.subkey.is_some();
        if self.wish.action == "add" && !has_subprofiles {
            return parts;
        }
        // The row's subprofile by its key; a subprofile whose key is empty is like no other.
        let whole = |at: usize| {
            let subkey = match self.wish.action {
                "delete" => self.subkey(at),
                _ => self.subprofile(at).map(|_| self.subkey(at).unwrap_or_else(|| format!("row {at}"))),
            };
            (self.key(at), subkey)
        };
        if self.wish.action != "add" {
            for at in 0..parts.len() {
                let later = |later: usize| parts[later] != Part::Fails && whole(later) == whole(at);
                if parts[at] != Part::Fails && self.key(at).is_some() && (at + 1..parts.len()).any(later) {
                    parts[at] = Part::Yields;
                }
            }
        }
        if self.wish.action == "delete" {
            self.share_out(&mut parts);
            return parts;
        }
        for at in 0..parts.len() {
            let same = |other: &usize| {
                matches!(parts[*other], Part::Leads | Part::Follows(_)) && self.key(*other) == self.key(at)
            };
            let mut group = (0..parts.len()).filter(same);
            let leader = if self.wish.action == "add" { group.next() } else { group.next_back() };
            if parts[at] == Part::Leads
                && self.key(at).is_some()
                && let Some(leader) = leader.filter(|leader| *leader != at)
            {
                parts[at] = if self.subprofile(at).is_some() { Part::Follows(leader) } else { Part::Yields };
            }
        }
        parts
    }

    /// Of rows which would delete the same profile, the last acts.
    fn share_out(&self, parts: &mut [Part]) {
        for at in 0..parts.len() {
            let profile = self.deleted(at).filter(|_| !self.wish.of_subprofiles);
            let is_same = |later: usize| parts[later] == Part::Leads && self.deleted(later) == profile;
            if parts[at] == Part::Leads && profile.is_some() && (at + 1..parts.len()).any(is_same) {
                parts[at] = Part::Yields;
            }
        }
    }

    /// The profile with the key of a row, which has the lowest id.
    fn profile(&self, at: usize) -> Option<(u64, &Values)> {
        self.profiles_of(at).next()
    }

    fn profiles_of(&self, at: usize) -> impl Iterator<Item = (u64, &Values)> {
        let key = self.key(at);
        let has_key = move |record: &Replayed| key.is_some() && self.key_of_record(record, &self.wish.key) == key;
        self.profiles.iter().filter(move |(_, record)| has_key(record)).map(|(&id, record)| (id, &record.values))
    }

    /// The subprofile of a profile with the subprofile's key of a row, which has the lowest id.
    fn subprofile_below(&self, profile: u64, at: usize) -> Option<(u64, &Values)> {
        let (name, key) = (self.wish.subkey.as_ref()?, self.subkey(at)?);
        let below = |record: &Replayed| record.parent == Some(profile);
        let found = self
            .subprofiles
            .iter()
            .find(|(_, record)| below(record) && self.key_of_record(record, name).as_ref() == Some(&key));
        found.map(|(&id, record)| (id, &record.values))
    }

    /// The record that a row of a deletion deletes.
    fn deleted(&self, at: usize) -> Option<u64> {
        let profile = self.profile(at).map(|(id, _)| id);
        if self.wish.of_subprofiles {
            return Some(self.subprofile_below(profile?, at)?.0);
        }
        match self.wish.subkey {
            None => profile,
            Some(_) => self.profiles_of(at).map(|(id, _)| id).find(|&id| self.subprofile_below(id, at).is_some()),
        }
    }

    /// Notes the writes of a row that acts, and tells its outcome.
    fn act(&self, replay: &mut Replay, at: usize, part: Part) -> &'static str {
        if self.wish.action == "delete" {
            let Some(id) = self.deleted(at) else { return "skipped" };
            let sort = if self.wish.of_subprofiles { Sort::Subprofile } else { Sort::Profile };
            let (by, row) = (Some(self.number), at as u64 + 1);
            replay.writes.push(Written { by, row, record: (sort, id), wrote: Wrote::Deleted });
            return "deleted";
        }
        let met = if self.wish.action == "add" { None } else { self.profile(at) };
        match (met, part) {
            (Some((id, before)), _) => {
                let of_profile = (part == Part::Leads).then(|| self.change(replay, at, (Sort::Profile, id), before));
                let of_subprofile = self.subprofile(at).map(|_| self.upsert_below(replay, at, id));
                strongest(of_profile, of_subprofile)
            }
            (None, _) if !self.adds() => "skipped",
            (None, Part::Follows(leader)) => {
                self.make_below(replay, at, self.id(leader));
                "created"
            }
            (None, _) => {
                self.make(replay, at, Sort::Profile, None);
                if self.subprofile(at).is_some() {
                    self.make_below(replay, at, self.id(at));
                }
                "created"
            }
        }
    }

    /// The id of what a row makes.
    fn id(&self, at: usize) -> u64 {
        self.number * 1_000_000_000 + at as u64 + 1
    }

    fn upsert_below(&self, replay: &mut Replay, at: usize, profile: u64) -> &'static str {
        match self.subprofile_below(profile, at) {
            Some((id, before)) => self.change(replay, at, (Sort::Subprofile, id), before),
            None if self.adds() => {
                self.make_below(replay, at, profile);
                "created"
            }
            None => "skipped",
        }
    }

    fn change(&self, replay: &mut Replay, at: usize, record: (Sort, u64), before: &Values) -> &'static str {
        if self.wish.action == "ignore or add" {
            return "skipped";
        }
        let cells = self.cells(at, record.0);
        let is_changed = replay.note_changes((Some(self.number), at as u64 + 1), record, before, &cells);
        if is_changed { "updated" } else { "unchanged" }
    }

    fn make_below(&self, replay: &mut Replay, at: usize, profile: u64) {
        self.make(replay, at, Sort::Subprofile, Some(profile));
    }

    fn make(&self, replay: &mut Replay, at: usize, sort: Sort, parent: Option<u64>) {
        let mut values = defaults(self.columns, sort);
        values.extend(self.cells(at, sort));
        values.retain(|_, value| !value.is_empty());
        let (by, row, record) = (Some(self.number), at as u64 + 1, (sort, self.id(at)));
        replay.writes.push(Written { by, row, record, wrote: Wrote::Made(values, parent) });
    }

    /// The values which a row gives, as stored. If empty cells are ignored, the last cell of an earlier row with the same key
    /// that is not empty stands in for an empty or absent one.
    fn cells(&self, at: usize, sort: Sort) -> Values {
        let of = |row: &Row| match sort {
            Sort::Profile => row.profile.clone(),
            Sort::Subprofile => row.subprofile.clone().unwrap_or_default(),
        };
        let mut cells = of(&self.rows[at]);
        let is_same = |earlier: &usize| {
            let is_same_subprofile = || self.subprofile(*earlier).is_some() && self.subkey(*earlier) == self.subkey(at);
            self.key(*earlier) == self.key(at)
                && !self.fails(*earlier)
                && (sort == Sort::Profile || self.subkey(at).is_some() && is_same_subprofile())
        };
        if self.wish.ignores_empty && self.wish.action != "add" && self.key(at).is_some() {
            for earlier in (0..at).filter(is_same).rev() {
                for (name, cell) in of(&self.rows[earlier]).into_iter().filter(|(_, cell)| !cell.is_empty()) {
                    let own = cells.entry(name).or_default();
                    if own.is_empty() {
                        *own = cell;
                    }
                }
            }
        }
        if self.wish.ignores_empty {
            cells.retain(|_, cell| !cell.is_empty());
        }
        let stored = |(slot, cell): (String, String)| {
            let value = self.column(&slot).kind.of_cell(&cell).expect("a row that acts can be read");
            (slot, value)
        };
        cells.into_iter().map(stored).collect()
    }

    /// The records which no row matches, or `None` for a file that is not loaded because it is no list of the profiles: no row
    /// has a key, or none matches. A file with a row that cannot be read is loaded. With a key of subprofiles those are
    /// missing which no row of their profile has, below the profiles to which rows write.
    fn missing(&self) -> Option<Vec<(Sort, u64)>> {
        let rows = 0..self.rows.len();
        let keys: BTreeSet<String> = rows.clone().filter_map(|at| self.key(at)).collect();
        let matches =
            |record: &&Replayed| self.key_of_record(record, &self.wish.key).is_some_and(|key| keys.contains(&key));
        let is_list = !keys.is_empty() && (self.profiles.is_empty() || self.profiles.values().any(|one| matches(&one)));
        if !is_list && !rows.clone().any(|at| self.is_unread(at)) {
            return None;
        }
        let Some(subkey) = &self.wish.subkey else {
            let missing = self.profiles.iter().filter(|(_, record)| !matches(record));
            return Some(missing.map(|(&id, _)| (Sort::Profile, id)).collect());
        };
        let mut missing = BTreeSet::new();
        for at in rows.clone() {
            let Some((profile, _)) = self.profile(at) else { continue };
            let named: BTreeSet<String> = rows
                .clone()
                .filter(|other| self.key(*other) == self.key(at))
                .filter_map(|other| self.subkey(other))
                .collect();
            let is_missing = |record: &Replayed| {
                record.parent == Some(profile)
                    && self.key_of_record(record, subkey).is_none_or(|key| !named.contains(&key))
            };
            let found = self.subprofiles.iter().filter(|(_, record)| is_missing(record));
            missing.extend(found.map(|(&id, _)| (Sort::Subprofile, id)));
        }
        Some(missing.into_iter().collect())
    }
}

fn is_blank(cells: &Values) -> bool {
    cells.values().all(String::is_empty)
}

/// Of a row's two outcomes the stronger.
fn strongest(one: Option<&'static str>, other: Option<&'static str>) -> &'static str {
    let strength =
        |outcome: &&str| ["skipped", "unchanged", "updated", "created"].iter().position(|word| word == outcome);
    one.into_iter().chain(other).max_by_key(strength).unwrap_or("unchanged")
}
