//! The rows of a share of the file, grouped by key: which row acts, which yields, which follows, and what each matches.
//!
//! The module does no I/O. A share goes through four steps:
//!
//! 1. [`KeyedRows::see`] takes the keys of the file's rows, in any order.
//! 2. [`KeyedRows::grouped`] sorts the rows and decides on the part of each ([`JoinRules`]).
//! 3. [`Groups::profile`] and [`Groups::subprofile`] take the records that stand. Records which match nothing cost a search by
//!    halves and no memory.
//! 4. [`Groups::plan`] tells the plan of a row.
//!
//! A row takes 36 bytes of memory, 52 with a subprofile, and a match 16. Rows without a profile's key take none: each acts by
//! itself.

use super::keys::{HashedKey, KeyHash};
use super::matching::{MatchList, MatchedPairs};
use super::rules::{JoinRules, MatchSearch};
use crate::id::{RecordId, Row};
use crate::kind::bits::Bits;
use crate::profile_form::{Matches, ProfileAction};
use crate::profiles::planned::{Act, MOST_MATCHES, RowPlan};

/// The most matches which a plan names, if the row acts on one at most.
pub const MOST_NAMED: usize = 10;

/// The place of a row without a subprofile in [`KeyedRows::subprofiles`].
const NO_SUBPROFILE: u32 = u32::MAX;
/// The place of a row whose subprofile has an empty key.
const EMPTY_KEY: u32 = u32::MAX - 1;

/// A row with its key.
#[derive(Clone, Copy, Debug)]
struct KeyedRow {
    /// The key of the profile; of a row that is found by its subprofile alone, the key of the subprofile.
    group: KeyHash,
    /// The index of the row in the file, from 0.
    row: u32,
    /// The place of the subprofile's key, or one of the constants above.
    subprofile: u32,
}

/// The rows of a share as read.
#[derive(Clone, Debug)]
pub struct KeyedRows {
    rules: JoinRules,
    rows: Vec<KeyedRow>,
    subprofiles: Vec<KeyHash>,
}

/// The order of subprofiles within a group: none, an empty key, and then the keys.
type SubprofileOrder = (u8, Option<KeyHash>);

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

    fn order(&self, row: &KeyedRow) -> SubprofileOrder {
        match row.subprofile {
            NO_SUBPROFILE => (0, None),
            EMPTY_KEY => (1, None),
            place => (2, Some(self.subprofiles[place as usize])),
        }
    }

    /// Groups the rows.
    pub fn grouped(mut self) -> Groups {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by(|one, other| {
            let order = one.group.cmp(&other.group).then_with(|| self.order(one).cmp(&self.order(other)));
            order.then(one.row.cmp(&other.row))
        });
        self.rows = rows;
        let mut by_row: Vec<u32> = (0..).take(self.rows.len()).collect();
        by_row.sort_unstable_by_key(|&at| self.rows[at as usize].row);
        let mut groups = Groups {
            acts: vec![Part::Acts; self.rows.len()],
            by_row,
            profiles: MatchList::default(),
            subprofiles: MatchedPairs::default(),
            keyed: self,
        };
        groups.decide();
        groups
    }
}

/// The part of a row, in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Acts,
    /// The row of this index in the file acts.
    YieldsTo(u32),
    /// The row of this index in the file writes the profile.
    Follows(u32),
}

/// The grouped rows of a share, with their matches.
#[derive(Clone, Debug)]
pub struct Groups {
    keyed: KeyedRows,
    /// The part of each row.
    acts: Vec<Part>,
    /// The places of the rows in the order of the file.
    by_row: Vec<u32>,
    /// The matching profiles, by the places where groups begin; for a deletion of profiles by their subprofiles, by the
    /// places where runs of a whole key begin.
    profiles: MatchList,
    /// The matching subprofiles, by the places where runs of a whole key begin.
    subprofiles: MatchedPairs,
}

