//! The rows of a share of the file with their keys: as read, and sorted by key.
//!
//! A **group** is the rows with the key of a profile, and a **run** the rows of a group with the key of a subprofile, too. Both
//! are known by the place of their first row among the sorted rows.

use super::keys::{HashedKey, KeyHash};
use super::rules::{JoinRules, MatchSearch};

/// The place of a row without a subprofile in [`KeyedRows::subprofiles`].
pub const NO_SUBPROFILE: u32 = u32::MAX;
/// The place of a row whose subprofile has an empty key.
pub const EMPTY_KEY: u32 = u32::MAX - 1;

/// A row with its key.
#[derive(Clone, Copy, Debug)]
pub struct KeyedRow {
    /// The key of the profile; of a row that is found by its subprofile alone, the key of the subprofile.
    pub group: KeyHash,
    /// The index of the row in the file, from 0.
    pub row: u32,
    /// The place of the subprofile's key, or one of the constants above.
    pub subprofile: u32,
}

/// The rows of a share: in any order as read, and by key once sorted.
#[derive(Clone, Debug)]
pub struct KeyedRows {
    pub rules: JoinRules,
    rows: Vec<KeyedRow>,
    subprofiles: Vec<KeyHash>,
}

/// The order of subprofiles within a group: none, an empty key, and then the keys.
pub type SubprofileOrder = (u8, Option<KeyHash>);

impl KeyedRows {
    /// No rows.
    pub fn new(rules: JoinRules) -> Self {
        Self { rules, rows: Vec::new(), subprofiles: Vec::new() }
    }

    /// Takes a row of the file with the key of its profile, and the key of its subprofile or `None` if the cells say nothing of
    /// a subprofile. Rows of other shares are passed over.
    pub fn see(&mut self, row: u64, profile: HashedKey, subprofile: Option<HashedKey>, (share, shares): (u64, u64)) {
        let alone = self.rules.search() == MatchSearch::Subprofiles;
        let group = if alone { subprofile.and_then(HashedKey::hash) } else { profile.hash() };
        let Some(group) = group.filter(|group| shares <= 1 || group.share(shares) == share) else { return };
        let subprofile = match subprofile.filter(|_| !alone) {
            None if self.rules.needs_subprofile_key() => EMPTY_KEY,
            None => NO_SUBPROFILE,
            Some(HashedKey::Unkeyed | HashedKey::Nothing) => EMPTY_KEY,
            Some(HashedKey::By(key)) => {
                self.subprofiles.push(key);
                u32::try_from(self.subprofiles.len() - 1).expect("a share has fewer rows")
            }
        };
        let row = u32::try_from(row).expect("a file has less than a billion rows");
        self.rows.push(KeyedRow { group, row, subprofile });
    }

    /// The order of a row within its group.
    pub fn order(&self, row: &KeyedRow) -> SubprofileOrder {
        match row.subprofile {
            NO_SUBPROFILE => (0, None),
            EMPTY_KEY => (1, None),
            place => (2, Some(self.subprofiles[place as usize])),
        }
    }

    /// The rows.
    pub fn rows(&self) -> &[KeyedRow] {
        &self.rows
    }

    /// Sorts the rows by group, subprofile and place in the file.
    pub fn sort(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by(|one, other| {
            let order = one.group.cmp(&other.group).then_with(|| self.order(one).cmp(&self.order(other)));
            order.then(one.row.cmp(&other.row))
        });
        self.rows = rows;
    }

    /// The end of the group that begins at a place.
    pub fn group_end(&self, start: usize) -> usize {
        let group = self.rows[start].group;
        start + self.rows[start..].partition_point(|row| row.group == group)
    }

    /// The end of the run of a whole key that begins at a place.
    pub fn run_end(&self, start: usize, group_end: usize) -> usize {
        let order = self.order(&self.rows[start]);
        start + self.rows[start..group_end].partition_point(|row| self.order(row) == order)
    }

    /// The places where the group and the run of a row begin.
    pub fn starts(&self, at: usize) -> (usize, usize) {
        let group = self.rows[at].group;
        let start = self.rows.partition_point(|row| row.group < group);
        let order = self.order(&self.rows[at]);
        (start, start + self.rows[start..=at].partition_point(|row| self.order(row) < order))
    }

    /// The end of the run that begins at a place.
    pub fn end_of_run(&self, run: u32) -> usize {
        let group_end = self.group_end(run as usize);
        self.run_end(run as usize, group_end)
    }

    /// The place where the group of a key begins.
    pub fn group(&self, key: KeyHash) -> Option<u32> {
        let start = self.rows.partition_point(|row| row.group < key);
        let is_found = self.rows.get(start).is_some_and(|row| row.group == key);
        is_found.then(|| u32::try_from(start).expect("a share has fewer rows"))
    }

    /// The place where the run of a subprofile's key begins, in the group that begins at a place.
    pub fn run(&self, group: usize, key: KeyHash) -> Option<u32> {
        let end = self.group_end(group);
        let wanted = (2, Some(key));
        let run = group + self.rows[group..end].partition_point(|row| self.order(row) < wanted);
        let is_found = run < end && self.order(&self.rows[run]) == wanted;
        is_found.then(|| u32::try_from(run).expect("a share has fewer rows"))
    }
}
