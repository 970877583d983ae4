//! The plans of rows against an oracle that compares each row with each row and each record, over files and records which
//! seeds draw.
//!
//! `WAYBILL_JOIN_SEEDS=100000 cargo test -p waybill-shared --lib join::tests` runs more seeds.

mod missing;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use self::missing::{OWN, scanned, search_of};

use super::gather::{GatheredCells, Gathering};
use super::groups::{Groups, MOST_NAMED};
use super::keyed::KeyedRows;
use super::keys::{HashedKey, KeyHash};
use super::missing::MissingSearch;
use super::rules::{JoinRules, MatchSearch};
use crate::id::{RecordId, Row};
use crate::profile_form::{
    DeleteTarget, FieldCell, KeyValue, Matches, ProfileAction, ProfileRow, RowKey, SubprofileRow,
};
use crate::profiles::planned::{Act, MOST_MATCHES, RowPlan};

/// The random number generator SplitMix64.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).expect("an index")]
    }

    fn cells(&mut self, fields: [u64; 2]) -> BTreeMap<u64, String> {
        let mut cells = BTreeMap::new();
        for field in fields {
            if self.below(2) == 0 {
                cells.insert(field, format!("text {}", self.below(1000)));
            }
        }
        cells
    }
}

/// A key cell of a drawn row: `None` for an empty one.
type Letter = Option<u64>;

#[derive(Clone, Debug)]
struct DrawnRow {
    key: Letter,
    /// `None` if all cells of the subprofile are empty.
    subprofile: Option<Letter>,
    cells: BTreeMap<u64, String>,
    interests: BTreeMap<u64, bool>,
    subcells: BTreeMap<u64, String>,
}

#[derive(Clone, Debug)]
struct World {
    rules: JoinRules,
    rows: Vec<DrawnRow>,
    /// The profiles with their keys.
    profiles: Vec<(u64, Letter)>,
    /// The subprofiles with their profiles and keys.
    subprofiles: Vec<(u64, u64, Letter)>,
}

const ACTIONS: [ProfileAction; 5] = [
    ProfileAction::Add,
    ProfileAction::Update,
    ProfileAction::UpdateOrAdd,
    ProfileAction::IgnoreOrAdd,
    ProfileAction::Delete,
];

impl World {
    fn draw(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let action = draw.of(&ACTIONS);
        let has_subprofiles = draw.below(3) > 0;
        let has_subprofile_key = has_subprofiles && (action != ProfileAction::Add || draw.below(2) == 0);
        let has_profile_key = action != ProfileAction::Delete || !has_subprofile_key || draw.below(3) > 0;
        let target = match has_subprofile_key {
            true => draw.of(&[DeleteTarget::Profile, DeleteTarget::Subprofile]),
            false => DeleteTarget::Profile,
        };
        let matches = draw.of(&[Matches::First, Matches::All, Matches::Refuse]);
        let gathers = draw.below(2) == 0 && !matches!(action, ProfileAction::Add | ProfileAction::Delete);
        let rules =
            JoinRules { action, target, matches, gathers, has_profile_key, has_subprofile_key, has_subprofiles };
        let letters = 1 + draw.below(4);
        let mut letter = |draw: &mut Draw| (draw.below(8) > 0).then(|| draw.below(letters));
        let row = |draw: &mut Draw, letter: &mut dyn FnMut(&mut Draw) -> Letter| DrawnRow {
            key: letter(draw),
            subprofile: (has_subprofiles && draw.below(5) > 0)
                .then(|| if has_subprofile_key { letter(draw) } else { None }),
            cells: draw.cells([1, 2]),
            interests: (draw.below(3) == 0).then(|| (1, draw.below(2) == 0)).into_iter().collect(),
            subcells: draw.cells([11, 12]),
        };
        let rows = (0..draw.below(14)).map(|_| row(&mut draw, &mut letter)).collect();
        // The last records of a long list are of the import itself.
        let id = |at: u64, id: u64, last: u64| if at == last { OWN.0 * 1_000_000_000 + at } else { id };
        let profiles: Vec<_> = (0..draw.below(9)).map(|at| (id(at, 100 + 7 * at, 7), letter(&mut draw))).collect();
        let mut subprofiles = Vec::new();
        for at in 0..draw.below(12) {
            if !profiles.is_empty() {
                subprofiles.push((id(at, 500 + 3 * at, 10), draw.of(&profiles).0, letter(&mut draw)));
            }
        }
        Self { rules, rows, profiles, subprofiles }
    }
}