impl Groups {
    fn rows(&self) -> &[KeyedRow] {
        &self.keyed.rows
    }

    /// The rules of the import.
    pub fn rules(&self) -> JoinRules {
        self.keyed.rules
    }

    /// The end of the group that begins at a place.
    fn group_end(&self, start: usize) -> usize {
        let group = self.rows()[start].group;
        start + self.rows()[start..].partition_point(|row| row.group == group)
    }

    /// The end of the run of a whole key that begins at a place.
    fn run_end(&self, start: usize, group_end: usize) -> usize {
        let order = self.keyed.order(&self.rows()[start]);
        start + self.rows()[start..group_end].partition_point(|row| self.keyed.order(row) == order)
    }

    /// The places where the group and the run of a row begin.
    fn starts(&self, at: usize) -> (usize, usize) {
        let group = self.rows()[at].group;
        let start = self.rows().partition_point(|row| row.group < group);
        let order = self.keyed.order(&self.rows()[at]);
        (start, start + self.rows()[start..=at].partition_point(|row| self.keyed.order(row) < order))
    }

    /// Decides on the part of each row.
    fn decide(&mut self) {
        let mut start = 0;
        while start < self.rows().len() {
            let end = self.group_end(start);
            match self.rules().action {
                ProfileAction::Add => self.lead_by_first(start, end),
                ProfileAction::Delete => drop(self.collapse(start, end)),
                _ => {
                    let acting = self.collapse(start, end);
                    self.lead_by_last(&acting);
                }
            }
            start = end;
        }
    }

    /// The first row leads, for each row creates a subprofile.
    fn lead_by_first(&mut self, start: usize, end: usize) {
        let Some(leader) = self.rows()[start..end].iter().map(|row| row.row).min() else { return };
        for at in start..end {
            let row = self.rows()[at];
            self.acts[at] = follower(&row, leader);
        }
    }

    /// The last row of each whole key acts. Returns the places of acting rows; rows whose key is an error are left out.
    fn collapse(&mut self, start: usize, end: usize) -> Vec<usize> {
        let mut acting = Vec::new();
        let mut run = start;
        while run < end {
            let run_end = self.run_end(run, end);
            if self.rows()[run].subprofile == EMPTY_KEY {
                // Each of these rows makes a subprofile, or is an error.
                if !self.rules().refuses_empty_keys() {
                    acting.extend(run..run_end);
                }
            } else {
                let last = run_end - 1;
                let row = self.rows()[last].row;
                self.acts[run..last].fill(Part::YieldsTo(row));
                acting.push(last);
            }
            run = run_end;
        }
        acting
    }

    /// The last of the acting rows of a group leads.
    fn lead_by_last(&mut self, acting: &[usize]) {
        let Some(leader) = acting.iter().map(|&at| self.rows()[at].row).max() else { return };
        for &at in acting {
            let row = self.rows()[at];
            self.acts[at] = follower(&row, leader);
        }
    }

    /// The number of rows.
    pub fn row_count(&self) -> u64 {
        self.rows().len() as u64
    }

    /// `true` if the matches of the row's group are looked up by this row's cells: for a group, by one of its rows. Rows in
    /// `loaded` have their outcome already, and a group of such rows is not looked up.
    pub fn asks(&self, row: u64, loaded: &Bits) -> bool {
        let Some(at) = self.place(row) else { return false };
        let is_first = at == 0 || self.rows()[at - 1].group != self.rows()[at].group;
        is_first && self.rows()[at..self.group_end(at)].iter().any(|row| !loaded.get(row.row.into()))
    }

    /// `true` if a row has the key.
    pub fn has(&self, key: KeyHash) -> bool {
        self.group(key).is_some()
    }

    /// Takes the key of a profile that stands.
    pub fn profile(&mut self, id: RecordId, key: KeyHash) {
        if let Some(start) = self.group(key) {
            self.profiles.add(start, id);
        }
    }

