//! The rows of a share of the file, grouped by key: which row acts, which yields, which follows, and what each matches.
//!
//! The module does no I/O. A share goes through four steps:
//!
//! 1. [`KeyedRows::see`] takes the keys of the file's rows, in any order.
//! 2. [`Groups::of`] sorts the rows and decides on the part of each ([`JoinRules`]).
//! 3. [`Groups::profile`] and [`Groups::subprofile`] take the records that stand. Records which match nothing cost a search by
//!    halves and no memory.
//! 4. [`Groups::plan`] tells the plan of a row.
//!
//! A row takes 36 bytes of memory, 52 with a subprofile, and a match 12. Rows without a profile's key take none: each acts by
//! itself.

use super::keyed::{EMPTY_KEY, KeyedRow, KeyedRows, NO_SUBPROFILE};
use super::keys::KeyHash;
use super::matching::{Match, MatchList, MatchedPairs};
use super::rules::JoinRules;
use crate::id::{RecordId, Row};
use crate::kind::bits::Bits;
use crate::profile_form::{Matches, ProfileAction};
use crate::profiles::planned::{Act, MOST_MATCHES, RowPlan};

/// The most matches which a plan names, if the row acts on one at most.
pub const MOST_NAMED: usize = 10;

/// The part of a row, in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Acts,
    /// The row of this index in the file acts.
    YieldsTo(u32),
    /// The row of this index in the file writes the profile.
    Follows(u32),
}

/// The memory of a row, but for 4 bytes of its place in the file.
const _: () = assert!(size_of::<Part>() == 8 && size_of::<KeyedRow>() == 24);

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
    /// Groups the rows of a share.
    pub fn of(mut keyed: KeyedRows) -> Self {
        keyed.sort();
        let rows = keyed.rows();
        let mut by_row: Vec<u32> = (0..).take(rows.len()).collect();
        by_row.sort_unstable_by_key(|&at| rows[at as usize].row);
        let acts = vec![Part::Acts; rows.len()];
        let (profiles, subprofiles) = (MatchList::default(), MatchedPairs::default());
        let mut groups = Self { keyed, acts, by_row, profiles, subprofiles };
        groups.decide();
        groups
    }

    fn rows(&self) -> &[KeyedRow] {
        self.keyed.rows()
    }

    /// The rules of the import.
    pub fn rules(&self) -> JoinRules {
        self.keyed.rules
    }

    /// Decides on the part of each row.
    fn decide(&mut self) {
        let mut start = 0;
        while start < self.rows().len() {
            let end = self.keyed.group_end(start);
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
            let run_end = self.keyed.run_end(run, end);
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
        is_first && self.rows()[at..self.keyed.group_end(at)].iter().any(|row| !loaded.get(row.row.into()))
    }

    /// `true` if a row has the key.
    pub fn has(&self, key: KeyHash) -> bool {
        self.keyed.group(key).is_some()
    }

    /// `true` if a row has the key of a subprofile, in the group of rows that begins at a place.
    pub fn has_subprofile(&self, group: u32, key: KeyHash) -> bool {
        self.keyed.run(group as usize, key).is_some()
    }

    /// Takes the key of a profile that stands.
    pub fn profile(&mut self, id: RecordId, key: KeyHash) {
        if let Some(start) = self.keyed.group(key) {
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
            parents.extend(wanted.iter().map(|profile| (profile.id(), start)));
        }
        parents.sort_unstable();
        parents
    }

    /// Takes the key of a subprofile that stands. `group` is the place of its profile among [`parents`](Self::parents), or
    /// `None` where subprofiles are found by their keys alone.
    pub fn subprofile(&mut self, id: RecordId, parent: RecordId, key: KeyHash, group: Option<u32>) {
        let run = match group {
            None => self.keyed.group(key),
            Some(start) => self.keyed.run(start as usize, key),
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
        let mut claims: Vec<(RecordId, u32, u32)> = Vec::new();
        for (run, matches) in self.profiles.lists() {
            let row = self.rows()[self.keyed.end_of_run(run) - 1].row;
            claims.extend(rules.acting(matches).iter().map(|profile| (profile.id(), row, run)));
        }
        claims.sort_unstable();
        // The run that loses a profile, the profile, and the row that deletes the profile.
        let mut lost: Vec<(u32, RecordId, u32)> = Vec::new();
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
                let end = self.keyed.end_of_run(run);
                self.acts[run as usize..end].fill(Part::YieldsTo(last));
            }
        }
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
        let (group, run) = self.keyed.starts(at);
        let is_refused = self.rows()[at].subprofile == EMPTY_KEY && rules.refuses_empty_keys();
        let named = |matches: &[Match]| -> Vec<RecordId> {
            let most = if rules.acting(matches).len() > 1 { MOST_MATCHES + 1 } else { MOST_NAMED };
            matches.iter().take(most).map(|own| own.id()).collect()
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
        let (group, run) = self.keyed.starts(at);
        let group_end = self.keyed.group_end(group);
        if group_end - group < 2 {
            return None;
        }
        let is_leader = self.acts[at] == Part::Acts;
        let has_run = own.subprofile < EMPTY_KEY;
        let is_last_of_run = !matches!(self.acts[at], Part::YieldsTo(_));
        let run = (has_run && self.keyed.run_end(run, group_end) - run > 1).then_some(run);
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