/// The rules in words, by comparing everything with everything.
struct Oracle<'w>(&'w World);

impl Oracle<'_> {
    /// The key by which the row is grouped: of its profile, or of its subprofile where that is the only key.
    fn group(&self, row: usize) -> Letter {
        let World { rules, rows, .. } = self.0;
        let alone = rules.action == ProfileAction::Delete && !rules.has_profile_key;
        if alone { rows[row].subprofile.flatten() } else { rows[row].key.filter(|_| rules.has_profile_key) }
    }

    fn subprofile(&self, row: usize) -> Option<Letter> {
        let World { rules, rows, .. } = self.0;
        let alone = rules.action == ProfileAction::Delete && !rules.has_profile_key;
        rows[row].subprofile.filter(|_| !alone)
    }

    fn is_error(&self, row: usize) -> bool {
        let needs = self.0.rules.action == ProfileAction::Delete && self.0.rules.has_subprofile_key;
        match self.0.rules.action {
            ProfileAction::Update => self.subprofile(row) == Some(None),
            ProfileAction::Delete if self.0.rules.has_profile_key && needs => self.subprofile(row).flatten().is_none(),
            _ => false,
        }
    }

    fn has_whole_key_of(&self, row: usize, other: usize) -> bool {
        let same = self.group(row).is_some() && self.group(row) == self.group(other);
        same && self.subprofile(row) == self.subprofile(other) && self.subprofile(row) != Some(None)
    }

    fn last_of_whole_key(&self, row: usize) -> usize {
        let errs = self.is_error(row);
        let same = |&other: &usize| other == row || !errs && self.has_whole_key_of(row, other);
        (0..self.0.rows.len()).rev().find(same).expect("the row itself")
    }

    fn is_acting(&self, row: usize) -> bool {
        self.group(row).is_some() && !self.is_error(row) && self.last_of_whole_key(row) == row
    }

    fn leader(&self, row: usize) -> usize {
        let all = || (0..self.0.rows.len()).filter(|&other| self.group(other) == self.group(row));
        match self.0.rules.action {
            ProfileAction::Add => all().next(),
            _ => all().rfind(|&other| self.is_acting(other)),
        }
        .unwrap_or(row)
    }

    fn profiles_of_key(&self, row: usize) -> Vec<u64> {
        let group = self.group(row);
        let found = self.0.profiles.iter().filter(|(_, key)| key.is_some() && *key == group);
        found.map(|(id, _)| *id).collect()
    }

    fn acting(&self, matches: &[u64]) -> Vec<u64> {
        match self.0.rules.matches {
            Matches::All => matches.to_vec(),
            Matches::First => matches.iter().take(1).copied().collect(),
            Matches::Refuse => {
                if matches.len() == 1 {
                    matches.to_vec()
                } else {
                    Vec::new()
                }
            }
        }
    }

    fn named(&self, matches: &[u64]) -> Vec<RecordId> {
        let most = if self.acting(matches).len() > 1 { MOST_MATCHES + 1 } else { MOST_NAMED };
        matches.iter().take(most).copied().map(RecordId).collect()
    }

    /// The subprofiles by which the row would delete their profiles, with these profiles.
    fn subprofiles_to_delete_by(&self, row: usize) -> Vec<(u64, u64)> {
        let alone = !self.0.rules.has_profile_key;
        let key = if alone { self.group(row) } else { self.subprofile(row).flatten() };
        let of_key = self.profiles_of_key(row);
        let subprofiles = self
            .0
            .subprofiles
            .iter()
            .filter(|(_, parent, own)| key.is_some() && *own == key && (alone || of_key.contains(parent)));
        subprofiles.map(|(id, parent, _)| (*id, *parent)).collect()
    }

    /// The profiles that the row would delete by their subprofiles.
    fn profiles_of_subprofiles(&self, row: usize) -> Vec<u64> {
        let parents = self.subprofiles_to_delete_by(row).into_iter().map(|(_, parent)| parent);
        parents.collect::<BTreeSet<u64>>().into_iter().collect()
    }

    fn plan(&self, row: usize) -> RowPlan {
        let World { rules, rows, .. } = self.0;
        let numbered = |row: usize| Row(row as u64 + 1);
        let none = RowPlan::default();
        let Some(group) = self.group(row) else { return none };
        if rules.action == ProfileAction::Add && !rules.has_subprofiles {
            return none;
        }
        if self.is_error(row) {
            return none;
        }
        let yields = |to: usize| RowPlan { act: Act::YieldsTo(numbered(to)), ..RowPlan::default() };
        if rules.action != ProfileAction::Add && !self.is_acting(row) {
            let last = self.last_of_whole_key(row);
            // A row that yields to a row that yields names the last of them.
            return match self.plan(last).act {
                Act::YieldsTo(Row(further)) if rules.action == ProfileAction::Delete => {
                    yields(usize::try_from(further - 1).expect("an index"))
                }
                _ => yields(last),
            };
        }
        if rules.action == ProfileAction::Delete {
            return self.deletion(row, group);
        }
        let leader = self.leader(row);
        let act = match (row == leader, rows[row].subprofile) {
            (true, _) => Act::Acts,
            (false, None) => return yields(leader),
            (false, Some(_)) => Act::Follows(numbered(leader)),
        };
        if rules.action == ProfileAction::Add {
            return RowPlan { act, ..none };
        }
        let profiles = self.profiles_of_key(row);
        let subprofiles = match rows[row].subprofile.flatten() {
            Some(key) if rules.has_subprofile_key => self.subprofiles_of(&self.acting(&profiles), key),
            _ => Vec::new(),
        };
        let mut plan = RowPlan { act, profiles: self.named(&profiles), subprofiles: self.named(&subprofiles), ..none };
        if rules.gathers {
            self.gather(row, row == leader, &mut plan);
        }
        plan
    }

    fn subprofiles_of(&self, parents: &[u64], key: u64) -> Vec<u64> {
        let own = self.0.subprofiles.iter().filter(|(_, parent, own)| parents.contains(parent) && *own == Some(key));
        own.map(|(id, ..)| *id).collect()
    }

    fn deletion(&self, row: usize, group: u64) -> RowPlan {
        let rules = self.0.rules;
        if !rules.has_subprofile_key {
            return RowPlan { profiles: self.named(&self.profiles_of_key(row)), ..RowPlan::default() };
        }
        if rules.target == DeleteTarget::Subprofile {
            let (profiles, subprofiles) = match rules.has_profile_key {
                true => {
                    let profiles = self.profiles_of_key(row);
                    let key = self.subprofile(row).flatten().expect("no error");
                    let subprofiles = self.subprofiles_of(&self.acting(&profiles), key);
                    (profiles, subprofiles)
                }
                false => {
                    let own = self.0.subprofiles.iter().filter(|(_, _, own)| *own == Some(group));
                    (Vec::new(), own.map(|(id, ..)| *id).collect())
                }
            };
            let (profiles, subprofiles) = (self.named(&profiles), self.named(&subprofiles));
            return RowPlan { profiles, subprofiles, ..RowPlan::default() };
        }
        let all = self.profiles_of_subprofiles(row);
        let own = self.acting(&all);
        let last_for = |profile: u64| {
            let takes = |&other: &usize| {
                self.is_acting(other) && self.acting(&self.profiles_of_subprofiles(other)).contains(&profile)
            };
            (0..self.0.rows.len()).rev().find(takes).expect("the row itself")
        };
        let lost: Vec<(u64, usize)> =
            own.iter().map(|&profile| (profile, last_for(profile))).filter(|(_, last)| *last != row).collect();
        if !own.is_empty() && own.len() == lost.len() {
            let last = lost.iter().map(|(_, last)| *last).max().expect("a profile");
            return RowPlan { act: Act::YieldsTo(Row(last as u64 + 1)), ..RowPlan::default() };
        }
        let left: Vec<u64> = all.into_iter().filter(|id| lost.iter().all(|(lost, _)| lost != id)).collect();
        let subprofiles: Vec<u64> = self.subprofiles_to_delete_by(row).into_iter().map(|(id, _)| id).collect();
        RowPlan { profiles: self.named(&left), subprofiles: self.named(&subprofiles), ..RowPlan::default() }
    }

    fn gather(&self, row: usize, is_leader: bool, plan: &mut RowPlan) {
        let rows = &self.0.rows;
        let (mut cells, mut interests, mut subcells) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (other, earlier) in rows[..row].iter().enumerate().filter(|(other, _)| !self.is_error(*other)) {
            if is_leader && self.group(other) == self.group(row) {
                cells.extend(earlier.cells.clone());
                interests.extend(earlier.interests.clone());
            }
            if self.has_whole_key_of(row, other) && rows[row].subprofile.is_some() {
                subcells.extend(earlier.subcells.clone());
            }
        }
        cells.retain(|field, _| !rows[row].cells.contains_key(field));
        interests.retain(|id, _| !rows[row].interests.contains_key(id));
        subcells.retain(|field, _| !rows[row].subcells.contains_key(field));
        plan.gathered = cells.into_iter().chain(subcells).collect();
        plan.gathered_interests = interests.into_iter().collect();
    }
}