    /// Sorts the matching profiles, before subprofiles are taken.
    pub fn close_profiles(&mut self) {
        self.profiles.sort();
    }

    /// The matching profiles whose subprofiles are looked for, each with the place where its group begins, by id.
    pub fn parents(&self) -> Vec<(RecordId, u32)> {
        let rules = self.rules();
        let mut parents = Vec::new();
        for (start, matches) in self.profiles.lists() {
            let wanted = if rules.deletes_by_subprofiles() { matches } else { rules.acting(matches) };
            parents.extend(wanted.iter().map(|&id| (RecordId(id), start)));
        }
        parents.sort_unstable();
        parents
    }

    /// Takes the key of a subprofile that stands. `group` is the place of its profile among [`parents`](Self::parents), or
    /// `None` where subprofiles are found by their keys alone.
    pub fn subprofile(&mut self, id: RecordId, parent: RecordId, key: KeyHash, group: Option<u32>) {
        let run = match group {
            None => self.group(key),
            Some(start) => {
                let start = start as usize;
                let end = self.group_end(start);
                let wanted = (2, Some(key));
                let run = start + self.rows()[start..end].partition_point(|row| self.keyed.order(row) < wanted);
                let is_found = run < end && self.keyed.order(&self.rows()[run]) == wanted;
                is_found.then(|| u32::try_from(run).expect("a share has fewer rows"))
            }
        };
        if let Some(run) = run {
            self.subprofiles.add(run, id, parent);
        }
    }

    /// The profiles of the matching subprofiles.
    pub fn matched_parents(&self) -> Vec<RecordId> {
        self.subprofiles.parents()
    }

    /// Forgets the matching subprofiles of which the profile cannot be seen.
    pub fn retain_parents(&mut self, is_seen: impl Fn(RecordId) -> bool) {
        self.subprofiles.retain(is_seen);
    }

    /// Sorts the matching subprofiles. Where profiles are deleted by their subprofiles, each profile goes to the last row which
    /// would delete it.
    pub fn close_subprofiles(&mut self) {
        self.subprofiles.sort();
        if self.rules().deletes_by_subprofiles() {
            self.profiles = self.subprofiles.by_parent();
            self.share_out();
        }
    }

    /// Gives each profile to the last of the rows that would delete it. A row that is left without a profile yields.
    fn share_out(&mut self) {
        let rules = self.rules();
        let mut claims: Vec<(u64, u32, u32)> = Vec::new();
        for (run, matches) in self.profiles.lists() {
            let row = self.rows()[self.end_of_run(run) - 1].row;
            claims.extend(rules.acting(matches).iter().map(|&id| (id, row, run)));
        }
        claims.sort_unstable();
        // The run that loses a profile, the profile, and the row that deletes the profile.
        let mut lost: Vec<(u32, u64, u32)> = Vec::new();
        for claims in claims.chunk_by(|one, other| one.0 == other.0) {
            let Some((&(_, last, _), others)) = claims.split_last() else { continue };
            lost.extend(others.iter().map(|&(id, _, run)| (run, id, last)));
        }
        lost.sort_unstable();
        self.profiles.retain(|run, id| lost.binary_search_by_key(&(run, id), |&(run, id, _)| (run, id)).is_err());
        for lost in lost.chunk_by(|one, other| one.0 == other.0) {
            let run = lost[0].0;
            let last = lost.iter().map(|&(_, _, last)| last).max().unwrap_or_default();
            if rules.matches != Matches::All || self.profiles.of(run as usize).is_empty() {
                let end = self.end_of_run(run);
                self.acts[run as usize..end].fill(Part::YieldsTo(last));
            }
        }
    }

    /// The end of the run that begins at a place.
    fn end_of_run(&self, run: u32) -> usize {
        let group_end = self.group_end(run as usize);
        self.run_end(run as usize, group_end)
    }