fn hashed(key: Letter) -> HashedKey {
    let value = |letter: u64| vec![KeyValue::Field { field: 1, text: Cow::Owned(format!("letter {letter}")) }];
    HashedKey::of_row(&key.map_or(RowKey::Nothing, |letter| RowKey::Values(value(letter))))
}

fn hash(key: Letter) -> Option<KeyHash> {
    hashed(key).hash()
}

impl DrawnRow {
    fn keys(&self, rules: JoinRules) -> (HashedKey, Option<HashedKey>) {
        let profile = if rules.has_profile_key { hashed(self.key) } else { HashedKey::Unkeyed };
        let subprofile = |key: Letter| if rules.has_subprofile_key { hashed(key) } else { HashedKey::Unkeyed };
        (profile, self.subprofile.map(subprofile))
    }

    fn read(&self) -> ProfileRow<'_> {
        let cell = |(field, text): (&u64, &String)| FieldCell {
            field: *field,
            text: Cow::Owned(text.clone()),
            is_empty: false,
        };
        let subprofile = self.subprofile.map(|_| SubprofileRow {
            collection: 3,
            key: RowKey::Unkeyed,
            cells: self.subcells.iter().map(cell).collect(),
        });
        ProfileRow {
            cells: self.cells.iter().map(cell).collect(),
            interests: self.interests.iter().map(|(id, is_set)| (*id, *is_set)).collect(),
            subprofiles: subprofile.into_iter().collect(),
            ..ProfileRow::default()
        }
    }
}

/// The groups of a share with all of their matches.
fn matched(world: &World, of: (u64, u64), missing: &mut MissingSearch) -> Groups {
    missing.begin_share(of);
    let mut keyed = KeyedRows::new(world.rules);
    for (at, row) in world.rows.iter().enumerate() {
        let (profile, subprofile) = row.keys(world.rules);
        keyed.see(at as u64, profile, subprofile, of);
    }
    let mut groups = Groups::of(keyed);
    let search = world.rules.search();
    if matches!(search, MatchSearch::Profiles | MatchSearch::ProfilesAndSubprofiles) {
        for (id, key) in world.profiles.iter().rev() {
            missing.profile(&groups, &scanned(*id, None, *key));
            if let Some(key) = hash(*key) {
                groups.profile(RecordId(*id), key);
                groups.profile(RecordId(*id), key);
            }
        }
    }
    groups.close_profiles();
    let parents: BTreeMap<RecordId, u32> = groups.parents().into_iter().collect();
    for (id, parent, key) in world.subprofiles.iter().rev() {
        if search == MatchSearch::ProfilesAndSubprofiles {
            let group = parents.get(&RecordId(*parent)).copied();
            missing.subprofile(&groups, &scanned(*id, Some(*parent), *key), group);
        }
        let (id, parent) = (RecordId(*id), RecordId(*parent));
        let Some(key) = hash(*key) else { continue };
        match search {
            MatchSearch::Subprofiles => groups.subprofile(id, parent, key, None),
            MatchSearch::ProfilesAndSubprofiles => {
                if let Some(&group) = parents.get(&parent) {
                    groups.subprofile(id, parent, key, Some(group));
                }
            }
            MatchSearch::Nothing | MatchSearch::Profiles => {}
        }
    }
    groups.close_subprofiles();
    groups
}