    fn group(&self, key: KeyHash) -> Option<u32> {
        let start = self.rows().partition_point(|row| row.group < key);
        let is_found = self.rows().get(start).is_some_and(|row| row.group == key);
        is_found.then(|| u32::try_from(start).expect("a share has fewer rows"))
    }

    /// The place of a row of the file, or `None` for a row of another share or without a key.
    fn place(&self, row: u64) -> Option<usize> {
        let row = u32::try_from(row).ok()?;
        let found = self.by_row.binary_search_by_key(&row, |&at| self.rows()[at as usize].row).ok()?;
        Some(self.by_row[found] as usize)
    }

    /// The indexes of the rows in the file.
    pub fn rows_of_file(&self) -> impl Iterator<Item = u64> + '_ {
        self.by_row.iter().map(|&at| self.rows()[at as usize].row.into())
    }

    /// The plan of a row, but for cells of earlier rows. `None` for a row which acts and has no match, and for a row of another
    /// share.
    pub fn plan(&self, row: u64) -> Option<RowPlan> {
        let at = self.place(row)?;
        let numbered = |row: u32| Row(u64::from(row) + 1);
        let act = match self.acts[at] {
            Part::Acts => Act::Acts,
            Part::Follows(leader) => Act::Follows(numbered(leader)),
            Part::YieldsTo(later) => {
                return Some(RowPlan { act: Act::YieldsTo(numbered(later)), ..RowPlan::default() });
            }
        };
        let rules = self.rules();
        let (group, run) = self.starts(at);
        let is_refused = self.rows()[at].subprofile == EMPTY_KEY && rules.refuses_empty_keys();
        let named = |matches: &[u64]| -> Vec<RecordId> {
            let most = if rules.acting(matches).len() > 1 { MOST_MATCHES + 1 } else { MOST_NAMED };
            matches.iter().take(most).copied().map(RecordId).collect()
        };
        let of_profiles = if rules.deletes_by_subprofiles() { run } else { group };
        let profiles = if is_refused { Vec::new() } else { named(self.profiles.of(of_profiles)) };
        let subprofiles = named(self.subprofiles.of(run));
        let plan = RowPlan { act, profiles, subprofiles, ..RowPlan::default() };
        (plan != RowPlan::default()).then_some(plan)
    }

    /// The row's places in the gathering of cells: whether the row takes part, the places where its group and its run begin, and
    /// whether the row is the last of either. `None` for a row which shares its key with no other row.
    pub(super) fn gathering(&self, row: u64) -> Option<GatheringRow> {
        let at = self.place(row)?;
        let own = self.rows()[at];
        if own.subprofile == EMPTY_KEY && self.rules().refuses_empty_keys() {
            return None;
        }
        let (group, run) = self.starts(at);
        let group_end = self.group_end(group);
        if group_end - group < 2 {
            return None;
        }
        let is_leader = self.acts[at] == Part::Acts;
        let has_run = own.subprofile < EMPTY_KEY;
        let is_last_of_run = !matches!(self.acts[at], Part::YieldsTo(_));
        let run = (has_run && self.run_end(run, group_end) - run > 1).then_some(run);
        Some(GatheringRow { group, run, is_leader, is_last_of_run })
    }
}

/// A row as the gathering of cells needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GatheringRow {
    /// The place where the group of the row begins.
    pub group: usize,
    /// The place where the run of the row's whole key begins, if the run has further rows with a subprofile.
    pub run: Option<usize>,
    /// `true` if the row writes the profile of its group. No row that takes part comes after it.
    pub is_leader: bool,
    /// `true` if the row acts for its whole key.
    pub is_last_of_run: bool,
}

/// The part of an acting row of a group with a leader.
fn follower(row: &KeyedRow, leader: u32) -> Part {
    match row.row == leader {
        true => Part::Acts,
        false if row.subprofile == NO_SUBPROFILE => Part::YieldsTo(leader),
        false => Part::Follows(leader),
    }
}