/// The plans of all rows, found in shares and with little memory for cells, and the missing records.
fn joined(world: &World, shares: u64, most_bytes: usize) -> (Vec<RowPlan>, MissingSearch) {
    let mut plans = vec![RowPlan::default(); world.rows.len()];
    let mut missing = search_of(world);
    if world.rules.is_idle() {
        return (plans, missing);
    }
    let shares = world.rules.shares(shares);
    for share in 0..shares {
        let groups = matched(world, (share, shares), &mut missing);
        for row in groups.rows_of_file() {
            let at = usize::try_from(row).expect("an index");
            assert_eq!(plans[at], RowPlan::default(), "row {row} is in two shares");
            plans[at] = groups.plan(row).unwrap_or_default();
        }
        if !world.rules.gathers {
            continue;
        }
        let mut gathering = Gathering::begin(&groups, most_bytes);
        loop {
            for (at, row) in world.rows.iter().enumerate() {
                gathering.see(at as u64, &row.read());
            }
            for (row, GatheredCells { cells, interests }) in gathering.end_pass() {
                let plan = &mut plans[usize::try_from(row).expect("an index")];
                assert_eq!((plan.gathered.len(), plan.gathered_interests.len()), (0, 0), "row {row} is gathered twice");
                (plan.gathered, plan.gathered_interests) = (cells, interests);
            }
            if !gathering.goes_on() {
                break;
            }
        }
    }
    (plans, missing)
}

#[test]
fn the_plans_are_those_of_comparing_each_row_with_all_rows_and_all_records() {
    let seeds = std::env::var("WAYBILL_JOIN_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(4_000);
    let (mut acts, mut gathered, mut removed) = (BTreeMap::new(), 0, [0; 2]);
    for seed in 0..seeds {
        let world = World::draw(seed);
        let oracle = Oracle(&world);
        let expected: Vec<RowPlan> = (0..world.rows.len()).map(|row| oracle.plan(row)).collect();
        for (shares, most_bytes) in [(1, usize::MAX), (3, 100)] {
            let (found, missing) = joined(&world, shares, most_bytes);
            assert_eq!(found, expected, "seed {seed} in {shares} shares: {world:#?}");
            let Some(expected) = oracle.missing() else { continue };
            let found: Vec<u64> = missing.missing().map(|id| id.0).collect();
            assert_eq!(found, expected, "missing, seed {seed} in {shares} shares: {world:#?}");
            removed[usize::from(missing.is_of_subprofiles())] += found.len();
        }
        for plan in expected {
            let act = match plan.act {
                Act::Acts => "acts",
                Act::YieldsTo(_) => "yields",
                Act::Follows(_) => "follows",
            };
            let kind = (world.rules.action.to_string(), act, plan.profiles.len().min(2), plan.subprofiles.len().min(2));
            *acts.entry(kind).or_insert(0) += 1;
            gathered += plan.gathered.len();
        }
    }
    // The stories reach every part of every action.
    for action in ACTIONS {
        let has = |act: &str| acts.keys().any(|(found, part, ..)| *found == action.to_string() && *part == act);
        assert!(has("acts") && has("yields"), "{action}: {acts:?}");
        assert_eq!(has("follows"), action != ProfileAction::Delete, "{action}");
    }
    assert!(removed.iter().all(|count| *count > 500), "{removed:?} profiles and subprofiles are missing");
    assert!(gathered > 500 && acts.keys().any(|kind| kind.2 == 2 && kind.3 == 2), "{gathered} {acts:?}");
}

#[test]
fn a_plan_names_ten_matches_and_more_if_the_row_acts_on_all() {
    let named = |matches| {
        let rules = JoinRules {
            action: ProfileAction::Update,
            target: DeleteTarget::Profile,
            matches,
            gathers: false,
            has_profile_key: true,
            has_subprofile_key: false,
            has_subprofiles: false,
        };
        let row = DrawnRow {
            key: Some(1),
            subprofile: None,
            cells: BTreeMap::new(),
            interests: BTreeMap::new(),
            subcells: BTreeMap::new(),
        };
        let profiles = (1..=150).map(|id| (id, Some(1))).collect();
        let world = World { rules, rows: vec![row], profiles, subprofiles: Vec::new() };
        joined(&world, 1, 0).0[0].profiles.len()
    };
    assert_eq!([Matches::First, Matches::Refuse, Matches::All].map(named), [10, 10, MOST_MATCHES + 1]);
}
